"""A magnet in persistent mode: its switch opens only over equal currents."""

import numpy as np
import pytest

from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.virtual.magnets.coil import Coil, CoilData


@pytest.fixture
def persistent(build, coil_of):
    magnet = build(persistent=True, heating_s=20.0, cooling_s=40.0)
    coil_of(magnet).with_switch = True
    return magnet


def test_in_persistent_mode_the_field_stays_while_the_supply_is_at_zero(persistent, bore, coil_of):
    persistent.go_to((0.0, 0.0, 0.1))
    assert coil_of(persistent).supply_a == pytest.approx(0.0, abs=1e-9)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)
    reading = persistent.read()
    assert reading.persistent
    assert reading.field_t == pytest.approx((0.0, 0.0, 0.1), abs=1e-6)


def test_a_switch_opens_only_over_equal_currents(persistent, bore, coil_of, rate):
    persistent.go_to((0.0, 0.0, 0.1))
    persistent.go_to((0.0, 0.0, -0.05))
    persistent.rest()
    supply = persistent.coils.supplies["z"]
    assert len(supply.mismatch_at_opening) == 3
    assert max(supply.mismatch_at_opening) < 0.005
    assert coil_of(persistent).quenches == 0
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=2e-4)
    # While supply and coil are apart the field does not move: it only ever follows the ramps.
    assert np.abs(np.diff(bore.path[:, 2])).max() <= rate * 0.2 * (1 + 1e-6)


def test_a_coil_that_lost_its_current_keeps_its_switch_closed(persistent, coil_of):
    persistent.go_to((0.0, 0.0, 0.1))
    coil_of(persistent).magnet_a = 0.9  # 0.09 T
    with pytest.raises(InstrumentError, match=r"holds 0.09000 T, but 0.10000 T was left"):
        persistent.go_to((0.0, 0.0, 0.05))
    assert not coil_of(persistent).heater
    assert coil_of(persistent).quenches == 0


def test_a_supply_that_does_not_match_its_coil_keeps_the_switch_closed(persistent, coil_of):
    persistent.go_to((0.0, 0.0, 0.1))
    persistent.coils.supplies["z"].lost_a = 0.1  # 0.01 T of it never reach the coil
    with pytest.raises(InstrumentError, match="did not settle in time while it leaves"):
        persistent.go_to((0.0, 0.0, 0.05))
    assert not coil_of(persistent).heater
    assert coil_of(persistent).quenches == 0


def test_a_switch_that_does_not_close_in_time_is_noticed(build, coil_of):
    magnet = build(persistent=True, heating_s=20.0, cooling_s=2.0)
    coil_of(magnet).with_switch = True
    with pytest.raises(InstrumentError, match="raise cooling_s"):
        magnet.go_to((0.0, 0.0, 0.1))
    assert coil_of(magnet).quenches == 0


def test_a_quench_while_the_switch_heats_is_seen(persistent, hand_clock, coil_of):
    hand_clock.sleep(1.0)
    persistent.coils.supplies["z"].set_heater = lambda on: coil_of(persistent).quench()
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


# The way out


@pytest.mark.parametrize("moment", [5.0, 20.0, 45.0, 60.0])
def test_an_interruption_of_a_persistent_cycle_hurts_nothing(
    persistent, hand_clock, moment, coil_of
):
    persistent.go_to((0.0, 0.0, 0.1))
    hand_clock.interrupt_at(hand_clock.now + moment)
    with pytest.raises(KeyboardInterrupt):
        persistent.go_to((0.0, 0.0, 0.05))
    assert not coil_of(persistent).moving
    hand_clock.sleep(100.0)
    persistent.go_to((0.0, 0.0, 0.05))
    assert coil_of(persistent).quenches == 0
    assert persistent.read().field_t[2] == pytest.approx(0.05, abs=2e-4)


def test_after_an_interruption_a_switch_that_still_heats_is_waited_for(
    persistent, hand_clock, coil_of
):
    persistent.go_to((0.0, 0.0, 0.1))
    supply = persistent.coils.supplies["z"]
    heat = supply.set_heater

    def heat_and_interrupt(on):
        heat(on)
        hand_clock.interrupt_at(hand_clock.now)

    supply.set_heater = heat_and_interrupt
    with pytest.raises(KeyboardInterrupt):
        persistent.go_to((0.0, 0.0, 0.05))
    assert coil_of(persistent).heater
    assert not coil_of(persistent).driven
    supply.set_heater = heat
    persistent.go_to((0.0, 0.0, 0.05))
    assert coil_of(persistent).quenches == 0
    assert persistent.read().field_t[2] == pytest.approx(0.05, abs=2e-4)


def test_a_heater_that_somebody_else_has_just_switched_on_is_waited_for(persistent, coil_of):
    coil_of(persistent).set_heater(True)
    persistent.go_to((0.0, 0.0, 0.1))
    assert coil_of(persistent).quenches == 0
    assert persistent.read().field_t[2] == pytest.approx(0.1, abs=2e-4)
