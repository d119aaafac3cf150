"""The R&S analyzer: its twin on the wire, its driver, and the role it plays."""

import numpy as np
import pytest

from phonosync.instruments.adapters import open_role
from phonosync.instruments.analyzers.spectrum import GAUSSIAN_NOISE_BANDWIDTH
from phonosync.instruments.drivers.rohde_schwarz_fsw import RohdeSchwarzFSW
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import SpectrumAnalyzer
from phonosync.instruments.virtual.spectrum_analyzers.fsw import FSW
from phonosync.theory.errors import InputError

OK = '0,"No error"'
FAST = 1e6
SPECTRUM = {"points": 101, "rbw_hz": 1e3, "averages": 5}
READY = ":INIT:CONT 0;:SWE:TYPE FFT;:DET SAMP;:FREQ:STAR 1 MHZ;STOP 2 MHZ;:SWE:POIN 101"


@pytest.fixture
def twin(bench):
    return FSW(bench, speed_up=FAST)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    line.do(READY)
    return line


@pytest.fixture
def analyzer(server, connect):
    return connect(RohdeSchwarzFSW, server.resource_name, "analyzer")


@pytest.fixture
def role(analyzer):
    return open_role("spectrum_analyzer", analyzer)


# The twin


def test_it_introduces_itself(line):
    assert line.ask("*IDN?").startswith("Rohde&Schwarz,FSW-26,")
    assert line.ask(":SYST:ERR?") == OK


@pytest.mark.parametrize(
    ("header", "sent", "told"),
    [
        (":FREQ:CENT", "5 MHz", "5000000"),
        (":BAND", "2.4 kHz", "2000"),
        (":BAND:TYPE", "CFILter", "CFIL"),
        (":BAND:VID", "30 kHz", "30000"),
        (":SWE:COUN", "10", "10"),
        (":SWE:TYPE", "AUTO", "AUTO"),
        (":DET", "RMS", "RMS"),
        (":DISP:WIND:TRAC1:MODE", "AVERage", "AVER"),
        (":DISP:TRAC:MODE", "MAXH", "MAXH"),
        (":AVER:TYPE", "POWer", "POW"),
        (":FORM", "REAL,32", "REAL,32"),
        (":FORM", "ASCii", "ASC"),
        (":UNIT:POW", "W", "W"),
        (":INP:ATT", "20 DB", "20"),
        (":INST:SEL", "SAN", "SAN"),
    ],
)
def test_settings_are_told_in_their_short_form(line, header, sent, told):
    line.do(f"{header} {sent}")
    assert line.ask(f"{header}?") == told


def test_the_count_of_sweeps_and_of_averages_is_one_setting(line):
    line.do(":AVER:COUN 25")
    assert line.ask(":SWE:COUN?") == "25"


def test_a_chosen_detector_is_no_longer_automatic(line):
    line.do("*RST")
    assert line.ask(":DET:AUTO?") == "1"
    line.do(":DET SAMP")
    assert line.ask(":DET:AUTO?") == "0"


@pytest.mark.parametrize("scale", ["POW", "LIN", "VID"])
@pytest.mark.parametrize("kind", ["AVER", "MAXH", "MINH", "WRIT"])
def test_the_trace_combines_the_benchs_own_periodograms(bench, line, scale, kind):
    line.do(f":DISP:TRAC:MODE {kind};:AVER:TYPE {scale};:BAND 1 kHz;:SWE:COUN 4;:INIT;*WAI")
    trace = np.array(line.ask(":TRAC? TRACE1").split(","), float)
    frequencies = np.array(line.ask(":TRAC:X? TRACE1").split(","), float)
    np.testing.assert_allclose(frequencies, np.linspace(1e6, 2e6, 101))
    power = bench.densities(frequencies, 4) * 1e3 * np.sqrt(np.pi / (4 * np.log(2)))
    decibels = 10 * np.log10(power / 1e-3)
    expected = {
        "MAXH": decibels.max(axis=0),
        "MINH": decibels.min(axis=0),
        "WRIT": decibels[-1],
        "AVER": {
            "POW": 10 * np.log10(power.mean(axis=0) / 1e-3),
            "VID": decibels.mean(axis=0),
            "LIN": 20 * np.log10(np.sqrt(power / 1e-3).mean(axis=0)),
        }[scale],
    }[kind]
    np.testing.assert_allclose(trace, expected, rtol=1e-7)
    assert line.ask(":SWE:COUN:CURR?") == "4"


def test_binary_traces_are_little_endian_numbers_of_32_bit(line):
    line.do(":INIT;*WAI")
    text = np.array(line.ask(":TRAC? TRACE1").split(","), float)
    line.do(":FORM REAL,32")
    np.testing.assert_allclose(line.ask_block(":TRACe1:DATA? TRACE1", "<f4"), text, rtol=1e-6)


def test_status_is_told_during_a_sweep(bench, line):
    bench.gate.clear()
    line.do("*CLS")
    line.send(":INIT:IMM;*OPC")
    assert line.ask("*ESR?;:SWE:COUN:CURR?") == "0;0"
    bench.gate.set()
    assert line.ask("*OPC?;*ESR?;:SWE:COUN:CURR?") == "1;1;1"


def test_a_sweep_takes_the_time_of_its_ffts(bench, serve, talk):
    line = talk(serve(FSW(bench, speed_up=1e-3)))  # two thousand seconds: nobody waits for them
    line.do(f"{READY};:BAND 1 kHz;*CLS")
    line.send(":INIT;*OPC")
    assert bench.started.wait(10)
    assert line.ask("*ESR?") == "0"
    line.do(":ABOR")
    assert line.ask("*ESR?") == "1"
    line.send(":TRAC? TRACE1")
    assert line.error() == -230


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        (":SWE:TYPE SWE", "choose SWEep:TYPE FFT"),
        (":DET APE", "SAMPle"),
        (":BAND:TYPE CFIL", "NORMal"),
        (":BAND 10 kHz;:BAND:VID 100", "video bandwidth"),
        (":INST:SEL IQ", "SANalyzer"),
    ],
)
def test_what_is_not_simulated_is_refused_with_advice(bench, line, setting, advice):
    line.do(setting)
    line.send(":INIT:IMM")
    assert advice in line.ask(":SYST:ERR?")
    assert bench.requests == []


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (":FREQ:STOP 30 GHZ", -222),
        (":SWE:POIN 100", -222),
        (":FORM REAL,64", -222),
        (":TRAC2? TRACE1", -114),
        (":TRAC? TRACE2", -114),
        (":TRAC? TRACE9", -224),
        (":TRAC? TRACE1", -230),
    ],
)
def test_what_it_cannot_do_is_refused(line, message, error):
    line.send(message)
    assert line.error() == error


# The driver

ROUND_TRIPS = {
    "start": 1.25e6,
    "stop": 2.5e6,
    "center": 3e6,
    "span": 4e5,
    "points": 501,
    "res_bw": 2e3,
    "video_bw": 3e4,
    "filter_type": "RRC",
    "sweep_type": "FFT",
    "sweep_count": 17,
    "detector": "RMS",
    "trace_mode": "MINH",
    "average_type": "LIN",
    "unit": "V",
    "attenuation": 20.0,
    "preamp": True,
    "continuous": False,
    "mode": "IQ",
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_survives_a_round_trip(analyzer, name, round_trip, no_error):
    round_trip(analyzer.parameters[name], ROUND_TRIPS[name])
    no_error(analyzer)


def test_every_settable_parameter_is_tried(analyzer, settable):
    assert settable(analyzer) == {*ROUND_TRIPS, "timeout"}


def test_a_snapshot_reads_everything_without_an_error(analyzer, no_error):
    values = analyzer.snapshot(update=True)["parameters"]
    assert values["IDN"]["value"]["model"] == "FSW-26"
    no_error(analyzer)


def test_a_trace_comes_with_its_frequencies(bench, analyzer):
    analyzer.write(READY)
    analyzer.res_bw(1e3)
    analyzer.initiate()
    assert analyzer.ask("*OPC?") == "1"
    analyzer.write(":FORMat ASCii")  # as somebody at the front panel may
    trace = analyzer.trace()
    np.testing.assert_array_equal(analyzer.frequencies(), np.linspace(1e6, 2e6, 101))
    expected = bench.densities(analyzer.frequencies(), 1)[0] * 1e3 * GAUSSIAN_NOISE_BANDWIDTH
    np.testing.assert_allclose(1e-3 * 10 ** (trace / 10), expected, rtol=1e-5)
    assert (analyzer.sweeps_done(), analyzer.ask(":SYST:ERR?")) == (1, OK)


def test_a_refusal_names_analyzer_command_and_reason(analyzer):
    with pytest.raises(InstrumentError, match=r"analyzer refused ':SENSe:SWEep:POINts 7'.*-222"):
        analyzer.write_checked(":SENSe:SWEep:POINts 7")


CHECK = (":SYSTem:ERRor?", OK)


def test_the_dialogue_is_the_one_of_the_manual(script, connect):
    server = script(
        [
            (":FORMat REAL,32", None),
            CHECK,
            ("*IDN?", "Rohde&Schwarz,FSW-26,1312.8000K26/100001,4.71"),
            (":SENSe:FREQuency:STARt 1000000.000000000", None),
            CHECK,
            (":SENSe:SWEep:COUNt 8", None),
            CHECK,
            (":DISPlay:WINDow1:TRACe1:MODE AVER", None),
            CHECK,
            (":SENSe:AVERage:TYPE POW", None),
            CHECK,
            (":SENSe:DETector1:FUNCtion SAMP", None),
            CHECK,
            (":INITiate:CONTinuous 0", None),
            CHECK,
            (":INITiate:IMMediate;*OPC", None),
            (":ABORt", None),
            ("*OPC?", "1"),  # keeps step with the last commands
        ]
    )
    analyzer = connect(RohdeSchwarzFSW, server.resource_name, "analyzer")
    analyzer.start(1e6)
    analyzer.sweep_count(8)
    analyzer.trace_mode("AVER")
    analyzer.average_type("POW")
    analyzer.detector("SAMP")
    analyzer.continuous(False)
    analyzer.initiate()
    analyzer.abort()
    assert analyzer.ask("*OPC?") == "1"


# The role


def test_a_spectrum_is_the_mean_of_the_benchs_periodograms_in_watt_per_hertz(
    bench, role, analyzer, no_error
):
    assert isinstance(role, SpectrumAnalyzer)
    spectrum = role.psd(1e6, 2e6, points=1001, rbw_hz=2e3, averages=50)
    frequencies = np.linspace(1e6, 2e6, 1001)
    np.testing.assert_array_equal(spectrum.frequency, frequencies)
    expected = bench.densities(frequencies, 50).mean(axis=0)
    np.testing.assert_allclose(spectrum, expected, rtol=2e-6)  # 32 bit of dBm
    assert spectrum.attrs == {
        "units": "W/Hz",
        "averages": 50,
        "resolution_bandwidth_hz": 2e3,
        "noise_bandwidth_hz": pytest.approx(1.0645 * 2e3, rel=1e-4),
        "window": "gaussian",
        "detector": "sample",
        "averaging": "rms",
    }
    assert bench.requests[-1][1:] == (2e3, 50, "gaussian")
    no_error(analyzer)


def test_a_spectrum_does_not_depend_on_how_the_analyzer_was_left(role, analyzer):
    first = role.psd(1e6, 2e6, **SPECTRUM)
    for command in (
        ":INST:SEL IQ",
        ":UNIT:POW V",
        ":SWE:TYPE SWE",
        ":BAND:TYPE RRC",
        ":BAND:VID 1",
        ":DET POS",
        ":AVER:TYPE VID",
        ":DISP:TRAC:MODE MAXH",
        ":FREQ:STAR 20 MHZ",
        ":FORM ASC",
        ":INIT:CONT ON",
        "nonsense",
    ):
        analyzer.write(command)
    second = role.psd(1e6, 2e6, **SPECTRUM)
    np.testing.assert_array_equal(first, second)
    assert first.attrs == second.attrs


@pytest.mark.parametrize(
    "change", [{"points": 7}, {"rbw_hz": 1e9}, {"rbw_hz": 0.0}, {"averages": 10**6}]
)
def test_a_spectrum_beyond_the_analyzer_is_an_input_error(role, change):
    with pytest.raises(InputError, match="spectrum_analyzer cannot set"):
        role.psd(1e6, 2e6, **{**SPECTRUM, **change})


def test_a_failing_measurement_says_why(bench, role):
    bench.failure = RuntimeError("no light")
    with pytest.raises(InstrumentError, match=r"spectrum_analyzer refused ':INIT.*no light"):
        role.psd(1e6, 2e6, **SPECTRUM)


def test_a_trace_with_holes_is_an_error(bench, role):
    whole = bench.densities

    def holed(frequencies_hz, averages):
        densities = whole(frequencies_hz, averages)
        densities[:, 3] = np.nan
        return densities

    bench.densities = holed
    with pytest.raises(InstrumentError, match="1 values that are no numbers"):
        role.psd(1e6, 2e6, **SPECTRUM)


def test_a_sweep_that_never_ends_is_given_up_and_aborted(bench, twin, role, analyzer):
    bench.gate.clear()
    role.sweep_timeout_s = 0.05
    with pytest.raises(InstrumentError, match=r"did not finish.*0\.05 s.*fewer averages"):
        role.psd(1e6, 2e6, **SPECTRUM)
    assert analyzer.ask("*OPC?") == "1"
    assert not twin.busy
