"""Lock-in amplifiers in the role of a demodulator."""

import functools

import numpy as np
import pytest
from qcodes.instrument_drivers import stanford_research as upstream

from phonosync.instruments.adapters import open_role
from phonosync.instruments.analyzers.lock_ins import DemodulatorAdapter
from phonosync.instruments.drivers.lock_in_bank import LockInBank
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import Demodulator
from phonosync.instruments.virtual.faults import AILMENTS, Faults, Kind, listening
from phonosync.instruments.virtual.lock_ins.sr86x_capture import SR860
from phonosync.instruments.virtual.scpi.server import answer
from phonosync.theory.errors import InputError


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
    role = DemodulatorAdapter(lock_in, local_oscillator_hz=tones.local_oscillator_hz)
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


def test_different_time_constants_are_an_input_error(bank, tones):
    bank.lock_ins[0].time_constant(1e-3)
    bank.lock_ins[1].time_constant(1e-2)
    role = DemodulatorAdapter(
        bank, references_hz=[10e6, 11e6], local_oscillator_hz=tones.local_oscillator_hz
    )
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
    bank = connect(
        kind,
        serve(SR860(tones, local_oscillator_hz=tones.local_oscillator_hz)).resource_name,
        "bank",
    )
    assert isinstance(bank.lock_ins[0], upstream.SR860)
    role = DemodulatorAdapter(
        bank, references_hz=[10.1e6], local_oscillator_hz=tones.local_oscillator_hz
    )
    with pytest.raises(InputError, match="frequency"):
        role.quadratures(1e-3, rate_hz=1e3)


DIALOGUE = [
    "*CLS",
    "CAPTURESTOP",
    "CAPTURECFG XY",
    "RSRC 0",
    "OFSL 0",
    "SYNC 0",
    "ADVFILT 0",
    "HARM 1",
    "FREQ 501000.0",
    "OFLT 4",
    "OFLT?",
    "CAPTURERATEMAX?",
    "*CLS",
    "CAPTURERATE 2",
    "CAPTURELEN 2",
    "*CLS",
    "CAPTURESTART ONE, IMM",
    "*CLS",
    "CAPTURESTOP",
    "CAPTUREGET? 0, 2",
    "FREQ?",
    "HARM?",
]


def test_a_record_is_exactly_this_dialogue(demodulator, servers, bank):
    heard = []
    servers[0].answer = listening(heard)
    demodulator.quadratures(5e-3, rate_hz=20e3)
    waiting = ("CAPTUREBYTES?", "*ESR?", "LIAS?")
    assert [message for message in heard if message not in waiting] == DIALOGUE
    assert bank.lock_ins[0].ask("*ESR?") == "0"
