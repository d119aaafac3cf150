"""The wire itself, with an instrument made for the purpose."""

import contextlib
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, Setting, command
from phonosync.instruments.virtual.scpi.status import QUEUE_DEPTH, event_bit
from phonosync.instruments.virtual.scpi.syntax import (
    STANDARD_TEXTS,
    Boolean,
    Channels,
    Choice,
    Number,
)


class Oven(ScpiInstrument):
    """Heats in the background."""

    identity = "Test,Oven,0,0"
    settings = (
        Setting("[:SOURce]:FREQuency:STARt", "start", Number(0, 1e9, "HZ"), 0.0),
        Setting("[:SOURce]:FREQuency:STOP", "stop", Number(0, 1e9, "HZ"), 1e6),
        Setting("[:SOURce]:LAMP", "lamp", Boolean(), False),
        Setting(":SHAPe", "shape", Choice(("GAUSsian", "FLATtop")), "GAUS"),
        Setting(":COUNt", "count", Number(1, 10, integer=True), 3),
    )

    def __init__(self):
        super().__init__()
        self.door = threading.Event()
        self.heated = 0

    @command(":HEAT")
    def heat(self):
        self.begin(lambda should_stop: self._bake(should_stop), lambda result: self._done())

    def _bake(self, should_stop):
        while not self.door.wait(0.005) and not should_stop():
            pass

    def _done(self):
        self.heated += 1

    @command(":FAIL")
    def fail(self):
        raise ZeroDivisionError('a "division" failed')

    @command(":FAIL:LATEr")
    def fail_later(self):
        def work(should_stop):
            raise OSError("burnt out")

        self.begin(work, lambda result: None)

    @command(":ABORt")
    def stop(self):
        self.abort()

    @command(":PORT<n>:NAME?")
    def port_name(self, number):
        return f'"port {number}"'

    @command(":JOIN", Channels(), Channels())
    def join(self, first, second):
        self.joined = (first, second)


@pytest.fixture
def oven(serve, talk):
    return talk(serve(Oven()))


@pytest.mark.parametrize(
    "header",
    ["FREQ:STAR", "FREQUENCY:START", ":freq:start", "SOUR:FREQ:STAR", ":SOURce:FREQuency:STARt"],
)
def test_long_and_short_forms_mean_the_same(oven, header):
    oven.send(f"{header} 12 kHz")
    assert float(oven.ask(f"{header}?")) == 12e3
    assert oven.error() == 0


@pytest.mark.parametrize("header", ["FREQU:STAR", "FREQ:STA", "FREQ", "SOURC:LAMP", "LAMPE", "XYZ"])
def test_nothing_between_short_and_long_form_is_understood(oven, header):
    oven.send(f"{header}?")
    assert oven.error() == -113
    assert oven.error() == 0


def test_an_unknown_query_gets_no_reply(oven):
    oven.send(":NONSense?")
    assert oven.ask("*IDN?") == "Test,Oven,0,0"


def test_a_compound_message_keeps_the_path_and_common_commands_do_not_disturb_it(oven):
    oven.send(":FREQ:STAR 1 MHZ;*CLS;STOP 2 MHZ;:LAMP ON")
    assert oven.error() == 0
    assert oven.ask(":FREQ:STAR?;STOP?;:LAMP?") == ";".join(
        ["+1.00000000000000E+006", "+2.00000000000000E+006", "1"]
    )


def test_a_path_is_forgotten_with_the_message(oven):
    oven.send("FREQ:STAR 1")
    oven.send("STOP 2")
    assert oven.error() == -113


def test_a_leading_colon_returns_to_the_root(oven):
    oven.send(":FREQ:STAR 1;:STOP 2")
    assert oven.error() == -113


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("FREQ:STAR", -109),
        ("FREQ:STAR 1,2", -108),
        ("*IDN? 1", -108),
        ("FREQ:STAR fast", -104),
        ("FREQ:STAR 2e9", -222),
        ("FREQ:STAR 1 V", -131),
        ("COUN 2 HZ", -138),
        ("SHAP round", -224),
        ("SHAP 3", -104),
        ("FREQ:STAR 1e999", -222),
        ("FREQ::STAR 1", -102),
        ("!?", -102),
        ("JOIN (@1,2", -102),
        ("JOIN (1),(2)", -104),
        ('SHAP "open', -151),
        ("FREQ:STAR 1\x07", -101),
        ("FAIL", -300),
    ],
)
def test_each_mistake_has_its_standard_number_and_event(oven, message, number):
    oven.ask("*ESR?")
    oven.send(message)
    assert oven.error() == number
    assert oven.error() == 0
    assert int(oven.ask("*ESR?")) == event_bit(number)


def test_a_failing_handler_is_reported_and_the_instrument_goes_on(oven):
    oven.send("FAIL")
    assert oven.ask("SYST:ERR?") == (
        "-300,\"Device-specific error; ZeroDivisionError: a 'division' failed\""
    )
    assert oven.ask("*IDN?") == "Test,Oven,0,0"


def test_a_refused_value_leaves_the_rest_of_the_message_alone(oven):
    oven.send("COUN 99;COUN 5")
    assert (oven.error(), oven.ask("COUN?")) == (-222, "5")


def test_a_message_that_is_not_understood_ends_there(oven):
    oven.send("COUN 4;NONS;COUN 5")
    assert (oven.error(), oven.ask("COUN?")) == (-113, "4")


def test_limits_can_be_named(oven):
    oven.send("COUN MAX")
    assert oven.ask("COUN?") == "10"


def test_the_error_queue_is_first_in_first_out_and_says_when_it_overflows(oven):
    oven.send("COUN 99")
    for _ in range(QUEUE_DEPTH + 5):
        oven.send("NONS")
    numbers = [oven.error() for _ in range(QUEUE_DEPTH)]
    assert numbers == [-222] + [-113] * (QUEUE_DEPTH - 2) + [-350]
    assert oven.error() == 0


def test_all_errors_can_be_read_at_once(oven):
    oven.send("COUN 99")
    oven.send("COUN")
    assert (
        oven.ask("SYST:ERR:ALL?") == '-222,"Data out of range; 99",-109,"Missing parameter; :COUN"'
    )
    assert oven.ask("SYST:ERR:ALL?") == '0,"No error"'


def test_clear_empties_queue_and_events_but_keeps_the_masks(oven):
    oven.send("*ESE 32;*SRE 36")
    oven.send("NONS")
    assert int(oven.ask("*STB?")) == 4 + 32 + 64
    oven.send("*CLS")
    assert oven.ask("*ESR?;*STB?;*ESE?;*SRE?") == "0;0;32;36"


def test_reset_restores_the_settings(oven):
    oven.send("COUN 7;*RST")
    assert oven.ask("COUN?") == "3"


def test_a_numeric_suffix_is_read_and_defaults_to_one(oven):
    assert oven.ask("PORT12:NAME?;:PORT:NAME?") == '"port 12";"port 1"'


def test_channel_lists_keep_their_order_and_know_ranges(serve, talk):
    oven = Oven()
    line = talk(serve(oven))
    line.send("JOIN (@3,1), (@ 9:11 )")
    assert line.error() == 0
    assert oven.joined == ((3, 1), (9, 10, 11))


def test_status_is_told_while_an_operation_runs_and_opc_marks_its_end(serve, talk):
    oven = Oven()
    line = talk(serve(oven))
    line.send("*CLS;HEAT;*OPC")
    assert line.ask("*ESR?") == "0"
    assert oven.busy
    oven.door.set()
    assert line.ask("*OPC?") == "1"
    assert line.ask("*ESR?") == "1"
    assert oven.heated == 1


def test_opc_query_holds_back_only_its_own_connection(serve, talk):
    oven = Oven()
    server = serve(oven)
    waiting, other = talk(server), talk(server)
    waiting.send("HEAT")
    waiting.send("*OPC?")
    assert other.ask("*IDN?") == "Test,Oven,0,0"
    oven.door.set()
    assert waiting.read() == "1"


def test_wait_holds_back_what_follows(serve, talk):
    oven = Oven()
    server = serve(oven)
    line, other = talk(server), talk(server)
    line.send("HEAT;*WAI;COUN 9")
    assert other.ask("COUN?") == "3"
    oven.door.set()
    assert line.ask("COUN?") == "9"


def test_opc_without_an_operation_is_true_at_once(oven):
    assert oven.ask("*CLS;*OPC;*ESR?;*OPC?") == "1;1"


def test_abort_ends_an_operation_and_throws_its_result_away(serve, talk):
    oven = Oven()
    line = talk(serve(oven))
    line.send("*CLS;HEAT;*OPC;:ABOR")
    assert line.ask("*OPC?;*ESR?") == "1;1"
    oven.door.set()
    line.send("HEAT")
    assert line.ask("*OPC?") == "1"
    assert oven.heated == 1


def test_a_failed_operation_is_reported_and_counts_as_complete(oven):
    oven.send("*CLS;FAIL:LATE;*OPC")
    assert oven.ask("*OPC?") == "1"
    assert "OSError: burnt out" in oven.ask("SYST:ERR?")
    assert int(oven.ask("*ESR?")) == 1 + 8


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_messages_end_with_newline_with_or_without_carriage_return(oven, end):
    oven.send(b"COUN 6" + end + b"COUN?" + end)
    assert oven.read() == "6"
    assert oven.error() == 0


def test_a_message_may_arrive_in_pieces(oven):
    for piece in (b"*I", b"D", b"N?\n*TS", b"T?\n"):
        oven.send(piece)
    assert (oven.read(), oven.read()) == ("Test,Oven,0,0", "0")


def test_an_endless_line_is_thrown_away(oven):
    oven.send(b"A" * 300_000 + b"\n")
    assert oven.error() == -363
    assert oven.ask("*IDN?") == "Test,Oven,0,0"


def test_empty_messages_are_nothing(oven):
    oven.send(b"\n\n ; ;\n")
    assert oven.error() == 0


def test_a_client_may_leave_while_it_waits(serve, talk):
    oven = Oven()
    server = serve(oven)
    impatient, other = talk(server), talk(server)
    impatient.send("HEAT;*OPC?")
    impatient.socket.close()
    oven.door.set()
    assert other.ask("*OPC?;*IDN?") == "1;Test,Oven,0,0"


def test_stopping_the_server_cuts_open_connections_even_those_that_wait(serve, talk):
    server = serve(Oven())
    idle, waiting = talk(server), talk(server)
    waiting.send("HEAT;*OPC?")
    assert idle.ask("*IDN?") == "Test,Oven,0,0"
    server.stop()
    for line in (idle, waiting):
        with pytest.raises(ConnectionError):
            line.ask("*IDN?")


def test_a_server_can_be_stopped_twice(serve):
    server = serve(Oven())
    server.stop()
    server.stop()


def test_the_address_is_local_and_on_a_free_port(serve):
    first, second = serve(Oven()), serve(Oven())
    assert first.resource_name == f"TCPIP0::127.0.0.1::{first.port}::SOCKET"
    assert first.port != second.port


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(min_codepoint=0, max_codepoint=255)))
def test_no_garbage_brings_the_parser_down(text):
    oven = Oven()
    with contextlib.closing(oven):
        oven.execute(text.replace("HEAT", ""))
        assert oven.execute("*IDN?") == b"Test,Oven,0,0"
        assert all(number in STANDARD_TEXTS for number, _ in oven.status.errors)
