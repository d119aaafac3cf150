"""A run that stopped, however it stopped, and went on equals one that never stopped."""

import shutil

import numpy as np
import pytest
import xarray as xr

from phonosync.experiments.rig.signals import StopSignal
from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.folder import open_run
from phonosync.experiments.run.journal import JOURNAL
from phonosync.experiments.run.loop import RunStoppedError, measure
from phonosync.instruments.errors import QuenchError

HYSTERESIS = {"quantity": "laser.power", "values": ["0.2 mW", "0.3 mW"], "path": "both"}
FIELD = {"size": "300 mT"}
WHEN = ("measured_at", "shot_noise_measured_at")


def content(folder):
    """Everything measured, without the times of day."""
    return open_dataset(folder).load().drop_vars(WHEN, errors="ignore")


@pytest.fixture(scope="module")
def whole(new_paper_lab, on_paper, tmp_path_factory):
    """An uninterrupted run: its content, and the folder as a kill would have left it at points."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    copies = {}

    def watch(step):
        if step.done in (1, 17, 33):
            copies[step.done] = folder.with_name(f"killed_at_{step.done}")
            shutil.copytree(folder, copies[step.done])

    assert on_paper(new_paper_lab(), folder, watch=watch).status == "complete"
    return content(folder), copies


def stop_with(error, *, after=13):
    def watch(step):
        if step.done == after:
            raise error

    return watch


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (StopSignal("SIGTERM"), "interrupted"),
        (QuenchError("the magnet has quenched."), "failed"),
        (ZeroDivisionError("a bug"), "failed"),
        (OSError(28, "No space left on device"), "failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value,
)
def test_a_resumed_run_equals_an_uninterrupted_one(
    whole, new_paper_lab, on_paper, tmp_path, error, status
):
    with pytest.raises(RunStoppedError):
        on_paper(new_paper_lab(), tmp_path, watch=stop_with(error))
    assert open_run(tmp_path).status == status
    measure(tmp_path, new_paper_lab().rig())
    assert open_run(tmp_path).status == "complete"
    assert len(open_run(tmp_path).history.sessions) == 2
    xr.testing.assert_equal(content(tmp_path), whole[0])


@pytest.mark.parametrize("done", [1, 17, 33])
def test_a_killed_run_goes_on_without_losing_or_repeating_a_point(
    whole, new_paper_lab, tmp_path, done
):
    folder = tmp_path / "run"
    shutil.copytree(whole[1][done], folder)
    run = open_run(folder)
    assert (run.status, len(run.history.points)) == ("killed", done)
    seen = []
    measure(folder, new_paper_lab().rig(), watch=seen.append)
    assert [step.point.number for step in seen] == list(range(done, seen[0].total))
    xr.testing.assert_equal(content(folder), whole[0])


def test_a_point_whose_line_was_torn_is_measured_again(whole, new_paper_lab, tmp_path):
    """Its spectrum may be in the database already: what the journal does not tell is not data."""
    folder = tmp_path / "run"
    shutil.copytree(whole[1][17], folder)
    journal = folder / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-9])
    assert len(open_run(folder).history.points) == 16
    measure(folder, new_paper_lab().rig())
    xr.testing.assert_equal(content(folder), whole[0])


def test_a_run_stopped_again_and_again_is_still_the_same(whole, new_paper_lab, on_paper, tmp_path):
    with pytest.raises(RunStoppedError):
        on_paper(new_paper_lab(), tmp_path, watch=stop_with(KeyboardInterrupt(), after=2))
    for after in (3, 20, 21, 33):
        with pytest.raises(RunStoppedError, match="interrupted"):
            measure(
                tmp_path,
                new_paper_lab().rig(),
                watch=stop_with(KeyboardInterrupt(), after=after),
            )
    measure(tmp_path, new_paper_lab().rig())
    assert len(open_run(tmp_path).history.sessions) == 6
    xr.testing.assert_equal(content(tmp_path), whole[0])


# A sweep up and down through a bistability


@pytest.fixture(scope="module")
def swept(new_paper_lab, on_paper, tmp_path_factory):
    """An uninterrupted sweep up and down in both directions; whether each began from rest."""
    folder = tmp_path_factory.mktemp("swept") / "run"
    lab = new_paper_lab()
    rested, told = [], 0

    def watch(step):
        nonlocal told
        if step.point.kind == "data" and step.point.walk == step.point.number:
            words = [entry[0] for entry in lab.diary[told:]]
            rested.append(words.index("laser off") < words.index("laser on"))
        told = len(lab.diary)

    on_paper(lab, folder, sweep=[HYSTERESIS], watch=watch)
    return content(folder), rested


def test_the_branches_differ_where_the_device_is_bistable_and_nowhere_else(swept):
    power = swept[0]["psd"].mean(("repeat", "frequency"))
    ratio = (power.sel(branch="down") / power.sel(branch="up")).squeeze()
    assert (ratio.sel(laser_power=0.2e-3) > 2).all()
    assert ratio.sel(laser_power=0.3e-3).values == pytest.approx(1, abs=0.3)


def test_every_sweep_begins_from_a_device_at_rest(swept):
    assert swept[1] == [True] * 32


def test_what_was_asked_for_is_the_coordinate_and_what_was_read_stands_beside_it(swept):
    assert swept[0]["laser_power"].values == pytest.approx([0.2e-3, 0.3e-3])
    read = swept[0]["laser_power_read"]
    assert read.attrs["units"] == "W"
    assert (read == read["laser_power"]).all()


@pytest.mark.parametrize("kept_of_the_walk", [1, 3])
def test_a_sweep_that_was_cut_is_gone_through_again_to_where_it_was(
    swept, new_paper_lab, on_paper, tmp_path, kept_of_the_walk
):
    """At 0.2 mW on the way down only the way up tells the device where it is."""

    def watch(step):
        point = step.point
        if point.quad == 2 and point.number - point.walk == kept_of_the_walk - 1:
            raise KeyboardInterrupt

    lab = new_paper_lab()
    with pytest.raises(RunStoppedError):
        on_paper(lab, tmp_path, sweep=[HYSTERESIS], watch=watch)
    again = new_paper_lab()
    measure(tmp_path, again.rig())
    powers = [words[1] for words in again.diary if words[0] == "laser power"]
    assert powers[:3] == pytest.approx([0.2e-3, 0.3e-3, 0.2e-3])
    xr.testing.assert_equal(content(tmp_path), swept[0])


def test_a_hold_in_the_middle_of_a_sweep_goes_through_it_again(
    swept, new_paper_lab, on_paper, tmp_path, monkeypatch
):
    """A hold lets the device fall from its branch."""
    monkeypatch.setattr("phonosync.experiments.run.interlock.POLL_S", 0.0)
    lab = new_paper_lab()
    warm = {"quantity": "temperature", "below": "50 mK"}
    held = []

    def watch(step):
        point = step.point
        if point.quad == 3 and point.number - point.walk == 2 and not held:
            held.append(point.number + 1)
            lab.temperature_k = [0.1, 0.1, 0.02]

    on_paper(lab, tmp_path, sweep=[HYSTERESIS], interlocks=[warm], watch=watch)
    assert held
    again = content(tmp_path)
    for name in ("psd", "mean_psd", "laser_power_read"):
        np.testing.assert_array_equal(again[name], swept[0][name])


# Directions of the field


def test_a_resumed_run_leads_back_to_the_direction_of_the_point_before(
    new_paper_lab, on_paper, tmp_path
):
    """Otherwise the first resumed point would have another memory than in an uninterrupted run."""
    changes = {"direction": "field", "field": FIELD, "light": 1}
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    on_paper(new_paper_lab(), whole, **changes)
    with pytest.raises(RunStoppedError):
        on_paper(new_paper_lab(), stopped, watch=stop_with(KeyboardInterrupt()), **changes)
    before = open_run(stopped).history.points[12].values
    lab = new_paper_lab()
    measure(stopped, lab.rig())
    first = next(words for words in lab.diary if words[0] == "field")
    assert first[1:] == pytest.approx([before[f"field_{axis}"] for axis in "xyz"])
    xr.testing.assert_equal(content(stopped), content(whole))


def test_a_run_on_another_trace_is_not_mixed_with_the_first(new_paper_lab, on_paper, tmp_path):
    with pytest.raises(RunStoppedError):
        on_paper(new_paper_lab(), tmp_path, watch=stop_with(KeyboardInterrupt()))
    lab = new_paper_lab()
    rig = lab.rig()
    analyzer = rig.roles["spectrum_analyzer"]
    exact = analyzer.psd
    analyzer.psd = lambda start, stop, **how: exact(start + 1e3, stop, **how)
    with pytest.raises(RunStoppedError, match="coordinates of psd are no longer"):
        measure(tmp_path, rig)
    assert len(open_run(tmp_path).history.points) == 13
    assert np.isfinite(open_dataset(tmp_path)["psd"].values).any()
