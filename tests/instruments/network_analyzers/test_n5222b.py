"""The PNA: its twin on the wire, and QCoDeS' own driver, unmodified, on top of it."""

import numpy as np
import pytest
from qcodes.instrument_drivers.Keysight import KeysightN5222B

from phonosync.instruments.virtual.network_analyzers.n5222b import N5222B

OK = '+0,"No error"'
FAST = 1e6


@pytest.fixture
def twin(two_port):
    return N5222B(two_port, speed_up=FAST)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    line.do("SENS:SWE:MODE HOLD;:SENS:FREQ:STAR 4.99 GHZ;STOP 5.01 GHZ;:SENS:SWE:POIN 11")
    return line


@pytest.fixture
def analyzer(server, connect):
    return connect(KeysightN5222B, server.resource_name, "pna")


def trace(line, kind="FDATA"):
    return np.array(line.ask(f"CALC:DATA? {kind}").split(","), float)


def swept(line, parameter="S11", kind="SDATA"):
    """Sweep once and read one S-parameter as the wire has it."""
    line.do(f"CALC:PAR:MOD:EXT '{parameter}';:SENS:SWE:MODE SING")
    numbers = trace(line, kind)
    return numbers[::2] + 1j * numbers[1::2] if kind == "SDATA" else numbers


# The twin


def test_it_introduces_itself_with_its_options_and_its_preset_trace(line):
    assert line.ask("*IDN?").startswith("Keysight Technologies,N5222B,")
    assert line.ask("*OPT?") == '"419"'
    assert line.ask("CALC:PAR:CAT:EXT?") == '"CH1_S11_1,S11"'
    assert line.ask("SYST:ERR?") == OK


@pytest.mark.parametrize("parameter", ["S11", "S12", "S21", "S22"])
def test_a_trace_is_the_conjugate_of_the_benchs_own_s_parameter(two_port, line, parameter):
    output, source = (int(port) - 1 for port in parameter[1:])
    expected = two_port.s(np.linspace(4.99e9, 5.01e9, 11))[output, source]
    np.testing.assert_allclose(swept(line, parameter), expected.conj(), rtol=1e-11)


def test_a_line_behind_the_device_delays_the_phase_of_s21_downwards(line):
    # Between two points 2 MHz apart 1 ns turns the phase by 2π · 0.002, clockwise in exp(+iωt).
    s = swept(line, "S21")
    far = np.angle(s[1] / s[0])  # off resonance the line adds little
    assert -0.2 < far < 0


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("MLOG", lambda s, f: 20 * np.log10(np.abs(s))),
        ("MLIN", lambda s, f: np.abs(s)),
        ("PHAS", lambda s, f: np.degrees(np.angle(s))),
        ("UPH", lambda s, f: np.degrees(np.unwrap(np.angle(s)))),
        ("REAL", lambda s, f: s.real),
        ("IMAG", lambda s, f: s.imag),
        ("POL", lambda s, f: np.column_stack([s.real, s.imag]).ravel()),
        ("SWR", lambda s, f: (1 + np.abs(s)) / np.abs(1 - np.abs(s))),
    ],
)
def test_display_formats_are_functions_of_the_same_complex_trace(two_port, line, form, expected):
    line.do(f"CALC:FORM {form}")
    numbers = swept(line, "S12", "FDATA")
    frequencies = np.linspace(4.99e9, 5.01e9, 11)
    s = two_port.s(frequencies)[0, 1].conj()
    np.testing.assert_allclose(numbers, expected(s, frequencies), rtol=1e-9)


def test_the_group_delay_far_from_resonance_is_that_of_the_line(line):
    line.do("SENS:FREQ:STAR 8 GHZ;STOP 8.1 GHZ;:CALC:FORM GDEL")
    np.testing.assert_allclose(swept(line, "S21", "FDATA"), 1e-9, rtol=1e-3)


def test_the_electrical_delay_takes_the_line_off(line):
    line.do("SENS:FREQ:STAR 8 GHZ;STOP 8.1 GHZ;:CALC:CORR:EDEL:TIME 1 NS;:CALC:FORM GDEL")
    assert np.abs(swept(line, "S21", "FDATA")).max() < 1e-13  # the resonance leaves 2e-14 s


@pytest.mark.parametrize(("bits", "order"), [(64, "<"), (64, ">"), (32, "<"), (32, ">")])
def test_traces_come_as_blocks_in_the_declared_format(line, bits, order):
    line.do("CALC:PAR:MOD:EXT 'S21';:SENS:SWE:MODE SING")
    expected = trace(line, "SDATA")
    line.do(f"FORM REAL,{bits};:FORM:BORD {'SWAP' if order == '<' else 'NORM'}")
    block = line.ask_block("CALC:DATA? SDATA", f"{order}f{bits // 8}")
    np.testing.assert_allclose(block, expected, rtol=1e-6)


def test_the_stimulus_axis_tells_every_hertz(line):
    line.do("SENS:FREQ:STAR 4999999999;STOP 5000000001;:SENS:SWE:POIN 3")
    np.testing.assert_array_equal(
        [float(x) for x in line.ask("CALC:X?").split(",")], [4999999999, 5e9, 5000000001]
    )


def test_a_group_of_sweeps_averages_complex_numbers(two_port, line):
    two_port.noise = 0.1
    line.do("SENS:AVER ON;:SENS:AVER:COUN 5;:SENS:SWE:GRO:COUN 5;:CALC:PAR:MOD:EXT 'S12'")
    line.do("SENS:SWE:MODE GRO")
    s = trace(line, "SDATA")
    expected = two_port.s(np.linspace(4.99e9, 5.01e9, 11))[0, 1]
    expected = (expected + np.mean([noise[0, 1] for noise in two_port.noises], axis=0)).conj()
    assert len(two_port.noises) == 5
    np.testing.assert_allclose(s[::2] + 1j * s[1::2], expected, rtol=1e-9)


def test_after_its_count_the_average_forgets_old_sweeps_exponentially(two_port, line):
    two_port.noise = 1.0
    line.do("SENS:AVER ON;:SENS:AVER:COUN 2;:SENS:SWE:GRO:COUN 4;:SENS:SWE:MODE GRO")
    s = trace(line, "SDATA")
    noise = np.array([item[0, 0] for item in two_port.noises])
    weights = np.array([1, 1, 2, 4]) / 8  # (a + b)/2, then half of the newest each time
    expected = two_port.s(np.linspace(4.99e9, 5.01e9, 11))[0, 0] + weights @ noise
    np.testing.assert_allclose(s[::2] - 1j * s[1::2], expected, rtol=1e-9)


def test_point_averages_narrow_the_bandwidth_of_one_sweep(two_port, line):
    line.do("SENS:BAND 1 KHZ;:SENS:AVER:COUN 10;:SENS:AVER:MODE POIN;:SENS:AVER ON")
    line.do("SENS:SWE:MODE SING")
    assert line.ask("*OPC?") == "1"
    assert [request[2] for request in two_port.requests] == [100.0]


def test_each_port_is_driven_with_its_own_power_once_they_are_uncoupled(two_port, line):
    line.do("SOUR:POW -20;:SENS:SWE:MODE SING;*WAI")
    line.do("SOUR:POW:COUP OFF;:SOUR:POW2 -30 DBM;:SENS:SWE:MODE SING;*WAI")
    np.testing.assert_allclose([power for _, power, _ in two_port.requests], [1e-5, 1e-5, 1e-6])


def test_if_bandwidths_come_in_the_analyzers_own_steps(line):
    line.do("SENS:BAND 1.2 KHZ")
    assert float(line.ask("SENS1:BWID?")) == 1e3


def test_start_stop_center_and_span_belong_together(line):
    assert float(line.ask("SENS:FREQ:CENT?")) == 5e9
    line.do("SENS:FREQ:SPAN 2 MHZ")
    assert [float(x) for x in line.ask("SENS:FREQ:STAR?;STOP?").split(";")] == [4.999e9, 5.001e9]
    line.do("SENS:FREQ:STAR 6 GHZ")
    assert float(line.ask("SENS:FREQ:STOP?")) > 6e9
    line.do("SENS:FREQ:STOP 3 GHZ")
    assert float(line.ask("SENS:FREQ:STAR?")) < 3e9
    line.do("SENS:FREQ:CENT 26 GHZ;SPAN 2 GHZ")
    assert float(line.ask("SENS:FREQ:STOP?")) == 26.5e9


def test_status_and_mode_are_told_during_a_sweep(two_port, line):
    two_port.gate.clear()
    line.do("*CLS")
    line.send("SENS:SWE:MODE SING;*OPC")
    assert line.ask("*ESR?;:SENS:SWE:MODE?") == "0;SING"
    two_port.gate.set()
    assert line.ask("*OPC?;*ESR?;:SENS:SWE:MODE?") == "1;1;HOLD"


def test_hold_ends_a_sweep_that_would_last_for_ever(two_port, line):
    two_port.gate.clear()
    line.do("SENS:SWE:GRO:COUN 1000;:SENS:SWE:MODE GRO")
    assert two_port.started.wait(10)
    line.do("SENS:SWE:MODE HOLD")
    assert line.ask("*OPC?") == "1"
    line.send("CALC:DATA? SDATA")
    assert line.error() == -230


def test_continuous_sweeps_need_no_start(line):
    line.do("SENS:SWE:MODE CONT")
    assert len(trace(line)) == 11
    assert line.ask("SENS:SWE:MODE?") == "CONT"


def test_old_data_are_not_told_for_new_settings(line):
    swept(line)
    line.do("SENS:SWE:POIN 21")
    line.send("CALC:DATA? FDATA")
    assert line.error() == -230


def test_without_output_the_receivers_hear_noise_only(two_port, line):
    line.do("OUTP OFF")
    s = swept(line, "S21")
    assert np.isfinite(s).all()
    assert two_port.requests == []
    assert np.abs(s - two_port.s(np.linspace(4.99e9, 5.01e9, 11))[1, 0].conj()).min() > 0


def test_more_than_a_receiver_takes_is_reported(two_port, line):
    two_port.gain = 10.0
    line.do("SOUR:POW 0")
    line.send("CALC:PAR:MOD:EXT 'S21';:SENS:SWE:MODE SING;*WAI")
    assert "receiver overload at port 2" in line.ask("SYST:ERR?")
    line.do("SOUR:POW -20;:SENS:SWE:MODE SING;*WAI")


def test_a_bench_that_fails_is_reported_in_the_error_queue(two_port, line):
    two_port.failure = ValueError("the device has melted")
    line.send("SENS:SWE:MODE SING;*WAI")
    assert "the device has melted" in line.ask("SYST:ERR?")
    assert line.ask("SENS:SWE:MODE?") == "HOLD"


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("SENS:FREQ:STAR 1 MHZ", -222),
        ("SENS:FREQ:STOP 30 GHZ", -222),
        ("SENS:FREQ:CW 30 GHZ", -222),
        ("SOUR:POW 20", -222),
        ("SOUR:POW5 0", -114),
        ("SENS2:SWE:POIN 11", -114),
        ("CALC:PAR:MOD:EXT 'S31'", -241),
        ("CALC:PAR:MOD:EXT 'A/R1'", -224),
        ("CALC:PAR:SEL 'nobody'", -221),
        ("CALC:PAR:SEL nobody", -104),
        ("CALC:PAR:DEF:EXT 'CH1_S11_1','S21'", -221),
        ("FORM REAL,16", -224),
        ("TRIG:SOUR EXT;:SENS:SWE:MODE SING", -221),
        ("SENS:SWE:TYPE SEGM;:SENS:SWE:MODE SING", -241),
        ("CALC:PAR:DEL:ALL;:SENS:SWE:MODE SING", -221),
    ],
)
def test_what_cannot_be_is_refused(two_port, line, message, number):
    line.send(message)
    assert line.error() == number
    assert line.ask("SENS:SWE:MODE?") == "HOLD"
    assert two_port.requests == []


def test_traces_have_names_numbers_and_places(line):
    line.do("CALC:PAR:DEF:EXT 'mine','s21'")
    assert line.ask("CALC:PAR:CAT:EXT?") == '"CH1_S11_1,S11,mine,S21"'
    assert line.ask("CALC:PAR:MNUM?") == "2"
    assert line.ask("DISP:WIND:TRAC:NEXT?") == "1"
    line.do("DISP:WIND:TRAC1:FEED 'mine'")
    assert line.ask("DISP:WIND:TRAC:NEXT?") == "2"
    line.do("CALC:PAR:MNUM 1;:CALC:PAR:DEL 'mine'")
    assert line.ask("CALC:PAR:CAT:EXT?") == '"CH1_S11_1,S11"'
    line.do("DISP:TRAC:NEW 0")
    assert line.ask("DISP:TRAC2:STAT?;:DISP:TRAC3:STAT?") == "1;0"
    line.do("CALC:PAR:DEL:ALL")
    assert line.ask("CALC:PAR:CAT:EXT?") == '"NO CATALOG"'


# QCoDeS' driver

ROUND_TRIPS = {
    "output": False,
    "power": -23.5,
    "if_bandwidth": 3e3,
    "averages_enabled": True,
    "averages": 7,
    "start": 4.9e9,
    "stop": 5.1e9,
    "center": 6e9,
    "span": 30e6,
    "cw": 5.5e9,
    "points": 501,
    "electrical_delay": 1.5e-9,
    "sweep_mode": "HOLD",
    "sweep_type": "LOG",
    "group_trigger_count": 12,
    "trigger_source": "MAN",
    "active_trace": 1,
    "auto_sweep": False,
    "trace": "S12",
    "format": "PHAS",
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_of_qcodes_driver_survives_a_round_trip(analyzer, name, round_trip, no_error):
    round_trip(analyzer.parameters[name], ROUND_TRIPS[name])
    no_error(analyzer)


def test_every_settable_parameter_of_qcodes_driver_is_tried(analyzer, settable):
    assert settable(analyzer) == {*ROUND_TRIPS, "timeout"}


@pytest.mark.parametrize("port", [1, 2, 3, 4])
def test_all_four_ports_have_a_power(analyzer, port, no_error):
    power = analyzer.submodules[f"port{port}"].source_power
    power.set(-60.25)
    assert power.get() == -60.25
    no_error(analyzer)


def test_a_snapshot_reads_everything_without_an_error(analyzer, no_error):
    analyzer.points(11)
    analyzer.snapshot(update=True)
    no_error(analyzer)


def test_qcodes_driver_sweeps_and_averages(two_port, analyzer):
    two_port.noise = 0.1
    analyzer.start(4.99e9)
    analyzer.stop(5.01e9)
    analyzer.points(11)
    analyzer.averages(3)
    analyzer.averages_on()
    analyzer.trace("S21")
    s = analyzer.polar()
    expected = two_port.s(analyzer.frequency_axis())[1, 0]
    expected = expected + np.mean([noise[1, 0] for noise in two_port.noises], axis=0)
    assert len(two_port.noises) == 3
    np.testing.assert_allclose(s, expected.conj(), rtol=1e-5)  # REAL,32
    assert analyzer.sweep_mode() == "CONT"


def test_qcodes_driver_reads_several_traces_of_one_sweep(two_port, analyzer):
    analyzer.points(11)
    second = analyzer.enable_trace(2)
    second.trace("S12")
    analyzer.auto_sweep(False)
    second.run_sweep()
    sweeps = len(two_port.requests)
    first = analyzer.traces[0]
    s11, s12 = first.polar(), second.polar()
    expected = two_port.s(analyzer.frequency_axis()).conj()
    np.testing.assert_allclose(s11, expected[0, 0], atol=1e-6)
    np.testing.assert_allclose(s12, expected[0, 1], atol=1e-6)
    assert len(two_port.requests) == sweeps
