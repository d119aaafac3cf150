"""Kepco BOP: the twin on the wire, the driver that steps in software, and the wrapper."""

import functools

import numpy as np
import pytest

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.kepco_bop import LONGEST_STEP_S, KepcoBOP
from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.magnets.kepco import from_kepco
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.roles import Magnet
from phonosync.instruments.virtual.faults import Kind
from phonosync.instruments.virtual.magnets.coil import CoilData
from phonosync.instruments.virtual.magnets.kepco_bop import ELECTROMAGNET
from phonosync.instruments.virtual.magnets.kepco_bop import KepcoBOP as Twin
from phonosync.theory.errors import InputError

CONSTANT = 0.02


@pytest.fixture
def twin(bore, hand_clock):
    return Twin(bore, clock=hand_clock)


@pytest.fixture
def kind(hand_clock):
    """The driver, as a station file would set it up."""
    return functools.partial(
        KepcoBOP,
        coil_constant=CONSTANT,
        current_limit=18.0,
        ramp_rate_limit=1.0,
        voltage_limit=20.0,
        clock=hand_clock,
        sleep=hand_clock.sleep,
    )


@pytest.fixture
def kepco(server, connect, kind):
    return connect(kind, server.resource_name, "kepco")


@pytest.fixture
def build(kepco, hand_clock):
    def magnet(quench_voltage_v=None, **settings):
        return from_kepco(
            kepco,
            settings=MagnetSettings(**settings),
            quench_voltage_v=quench_voltage_v,
            clock=hand_clock,
            sleep=hand_clock.sleep,
        )

    return magnet


# The twin


def test_it_introduces_itself(line):
    assert line.ask("*IDN?") == "KEPCO,BOP 20-20,E156884,2.66"
    assert line.ask("SYST:ERR?;VERS?") == '0,"No error";1997.0'


def test_in_current_mode_the_coil_takes_the_programmed_current(line, hand_clock, bore):
    line.do("FUNC:MODE CURR;:CURR 2.5;:VOLT 20;:OUTP ON")
    assert line.ask("FUNC:MODE?;:OUTP?;:CURR?") == "CURR;1;2.50000E+00"
    hand_clock.sleep(1.0)
    assert float(line.ask("MEAS:CURR?")) == pytest.approx(2.5)
    assert float(line.ask("MEAS:VOLT?")) == pytest.approx(2.5 * ELECTROMAGNET.resistance)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 2.5 * CONSTANT))


def test_the_voltage_limits_how_fast_the_current_of_a_coil_changes(line, hand_clock):
    line.do("FUNC:MODE CURR;:VOLT 2;:OUTP ON;:CURR 2")
    hand_clock.sleep(0.02)
    assert line.ask("STAT:QUES:COND?") == "3"  # both modes: it settles
    assert float(line.ask("MEAS:CURR?")) == pytest.approx(2.0 / 0.05 * 0.02)  # V t / L
    assert float(line.ask("MEAS:VOLT?")) == pytest.approx(2.0)


def test_the_voltage_limits_the_current_through_a_resistance(line, hand_clock):
    line.do("FUNC:MODE CURR;:VOLT 4;:OUTP ON;:CURR -10")
    hand_clock.sleep(2.0)
    assert float(line.ask("MEAS:CURR?")) == pytest.approx(-4.0 / ELECTROMAGNET.resistance)
    assert line.ask("STAT:QUES:COND?") == str(2 + 8192)  # mode and error of current


def test_in_voltage_mode_current_follows_from_ohm_and_its_limit(line, hand_clock):
    line.do("VOLT 4;:CURR 20;:OUTP ON")
    hand_clock.sleep(2.0)
    assert float(line.ask("MEAS:CURR?")) == pytest.approx(5.0)
    line.do("CURR 3")
    hand_clock.sleep(2.0)
    assert float(line.ask("MEAS:CURR?")) == pytest.approx(3.0)
    assert line.ask("STAT:QUES:COND?") == str(1 + 4096)  # mode and error of voltage


def test_output_off_keeps_the_settings_and_on_brings_them_back_at_once(line, hand_clock):
    line.do("FUNC:MODE CURR;:CURR 3;:VOLT 20;:OUTP ON")
    hand_clock.sleep(1.0)
    line.do("OUTP OFF")
    hand_clock.sleep(1.0)
    assert float(line.ask("MEAS:CURR?")) == 0.0
    assert float(line.ask("CURR?")) == 3.0
    line.do("OUTP ON")
    hand_clock.sleep(1.0)
    assert float(line.ask("MEAS:CURR?")) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("message", "number"),
    [("CURR 21", -222), ("VOLT -20.5", -222), ("FUNC:MODE AMPS", -224), ("CURRENTS 1", -113)],
)
def test_what_it_cannot_do_is_an_error(line, message, number):
    line.send(message)
    assert line.error() == number


def test_a_reset_switches_the_output_off(line, hand_clock, bore):
    line.do("FUNC:MODE CURR;:CURR 3;:VOLT 20;:OUTP ON")
    hand_clock.sleep(1.0)
    line.do("*RST")
    hand_clock.sleep(100.0)
    assert line.ask("OUTP?;:FUNC:MODE?;:CURR? MAX") == "0;VOLT;2.00000E+01"
    assert bore.fields[-1] == (0.0, 0.0, 0.0)


# The driver


def test_connecting_changes_neither_output_nor_current(twin, serve, connect, kind):
    twin.execute("FUNC:MODE CURR;:CURR 3;:VOLT 20;:OUTP ON")
    before = dict(twin.state)
    connect(kind, serve(twin).resource_name, "kepco")
    assert twin.state == before


ROUND_TRIPS = {"voltage_limit": 12.5, "ramp_rate": 0.25, "current": -2.5}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(kepco, name, round_trip, no_error):
    round_trip(kepco.parameters[name], ROUND_TRIPS[name], rel=1e-6)
    no_error(kepco)


def test_every_settable_parameter_is_tried(kepco, settable):
    assert settable(kepco) == {*ROUND_TRIPS, "field", "timeout"}


def test_the_field_is_the_measured_current_times_the_coil_constant(kepco, hand_clock, bore):
    kepco.field(0.05)
    hand_clock.sleep(1.0)
    assert kepco.field() == pytest.approx(0.05)
    assert kepco.measured_current() == pytest.approx(2.5)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.05))


def test_a_snapshot_reads_everything_without_an_error(kepco, snapshot, no_error):
    values = snapshot(kepco)
    assert (values["output"], values["mode"], values["measured_voltage"]) == (False, "voltage", 0.0)
    no_error(kepco)


def test_switching_on_brings_no_old_current_back(kepco, twin, hand_clock, bore):
    twin.execute("FUNC:MODE CURR;:CURR 7;:VOLT 20")
    kepco.on()
    hand_clock.sleep(1.0)
    assert kepco.measured_current() == 0.0
    assert bore.path[:, 2].max() == 0.0


def test_an_output_that_is_on_in_voltage_mode_is_left_alone(kepco, twin):
    twin.execute("VOLT 4;:CURR 20;:OUTP ON")
    before = dict(twin.state)
    with pytest.raises(InstrumentError, match="kepco is on in voltage mode"):
        kepco.on()
    assert twin.state == before


def test_switching_off_ramps_down_first(kepco, hand_clock, bore):
    kepco.current(2.0)
    first = len(bore.fields)
    kepco.off()
    hand_clock.sleep(1.0)
    kepco.measured_current()
    steps = np.abs(np.diff(bore.path[first:, 2]))
    assert steps.max() <= 1.0 * CONSTANT * 0.05 * 1.01
    assert not kepco.output()
    assert bore.fields[-1] == (0.0, 0.0, 0.0)


def test_no_step_is_larger_than_the_ramp_rate_allows(kepco, hand_clock, bore):
    before = hand_clock.now
    kepco.ramp_rate(0.5)
    kepco.current(2.0)
    assert hand_clock.now - before == pytest.approx(4.0, abs=0.1)
    assert np.abs(np.diff(bore.path[:, 2])).max() <= 0.5 * CONSTANT * 0.05 * 1.01


def test_a_step_that_comes_late_is_no_larger_for_it(kepco, hand_clock):
    kepco.start_ramp(10.0, 1.0)
    hand_clock.sleep(8.0)
    kepco.step()
    assert kepco.current() == pytest.approx(1.0 * LONGEST_STEP_S)


def test_an_interrupted_ramp_of_the_driver_stays_where_it_is(kepco, hand_clock):
    hand_clock.interrupt_at(1.0)
    with pytest.raises(KeyboardInterrupt):
        kepco.current(5.0)
    assert not kepco.ramping
    reached = kepco.current()
    kepco.step()
    assert kepco.current() == reached == pytest.approx(1.0, abs=0.1)


def test_zero_at_once_is_only_for_a_coil_without_current(kepco, hand_clock):
    kepco.current(2.0)
    hand_clock.sleep(1.0)
    with pytest.raises(InstrumentError, match="still drives 2 A"):
        kepco.drop()
    assert kepco.current() == 2.0


@pytest.mark.parametrize(
    ("name", "value"), [("current", 18.5), ("field", -0.37), ("ramp_rate", 2.0)]
)
def test_nothing_beyond_the_limits_is_sent(kepco, twin, name, value):
    before = dict(twin.state)
    with pytest.raises(ValueError, match="is invalid: must be between"):
        kepco.parameters[name].set(value)
    assert twin.state == before


def test_a_refusal_names_supply_command_and_reason(kepco):
    with pytest.raises(InstrumentError) as it:
        kepco.write_checked("CURR 25")
    for part in ("kepco", "CURR 25", "-222", "Data out of range"):
        assert part in str(it.value)


# The wrapper on the wire


def test_it_can_be_opened_by_role(kepco):
    magnet = open_role("magnet", kepco)
    assert isinstance(magnet, Magnet)
    with pytest.raises(InputError, match=r"stronger than the 0\.36 T"):
        magnet.go_to((0.0, 0.0, 0.4))


def test_a_reversal_passes_zero_on_a_monotone_path(build, reverse, kepco, no_error):
    path = reverse(build(poll_s=0.1))
    assert np.abs(np.diff(path)).max() <= 1.0 * CONSTANT * 0.1 * 1.01
    no_error(kepco)


def test_rest_takes_the_current_to_zero(build, bore):
    magnet = build()
    magnet.go_to((0.0, 0.0, 0.1))
    magnet.rest()
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)


def test_an_interrupted_ramp_takes_no_further_step(build, hand_clock, kepco):
    magnet = build()
    hand_clock.interrupt_at(3.0)
    with pytest.raises(KeyboardInterrupt):
        magnet.go_to((0.0, 0.0, 0.1))
    reached = kepco.current()
    hand_clock.sleep(10.0)
    assert magnet.read().field_t[2] == pytest.approx(reached * CONSTANT)
    assert reached == pytest.approx(3.0, abs=0.3)


def test_a_field_out_of_reach_of_the_voltage_is_an_error(build, kepco):
    magnet = build(timeout_s=5.0)
    kepco.on()
    kepco.voltage_limit(2.0)  # over 0.8 Ohm: 2.5 A
    with pytest.raises(InstrumentError, match=r"reads 0\.05000 T instead of 0\.10000 T"):
        magnet.go_to((0.0, 0.0, 0.1))


@pytest.mark.parametrize("fault", [Kind.DROP, Kind.GARBLE, Kind.TRUNCATE, Kind.WRONG_TYPE])
@pytest.mark.parametrize("message", [2, 16, 30])
def test_a_fault_on_the_wire_at_worst_ends_the_steps(build, kepco, fault, message, ramp_with_fault):
    magnet = build()
    kepco.timeout(0.2)
    ramp_with_fault(magnet, message, fault, within_t=1e-5)


def test_an_output_that_trips_ends_the_ramp(build, hand_clock, twin):
    magnet = build()

    def trip():
        if hand_clock.now > 2.0 and twin.state["output"]:
            twin.trip()

    hand_clock.happening = trip
    with pytest.raises(InstrumentError, match="kepco has switched its output off during a ramp"):
        magnet.go_to((0.0, 0.0, 0.1))


def test_a_superconducting_coil_that_quenches_is_known_by_its_voltage(
    bore, hand_clock, serve, connect, kind
):
    winding = CoilData(constant=CONSTANT, inductance=0.5)
    twin = Twin(bore, coil=winding, clock=hand_clock)
    twin.coil.quench_field = 0.06
    kepco = connect(kind, serve(twin).resource_name, "kepco")
    magnet = from_kepco(
        kepco,
        settings=MagnetSettings(ramp_rate_t_per_s=0.005),
        quench_voltage_v=1.0,
        clock=hand_clock,
        sleep=hand_clock.sleep,
    )
    magnet.go_to((0.0, 0.0, 0.05))
    with pytest.raises(QuenchError, match="magnet z quenched"):
        magnet.go_to((0.0, 0.0, 0.1))
    assert not kepco.ramping
    hand_clock.sleep(20.0)
    magnet.acknowledge_quench()
    assert kepco.current() == 0.0


def test_it_has_no_switch_to_open(build):
    magnet = build()
    with pytest.raises(InstrumentError, match="no persistent switch"):
        magnet.coils.supplies["z"].set_heater(True)


CHECK = (":SYSTem:ERRor?", '0,"No error"')


def test_the_dialogue_is_the_one_of_the_manual(script, connect, kind, hand_clock):
    server = script(
        [
            ("*IDN?", "KEPCO,BOP1KW 50-20 ,E156884,2.01"),
            # on, at zero
            ("OUTP?", "0"),
            ("FUNC:MODE CURR", None),
            CHECK,
            ("CURR 0", None),
            CHECK,
            ("VOLT 20.00000", None),
            CHECK,
            ("OUTP ON", None),
            CHECK,
            # a ramp of two steps
            ("OUTP?", "1"),
            ("FUNC:MODE?", "1"),
            ("CURR?", "0.0E0"),
            ("OUTP?", "1"),
            ("CURR -0.400000", None),
            CHECK,
            ("OUTP?", "1"),
            ("CURR -0.500000", None),
            CHECK,
            # readings
            ("MEAS:CURR?", "-4.98E-1"),
            ("MEAS:VOLT?", "-4.0E-1"),
        ],
        b"\r\n",
    )
    kepco = connect(kind, server.resource_name, "kepco")
    kepco.on()
    kepco.start_ramp(-0.5, 1.0)
    for _ in range(2):
        hand_clock.sleep(0.4)
        kepco.step()
    assert not kepco.ramping
    assert kepco.field() == pytest.approx(-0.498 * CONSTANT)
    assert kepco.measured_voltage() == pytest.approx(-0.4)
