"""The ZNB: its twin on the wire, and QCoDeS' own driver on top of it."""

import numpy as np
import pytest
from qcodes.instrument_drivers.rohde_schwarz import RohdeSchwarzZNB20

from phonosync.instruments.drivers.znb_socket import ZNB20OverSocket
from phonosync.instruments.virtual.network_analyzers.znb import ZNB20

OK = '0,"No error"'
FAST = 1e6


@pytest.fixture
def twin(two_port):
    return ZNB20(two_port, speed_up=FAST)


@pytest.fixture
def line(server, talk):
    line = talk(server)
    line.do("INIT:CONT:ALL OFF;:SENS1:FREQ:STAR 4.99 GHZ;STOP 5.01 GHZ;:SENS1:SWE:POIN 11")
    return line


@pytest.fixture
def analyzer(server, connect):
    return connect(ZNB20OverSocket, server.resource_name, "znb")


def numbers(line, query):
    return np.array(line.ask(query).split(","), float)


def complex_numbers(line, query):
    return numbers(line, query).view(complex)


FREQUENCIES = np.linspace(4.99e9, 5.01e9, 11)


# The twin


def test_it_introduces_itself_with_its_preset_trace(line):
    assert line.ask("*IDN?").split(",")[1] == "ZNB20-2Port"
    assert line.ask("INST:PORT:COUN?") == "2"
    assert line.ask("CALC1:PAR:CAT?") == "'Trc1,S21'"
    assert line.ask("SYST:ERR?") == OK


def test_whole_numbers_are_told_without_a_point_and_none_with_a_unit(line):
    assert line.ask("SENS1:FREQ:STAR?;:SENS1:BAND?;:SWE:POIN?") == "4990000000;10000;11"


def test_all_four_traces_of_one_channel_come_from_one_sweep(two_port, line):
    for parameter in ("S11", "S12", "S21", "S22"):
        line.do(f"CALC1:PAR:SDEF 'my{parameter}', '{parameter}'")
    line.do("INIT1:IMM;*WAI")
    for parameter in ("S11", "S12", "S21", "S22"):
        s = complex_numbers(line, f"CALC1:DATA:TRAC? 'my{parameter}', SDAT")
        output, source = (int(port) - 1 for port in parameter[1:])
        np.testing.assert_allclose(s, two_port.s(FREQUENCIES)[output, source].conj(), rtol=1e-11)
    assert len(two_port.requests) == 1


def test_channels_have_settings_and_data_of_their_own(two_port, line):
    line.do("CALC2:PAR:SDEF 'Trc2','S12';:INIT2:CONT OFF")
    line.do("SENS2:FREQ:STAR 6 GHZ;STOP 7 GHZ;:SENS2:SWE:POIN 5;:SENS2:BAND 100")
    line.do("INIT1:IMM;*WAI;:INIT2:IMM;*WAI")
    assert len(numbers(line, "CALC1:DATA? FDAT")) == 11
    assert len(numbers(line, "CALC2:DATA? FDAT")) == 5
    np.testing.assert_array_equal(numbers(line, "CALC2:DATA:STIM?"), np.linspace(6e9, 7e9, 5))
    assert [request[2] for request in two_port.requests] == [1e4, 100.0]
    assert line.ask("CONF:TRAC:CAT?") == "'1,Trc1,2,Trc2'"
    assert line.ask("CONF:CHAN:CAT?") == "'1,Ch1,2,Ch2'"


@pytest.mark.parametrize("apart", [True, False])
def test_a_count_of_sweeps_averages_complex_numbers(two_port, line, apart):
    two_port.noise = 0.1
    line.do(f"SENS1:AVER:COUN 4;STAT ON;:SENS1:SWE:COUN {1 if apart else 4};:SENS1:AVER:CLE")
    for _ in range(4 if apart else 1):
        line.do("INIT1:IMM;*WAI")
    s = complex_numbers(line, "CALC1:DATA? SDAT")
    noise = np.mean([item[1, 0] for item in two_port.noises], axis=0)
    assert len(two_port.noises) == 4
    np.testing.assert_allclose(s.conj(), two_port.s(FREQUENCIES)[1, 0] + noise, rtol=1e-9)


@pytest.mark.parametrize(("bits", "order"), [(64, "<"), (64, ">"), (32, "<"), (32, ">")])
def test_traces_come_as_blocks_in_the_declared_format(line, bits, order):
    line.do("INIT1:IMM;*WAI")
    expected = numbers(line, "CALC1:DATA? SDAT")
    line.do(f"FORM REAL,{bits};:FORM:BORD {'SWAP' if order == '<' else 'NORM'}")
    block = line.ask_block("CALC1:DATA? SDAT", f"{order}f{bits // 8}")
    np.testing.assert_allclose(block, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("wanted", "taken"), [(900, "1000"), (1000, "1000"), (1001, "1500"), (8e5, "1000000")]
)
def test_if_bandwidths_are_rounded_up_to_the_analyzers_own_steps(line, wanted, taken):
    line.do(f"SENS1:BAND {wanted}")
    assert line.ask("SENS1:BAND?") == taken


def test_the_delays_of_both_ports_count(two_port, line):
    line.do("INIT1:IMM;*WAI;:SENS1:CORR:EDEL1:TIME 0.25 NS;:SENS1:CORR:EDEL2:TIME 0.75 NS")
    s = complex_numbers(line, "CALC1:DATA? SDAT")
    without = two_port.s(FREQUENCIES)[1, 0] * np.exp(-2j * np.pi * FREQUENCIES * 1e-9)
    np.testing.assert_allclose(s, without.conj(), rtol=1e-8)


def test_the_automatic_delay_flattens_the_phase(line):
    line.do("SENS1:FREQ:STAR 8 GHZ;STOP 8.1 GHZ;:INIT1:IMM;*WAI;:SENS1:CORR:EDEL2:AUTO ONCE")
    assert float(line.ask("SENS1:CORR:EDEL2:TIME?")) == pytest.approx(1e-9, rel=1e-4)
    assert np.ptp(np.angle(complex_numbers(line, "CALC1:DATA? SDAT"))) < 1e-6


def test_an_overloaded_receiver_is_a_bit_that_reading_clears(two_port, line):
    two_port.gain = 10.0
    line.do("SOUR1:POW 5;:INIT1:IMM;*WAI")
    assert line.ask("STAT:QUES:INT:HARD?") == "8"
    assert line.ask("STAT:QUES:INT:HARD?") == "0"
    line.do("INIT1:IMM;*WAI;*CLS")
    assert line.ask("STAT:QUES:INT:HARD?") == "0"


def test_a_new_start_begins_the_sweep_anew(two_port, line):
    two_port.gate.clear()
    line.do("INIT1:IMM")
    assert two_port.started.wait(10)
    line.do("INIT1:IMM")
    two_port.gate.set()
    assert line.ask("*OPC?") == "1"
    assert len(two_port.requests) == 2


def test_status_is_told_during_a_sweep_and_abort_ends_it(two_port, line):
    two_port.gate.clear()
    line.do("*CLS")
    line.send("INIT1:IMM;*OPC")
    assert line.ask("*ESR?") == "0"
    line.do("ABOR")
    assert line.ask("*ESR?") == "1"
    line.send("CALC1:DATA? SDAT")
    assert line.error() == -230


def test_a_channel_that_sweeps_by_itself_needs_no_start(line):
    line.do("INIT1:CONT ON")
    assert len(numbers(line, "CALC1:DATA? FDAT")) == 11


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("SENS1:FREQ:STAR 1 KHZ", -222),
        ("SOUR1:POW 30", -222),
        ("SENS5:SWE:POIN 11", -114),
        ("INIT5:IMM", -114),
        ("SENS1:CORR:EDEL3:TIME 1 NS", -114),
        ("CALC1:PAR:SDEF 'x','S31'", -241),
        ("CALC1:PAR:SEL 'nobody'", -221),
        ("CALC1:DATA:TRAC? 'nobody', SDAT", -221),
        ("CALC2:PAR:SDEF 'Trc1','S11'", -221),
        ("CONF:CHAN1:MEAS 0;:INIT1:IMM", -221),
        ("TRIG1:SOUR MAN;:INIT1:IMM", -221),
        ("SENS1:SWE:TYPE SEGM;:INIT1:IMM", -241),
    ],
)
def test_what_cannot_be_is_refused(two_port, line, message, number):
    line.send(message)
    assert line.error() == number
    assert two_port.requests == []


# QCoDeS' driver

CHANNEL_ROUND_TRIPS = {
    "power": -23.5,
    "bandwidth": 3000,
    "avg": 7,
    "start": 4.9e9,
    "stop": 5.1e9,
    "center": 6e9,
    "span": 3e6,
    "npts": 501,
    "status": 0,
    "format": "Phase",
    "electrical_delay": 1.5e-9,
    "sweep_type": "CW_Point",
    "cw_frequency": 5.5e9,
    "cw_check_sweep_first": False,
    "averaging_enabled": False,
    "auto_sweep_time_enabled": True,
}
ROUND_TRIPS = {"rf_power": True, "ref_osc_source": "EXT", "ref_osc_external_freq": 5e6}


@pytest.mark.parametrize("name", CHANNEL_ROUND_TRIPS)
def test_a_parameter_of_qcodes_channels_survives_a_round_trip(analyzer, name, round_trip, no_error):
    round_trip(analyzer.S21.parameters[name], CHANNEL_ROUND_TRIPS[name])
    no_error(analyzer)


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_of_qcodes_driver_survives_a_round_trip(analyzer, name, round_trip, no_error):
    round_trip(analyzer.parameters[name], ROUND_TRIPS[name])
    no_error(analyzer)


def test_every_settable_parameter_of_qcodes_driver_is_tried(analyzer, settable):
    assert settable(analyzer) == {*ROUND_TRIPS, "timeout"}
    assert settable(analyzer.S21) == set(CHANNEL_ROUND_TRIPS)


def test_connecting_makes_four_channels_and_leaves_the_output_off(twin, analyzer, no_error):
    assert [channel.vna_parameter() for channel in analyzer.channels] == [
        "S11",
        "S12",
        "S21",
        "S22",
    ]
    assert not analyzer.rf_power()
    assert analyzer.ref_osc_PLL_locked()
    no_error(analyzer)


def test_a_snapshot_reads_everything_without_an_error(analyzer, no_error):
    analyzer.snapshot(update=True)
    no_error(analyzer)


def test_qcodes_driver_sweeps_and_averages(two_port, analyzer, no_error):
    two_port.noise = 0.1
    analyzer.rf_on()
    channel = analyzer.S12
    channel.stop(5.01e9)
    channel.start(4.99e9)
    channel.npts(11)
    channel.avg(3)
    magnitude, phase = channel.trace_mag_phase()
    noise = np.mean([item[0, 1] for item in two_port.noises], axis=0)
    assert len(two_port.noises) == 3
    expected = (two_port.s(FREQUENCIES)[0, 1] + noise).conj()
    np.testing.assert_allclose(magnitude * np.exp(1j * phase), expected, rtol=1e-9)
    no_error(analyzer)


def test_qcodes_driver_watches_one_frequency(two_port, analyzer, no_error):
    analyzer.rf_on()
    channel = analyzer.S21
    channel.npts(11)
    channel.cw_frequency(5.001e9)
    channel.setup_cw_sweep()
    in_phase, quadrature = channel.point_fixed_frequency()
    expected = two_port.s([5.001e9])[1, 0, 0].conj()
    assert in_phase + 1j * quadrature == pytest.approx(expected, rel=1e-9)
    no_error(analyzer)


def test_without_the_line_feed_qcodes_driver_does_not_know_its_own_values(server):
    """Why ZNB20OverSocket exists: a terminator alone takes off what the driver compares with."""
    driver = RohdeSchwarzZNB20(
        "plain", server.resource_name, visalib="@py", device_clear=False, terminator="\n"
    )
    try:
        with pytest.raises(KeyError, match="not in val_mapping"):
            driver.rf_power.get()
    finally:
        driver.close()
