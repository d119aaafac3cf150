"""A run's file: what is missing or wrong is said in one sentence with the next step."""

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.schema import RUN_SCHEMA, check_run, load_run
from phonosync.theory.errors import InputError


@pytest.fixture
def run(simulate_run):
    return simulate_run("ring", 1, quads=2)


def said(data):
    with pytest.raises(InputError) as error:
        check_run(data, "run.nc")
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith("run.nc")
    assert message.endswith((".", "'"))
    return message


def test_a_complete_run_passes_unchanged(run):
    assert check_run(run, "run.nc") is run


def test_a_repetition_that_was_never_measured_is_no_error(run):
    run["psd"][1, ..., 3, :] = np.nan
    check_run(run, "run.nc")


def test_another_file_is_told_from_a_run(run):
    del run.attrs["schema"]
    assert "is not a run of phonosync" in said(run)
    run.attrs["schema"] = "another 2"
    assert "'another 2'" in said(run)


def test_a_run_without_spectra_says_that_it_ended_early(run):
    assert "the run ended before one" in said(run.drop_vars("psd"))
    assert "no spectrum with a direction" in said(run.isel(light=0, drop=True))


def test_a_run_without_reference_says_so(run):
    assert "no 'shot_noise_psd'" in said(run.drop_vars("shot_noise_psd"))


def test_a_run_that_does_not_say_its_quads_is_refused(run):
    assert "no 'quad'" in said(run.drop_vars("quad"))


@pytest.mark.parametrize(
    ("name", "unit"), [("psd", "dBm"), ("shot_noise_psd", None), ("frequency", "MHz")]
)
def test_a_wrong_unit_is_named_with_the_right_one(run, name, unit):
    run[name].attrs["units"] = unit
    expected = "Hz" if name == "frequency" else "W/Hz"
    assert f"{name} is in {unit!r}, expected {expected!r}" in said(run)


@pytest.mark.parametrize(
    "name",
    [
        *("averages", "shot_noise_averages", "resolution_bandwidth_hz", "window", "detector"),
        *("averaging", "detection_efficiency", "quadrature", "status", "seed", "versions"),
        "plan_name",
    ],
)
def test_a_missing_attribute_is_named(run, name):
    del run.attrs[name]
    assert f"lacks the attribute {name!r}" in said(run)


def test_an_unknown_quadrature_is_named_with_those_that_exist(run):
    run.attrs["quadrature"] = "sideways"
    assert "'sideways'; write one of phase, amplitude" in said(run)


def test_nan_inside_a_spectrum_is_no_missing_repetition(run):
    run["psd"][0, 0, 0, 1, 7] = np.nan
    assert "NaN inside 1 spectra" in said(run)


@pytest.mark.parametrize("value", [0.0, -1e-15, np.nan])
def test_a_reference_that_is_no_power_is_refused(run, value):
    run["shot_noise_psd"][0, 4] = value
    assert "shot_noise_psd has points that are not positive" in said(run)


def test_a_run_comes_back_from_its_file_as_it_was(run, tmp_path):
    path = tmp_path / "data.nc"
    run.to_netcdf(path, engine="h5netcdf")
    again = load_run(path)
    xr.testing.assert_identical(again["psd"], run["psd"])
    assert again.attrs["schema"] == RUN_SCHEMA
    path.unlink()  # nothing holds the file open


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no file at .*absent\.nc; check the name"):
        load_run(tmp_path / "absent.nc")


@pytest.mark.parametrize("content", [b"", b"frequency_hz,psd\n1,2\n", b"\x89HDF\r\n\x1a\n broken"])
def test_a_file_that_is_no_netcdf_is_said_to_be_none(tmp_path, content):
    path = tmp_path / "data.nc"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a readable netCDF file") as error:
        load_run(path)
    assert "\n" not in str(error.value)
