"""The Toptica laser: its twin's command line, its driver, and the role it plays."""

import pytest

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.toptica_dlc_pro import TopticaDLCpro
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Laser
from phonosync.instruments.virtual.optics.dlc_pro import (
    FREE_RUNNING_MW,
    HOP_NM,
    OUT_OF_RANGE,
    READ_ONLY,
    UNKNOWN_PARAMETER,
    WRONG_TYPE,
    DlcPro,
)
from phonosync.theory.errors import InputError

FAST = 1e6


@pytest.fixture
def twin(bench):
    return DlcPro(bench, speed_up=FAST)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    assert line.read() == "DeCoF Command Line"
    return line


@pytest.fixture
def laser(server, connect):
    return connect(TopticaDLCpro, server.resource_name, "laser")


@pytest.fixture
def role(laser):
    return open_role("laser", laser)


# The twin


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("laser1:ctl:wavelength-set", "1550.000000"),
        ("laser1:emission", "#f"),
        ("laser1:ctl:state", "0"),
        ("system-type", '"DLCpro"'),
    ],
)
def test_values_are_told_in_scheme(line, name, told):
    assert line.ask(f"(param-ref '{name})") == told


@pytest.mark.parametrize(
    ("name", "text", "status"),
    [
        ("laser1:ctl:wavelength-set", "1540.5", 0),
        ("system-label", '"two words"', 0),
        ("laser1:ctl:wavelength-set", "1400", OUT_OF_RANGE),
        ("laser1:power-stabilization:setpoint", "61", OUT_OF_RANGE),
        ("laser1:ctl:wavelength-set", "#t", WRONG_TYPE),
        ("laser1:dl:cc:enabled", "1", WRONG_TYPE),
        ("laser1:emission", "#t", READ_ONLY),
        ("laser9:emission", "#t", UNKNOWN_PARAMETER),
    ],
)
def test_setting_is_answered_by_a_status(bench, line, name, text, status):
    before = dict(bench.laser)
    assert line.ask(f"(param-set! '{name} {text})") == str(status)
    assert line.ask("(param-ref 'fw-ver)") == '"3.3.3"'
    assert status == 0 or bench.laser == before


@pytest.mark.parametrize("message", ["(param-ref 'laser1:nonsense)", "(nonsense)", "*IDN?"])
def test_what_it_does_not_understand_is_an_error_text(line, message):
    assert line.ask(message).startswith("Error: -")


def test_light_leaves_with_key_button_interlock_and_current(bench, twin, line):
    assert line.ask("(param-set! 'laser1:dl:cc:enabled #t)") == "0"
    assert bench.laser["on"]
    for name, bad in (
        ("interlock-open", True),
        ("frontkey-locked", True),
        ("emission-button-enabled", False),
    ):
        twin.turn(name, bad)
        assert line.ask("(param-ref 'laser1:emission)") == "#f"
        assert not bench.laser["on"]
        twin.turn(name, not bad)
        assert bench.laser["on"]


def test_the_light_arrives_after_the_motor(bench, serve, talk):
    line = talk(serve(DlcPro(bench, speed_up=1e-3)))  # slow enough to be watched
    line.read()
    assert line.ask("(param-set! 'laser1:ctl:wavelength-set 1500.0)") == "0"
    assert line.ask("(param-ref 'laser1:ctl:state)") == "1"
    assert line.ask("(param-ref 'laser1:ctl:wavelength-act)") == "1550.000000"
    assert bench.laser["wavelength_m"] == pytest.approx(1550e-9)


def test_without_stabilization_the_current_decides_the_power(bench, line):
    assert line.ask("(param-set! 'laser1:dl:cc:enabled #t)") == "0"
    assert line.ask("(param-set! 'laser1:power-stabilization:enabled #f)") == "0"
    assert bench.laser["power_w"] == pytest.approx(1e-3 * FREE_RUNNING_MW)
    assert float(line.ask("(param-ref 'laser1:ctl:power:power-act)")) == FREE_RUNNING_MW


# The driver

ROUND_TRIPS = {
    "output": True,
    "power": 12.5e-3,
    "power_stabilization": False,
    "wavelength": 1542.1234e-9,
    "lock_enabled": True,
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(laser, name, round_trip):
    round_trip(laser.parameters[name], ROUND_TRIPS[name], rel=1e-12)


def test_every_settable_parameter_is_tried(laser, settable):
    assert settable(laser) == {*ROUND_TRIPS, "timeout"}


def test_a_snapshot_reads_everything(laser, snapshot):
    values = snapshot(laser)
    assert values["IDN"] == {
        "vendor": "TOPTICA",
        "model": "DLCpro",
        "serial": "DLC PRO_000001",
        "firmware": "3.3.3",
    }
    assert values["wavelength_max"] == pytest.approx(1570e-9)
    assert values["health"] == "OK"
    assert values["interlock_open"] is False
    assert values["obstacles"] == ()
    assert values["faults"] == ()
    assert values["settled"] is True


def test_connecting_changes_no_light(bench, twin, server, connect):
    twin.execute("(param-set! 'laser1:dl:cc:enabled #t)")
    before = dict(bench.laser)
    connect(TopticaDLCpro, server.resource_name, "laser")
    assert bench.laser == before
    assert bench.laser["on"]


def test_a_device_clear_leaves_the_dialogue_in_step(laser):
    laser.visa_handle.write("(param-ref 'fw-ver)")  # a question whose answer nobody reads
    laser.device_clear()
    assert laser.param_ref("laser1:type") == "CTL"


def test_an_angle_bracket_inside_an_answer_is_no_prompt(laser):
    laser.param_set("system-label", "left > right")
    assert laser.param_ref("system-label") == "left > right"
    assert laser.wavelength() == pytest.approx(1550e-9)


def test_a_refusal_names_laser_command_and_answer(laser):
    laser.wavelength.remove_validator()
    with pytest.raises(InstrumentError) as caught:
        laser.wavelength(1.2e-6)
    assert str(caught.value).startswith(
        'laser refused "(param-set! \'laser1:ctl:wavelength-set 1200.0)": error -7.'
    )
    with pytest.raises(InstrumentError, match="unknown parameter laser2:emission"):
        laser.param_ref("laser2:emission")


def test_the_dialogue_is_that_of_the_command_line(script, connect):
    tune = "(param-set! 'laser2:ctl:wavelength-set 1550.0)"
    dialogue = [
        ("(param-ref 'laser2:ctl:wavelength-min)", "1460.0"),
        ("(param-ref 'laser2:ctl:wavelength-max)", "1570.0"),
        ("(param-ref 'system-type)", '"DLCpro"'),
        ("(param-ref 'serial-number)", '"DLC PRO_000002"'),
        ("(param-ref 'fw-ver)", '"3.2.0"'),
        ("(param-set! 'laser2:power-stabilization:setpoint 2.5)", "0"),
        (tune, f"{tune}\r\n0"),  # with an echo
        ("(param-set! 'laser2:dl:cc:enabled #t)", "1"),  # with a warning
        ("(param-ref 'laser2:emission)", "#t"),
        ("(param-ref 'laser2:ctl:state)", "-4"),
        ("(param-set! 'laser2:dl:cc:enabled #f)", "0"),
    ]
    server = script(dialogue, b"\r\n> ")
    server.instrument.greeting = DlcPro.greeting
    laser = connect(lambda *a, **k: TopticaDLCpro(*a, laser=2, **k), server.resource_name, "laser")
    laser.power(2.5e-3)
    laser.wavelength(1550e-9)
    laser.on()
    assert laser.output() is True
    assert laser.settled() is False
    laser.off()


# The role


def test_it_plays_the_laser(bench, role):
    assert isinstance(role, Laser)
    role.set_power(2e-3)
    role.set_wavelength(1540e-9)
    role.on()
    expected = {"power_w": 2e-3, "wavelength_m": 1540e-9, "on": True}
    assert bench.laser == pytest.approx(expected, rel=1e-12)
    reading = role.read()
    assert reading.on
    assert (reading.power_w, reading.set_power_w) == pytest.approx((2e-3, 2e-3))
    assert reading.wavelength_m == pytest.approx(1540e-9)
    role.off()
    assert not bench.laser["on"]
    assert (role.read().on, role.read().power_w) == (False, 0.0)


@pytest.mark.parametrize(
    ("name", "bad", "advice"),
    [
        ("interlock-open", True, "its interlock is open; close it"),
        ("frontkey-locked", True, "its front key is locked; turn it"),
        ("emission-button-enabled", False, "its emission button is off; press it"),
    ],
)
def test_what_keeps_the_light_in_is_said(bench, twin, role, name, bad, advice):
    twin.turn(name, bad)
    with pytest.raises(InstrumentError, match=f"laser gives no light: {advice}"):
        role.on()
    assert not bench.laser["on"]
    twin.turn(name, not bad)
    role.on()
    assert bench.laser["on"]


def test_a_lost_lock_is_no_reading(bench, twin, role, laser):
    laser.lock_enabled(True)
    role.on()
    assert role.read().on
    twin.lose_lock()
    assert bench.laser["wavelength_m"] == pytest.approx(1550e-9 + HOP_NM * 1e-9)
    with pytest.raises(InstrumentError, match=r"laser does not give.*lost its lock \(Searching\)"):
        role.read()


def test_unregulated_power_is_no_reading(role, laser):
    role.on()
    laser.power_stabilization(False)
    with pytest.raises(InstrumentError, match="power stabilization is off; switch"):
        role.read()


def test_a_motor_that_never_arrives_is_given_up(bench, serve, connect):
    server = serve(DlcPro(bench, speed_up=1e-6))
    role = open_role("laser", connect(TopticaDLCpro, server.resource_name, "laser"))
    role.settling_s = 0.05
    with pytest.raises(InstrumentError, match=r"laser did not settle within 0\.05 s"):
        role.set_wavelength(1500e-9)


def test_a_power_beyond_the_laser_is_an_input_error(role):
    with pytest.raises(InputError, match=r"laser cannot set laser_power to 0\.07"):
        role.set_power(0.07)
