"""American Magnetics 430: its twin on the wire, and QCoDeS' own driver, unmodified."""

import threading

import pytest
from qcodes.instrument_drivers.american_magnetics import AMIModel430

from phonosync.instruments.virtual.magnets.ami430 import AMI430


@pytest.fixture
def line(server, talk, greeting):
    line = talk(server)
    assert (line.read(), line.read()) == tuple(greeting.decode().split("\r\n")[:2])
    return line


# The twin


def test_it_greets_with_two_lines_and_introduces_itself(line):
    assert line.ask("*IDN?") == "AMERICAN MAGNETICS INC.,MODEL 430,2.01"
    assert line.ask("SYST:ERR?") == '0,"No errors"'


def test_a_ramp_goes_through_its_states(line, hand_clock, bore):
    assert line.ask("STATE?") == "3"
    line.do("CONF:RAMP:RATE:CURR 1,0.1,0")
    line.do("CONFigure:FIELD:TARGet 0.05")
    line.do("RAMP")
    assert line.ask("STATE?") == "1"
    hand_clock.sleep(2.0)
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.02)
    assert float(line.ask("VOLT:SUPP?")) == pytest.approx(5.0 * 0.1)  # L dI/dt
    line.do("PAUSE")
    hand_clock.sleep(9.0)
    assert line.ask("STATE?") == "3"
    assert float(line.ask("CURR:MAG?")) == pytest.approx(0.2)
    line.do("RAMP")
    hand_clock.sleep(4.0)
    assert line.ask("STATE?") == "2"
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.05))
    line.do("ZERO")
    assert line.ask("STATE?") == "6"
    hand_clock.sleep(6.0)
    assert line.ask("STATE?") == "8"
    assert bore.fields[-1] == (0.0, 0.0, 0.0)


def test_the_voltage_limit_slows_a_ramp_down(line, hand_clock):
    line.do("CONF:VOLT:LIM 0.5;:CONF:RAMP:RATE:CURR 1,1,0;:CONF:CURR:TARG 10;:RAMP")
    hand_clock.sleep(3.0)
    assert float(line.ask("CURR:MAG?")) == pytest.approx(0.1 * 3.0)  # V / L


def test_kilogauss_and_minutes_are_units_too(line):
    line.do("CONF:FIELD:UNITS 0;:CONF:RAMP:RATE:UNITS 1")
    assert float(line.ask("COIL?")) == pytest.approx(1.0)
    line.do("CONF:FIELD:TARG 5")
    assert float(line.ask("CURR:TARG?")) == pytest.approx(5.0)
    line.do("CONF:RAMP:RATE:FIELD 1,6,0")
    assert float(line.ask("RAMP:RATE:FIELD:1?").split(",")[0]) == pytest.approx(6.0)
    line.do("CONF:RAMP:RATE:UNITS 0")
    assert float(line.ask("RAMP:RATE:CURR:1?").split(",")[0]) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("BLOW UP", -101),
        ("FIELD:GAUSS?", -201),
        ("CONF:FIELD:TARG", -104),
        ("CONF:FIELD:TARG much", -102),
        ("CONF:FIELD:TARG 4.1", -105),
        ("CONF:CURR:TARG -41", -105),
        ("CONF:RAMP:RATE:CURR 1,1E-6,0", -105),
        ("PS 1", -107),
    ],
)
def test_a_refusal_has_its_own_number(line, message, number):
    line.send(message)
    assert line.error() == number
    assert line.error() == 0


def test_the_error_buffer_holds_ten_and_says_when_it_overflows(line):
    for _ in range(12):
        line.send("NONSENSE")
    errors = [line.error() for _ in range(11)]
    assert errors == [-101] * 9 + [-304, 0]


def test_a_quench_at_a_set_field_ends_the_ramp_and_lets_the_current_die(line, twin, hand_clock):
    twin.coil.quench_field = 0.03
    line.do("CONF:RAMP:RATE:CURR 1,0.1,0;:CONF:FIELD:TARG 0.05;:RAMP")
    hand_clock.sleep(3.0)
    assert line.ask("STATE?;:QU?;:QU:COUNT?") == "7;1;1"
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.03)
    hand_clock.sleep(1.0)
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.03 * 2.718281828**-1, rel=1e-4)
    line.send("RAMP")
    assert line.error() == -302
    line.do("QU 0")
    assert line.ask("STATE?;:QU?") == "3;0"


def test_the_switch_heats_and_cools_and_keeps_the_current(line, hand_clock, bore):
    line.do("CONF:PS 1;:PS 1")
    assert line.ask("STATE?;:PS?") == "9;1"
    line.send("RAMP")
    assert line.error() == -301
    hand_clock.sleep(16.0)
    line.do("CONF:RAMP:RATE:CURR 1,0.1,0;:CONF:FIELD:TARG 0.05;:RAMP")
    hand_clock.sleep(6.0)
    line.do("PS 0")
    assert line.ask("STATE?;:PERS?") == "10;0"
    hand_clock.sleep(31.0)
    assert line.ask("STATE?;:PERS?") == "3;1"
    line.do("ZERO")
    hand_clock.sleep(1.0)
    assert line.ask("STATE?") == "8"
    assert float(line.ask("CURR:SUPP?")) == 0.0
    assert float(line.ask("FIELD:MAG?")) == pytest.approx(0.05)
    assert bore.fields[-1] == pytest.approx((0.0, 0.0, 0.05))


def test_the_device_feels_a_ramp_that_nobody_watches(serve, talk):
    arrived = threading.Event()

    class Gate:
        def set_field(self, field_t):
            if field_t[2] == pytest.approx(0.05):
                arrived.set()

    line = talk(serve(AMI430(Gate(), speed_up=1e3)))
    line.send("CONF:FIELD:TARG 0.05;:RAMP")
    assert arrived.wait(10.0)


# QCoDeS' driver, unmodified

ROUND_TRIPS = {
    "ramp_rate_units": "minutes",
    "field_units": "kilogauss",
    "current_ramp_limit": 0.03,
    "field_ramp_limit": 0.004,
    "coil_constant": 0.2,
    "current_limit": 30.0,
    "field_limit": 2.0,
    "ramp_rate": 0.003,
    "ramping_state_check_interval": 0.01,
}
HEATER_ROUND_TRIPS = {"enabled": True, "current": 42.0, "heat_time": 20, "cool_time": 600}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(programmer, name, round_trip, no_error):
    value = ROUND_TRIPS[name]
    round_trip(programmer.parameters[name], value, rel=0.0 if isinstance(value, str) else 1e-6)
    no_error(programmer)


@pytest.mark.parametrize("name", HEATER_ROUND_TRIPS)
def test_a_parameter_of_the_switch_survives_a_round_trip(programmer, name, round_trip, no_error):
    round_trip(programmer.switch_heater.parameters[name], HEATER_ROUND_TRIPS[name])
    no_error(programmer)


def test_the_state_of_the_switch_survives_a_round_trip(bore, serve, connect, no_error):
    ami = connect(AMIModel430, serve(AMI430(bore, speed_up=1e4)).resource_name, "ami")
    ami.switch_heater.enabled(True)
    for state in (True, False):
        ami.switch_heater.state(state)
        assert ami.switch_heater.state() is state
    no_error(ami)


def test_every_settable_parameter_is_tried(programmer, settable):
    assert settable(programmer) == {*ROUND_TRIPS, "field", "timeout"}
    assert settable(programmer.switch_heater) == {*HEATER_ROUND_TRIPS, "state"}


def test_the_drivers_own_ramp_and_switch_work_with_the_twin(bore, serve, connect, no_error):
    fast = serve(AMI430(bore, speed_up=1e4))
    ami = connect(AMIModel430, fast.resource_name, "ami")
    ami.field(0.05)
    assert ami.field() == pytest.approx(0.05)
    assert ami.ramping_state() == "holding"
    ami.switch_heater.enabled(True)
    ami.pause()
    ami.field_limit(1.0)
    assert not ami.switch_heater.state()
    no_error(ami)


def test_a_snapshot_reads_everything_without_an_error(programmer, no_error):
    parameters = programmer.snapshot(update=True)["parameters"]
    assert parameters["is_quenched"]["value"] is False
    assert parameters["ramping_state"]["value"] == "paused"
    no_error(programmer)
