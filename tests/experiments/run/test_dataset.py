"""A run as one dataset: every array in its place, lazily, in netCDF and Zarr as in memory."""

import json

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.schema import load_run
from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import schedule
from phonosync.experiments.run import dataset
from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.export import export
from phonosync.experiments.run.loop import RunStoppedError, measure
from phonosync.experiments.screens.found_run import found_run
from phonosync.theory.errors import InputError

EVERYTHING = {
    "sweep": [{"quantity": "laser.power", "values": ["0.2 mW", "0.3 mW"], "path": "both"}],
    "s_parameters": {
        "start": "9 GHz",
        "stop": "11 GHz",
        "points": 5,
        "if_bandwidth": "1 kHz",
        "power": "1 uW",
    },
    "quadratures": {"duration": "20 ms", "rate": "1 kHz"},
    "microwave": {"power": "1 mW", "frequency": "10 GHz"},
    "calibrations": {
        "shot_noise": {"averages": 2, "every": 4},
        "dark": {"averages": 3},
        "tone": {"averages": 1, "power": "1 nW", "frequency": "10 MHz"},
        "thermal": {"averages": 1, "power": "1 uW", "every": 8},
    },
    "control": {"kind": "low_power", "power": "1 uW", "every": 4},
}


@pytest.fixture(scope="module")
def run(new_paper_lab, on_paper, tmp_path_factory):
    """A run of everything in two sessions, and every array as it was taken."""
    folder = tmp_path_factory.mktemp("everything") / "run"
    taken = {}

    def watch(step):
        taken[step.point.number] = step.arrays
        if step.done == 50 and len(taken) == 50:
            raise KeyboardInterrupt

    with pytest.raises(RunStoppedError):
        on_paper(new_paper_lab(), folder, watch=watch, **EVERYTHING)
    measure(folder, new_paper_lab().rig(), watch=watch)
    return folder, taken


@pytest.fixture
def data(run):
    return open_dataset(run[0])


DATA_DIMS = ("light", "field", "laser_power", "branch", "repeat")


def test_dimensions_are_directions_settings_branch_and_repeat(data):
    assert data["psd"].dims == (*DATA_DIMS, "frequency")
    assert data["s_parameters"].dims == (
        *DATA_DIMS,
        "output_port",
        "input_port",
        "probe_frequency",
    )
    assert data["quadratures"].dims == (*DATA_DIMS, "channel", "quadrature", "time")
    assert data["psd"].shape == (2, 1, 2, 2, 16, 64)
    assert data["branch"].values.tolist() == ["up", "down"]
    assert data["laser_power"].attrs["units"] == "W"
    assert data["reference"].values.tolist() == [10e6, 11e6]


@pytest.mark.parametrize("name", ["psd", "s_parameters", "quadratures"])
def test_every_array_stands_where_it_was_taken(data, run, name):
    """Also those of the second session."""
    whole = data[name].load()
    plan = Plan.from_record(json.loads(data.attrs["plan"]))
    for point in schedule(plan, 1):
        if point.kind != "data":
            continue
        here = whole.sel(
            light=point.setting.light,
            field=1,
            laser_power=point.setting.laser_power,
            branch=point.branch,
            repeat=point.repeat,
        )
        np.testing.assert_array_equal(here.values, run[1][point.number][name].values)


def test_calibrations_and_controls_stand_beside_the_data(data, run):
    assert data["shot_noise_psd"].dims == ("shot_noise_repeat", "frequency")
    sizes = {k: data.sizes[f"{k}_repeat"] for k in ("shot_noise", "dark", "tone", "thermal")}
    assert sizes == {"shot_noise": 2, "dark": 1, "tone": 1, "thermal": 1}
    assert data["control_psd"].dims == ("light", "field", "control_repeat", "frequency")
    assert data.sizes["control_repeat"] == 4
    assert (data["control_laser_power_read"] == 1e-6).all()
    assert (data["control_switch_direction"] == data["light"]).all()
    first = run[1][0]["psd"].values
    np.testing.assert_array_equal(data["dark_psd"].values[0], first)
    assert np.isfinite(data["control_psd"].values).all()


def test_averages_of_all_references_together_are_told(data):
    assert (data.attrs["averages"], data.attrs["shot_noise_averages"]) == (1, 4)


def test_nothing_is_read_before_it_is_asked_for_and_then_no_more_than_that(run, monkeypatch):
    read = []
    exact = dataset._read

    def counted(rows, **how):
        read.append((rows[..., 1] >= 0).sum())
        return exact(rows, **how)

    monkeypatch.setattr(dataset, "_read", counted)
    monkeypatch.setattr(dataset, "_BLOCK_BYTES", 8 * 64 * 4)  # four spectra
    data = open_dataset(run[0])
    assert read == []
    one = data["psd"].isel(light=0, laser_power=0, branch=0, repeat=0).values
    assert np.isfinite(one).all()
    assert sum(read) <= 4


def test_pieces_of_any_size_make_the_same_whole(run, data, monkeypatch):
    monkeypatch.setattr(dataset, "_BLOCK_BYTES", 1)
    pieces = open_dataset(run[0])
    assert pieces["psd"].data.numblocks == (2, 1, 2, 2, 16, 1)
    xr.testing.assert_identical(pieces.load(), data.load())


@pytest.mark.parametrize("format", ["netcdf", "zarr"])
def test_a_file_holds_the_same_also_complex_numbers(run, data, tmp_path, format):
    path = export(run[0], tmp_path / f"out.{format}", format)
    again = load_run(path)
    assert again["s_parameters"].dtype == complex
    xr.testing.assert_equal(again.load(), data.load())
    assert again.attrs["plan"] == data.attrs["plan"]
    assert again["psd"].attrs["units"] == "W/Hz"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["out.nc", "out.zarr"])
def test_a_fit_finds_a_run_by_what_was_exported(run, data, tmp_path, name):
    path = export(run[0], tmp_path / name, "zarr" if name.endswith("zarr") else "netcdf")
    found = found_run(path)
    assert found is not None
    xr.testing.assert_equal(found[0].load(), data.load())
    assert found[1] == tmp_path


@pytest.mark.parametrize("format", ["netcdf", "zarr"])
def test_what_is_there_is_replaced_whole_or_not_at_all(run, tmp_path, monkeypatch, format):
    path = tmp_path / "out"
    export(run[0], path, "netcdf")
    before = path.read_bytes()

    def full(data, target, format):
        target.write_bytes(b"half a file")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("phonosync.experiments.run.export._write", full)
    with pytest.raises(InputError, match="cannot be written"):
        export(run[0], path, format)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_there_is_not_written_into(run, tmp_path):
    (tmp_path / "precious").mkdir()
    for format in ("netcdf", "zarr"):
        with pytest.raises(InputError, match="is there already; give another path"):
            export(run[0], tmp_path / "precious", format)
    assert [p.name for p in tmp_path.iterdir()] == ["precious"]


def test_a_run_that_was_exported_twice_has_one_file(run, tmp_path):
    export(run[0], tmp_path / "out.nc")
    path = export(run[0], tmp_path / "out.nc")
    assert load_run(path)["psd"].notnull().all()
    assert [p.name for p in tmp_path.iterdir()] == ["out.nc"]


def test_qcodes_opens_both_sessions_and_holds_every_spectrum_once(run, data):
    from qcodes.dataset import initialise_or_create_database_at, load_by_guid

    initialise_or_create_database_at(run[0] / "run.db")
    sessions = json.loads(data.attrs["sessions"])
    found = {}
    for session in sessions:
        held = load_by_guid(session["guid"]).get_parameter_data("psd")["psd"]
        for number, spectrum in zip(held["point"][:, 0], held["psd"], strict=True):
            assert number not in found
            found[int(number)] = spectrum
    kept = {n: a["psd"].values for n, a in run[1].items() if n in found}
    assert len(sessions) == 2
    assert len(found) == 128 + 8 + 5
    for number, spectrum in found.items():
        np.testing.assert_array_equal(spectrum, kept[number])
