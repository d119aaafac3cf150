"""S-parameters both ways through the role, with either make of network analyzer."""

import numpy as np
import pytest
from qcodes.instrument_drivers.Keysight import KeysightN5222B
from qcodes.instrument_drivers.rohde_schwarz import RohdeSchwarzZNB20

from phonosync.instruments.adapters import open_role
from phonosync.instruments.analyzers.network import PnaAdapter, ZnbAdapter
from phonosync.instruments.drivers.znb_socket import ZNB20OverSocket
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import NetworkAnalyzer
from phonosync.instruments.virtual.faults import AILMENTS, Faults, Kind, listening
from phonosync.instruments.virtual.network_analyzers.n5222b import N5222B
from phonosync.instruments.virtual.network_analyzers.znb import ZNB20
from phonosync.instruments.virtual.scpi.server import answer
from phonosync.instruments.virtual.scpi.syntax import ScpiError
from phonosync.theory.errors import InputError

MAKES = {"pna": (N5222B, KeysightN5222B), "znb": (ZNB20, ZNB20OverSocket)}
FREQUENCIES = np.linspace(4.99e9, 5.01e9, 101)
SWEEP = {"points": 101, "if_bandwidth_hz": 1e3, "power_w": 1e-6}


class Bench:
    """One analyzer from the device to the role, and what was said on the wire."""

    def __init__(self, make, two_port, serve, connect):
        twin, driver = MAKES[make]
        self.twin = twin(two_port, speed_up=1e6)
        self.server = serve(self.twin)
        self.driver = connect(driver, self.server.resource_name, make)
        self.role = open_role("network_analyzer", self.driver)
        self.messages = []

    def listen(self):
        self.server.answer = listening(self.messages)

    def measure(self, **changes):
        return self.role.s_parameters(4.99e9, 5.01e9, **{**SWEEP, **changes})

    @property
    def error(self):
        return self.driver.ask("SYSTem:ERRor?").strip()


@pytest.fixture(params=MAKES)
def analyzer(request, two_port, serve, connect):
    return Bench(request.param, two_port, serve, connect)


def test_both_adapters_play_the_role(analyzer):
    assert isinstance(analyzer.role, NetworkAnalyzer)
    assert isinstance(analyzer.role, PnaAdapter | ZnbAdapter)


def test_all_four_s_parameters_are_those_of_theory(two_port, analyzer):
    s = analyzer.measure()
    np.testing.assert_array_equal(s.frequency, FREQUENCIES)
    np.testing.assert_allclose(s, two_port.s(FREQUENCIES), rtol=1e-12)
    assert s.dims == ("output_port", "input_port", "frequency")
    assert s.frequency.attrs == {"units": "Hz"}
    assert s.attrs == {
        "units": "1",
        "time_convention": "exp(-i omega t)",
        "averages": 1,
        "if_bandwidth_hz": 1e3,
        "power_w": pytest.approx(1e-6),
    }
    assert analyzer.error.endswith('0,"No error"')


def test_a_nonreciprocal_device_passes_waves_from_1_to_2_and_not_back(analyzer):
    s = analyzer.measure()
    forth, back = s.sel(output_port=2, input_port=1), s.sel(output_port=1, input_port=2)
    middle = {"frequency": 5e9, "method": "nearest"}
    assert abs(forth.sel(**middle)) == pytest.approx(1.0)
    assert abs(back.sel(**middle)) == pytest.approx(0.05)


def test_both_directions_come_from_the_same_sweeps(two_port, analyzer):
    two_port.noise = 0.1
    s = analyzer.measure(averages=6)
    assert len(two_port.requests) == 6
    np.testing.assert_allclose(
        s, two_port.s(FREQUENCIES) + np.mean(two_port.noises, axis=0), rtol=1e-9
    )
    assert s.attrs["averages"] == 6


def test_averaged_complex_numbers_lose_noise_with_the_root_of_their_number(two_port, analyzer):
    two_port.noise = 0.1
    once = analyzer.measure() - two_port.s(FREQUENCIES)
    often = analyzer.measure(averages=100) - two_port.s(FREQUENCIES)
    ratio = float((abs(once) ** 2).mean() / (abs(often) ** 2).mean())
    # 404 complex values: each mean square is good to 5 %, their ratio to 7 %.
    assert ratio == pytest.approx(100, rel=4 * 0.07)


def test_the_bench_is_asked_for_the_power_and_bandwidth_that_are_reported(two_port, analyzer):
    s = analyzer.measure(power_w=2e-6, if_bandwidth_hz=1.2e3)
    _, power_w, bandwidth_hz = two_port.requests[-1]
    assert s.attrs["power_w"] == pytest.approx(power_w)
    assert s.attrs["if_bandwidth_hz"] == bandwidth_hz
    assert power_w == pytest.approx(2e-6, rel=2e-3)  # steps of 0.01 dB


def test_the_result_does_not_depend_on_how_the_analyzer_was_left(two_port, analyzer):
    first = analyzer.measure()
    for command in (
        "SENS1:SWE:TYPE LOG",
        "SENS1:SWE:TIME 1",
        "SENS1:AVER:COUN 9",
        "SENS1:AVER ON",
        "SENS1:AVER:MODE POIN" if isinstance(analyzer.role, PnaAdapter) else "SENS1:AVER:MODE FLAT",
        "FORM REAL,32",
        "FORM:BORD SWAP",
        "SENS1:FREQ:STAR 9 GHZ",
        "CALC1:FORM PHAS",
        "nonsense",
    ):
        analyzer.driver.write(command)
    second = analyzer.measure()
    np.testing.assert_array_equal(first, second)
    assert first.attrs == second.attrs


def test_a_pna_whose_ports_were_uncoupled_is_coupled_again(two_port, serve, connect):
    analyzer = Bench("pna", two_port, serve, connect)
    for command in ("SOUR:POW:COUP OFF", "SOUR:POW2 10", "TRIG:SOUR EXT"):
        analyzer.driver.write(command)
    analyzer.measure()
    np.testing.assert_allclose([power for _, power, _ in two_port.requests], [1e-6])


def test_traces_of_ours_that_measure_something_else_are_set_right(two_port, analyzer):
    analyzer.measure()
    if isinstance(analyzer.role, PnaAdapter):
        analyzer.driver.write("CALC1:PAR:SEL 'phonosync_S12';:CALC1:PAR:MOD:EXT 'S21'")
    else:
        analyzer.driver.write("CALC1:PAR:MEAS 'phonosync_S12','S21'")
    np.testing.assert_allclose(analyzer.measure(), two_port.s(FREQUENCIES), rtol=1e-12)


def test_the_source_is_on_during_the_sweep_only(two_port, analyzer):
    seen = []
    sweep = two_port.s_parameters

    def watched(*arguments, **keywords):
        seen.append(analyzer.twin.state["output"])
        return sweep(*arguments, **keywords)

    two_port.s_parameters = watched
    analyzer.measure()
    assert seen == [True]
    assert not analyzer.twin.state["output"]


def test_qcodes_own_traces_work_as_before_after_a_measurement(two_port, analyzer):
    analyzer.measure()
    analyzer.driver.write("OUTPut ON")
    expected = two_port.s(FREQUENCIES)
    if isinstance(analyzer.role, PnaAdapter):
        trace = analyzer.driver.traces[0]
        np.testing.assert_allclose(trace.polar(), expected[0, 0].conj(), atol=1e-6)
    else:
        analyzer.driver.S11.update_lin_traces()
        magnitude, _ = analyzer.driver.S11.trace_mag_phase()
        np.testing.assert_allclose(magnitude, abs(expected[0, 0]), atol=1e-9)
    assert analyzer.error.endswith('0,"No error"')


# What goes wrong


@pytest.mark.parametrize(
    "change", [{"points": 1}, {"averages": 0}, {"power_w": 0.0}, {"power_w": -1e-3}]
)
def test_a_sweep_that_is_none_is_an_input_error(two_port, analyzer, change):
    with pytest.raises(InputError):
        analyzer.measure(**change)
    assert two_port.requests == []


def test_a_sweep_that_runs_backwards_is_an_input_error(analyzer):
    with pytest.raises(InputError, match="start must lie below stop"):
        analyzer.role.s_parameters(5.01e9, 4.99e9, **SWEEP)


@pytest.mark.parametrize("change", [{"points": 200000}, {"power_w": 10.0}, {"averages": 10**6}])
def test_settings_beyond_the_analyzer_are_refused_in_its_own_words(two_port, analyzer, change):
    with pytest.raises(InstrumentError, match=r"network_analyzer refused .*-222"):
        analyzer.measure(**change)
    assert two_port.requests == []
    assert not analyzer.twin.state["output"]


def test_frequencies_beyond_the_analyzer_are_refused_in_its_own_words(two_port, analyzer):
    with pytest.raises(InstrumentError, match="-222"):
        analyzer.role.s_parameters(1e9, 50e9, **SWEEP)
    assert two_port.requests == []


def test_a_failing_sweep_says_why(two_port, analyzer):
    two_port.failure = RuntimeError("no device")
    with pytest.raises(InstrumentError, match="no device"):
        analyzer.measure()


def test_an_overloaded_receiver_is_refused(two_port, analyzer):
    two_port.gain = 1e3
    with pytest.raises(InstrumentError, match="overload"):
        analyzer.measure(power_w=1e-4)
    assert not analyzer.twin.state["output"]
    two_port.gain = 1.0
    analyzer.measure(power_w=1e-4)


def test_an_unlevelled_source_is_refused(two_port, analyzer):
    sweep = two_port.s_parameters

    def unlevelled(*arguments, **keywords):
        analyzer.twin.hardware |= 4
        return sweep(*arguments, **keywords)

    two_port.s_parameters = unlevelled
    with pytest.raises(InstrumentError, match="the source is not levelled"):
        analyzer.measure()


@pytest.mark.parametrize("broken", [np.nan, np.inf, 9.91e37])
def test_a_trace_with_holes_is_an_error(two_port, analyzer, broken):
    two_port.broken = {(1, 2, 3): broken}
    analyzer.twin.receiver_limit_w = np.inf
    with pytest.raises(InstrumentError, match="1 values that are no numbers"):
        analyzer.measure()


def test_without_a_trace_the_source_is_silent_all_the_same(analyzer, monkeypatch):
    def lost(number):
        raise ScpiError(-230, "the sweep is lost")

    monkeypatch.setattr(analyzer.twin, "data", lost)
    analyzer.driver.timeout(0.3)
    with pytest.raises(InstrumentError, match="network_analyzer"):
        analyzer.measure()
    assert analyzer.driver.ask("*OPC?").strip() == "1"
    assert not analyzer.twin.state["output"]


def test_a_sweep_that_never_ends_is_given_up_and_aborted(two_port, analyzer):
    two_port.gate.clear()
    analyzer.role.overtime_s = -1e6  # as if two announced sweep times had long passed
    with pytest.raises(InstrumentError, match="did not finish its sweeps"):
        analyzer.measure()
    assert not analyzer.twin.busy
    assert not analyzer.twin.state["output"]


def test_the_longest_wait_grows_with_what_the_analyzer_announces(two_port, analyzer):
    analyzer.listen()
    analyzer.measure(if_bandwidth_hz=10.0, averages=3)
    once = next(i for i, m in enumerate(analyzer.messages) if m == "SENSe1:SWEep:TIME?")
    assert any("*OPC" in message for message in analyzer.messages[once:])
    assert float(analyzer.driver.ask("SENSe1:SWEep:TIME?")) > 101 / 10.0


def test_an_interrupted_sweep_is_aborted_and_the_source_silent(two_port, analyzer, monkeypatch):
    two_port.gate.clear()
    ask = analyzer.driver.ask

    def interrupted(query):
        if query == "*ESR?":
            analyzer.driver.write("*IDN?")  # leaves a reply on the wire
            raise KeyboardInterrupt
        return ask(query)

    monkeypatch.setattr(analyzer.driver, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        analyzer.measure()
    monkeypatch.undo()
    two_port.gate.set()
    assert ask("*OPC?").strip() == "1"
    assert not analyzer.twin.busy
    assert not analyzer.twin.state["output"]
    np.testing.assert_allclose(analyzer.measure(), two_port.s(FREQUENCIES), rtol=1e-12)


def test_a_dead_analyzer_is_named_with_its_address(analyzer):
    analyzer.driver.timeout(0.5)
    analyzer.server.stop()
    with pytest.raises(InstrumentError) as caught:
        analyzer.measure()
    for part in ("network_analyzer", analyzer.driver.address, "Check its power, its cable"):
        assert part in str(caught.value)


def test_an_analyzer_that_dies_in_the_middle_of_a_sweep_is_noticed(two_port, analyzer):
    analyzer.driver.timeout(0.5)

    def dying(instrument, message):
        if message == "*ESR?":
            raise ConnectionError("pulled out")
        return answer(instrument, message)

    analyzer.server.answer = dying
    with pytest.raises(InstrumentError, match="does not answer to"):
        analyzer.measure()


@pytest.mark.parametrize("kind", [k for k in Kind if k not in AILMENTS])
def test_whatever_happens_on_the_wire_a_measurement_is_right_or_an_error(two_port, analyzer, kind):
    expected = two_port.s(FREQUENCIES)
    analyzer.measure()
    analyzer.driver.timeout(0.2)
    rng = np.random.default_rng(11)
    for message in rng.choice(np.arange(1, 34), size=5, replace=False):
        faults = Faults(int(message), plan={int(message): kind}, lateness_s=0.6)
        analyzer.server.answer = faults.answer
        try:
            np.testing.assert_allclose(analyzer.measure(), expected, rtol=1e-12)
        except InstrumentError:
            assert not analyzer.twin.state["output"]
        analyzer.server.answer = answer
        np.testing.assert_allclose(analyzer.measure(), expected, rtol=1e-12)


# What is said


DIALOGUE = {
    "pna": [
        "*CLS",
        "SENSe1:SWEep:MODE HOLD",
        "TRIGger:SOURce IMMediate",
        "SENSe1:AVERage:MODE SWEEP",
        "SOURce1:POWer:COUPle ON",
        "SENSe1:SWEep:TYPE LINear",
        "SENSe1:SWEep:POINts 101",
        "SENSe1:FREQuency:STARt 4990000000.0",
        "SENSe1:FREQuency:STOP 5010000000.0",
        "SENSe1:BANDwidth 1000.0",
        "SENSe1:SWEep:TIME:AUTO ON",
        "SENSe1:AVERage:COUNt 2",
        "SENSe1:AVERage:STATe 1",
        "SOURce1:POWer -30.00",
        "SYSTem:ERRor?",
        "SENSe1:SWEep:TIME?",
        "OUTPut:STATe 1",
        "SENSe1:AVERage:CLEar;:SENSe1:SWEep:GROups:COUNt 2;:SENSe1:SWEep:MODE GRO;*OPC",
        "SYSTem:ERRor?",
        "SYSTem:ERRor?",
        "STATus:QUEStionable:INTegrity:HARDware?",
        "FORMat:DATA REAL,64;:FORMat:BORDer SWAPped",
        "CALCulate1:X?",
        "CALCulate1:PARameter:SELect 'phonosync_S11';:CALCulate1:DATA? SDATA",
        "CALCulate1:PARameter:SELect 'phonosync_S12';:CALCulate1:DATA? SDATA",
        "CALCulate1:PARameter:SELect 'phonosync_S21';:CALCulate1:DATA? SDATA",
        "CALCulate1:PARameter:SELect 'phonosync_S22';:CALCulate1:DATA? SDATA",
        "FORMat:DATA REAL,32;:FORMat:BORDer NORMal",
        "OUTPut:STATe 0",
        "SYSTem:ERRor?",
        "SOURce1:POWer?",
        "SENSe1:BANDwidth?",
    ],
    "znb": [
        "*CLS",
        "INITiate:CONTinuous:ALL OFF",
        "TRIGger1:SEQuence:SOURce IMMediate",
        "SENSe1:AVERage:MODE REDuce",
        "SENSe1:SWEep:TYPE LINear",
        "SENSe1:SWEep:POINts 101",
        "SENSe1:FREQuency:STARt 4990000000.0",
        "SENSe1:FREQuency:STOP 5010000000.0",
        "SENSe1:BANDwidth 1000.0",
        "SENSe1:SWEep:TIME:AUTO ON",
        "SENSe1:AVERage:COUNt 2",
        "SENSe1:AVERage:STATe 1",
        "SOURce1:POWer -30.00",
        "SYSTem:ERRor?",
        "SENSe1:SWEep:TIME?",
        "OUTPut1 1",
        "SENSe1:AVERage:CLEar;:SENSe1:SWEep:COUNt 2;:INITiate1:IMMediate;*OPC",
        "SYSTem:ERRor?",
        "SYSTem:ERRor?",
        "STATus:QUEStionable:INTegrity:HARDware?",
        "FORMat:DATA REAL,64;:FORMat:BORDer SWAPped",
        "CALCulate1:DATA:STIMulus?",
        "CALCulate1:DATA:TRACe? 'phonosync_S11',SDATa",
        "CALCulate1:DATA:TRACe? 'phonosync_S12',SDATa",
        "CALCulate1:DATA:TRACe? 'phonosync_S21',SDATa",
        "CALCulate1:DATA:TRACe? 'phonosync_S22',SDATa",
        "FORMat:DATA ASCii",
        "OUTPut1 0",
        "SYSTem:ERRor?",
        "SOURce1:POWer?",
        "SENSe1:BANDwidth?",
    ],
}
CATALOGS = ("CALCulate1:PARameter:CATalog", "DISPlay:WINDow1:TRACe:NEXT?")


@pytest.mark.parametrize("make", MAKES)
def test_a_measurement_is_exactly_this_dialogue(make, two_port, serve, connect):
    analyzer = Bench(make, two_port, serve, connect)
    analyzer.measure()  # makes the traces
    analyzer.listen()
    analyzer.measure(averages=2)
    heard = [m for m in analyzer.messages if m != "*ESR?" and not m.startswith(CATALOGS)]
    assert heard == DIALOGUE[make]
    assert analyzer.error.endswith('0,"No error"')


def test_qcodes_own_znb_driver_with_a_terminator_is_enough_for_the_role(two_port, serve):
    driver = RohdeSchwarzZNB20(
        "plain",
        serve(ZNB20(two_port, speed_up=1e6)).resource_name,
        visalib="@py",
        device_clear=False,
        terminator="\n",
    )
    try:
        s = open_role("network_analyzer", driver).s_parameters(4.99e9, 5.01e9, **SWEEP)
    finally:
        driver.close()
    np.testing.assert_allclose(s, two_port.s(FREQUENCIES), rtol=1e-12)
