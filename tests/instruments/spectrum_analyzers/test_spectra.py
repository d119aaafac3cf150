"""Power spectral densities through the analyzer's role."""

import numpy as np
import pytest

from phonosync.instruments.analyzers.spectrum import GAUSSIAN_NOISE_BANDWIDTH
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.virtual.faults import listening
from phonosync.theory.errors import InputError

SPECTRUM = {"points": 101, "rbw_hz": 1e3, "averages": 5}


def test_a_spectrum_is_the_mean_of_the_benchs_periodograms_in_watt_per_hertz(bench, roles, opened):
    spectrum = roles["spectrum_analyzer"].psd(1e6, 2e6, points=1001, rbw_hz=2e3, averages=50)
    frequencies = np.linspace(1e6, 2e6, 1001)
    np.testing.assert_array_equal(spectrum.frequency, frequencies)
    np.testing.assert_allclose(spectrum, bench.densities(frequencies, 50).mean(axis=0), rtol=1e-12)
    assert spectrum.dims == ("frequency",)
    assert spectrum.attrs == {
        "units": "W/Hz",
        "averages": 50,
        "resolution_bandwidth_hz": 2e3,
        "noise_bandwidth_hz": pytest.approx(1.0645 * 2e3, rel=1e-4),
        "window": "gaussian",
        "detector": "sample",
        "averaging": "rms",
    }
    (_, bandwidth, averages, window) = bench.requests[-1]
    assert (bandwidth, averages, window) == (2e3, 50, "gaussian")
    assert opened["spectrum_analyzer"].ask(":SYSTem:ERRor?").startswith("+0,")


def test_a_spectrum_does_not_depend_on_how_the_analyzer_was_left(bench, roles, opened):
    analyzer = opened["spectrum_analyzer"]
    first = roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)
    analyzer.mode("PNOISE")
    analyzer.cont_meas(True)
    for command in (
        ":UNIT:POW V",
        ":SWE:TYPE SWE",
        ":BAND:SHAP FLAT;TYPE IMP",
        ":BAND:VID 1",
        ":DET POS",
        ":AVER:TYPE LOG",
        ":FREQ:STAR 20 MHZ",
        "nonsense",
    ):
        analyzer.write(command)
    second = roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)
    np.testing.assert_array_equal(first, second)
    assert first.attrs == second.attrs


def test_the_spectrum_states_the_bandwidth_that_the_analyzer_really_used(roles):
    spectrum = roles["spectrum_analyzer"].psd(1e6, 2e6, points=11, rbw_hz=2.5e3, averages=1)
    assert spectrum.attrs["resolution_bandwidth_hz"] == 2400.0
    assert spectrum.attrs["noise_bandwidth_hz"] == 2400.0 * GAUSSIAN_NOISE_BANDWIDTH


def test_a_dark_input_gives_a_finite_spectrum(bench, roles):
    bench.densities = lambda frequencies_hz, averages: np.zeros((averages, len(frequencies_hz)))
    spectrum = roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)
    assert np.isfinite(spectrum).all()
    assert float(spectrum.max()) < 1e-25


@pytest.mark.parametrize(
    "change", [{"points": 30000}, {"rbw_hz": 1e9}, {"rbw_hz": 0.0}, {"points": 0}]
)
def test_a_spectrum_beyond_the_analyzer_is_an_input_error(roles, change):
    with pytest.raises(InputError, match="spectrum_analyzer cannot set"):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **{**SPECTRUM, **change})


def test_averages_beyond_the_analyzer_are_refused_in_its_own_words(roles):
    with pytest.raises(InstrumentError, match="-222"):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **{**SPECTRUM, "averages": 10**6})


def test_a_failing_measurement_says_why(bench, roles):
    bench.failure = RuntimeError("no light")
    with pytest.raises(InstrumentError, match=r"spectrum_analyzer refused ':INIT.*no light"):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_trace_with_holes_is_an_error(bench, roles, broken):
    whole = bench.densities

    def holed(frequencies_hz, averages):
        densities = whole(frequencies_hz, averages)
        densities[:, 3] = broken
        return densities

    bench.densities = holed
    with pytest.raises(InstrumentError, match="1 values that are no numbers"):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)


def test_a_trace_of_the_wrong_length_is_an_error(roles, opened, monkeypatch):
    monkeypatch.setattr(opened["spectrum_analyzer"].sa.trace, "get_data", lambda n: np.zeros(7))
    with pytest.raises(InstrumentError):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)


def test_a_sweep_that_never_ends_is_given_up_and_aborted(lab, bench, roles, opened):
    bench.gate.clear()
    roles["spectrum_analyzer"].sweep_timeout_s = 0.05
    with pytest.raises(InstrumentError, match=r"did not finish.*0\.05 s.*fewer averages"):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)
    assert opened["spectrum_analyzer"].ask("*OPC?") == "1"
    assert not lab.servers["spectrum_analyzer"].instrument.busy


def test_an_interrupted_sweep_is_aborted(lab, bench, roles, opened, monkeypatch):
    bench.gate.clear()
    ask = opened["spectrum_analyzer"].ask

    def interrupted(query):
        if query == "*ESR?":
            raise KeyboardInterrupt
        return ask(query)

    monkeypatch.setattr(opened["spectrum_analyzer"], "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)
    assert ask("*OPC?") == "1"
    assert not lab.servers["spectrum_analyzer"].instrument.busy


DIALOGUE = [
    "*CLS",
    ":INSTrument:SELect SA",
    ":CONFigure:SAN",
    ":INITiate:CONTinuous 0",
    ":UNIT:POWer DBM",
    ":SENSe:FREQuency:STARt 1000000.0",
    ":SENSe:FREQuency:STARt?",
    ":SENSe:FREQuency:STOP?",
    ":SENSe:FREQuency:SPAN?",
    ":SENSe:FREQuency:CENTer?",
    ":SENSe:FREQuency:STOP 2000000.0",
    ":SENSe:FREQuency:STARt?",
    ":SENSe:FREQuency:STOP?",
    ":SENSe:FREQuency:SPAN?",
    ":SENSe:FREQuency:CENTer?",
    ":SENSe:SWEep:POINts 101",
    ":SENSe:SWEep:TYPE FFT",
    ":SENS:BAND:TYPE DB3",
    ":SENSe:BANDwidth:SHAPe GAUSsian",
    ":SENS:BAND:RES 1000.0",
    ":SENS:BAND:VID 10000.0",
    ":SENS:DET:TRAC SAMP",
    ":SENS:AVER:TYPE RMS",
    ":TRACe1:TYPE AVERage",
    ":SENSe:AVERage:COUNt 5",
    ":SYSTem:ERRor?",
    ":SENSe:AVERage:COUNt?",
    ":SENS:BAND:RES?",
    ":SENSe:FREQuency:STARt?",
    ":SENSe:FREQuency:STOP?",
    ":SENSe:SWEep:POINts?",
    ":INITiate:IMMediate;*OPC",
    ":SYSTem:ERRor?",
    ":SYSTem:ERRor?",
    ":CONFigure?",
    ":FETC:SAN1?",
    ":SYSTem:ERRor?",
]


def test_a_spectrum_is_exactly_this_dialogue(lab, roles, opened):
    heard = []
    lab.servers["spectrum_analyzer"].answer = listening(heard)
    roles["spectrum_analyzer"].psd(1e6, 2e6, **SPECTRUM)
    assert [message for message in heard if message != "*ESR?"] == DIALOGUE
    assert opened["spectrum_analyzer"].ask(":SYSTem:ERRor?") == '+0,"No error"'
