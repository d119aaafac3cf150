"""A magnet that cannot hurt: ramps, reversals, limits, settling, loops."""

import numpy as np
import pytest

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.magnets.crystal import CrystalOrientation
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.magnets.supply import SupplyReading
from phonosync.instruments.roles import Magnet
from phonosync.instruments.virtual.magnets.coil import CoilData
from phonosync.theory.checked_file import check
from phonosync.theory.errors import InputError

# Ramps


def test_it_plays_the_role_of_a_magnet(build):
    assert isinstance(build(), Magnet)


def test_a_ramp_takes_the_way_over_the_rate_and_the_settling(build, hand_clock, bore, rate):
    magnet = build(settle_s=2.0, poll_s=0.1)
    magnet.go_to((0.0, 0.0, 0.1))
    assert hand_clock.now == pytest.approx(0.1 / rate + 2.0, abs=0.25)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1))
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.1), abs=2e-4)
    assert not magnet.read().ramping


def test_a_ramp_moves_no_faster_than_its_rate(build, bore, rate):
    magnet = build("xyz", poll_s=0.1)
    magnet.go_to((0.1, 0.05, -0.08))
    steps = np.linalg.norm(np.diff(bore.path, axis=0), axis=1)
    assert steps.max() <= rate * 0.1 * (1 + 1e-6)


def test_the_field_vector_moves_in_a_straight_line(build, bore, rate):
    magnet = build("xyz")
    magnet.go_to((0.1, 0.0, 0.0))
    first = len(bore.fields)
    magnet.go_to((0.0, 0.1, 0.05))
    start, end = np.array([0.1, 0.0, 0.0]), np.array([0.0, 0.1, 0.05])
    # Coils answer one after the other: between two of them the vector is one poll off the line.
    off = np.cross(bore.path[first:] - start, end - start) / np.linalg.norm(end - start)
    assert np.linalg.norm(off, axis=1).max() <= rate * magnet.settings.poll_s


def test_a_turn_of_the_field_never_leaves_the_sphere_of_its_limit(build, bore, rate):
    magnet = build("xyz", max_field_t=0.1)
    magnet.go_to((0.1, 0.0, 0.0))
    magnet.go_to((0.0, 0.06, 0.08))
    step = rate * magnet.settings.poll_s
    assert np.linalg.norm(bore.path, axis=1).max() <= 0.1 + step


def test_a_field_along_110_has_equal_components(build, bore):
    build("xyz").go_along("[110]", 0.1)
    assert bore.fields[-1] == pytest.approx((0.0707107, 0.0707107, 0.0), abs=1e-6)


def test_a_field_along_100_lies_along_the_first_axis(build, bore):
    build("xyz").go_along((1, 0, 0), -0.1)
    assert bore.fields[-1] == pytest.approx((-0.1, 0.0, 0.0), abs=1e-6)


def test_one_coil_makes_a_field_along_110_when_the_crystal_is_turned(build, bore):
    turned = CrystalOrientation(along_x=(0, 0, 1), along_z=(1, 1, 0))
    magnet = build("z", crystal=turned, orientation=turned)
    magnet.go_along("[110]", 0.1)
    assert bore.fields[-1] == pytest.approx((0.0707107, 0.0707107, 0.0), abs=1e-6)
    with pytest.raises(InputError, match="no coil along y"):
        magnet.go_along("[100]", 0.1)


@pytest.mark.parametrize("direction", ["[100]", "[110]", "[1 -1 1]", "[012]"])
def test_crystal_and_magnet_axes_turn_into_each_other(direction):
    orientation = CrystalOrientation(along_x=(1, -1, 0), along_z=(1, 1, 1))
    vector = orientation.in_magnet(direction)
    assert np.linalg.norm(vector) == pytest.approx(1.0)
    back = np.array(orientation.in_crystal(vector))
    indices = np.array([float(i) for i in direction.strip("[]").replace(" ", "").replace("-", "")])
    signs = np.where(["-1" in direction and i == 1 for i in range(3)], -1, 1)
    assert back == pytest.approx(indices * signs / np.linalg.norm(indices))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"crystal": {"along_x": "[100]", "along_z": "[110]"}}, "not perpendicular"),
        ({"crystal": {"along_z": "110"}}, "no direction"),
        ({"crystal": {"along_x": [0, 0, 0]}}, r"must not be \(0, 0, 0\)"),
        ({"max_feld_t": 1.0}, "did you mean 'max_field_t'"),
        ({"ramp_rate_t_per_s": -0.1}, "greater than 0"),
        ({"max_axis_field_t": {"w": 1.0}}, "'x', 'y' or 'z'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(content, words):
    with pytest.raises(InputError, match=words):
        check(content, MagnetSettings, "rig file")


# Reversal


def test_a_reversal_passes_zero_and_never_turns_back(build, reverse):
    reverse(build(dwell_at_zero_s=3.0))


def test_a_reversal_dwells_at_zero(build, bore, hand_clock, rate):
    magnet = build(dwell_at_zero_s=20.0, settle_s=0.0)
    magnet.go_to((0.0, 0.0, 0.1))
    before = hand_clock.now
    magnet.go_to((0.0, 0.0, -0.1))
    assert hand_clock.now - before == pytest.approx(0.2 / rate + 20.0, abs=1.0)


def test_only_components_that_reverse_stop_at_zero(build, bore):
    magnet = build("xz")
    magnet.go_to((0.1, 0.0, 0.05))
    first = len(bore.fields)
    magnet.go_to((0.1, 0.0, -0.05))
    assert bore.path[first:, 0] == pytest.approx(0.1)
    assert np.abs(bore.path[first:, 2]).min() == 0.0


# Limits


@pytest.mark.parametrize(
    ("field_t", "words"),
    [
        ((0.0, 0.0, float("nan")), "three finite components"),
        ((0.0, 0.1), "three finite components"),
        ((0.0, 0.05, 0.0), "no coil along y"),
        ((0.4, 0.0, 0.4), "stronger than the 0.5 T"),
        ((0.35, 0.0, 0.0), "beyond the 0.3 T .* along x"),
    ],
)
def test_a_field_that_must_not_be_moves_nothing(build, bore, field_t, words):
    magnet = build("xz", max_field_t=0.5, max_axis_field_t={"x": 0.3})
    before = len(bore.fields)
    with pytest.raises(InputError, match=words):
        magnet.go_to(field_t)
    assert len(bore.fields) == before


def test_the_limit_of_a_supply_holds_without_any_setting(build):
    magnet = build()
    assert magnet.max_field_t == 1.0
    with pytest.raises(InputError, match="stronger than the 1 T"):
        magnet.go_to((0.0, 0.0, 1.01))


def test_a_ramp_rate_beyond_the_supplies_is_refused_at_the_start(build):
    with pytest.raises(InputError, match=r"allow no more than 0.02 T/s. Lower ramp_rate_t_per_s"):
        build(ramp_rate_t_per_s=0.05)


def test_a_loop_beyond_the_limits_and_a_field_beyond_the_loop_are_refused(build):
    with pytest.raises(InputError, match=r"stronger than the 0\.2 T"):
        build(loop_field_t=0.3, max_field_t=0.2).go_to((0.0, 0.0, 0.1))
    with pytest.raises(InputError, match="Raise loop_field_t"):
        build(loop_field_t=0.3).go_to((0.0, 0.0, 0.4))


# Settling


def test_a_field_that_cannot_be_reached_is_an_error_with_the_ramp_paused(
    build, hand_clock, coil_of
):
    magnet = build(timeout_s=5.0)
    coil_of(magnet).compliance = 0.05  # over 5 H: 0.001 T/s instead of 0.01
    with pytest.raises(InstrumentError, match=r"did not settle in time .* and still ramps") as it:
        magnet.go_to((0.0, 0.0, 0.1))
    assert "instead of 0.10000 T" in str(it.value)
    assert not coil_of(magnet).moving
    reached = magnet.read().field_t
    hand_clock.sleep(100.0)
    assert magnet.read().field_t == reached


def test_a_field_has_settled_only_after_it_stayed_for_the_whole_time(build, hand_clock):
    magnet = build(settle_s=3.0, poll_s=0.5)
    supply = magnet.coils.supplies["z"]
    read, strays = supply.read, {12.0: 0.01, 14.5: -0.01}

    def unsteady():
        reading = read()
        stray = strays.get(round(hand_clock.now, 6), 0.0)
        return SupplyReading(reading.field_t + stray, reading.supply_field_t, False, False)

    supply.read = unsteady
    magnet.go_to((0.0, 0.0, 0.1))
    assert hand_clock.now == pytest.approx(14.5 + 0.5 + 3.0)


def test_a_supply_that_still_ramps_has_not_settled_however_near_it_is(build):
    magnet = build(settle_s=0.0, tolerance_t=0.02)
    magnet.go_to((0.0, 0.0, 0.1))
    assert not magnet.read().ramping


# The way back from above


def test_a_loop_comes_to_every_target_from_beyond_it(build, bore):
    magnet = build(loop_field_t=0.3)
    magnet.go_to((0.0, 0.0, 0.1))
    path = bore.path[:, 2]
    turn = int(np.argmax(path))
    assert path[turn] == pytest.approx(0.3)
    assert (np.diff(path[: turn + 1]) >= 0).all()
    assert (np.diff(path[turn:]) <= 0).all()
    first = len(bore.fields)
    magnet.go_to((0.0, 0.0, -0.1))
    path = bore.path[first:, 2]
    assert path.min() == pytest.approx(-0.3)
    assert 0.0 in path
    assert path[-1] == pytest.approx(-0.1)


def test_the_target_zero_is_approached_from_above(build, bore):
    build("xz", loop_field_t=0.3).go_to((0.0, 0.0, 0.0))
    assert bore.path[:, 2].max() == pytest.approx(0.3)
    assert bore.fields[-1] == (0.0, 0.0, 0.0)


IRON = CoilData(remanence=0.02, coercive_current=0.5)


def field_after(build, bore, history, **settings):
    """Field at a set 0.05 T after other fields before it."""
    magnet = build(data=IRON, ramp_rate_t_per_s=0.02, **settings)
    for field_t in history:
        magnet.go_to((0.0, 0.0, field_t))
    magnet.go_to((0.0, 0.0, 0.05))
    return bore.fields[-1][2]


def test_iron_remembers_where_the_field_came_from(build, bore):
    assert field_after(build, bore, [0.2]) - field_after(build, bore, [-0.2]) > 0.01


def test_a_loop_makes_the_iron_forget(build, bore):
    fields = [
        field_after(build, bore, history, loop_field_t=0.3)
        for history in ([], [0.2], [-0.2], [-0.3, 0.25, -0.01])
    ]
    assert fields == pytest.approx([fields[0]] * len(fields), abs=1e-9)
