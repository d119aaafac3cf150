"""Lake Shore 336 and 372: their twins, QCoDeS' own drivers, unmodified, and the role on top."""

import math

import pytest
from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336, LakeshoreModel372

from phonosync.instruments.adapters import open_role
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.introductions.introduction import Limit
from phonosync.instruments.introductions.table import introduction_of
from phonosync.instruments.roles import Thermometer
from phonosync.instruments.temperature.thermometers import Thermometer336, Thermometer372
from phonosync.instruments.virtual.faults import AILMENTS, Faults, Kind
from phonosync.instruments.virtual.scpi.server import answer
from phonosync.instruments.virtual.thermometers.lakeshore import TIME_CONSTANT_S
from phonosync.instruments.virtual.thermometers.lakeshore_336 import Lakeshore336
from phonosync.instruments.virtual.thermometers.lakeshore_372 import Lakeshore372
from phonosync.theory.errors import InputError


class Cold:
    """A cryostat that remembers its temperatures."""

    def __init__(self, kelvin):
        self.history = [kelvin]

    @property
    def temperature_k(self):
        return self.history[-1]

    def set_temperature(self, temperature_k):
        self.history.append(temperature_k)


@pytest.fixture
def warm():
    return Cold(4.0)


@pytest.fixture
def cold():
    return Cold(0.012)


@pytest.fixture
def controller(warm, hand_clock):
    return Lakeshore336(warm, clock=hand_clock)


@pytest.fixture
def bridge(cold, hand_clock):
    hand_clock.sleep(1.0)
    return Lakeshore372(cold, sensor=6, clock=hand_clock)


@pytest.fixture
def line(controller, serve, talk):
    line = talk(serve(controller))
    line.send("*CLS")
    return line


@pytest.fixture
def bridge_server(bridge, serve):
    return serve(bridge)


@pytest.fixture
def bridge_line(bridge_server, talk):
    line = talk(bridge_server)
    line.send("*CLS")
    return line


@pytest.fixture
def driver(controller, serve, connect):
    return connect(LakeshoreModel336, serve(controller).resource_name, "ls336")


@pytest.fixture
def bridge_driver(bridge_server, connect):
    return connect(LakeshoreModel372, bridge_server.resource_name, "ls372")


def heat(line, *, kelvin, heater_range=3, mode=1):
    """Close the loop of output 1 round input A."""
    line.send(f"OUTMODE 1,{mode},1,0;SETP 1,{kelvin};RANGE 1,{heater_range}")
    assert line.ask("*ESR?") == "0"


# The twins


def test_they_introduce_themselves(line, bridge_line):
    assert line.ask("*IDN?").startswith("LSCI,MODEL336,")
    assert bridge_line.ask("*IDN?").startswith("LSCI,MODEL372,")


def test_the_sensor_at_the_device_reads_and_the_others_are_open(line):
    assert line.ask("KRDG? A;RDGST? A") == "+4.00000;000"
    assert line.ask("KRDG? B;RDGST? B") == "+0.00000;128"
    assert float(line.ask("SRDG? A")) == 2000.0


@pytest.mark.parametrize(("kelvin", "status"), [(1.0, "016"), (400.0, "032"), (300.0, "000")])
def test_beyond_its_curve_a_cernox_has_no_reading(controller, serve, talk, warm, kelvin, status):
    warm.history.append(kelvin)
    controller.base_k = kelvin
    assert talk(serve(controller)).ask("RDGST? A") == status


def test_nothing_moves_without_a_heater(line, warm, hand_clock):
    line.ask("KRDG? A")
    hand_clock.sleep(1e3)
    line.ask("KRDG? A")
    assert warm.history == [4.0]


def test_a_heater_lifts_the_temperature_with_its_time_constant(line, hand_clock):
    heat(line, kelvin=10.0)
    hand_clock.sleep(TIME_CONSTANT_S)
    expected = 10.0 - 6.0 * math.exp(-1)
    assert float(line.ask("KRDG? A")) == pytest.approx(expected, rel=1e-5)
    hand_clock.sleep(100 * TIME_CONSTANT_S)
    assert float(line.ask("KRDG? A")) == pytest.approx(10.0)
    assert line.ask("RANGE 1,0;RANGE? 1") == "0"
    hand_clock.sleep(TIME_CONSTANT_S)
    assert float(line.ask("KRDG? A")) == pytest.approx(4.0 + 6.0 * math.exp(-1), rel=1e-5)


def test_a_heater_cannot_cool_and_reaches_no_further_than_its_range(line, hand_clock):
    heat(line, kelvin=2.0)
    hand_clock.sleep(1e4)
    assert float(line.ask("KRDG? A")) == 4.0
    heat(line, kelvin=100.0, heater_range=1)
    hand_clock.sleep(1e4)
    assert float(line.ask("KRDG? A")) == pytest.approx(5.0)
    assert float(line.ask("HTR? 1")) == 100.0


@pytest.mark.parametrize("change", ["OUTMODE 1,0,1,0", "OUTMODE 1,1,2,0", "OUTMODE 1,1,0,0"])
def test_only_a_closed_loop_round_the_right_sensor_heats(line, hand_clock, change):
    heat(line, kelvin=10.0)
    assert line.ask(f"{change};*ESR?") == "0"
    hand_clock.sleep(1e4)
    assert float(line.ask("KRDG? A")) == pytest.approx(4.0)


def test_a_setpoint_that_ramps_moves_at_its_rate(line, hand_clock):
    line.send("RAMP 1,1,6")
    heat(line, kelvin=10.0)
    assert line.ask("RAMPST? 1") == "1"
    for _ in range(300):  # 30 s, so that the lag behind the setpoint is that of the cryostat
        hand_clock.sleep(0.1)
        line.ask("RAMPST? 1")
    lag = 0.1 * TIME_CONSTANT_S * (1 - math.exp(-1))
    assert float(line.ask("KRDG? A")) == pytest.approx(4.0 + 3.0 - lag, rel=1e-3)
    hand_clock.sleep(31.0)
    assert line.ask("RAMPST? 1") == "0"


def test_what_is_wrong_shows_in_the_event_register(line):
    line.send("KRDG? E")
    assert line.ask("*ESR?") == "16"
    line.send("NONSENSE")
    assert line.ask("*ESR?") == "32"


def test_a_bridge_settles_on_one_channel_at_a_time(bridge_line, hand_clock, cold):
    assert bridge_line.ask("SCAN?") == "01,0"
    bridge_line.send("SCAN 6,0")
    assert bridge_line.ask("SCAN?;RDGSTL?;KRDG? 6") == "06,0;0,2;+0.00000E+00"
    hand_clock.sleep(3.1)
    assert bridge_line.ask("RDGSTL?;KRDG? 6;RDGST? 6") == "0,0;+1.20000E-02;000"
    assert bridge_line.ask("SCAN 1,0;SCAN?") == "01,0"
    cold.history.append(0.02)
    assert bridge_line.ask("KRDG? 6") == "+1.20000E-02"  # its last reading
    hand_clock.sleep(3.1)
    assert bridge_line.ask("RDGST? 1") == "016"


# QCoDeS' drivers

SENSOR_336 = {
    "t_limit": 300.0,
    "sensor_name": "sample holder 1",
    "sensor_type": "platinum_rtd",
    "auto_range_enabled": False,
    "range": 3,
    "compensation_enabled": False,
    "units": "celsius",
}
OUTPUT = {
    "mode": "closed_loop",
    "powerup_enable": True,
    "P": 12.5,
    "I": 30.0,
    "D": 2.0,
    "output_heater_resistance": "50ohm",
    "output_max_current": "1.141A",
    "output_max_user_current": 0.5,
    "output_display": "power",
    "setpoint": 7.5,
    "setpoint_ramp_enabled": True,
    "setpoint_ramp_rate": 2.5,
}
OUTPUT_336 = {
    **OUTPUT,
    "input_channel": "B",
    "output_range": "medium",
    "output_type": "voltage",
    "range_limits": [1.0, 10.0, 100.0],
}
OUTPUT_372 = {
    **OUTPUT,
    "input_channel": 6,
    "output_range": "316μA",
    "output_type": "current",
    "polarity": "bipolar",
    "use_filter": True,
    "delay": 9,
    "range_limits": [0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0],
}
SENSOR_372 = {
    "t_limit": 30.0,
    "sensor_name": "mixing chamber1",
    "enabled": False,
    "dwell": 20,
    "pause": 5,
    "curve_number": 22,
    "temperature_coefficient": "positive",
    "excitation_mode": "current",
    "excitation_range_number": 4,
    "auto_range": "off",
    "range": "2.00 kOhm",
    "current_source_shunted": True,
    "units": "ohms",
}
WAITING = {"wait_cycle_time", "wait_tolerance", "wait_equilibration_time", "blocking_t"}


def check_round_trip(instrument, parameter, value):
    instrument.write("*CLS")
    parameter.post_delay = 0.0
    parameter.set(value)
    got = parameter.get()
    assert (int(got) if isinstance(value, int) and isinstance(got, str) else got) == value
    assert instrument.ask("*ESR?") == "0"


@pytest.mark.parametrize("name", SENSOR_336)
def test_a_parameter_of_a_336_sensor_survives_a_round_trip(driver, name):
    check_round_trip(driver, driver.B.parameters[name], SENSOR_336[name])


@pytest.mark.parametrize("name", OUTPUT_336)
def test_a_parameter_of_a_336_output_survives_a_round_trip(driver, name):
    check_round_trip(driver, driver.output_1.parameters[name], OUTPUT_336[name])


@pytest.mark.parametrize("name", SENSOR_372)
def test_a_parameter_of_a_372_sensor_survives_a_round_trip(bridge_driver, name):
    check_round_trip(bridge_driver, bridge_driver.ch06.parameters[name], SENSOR_372[name])


@pytest.mark.parametrize("name", OUTPUT_372)
def test_a_parameter_of_a_372_output_survives_a_round_trip(bridge_driver, name):
    heater = bridge_driver.sample_heater
    check_round_trip(bridge_driver, heater.parameters[name], OUTPUT_372[name])


def test_every_settable_parameter_is_tried(driver, bridge_driver, settable):
    # QCoDeS groups that only tell are marked as settable nevertheless.
    told = {name for name in driver.A.parameters if name.startswith("curve_")}
    assert settable(driver.A) - told == set(SENSOR_336)
    assert settable(driver.output_1) == {*OUTPUT_336, *WAITING}
    assert settable(bridge_driver.ch01) == set(SENSOR_372)
    assert settable(bridge_driver.sample_heater) == {*OUTPUT_372, *WAITING}


def test_the_outputs_without_a_loop_are_known_as_well(driver):
    check_round_trip(driver, driver.output_3.mode, "monitor_out")


def test_snapshots_read_everything_without_an_error(driver, bridge_driver):
    for instrument in (driver, bridge_driver):
        instrument.write("*CLS")
        instrument.snapshot(update=True)
        assert instrument.ask("*ESR?") == "0"
    assert driver.A.curve_name().strip() == "CX-1050"


def test_qcodes_driver_waits_for_a_setpoint(driver, hand_clock, warm):
    output = driver.output_1
    output.mode("closed_loop")
    output.input_channel("A")
    output.range_limits([5.0, 20.0, 400.0])
    output.setpoint.post_delay = 0.0
    output.set_setpoint_and_range(10.0)
    assert output.output_range() == "medium"
    hand_clock.sleep(1e4)
    output.wait_until_set_point_reached(
        wait_cycle_time=1e-3, wait_tolerance=1e-3, wait_equilibration_time=2e-3
    )
    assert warm.temperature_k == pytest.approx(10.0)


# The role


def test_both_play_the_role(driver, bridge_driver):
    for instrument in (driver, bridge_driver):
        assert isinstance(open_role("thermometer", instrument), Thermometer)


def test_the_336_reads_the_device(driver, warm):
    assert Thermometer336(driver).read() == 4.0
    warm.history.append(77.35)
    assert len(warm.history) == 2


@pytest.mark.parametrize(
    ("channel", "kelvin", "reason"),
    [
        ("B", 4.0, "Sensor Units Overrange"),
        ("A", 1.0, "Temp Underrange"),
        ("A", 400.0, "Temp Overrange"),
    ],
)
def test_without_a_valid_reading_the_sensors_trouble_is_told(
    driver, controller, warm, channel, kelvin, reason
):
    warm.history.append(kelvin)
    controller.base_k = kelvin
    with pytest.raises(InstrumentError, match=f"channel {channel}: {reason}.*wiring"):
        Thermometer336(driver, channel=channel).read()


def test_channels_that_do_not_exist_are_input_errors(driver, bridge_driver):
    with pytest.raises(InputError, match=r"no channel 'E'.*A, B, C, D"):
        Thermometer336(driver, channel="E")
    with pytest.raises(InputError, match="no channel 'ch17'"):
        Thermometer372(bridge_driver, channel="ch17")


@pytest.fixture
def passing(bridge_server, hand_clock):
    """Let half a second pass in the cryostat with every question."""

    def answer_later(instrument, message):
        hand_clock.sleep(0.5)
        return answer(instrument, message)

    bridge_server.answer = answer_later


@pytest.mark.usefixtures("passing")
def test_the_372_goes_to_its_channel_and_waits_until_it_has_settled(bridge, bridge_driver):
    thermometer = Thermometer372(bridge_driver, channel="ch06")
    assert thermometer.read() == 0.012
    assert bridge.execute("SCAN?") == b"06,0"
    assert thermometer.read() == 0.012


@pytest.mark.usefixtures("passing")
def test_a_scanning_372_is_stopped(bridge, bridge_driver):
    bridge.execute("SCAN 6,1")
    assert Thermometer372(bridge_driver, channel="ch06").read() == 0.012
    assert bridge.execute("SCAN?") == b"06,0"


def test_a_372_that_does_not_settle_is_reported(bridge_driver):
    with pytest.raises(InstrumentError, match=r"did not settle on channel ch06.*settling_s"):
        Thermometer372(bridge_driver, channel="ch06", settling_s=0.01).read()


@pytest.mark.usefixtures("passing")
def test_a_372_that_is_scanned_by_someone_else_is_noticed(bridge, bridge_driver, bridge_server):
    before = bridge_server.answer

    def elsewhere(instrument, message):
        if message.startswith("RDGST? 6"):
            instrument.execute("SCAN 2,1")
        return before(instrument, message)

    bridge_server.answer = elsewhere
    with pytest.raises(InstrumentError, match="left channel ch06 while it was read"):
        Thermometer372(bridge_driver, channel="ch06").read()


@pytest.mark.usefixtures("passing")
def test_an_open_sensor_of_a_372_is_told(bridge_driver):
    with pytest.raises(InstrumentError, match=r"channel ch02: R\. OVER"):
        Thermometer372(bridge_driver, channel="ch02").read()


@pytest.mark.parametrize("message", range(1, 7))
@pytest.mark.parametrize("kind", [k for k in Kind if k not in AILMENTS])
def test_whatever_happens_on_the_wire_a_reading_is_right_or_an_error(
    bridge_driver, bridge_server, hand_clock, kind, message
):
    thermometer = Thermometer372(bridge_driver, channel="ch06", settling_s=0.2)
    bridge_driver.timeout(0.1)
    faults = Faults(message, plan={message: kind}, lateness_s=0.3)

    def late_and_faulty(instrument, text):
        hand_clock.sleep(1.0)
        return faults.answer(instrument, text)

    bridge_server.answer = late_and_faulty
    try:
        kelvin = thermometer.read()
    except InstrumentError:
        pass
    else:
        assert kelvin == 0.012
    assert thermometer.read() == 0.012


def test_a_dead_thermometer_is_named_with_its_address(bridge_driver, bridge_server):
    bridge_driver.timeout(0.5)
    bridge_server.stop()
    with pytest.raises(InstrumentError) as caught:
        Thermometer372(bridge_driver, channel="ch06").read()
    assert "thermometer" in str(caught.value)
    assert bridge_driver.address in str(caught.value)


# The check of a rig


def test_a_check_reads_the_temperatures_at_which_heaters_are_cut(controller, bridge):
    for twin, command, limit in (
        (controller, "TLIMIT B,100", Limit("heaters at B", None, 100.0, "K")),
        (bridge, "TLIMIT 6,30", Limit("heaters at 6", None, 30.0, "K")),
    ):
        limits = introduction_of(f"LakeshoreModel{twin.identity.split('MODEL')[1][:3]}").limits

        def ask(query, twin=twin):
            return twin.execute(query).decode()

        assert limits(ask) == []
        twin.execute(command)
        assert limits(ask) == [limit]
