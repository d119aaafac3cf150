"""The EXFO laser: its twin's serial line, its driver, and the role it plays."""

import pytest

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.exfo_t100s_hp import ExfoT100SHP
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Laser
from phonosync.instruments.virtual.optics.t100s_hp import T100SHP
from phonosync.theory.errors import InputError

FAST = 1e6


@pytest.fixture
def twin(bench):
    return T100SHP(bench, speed_up=FAST)


@pytest.fixture
def laser(server, connect):
    return connect(ExfoT100SHP, server.resource_name, "laser")


@pytest.fixture
def role(laser):
    return open_role("laser", laser)


# The twin


def test_every_message_is_answered_and_followed_by_a_prompt(line):
    line.send(b"*IDN?\r")
    assert line.read_bytes(23) == b"EXFO,T100S-HP,0,6.06\r> "
    line.send(b"mw\r")
    assert line.read_bytes(5) == b"OK\r> "


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("L=1540.123", "OK"),
        ("F=193414.5", "OK"),
        ("P=2.50", "OK"),
        ("L=1400", "VALUE ERROR"),
        ("P=30", "VALUE ERROR"),
        ("X=1", "COMMAND ERROR"),
        ("L?; P?", "COMMAND ERROR"),
        ("NONSENSE", "COMMAND ERROR"),
    ],
)
def test_commands_are_acknowledged_or_refused(bench, line, message, answer):
    before = dict(bench.laser)
    assert line.ask(message) == answer
    assert answer == "OK" or bench.laser == before


def test_frequency_and_wavelength_are_one_setting(bench, line):
    assert line.ask("F=193414.5") == "OK"
    assert line.ask("L?") == "L=1550.000"
    assert line.ask("F?") == "F=193414.5"


def test_a_disabled_laser_tells_no_power(bench, line):
    assert line.ask("P?") == "DISABLED"
    assert line.ask("P=2.50") == "OK"
    assert not bench.laser["on"]
    assert line.ask("ENABLE") == "OK"
    assert line.ask("P?") == "P=2.50"
    assert line.ask("DBM") == "OK"
    assert line.ask("P?") == "P=+3.98"
    assert bench.laser == {"power_w": 2.5e-3, "wavelength_m": pytest.approx(1550e-9), "on": True}


def test_a_wavelength_is_acknowledged_when_the_light_has_arrived(bench, line):
    assert line.ask("MOTOR_SPEED=40") == "OK"
    assert line.ask("MOTOR_SPEED?") == "MOTOR_SPEED=040"
    assert line.ask("L=1560.5") == "OK"
    assert bench.laser["wavelength_m"] == pytest.approx(1560.5e-9)


# The driver

ROUND_TRIPS = {
    "output": True,
    "power": 3.45e-3,
    "wavelength": 1555.123e-9,
    "motor_speed": 25e-9,
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(laser, name, round_trip):
    round_trip(laser.parameters[name], ROUND_TRIPS[name], rel=1e-12)


def test_every_settable_parameter_is_tried(laser, settable):
    assert settable(laser) == {*ROUND_TRIPS, "timeout"}


def test_a_snapshot_reads_everything(laser, snapshot):
    values = snapshot(laser)
    assert values["IDN"]["model"] == "T100S-HP"
    assert (values["output"], values["actual_power"], values["power"]) == (False, 0.0, 0.0)
    assert values["wavelength_max"] == pytest.approx(1630e-9)
    assert (values["obstacles"], values["faults"], values["settled"]) == ((), (), True)


def test_connecting_changes_no_light(bench, twin, server, connect):
    for message in ("DBM", "P=8", "ENABLE", "L=1530"):
        assert twin.execute(message) == b"OK"
    before = dict(bench.laser)
    laser = connect(ExfoT100SHP, server.resource_name, "laser")
    assert laser.power() == pytest.approx(1e-3 * 10**0.8, rel=1e-3)
    assert bench.laser == before


@pytest.mark.parametrize("unit", ["MW", "DBM"])
def test_the_power_is_right_whatever_unit_the_front_panel_shows(laser, unit):
    laser.on()
    laser.power(5e-3)
    laser.write_checked(unit)
    assert laser.actual_power() == pytest.approx(5e-3, rel=2e-3)  # a hundredth of a decibel


def test_a_refusal_names_laser_command_and_answer(laser):
    laser.wavelength.remove_validator()
    with pytest.raises(InstrumentError, match=r"laser refused 'L=1200\.000': VALUE ERROR"):
        laser.wavelength(1.2e-6)


def test_a_device_clear_leaves_the_dialogue_in_step(laser):
    laser.visa_handle.write("*IDN?")  # a question whose answer nobody reads
    laser.device_clear()
    assert laser.wavelength() == pytest.approx(1550e-9)


def test_the_dialogue_is_the_one_of_the_guide(script, connect):
    server = script(
        [
            ("L? MIN", "L=1500.000"),
            ("L? MAX", "L=1630.000"),
            ("*IDN?", "EXFO,T100S-HP,0,6.07"),
            ("MW", "OK"),
            ("P=12.50", "OK"),
            ("L=1550.000", "OK"),
            ("ACTCTRLON", "OK"),
            ("CTRLOFF", "OK"),
            ("ENABLE", "OK"),
            ("P?", "P=-3.01"),
            ("P?", "P=12.49"),
            ("DISABLE", "OK"),
            ("P?", "DISABLED"),
        ],
        b"\r> ",
    )
    server.instrument.carriage_return_ends_message = True
    laser = connect(ExfoT100SHP, server.resource_name, "laser")
    laser.power(12.5e-3)
    laser.wavelength(1550e-9)
    laser.active_cavity_control(True)
    laser.coherence_control(False)
    laser.on()
    assert laser.actual_power() == pytest.approx(12.49e-3)
    laser.off()
    assert laser.output() is False


# The role


def test_it_plays_the_laser(bench, role):
    assert isinstance(role, Laser)
    role.set_power(2e-3)
    role.set_wavelength(1540e-9)
    role.on()
    assert bench.laser == pytest.approx({"power_w": 2e-3, "wavelength_m": 1540e-9, "on": True})
    reading = role.read()
    assert reading.on
    assert (reading.power_w, reading.set_power_w) == pytest.approx((2e-3, 2e-3))
    assert reading.wavelength_m == pytest.approx(1540e-9)
    role.off()
    assert not bench.laser["on"]
    assert (role.read().on, role.read().power_w) == (False, 0.0)


def test_light_that_is_weaker_than_asked_for_is_no_reading(role):
    role.set_power(18e-3)
    role.set_wavelength(1502e-9)
    role.on()
    with pytest.raises(InstrumentError, match=r"laser does not give.*ask for what it can give"):
        role.read()


def test_an_interlocked_laser_says_so_and_shines_again_when_it_is_closed(bench, twin, role):
    role.on()
    twin.open_interlock()
    assert not role.read().on
    with pytest.raises(InstrumentError, match=r"stays dark after 'ENABLE'\. Turn its key on"):
        role.on()
    assert not bench.laser["on"]
    twin.close_interlock()
    role.on()
    assert role.read().on


def test_a_power_beyond_the_laser_is_an_input_error(role):
    with pytest.raises(InputError, match=r"laser cannot set laser_power to 0\.03"):
        role.set_power(0.03)
