"""The order of points: drift and memory fall on both directions alike, at every setting."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from phonosync.experiments.plan.schedule import repeats, schedule

FIELD = {"size": "300 mT"}
DRIVE = {"power": "1 mW", "frequency": "10 GHz"}
BOTH = {"direction": "both", "field": FIELD}
UP = {"quantity": "laser.power", "values": ["0.3 mW", "0.1 mW", "0.2 mW"]}
UP_AND_DOWN = {**UP, "path": "both"}
WARM = {"quantity": "temperature", "values": ["20 mK", "10 mK"]}


@pytest.fixture(scope="module")
def points(small_plan):
    return lambda seed=1, **changes: list(schedule(small_plan(**changes), seed))


def data(points):
    return [point for point in points if point.kind == "data"]


def directions(points):
    return [(point.setting.light, point.setting.field) for point in points]


def visits(points):
    """Direction of every visit: points of one sweep are one visit."""
    found = []
    for point in points:
        if not found or found[-1].walk != point.walk:
            found.append(point)
    return found


def follows_each_once(pairs, choices):
    return sorted(pairs) == sorted((a, b) for a in choices for b in choices)


def test_numbers_count_the_order_of_measurement(points):
    everything = points(sweep=[UP_AND_DOWN], **BOTH)
    assert [p.number for p in everything] == list(range(len(everything)))


def test_crossed_directions_are_all_measured_equally_often(points):
    count = Counter(directions(data(points(**BOTH))))
    assert count == {(light, field): 32 for light in (1, -1) for field in (1, -1)}


def test_crossed_quads_of_light_stand_inside_each_direction_of_the_field(points):
    for quad in range(32):
        inside = [p for p in data(points(**BOTH)) if p.quad == quad]
        assert {p.setting.field for p in inside} == {inside[0].setting.field}
        assert [p.setting.light for p in inside] in ([1, -1, -1, 1], [-1, 1, 1, -1])


def test_crossed_quads_of_the_field_turn_as_those_of_light(points):
    turned = data(points(**BOTH))[::4]
    for quad in range(8):
        visited = [p for p in turned if p.field_quad == quad]
        assert [p.setting.field for p in visited] in ([1, -1, -1, 1], [-1, 1, 1, -1])


def test_a_drift_of_light_and_of_field_cancels_in_every_crossed_quad(points):
    kept = data(points(**BOTH))
    place = np.arange(len(kept))
    light = np.array([p.setting.light for p in kept])
    field = np.array([p.setting.field for p in kept])
    assert (light * place).reshape(-1, 4).sum(axis=1) == pytest.approx(0)
    assert (field * place).reshape(-1, 16).sum(axis=1) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(4))
def test_with_its_lead_in_each_direction_of_light_follows_each_once_in_a_crossed_quad(points, seed):
    everything = [p for p in points(seed, **BOTH) if p.kind != "shot_noise"]
    pairs = {}
    for before, now in pairwise(everything):
        if now.kind == "data":
            pairs.setdefault(now.quad, []).append((before.setting.light, now.setting.light))
            assert before.setting.field == now.setting.field  # the field was led in too
    assert len(pairs) == 32
    assert all(follows_each_once(found, (1, -1)) for found in pairs.values())


@pytest.mark.parametrize("seed", range(4))
def test_whole_sweeps_follow_each_other_like_single_points(points, seed):
    everything = [p for p in points(seed, sweep=[UP_AND_DOWN]) if p.kind != "shot_noise"]
    pairs = {}
    for before, now in pairwise(visits(everything)):
        if now.kind == "data":
            pairs.setdefault(now.quad, []).append((before.setting.light, now.setting.light))
    assert sum(map(len, pairs.values())) == 32
    assert all(follows_each_once(found, (1, -1)) for found in pairs.values())


def test_a_lead_in_is_the_first_direction_of_its_own_quad(points):
    for before, now in pairwise(points(3, **BOTH)):
        if before.kind == "lead_in":
            assert (now.kind, now.quad) == ("data", before.quad)
            assert directions([now]) == directions([before])


def test_what_a_lead_in_measures_is_not_kept(points):
    assert {p.kept for p in points(**BOTH) if p.kind == "lead_in"} == {False}
    assert {p.kept for p in points(**BOTH) if p.kind != "lead_in"} == {True}


def test_by_default_a_one_way_sweep_turns_round_at_every_setting(points):
    kept = data(points(sweep=[UP]))
    assert [p.index for p in kept[::4]] == [(0,), (1,), (2,)] * 8
    for start in range(0, len(kept), 4):
        four = kept[start : start + 4]
        assert len({(p.index, p.quad) for p in four}) == 1
        assert sum(p.setting.light for p in four) == 0


def test_values_are_taken_as_they_grow_however_they_are_listed(points):
    powers = [p.setting.laser_power for p in data(points(sweep=[UP]))[::4][:3]]
    assert powers == pytest.approx([0.1e-3, 0.2e-3, 0.3e-3])
    falling = data(points(sweep=[{**UP, "path": "down"}]))[::4][:3]
    assert [p.setting.laser_power for p in falling] == pytest.approx([0.3e-3, 0.2e-3, 0.1e-3])
    assert {p.branch for p in falling} == {"down"}


def test_a_sweep_up_and_down_is_one_walk_inside_each_visit(points):
    kept = data(points(sweep=[UP_AND_DOWN]))
    way = [((0,), "up"), ((1,), "up"), ((2,), "up"), ((2,), "down"), ((1,), "down"), ((0,), "down")]
    for start in range(0, len(kept), 6):
        walk = kept[start : start + 6]
        assert [(p.index, p.branch) for p in walk] == way
        assert {p.walk for p in walk} == {walk[0].number}
        assert len({p.setting.light for p in walk}) == 1


def test_every_outer_value_has_a_walk_of_its_own(points):
    outer = {"quantity": "laser.detuning", "values": ["0 Hz", "1 GHz"]}
    kept = data(points(sweep=[outer, UP_AND_DOWN]))
    assert len({p.walk for p in kept}) == 32 * 2
    assert [p.index[0] for p in visits(kept)[:4]] == [0, 1, 0, 1]


def test_a_point_outside_of_sweeps_is_its_own_walk(points):
    assert all(p.walk == p.number for p in points(sweep=[UP], **BOTH))


def test_all_quads_are_measured_at_one_temperature_before_the_next(points):
    kept = data(points(sweep=[WARM, UP]))
    temperatures = [p.setting.temperature for p in kept]
    assert temperatures == [0.01] * 96 + [0.02] * 96
    assert [p.quad for p in kept[:96:12]] == list(range(8))


def test_any_sweep_can_be_made_slow_and_the_temperature_fast(points):
    slow = data(points(sweep=[{**UP, "slow": True}]))
    assert [p.index for p in slow] == [(0,)] * 32 + [(1,)] * 32 + [(2,)] * 32
    fast = data(points(sweep=[{**WARM, "slow": False}]))
    assert [p.index for p in fast[:8]] == [(0,)] * 4 + [(1,)] * 4


@pytest.mark.parametrize(
    "changes",
    [
        {},
        BOTH,
        {"sweep": [UP]},
        {"sweep": [UP_AND_DOWN], **BOTH},
        {"sweep": [WARM, UP]},
        {"direction": "field", "field": FIELD, "sweep": [{**UP, "path": "down"}]},
    ],
)
def test_every_cell_is_measured_as_often_as_every_other_and_counted_from_zero(
    points, small_plan, changes
):
    cells = {}
    for point in data(points(**changes)):
        cells.setdefault(point.cell, []).append(point.repeat)
    expected = list(range(repeats(small_plan(**changes))))
    assert all(found == expected for found in cells.values())
    plan = small_plan(**changes)
    settings = int(np.prod([len(axis.ascending) for axis in plan.sweep]))
    turned = 4 if plan.direction == "both" else 2
    assert len(cells) == settings * len(plan.branches) * turned


def test_calibrations_come_at_their_rate_and_the_reference_before_everything(points):
    wanted = {
        "shot_noise": {"averages": 2, "every": 3},
        "dark": {"averages": 1},
        "tone": {"averages": 1, "power": "1 nW", "frequency": "10 MHz", "every": 4},
        "thermal": {"averages": 1, "power": "1 uW", "every": 8},
    }
    everything = points(microwave=DRIVE, calibrations=wanted)
    before = {kind: [] for kind in wanted}
    quads = 0
    for point in everything:
        quads += point.kind == "data"
        if point.kind in before:
            before[point.kind].append(quads // 4)
    assert before == {"shot_noise": [0, 3, 6], "dark": [0], "tone": [0, 4], "thermal": [0]}


def test_each_calibration_is_taken_as_its_kind_says(points):
    wanted = {
        "dark": {},
        "tone": {"power": "1 nW", "frequency": "10 MHz"},
        "thermal": {"power": "1 uW"},
    }
    found = {p.kind: p.setting for p in points(microwave=DRIVE, calibrations=wanted)}
    assert not found["shot_noise"].laser_on
    assert not found["shot_noise"].microwave_on
    assert (found["dark"].dark, found["dark"].laser_on) == (True, False)
    tone = found["tone"]
    assert (tone.laser_on, tone.microwave_on, tone.dark) == (False, True, False)
    assert (tone.microwave_power, tone.microwave_frequency) == pytest.approx((1e-9, 10e6))
    thermal = found["thermal"]
    assert (thermal.laser_on, thermal.laser_power) == (True, pytest.approx(1e-6))
    assert not found["data"].dark


@pytest.mark.parametrize(
    ("control", "changes", "name", "value"),
    [
        ({"kind": "low_power", "power": "1 uW"}, {}, "laser_power", 1e-6),
        ({"kind": "low_drive", "power": "1 nW"}, {"microwave": DRIVE}, "microwave_power", 1e-9),
        ({"kind": "zero_field"}, BOTH, "field_size", 0.0),
    ],
)
def test_a_control_is_whole_quads_of_the_same_directions_at_its_rate(
    points, control, changes, name, value
):
    everything = points(control={**control, "every": 4}, **changes)
    controls = [p for p in everything if p.kind == "control"]
    per_quad = 16 if changes == BOTH else 4
    assert len(controls) == 2 * per_quad
    assert [getattr(p.setting, name) for p in controls] == pytest.approx([value] * len(controls))
    turns = Counter(directions(controls[:per_quad]))
    assert turns == {turn: 4 if changes == BOTH else 2 for turn in directions(data(everything))}
    assert all(getattr(p.setting, name) > 10 * value for p in data(everything))


def test_blocks_and_alternation_are_what_they_are_called(points):
    alternating = [p.setting.light for p in data(points(order="alternating"))]
    assert alternating == [1, -1] * 16
    blocks = [p.setting.light for p in data(points(order="blocks"))]
    assert blocks == [1] * 16 + [-1] * 16
    assert not [p for p in points(order="blocks") if p.kind == "lead_in"]


@pytest.mark.parametrize("order", ["alternating", "blocks", "random"])
def test_any_other_order_measures_both_directions_equally_often_and_is_warned_of(
    points, small_plan, order
):
    assert sum(p.setting.light for p in data(points(order=order))) == 0
    [said] = [w for w in small_plan(order=order).warnings if "order" in w]
    assert "drift" in said
    assert not [w for w in small_plan().warnings if "order" in w]


def test_detuning_is_counted_red_of_the_plans_wavelength(points):
    """D = ω_mode − ω_drive: at D = +1 GHz the laser's frequency is 1 GHz lower."""
    axis = {"quantity": "laser.detuning", "values": ["-1 GHz", "1 GHz"]}
    kept = data(points(sweep=[axis]))
    found = {p.index: 299792458.0 / p.setting.laser_wavelength for p in kept}
    centre = 299792458.0 / 1550e-9
    assert found[(1,)] - centre == pytest.approx(-1e9, abs=1)
    assert found[(0,)] - centre == pytest.approx(1e9, abs=1)


def test_the_fields_two_directions_are_the_plans(points):
    field = {"size": "0.2 T", "forward": "[100]", "backward": "-[100]"}
    kept = data(points(direction="field", field=field, light=-1))
    along = {p.setting.field: p.setting.field_along for p in kept}
    assert along == {1: "[100]", -1: "-[100]"}
    assert {p.setting.light for p in kept} == {-1}
