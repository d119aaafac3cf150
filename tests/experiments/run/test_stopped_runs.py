"""Runs that end before their end: the status is true, the spectra are kept, the laser is off."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
import xarray

from phonosync.analysis.run.cavity import direction_spectra
from phonosync.analysis.schema import load_run
from phonosync.experiments.run.folder import open_run
from phonosync.experiments.run.loop import RunStoppedError
from phonosync.experiments.screens import measure as commands
from phonosync.instruments.errors import InstrumentError

COMMAND = [sys.executable, "-c", "from phonosync.experiments.cli import main; main()"]


def finished(run):
    return int(run["psd"].notnull().all("frequency").sum())


def test_an_analyzer_that_dies_leaves_the_finished_spectra_and_no_light(
    lab,
    rig,
    small_plan,
    tmp_path,
    laser_is_on,
    measured,
):
    def watch(step):
        if step.done == 8:
            assert laser_is_on()
            lab.servers["spectrum_analyzer"].stop()

    with pytest.raises(RunStoppedError) as error:
        measured(small_plan(), rig, tmp_path, 1, watch=watch)
    assert error.value.exit_code == 3
    assert isinstance(error.value.__cause__, InstrumentError)
    message = str(error.value)
    assert message.startswith("run failed: spectrum_analyzer at TCPIP0::127.0.0.1::")
    assert f"8 points are kept in {tmp_path}; 'phonosync resume {tmp_path}' goes on" in message
    assert message.endswith("The laser is off.")
    assert "\n" not in message
    assert not laser_is_on()
    run = load_run(tmp_path / "data.nc")
    assert run.attrs["status"] == "failed"
    assert finished(run) == 5  # one point is the reference, two lead a quad in


def test_what_a_stopped_run_kept_can_be_analysed(lab, rig, small_plan, tmp_path, measured):
    def watch(step):
        if step.done == 13:
            lab.servers["spectrum_analyzer"].stop()

    with pytest.raises(RunStoppedError):
        measured(small_plan(), rig, tmp_path, 1, watch=watch)
    spectra = direction_spectra(load_run(tmp_path / "data.nc"))
    assert sum(spectra.averages.values()) == finished(load_run(tmp_path / "data.nc"))
    assert spectra.resolution_bandwidth_hz == 20e3


def test_an_analyzer_that_is_dead_from_the_start_leaves_a_run_that_says_so(
    lab, rig, small_plan, tmp_path, laser_is_on, measured
):
    lab.servers["spectrum_analyzer"].stop()
    with pytest.raises(RunStoppedError, match="0 points are kept"):
        measured(small_plan(), rig, tmp_path, 1)
    run = open_run(tmp_path)
    assert run.status == "failed"
    assert [p.missing[:17] for p in run.history.points.values()] == ["spectrum_analyzer"] * 3
    assert not (tmp_path / "data.nc").exists()
    assert not laser_is_on()


@pytest.mark.parametrize("done", [1, 2, 20])
def test_ctrl_c_leaves_the_finished_spectra_and_no_light(
    rig,
    small_plan,
    tmp_path,
    laser_is_on,
    done,
    measured,
):
    def watch(step):
        if step.done == done:
            raise KeyboardInterrupt

    with pytest.raises(RunStoppedError, match=r"^run interrupted: Ctrl-C\. ") as error:
        measured(small_plan(), rig, tmp_path, 1, watch=watch)
    assert error.value.exit_code == 3
    assert f"{done} points are kept" in str(error.value)
    assert not laser_is_on()
    with xarray.open_dataset(tmp_path / "data.nc", engine="h5netcdf") as run:
        assert run.attrs["status"] == "interrupted"
        assert np.isfinite(run["shot_noise_psd"].values).all()
        assert run.sizes["shot_noise_repeat"] == 1


def test_a_bug_in_whoever_watches_does_not_leave_the_light_on(
    rig,
    small_plan,
    tmp_path,
    laser_is_on,
    measured,
):
    def watch(step):
        if step.done == 3:
            raise LookupError("not mine")

    with pytest.raises(RunStoppedError, match="run failed: LookupError: not mine"):
        measured(small_plan(), rig, tmp_path, 1, watch=watch)
    assert not laser_is_on()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_sigterm_ends_a_measurement_with_its_data_kept_and_no_light(
    bench, plan_file, rig_file, tmp_path
):
    bench.hold_at = 8  # the reference, lead-ins, some spectra, and this one never ends
    out = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "measure", str(plan_file), "--rig", str(rig_file), "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert bench.held.wait(60)
        assert bench.laser["on"]
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 3
    assert "run interrupted: StopSignal: SIGTERM" in said
    assert "Traceback" not in said
    assert not bench.laser["on"]
    assert load_run(out / "data.nc").attrs["status"] == "interrupted"
    assert len(open_run(out).history.points) == 7


def test_a_lab_that_is_killed_leaves_data_and_a_warning_to_switch_the_laser_off(
    phonosync, plan_file, write, rig_content, tmp_path, monkeypatch
):
    process = subprocess.Popen(
        [*COMMAND, "lab", "ring", "--json", "--seed", "1"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        rig = write("rig.yaml", rig_content(json.loads(process.stdout.readline())))

        @contextmanager
        def kill_at_the_sixth_point(name, console):
            def watch(step):
                if step.done == 6:
                    process.kill()
                    process.wait()

            yield watch

        monkeypatch.setattr(commands, "progress", kill_at_the_sixth_point)
        code, _, said = phonosync("measure", plan_file, "--rig", rig, "--out", tmp_path / "out")
    finally:
        process.kill()
        process.communicate()
    assert code == 3
    [line] = [line for line in said.splitlines() if line.startswith("phonosync:")]
    assert "6 points are kept" in line
    assert "LASER MAY BE ON, switch it off by hand" in line
    assert "Traceback" not in said
    run = load_run(tmp_path / "out" / "data.nc")
    assert run.attrs["status"] == "failed"
    assert finished(run) == 4
