"""The power meter: its twin on the wire, its drivers, and the role it plays."""

import pytest

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.thorlabs_pm100d import ThorlabsPM100D
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import PowerMeter
from phonosync.instruments.virtual.optics.pm100d import PM100D, RANGES_W
from phonosync.theory.errors import InputError

OK = '+0,"No error"'
FAST = 1e6


class MonitorArm:
    """A bench with light at a power meter."""

    monitor_power_w = 1.2345e-3


@pytest.fixture
def arm():
    return MonitorArm()


@pytest.fixture
def twin(arm):
    return PM100D(arm, speed_up=FAST)


@pytest.fixture
def meter(server, connect):
    return connect(ThorlabsPM100D, server.resource_name, "meter")


# The twin


@pytest.mark.parametrize("query", ["MEAS:POW?", ":READ?", ":INIT;:FETC?", "MEAS:POW;:FETCh?"])
def test_it_measures_the_light_in_the_monitor_arm(arm, line, query):
    assert float(line.ask(query)) == pytest.approx(arm.monitor_power_w)
    arm.monitor_power_w = 2e-6
    assert float(line.ask(query)) == pytest.approx(2e-6)


def test_power_may_be_told_in_decibels(arm, line):
    line.do(":POW:UNIT DBM")
    arm.monitor_power_w = 2e-3
    assert float(line.ask(":READ?")) == pytest.approx(3.0103, abs=1e-5)
    arm.monitor_power_w = 0.0
    assert float(line.ask(":READ?")) == pytest.approx(-90.0)


def test_loss_before_the_sensor_is_added_to_the_reading(arm, line):
    line.do("SENS:CORR 20 DB")
    assert float(line.ask(":READ?")) == pytest.approx(100 * arm.monitor_power_w)


def test_the_automatic_range_holds_the_light_and_is_the_smallest(arm, line):
    for power_w in (0.0, 5e-9, 0.9e-6, 1.05e-3, 0.1):
        arm.monitor_power_w = power_w
        assert float(line.ask(":READ?")) == pytest.approx(power_w)
        upper = float(line.ask(":POW:RANG?"))
        assert upper >= power_w
        assert upper == pytest.approx(RANGES_W[0]) or upper / 10 < power_w


@pytest.mark.parametrize(("asked", "auto"), [("1 MW", "0"), ("AUTO", "1")])
def test_light_beyond_a_fixed_range_overflows(line, asked, auto):
    line.do(":POW:RANG:AUTO 1" if asked == "AUTO" else ":POW:RANG 1E-4")
    assert line.ask(":POW:RANG:AUTO?") == auto
    assert (float(line.ask(":READ?")) > 9e37) == (auto == "0")


def test_the_wavelength_is_told_in_nanometres_with_its_limits(line):
    line.do("SENS:CORR:WAV 1310.5")
    told = line.ask("CORR:WAV?;:CORR:WAV? MIN;:CORR:WAV? MAX")
    assert [float(text) for text in told.split(";")] == [1310.5, 800.0, 1700.0]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("CORR:WAV 400", -222),
        ("AVER 0", -222),
        ("AVER", -109),
        ("FETC?", -230),
        ("CONF:VOLT", -113),
    ],
)
def test_what_it_cannot_do_is_refused(line, message, error):
    line.send(message)
    assert line.error() == error


def test_a_measurement_takes_the_time_of_its_samples(arm, serve, talk):
    line = talk(serve(PM100D(arm, speed_up=1e-3)))  # a thousand seconds: nobody waits for them
    line.do("AVER 3000;*CLS")
    line.send("INIT;*OPC")
    assert line.ask("*ESR?;:STAT:OPER:COND?") == "0;16"
    line.do("ABOR")
    assert line.ask("*ESR?") == "1"


# The driver

ROUND_TRIPS = {
    "wavelength": 1542.5e-9,
    "averaging": 30,
    "attenuation": 3.5,
    "power_range": RANGES_W[4],
    "auto_range": False,
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(meter, name, round_trip, no_error):
    round_trip(meter.parameters[name], ROUND_TRIPS[name], rel=1e-8)
    no_error(meter)


def test_every_settable_parameter_is_tried(meter, settable):
    assert settable(meter) == {*ROUND_TRIPS, "timeout"}


def test_a_snapshot_reads_everything_without_an_error(meter, snapshot, no_error):
    values = snapshot(meter)
    assert values["sensor"] == "S145C"
    assert values["wavelength_max"] == pytest.approx(1700e-9)
    no_error(meter)


@pytest.mark.parametrize("unit", ["W", "DBM"])
def test_the_power_is_right_whatever_unit_the_front_panel_shows(arm, meter, unit):
    meter.write(f":SENSe:POWer:DC:UNIT {unit}")
    assert meter.power() == pytest.approx(arm.monitor_power_w, rel=1e-7)


def test_a_refusal_names_meter_command_and_reason(meter):
    with pytest.raises(InstrumentError, match=r"meter refused ':SENSe:AVERage:COUNt 0'.*-222"):
        meter.write_checked(":SENSe:AVERage:COUNt 0")


CHECK = (":SYSTem:ERRor?", OK)


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    server = script(
        [
            (":SENSe:CORRection:WAVelength? MIN", "8.00000000E+02"),
            (":SENSe:CORRection:WAVelength? MAX", "1.70000000E+03"),
            ("*IDN?", "THORLABS,PM100D,P0000001,2.4.0"),
            (":SENSe:CORRection:WAVelength 1550.0000", None),
            CHECK,
            (":SENSe:AVERage:COUNt 100", None),
            CHECK,
            (":SENSe:POWer:DC:RANGe:AUTO 1", None),
            CHECK,
            (":SENSe:POWer:DC:UNIT?", "DBM"),
            (":MEASure:SCALar:POWer?", "-1.00000000E+01"),
        ]
    )
    meter = connect(ThorlabsPM100D, server.resource_name, "meter")
    meter.wavelength(1550e-9)
    meter.averaging(100)
    meter.auto_range(True)
    assert meter.power() == pytest.approx(1e-4)


# The role


@pytest.fixture
def role(meter):
    return open_role("power_meter", meter)


def test_it_plays_the_power_meter(arm, role, meter, no_error):
    assert isinstance(role, PowerMeter)
    role.set_wavelength(1551e-9)
    assert meter.wavelength() == pytest.approx(1551e-9)
    assert role.read() == pytest.approx(arm.monitor_power_w)
    no_error(meter)


def test_a_reading_beyond_the_range_is_an_error(role, meter):
    meter.power_range(1e-4)
    with pytest.raises(InstrumentError, match=r"meter is over its range: .* Switch auto_range on"):
        role.read()


def test_a_wavelength_beyond_the_sensor_is_an_input_error(role):
    with pytest.raises(InputError, match="power_meter cannot set meter_wavelength to 6e-07"):
        role.set_wavelength(600e-9)


def test_the_driver_that_others_have_contributed_plays_the_role_too(
    arm, server, connect, monkeypatch, no_error
):
    contributed = pytest.importorskip("qcodes_contrib_drivers.drivers.Thorlabs.PM100D")
    monkeypatch.setattr(contributed, "sleep", lambda seconds: None)
    theirs = connect(contributed.Thorlab_PM100D, server.resource_name, "theirs")
    assert "-109" in theirs.ask("SYST:ERR?")  # it sends AVER without a number
    role = open_role("power_meter", theirs)
    role.set_wavelength(1310e-9)
    assert float(theirs.ask("SENS:CORR:WAV?")) == pytest.approx(1310.0)
    assert role.read() == pytest.approx(arm.monitor_power_w)
    no_error(theirs)
