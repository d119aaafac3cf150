"""The laser: what its twin says on the wire, and its driver on top of it."""

import numpy as np
import pytest

from phonosync.instruments.drivers.santec_tsl570 import SantecTSL570
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.virtual.optics.tsl570 import SPEED_OF_LIGHT, TSL570


@pytest.fixture
def twin(bench):
    return TSL570(bench)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    line.do(":SYSTem:COMMunicate:CODe 1")
    return line


@pytest.fixture
def laser(server, connect):
    return connect(SantecTSL570, server.resource_name, "laser")


def test_it_introduces_itself(line):
    assert line.ask("*IDN?") == "SANTEC,TSL-570,21020001,0001.000.0001"
    assert line.ask("SYST:ERR?") == '0,"No error"'
    assert line.ask("SYST:ALER?") == "No alerts."


def test_messages_may_end_with_a_carriage_return(line):
    line.send(b"*IDN?\r")
    assert line.read().startswith("SANTEC")


def test_it_starts_dark(bench, line):
    assert line.ask(":POW:STAT?") == "0"
    assert not bench.laser["on"]


def test_wavelengths_are_in_metres_in_scpi_and_in_nanometres_in_legacy(line):
    assert line.ask(":WAV?") == "+1.55000000E-006"
    line.do(":SYST:COMM:COD 0")
    assert line.ask(":WAV?") == "1550.0000"
    line.do(":WAV 1551.5")
    assert line.ask(":WAV?;:SYST:ERR?") == '1551.5000;0,"No error"'
    assert float(line.ask(":FREQ?")) == pytest.approx(193.22749, abs=1e-5)


@pytest.mark.parametrize("text", ["1549.1234NM", "1.5491234E-6", "1549.1234 nm", "1.5491234UM"])
def test_wavelengths_may_carry_a_unit(bench, line, text):
    line.do(f":WAVelength {text}")
    assert bench.laser["wavelength_m"] == pytest.approx(1549.1234e-9, abs=1e-16)


def test_wavelengths_move_in_steps_of_a_tenth_of_a_picometre(line):
    line.do(":WAV 1550.00004NM")
    assert float(line.ask(":WAV?")) == pytest.approx(1550e-9, abs=1e-17)


def test_frequency_and_wavelength_are_one_setting(bench, line):
    line.do(":WAVelength:FREQuency 193.5THZ")
    assert bench.laser["wavelength_m"] == pytest.approx(SPEED_OF_LIGHT / 193.5e12, rel=1e-12)
    assert float(line.ask(":FREQ?")) == 193.5e12


@pytest.mark.parametrize(
    "message",
    [":WAV 1400NM", ":FREQ 100THZ", ":FREQ 0", ":POW 14DBM", ":POW 0.03MW", ":WAV:FIN 101"],
)
def test_nothing_outside_its_range_is_accepted(bench, line, message):
    before = dict(bench.laser)
    line.send(message)
    assert line.error() == -222
    assert bench.laser == before


def test_power_follows_the_unit_that_is_set(bench, line):
    line.do(":POW:UNIT 0;:POW 10")
    assert bench.laser["power_w"] == pytest.approx(10e-3)
    line.do(":POW:UNIT 1")
    assert float(line.ask(":POW?")) == pytest.approx(10.0)
    line.do(":POW 2.5")
    assert bench.laser["power_w"] == pytest.approx(2.5e-3)


def test_power_acts_in_steps_finer_than_a_tenth_of_a_microwatt(bench, line):
    line.do(":POW:UNIT 1;:POW 5.0001")
    assert bench.laser["power_w"] == pytest.approx(5.0001e-3, rel=1e-9)


def test_light_leaves_when_it_is_on_and_the_shutter_open(bench, line):
    line.do(":POW:STAT 1")
    assert bench.laser["on"]
    line.do(":POW:SHUT 1")
    assert float(line.ask(":POW:UNIT 1;:POW:ACT?")) == 0.0
    assert not bench.laser["on"]


def test_the_attenuator_acts_only_when_it_is_not_automatic(bench, line):
    line.do(":POW:UNIT 1;LEV 1;ATT 10")
    assert bench.laser["power_w"] == pytest.approx(1e-3)
    line.do(":POW:ATT:AUT 0")
    assert bench.laser["power_w"] == pytest.approx(2e-3)


def test_fine_tuning_spans_ten_gigahertz_and_ends_with_a_new_wavelength(bench, line):
    frequencies = []
    for value in (-100, 100):
        line.do(f":WAV:FIN {value}")
        frequencies.append(SPEED_OF_LIGHT / bench.laser["wavelength_m"])
    assert abs(frequencies[0] - frequencies[1]) == pytest.approx(10e9, rel=1e-4)
    line.do(":WAV 1550NM")
    assert float(line.ask(":WAV:FIN?")) == 0.0


def test_its_reset_changes_no_light(bench, line):
    line.do(":POW 3MW;:POW:STAT 1;*RST")
    assert bench.laser["power_w"] == pytest.approx(3e-3)
    assert bench.laser["on"]


# The driver

ROUND_TRIPS = {
    "output": True,
    "shutter_closed": True,
    "power": 3.4567e-3,
    "attenuation_automatic": False,
    "attenuation": 12.25,
    "wavelength": 1555.1234e-9,
    "frequency": 193.41e12,
    "fine_tuning": -12.34,
    "coherence_control": True,
}


def test_connecting_changes_no_light(bench, twin, server, connect):
    twin.execute(":POW 7.5MW;:POW:STAT 1;:WAV 1530NM")
    before = dict(bench.laser)
    connect(SantecTSL570, server.resource_name, "laser")
    assert bench.laser == before
    assert bench.laser["on"]


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(laser, name, round_trip, no_error):
    round_trip(laser.parameters[name], ROUND_TRIPS[name], rel=1e-8)
    no_error(laser)


def test_every_settable_parameter_is_tried(laser, settable):
    assert settable(laser) == {*ROUND_TRIPS, "timeout"}


def test_every_parameter_states_what_it_is(laser):
    for name in ROUND_TRIPS:
        assert len(laser.parameters[name].__doc__) > 20


def test_a_snapshot_reads_everything_without_an_error(laser, snapshot, no_error):
    values = snapshot(laser)
    assert values["alert"] == "No alerts."
    assert values["interlock"] is False
    assert values["frequency_max"] == pytest.approx(SPEED_OF_LIGHT / 1480e-9, rel=1e-6)
    no_error(laser)


def test_the_power_is_right_although_someone_changed_the_unit_at_the_front_panel(bench, laser):
    laser.power(5e-3)
    laser.write(":POWer:UNIT 0")
    assert laser.power() == pytest.approx(5e-3, rel=1e-6)
    laser.power(6e-3)
    assert bench.laser["power_w"] == pytest.approx(6e-3, rel=1e-6)


def test_on_and_off_switch_the_light(bench, laser):
    laser.on()
    assert bench.laser["on"]
    assert laser.actual_power() == pytest.approx(bench.laser["power_w"], rel=1e-4)
    laser.off()
    assert not bench.laser["on"]


@pytest.mark.parametrize("power_w", np.geomspace(0.04e-3, 20e-3, 7))
def test_the_whole_power_range_reaches_the_bench(bench, laser, power_w):
    laser.power(power_w)
    assert bench.laser["power_w"] == pytest.approx(power_w, rel=1e-4)


def test_a_refusal_names_laser_command_reason_and_next_step(laser):
    with pytest.raises(InstrumentError) as caught:
        laser.write_checked(":POWer:LEVel 99MW")
    text = str(caught.value)
    for part in ("laser", ":POWer:LEVel 99MW", "-222", "Data out of range", "inside the range"):
        assert part in text


def test_a_refusal_through_a_parameter_reads_as_one_sentence(laser):
    laser.wavelength.remove_validator()
    with pytest.raises(InstrumentError) as caught:
        laser.wavelength(1.2e-6)
    assert str(caught.value).startswith("laser refused ':WAVelength 1.2")


CONNECTION = [
    (":SYSTem:COMMunicate:CODe 1", None),
    (":SYSTem:ERRor?", '0,"No error"'),
    (":WAVelength:MINimum?", "+1.48000000E-006"),
    (":WAVelength:MAXimum?", "+1.64000000E-006"),
    (":WAVelength:FREQuency:MINimum?", "+1.82800000E+014"),
    (":WAVelength:FREQuency:MAXimum?", "+2.02560000E+014"),
    ("*IDN?", "SANTEC,TSL-570,21020001,0001.000.0001"),
]
CHECK = (":SYSTem:ERRor?", '0,"No error"')


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    server = script(
        [
            *CONNECTION,
            (":POWer:UNIT 1", None),
            CHECK,
            (":POWer:LEVel 12.500000", None),
            CHECK,
            (":POWer:UNIT?", "0"),
            (":POWer:ACTual:LEVel?", "+1.00000000E+001"),
            (":WAVelength 1.5500000000000E-06", None),
            CHECK,
            (":WAVelength:FREQuency 1.9341000000E+14", None),
            CHECK,
            (":WAVelength:FINe -3.25", None),
            CHECK,
            (":WAVelength:FINe:DISable", None),
            CHECK,
            (":POWer:STATe 1", None),
            CHECK,
            (":POWer:STATe 0", None),
            CHECK,
        ],
        b"\r",
    )
    laser = connect(SantecTSL570, server.resource_name, "laser")
    laser.power(12.5e-3)
    assert laser.actual_power() == pytest.approx(10e-3)
    laser.wavelength(1550e-9)
    laser.frequency(193.41e12)
    laser.fine_tuning(-3.25)
    laser.stop_fine_tuning()
    laser.on()
    laser.off()
