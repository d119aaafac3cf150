"""The microwave source: its twin, QCoDeS' own driver, unmodified, and the role on top of it."""

import pytest
from qcodes.instrument_drivers.Keysight import KeysightN5183B

from phonosync.instruments.adapters import open_role
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import MicrowaveSource
from phonosync.instruments.virtual.faults import AILMENTS, Faults, Kind
from phonosync.instruments.virtual.microwaves.n5183b import N5183B
from phonosync.instruments.virtual.scpi.server import answer
from phonosync.theory.errors import InputError

OK = '+0,"No error"'


class Cavity:
    """Remembers what the microwave line carries."""

    def __init__(self):
        self.history = []

    def set_microwave(self, *, power_w, frequency_hz, on):
        self.history.append({"power_w": power_w, "frequency_hz": frequency_hz, "on": on})

    @property
    def now(self):
        return self.history[-1]


@pytest.fixture
def cavity():
    return Cavity()


@pytest.fixture
def twin(cavity):
    return N5183B(cavity, speed_up=1e3)


@pytest.fixture
def driver(server, connect):
    return connect(KeysightN5183B, server.resource_name, "mw")


@pytest.fixture
def source(driver):
    return open_role("microwave_source", driver)


# The twin


def test_it_introduces_itself_and_starts_dark(cavity, line):
    assert line.ask("*IDN?") == "Keysight Technologies, N5183B, MY00000001, B.01.86"
    assert line.ask("OUTP?;:SYST:ERR?") == f"0;{OK}"
    assert not cavity.now["on"]


def test_power_is_in_dbm_and_frequency_in_any_unit(cavity, line):
    line.do("POW -10 DBM;:FREQ 5.25 GHz;:OUTP ON")
    assert cavity.now == {"power_w": pytest.approx(1e-4), "frequency_hz": 5.25e9, "on": True}
    assert float(line.ask(":SOURce:POWer:LEVel:IMMediate:AMPLitude?")) == -10.0
    assert float(line.ask("FREQuency:FIXed?")) == 5.25e9


def test_values_out_of_range_are_clipped_and_reported(cavity, line):
    line.send("POW 30")
    assert line.ask("SYST:ERR?") == '-222,"Data out of range; value clipped to upper limit"'
    assert float(line.ask("POW?")) == 19.0
    line.send("FREQ 1 KHZ")
    assert line.error() == -222
    assert cavity.now["frequency_hz"] == 9e3


def test_opc_waits_until_the_output_has_settled(cavity, serve, talk):
    # A source that settles for ever is not settled until something ends it.
    twin = N5183B(cavity, speed_up=1e-6)
    line = talk(serve(twin))
    line.do("*CLS")
    line.send("FREQ 5 GHZ;*OPC")
    assert line.ask("*ESR?") == "0"
    twin.abort()
    assert line.ask("*ESR?") == "1"


def test_reset_switches_the_output_off(cavity, line):
    line.do("OUTP ON;*RST")
    assert not cavity.now["on"]


@pytest.mark.parametrize(
    ("connected", "automatic", "told"), [(True, 1, "EXT"), (True, 0, "INT"), (False, 1, "INT")]
)
def test_the_reference_follows_what_is_connected(cavity, serve, talk, connected, automatic, told):
    line = talk(serve(N5183B(cavity, external_reference=connected)))
    line.do(f"ROSC:SOUR:AUTO {automatic}")
    assert line.ask("ROSC:SOUR?") == told


# QCoDeS' driver

ROUND_TRIPS = {
    "power": -12.34,
    "frequency": 7.123456789e9,
    "phase_offset": 1.25,
    "auto_freq_ref": False,
    "rf_output": True,
}


def test_connecting_changes_nothing_at_the_output(cavity, twin, serve, connect):
    twin.execute("POW 3;:FREQ 6 GHZ;:OUTP ON")
    before = list(cavity.history)
    open_role("microwave_source", connect(KeysightN5183B, serve(twin).resource_name, "mw"))
    assert cavity.history == before
    assert cavity.now["on"]


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_of_qcodes_driver_survives_a_round_trip(driver, name, round_trip, no_error):
    round_trip(driver.parameters[name], ROUND_TRIPS[name])
    no_error(driver)


def test_every_settable_parameter_of_qcodes_driver_is_tried(driver, settable):
    assert settable(driver) == {*ROUND_TRIPS, "timeout"}


def test_a_snapshot_reads_everything_without_an_error(driver, no_error):
    driver.snapshot(update=True)
    no_error(driver)


# The role


def test_the_source_plays_its_role_in_watts_and_hertz(cavity, source):
    assert isinstance(source, MicrowaveSource)
    source.set_frequency(5.0e9)
    source.set_power(2.5e-3)
    source.on()
    assert cavity.now["on"]
    reading = source.read()
    assert reading.on
    assert reading.frequency_hz == 5.0e9
    assert reading.power_w == pytest.approx(2.5e-3, rel=10**0.0005 - 1)  # half of 0.01 dB
    source.off()
    assert not cavity.now["on"]
    assert not source.read().on


def test_its_reference_is_told(twin, source):
    assert source.reference() == "internal"
    twin.external_reference = True
    assert source.reference() == "external"


@pytest.mark.parametrize("power_w", [0.0, -1e-3, 1e-6, 1.0, float("nan")])
def test_powers_that_the_source_cannot_give_are_input_errors(cavity, source, power_w):
    before = cavity.now
    with pytest.raises(InputError, match="microwave_source cannot"):
        source.set_power(power_w)
    assert cavity.now == before


def test_the_very_ends_of_the_range_are_allowed(cavity, source):
    for level in (-20, 19):
        source.set_power(1e-3 * 10 ** (level / 10))
        assert cavity.now["power_w"] == pytest.approx(1e-3 * 10 ** (level / 10))


@pytest.mark.parametrize("frequency_hz", [1e3, 21e9])
def test_frequencies_beyond_the_source_are_input_errors(source, frequency_hz):
    with pytest.raises(InputError, match="microwave_source cannot set mw_frequency"):
        source.set_frequency(frequency_hz)


def test_a_refusal_is_told_in_the_sources_own_words(source, driver, monkeypatch):
    monkeypatch.setattr(driver.power, "vals", None)
    with pytest.raises(InstrumentError, match=r"microwave_source refused 'mw_power = .*-222"):
        source.set_power(10.0)


def test_errors_that_others_left_behind_are_not_blamed_on_a_setting(source, driver, no_error):
    driver.write("nonsense")
    source.set_power(1e-3)
    no_error(driver)


@pytest.mark.parametrize("left", ["FREQ?", "SYST:ERR?", "OUTP?", "*OPC?"])
def test_off_is_off_although_a_reply_was_left_on_the_wire(cavity, source, driver, left):
    source.on()
    driver.write(left)  # a query that was interrupted before its reply was read
    source.off()
    assert not cavity.now["on"]
    assert not source.read().on


@pytest.mark.parametrize("message", range(1, 6))
@pytest.mark.parametrize("kind", [k for k in Kind if k not in AILMENTS])
def test_off_is_off_whatever_single_fault_strikes(cavity, source, driver, server, kind, message):
    source.on()
    driver.timeout(0.5)
    faults = Faults(message, plan={message: kind}, lateness_s=1.0)
    server.answer = faults.answer
    source.off()
    assert not cavity.now["on"]
    server.answer = answer
    assert not source.read().on


@pytest.mark.parametrize("message", range(1, 5))
@pytest.mark.parametrize("kind", [Kind.REFUSE, Kind.DROP, Kind.GARBLE, Kind.WRONG_TYPE])
def test_a_setting_is_made_or_an_error(cavity, source, driver, server, kind, message):
    driver.timeout(0.1)
    server.answer = Faults(message, plan={message: kind}).answer
    try:
        source.set_frequency(6e9)
    except InstrumentError:
        pass
    else:
        assert cavity.now["frequency_hz"] == 6e9


def test_the_dialogue_leaves_nothing_unsaid(script, connect):
    server = script(
        [
            ("*OPT?", '"520"'),
            ("*IDN?", "Keysight Technologies, N5183B, MY1, B.01.86"),
            ("*CLS", None),
            ("SOUR:POW -3.01", None),
            ("*OPC?", "1"),
            (":SYSTem:ERRor?", OK),
            ("*CLS", None),
            ("OUTP:STAT 0", None),
            ("*OPC?", "1"),
            (":SYSTem:ERRor?", OK),
            ("OUTP:STAT?", "0"),
        ]
    )
    driver = connect(KeysightN5183B, server.resource_name, "mw")
    source = open_role("microwave_source", driver)
    source.set_power(0.5e-3)
    source.off()


def test_a_source_whose_output_stays_on_is_reported(script, connect):
    again = [("*CLS", None), ("OUTP:STAT 0", None), ("*OPC?", "1"), (":SYSTem:ERRor?", OK)]
    server = script(
        [
            ("*OPT?", '"520"'),
            ("*IDN?", "Keysight Technologies, N5183B, MY1, B.01.86"),
            *[*again, ("OUTP:STAT?", "1")] * 2,
        ]
    )
    source = open_role("microwave_source", connect(KeysightN5183B, server.resource_name, "mw"))
    with pytest.raises(InstrumentError, match="its output is on after it was switched off"):
        source.off()


def test_a_dead_source_is_named_with_its_address(server, source, driver):
    address = driver.address
    driver.timeout(0.5)
    server.stop()
    with pytest.raises(InstrumentError) as caught:
        source.off()
    assert "microwave_source" in str(caught.value)
    assert address in str(caught.value)
