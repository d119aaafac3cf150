"""Nothing keeps a run from leaving its instruments safe: not a second Ctrl-C, not its own death."""

import signal
import subprocess
import sys
import time

import pytest

from phonosync.experiments.run.folder import open_run
from phonosync.experiments.run.loop import RunStoppedError
from phonosync.experiments.run.watchdog import WATCHDOG_LOG
from phonosync.instruments.virtual.scpi.server import DroppedError

COMMAND = [sys.executable, "-c", "from phonosync.experiments.cli import main; main()"]
DEADLINE_S = 120.0  # of waiting for another process on a busy computer; nothing is timed

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal to send")


@on_posix
@pytest.mark.parametrize("second", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_second_signal_does_not_skip_the_way_to_safety(paper_lab, on_paper, tmp_path, second):
    lit = []

    def watch(step):
        if step.done == 5:
            note = paper_lab.note

            def interrupted(*words):
                note(*words)
                if words == ("microwave off",):  # in the middle of the way out
                    lit.append(paper_lab.laser_on)
                    signal.raise_signal(getattr(signal, second))

            paper_lab.note = interrupted
            raise KeyboardInterrupt

    with pytest.raises(RunStoppedError, match=r"run interrupted: Ctrl-C\..*The laser is off"):
        on_paper(paper_lab, tmp_path, watch=watch)
    assert lit == [True]
    assert not paper_lab.laser_on
    assert paper_lab.diary[-1] == ("heater off",)
    assert open_run(tmp_path).status == "interrupted"


@pytest.fixture
def under_watch(bench, plan_file, rig_file, tmp_path):
    """A run with a watchdog, in its eighth spectrum, which never ends."""
    bench.hold_at = 8
    words = ["measure", plan_file, "--rig", rig_file, "--out", tmp_path / "out", "--watchdog"]
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)], stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        assert bench.held.wait(DEADLINE_S)
        assert bench.laser["on"]
        yield process
    finally:
        process.kill()
        process.wait()


def told_safe(out):
    """What the watchdog has written when it says that all is well."""
    deadline = time.monotonic() + DEADLINE_S
    said = ""
    while "are safe" not in said and time.monotonic() < deadline:
        time.sleep(0.05)
        said = (out / WATCHDOG_LOG).read_text(encoding="utf-8")
    return said


@on_posix
def test_the_watchdog_makes_the_laser_dark_when_the_run_is_killed(bench, under_watch, tmp_path):
    under_watch.kill()
    under_watch.wait()
    assert "process of the run is dead" in told_safe(tmp_path / "out")
    assert not bench.laser["on"]
    run = open_run(tmp_path / "out")
    assert (run.status, len(run.history.points)) == ("killed", 7)


@on_posix
def test_the_watchdog_reaches_a_laser_that_the_run_could_not_reach(
    bench, lab, under_watch, tmp_path
):
    wire = lab.servers["laser"]
    usual, wire.answer = wire.answer, unplugged
    under_watch.terminate()
    assert under_watch.wait(DEADLINE_S) != 0
    assert bench.laser["on"]
    wire.answer = usual  # plugged in again
    assert "are safe" in told_safe(tmp_path / "out")
    assert not bench.laser["on"]
    assert open_run(tmp_path / "out").status == "interrupted"


def unplugged(instrument, message):
    raise DroppedError
