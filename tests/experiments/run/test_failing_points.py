"""Points that fail, lasers that go off, interlocks: what is retried, missed, held and ended."""

import numpy as np
import pytest

from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.folder import open_run
from phonosync.experiments.run.interlock import InterlockError, Interlocks
from phonosync.experiments.run.loop import RunStoppedError, measure

WARM = {"quantity": "temperature", "below": "50 mK"}


def failing(lab, error, at):
    """Let spectra fail, by the number of the try."""

    def before(number):
        if number in at:
            raise error

    lab.before_spectrum = before
    return lab


def test_a_point_that_fails_once_is_taken_again_and_is_the_same(
    paper_lab, new_paper_lab, on_paper, tmp_path, failure
):
    on_paper(new_paper_lab(), tmp_path / "well")
    run = on_paper(failing(paper_lab, failure, {5, 9}), tmp_path / "ill")
    assert not any(point.missing for point in run.history.points.values())
    well, ill = (open_dataset(tmp_path / name) for name in ("well", "ill"))
    np.testing.assert_array_equal(ill["psd"], well["psd"])


def test_after_its_retries_a_point_is_missing_and_nothing_stands_in_its_place(
    paper_lab, on_paper, tmp_path, failure
):
    run = on_paper(failing(paper_lab, failure, {5, 6, 7}), tmp_path, retries=2)
    assert run.status == "complete"
    [(number, point)] = [(n, p) for n, p in run.history.points.items() if p.missing]
    assert (number, point.missing) == (4, "the analyzer is silent.")
    assert (point.rows, point.values) == ({}, {})
    data = open_dataset(tmp_path)
    taken = np.isfinite(data["psd"].values)
    assert (taken.all(axis=-1) == taken.any(axis=-1)).all()
    assert taken.any(axis=-1).sum() == 31
    for name in ("position", "quad", "laser_power_read", "mean_psd", "measured_at"):
        assert np.isnan(data[name].values).sum() == 1


def test_without_retries_every_failure_is_missing(paper_lab, on_paper, tmp_path, failure):
    run = on_paper(failing(paper_lab, failure, {5, 8}), tmp_path, retries=0)
    assert sum(bool(p.missing) for p in run.history.points.values()) == 2


def test_too_many_missing_points_in_a_row_end_the_run(paper_lab, on_paper, tmp_path, failure):
    with pytest.raises(RunStoppedError, match="run failed: the analyzer is silent"):
        on_paper(
            failing(paper_lab, failure, range(10, 99)), tmp_path, retries=0, missing_in_a_row=4
        )
    run = open_run(tmp_path)
    assert run.status == "failed"
    assert sum(bool(p.missing) for p in run.history.points.values()) == 4
    assert paper_lab.spectra == 13


def test_points_that_were_missed_when_the_run_ended_are_taken_when_it_goes_on(
    paper_lab, new_paper_lab, on_paper, tmp_path, failure
):
    """They fell to the dead analyzer that ended the run; one that failed before stays missing."""
    on_paper(failing(new_paper_lab(), failure, {5}), tmp_path / "well", retries=0)
    with pytest.raises(RunStoppedError):
        on_paper(failing(paper_lab, failure, {5, *range(20, 99)}), tmp_path / "ill", retries=0)
    measure(tmp_path / "ill", new_paper_lab().rig())
    run = open_run(tmp_path / "ill")
    assert (run.status, sum(bool(p.missing) for p in run.history.points.values())) == (
        "complete",
        1,
    )
    well, ill = (open_dataset(tmp_path / name) for name in ("well", "ill"))
    np.testing.assert_array_equal(ill["psd"], well["psd"])


def test_missing_points_that_are_not_in_a_row_do_not_end_it(paper_lab, on_paper, tmp_path, failure):
    run = on_paper(
        failing(paper_lab, failure, range(6, 40, 2)), tmp_path, retries=0, missing_in_a_row=2
    )
    assert run.status == "complete"


def test_a_value_that_is_no_number_is_not_kept(paper_lab, on_paper, tmp_path):
    exact = paper_lab.spectrum
    paper_lab.spectrum = lambda f, averages: (
        exact(f, averages) * np.where(paper_lab.spectra == 5, np.nan, 1)
    )
    run = on_paper(paper_lab, tmp_path, retries=0)
    [said] = [p.missing for p in run.history.points.values() if p.missing]
    assert "no numbers" in said


def dark_at(lab, number):
    """Somebody switches the laser off during a spectrum."""

    def before(spectrum):
        if spectrum == number:
            lab.laser_on = False
            lab.note("dark")

    lab.before_spectrum = before
    return lab


def test_a_laser_that_went_off_is_not_switched_on_again(paper_lab, on_paper, tmp_path):
    with pytest.raises(RunStoppedError, match=r"the laser went off.*Look at its interlock"):
        on_paper(dark_at(paper_lab, 6), tmp_path, retries=5)
    after = paper_lab.diary[paper_lab.diary.index(("dark",)) :]
    assert ("laser on",) not in after
    assert not any(p.missing for p in open_run(tmp_path).history.points.values())


def test_with_a_laser_lock_interlock_it_is_and_the_point_is_taken_again(
    paper_lab, new_paper_lab, on_paper, tmp_path, monkeypatch
):
    monkeypatch.setattr("phonosync.experiments.run.interlock.POLL_S", 0.0)
    on_paper(new_paper_lab(), tmp_path / "well")
    on_paper(
        dark_at(paper_lab, 6), tmp_path / "ill", interlocks=[{"quantity": "laser_lock"}], retries=0
    )
    after = paper_lab.diary[paper_lab.diary.index(("dark",)) :]
    assert ("laser on",) in after
    well, ill = (open_dataset(tmp_path / name) for name in ("well", "ill"))
    np.testing.assert_array_equal(ill["psd"], well["psd"])


def test_a_laser_lock_does_not_switch_a_microwave_drive_on_again(paper_lab, on_paper, tmp_path):
    def before(number):
        if number == 6:
            paper_lab.microwave_on = False
            paper_lab.note("no drive")

    paper_lab.before_spectrum = before
    with pytest.raises(RunStoppedError, match="the microwave drive went off"):
        on_paper(
            paper_lab,
            tmp_path,
            microwave={"power": "1 mW", "frequency": "10 GHz"},
            interlocks=[{"quantity": "laser_lock"}],
        )
    after = paper_lab.diary[paper_lab.diary.index(("no drive",)) :]
    assert ("microwave on",) not in after


def test_a_laser_lock_that_shall_end_the_run_ends_it(paper_lab, on_paper, tmp_path):
    lock = {"quantity": "laser_lock", "action": "end"}
    with pytest.raises(RunStoppedError, match="run interrupted: the laser went off"):
        on_paper(dark_at(paper_lab, 6), tmp_path, interlocks=[lock])
    after = paper_lab.diary[paper_lab.diary.index(("dark",)) :]
    assert ("laser on",) not in after


def test_a_quench_ends_the_run_at_once_and_its_point_is_not_kept(paper_lab, on_paper, tmp_path):
    def before(number):
        paper_lab.quenched = number == 7

    paper_lab.before_spectrum = before
    with pytest.raises(RunStoppedError, match=r"run failed: the magnet has quenched"):
        on_paper(paper_lab, tmp_path, direction="field", field={"size": "1 mT"}, retries=5)
    assert len(open_run(tmp_path).history.points) == 6
    assert [words[0] for words in paper_lab.diary[-4:]] == [
        "microwave off",
        "laser off",
        "magnet at rest",
        "heater off",
    ]


def test_every_end_is_in_the_order_of_safety(paper_lab, on_paper, tmp_path):
    on_paper(paper_lab, tmp_path)
    assert [words[0] for words in paper_lab.diary[-4:]] == [
        "microwave off",
        "laser off",
        "magnet at rest",
        "heater off",
    ]


# Interlocks, with a clock that is turned by hand


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def watch(small_plan, paper_lab):
    """Interlocks of a plan, and what they did: held drives, words, clock."""

    def make(*bounds):
        clock, held, said = Clock(), [], []
        plan = small_plan(interlocks=list(bounds), field={"size": "1 mT"})
        interlocks = Interlocks(
            plan,
            paper_lab.rig(),
            lambda: held.append(clock.now),
            say=said.append,
            clock=clock,
            sleep=clock.sleep,
        )
        return interlocks, clock, held, said

    return make


def test_within_its_bounds_nothing_is_held(watch):
    interlocks, clock, held, said = watch(WARM)
    assert interlocks.look({"temperature_read": 0.049}) is False
    assert (clock.now, held, said) == (0.0, [], [])


def test_a_hold_switches_the_drives_off_once_and_ends_when_the_value_is_back(watch, paper_lab):
    interlocks, clock, held, said = watch(WARM)
    paper_lab.temperature_k = [0.08, 0.06, 0.05, 0.04]  # 50 mK itself is not below
    assert interlocks.look({"temperature_read": 0.09}) is True
    assert (clock.now, held) == (4.0, [0.0])
    assert said == [
        "On hold, drives off: the temperature is 90 mK, not below 50 mK.",
        "Going on: it is back within its bounds.",
    ]


def test_a_hold_that_lasts_longer_than_its_wait_ends_the_run(watch, paper_lab):
    interlocks, clock, _, _ = watch({**WARM, "wait": "30 s"})
    paper_lab.temperature_k = [0.09]
    with pytest.raises(InterlockError, match=r"not below 50 mK, for longer than the 30 s"):
        interlocks.look({"temperature_read": 0.09})
    assert 30 < clock.now < 33


def test_a_bound_that_ends_the_run_does_not_wait(watch):
    interlocks, clock, held, _ = watch({**WARM, "action": "end"})
    with pytest.raises(InterlockError, match="90 mK, not below 50 mK; the plan ends the run"):
        interlocks.look({"temperature_read": 0.09})
    assert (clock.now, held) == (0.0, [])


def test_a_thermometer_that_is_silent_is_not_within_bounds(watch):
    interlocks, *_ = watch({**WARM, "action": "end"})
    with pytest.raises(InterlockError, match="the temperature cannot be read"):
        interlocks.look({})


def test_during_a_hold_silence_is_not_taken_for_being_back(watch, paper_lab, failure):
    interlocks, clock, _, _ = watch({"quantity": "monitor_power", "above": "10 uW", "wait": "9 s"})
    paper_lab.monitor_w = failure
    with pytest.raises(InterlockError, match="cannot be read, for longer"):
        interlocks.look({"monitor_power": 1e-6})
    assert clock.now > 9


def test_the_fields_size_is_that_of_all_its_components(watch):
    interlocks, *_ = watch({"quantity": "field_size", "below": "5 mT", "action": "end"})
    inside = {"field_x": 3e-3, "field_y": 0.0, "field_z": 3.9e-3}
    assert interlocks.look(inside) is False
    with pytest.raises(InterlockError, match="the field is 5 mT"):
        interlocks.look({**inside, "field_z": 4e-3})


def test_what_was_taken_while_a_bound_was_violated_is_taken_again(
    paper_lab, on_paper, tmp_path, monkeypatch
):
    monkeypatch.setattr("phonosync.experiments.run.interlock.POLL_S", 0.0)

    def watch(step):
        if step.done == 9:
            paper_lab.temperature_k = [0.09, 0.08, 0.02]

    on_paper(paper_lab, tmp_path, interlocks=[WARM], watch=watch)
    assert paper_lab.spectra == len(open_run(tmp_path).history.points) + 1
    temperatures = open_dataset(tmp_path)["temperature_read"].values
    assert (temperatures < 0.05).all()
    log = (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert "On hold, drives off: the temperature is 90 mK" in log
    assert "Going on" in log


def test_a_run_that_an_interlock_ended_goes_on_when_all_is_well(
    paper_lab, new_paper_lab, on_paper, tmp_path
):
    def watch(step):
        if step.done == 9:
            paper_lab.temperature_k = [0.09]

    end = {**WARM, "action": "end"}
    with pytest.raises(RunStoppedError, match="run interrupted: the temperature is 90 mK"):
        on_paper(paper_lab, tmp_path, interlocks=[end], watch=watch)
    assert open_run(tmp_path).status == "interrupted"
    measure(tmp_path, new_paper_lab().rig())
    assert open_run(tmp_path).status == "complete"
