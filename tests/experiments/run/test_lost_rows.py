"""A database that lost its end: what it no longer holds was not measured."""

import contextlib
import sqlite3

import pytest

from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.folder import DATABASE, open_run
from phonosync.experiments.run.loop import RunStoppedError, measure
from phonosync.experiments.run.rows import forget_lost
from phonosync.experiments.run.start import plan_run, resume


def test_points_whose_arrays_are_gone_are_forgotten_and_measured_again(
    rig, small_plan, tmp_path, measured
):
    def watch(step):
        if step.done == 12:
            raise KeyboardInterrupt

    with pytest.raises(RunStoppedError):
        measured(small_plan(), rig, tmp_path, 1, watch=watch)
    (tmp_path / "data.nc").unlink()
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASE)) as database, database:
        [(table,)] = database.execute("SELECT result_table_name FROM runs").fetchall()
        history = open_run(tmp_path).history
        database.execute(f'DELETE FROM "{table}" WHERE id >= {history.points[9].rows["psd"]}')
    history = open_run(tmp_path).history
    forget_lost(tmp_path / DATABASE, history)
    assert sorted(history.points) == list(range(9))
    kept = open_dataset(tmp_path)["psd"].notnull().all("frequency").sum()
    assert kept == sum(point.rows.get("psd", 0) > 0 for point in history.points.values()) - 1


def test_a_database_that_is_gone_loses_every_array(rig, small_plan, tmp_path, measured):
    measured(small_plan(), rig, tmp_path, 1)
    for file in tmp_path.glob(f"{DATABASE}*"):
        file.unlink()
    history = open_run(tmp_path).history
    forget_lost(tmp_path / DATABASE, history)
    assert not any(point.rows for point in history.points.values())  # lead-ins have none
    assert "psd" not in open_dataset(tmp_path)


def test_a_complete_run_without_its_file_gets_it_when_it_is_resumed(
    rig, small_plan, tmp_path, measured
):
    """A process can be killed between its last point and the end of the export."""
    path = measured(small_plan(), rig, tmp_path, 1)
    whole = path.read_bytes()
    path.unlink()
    assert resume(open_run(tmp_path)).status == "complete"
    assert len(path.read_bytes()) == len(whole)


def test_a_database_that_was_half_made_when_its_process_was_killed_is_made_again(
    small_plan, new_paper_lab, tmp_path
):
    """QCoDeS adds the column guid, and says only afterwards that it has."""
    lab = new_paper_lab()
    plan_run(small_plan(), lab.rig().file.record(), 1, out=tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASE)) as database, database:
        database.execute("CREATE TABLE runs (run_id INTEGER PRIMARY KEY, guid TEXT)")
    measure(tmp_path, lab.rig())
    assert open_run(tmp_path).status == "complete"
    assert open_dataset(tmp_path)["psd"].notnull().all()
