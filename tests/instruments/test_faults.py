"""Faults on the wire: what a client sees of each, seeds, plans, and that late answers stay away."""

import contextlib

import numpy as np
import pytest

from phonosync.experiments.faults.jobs import StillBench
from phonosync.experiments.faults.trials import Outcome, Stage
from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.santec_tsl570 import SantecTSL570
from phonosync.instruments.errors import InstrumentError, NonsenseError
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.faults import Faults, Kind, can_suffer
from phonosync.instruments.virtual.magnets.kepco_bop import KepcoBOP
from phonosync.instruments.virtual.magnets.mercury_ips import MercuryIPS
from phonosync.instruments.virtual.optics.dlc_pro import DlcPro
from phonosync.instruments.virtual.optics.polatis import Polatis
from phonosync.instruments.virtual.optics.tsl570 import TSL570
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, Setting, command
from phonosync.instruments.virtual.scpi.syntax import Number

BLOCK = np.linspace(0.0, 1.0, 9)


def replied(faults, instrument, message) -> bytes:
    """What comes back, faulty as it may be."""
    reply = faults.answer(instrument, message)
    assert reply is not None
    return reply


class Bore:
    """Feels nothing."""

    def set_field(self, field_t):
        pass


class Meter(ScpiInstrument):
    identity = "Acme,Meter,1,2.3"
    settings = (Setting(":LEVel", "level", Number(0, 10), 1.5),)

    @command(":TRACe?")
    def _trace(self):
        data = BLOCK.astype(">f8").tobytes()
        return b"#3%03d" % len(data) + data


@pytest.fixture
def meter():
    return Meter()


@pytest.fixture
def line(serve, talk, meter):
    """Talk to the meter while faults strike as planned."""

    def under(plan=None, **options):
        server = serve(meter)
        faults = Faults(7, plan=plan, lateness_s=0.2, **options)
        server.answer = faults.answer
        line = talk(server)
        line.faults = faults
        return line

    return under


def drawn(faults, instrument, count=400):
    """Kinds that strike a dialogue of queries and commands, None for a sound reply."""
    happened = []
    for number in range(count):
        before = len(faults.happened)
        with contextlib.suppress(ConnectionError):
            faults.answer(instrument, "LEV 2" if number % 2 else "LEV?")
        happened.append([fault.kind for fault in faults.happened[before:]])
    return happened


# What a client sees


def test_a_dropped_connection_ends(line):
    wire = line({2: Kind.DROP})
    assert wire.ask("LEV?")
    wire.send("LEV?")
    with pytest.raises(ConnectionError):
        wire.read()


def test_a_late_answer_comes_late_but_whole(line):
    wire = line({1: Kind.LATE})
    wire.send("LEV?")
    wire.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        wire.read()
    wire.socket.settimeout(10)
    assert float(wire.read()) == 1.5


def test_a_truncated_answer_stops_without_its_end(line):
    wire = line({1: Kind.TRUNCATE})
    wire.send("*IDN?")
    wire.send("LEV?")
    kept, level, _ = wire.read().partition("+1.5")
    assert level
    assert "Acme,Meter,1,2.3".startswith(kept)


def test_a_garbled_text_is_no_ascii(line):
    wire = line({1: Kind.GARBLE})
    wire.send("LEV?")
    with pytest.raises(UnicodeDecodeError):
        wire.read()


def test_a_garbled_block_holds_no_number_or_is_too_short(meter):
    whole = meter.execute("TRAC?")
    for seed in range(40):
        reply = replied(Faults(seed, plan={1: Kind.GARBLE}), meter, "TRAC?").removesuffix(b"\n")
        assert reply != whole
        if len(reply) == len(whole) and reply.startswith(whole[:5]):
            assert np.isnan(np.frombuffer(reply[5:], ">f8")).any()


def test_the_wrong_type_is_a_word_for_a_number_and_a_number_for_a_word(meter):
    def other(seed, query):
        return replied(Faults(seed, plan={1: Kind.WRONG_TYPE}), meter, query).strip()

    assert {other(seed, "LEV?") for seed in range(40)} == {b"READY", b"9.91E+37", b""}
    assert {other(seed, "*IDN?") for seed in range(9)} == {b"9.91E+37"}
    assert other(1, "TRAC?") == b"9.91E+37"


def test_a_full_queue_ends_with_its_overflow(line):
    wire = line({1: Kind.FULL_QUEUE})
    wire.send("LEV 2")
    errors = [wire.error() for _ in range(30)]
    assert errors == [-300] * 29 + [-350]
    assert wire.error() == 0
    assert float(wire.ask("LEV?")) == 2.0


def test_a_refusal_waits_for_a_command_leaves_it_undone_and_says_so(line):
    wire = line({1: Kind.REFUSE})
    assert float(wire.ask("LEV?")) == 1.5
    wire.send("LEV 2")
    assert wire.error() == -221
    assert float(wire.ask("LEV?")) == 1.5
    assert [(fault.number, fault.message) for fault in wire.faults.happened] == [(2, "LEV 2")]


def test_instruments_whose_commands_have_replies_refuse_by_them(bench):
    def refused(instrument, message):
        return replied(Faults(1, plan={1: Kind.REFUSE}), instrument, message)

    assert refused(DlcPro(bench), "(param-set! 'laser1:dl:cc:enabled #t)").startswith(b"-")
    assert b"INVALID" in refused(MercuryIPS(Bore()), "SET:DEV:GRPZ:PSU:SIG:FSET:0.1")


def test_ailments_strike_only_who_can_suffer_them(bench):
    laser, switch, supply = TSL570(bench), Polatis(), KepcoBOP(Bore())
    suffering = {
        kind: [can_suffer(item, kind) for item in (laser, switch, supply)]
        for kind in (Kind.DARKEN, Kind.STICK, Kind.QUENCH, Kind.LATE)
    }
    assert suffering == {
        Kind.DARKEN: [True, False, False],
        Kind.STICK: [False, True, False],
        Kind.QUENCH: [False, False, True],
        Kind.LATE: [True, True, True],
    }
    faults = Faults(1, plan={1: Kind.STICK})
    faults.answer(laser, "*IDN?")
    assert faults.happened == []


def test_a_stuck_switch_takes_commands_and_does_not_move():
    switch = Polatis()
    Faults(1, plan={1: Kind.STICK}).answer(switch, ":OXC:SWIT:CONN:ADD (@1),(@9)")
    assert switch.execute("SYST:ERR?") == b'0,"No error"'
    assert switch.execute(":OXC:SWIT:CONN:STAT?") == b"(@),(@)"


def test_an_opened_interlock_takes_the_light_away_and_keeps_it(bench):
    laser = TSL570(bench)
    laser.execute(":POW:STAT 1")
    Faults(1, plan={1: Kind.DARKEN}).answer(laser, ":POW:STAT?")
    assert bench.laser["on"] is False
    assert laser.execute(":SYST:LOCK?;:POW:STAT?") == b"1;0"
    laser.execute(":POW:STAT 1")
    assert (laser.execute("SYST:ERR?") or b"").startswith(b"-221")


@pytest.mark.parametrize(
    ("role", "model", "words"),
    [
        ("network_analyzer", "n5222b", "lost its lock"),
        ("network_analyzer", "znb", "lost its lock"),
        ("demodulator", "sr865a", "reference is unlocked"),
    ],
)
def test_a_lost_lock_spoils_a_measurement_in_words(role, model, words):
    stage = Stage(role, model, timeout_s=0.5)
    twins = next(iter(MODELS[role][model].build(StillBench(), 1.0).values()))
    assert can_suffer(twins, Kind.LOSE_LOCK)
    outcome, said = stage.judge(Faults(1, plan={stage.opening + 1: Kind.LOSE_LOCK}))
    assert outcome is Outcome.TOLD
    assert words in said


# Chance


def test_the_same_seed_brings_the_same_faults(meter):
    first, again, other = (
        drawn(Faults(seed, rate=0.1, lateness_s=0.0), meter) for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.5])
def test_faults_come_as_often_as_was_asked(meter, rate):
    kinds = (Kind.LATE, Kind.TRUNCATE, Kind.REFUSE, Kind.FULL_QUEUE)
    count = 2000
    faults = Faults(1, rate=rate, kinds=kinds, lateness_s=0.0)
    struck = sum(map(len, drawn(faults, meter, count)))
    spread = np.sqrt(rate * (1 - rate) * count)
    assert abs(struck - rate * count) <= 4 * spread + len(kinds)  # some wait for an occasion
    assert {fault.kind for fault in faults.happened} == (set(kinds) if rate else set())


# What drivers and roles make of it


@pytest.fixture
def laser(serve, connect, bench):
    """A laser in its role, its driver, and its faults."""
    server = serve(TSL570(bench))
    driver = connect(SantecTSL570, server.resource_name, "laser")
    role = open_role("laser", driver)
    driver.timeout(0.3)

    def under(plan):
        faults = Faults(5, plan=plan, lateness_s=0.6)
        server.answer = faults.answer
        return role, faults

    return under


@pytest.mark.parametrize(
    "kind", [Kind.LATE, Kind.DROP, Kind.TRUNCATE, Kind.GARBLE, Kind.WRONG_TYPE]
)
def test_after_a_spoiled_answer_the_next_question_gets_its_own(laser, kind):
    role, faults = laser({2: kind})
    with pytest.raises(InstrumentError) as caught:
        role.read()
    assert "laser" in str(caught.value)
    assert [fault.kind for fault in faults.happened] == [kind]
    reading = role.read()
    assert (reading.on, reading.set_power_w) == (False, pytest.approx(1e-3))
    assert reading.wavelength_m == pytest.approx(1550e-9)


@pytest.mark.parametrize("reply", ["+9.91E+37", "READY", "", "9.9E37"])
def test_what_is_no_number_is_never_taken_for_one(script, connect, reply):
    server = script([("*IDN?", "a,b,c,d"), ("V?", reply), ("V?", "1.0")])

    from qcodes.instrument import VisaInstrument

    from phonosync.instruments.dialogue.wire import Wire

    class Voltmeter(VisaInstrument):
        default_terminator = "\n"

        def __init__(self, name, address, **options):
            super().__init__(name, address, **options)
            self.voltage = self.add_parameter("voltage", get_cmd="V?", get_parser=float)

    meter = connect(Voltmeter, server.resource_name, "meter")
    assert meter.get_idn()["vendor"] == "a"
    wire = Wire("meter", meter)
    with pytest.raises(NonsenseError, match=r"meter at TCPIP0.*meter_voltage\?"):
        wire.get(meter.voltage)
    assert wire.get(meter.voltage) == 1.0


def test_an_error_queue_that_answers_nonsense_is_named_with_instrument_and_command(laser):
    role, _ = laser({2: Kind.WRONG_TYPE})
    with pytest.raises(NonsenseError, match=r"laser, laser_power = 0.002: The error queue"):
        role.set_power(2e-3)
