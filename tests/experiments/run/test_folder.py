"""Runs on disk: what their status is, how they are found, and that one process measures one."""

import shutil
import subprocess
import sys
import time

import pytest

from phonosync.experiments.run.folder import find_run, held, list_runs, new_folder, open_run
from phonosync.experiments.run.journal import JOURNAL, Journal
from phonosync.experiments.run.loop import measure
from phonosync.experiments.run.start import measure_plan, plan_run, resume
from phonosync.theory.errors import InputError


@pytest.fixture
def planned(small_plan, paper_lab, tmp_path):
    """A run that is planned and not begun."""
    said = paper_lab.rig().file.record()
    return lambda name="run", **changes: plan_run(
        small_plan(**changes), said, 1, out=tmp_path / name
    )


def test_a_run_is_planned_then_running_then_complete(planned, paper_lab):
    folder = planned()
    assert open_run(folder).status == "planned"
    seen = []
    with held(folder):
        measure(folder, paper_lab.rig(), watch=lambda step: seen.append(open_run(folder).status))
    assert set(seen) == {"running"}
    assert open_run(folder).status == "complete"


def test_a_run_whose_process_is_gone_is_killed_and_never_complete(planned, paper_lab, tmp_path):
    folder, left = planned(), []

    def watch(step):
        if step.done == step.total:  # the very last point is on disk, its end is not
            left.append(shutil.copytree(folder, tmp_path / "left"))

    measure(folder, paper_lab.rig(), watch=watch)
    run = open_run(left[0])
    assert run.status == "killed"
    measure(run.folder, paper_lab.rig())
    assert open_run(run.folder).status == "complete"
    assert run.history.points == open_run(run.folder).history.points


def test_a_complete_run_has_nothing_to_go_on_with(on_paper, paper_lab, tmp_path):
    run = on_paper(paper_lab, tmp_path / "run")
    with pytest.raises(InputError, match="is complete; there is nothing to go on with"):
        resume(run)


def test_two_processes_never_measure_one_run(planned):
    folder = planned()
    code = (
        "import sys, time, pathlib\n"
        "from phonosync.experiments.run.folder import held\n"
        "with held(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="being measured by another process"), held(folder):
            pass
        other.kill()
    with held(folder):  # the operating system has given it back
        pass


def test_a_run_that_is_held_is_not_gone_on_with(planned):
    folder = planned()
    with Journal(folder) as journal:
        journal.append("session", guid="g", at=time.time())
    with held(folder), pytest.raises(InputError, match="is running; there is nothing"):
        resume(open_run(folder))
    assert open_run(folder).status == "killed"


def test_a_run_is_found_by_its_id_its_folder_and_its_files(planned, tmp_path):
    folder = planned()
    run = open_run(folder)
    for name in (run.id, run.id[:4], folder, folder / JOURNAL):
        assert find_run(str(name), tmp_path).folder == folder


def test_what_is_no_run_is_told_apart(planned, tmp_path):
    planned()
    with pytest.raises(InputError, match=r"no run is called 'xyz'"):
        find_run("xyz", tmp_path)
    with pytest.raises(InputError, match="holds no run of phonosync"):
        find_run(str(tmp_path), tmp_path)


def test_the_beginning_of_several_ids_is_not_enough(planned, tmp_path, monkeypatch):
    ids = ["a1b2c3", "a1d4e5"]
    for number, own in enumerate(ids):
        monkeypatch.setattr("phonosync.experiments.run.start.new_id", lambda own=own: own)
        planned(f"run{number}")
    with pytest.raises(InputError, match=r"beginning of 2 runs: a1b2c3, a1d4e5; write more of it"):
        find_run("a1", tmp_path)
    assert find_run("a1d", tmp_path).id == "a1d4e5"
    assert [run.id for run in list_runs(tmp_path)] == ids


def test_a_damaged_run_does_not_hide_the_others(planned, tmp_path):
    good, bad = planned("good"), planned("bad")
    (bad / JOURNAL).write_bytes(b"{}\n")
    assert [run.folder for run in list_runs(tmp_path)] == [good]


def test_a_folder_with_a_run_is_not_measured_over(planned, small_plan, paper_lab, tmp_path):
    folder = planned()
    with pytest.raises(InputError, match="holds a run already"):
        measure_plan(small_plan(), paper_lab.rig(), 1, out=folder)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(InputError, match="no results can be written"):
        new_folder("name", "id", tmp_path / "file" / "below")


def test_a_rig_without_a_needed_role_is_refused_before_a_folder_is_made(
    paper_lab, small_plan, tmp_path
):
    with pytest.raises(InputError, match="magnet"):
        measure_plan(
            small_plan(direction="field", field={"size": "1 mT"}),
            paper_lab.rig("laser", "spectrum_analyzer"),
            1,
            out=tmp_path / "run",
        )
    assert not (tmp_path / "run").exists()
    assert paper_lab.diary == []
