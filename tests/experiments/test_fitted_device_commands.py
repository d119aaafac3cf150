"""A device file beside its fit's covariance: predict has intervals, survey draws from it."""

import json

import numpy as np
import pytest
import xarray as xr

from phonosync.theory.device import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.device.text import device_text
from phonosync.theory.device.uncertainty import Uncertainty, save_uncertainty
from phonosync.theory.prediction import predict

SHIFT, ERROR = -5e6, 20e3


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    """The ring, its Sagnac shift known to 20 kHz."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "fitted.yaml"
    path.write_text(device_text("ring"), encoding="utf-8")
    entry = find_entry(load_device(path), "sagnac.shift")
    save_uncertainty(Uncertainty((entry,), np.array([SHIFT]), np.array([[ERROR**2]])), path)
    return path


def half_width(light):
    """1.96 standard errors of S_c to first order in the shift's."""
    ring = load_device("ring")
    entry, ends = find_entry(ring, "sagnac.shift"), []
    for step in (ERROR, -ERROR):
        moved = predict(with_entries(ring, {entry: SHIFT + step}))
        ends += [p.S_c for p in moved if p.stable and p.light == light]
    return 1.96 * abs(ends[0] - ends[1]) / 2


def test_predict_gives_the_intervals_that_the_covariance_leaves(phonosync, fitted):
    code, out, _ = phonosync("predict", fitted, "--json")
    assert code == 0
    document = json.loads(out)
    stable = {s["light"]: s["S_c"] for s in document["states"] if s["stable"]}
    assert [(one["light"], one["field"]) for one in document["forecast"]] == [(1, 1), (-1, 1)]
    for one in document["forecast"]:
        S_c = one["S_c"]
        assert S_c["value"] == pytest.approx(stable[one["light"]], rel=1e-4)
        half = (S_c["high"] - S_c["low"]) / 2
        assert half == pytest.approx(half_width(one["light"]), rel=0.2)
        assert one["at_rest"] == 1
    plus, minus = (one["contrast"]["light"] for one in document["forecast"])
    assert plus["value"] == pytest.approx(-minus["value"])
    assert plus["low"] < plus["value"] < plus["high"]


def test_predict_prints_them_as_a_table(phonosync, fitted):
    _, out, _ = phonosync("predict", fitted)
    assert "What the fit leaves open: 95 % intervals" in out
    assert "Contrast χ of S_c, light: 0.88" in out


def test_a_shipped_device_has_no_intervals(phonosync):
    _, out, _ = phonosync("predict", "ring", "--json")
    assert "forecast" not in json.loads(out)


def test_what_the_fit_did_not_determine_has_no_interval_and_is_named(phonosync, fitted):
    beside = fitted.with_suffix(".uncertainty.json")
    content = json.loads(beside.read_text(encoding="utf-8")) | {"covariance": [[None]]}
    beside.write_text(json.dumps(content), encoding="utf-8")
    code, out, _ = phonosync("predict", fitted)
    assert code == 0
    assert "No intervals: the fit did not determine sagnac.shift" in " ".join(out.split())


def test_a_survey_of_a_fit_scatters_as_the_covariance_says(phonosync, fitted, tmp_path):
    vary = ("--vary", "drive.power=0.197284 mW")
    code, out, _ = phonosync(
        "survey", fitted, *vary, "--devices", 300, "--fitted", "--out", "s.nc", "--processes", 1
    )
    assert code == 0, out
    with xr.open_dataset(tmp_path / "s.nc") as data:
        for light in (1, -1):
            low, high = np.percentile(data["S_c"].sel(light=light), [2.5, 97.5])
            assert (high - low) / 2 == pytest.approx(half_width(light), rel=0.2)
        assert data["device"].attrs["long_name"] == "device drawn from the fit"
        assert "sagnac.shift" in data.attrs["disorder"]


def test_an_entry_on_the_axis_of_a_survey_does_not_scatter(phonosync, fitted, tmp_path):
    words = ("--vary", "sagnac.shift=-5,-4 MHz", "--devices", 5, "--fitted", "--out", "s.nc")
    code, _, _ = phonosync("survey", fitted, *words)
    assert code == 0
    with xr.open_dataset(tmp_path / "s.nc") as data:
        assert float(data["S_c"].std("device").max()) < 1e-12


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--devices", "5", "--fitted", "--spread", "linewidth=5%"), "leave --spread"),
        (("--vary", "drive.power=0.1,0.2 mW", "--fitted"), "say how many: --devices 200"),
    ],
)
def test_fitted_devices_that_make_no_sense_are_refused(phonosync, fitted, words, said):
    code, out, err = phonosync("survey", fitted, *words)
    assert (code, out) == (2, "")
    assert said in err


def test_a_device_without_a_fit_cannot_be_drawn_from_one(phonosync, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = phonosync("survey", "ring", "--devices", 5, "--fitted")
    assert code == 2
    assert "ring has no covariance; fit again with --save-device" in err
