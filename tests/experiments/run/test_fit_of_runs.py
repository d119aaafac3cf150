"""`phonosync fit` of a run by every name, and of runs that were stopped, killed or miss points."""

import json
import shutil

import numpy as np
import pytest

from phonosync.analysis.schema import as_stored
from phonosync.experiments.run.export import export
from phonosync.experiments.run.folder import DATA, DATABASE, open_run
from phonosync.experiments.run.journal import JOURNAL
from phonosync.experiments.run.loop import RunStoppedError, measure
from phonosync.experiments.screens.found_run import found_run

QUADS, DIRECTIONS = 8, 2


@pytest.fixture(scope="module")
def complete(new_paper_lab, on_paper, tmp_path_factory):
    """A complete run of 8 quads; its folder."""
    folder = tmp_path_factory.mktemp("runs") / "complete"
    on_paper(new_paper_lab(), folder)
    return folder


@pytest.fixture
def fitted(phonosync):
    """Fit whatever is named: its result; none of it may be said by a traceback."""

    def fit(name, *words):
        code, out, err = phonosync("fit", name, "--json", *words)
        assert code == 0, err
        assert "Traceback" not in err
        return json.loads(out)

    return fit


def held_in(folder):
    """The dataset that a fit finds in a run's folder."""
    found = found_run(folder)
    assert found is not None
    return found[0]


def numbers(result):
    """All that the run itself says, without when and where it was analysed."""
    return {name: result[name] for name in ("spectra", "settings", "notes", "status")}


def cut(folder, to, points):
    """What a kill leaves: the journal up to a point, the database, no file."""
    shutil.copytree(folder, to)
    (to / DATA).unlink()
    lines = (to / JOURNAL).read_text(encoding="utf-8").splitlines(keepends=True)
    there = [k for k, line in enumerate(lines) if '"event": "point"' in line]
    (to / JOURNAL).write_text("".join(lines[: there[points - 1] + 1]), encoding="utf-8")
    return to


def test_id_folder_file_and_zarr_say_the_same(complete, fitted, tmp_path, monkeypatch):
    run = open_run(complete)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    shutil.copytree(complete, tmp_path / "runs" / "a_run")
    zarr = export(complete, tmp_path / "out.zarr", "zarr")
    said = [fitted(name) for name in (run.id, complete, complete / DATA, zarr)]
    assert all(numbers(one) == numbers(said[0]) for one in said[1:])
    assert said[0]["spectra"]["compared"]["light"][0]["quads"] == QUADS


@pytest.mark.parametrize("method", ["curvature", "profile", "bootstrap"])
def test_intervals_of_a_run_to_which_nothing_is_fitted_are_refused(
    complete, phonosync, tmp_path, method
):
    """The spectra on paper are of no cavity with two phonons."""
    words = ("--interval", method, "--out", tmp_path)
    code, out, err = phonosync("fit", complete, *words)
    assert (code, out) == (2, "")
    [line] = [line for line in err.splitlines() if line.startswith("phonosync: ")]
    assert "--interval is of what is fitted, and no model is fitted to this run (" in line
    assert "name a device with --device, or leave --interval out" in line


def test_a_killed_run_is_read_from_its_database_and_says_so(complete, fitted, tmp_path):
    # One reference; from three quads on every quad has four points and maybe a lead-in.
    folder = cut(complete, tmp_path / "killed", points=20)
    result = fitted(folder)
    assert result["status"] == "killed"
    assert "the run is killed, not complete; what it holds is analysed." in result["notes"]
    held = result["spectra"]["settings"]
    averages = sum(entry["averages"] for entry in held)
    data = held_in(folder)
    assert averages == int(data["psd"].notnull().all("frequency").sum())
    assert 2 <= result["spectra"]["compared"]["light"][0]["quads"] < QUADS


def test_a_run_that_was_killed_before_both_directions_is_refused(complete, phonosync, tmp_path):
    folder = cut(complete, tmp_path / "early", points=3)
    code, out, err = phonosync("fit", folder)
    assert (code, out) == (2, "")
    assert "holds no spectrum for light" in err
    assert "resume the run" in err


def test_a_run_that_goes_on_after_an_end_is_not_read_from_the_file_of_that_end(
    on_paper, new_paper_lab, fitted, tmp_path
):
    """An interrupted run leaves a file; killed in its second session it holds more than that."""
    lab, folder = new_paper_lab(), tmp_path / "run"

    def interrupt(step):
        if step.done == 12:
            raise KeyboardInterrupt

    with pytest.raises(RunStoppedError):
        on_paper(lab, folder, watch=interrupt)
    assert fitted(folder)["status"] == "interrupted"
    before = int(held_in(folder)["psd"].notnull().all("frequency").sum())
    stale = (folder / DATA).read_bytes()

    measure(folder, lab.rig(), watch=lambda step: None)
    later = cut(folder, tmp_path / "later", points=25)
    (later / DATA).write_bytes(stale)
    result = fitted(later)
    assert result["status"] == "killed"
    data = held_in(later)
    assert int(data["psd"].notnull().all("frequency").sum()) > before
    # Complete, and not yet in its file.
    whole = held_in(folder)
    assert int(whole["psd"].notnull().all("frequency").sum()) == 4 * QUADS


@pytest.fixture(scope="module")
def everything(new_paper_lab, on_paper, tmp_path_factory):
    """A run of everything beside its data, over a slow and a fast sweep."""
    folder = tmp_path_factory.mktemp("runs") / "everything"
    on_paper(
        new_paper_lab(),
        folder,
        sweep=[
            {"quantity": "temperature", "values": ["10 mK", "20 mK"]},
            {"quantity": "laser.power", "values": ["0.1 mW", "0.2 mW"]},
        ],
        s_parameters={
            "start": "1 MHz",
            "stop": "2 MHz",
            "points": 16,
            "if_bandwidth": "1 kHz",
            "power": "1 uW",
        },
        calibrations={
            "shot_noise": {"averages": 2, "every": 4},
            "dark": {"averages": 2},
            "tone": {"power": "1 mW", "frequency": "10 MHz", "averages": 2, "every": 4},
            "thermal": {"power": "1 uW", "averages": 2, "every": 4},
        },
        control={"kind": "low_power", "power": "2 uW", "every": 4},
    )
    return folder


@pytest.mark.parametrize("points", [9, 12, 14, 15, 20, 60])
def test_wherever_a_run_is_killed_what_it_holds_is_analysed_or_one_line_says_why_not(
    everything, phonosync, tmp_path, points
):
    folder = cut(everything, tmp_path / "killed", points=points)
    code, out, err = phonosync("fit", folder, "--json")
    assert "Traceback" not in err
    if code == 2:
        assert out == ""
        assert "holds no spectrum" in err or "holds no measurement" in err
        assert points < 16
    else:
        assert code == 0
        assert json.loads(out)["status"] == "killed"


def test_a_control_that_lost_a_point_in_every_quad_has_no_isolation(
    everything, phonosync, tmp_path
):
    data = held_in(everything).load()
    control = data["control_psd"].where(data["control_psd"]["control_repeat"] % 2 == 0)
    path = tmp_path / "data.nc"
    as_stored(data.assign(control_psd=control)).to_netcdf(path, engine="h5netcdf")
    code, out, err = phonosync("fit", path, "--json")
    assert code == 0, err
    notes = json.loads(out)["notes"]
    assert "control: no quad of light is complete; nothing is compared there." in notes


def test_missing_points_leave_their_quad_out_of_the_comparison(
    paper_lab, on_paper, fitted, failure, tmp_path
):
    def break_some(number):
        if number in (9, 10, 18):
            raise failure

    paper_lab.before_spectrum = break_some
    run = on_paper(paper_lab, tmp_path / "run", retries=0)
    missing = sum(bool(point.missing) for point in run.history.points.values())
    assert missing
    result = fitted(run.folder)
    assert result["status"] == "complete"
    data = held_in(run.folder)
    there = data["psd"].notnull().all("frequency")
    lost = {
        float(q)
        for q in np.unique(data["quad"].values[np.isfinite(data["quad"].values)])
        if int(((data["quad"] == q) & there).sum()) < 4
    }
    assert result["spectra"]["compared"]["light"][0]["quads"] == QUADS - len(lost)
    assert lost


def test_a_running_run_can_be_looked_at(complete, fitted, tmp_path):
    from phonosync.experiments.run.folder import held

    folder = cut(complete, tmp_path / "running", points=20)
    with held(folder):
        result = fitted(folder)
    assert result["status"] == "running"


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, None])
def test_a_database_that_is_gone_or_cut_off_is_named(complete, phonosync, tmp_path, kept):
    folder = cut(complete, tmp_path / "broken", points=20)
    database = folder / DATABASE
    content = database.read_bytes()
    database.unlink()
    if kept is not None:
        database.write_bytes(content[: int(kept * len(content))])
    code, out, err = phonosync("fit", folder)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    [line] = [line for line in err.splitlines() if line.startswith("phonosync: ")]
    assert DATABASE in line
    assert "restore it from a copy" in line
    assert database.exists() == (kept is not None)
