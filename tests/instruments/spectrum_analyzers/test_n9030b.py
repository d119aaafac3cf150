"""The spectrum analyzer: its twin on the wire, and QCoDeS' own driver, unmodified, on top of it."""

import numpy as np
import pytest
from qcodes.instrument_drivers.Keysight import KeysightN9030B

from phonosync.instruments.virtual.spectrum_analyzers.n9030b import N9030B
from phonosync.instruments.virtual.spectrum_analyzers.n9030b_trace import (
    NOISE_BANDWIDTHS,
)

OK = '+0,"No error"'


@pytest.fixture
def twin(bench):
    return N9030B(bench)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    line.do(":INIT:CONT 0;:AVER:TYPE RMS;:AVER:COUN 4;:FREQ:STAR 1 MHZ;STOP 2 MHZ;:SWE:POIN 11")
    return line


@pytest.fixture
def analyzer(server, connect):
    return connect(KeysightN9030B, server.resource_name, "analyzer")


def measured(line):
    """Frequencies and trace, in ASCII."""
    line.do(":FORM ASC")
    return np.array(line.ask(":READ:SAN1?").split(","), float).reshape(-1, 2).T


def test_it_introduces_itself_with_its_options_and_modes(line):
    assert line.ask("*IDN?").startswith("Keysight Technologies,N9030B,")
    assert "526" in line.ask("*OPT?").strip('"').split(",")
    assert line.ask(":INST:CAT?") == '"SA 1, PNOISE 14"'
    assert line.ask(":SYST:ERR?") == OK


def test_start_stop_center_and_span_belong_together(line):
    assert float(line.ask(":FREQ:CENT?")) == 1.5e6
    line.do(":FREQ:SPAN 200 kHz")
    assert [float(x) for x in line.ask(":FREQ:STAR?;STOP?").split(";")] == [1.4e6, 1.6e6]
    line.do(":FREQ:CENT 5 MHz")
    assert [float(x) for x in line.ask(":FREQ:STAR?;STOP?").split(";")] == [4.9e6, 5.1e6]


def test_a_start_above_the_stop_pushes_it_along(line):
    line.do(":FREQ:STAR 3 MHz")
    assert float(line.ask(":FREQ:STOP?")) > 3e6
    line.do(":FREQ:STOP 1 MHz")
    assert float(line.ask(":FREQ:STAR?")) < 1e6


@pytest.mark.parametrize(
    ("header", "sent", "told"),
    [
        (":BAND:TYPE", "NOISe", "NOIS"),
        (":BAND:TYPE", "IMP", "IMP"),
        (":BWID:SHAP", "FLATtop", "FLAT"),
        (":DET", "AVER", "AVER"),
        (":SENS:DET:TRAC1", "SAMP", "SAMP"),
        (":AVER:TYPE", "POWer", "RMS"),
        (":AVER:TYPE", "VIDeo", "LOG"),
        (":AVER:TYPE", "VOLT", "SCAL"),
        (":AVER", "ON", "1"),
        (":TRAC1:TYPE", "MAXHold", "MAXH"),
        (":SWE:TYPE", "SWEep", "SWE"),
        (":FORM", "REAL,32", "REAL,32"),
        (":FORM", "ASCii", "ASC,8"),
        (":FORM:BORD", "SWAPped", "SWAP"),
        (":UNIT:POW", "W", "W"),
        (":POW:ATT", "20 DB", "20"),
        (":POW:GAIN", "1", "1"),
    ],
)
def test_settings_are_told_in_their_short_form(line, header, sent, told):
    line.do(f"{header} {sent}")
    assert line.ask(f"{header}?") == told


def test_a_choice_of_sweep_type_is_manual(line):
    assert line.ask(":SWE:TYPE:AUTO?;:SWE:TYPE?") == "1;FFT"
    line.do(":SWE:TYPE SWE")
    assert line.ask(":SWE:TYPE:AUTO?") == "0"


def test_resolution_bandwidths_come_in_the_analyzers_own_steps(line):
    line.do(":BAND 2.5 kHz")
    assert float(line.ask(":BAND?")) == 2400.0
    assert float(line.ask(":BAND:VID?")) == 2400.0


def test_a_write_trace_takes_one_sweep_and_an_average_trace_its_count(bench, line):
    measured(line)
    line.do(":TRAC1:TYPE AVER")
    measured(line)
    assert [request[2] for request in bench.requests] == [1, 4]


@pytest.mark.parametrize("scale", ["RMS", "LOG", "SCAL"])
@pytest.mark.parametrize("kind", ["AVER", "MAXH", "MINH"])
def test_the_trace_combines_the_benchs_own_periodograms(bench, line, scale, kind):
    line.do(f":TRAC1:TYPE {kind};:AVER:TYPE {scale};:BAND 1 kHz")
    frequencies, trace = measured(line)
    power = bench.densities(frequencies, 4) * 1e3 * np.sqrt(np.pi / (4 * np.log(2)))
    decibels = 10 * np.log10(power / 1e-3)
    expected = {
        "MAXH": decibels.max(axis=0),
        "MINH": decibels.min(axis=0),
        "AVER": {
            "RMS": 10 * np.log10(power.mean(axis=0) / 1e-3),
            "LOG": decibels.mean(axis=0),
            "SCAL": 20 * np.log10(np.sqrt(power / 1e-3).mean(axis=0)),
        }[scale],
    }[kind]
    np.testing.assert_allclose(trace, expected, rtol=1e-7)


def test_a_bandwidth_given_as_noise_bandwidth_is_the_noise_bandwidth(bench, line):
    line.do(":BAND 1 kHz;:BAND:TYPE NOIS;:UNIT:POW W")
    frequencies, trace = measured(line)
    np.testing.assert_allclose(trace, bench.densities(frequencies, 1)[0] * 1e3, rtol=1e-7)
    assert bench.requests[-1][1] == pytest.approx(1e3 / 1.0645, rel=1e-4)


@pytest.mark.parametrize(("bits", "order"), [(64, "<"), (64, ">"), (32, "<"), (32, ">")])
def test_traces_come_as_blocks_in_the_declared_format(line, bits, order):
    frequencies, trace = measured(line)
    line.do(f":FORM REAL,{bits};:FORM:BORD {'SWAP' if order == '<' else 'NORM'}")
    pairs = line.ask_block(":FETC:SAN1?", f"{order}f{bits // 8}").reshape(-1, 2)
    np.testing.assert_allclose(pairs, np.column_stack([frequencies, trace]), rtol=1e-6)


@pytest.mark.parametrize(
    ("setting", "advice"),
    [
        (":SWE:TYPE SWE", "choose sweep type FFT"),
        (":DET POS", "SAMPle"),
        (":BAND 10 kHz;:BAND:VID 100", "video bandwidth"),
    ],
)
def test_what_is_not_simulated_is_refused_with_advice(bench, line, setting, advice):
    line.do(setting)
    line.send(":INIT:IMM")
    entry = line.ask(":SYST:ERR?")
    assert entry.startswith("-221")
    assert advice in entry
    assert bench.requests == []


def test_an_old_trace_is_not_told_for_new_settings(line):
    measured(line)
    line.do(":SWE:POIN 21")
    line.send(":FETC:SAN1?")
    assert line.error() == -230


def test_status_is_told_during_a_sweep(bench, line):
    bench.gate.clear()
    line.do("*CLS")
    line.send(":INIT:IMM;*OPC")
    assert line.ask("*ESR?;:STAT:OPER:COND?") == "0;8"
    bench.gate.set()
    assert line.ask("*OPC?;*ESR?;:STAT:OPER:COND?") == "1;1;0"


def test_abort_ends_a_sweep_that_would_last_for_ever(bench, line):
    bench.gate.clear()
    line.send(":INIT:IMM")
    assert bench.started.wait(10)
    line.do(":ABOR")
    assert line.ask("*OPC?") == "1"
    line.send(":FETC:SAN1?")
    assert line.error() == -230


def test_a_second_start_is_ignored_and_a_restart_is_not(bench, line):
    bench.gate.clear()
    line.do(":INIT:IMM")
    line.send(":INIT:IMM")
    assert line.error() == -213
    line.do(":INIT:REST")
    bench.gate.set()
    assert line.ask("*OPC?") == "1"
    assert len(measured(line)[0]) == 11


def test_a_bench_that_fails_is_reported_in_the_error_queue(bench, line):
    bench.failure = ValueError("the device has melted")
    line.send(":INIT:IMM;*WAI")
    assert "the device has melted" in line.ask(":SYST:ERR?")
    assert line.ask("*IDN?").startswith("Keysight")


def test_continuous_sweeps_need_no_start(bench, line):
    line.do(":INIT:CONT 1;:FORM ASC")
    assert len(line.ask(":FETC:SAN1?").split(",")) == 22


def test_only_the_first_trace_exists(line):
    line.send(":FETC:SAN2?")
    assert line.error() == -114


# QCoDeS' driver

ROUND_TRIPS = {
    "start": 1.25e6,
    "stop": 2.5e6,
    "center": 3e6,
    "span": 4e5,
    "npts": 501,
    "mech_attenuation": 20,
    "preamp": "FULL",
    "preamp_enabled": True,
    "res_bw": 2e3,
    "video_bw": 3e4,
    "res_bw_type": "DB6",  # the driver's NOISE would come back as the manual's NOIS
    "detector": "AVER",
    "average_type": "SCAL",
    "sweep_time": 0.25,
    "auto_sweep_time_enabled": False,
    "auto_sweep_type_enabled": False,
    "sweep_type": "fft",
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_of_qcodes_driver_survives_a_round_trip(analyzer, name, round_trip, no_error):
    round_trip(analyzer.sa.parameters[name], ROUND_TRIPS[name])
    no_error(analyzer)


MAIN_ROUND_TRIPS = {"mode": "PNOISE", "measurement": "LPL", "cont_meas": True, "auto_sweep": False}
NOISE_ROUND_TRIPS = {
    "npts": 801,
    "start_offset": 2e3,
    "stop_offset": 2e5,
    "signal_tracking_enabled": True,
}


@pytest.mark.parametrize("name", MAIN_ROUND_TRIPS)
def test_a_parameter_of_the_analyzer_itself_survives_a_round_trip(
    analyzer, name, round_trip, no_error
):
    analyzer.mode("PNOISE")
    round_trip(analyzer.parameters[name], MAIN_ROUND_TRIPS[name])
    no_error(analyzer)


@pytest.mark.parametrize("name", NOISE_ROUND_TRIPS)
def test_a_parameter_of_the_phase_noise_mode_survives_a_round_trip(
    analyzer, name, round_trip, no_error
):
    analyzer.pn.setup_log_plot_sweep(1e3, 1e6, 601)
    round_trip(analyzer.pn.parameters[name], NOISE_ROUND_TRIPS[name])
    no_error(analyzer)


def test_every_settable_parameter_of_qcodes_driver_is_tried(analyzer, settable):
    assert settable(analyzer.sa) == set(ROUND_TRIPS)
    assert settable(analyzer.pn) == set(NOISE_ROUND_TRIPS)
    assert settable(analyzer) == {*MAIN_ROUND_TRIPS, "timeout"}


def test_modes_and_measurements_are_the_drivers(analyzer, no_error):
    assert analyzer.available_modes() == ("SA", "PNOISE")
    analyzer.sa.setup_swept_sa_sweep(1e6, 2e6, 101)
    analyzer.pn.setup_log_plot_sweep(1e3, 1e5, 601)
    assert (analyzer.mode(), analyzer.measurement()) == ("PNOISE", "LPL")
    no_error(analyzer)


def test_a_snapshot_reads_everything_without_an_error(analyzer, no_error):
    analyzer.snapshot(update=True)
    no_error(analyzer)


def test_qcodes_driver_reads_the_very_numbers_of_the_bench(bench, analyzer, no_error):
    analyzer.sa.setup_swept_sa_sweep(1e6, 2e6, 1001)
    analyzer.sa.res_bw(1e3)
    trace = analyzer.sa.trace()
    noise_bandwidth = 1e3 * NOISE_BANDWIDTHS["GAUS"]
    expected = bench.densities(np.linspace(1e6, 2e6, 1001), 1)[0] * noise_bandwidth
    np.testing.assert_allclose(1e-3 * 10 ** (trace / 10), expected, rtol=1e-12)
    np.testing.assert_array_equal(analyzer.sa.freq_axis(), np.linspace(1e6, 2e6, 1001))
    no_error(analyzer)
