"""A magnet that cannot hurt: ramps, reversals, quenches, persistent mode, loops, interruptions."""

import numpy as np
import pytest

from phonosync.instruments.crystal import CrystalOrientation
from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.magnet import SafeMagnet
from phonosync.instruments.magnet_settings import MagnetSettings
from phonosync.instruments.magnet_supply import SupplyReading
from phonosync.instruments.roles import Magnet
from phonosync.instruments.virtual.coil import Coil, CoilData, VectorField
from phonosync.theory.checked_file import check
from phonosync.theory.errors import InputError

RATE = 0.01


class Supply:
    """A supply without a wire, straight on a virtual coil."""

    max_field_t, max_rate_t_per_s, min_rate_t_per_s = 1.0, 0.02, 1e-6
    resolution_t = 1e-6

    def __init__(self, coil, name):
        self.coil, self.name = coil, name
        self.constant = coil.data.constant
        self.mismatch_at_opening = []
        self.mute = False
        self.started = 0
        self.lost_a = 0.0

    def start(self, field_t, rate_t_per_s):
        assert rate_t_per_s <= self.max_rate_t_per_s * (1 + 1e-9)
        self.started += 1
        self.coil.ramp(field_t / self.constant, rate_t_per_s / self.constant)

    def advance(self):
        pass

    def pause(self):
        if self.mute:
            raise InstrumentError(f"{self.name} does not answer to PAUSE.")
        self.coil.pause()

    def read(self):
        if self.mute:
            raise InstrumentError(f"{self.name} does not answer to FIELD?")
        self.coil.advance()
        return SupplyReading(
            field_t=self.coil.magnet_a * self.constant,
            supply_field_t=(self.coil.supply_a - self.lost_a) * self.constant,
            ramping=self.coil.moving,
            quenched=self.coil.quenched,
            heater_on=self.coil.heater if self.coil.with_switch else None,
        )

    def set_heater(self, on):
        if on:
            self.mismatch_at_opening.append(abs(self.coil.supply_a - self.coil.magnet_a))
        self.coil.set_heater(on)

    def acknowledge_quench(self):
        self.coil.acknowledge()


@pytest.fixture
def build(bore, hand_clock):
    """Make a magnet on virtual coils."""

    def magnet(axes="z", data=None, *, orientation=None, **settings):
        field = VectorField(bore, orientation)
        supplies = {
            axis: Supply(
                Coil(data or CoilData(), field.along(axis), clock=hand_clock), f"magnet {axis}"
            )
            for axis in axes
        }
        settings = {"ramp_rate_t_per_s": RATE, **settings}
        return SafeMagnet(
            supplies, MagnetSettings(**settings), clock=hand_clock, sleep=hand_clock.sleep
        )

    return magnet


def coil(magnet, axis="z"):
    return magnet.coils.supplies[axis].coil


# Ramps


def test_it_plays_the_role_of_a_magnet(build):
    assert isinstance(build(), Magnet)


def test_a_ramp_takes_the_way_over_the_rate_and_the_settling(build, hand_clock, bore):
    magnet = build(settle_s=2.0, poll_s=0.1)
    magnet.go_to((0.0, 0.0, 0.1))
    assert hand_clock.now == pytest.approx(0.1 / RATE + 2.0, abs=0.25)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1))
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.1), abs=2e-4)
    assert not magnet.read().ramping


def test_a_ramp_moves_no_faster_than_its_rate(build, bore):
    magnet = build("xyz", poll_s=0.1)
    magnet.go_to((0.1, 0.05, -0.08))
    steps = np.linalg.norm(np.diff(bore.path, axis=0), axis=1)
    assert steps.max() <= RATE * 0.1 * (1 + 1e-6)


def test_the_field_vector_moves_in_a_straight_line(build, bore):
    magnet = build("xyz")
    magnet.go_to((0.1, 0.0, 0.0))
    first = len(bore.fields)
    magnet.go_to((0.0, 0.1, 0.05))
    start, end = np.array([0.1, 0.0, 0.0]), np.array([0.0, 0.1, 0.05])
    # Coils answer one after the other: between two of them the vector is one poll off the line.
    off = np.cross(bore.path[first:] - start, end - start) / np.linalg.norm(end - start)
    assert np.linalg.norm(off, axis=1).max() <= RATE * magnet.settings.poll_s


def test_a_turn_of_the_field_never_leaves_the_sphere_of_its_limit(build, bore):
    magnet = build("xyz", max_field_t=0.1)
    magnet.go_to((0.1, 0.0, 0.0))
    magnet.go_to((0.0, 0.06, 0.08))
    step = RATE * magnet.settings.poll_s
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


def test_a_reversal_passes_zero_and_never_turns_back(build, bore):
    magnet = build(dwell_at_zero_s=3.0)
    magnet.go_to((0.0, 0.0, 0.1))
    first = len(bore.fields)
    magnet.go_to((0.0, 0.0, -0.1))
    path = bore.path[first:, 2]
    assert 0.0 in path
    assert (np.diff(path) <= 0).all()
    assert path[-1] == pytest.approx(-0.1)


def test_a_reversal_dwells_at_zero(build, bore, hand_clock):
    magnet = build(dwell_at_zero_s=20.0, settle_s=0.0)
    magnet.go_to((0.0, 0.0, 0.1))
    before = hand_clock.now
    magnet.go_to((0.0, 0.0, -0.1))
    assert hand_clock.now - before == pytest.approx(0.2 / RATE + 20.0, abs=1.0)


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


def test_a_field_that_cannot_be_reached_is_an_error_with_the_ramp_paused(build, hand_clock):
    magnet = build(timeout_s=5.0)
    coil(magnet).compliance = 0.05  # over 5 H: 0.001 T/s instead of 0.01
    with pytest.raises(InstrumentError, match=r"did not settle in time .* and still ramps") as it:
        magnet.go_to((0.0, 0.0, 0.1))
    assert "instead of 0.10000 T" in str(it.value)
    assert not coil(magnet).moving
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


# Quench


def test_a_quench_stops_everything_and_says_where(build):
    magnet = build("xz")
    coil(magnet, "x").quench_field = 0.06
    with pytest.raises(QuenchError, match=r"magnet x quenched at \(0.0\d+, 0, 0.0\d+\) T") as it:
        magnet.go_to((0.1, 0.0, 0.1))
    assert "acknowledge_quench" in str(it.value)
    assert it.value.exit_code == 3
    assert not coil(magnet, "z").moving
    assert coil(magnet, "z").supply_a > 0.3
    assert magnet.read().quenched


def test_after_a_quench_nothing_ramps_until_it_is_acknowledged(build, hand_clock):
    magnet = build()
    coil(magnet).quench_field = 0.06
    with pytest.raises(QuenchError):
        magnet.go_to((0.0, 0.0, 0.1))
    with pytest.raises(QuenchError, match="nobody has acknowledged"):
        magnet.go_to((0.0, 0.0, 0.01))
    with pytest.raises(InstrumentError, match="still reads"):
        magnet.acknowledge_quench()
    hand_clock.sleep(30.0)
    magnet.acknowledge_quench()
    assert not magnet.read().quenched
    magnet.go_to((0.0, 0.0, 0.05))
    assert magnet.read().field_t == pytest.approx((0.0, 0.0, 0.05), abs=2e-4)


def test_rest_after_a_quench_takes_the_healthy_coils_to_zero(build, bore):
    magnet = build("xz")
    coil(magnet, "x").quench_field = 0.06
    with pytest.raises(QuenchError):
        magnet.go_to((0.1, 0.0, 0.1))
    supplies = magnet.coils.supplies
    before = supplies["x"].started
    magnet.rest()
    assert supplies["x"].started == before
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=2e-4)
    assert magnet.read().quenched


def test_a_quench_while_the_field_settles_is_seen(build, hand_clock):
    magnet = build(settle_s=20.0)

    def disturb():
        if hand_clock.now > 15.0 and not coil(magnet).quenches:
            coil(magnet).quench()

    hand_clock.happening = disturb
    with pytest.raises(QuenchError, match="on its way to"):
        magnet.go_to((0.0, 0.0, 0.1))


def test_a_quench_that_comes_back_at_once_is_an_error_again(build, hand_clock):
    magnet = build()
    coil(magnet).quench()
    assert magnet.read().quenched
    magnet.coils.supplies["z"].acknowledge_quench = lambda: None
    with pytest.raises(QuenchError, match="after its quench was acknowledged"):
        magnet.acknowledge_quench()


# Persistent mode


@pytest.fixture
def persistent(build):
    magnet = build(persistent=True, heating_s=20.0, cooling_s=40.0)
    coil(magnet).with_switch = True
    return magnet


def test_in_persistent_mode_the_field_stays_while_the_supply_is_at_zero(persistent, bore):
    persistent.go_to((0.0, 0.0, 0.1))
    assert coil(persistent).supply_a == pytest.approx(0.0, abs=1e-9)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)
    reading = persistent.read()
    assert reading.persistent
    assert reading.field_t == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)


def test_a_switch_opens_only_over_equal_currents(persistent, bore):
    persistent.go_to((0.0, 0.0, 0.1))
    persistent.go_to((0.0, 0.0, -0.05))
    persistent.rest()
    supply = persistent.coils.supplies["z"]
    assert len(supply.mismatch_at_opening) == 3
    assert max(supply.mismatch_at_opening) < 0.005
    assert coil(persistent).quenches == 0
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=2e-4)
    # While supply and coil are apart the field does not move: it only ever follows the ramps.
    assert np.abs(np.diff(bore.path[:, 2])).max() <= RATE * 0.2 * (1 + 1e-6)


def test_a_coil_that_lost_its_current_keeps_its_switch_closed(persistent):
    persistent.go_to((0.0, 0.0, 0.1))
    coil(persistent).magnet_a = 0.9  # 0.09 T
    with pytest.raises(InstrumentError, match=r"holds 0.09000 T, but 0.10000 T was left"):
        persistent.go_to((0.0, 0.0, 0.05))
    assert not coil(persistent).heater
    assert coil(persistent).quenches == 0


def test_a_supply_that_does_not_match_its_coil_keeps_the_switch_closed(persistent):
    persistent.go_to((0.0, 0.0, 0.1))
    persistent.coils.supplies["z"].lost_a = 0.1  # 0.01 T of it never reach the coil
    with pytest.raises(InstrumentError, match="did not settle in time while it leaves"):
        persistent.go_to((0.0, 0.0, 0.05))
    assert not coil(persistent).heater
    assert coil(persistent).quenches == 0


def test_a_switch_that_does_not_close_in_time_is_noticed(build):
    magnet = build(persistent=True, heating_s=20.0, cooling_s=2.0)
    coil(magnet).with_switch = True
    with pytest.raises(InstrumentError, match="raise cooling_s"):
        magnet.go_to((0.0, 0.0, 0.1))
    assert coil(magnet).quenches == 0


def test_a_quench_while_the_switch_heats_is_seen(persistent, hand_clock):
    hand_clock.sleep(1.0)
    persistent.coils.supplies["z"].set_heater = lambda on: coil(persistent).quench()
    with pytest.raises(QuenchError, match="while its switch heats"):
        persistent.go_to((0.0, 0.0, 0.1))


def test_opening_a_switch_on_a_mismatch_would_quench_the_coil(bore, hand_clock):
    bare = Coil(CoilData(), lambda field: None, clock=hand_clock)
    bare.with_switch = True
    bare.ramp(1.0, 1.0)
    hand_clock.sleep(2.0)
    bare.set_heater(True)
    hand_clock.sleep(20.0)
    bare.advance()
    assert bare.quenches == 1


def test_a_magnet_at_zero_rests_without_heating_its_switch(persistent):
    persistent.rest()
    assert persistent.coils.supplies["z"].mismatch_at_opening == []


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


# The way out


def test_an_interrupted_ramp_is_paused_where_it_is(build, hand_clock):
    magnet = build()
    hand_clock.interrupt_at(4.0)
    with pytest.raises(KeyboardInterrupt):
        magnet.go_to((0.0, 0.0, 0.1))
    assert not coil(magnet).moving
    hand_clock.sleep(50.0)
    assert magnet.read().field_t[2] == pytest.approx(0.04, abs=0.005)
    magnet.go_to((0.0, 0.0, 0.1))
    assert magnet.read().field_t[2] == pytest.approx(0.1, abs=2e-4)


@pytest.mark.parametrize("moment", [5.0, 20.0, 45.0, 60.0])
def test_an_interruption_of_a_persistent_cycle_hurts_nothing(persistent, hand_clock, moment):
    persistent.go_to((0.0, 0.0, 0.1))
    hand_clock.interrupt_at(hand_clock.now + moment)
    with pytest.raises(KeyboardInterrupt):
        persistent.go_to((0.0, 0.0, 0.05))
    assert not coil(persistent).moving
    hand_clock.sleep(100.0)
    persistent.go_to((0.0, 0.0, 0.05))
    assert coil(persistent).quenches == 0
    assert persistent.read().field_t[2] == pytest.approx(0.05, abs=2e-4)


def test_after_an_interruption_a_switch_that_still_heats_is_waited_for(persistent, hand_clock):
    persistent.go_to((0.0, 0.0, 0.1))
    supply = persistent.coils.supplies["z"]
    heat = supply.set_heater

    def heat_and_interrupt(on):
        heat(on)
        hand_clock.interrupt_at(hand_clock.now)

    supply.set_heater = heat_and_interrupt
    with pytest.raises(KeyboardInterrupt):
        persistent.go_to((0.0, 0.0, 0.05))
    assert coil(persistent).heater
    assert not coil(persistent).driven
    supply.set_heater = heat
    persistent.go_to((0.0, 0.0, 0.05))
    assert coil(persistent).quenches == 0
    assert persistent.read().field_t[2] == pytest.approx(0.05, abs=2e-4)


def test_a_heater_that_somebody_else_has_just_switched_on_is_waited_for(persistent):
    coil(persistent).set_heater(True)
    persistent.go_to((0.0, 0.0, 0.1))
    assert coil(persistent).quenches == 0
    assert persistent.read().field_t[2] == pytest.approx(0.1, abs=2e-4)


def test_a_supply_that_falls_silent_does_not_keep_the_others_from_pausing(build, hand_clock):
    magnet = build("xz")

    def silence():
        magnet.coils.supplies["x"].mute = hand_clock.now > 3.0

    hand_clock.happening = silence
    with pytest.raises(InstrumentError, match=r"to FIELD\?.*MAY STILL RAMP: magnet x") as it:
        magnet.go_to((0.1, 0.0, 0.1))
    assert type(it.value) is InstrumentError
    assert not coil(magnet, "z").moving


def test_an_interruption_carries_the_warning_of_a_supply_that_does_not_pause(build, hand_clock):
    magnet = build()

    def interrupt():
        if hand_clock.now > 3.0:
            magnet.coils.supplies["z"].mute = True
            raise KeyboardInterrupt

    hand_clock.happening = interrupt
    with pytest.raises(KeyboardInterrupt) as it:
        magnet.go_to((0.0, 0.0, 0.1))
    assert "MAY STILL RAMP" in it.value.__notes__[0]


def test_rest_goes_to_zero_or_holds_as_it_was_set(build, bore):
    magnet = build()
    magnet.go_to((0.0, 0.0, 0.1))
    magnet.rest()
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=2e-4)
    holding = build(rest="hold")
    holding.go_to((0.0, 0.0, 0.1))
    holding.rest()
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1))


def test_rest_pauses_a_ramp_that_somebody_else_has_left(build):
    holding = build(rest="hold")
    coil(holding).ramp(1.0, 0.01)
    assert holding.read().ramping
    holding.rest()
    assert not holding.read().ramping
