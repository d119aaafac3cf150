"""Lock-in amplifiers: their twins, QCoDeS' own drivers, unmodified, and the role on top of them."""

import functools

import numpy as np
import pytest
from qcodes.instrument_drivers import stanford_research as upstream

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.lock_in_bank import LockInBank
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.lock_ins import DemodulatorAdapter
from phonosync.instruments.roles import Demodulator
from phonosync.instruments.virtual.faults import AILMENTS, Faults, Kind
from phonosync.instruments.virtual.scpi_server import answer
from phonosync.instruments.virtual.sr86x_capture import SR860, SR865A
from phonosync.theory.errors import InputError

FREQUENCIES = (10.0e6, 11.0e6)
MIXER = 9.5e6
FAST = 1e6


class Tones:
    """Two vibrations that ring for ever, behind one RC stage; records can be computed again."""

    vibration_frequencies_hz = FREQUENCIES

    def __init__(self):
        self.amplitudes_v = [3e-3, 4e-3]
        self.requests = []
        self.failure = None

    def expected(self, phonon, reference_hz, time_constant_s, rate_hz, count):
        beat = 2 * np.pi * (FREQUENCIES[phonon] - reference_hz)
        passed = self.amplitudes_v[phonon] / (1 + 1j * beat * time_constant_s)
        return passed * np.exp(1j * beat * np.arange(count) / rate_hz)

    def vibration(self, phonon, reference_hz, time_constant_s, rate_hz, count):
        self.requests.append((phonon, reference_hz, time_constant_s, rate_hz, count))
        if self.failure is not None:
            raise self.failure
        return self.expected(*self.requests[-1])


@pytest.fixture
def tones():
    return Tones()


@pytest.fixture
def twins(tones):
    return [SR865A(tones, n, speed_up=FAST, local_oscillator_hz=MIXER) for n in (0, 1)]


@pytest.fixture
def servers(twins, serve):
    return [serve(twin) for twin in twins]


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


@pytest.fixture
def lock_in(servers, connect):
    return connect(upstream.SR865A, servers[0].resource_name, "lockin")


@pytest.fixture
def bank(servers, connect):
    two = functools.partial(LockInBank, address_2=servers[1].resource_name)
    return connect(two, servers[0].resource_name, "bank")


@pytest.fixture
def demodulator(bank):
    return DemodulatorAdapter(
        bank,
        references_hz=[10.001e6, 11.002e6],
        time_constant_s=1e-4,
        local_oscillator_hz=MIXER,
    )


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
def test_what_is_not_simulated_is_refused(line, tones, setting):
    line.do(setting)
    line.send("OUTP? 0")
    assert int(line.ask("*ESR?")) & 16
    assert tones.requests == []


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
    line.send(f"CAPTUREGET? 0, {kilobytes}")
    size = kilobytes * 1024
    assert line.read_bytes(2 + len(str(size))) == f"#{len(str(size))}{size}".encode()
    return np.frombuffer(line.read_bytes(size), "<f4")


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
    line.send("CAPTUREGET? 1, 2")
    line.read_bytes(6)
    np.testing.assert_array_equal(np.frombuffer(line.read_bytes(2048), "<f4"), np.roll(whole, -256))


def test_a_capture_under_way_cannot_be_read_and_can_be_stopped(tones, serve, talk):
    line = talk(serve(SR865A(tones, speed_up=1e-9, local_oscillator_hz=MIXER)))
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


# The role


def test_two_lock_ins_make_one_demodulator(bank, demodulator):
    assert isinstance(open_role("demodulator", bank), Demodulator)
    assert bank.get_idn()["model"] == "SR865A"
    assert set(bank.snapshot()["lock_ins"]) == {"bank_1", "bank_2"}


def test_every_channel_shows_its_own_vibration_over_the_same_stretch(demodulator, tones):
    record = demodulator.quadratures(5e-3, rate_hz=20e3)
    assert record.dims == ("channel", "quadrature", "time")
    np.testing.assert_allclose(record.reference, [10.001e6, 11.002e6])
    rate = record.attrs["rate_hz"]
    assert record.attrs["units"] == "V"
    assert record.attrs["time_constant_s"] == 1e-4
    assert 20e3 <= rate < 40e3  # the nearest that is not slower
    assert record.sizes["time"] == np.ceil(5e-3 * rate)
    np.testing.assert_allclose(record.time, np.arange(record.sizes["time"]) / rate)
    for channel, reference in enumerate((10.001e6, 11.002e6)):
        expected = tones.expected(channel, reference, 1e-4, rate, record.sizes["time"])
        x, y = record.sel(channel=channel)
        np.testing.assert_allclose(x + 1j * y, expected, rtol=2e-6, atol=1e-9)
    assert len({request[3:] for request in tones.requests}) == 1


def test_a_reference_above_a_vibration_turns_its_phasor_clockwise(demodulator):
    record = demodulator.quadratures(1e-3, rate_hz=20e3)
    x, y = record.sel(channel=0)
    turn = np.angle((x + 1j * y).values[1:] / (x + 1j * y).values[:-1])
    np.testing.assert_allclose(turn, -2 * np.pi * 1e3 / record.attrs["rate_hz"], rtol=1e-4)


def test_one_lock_in_alone_is_a_demodulator_of_one_channel(lock_in, tones):
    lock_in.time_constant(1e-4)
    lock_in.frequency(500e3)
    role = DemodulatorAdapter(lock_in, local_oscillator_hz=MIXER)
    record = role.quadratures(1e-3, rate_hz=1e3)
    assert record.sizes["channel"] == 1
    assert record.attrs["start_skew_s"] == 0.0
    np.testing.assert_allclose(record.reference, [10e6])
    np.testing.assert_allclose(record[0, 0], 3e-3, rtol=1e-6)
    np.testing.assert_allclose(record[0, 1], 0, atol=1e-9)


def test_records_longer_than_one_block_are_read_in_pieces(demodulator, tones):
    record = demodulator.quadratures(1.0, rate_hz=10e3)
    assert record.sizes["time"] > 8192
    count, rate = record.sizes["time"], record.attrs["rate_hz"]
    x, y = record.sel(channel=1)
    expected = tones.expected(1, 11.002e6, 1e-4, rate, count)
    np.testing.assert_allclose(x + 1j * y, expected, rtol=2e-6, atol=1e-9)


def test_exact_zeros_of_a_silent_vibration_stay_in_the_record(demodulator, tones):
    tones.amplitudes_v = [0.0, 0.0]
    record = demodulator.quadratures(1e-3, rate_hz=20e3)
    assert record.sizes["time"] == np.ceil(1e-3 * record.attrs["rate_hz"])
    assert not record.values.any()


@pytest.mark.parametrize(
    ("duration_s", "rate_hz", "advice"),
    [
        (0.0, 1e3, "above 0"),
        (1.0, 0.0, "above 0"),
        (1.0, 1e6, "shorter time_constant_s"),
        (1e4, 1e3, "shorter record"),
    ],
)
def test_records_that_cannot_be_are_input_errors(demodulator, tones, duration_s, rate_hz, advice):
    with pytest.raises(InputError, match=advice):
        demodulator.quadratures(duration_s, rate_hz=rate_hz)
    assert tones.requests == []


def test_references_beyond_the_lock_in_are_input_errors(bank):
    role = DemodulatorAdapter(bank, references_hz=[10e6, 11e6])  # without a mixer
    with pytest.raises(InputError, match="demodulator 1 cannot set"):
        role.quadratures(1e-3, rate_hz=1e3)


def test_as_many_references_as_lock_ins_are_needed(bank):
    with pytest.raises(InputError, match="2 lock-ins but 1 references_hz"):
        DemodulatorAdapter(bank, references_hz=[10e6])


def test_different_time_constants_are_an_input_error(bank):
    bank.lock_ins[0].time_constant(1e-3)
    bank.lock_ins[1].time_constant(1e-2)
    role = DemodulatorAdapter(bank, references_hz=[10e6, 11e6], local_oscillator_hz=MIXER)
    with pytest.raises(InputError, match="give time_constant_s"):
        role.quadratures(1e-3, rate_hz=1e3)


def test_an_overloaded_input_is_refused_by_the_lock_in_it_belongs_to(bank, demodulator, tones):
    tones.amplitudes_v[1] = 2.0
    with pytest.raises(InstrumentError, match=r"demodulator 2 .*overloaded.*larger input range"):
        demodulator.quadratures(1e-3, rate_hz=20e3)


def test_a_capture_that_fails_is_not_waited_for(demodulator, tones):
    tones.failure = RuntimeError("no device")
    with pytest.raises(InstrumentError, match="did not start its capture"):
        demodulator.quadratures(1e-3, rate_hz=20e3)


def test_a_capture_that_never_ends_is_given_up(demodulator, twins):
    twins[1]._speed_up = 1e-9
    demodulator.overtime_s = -1.0
    with pytest.raises(InstrumentError, match=r"demodulator \d did not fill its buffer"):
        demodulator.quadratures(1e-3, rate_hz=20e3)
    assert demodulator._lock_ins[1].wire.ask("*OPC?") == "1"
    assert not twins[1].busy


def test_a_dead_lock_in_is_named_with_its_address(bank, demodulator, servers):
    bank.lock_ins[1].timeout(0.5)
    servers[1].stop()
    with pytest.raises(InstrumentError) as caught:
        demodulator.quadratures(1e-3, rate_hz=20e3)
    assert "demodulator 2" in str(caught.value)
    assert bank.lock_ins[1].address in str(caught.value)


@pytest.mark.parametrize("refused", range(1, 14))
def test_a_setting_that_was_refused_is_noticed(demodulator, servers, refused):
    servers[0].answer = Faults(plan={refused: Kind.REFUSE}).answer
    with pytest.raises(InstrumentError, match="demodulator 1"):
        demodulator.quadratures(1e-3, rate_hz=20e3)


@pytest.mark.parametrize("kind", [k for k in Kind if k not in AILMENTS])
def test_whatever_happens_on_the_wire_a_record_is_right_or_an_error(
    bank, demodulator, servers, kind
):
    expected = demodulator.quadratures(1e-3, rate_hz=20e3)
    for lock_in in bank.lock_ins:
        lock_in.timeout(0.2)
    for message in (3, 8, 13, 19, 24, 31):
        servers[0].answer = Faults(message, plan={message: kind}, lateness_s=0.6).answer
        try:
            record = demodulator.quadratures(1e-3, rate_hz=20e3)
        except (InstrumentError, InputError):
            pass
        else:
            np.testing.assert_array_equal(record, expected)
        servers[0].answer = answer
        np.testing.assert_array_equal(demodulator.quadratures(1e-3, rate_hz=20e3), expected)


def test_the_bank_refuses_models_that_it_does_not_know(servers):
    with pytest.raises(ValueError, match="SR830"):
        LockInBank("bank", servers[0].resource_name, model="SR830", visalib="@py")


def test_a_bank_that_is_not_complete_is_closed_again(servers):
    with pytest.raises(Exception, match=r".*"):
        LockInBank(
            "bank",
            servers[0].resource_name,
            address_2="TCPIP0::127.0.0.1::9::SOCKET",
            visalib="@py",
            timeout=0.5,
        )
    bank = LockInBank("bank", servers[0].resource_name, visalib="@py")
    assert len(bank.lock_ins) == 1
    bank.close()


def test_500_khz_are_the_end_of_a_bank_of_sr860(tones, serve, connect):
    kind = functools.partial(LockInBank, model="SR860")
    bank = connect(kind, serve(SR860(tones, local_oscillator_hz=MIXER)).resource_name, "bank")
    assert isinstance(bank.lock_ins[0], upstream.SR860)
    role = DemodulatorAdapter(bank, references_hz=[10.1e6], local_oscillator_hz=MIXER)
    with pytest.raises(InputError, match="frequency"):
        role.quadratures(1e-3, rate_hz=1e3)
