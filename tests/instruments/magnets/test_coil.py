"""The virtual coil: its time between two looks, its switch, its quench, its iron."""

import math

import numpy as np
import pytest

from phonosync.instruments.magnets.crystal import CrystalOrientation
from phonosync.instruments.virtual.magnets.coil import Coil, CoilData, VectorField


@pytest.fixture
def coil(hand_clock):
    return Coil(CoilData(), lambda field: None, clock=hand_clock)


def wait(clock, coil, duration, looks=1):
    for _ in range(looks):
        clock.sleep(duration / looks)
        coil.advance()


@pytest.mark.parametrize("looks", [1, 7, 400])
def test_what_happens_does_not_depend_on_how_often_one_looks(coil, hand_clock, looks):
    coil.with_switch, coil.quench_field = True, 0.25
    coil.set_heater(True)
    wait(hand_clock, coil, 10.0, looks)
    coil.ramp(2.0, 0.1)
    wait(hand_clock, coil, 25.0, looks)
    coil.set_heater(False)
    wait(hand_clock, coil, 9.0, looks)  # still open a moment, then closed
    coil.ramp(-1.0, 0.5)
    wait(hand_clock, coil, 4.0, looks)
    assert (coil.supply_a, coil.magnet_a) == pytest.approx((0.0, 2.0))
    coil.ramp(2.0, 0.5)
    wait(hand_clock, coil, 5.0, looks)
    coil.set_heater(True)
    wait(hand_clock, coil, 10.0, looks)
    coil.ramp(4.0, 0.1)
    wait(hand_clock, coil, 6.0, looks)
    # The quench comes at 2.5 A after 5 s; the last second is the decay.
    assert coil.magnet_a == pytest.approx(2.5 * math.exp(-1.0))


def test_a_switch_opens_when_it_is_half_way_from_cold_to_hot(coil, hand_clock):
    coil.with_switch = True
    opens = coil.data.heating_time * math.log(2.0)
    coil.set_heater(True)
    wait(hand_clock, coil, opens - 1e-6)
    assert not coil.driven
    wait(hand_clock, coil, 2e-6)
    assert coil.driven


def test_speed_up_makes_the_same_happen_in_less_time(hand_clock):
    fast = Coil(CoilData(), lambda field: None, speed_up=100.0, clock=hand_clock)
    fast.ramp(1.0, 0.1)
    wait(hand_clock, fast, 0.05)
    assert fast.magnet_a == pytest.approx(0.5)
    assert fast.voltage == pytest.approx(0.5)  # still L dI/dt in its own time


def test_energy_put_into_a_coil_is_half_inductance_times_current_squared(coil, hand_clock):
    coil.ramp(2.0, 0.1)
    energy = 0.0
    while coil.moving:
        wait(hand_clock, coil, 0.01)
        energy += coil.voltage * coil.supply_a * 0.01
    assert energy == pytest.approx(0.5 * coil.data.inductance * 2.0**2, rel=2e-3)


def test_the_loop_of_saturated_iron_encloses_four_times_remanence_and_coercive_current(hand_clock):
    iron = CoilData(constant=0.1, remanence=0.02, coercive_current=0.5)
    coil = Coil(iron, lambda field: None, clock=hand_clock)
    fields = {}
    for leg, goal in (("first", 3.0), ("down", -3.0), ("up", 3.0)):
        fields[leg] = [(coil.magnet_a, coil.field)]
        coil.ramp(goal, 1.0)
        while coil.moving:
            wait(hand_clock, coil, 0.01)
            fields[leg].append((coil.magnet_a, coil.field))
    down, up = (np.array(fields[leg]).T for leg in ("down", "up"))
    at_zero = np.interp(0.0, down[0][::-1], down[1][::-1])
    assert at_zero == pytest.approx(iron.remanence)
    without_current = np.interp(0.0, up[0], up[1])
    assert without_current == pytest.approx(-iron.remanence)
    area = -np.trapezoid(down[1], down[0]) - np.trapezoid(up[1], up[0])
    # Each branch of the loop is a ramp of slope B_r/I_c between -B_r and B_r, 2 I_c apart.
    assert area == pytest.approx(4 * iron.remanence * iron.coercive_current, rel=1e-2)


def test_the_device_feels_the_vector_in_the_axes_of_its_crystal(bore):
    field = VectorField(bore, CrystalOrientation(along_x=(0, 0, 1), along_z=(1, 1, 0)))
    field.along("z")(0.1)
    assert bore.fields[-1] == pytest.approx((0.1 / math.sqrt(2), 0.1 / math.sqrt(2), 0.0))
    field.along("x")(0.05)
    assert bore.fields[-1][2] == pytest.approx(0.05)
    assert np.linalg.norm(bore.fields[-1]) == pytest.approx(math.hypot(0.1, 0.05))
