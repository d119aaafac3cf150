"""The Keysight laser: what its twin says on the wire, its driver, and the role it plays."""

import pytest

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.keysight_n7776c import KeysightN7776C, Questionable
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Laser
from phonosync.instruments.virtual.optics.n7776c import N7776C, POWERS_W, WAVELENGTHS_M
from phonosync.theory.errors import InputError

OK = '+0,"No error"'
FAST = 1e6


@pytest.fixture
def twin(bench):
    return N7776C(bench, speed_up=FAST)


@pytest.fixture
def laser(server, connect):
    return connect(KeysightN7776C, server.resource_name, "laser")


@pytest.fixture
def role(laser):
    return open_role("laser", laser)


# The twin


def test_it_introduces_itself_dark(bench, line):
    assert line.ask("*IDN?").startswith("Keysight Technologies,N7776C,")
    assert line.ask("SYST:ERR?") == OK
    assert line.ask(":sour0:pow:stat?") == "0"
    assert not bench.laser["on"]


@pytest.mark.parametrize("header", [":SOURce0:CHANnel1:WAVelength:CW", "sour0:wav", ":WAV:FIXED"])
@pytest.mark.parametrize("text", ["1551.2345NM", "1.5512345E-6", "1.5512345 um"])
def test_wavelengths_may_carry_a_unit(bench, line, header, text):
    line.do(f"{header} {text};*WAI")
    assert line.ask(f"{header}?;*OPC?") == "+1.55123450E-006;1"
    assert bench.laser["wavelength_m"] == pytest.approx(1551.2345e-9, abs=1e-16)


@pytest.mark.parametrize("text", ["2.5MW", "2500 uW", "2.5E-3WATT", "3.9794001DBM"])
def test_powers_may_carry_a_unit(bench, line, text):
    line.do(f":SOUR0:POW {text}")
    assert bench.laser["power_w"] == pytest.approx(2.5e-3, rel=1e-7)


@pytest.mark.parametrize(("unit", "told", "power"), [("W", "1", 2e-3), ("DBM", "0", 3.0103)])
def test_power_is_told_in_the_unit_that_is_set(line, unit, told, power):
    line.do(f":SOUR0:POW:UNIT {unit};:SOUR0:POW {power}")
    assert line.ask(":SOUR0:POW:UNIT?") == told
    assert float(line.ask(":SOUR0:POW?")) == pytest.approx(power, rel=1e-5)


def test_the_limits_are_told(line):
    line.do(":SOUR0:POW:UNIT 1")
    assert float(line.ask(":SOUR0:POW? MAX")) == POWERS_W[1]
    assert float(line.ask(":SOUR0:POW? MIN")) == POWERS_W[0]
    assert float(line.ask(":SOUR0:WAV? MIN")) == WAVELENGTHS_M[0]
    assert float(line.ask(":SOUR0:WAV? MAX")) == WAVELENGTHS_M[1]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (":SOUR0:WAV 1400NM", -222),
        (":SOUR0:POW 20MW", -222),
        (":SOUR3:POW 1MW", -114),
        (":SOUR0:POW 1V", -131),
        (":SOUR0:POW:UNIT 2", -104),
        (":LOCK 1,4321", -224),
        (":SOUR0:POWW 1", -113),
    ],
)
def test_what_it_cannot_do_is_refused_and_changes_no_light(bench, line, message, error):
    before = dict(bench.laser)
    line.send(message)
    assert line.error() == error
    assert bench.laser == before


def test_it_is_not_settled_while_it_tunes_and_the_light_comes_last(bench, serve, talk):
    line = talk(serve(N7776C(bench, speed_up=1e-3)))  # slow enough to be watched
    line.send(":SOUR0:WAV 1500NM")
    assert line.ask(":STAT0:QUES:COND?") == "+16"
    assert line.ask(":SOUR0:WAV?") == "+1.50000000E-006"
    assert bench.laser["wavelength_m"] == 1550e-9


def test_the_ends_of_its_range_are_weaker_and_it_says_so(bench, line):
    line.do(":SOUR0:POW:UNIT W;:SOUR0:POW 14MW;*WAI")
    assert line.ask(":STAT0:QUES:COND?") == "+0"
    line.do(":SOUR0:WAV 1455NM;*WAI")
    assert line.ask(":STAT0:QUES:COND?") == "+1"
    given = float(line.ask(":SOUR0:POW?"))
    assert given < 14e-3
    assert bench.laser["power_w"] == pytest.approx(given, rel=1e-8)


def test_a_locked_laser_is_dark_and_stays_so(bench, line):
    line.do(":SOUR0:POW:STAT 1;*WAI")
    assert bench.laser["on"]
    line.do(":LOCK 1,1234")
    assert line.ask(":LOCK?;:STAT0:OPER:COND?") == "1;+0"
    assert not bench.laser["on"]
    line.send(":SOUR0:POW:STAT 1")
    assert "locked" in line.ask(":SYST:ERR?")
    line.do(":LOCK 0,1234;:SOUR0:POW:STAT 1;*WAI")
    assert bench.laser["on"]


def test_an_open_interlock_takes_the_light_and_closing_it_does_not_bring_it_back(bench, twin, line):
    line.do(":SOUR0:POW:STAT 1;*WAI")
    twin.open_interlock()
    assert line.ask(":STAT0:QUES:COND?") == "+8"
    assert not bench.laser["on"]
    twin.close_interlock()
    assert line.ask(":STAT0:QUES:COND?;:SOUR0:POW:STAT?") == "+0;0"


def test_its_reset_is_dark_at_one_milliwatt(bench, line):
    line.do(":SOUR0:POW 3MW;:SOUR0:WAV 1500NM;:SOUR0:POW:STAT 1;*RST")
    assert bench.laser == {"power_w": 1e-3, "wavelength_m": 1550e-9, "on": False}


# The driver

ROUND_TRIPS = {"output": True, "power": 3.4567e-3, "wavelength": 1555.1234e-9}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(laser, name, round_trip, no_error):
    round_trip(laser.parameters[name], ROUND_TRIPS[name], rel=1e-8)
    no_error(laser)


def test_every_settable_parameter_is_tried(laser, settable):
    assert settable(laser) == {*ROUND_TRIPS, "timeout"}


def test_a_snapshot_reads_everything_without_an_error(laser, snapshot, no_error):
    values = snapshot(laser)
    assert values["locked"] is False
    assert values["questionable"] == Questionable(0)
    assert values["power_max"] == pytest.approx(POWERS_W[1], rel=1e-8)
    no_error(laser)


def test_connecting_changes_no_light(bench, twin, server, connect):
    twin.execute(":SOUR0:POW 7.5MW;:SOUR0:WAV 1530NM;:SOUR0:POW:STAT 1;*WAI")
    before = dict(bench.laser)
    connect(KeysightN7776C, server.resource_name, "laser")
    assert bench.laser == before


def test_a_power_beyond_its_range_never_reaches_the_wire(laser):
    with pytest.raises(ValueError, match=r"0\.03"):
        laser.power(30e-3)


def test_the_power_is_right_whatever_unit_the_front_panel_shows(laser):
    laser.power(5e-3)
    for unit in ("W", "DBM"):
        laser.write(f":SOURce0:POWer:UNIT {unit}")
        assert laser.power() == pytest.approx(5e-3, rel=1e-6)


def test_locking_needs_the_password(laser):
    with pytest.raises(InstrumentError, match=r"laser refused ':LOCK 1,9999'.*wrong password"):
        laser.lock("9999")
    laser.lock("1234")
    assert laser.locked()
    laser.unlock("1234")
    assert not laser.locked()


CHECK = (":SYSTem:ERRor?", OK)


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    server = script(
        [
            (":SOURce2:POWer:UNIT?", "1"),
            (":SOURce2:POWer? MIN", "+1.00000000E-004"),
            (":SOURce2:POWer:UNIT?", "0"),
            (":SOURce2:POWer? MAX", "+1.10000000E+001"),
            (":SOURce2:WAVelength? MIN", "+1.45000000E-006"),
            (":SOURce2:WAVelength? MAX", "+1.65000000E-006"),
            ("*IDN?", "Keysight Technologies,8164B,DE00000001,5.25"),
            (":SOURce2:POWer 2.500000MW", None),
            CHECK,
            (":SOURce2:WAVelength 1.5500000000000E-06", None),
            CHECK,
            (":SOURce2:POWer:STATe 1", None),
            CHECK,
            (":SOURce2:POWer:STATe?", "+1"),
            (":STATus2:QUEStionable:CONDition?", "+24"),
            (":LOCK?", "0"),
            (":SOURce2:POWer:STATe 0", None),
            CHECK,
        ]
    )
    laser = connect(lambda *a, **k: KeysightN7776C(*a, slot=2, **k), server.resource_name, "laser")
    laser.power(2.5e-3)
    laser.wavelength(1550e-9)
    laser.on()
    assert laser.output() is True
    assert laser.questionable() == Questionable.NOT_SETTLED | Questionable.LASER_PROTECTION
    assert laser.locked() is False
    laser.off()


# The role


def test_it_plays_the_laser(bench, role, laser, no_error):
    assert isinstance(role, Laser)
    role.set_power(2e-3)
    role.set_wavelength(1540e-9)
    role.on()
    assert bench.laser == {
        "power_w": pytest.approx(2e-3),
        "wavelength_m": pytest.approx(1540e-9, rel=1e-12),
        "on": True,
    }
    reading = role.read()
    assert reading.on
    assert (reading.power_w, reading.set_power_w) == pytest.approx((2e-3, 2e-3), rel=1e-6)
    assert reading.wavelength_m == pytest.approx(1540e-9, rel=1e-8)
    role.off()
    assert not bench.laser["on"]
    assert (role.read().on, role.read().power_w) == (False, 0.0)
    no_error(laser)


def test_light_that_is_weaker_than_asked_for_is_no_reading(role):
    role.set_power(14e-3)
    role.set_wavelength(1455e-9)
    role.on()
    with pytest.raises(InstrumentError, match=r"laser does not give.*cannot give this power"):
        role.read()


def test_a_locked_laser_says_how_to_unlock_it(bench, role, laser):
    laser.lock("1234")
    with pytest.raises(InstrumentError, match=r"laser gives no light: it is locked; unlock"):
        role.on()
    assert not bench.laser["on"]


def test_an_interlocked_laser_says_so(bench, twin, role):
    role.on()
    twin.open_interlock()
    assert not role.read().on
    with pytest.raises(InstrumentError, match="close the remote interlock"):
        role.on()
    twin.close_interlock()
    role.on()
    assert bench.laser["on"]


def test_a_laser_that_never_settles_is_given_up(bench, serve, connect):
    server = serve(N7776C(bench, speed_up=1e-6))
    role = open_role("laser", connect(KeysightN7776C, server.resource_name, "laser"))
    role.settling_s = 0.05
    with pytest.raises(InstrumentError, match=r"laser did not settle within 0\.05 s"):
        role.set_wavelength(1500e-9)


def test_a_wavelength_beyond_its_range_is_an_input_error(role):
    with pytest.raises(InputError, match=r"laser cannot set laser_wavelength to 1\.3e-06"):
        role.set_wavelength(1.3e-6)
