"""`phonosync fit` of runs that hold what no measurement holds: one line each, exit code 2."""

import json

import h5netcdf
import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.schema import RUN_SCHEMA

F = np.linspace(9.4e6, 11.6e6, 64)
SHOT_NOISE, AVERAGES, QUADS = 2.5e-15, 32, 8
OUTER = ("light", "field", "branch", "repeat")


def a_run(**changes):
    """A run of white noise: light +1 twice as loud as light −1."""
    random = np.random.default_rng(1)
    shape = (2, 1, 1, 2 * QUADS)
    loud = np.array([2.0, 1.0])[:, None, None, None, None]
    psd = SHOT_NOISE * loud * random.gamma(AVERAGES, 1 / AVERAGES, (*shape, len(F)))
    quad = np.broadcast_to(np.arange(2 * QUADS) // 2, shape).astype(float)
    # + − − + − + + − + − − + ...: two visits of each direction in every quad.
    position = np.stack([4 * quad[0] + 3 * (np.arange(2 * QUADS) % 2)] * 2).astype(float)
    position[1] = 4 * quad[0] + 1 + np.arange(2 * QUADS) % 2
    reference = SHOT_NOISE * np.ones((1, len(F)))
    units = {"units": "W/Hz"}
    data = xr.Dataset(
        {
            "psd": ((*OUTER, "frequency"), psd, units),
            "shot_noise_psd": (("shot_noise_repeat", "frequency"), reference, units),
            "quad": (OUTER, quad),
            "position": (OUTER, position),
        },
        coords={
            "light": [1, -1],
            "field": [1],
            "branch": ["up"],
            "repeat": np.arange(2 * QUADS),
            "frequency": ("frequency", F, {"units": "Hz"}),
        },
        attrs={
            "schema": RUN_SCHEMA,
            "plan_name": "hostile",
            "plan": json.dumps({"laser": {"power": 1e-4, "wavelength": 1550e-9}}),
            "status": "complete",
            "seed": "1",
            "averages": AVERAGES,
            "shot_noise_averages": 10_000,
            "resolution_bandwidth_hz": 800.0,
            "window": "gaussian",
            "detector": "sample",
            "averaging": "rms",
            "detection_efficiency": 0.7,
            "quadrature": "phase",
            "versions": "{}",
        },
    )
    return data.assign(changes) if changes else data


@pytest.fixture
def refused(phonosync, tmp_path):
    """Fit a run that must be refused; its one line."""

    def fit(data, *words):
        path = tmp_path / "data.nc"
        data.to_netcdf(path, engine="h5netcdf")
        code, out, err = phonosync("fit", path, *words)
        assert (code, out) == (2, "")
        [line] = [line for line in err.splitlines() if line.startswith("phonosync: ")]
        assert "Traceback" not in err
        return line

    return fit


def changed(data, name, change):
    """The run with its spectra changed; unit kept."""
    new = data[name].copy(data=change(data[name].values.copy()))
    return data.assign({name: new})


def one_nan(values):
    values[0, 0, 0, 3, 10] = np.nan
    return values


def one_negative(values):
    values[1, 0, 0, 2, 20] = -1e-16
    return values


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (one_nan, "NaN inside 1 spectra"),
        (lambda values: 0 * values, "not positive"),
        (lambda values: values * np.inf, "not finite|positive"),
        (one_negative, "not positive"),
        (lambda values: np.full_like(values, np.nan), "no complete spectrum|no spectrum"),
    ],
    ids=["NaN", "all zeros", "infinite", "negative", "nothing measured"],
)
@pytest.mark.parametrize("device", [(), ("--device", "ring")])
def test_spectra_that_no_analyzer_shows_are_refused(refused, change, said, device):
    line = refused(changed(a_run(), "psd", change), *device)
    assert any(part in line for part in said.split("|")), line


@pytest.mark.parametrize("device", [(), ("--device", "ring")])
def test_one_bin_is_no_spectrum(refused, device):
    line = refused(a_run().isel(frequency=[3]), *device)
    assert "1 frequencies" in line
    assert "Measure another band" in line


def test_another_unit_is_named(refused):
    data = a_run()
    data["psd"].attrs["units"] = "V^2/Hz"
    assert "psd is in 'V^2/Hz', expected 'W/Hz'" in refused(data)


def test_frequencies_that_do_not_rise_evenly_are_refused(refused):
    data = a_run()
    f = F.copy()
    f[10] = f[12]
    assert "frequenc" in refused(data.assign_coords(frequency=("frequency", f, {"units": "Hz"})))


@pytest.mark.parametrize("device", [(), ("--device", "ring")])
@pytest.mark.parametrize("way", [1, -1])
def test_a_run_whose_one_direction_is_empty_says_which(refused, way, device):
    data = a_run()
    empty = data["psd"].where(data["light"] != way).assign_attrs(units="W/Hz")
    line = refused(data.assign(psd=empty), *device)
    assert f"light {way:+d}".replace("-", "−") in line
    assert "resume" in line


def test_ten_million_bins_are_refused_before_they_cost_anything(phonosync, tmp_path):
    path, bins = tmp_path / "data.nc", 10_000_000
    sizes = {"light": 2, "field": 1, "branch": 1, "repeat": 2, "shot_noise_repeat": 1}
    with h5netcdf.File(path, "w") as file:
        file.dimensions = {**sizes, "frequency": bins}
        # Never written, so that the file is small whatever it says that it holds.
        for name, dims, unit in (
            ("psd", (*OUTER, "frequency"), "W/Hz"),
            ("shot_noise_psd", ("shot_noise_repeat", "frequency"), "W/Hz"),
            ("frequency", ("frequency",), "Hz"),
        ):
            file.create_variable(name, dims, float, chunks=(1,) * (len(dims) - 1) + (10_000,))
            file.variables[name].attrs["units"] = unit
        for name in ("quad", "position"):
            file.create_variable(name, OUTER, float)
        file.attrs.update(a_run().attrs)
    code, out, err = phonosync("fit", path)
    assert (code, out) == (2, "")
    assert "10000000 frequencies" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("plan", "not json", "no JSON of a plan"),
        ("plan", "3", "no JSON of a plan"),
        ("averages", "many", "averages is many, not a positive number"),
        ("averages", 0, "averages is 0, not a positive number"),
        ("shot_noise_averages", 0, "shot_noise_averages is 0"),
        ("resolution_bandwidth_hz", -1.0, "resolution_bandwidth_hz is -1.0"),
        ("detection_efficiency", "x", "detection_efficiency is x, not a number"),
        ("window", "flattop", "not one that this analysis can undo"),
        ("quadrature", "left", "phase, amplitude"),
    ],
)
def test_an_attribute_that_cannot_be_is_named(refused, name, value, said):
    assert said in refused(a_run().assign_attrs({name: value}))


@pytest.mark.parametrize("name", ["quad", "position", "shot_noise_psd"])
def test_a_variable_that_is_missing_is_named(refused, name):
    assert repr(name) in refused(a_run().drop_vars(name))


def test_directions_that_are_none_and_text_for_numbers_are_refused(refused):
    assert "light is [3, 7]" in refused(a_run().assign_coords(light=[3, 7]))
    data = a_run()
    text = data["psd"].astype(str).assign_attrs(units="W/Hz")
    assert "psd does not hold real numbers" in refused(data.assign(psd=text))


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.98])
def test_a_truncated_run_is_called_damaged(phonosync, tmp_path, kept):
    path = tmp_path / "data.nc"
    a_run().to_netcdf(path, engine="h5netcdf")
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    code, out, err = phonosync("fit", path)
    assert (code, out) == (2, "")
    assert err.startswith("phonosync: ")
    assert "Traceback" not in err
    assert str(path) in err
