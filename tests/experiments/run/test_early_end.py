"""What is watched while a run is measured, and a run that ends once it knows enough."""

import re

import numpy as np
import pytest

from phonosync.experiments.plan.schedule import schedule
from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.folder import open_run
from phonosync.experiments.run.live import LiveContrast
from phonosync.experiments.run.loop import RunStoppedError, measure

UNTIL = {"quantity": "noise_contrast", "half_width": 0.2, "every": 2}


@pytest.fixture
def fed(small_plan):
    """Live contrast of a plan whose points have the noise that a function of them says."""

    def make(noise, *, points=None, **changes):
        plan = small_plan(**changes)
        live = LiveContrast(plan)
        everything = list(schedule(plan, 1))[:points]
        for point in everything:
            live.take(point, noise(point))
        return live, everything

    return make


def twice_as_much_forward(point):
    """Excess noise of 2 and 1 shot noises, wandering from quad to quad in both alike."""
    if point.kind == "shot_noise":
        return 1.0
    excess = 2.0 if point.setting.light == 1 else 1.0
    return 1.0 + excess * (1 + 0.3 * np.sin(point.quad))


def test_the_contrast_of_excess_noise_two_to_one_is_a_third(fed):
    live, points = fed(twice_as_much_forward)
    interval = live.interval(live.cell(points[-1]))
    assert live.quads(live.cell(points[-1])) == 8
    assert interval.value == pytest.approx(1 / 3)
    assert (interval.low, interval.high) == pytest.approx((1 / 3, 1 / 3), abs=1e-6)


def test_an_incomplete_quad_says_nothing_yet(fed):
    live, points = fed(twice_as_much_forward, points=7)
    assert live.quads(live.cell(points[-1])) == 1
    assert np.isnan(live.interval(live.cell(points[-1])).value)


def test_a_missing_point_leaves_its_whole_quad_out(fed):
    live, points = fed(
        lambda p: None if (p.kind, p.quad, p.repeat) == ("data", 3, 6) else twice_as_much_forward(p)
    )
    assert live.quads(live.cell(points[-1])) == 7
    assert live.interval(live.cell(points[-1])).value == pytest.approx(1 / 3)


def test_without_a_reference_no_contrast_is_claimed(fed):
    live, points = fed(lambda p: None if p.kind == "shot_noise" else twice_as_much_forward(p))
    assert np.isnan(live.interval(live.cell(points[-1])).value)


def test_every_setting_has_a_contrast_of_its_own(fed):
    axis = {"quantity": "laser.power", "values": ["0.1 mW", "0.3 mW"]}

    def noise(point):
        if point.kind == "shot_noise":
            return 1.0
        return 1 + (2.0 if point.index == (0,) and point.setting.light == 1 else 1.0)

    live, points = fed(noise, sweep=[axis])
    cells = {live.cell(p) for p in points if p.kind == "data"}
    values = sorted(live.interval(cell).value for cell in cells)
    assert values == pytest.approx([0, 1 / 3])


@pytest.fixture(scope="module")
def ended(new_paper_lab, on_paper, tmp_path_factory):
    folder = tmp_path_factory.mktemp("until") / "run"
    return on_paper(new_paper_lab(), folder, quads=40, until=UNTIL)


def test_a_run_ends_at_a_planned_look_and_says_why(ended):
    assert ended.status == "complete"
    said = ended.history.ended_early
    [quads] = map(int, re.findall(r"after (\d+) quads", said))
    assert quads in range(8, 40, 2)
    assert re.search(r"known to ±0\.2 after .*: [\d.]+ \([\d.]+ … [\d.]+\), an interval that", said)
    data = open_dataset(ended.folder)
    assert np.isfinite(data["psd"].values).all(axis=-1).sum() == 4 * quads
    assert data.attrs["ended_early"] == said


def test_the_printed_interval_is_as_narrow_as_asked_and_holds_the_truth(ended):
    """On paper the excess noise forward is three times that backward."""
    [interval] = re.findall(r"\(([\d.]+) … ([\d.]+)\)", ended.history.ended_early)
    low, high = map(float, interval)
    assert (high - low) / 2 <= 0.2
    assert low < (3 - 1) / (3 + 1) < high


def test_a_run_that_never_knows_enough_is_measured_to_its_end(
    new_paper_lab, on_paper, tmp_path, small_plan
):
    run = on_paper(new_paper_lab(), tmp_path, until={**UNTIL, "half_width": 1e-4})
    assert run.history.ended_early == ""
    assert len(run.history.points) == len(list(schedule(small_plan(), 1)))


def test_a_stopped_run_ends_at_the_same_look_as_an_uninterrupted_one(
    ended, new_paper_lab, on_paper, tmp_path
):
    last = max(ended.history.points)

    def watch(step):
        if step.point.number == last - 3:
            raise KeyboardInterrupt

    with pytest.raises(RunStoppedError):
        on_paper(new_paper_lab(), tmp_path, quads=40, until=UNTIL, watch=watch)
    measure(tmp_path, new_paper_lab().rig())
    run = open_run(tmp_path)
    assert run.history.ended_early == ended.history.ended_early
    assert max(run.history.points) == last
