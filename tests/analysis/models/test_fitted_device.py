"""From a fit to a device file and back, and what theory then predicts with its errors."""

import json

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.fitted_device import (
    FittedDevice,
    load_fitted_device,
    save_fitted_device,
)
from phonosync.analysis.models.forecast import forecast, forecast_map
from phonosync.analysis.models.synchronization import network_synchronization
from phonosync.analysis.run.conditions import instrument_settings
from phonosync.theory import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.errors import InputError
from phonosync.theory.prediction import predict
from phonosync.theory.survey.axes import parse_axis


@pytest.fixture(scope="module")
def fit(ring, ring_entries, draw):
    return fit_network(ring, ring_entries, draw(ring, 1, 128), start={})


@pytest.fixture
def saved(fit, tmp_path):
    path, _ = save_fitted_device(fit, tmp_path / "fitted.yaml")
    return path


def test_the_file_reads_back_as_the_fitted_device_within_a_hundredth_of_the_errors(fit, saved):
    again = load_fitted_device(saved)
    errors = np.sqrt(np.diag(fit.covariance))
    for one, error in zip(again.free, errors, strict=True):
        assert one.start == pytest.approx(fit.entries[one.entry.name], abs=0.01 * error)
    np.testing.assert_array_equal(again.covariance, fit.covariance)
    assert again.device.name == "fitted"
    assert again.device.ports["bus"].rate == pytest.approx(
        again.device.modes["cavity"].linewidth, rel=1e-12
    )


def test_standard_errors_and_old_comments_stand_in_the_file(saved):
    text = saved.read_text(encoding="utf-8")
    assert "ring, fitted to 2 traces" in text.splitlines()[0]
    assert "#   modes.cavity.linewidth: " in text
    assert "# The shift is added to the detuning for light = +1" in text


def test_the_files_frequencies_give_the_fitted_detunings_under_the_same_source(draw, tmp_path):
    """Instruments set detunings as frequency minus drive; a fitted one must survive that."""
    spheres, wrong = load_device("yig_pair"), "modes.cavity.detuning"
    rough = with_entries(spheres, {find_entry(spheres, wrong): 6.2e6})
    observed = draw(spheres, 1, 1e6, [Condition()], np.linspace(9.99e6, 10.01e6, 201))
    found = fit_network(rough, [wrong], observed, start={})
    path, _ = save_fitted_device(found, tmp_path / "fitted.yaml", source="yig_pair")
    drive_hz = 10e9 - 6.2e6  # at which the rough file's detuning is true
    set_by = instrument_settings(load_device(path), microwave_frequency=drive_hz)
    assert found.entries[wrong] == pytest.approx(6e6, rel=0.01)
    assert set_by[wrong] == pytest.approx(found.entries[wrong], abs=1.0)


def test_theory_predicts_from_the_file_what_the_fit_says(fit, saved):
    found = {s.condition.light: s.S_c.value for s in network_synchronization(fit).states}
    for p in (p for p in predict(load_device(saved)) if p.stable):
        assert p.S_c == pytest.approx(found[p.light], rel=1e-2)


def test_draws_scatter_as_the_covariance_says(fit):
    fitted = FittedDevice.of(fit)
    drawn = fitted.draws(400, seed=1)
    linewidth = [d.modes["cavity"].linewidth for d in drawn]
    shift = [d.sagnac.shift for d in drawn if d.sagnac and d.sagnac.shift is not None]
    C = fitted.covariance
    names = [one.entry.name for one in fitted.free]
    i, j = names.index("modes.cavity.linewidth"), names.index("sagnac.shift")
    assert np.std(linewidth) == pytest.approx(np.sqrt(C[i, i]), rel=0.15)
    expected = C[i, j] / np.sqrt(C[i, i] * C[j, j])
    assert np.corrcoef(linewidth, shift)[0, 1] == pytest.approx(expected, abs=0.15)
    assert all(d.ports["bus"].rate == pytest.approx(d.modes["cavity"].linewidth) for d in drawn)


def test_the_forecast_at_the_measured_power_has_the_fits_own_interval(fit):
    found = {s.condition.light: s.S_c for s in network_synchronization(fit).states}
    for one in forecast(FittedDevice.of(fit), draws=300, seed=2):
        S_c, expected = one.measures["S_c"], found[one.light]
        assert one.at_rest == 1
        assert S_c.value == pytest.approx(expected.value, rel=1e-6)
        width = expected.high - expected.low
        assert S_c.high - S_c.low == pytest.approx(width, rel=0.25)


def test_a_map_has_the_forecast_at_its_own_power_and_a_band_everywhere(ring, fit):
    fitted = FittedDevice.of(fit)
    found = forecast_map(fitted, parse_axis(ring, "drive.power=50,197.284 uW"), draws=40)["S_c"]
    assert found.dims == ("light", "field", "drive.power", "bound")
    assert bool((found.sel(bound="low") < found.sel(bound="high")).all())
    [forward] = [p for p in predict(fitted.device) if p.stable and p.light == 1]
    at_own = found.sel(light=1, field=1, bound="value").values[1]
    assert at_own == pytest.approx(forward.S_c, rel=1e-4)


def test_what_is_not_determined_is_not_drawn(ring, ring_entries, draw, tmp_path):
    undetermined = fit_network(ring, ring_entries, draw(ring, 6, 128, [Condition(1)]), start={})
    path, beside = save_fitted_device(undetermined, tmp_path / "half.yaml")
    assert None in [row[k] for k, row in enumerate(json.loads(beside.read_text())["covariance"])]
    with pytest.raises(InputError, match=r"did not determine .*sagnac\.shift.*fewer free"):
        load_fitted_device(path).draws(3)


def test_a_device_file_without_its_covariance_is_refused(saved):
    saved.with_suffix(".uncertainty.json").unlink()
    with pytest.raises(InputError, match="has no covariance; fit again"):
        load_fitted_device(saved)


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "other"}'])
def test_a_damaged_covariance_is_refused_in_one_line(saved, content):
    saved.with_suffix(".uncertainty.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="is not the covariance of a fit"):
        load_fitted_device(saved)
