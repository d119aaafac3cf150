"""SR860 and SR865A: their twins on the wire, and QCoDeS' own drivers, unmodified."""

import functools

import numpy as np
import pytest

from phonosync.instruments.virtual.lock_ins.sr86x_capture import SR860, SR865A


@pytest.fixture
def line(servers, talk):
    line = talk(servers[0])
    line.end = b"\n"
    line.do = functools.partial(do, line)
    line.do("OFSL 0;ADVFILT 0;FREQ 500 KHZ;OFLT 4")
    return line


def do(line, message):
    """Send commands and see in the event register that they were carried out."""
    line.send("*CLS")
    line.send(message)
    assert int(line.ask("*ESR?")) & 0b111100 == 0


# The twin


def test_it_introduces_itself(line, tones):
    assert line.ask("*IDN?") == "Stanford_Research_Systems,SR865A,002725,V1.51"
    assert SR860(tones).identity.split(",")[1] == "SR860"


def test_what_is_wrong_shows_in_the_event_register_alone(line):
    line.send("*CLS")
    line.send("FREQ 5 MHZ")
    assert line.ask("*ESR?") == "16"
    line.send("NONSENSE 5")
    assert line.ask("*ESR?") == "32"


def test_the_smaller_model_ends_at_500_khz(tones, serve, talk):
    line = talk(serve(SR860(tones)))
    line.end = b"\n"
    line.send("*CLS")
    line.send("FREQ 600 KHZ")
    assert line.ask("*ESR?;FREQ?") == "16;100000"


def test_readings_are_those_of_the_bench_turned_by_the_phase(line, tones):
    line.do("PHAS 30")
    x, y, r = (float(value) for value in line.ask("SNAP? 0,1,2").split(","))
    z = tones.expected(*tones.requests[-1])[0]
    assert tones.requests[-1][:3] == (0, 10e6, 1e-4)
    assert x + 1j * y == pytest.approx(z * np.exp(-1j * np.pi / 6))
    assert r == pytest.approx(abs(z))
    line.do("APHS")
    assert float(line.ask("OUTP? 1")) == pytest.approx(0, abs=1e-12)


def test_a_harmonic_multiplies_the_reference(line, tones):
    line.do("FREQ 250 KHZ;HARM 2")
    line.ask("OUTP? 0")
    assert tones.requests[-1][1] == 10e6


@pytest.mark.parametrize("setting", ["OFSL 1", "ADVFILT 1", "SYNC 1", "RSRC 1", "IVMD 1"])
def test_what_is_not_simulated_is_never_recorded(line, tones, setting):
    line.do(setting)
    line.send("CAPTURESTART ONE, IMM")
    assert int(line.ask("*OPC?;*ESR?").split(";")[-1]) & 16
    assert tones.requests == []


def test_a_reading_of_the_preset_filter_is_answered(twins, tones):
    assert [twin.execute("OUTP? 0") is not None for twin in twins] == [True, True]


def test_the_highest_rate_falls_as_the_time_constant_grows(line):
    rates = []
    for choice in range(22):
        line.do(f"OFLT {choice}")
        rates.append(float(line.ask("CAPTURERATEMAX?")))
    assert rates[0] == 1.25e6
    assert rates == sorted(rates, reverse=True)
    halvings = np.log2(1.25e6 / np.array(rates))
    np.testing.assert_allclose(halvings, np.round(halvings), atol=1e-9)


def captured(line, kilobytes):
    values = line.ask_block(f"CAPTUREGET? 0, {kilobytes}", "<f4", end=b"")
    assert values.nbytes == kilobytes * 1024
    return values


@pytest.mark.parametrize(
    ("config", "columns"),
    [
        ("X", lambda z: [z.real]),
        ("XY", lambda z: [z.real, z.imag]),
        ("2", lambda z: [np.abs(z), np.degrees(np.angle(z))]),
        ("XYRT", lambda z: [z.real, z.imag, np.abs(z), np.degrees(np.angle(z))]),
    ],
)
def test_a_capture_is_a_little_endian_block_without_a_line_feed(line, tones, config, columns):
    line.do(f"CAPTURECFG {config};CAPTURELEN 3;CAPTURERATE 3;CAPTURESTART ONE, IMM")
    assert line.ask("*OPC?") == "1"
    rate = float(line.ask("CAPTURERATE?"))
    expected = np.column_stack(columns(tones.expected(0, 10e6, 1e-4, rate, 4096)))
    values = captured(line, 4)  # an odd length is rounded up
    np.testing.assert_allclose(values, expected.ravel()[:1024].astype("f4"), rtol=1e-6)
    assert line.ask("CAPTUREBYTES?;CAPTUREPROG?;CAPTURESTAT?") == "4096;4;6"
    first = [float(value) for value in line.ask("CAPTUREVAL? 1").split(",")]
    np.testing.assert_allclose(first, expected[1], rtol=1e-9)


def test_reading_beyond_the_end_wraps_around(line):
    line.do("CAPTURELEN 2;CAPTURESTART ONE, IMM")
    assert line.ask("*OPC?") == "1"
    whole = captured(line, 2)
    later = line.ask_block("CAPTUREGET? 1, 2", "<f4", end=b"")
    np.testing.assert_array_equal(later, np.roll(whole, -256))


def test_a_capture_under_way_cannot_be_read_and_can_be_stopped(tones, serve, talk):
    line = talk(serve(SR865A(tones, speed_up=1e-9, local_oscillator_hz=tones.local_oscillator_hz)))
    line.end = b"\n"
    do(line, "OFSL 0;ADVFILT 0;CAPTURESTART CONT, IMM")
    assert int(line.ask("CAPTURESTAT?")) & 1
    line.send("CAPTUREGET? 0, 2")
    assert int(line.ask("*ESR?")) & 16
    do(line, "CAPTURESTOP")
    assert line.ask("*OPC?;CAPTURESTAT?;CAPTUREBYTES?") == "1;2;0"
    assert not captured(line, 2).any()


def test_too_strong_a_signal_overloads_the_input(line, tones):
    line.do("IRNG 4")  # 10 mV
    assert line.ask("OUTP? 2;LIAS?;CUROVLDSTAT?").endswith("0;0")
    tones.amplitudes_v[0] = 8e-3  # r.m.s., 11 mV at its peak
    assert line.ask("OUTP? 2;LIAS?;LIAS?;CUROVLDSTAT?").endswith("16;0;16")


def test_a_bench_that_fails_shows_in_the_event_register(line, tones):
    tones.failure = ValueError("no phonon")
    line.send("*CLS")
    line.send("CAPTURESTART ONE, IMM")
    assert line.ask("*OPC?;*ESR?;CAPTUREBYTES?") == "1;8;0"


# QCoDeS' driver

ROUND_TRIPS = {
    "frequency": 1.25e6,
    "sine_outdc": -1.5,
    "amplitude": 0.5,
    "harmonic": 3,
    "phase": 33.5,
    "sensitivity": 2e-3,
    "filter_slope": 18,
    "sync_filter": "ON",
    "signal_input": "current",
    "input_range": 30e-3,
    "input_config": "a-b",
    "input_shield": "ground",
    "input_gain": 100e6,
    "adv_filter": "OFF",
    "input_coupling": "dc",
    "time_constant": 3e-4,
    "external_reference_trigger": "POSTTL",
    "reference_source": "EXT",
    "external_reference_trigger_input_resistance": "1M",
    "X_offset": 12.5,
    "Y_offset": -3.0,
    "R_offset": 1.0,
    "X_expand": "X10",
    "Y_expand": "X100",
    "R_expand": "X10",
    **{f"aux_out{n}": 0.25 * n for n in range(4)},
}
# The driver knows several words for one thing, and gives back the last.
SYNONYMS = {"POSTTL": ("POS", "POSTTL"), "1M": ("1M", "1MEG", 1)}
BUFFER = {"capture_length_in_kb": 64, "capture_config": "X,Y,R,T"}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_parameter_of_qcodes_driver_survives_a_round_trip(lock_in, name):
    lock_in.write("*CLS")
    lock_in.parameters[name].set(ROUND_TRIPS[name])
    value = lock_in.parameters[name].get()
    assert value in SYNONYMS.get(ROUND_TRIPS[name], (ROUND_TRIPS[name],))
    assert lock_in.ask("*ESR?") == "0"


@pytest.mark.parametrize("name", BUFFER)
def test_a_parameter_of_qcodes_buffer_survives_a_round_trip(lock_in, name, round_trip):
    round_trip(lock_in.buffer.parameters[name], BUFFER[name])


def test_the_capture_rate_survives_a_round_trip(lock_in):
    rate = lock_in.buffer.capture_rate_max() / 8
    lock_in.buffer.capture_rate(rate)
    assert lock_in.buffer.capture_rate() == pytest.approx(rate, rel=1e-12)


def test_the_shown_readings_survive_a_round_trip(lock_in):
    for channel in lock_in.data_channels:
        channel.assigned_parameter("amplitude")
        assert channel.assigned_parameter() == "amplitude"


def test_every_settable_parameter_of_qcodes_driver_is_tried(lock_in, settable):
    assert settable(lock_in) == {*ROUND_TRIPS, "timeout"}
    assert settable(lock_in.buffer) == {*BUFFER, "capture_rate"}


def test_a_snapshot_reads_everything_without_an_error(lock_in):
    lock_in.filter_slope(6)
    lock_in.adv_filter("OFF")
    lock_in.frequency(500e3)
    lock_in.write("*CLS")
    lock_in.snapshot(update=True)
    assert lock_in.ask("*ESR?") == "0"


def test_qcodes_driver_captures(lock_in, tones):
    for name, value in {"filter_slope": 6, "adv_filter": "OFF", "frequency": 499e3}.items():
        lock_in.parameters[name].set(value)
    lock_in.time_constant(1e-4)
    lock_in.buffer.capture_config("X,Y")
    lock_in.buffer.set_capture_rate_to_maximum()
    data = lock_in.buffer.capture_samples(256)
    rate = lock_in.buffer.capture_rate()
    expected = tones.expected(0, 9.999e6, 1e-4, rate, 256)
    np.testing.assert_allclose(data["X"] + 1j * data["Y"], expected, rtol=1e-6)
    z = lock_in.complex_voltage()
    assert z == pytest.approx(expected[0])
