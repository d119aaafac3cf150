"""How SCPI is written."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, scientific
from phonosync.instruments.virtual.scpi.status import event_bit
from phonosync.instruments.virtual.scpi.syntax import (
    STANDARD_TEXTS,
    Channels,
    ScpiError,
    header_pattern,
    short_form,
)


def test_every_standard_number_sets_exactly_one_event():
    assert {event_bit(number) for number in STANDARD_TEXTS} == {4, 8, 16, 32}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_channel_list_brings_the_parser_down(data):
    with contextlib.suppress(ScpiError):
        Channels().parse("(@" + data.decode("latin-1") + ")")


def test_a_subclass_cannot_hide_a_command_by_accident():
    with pytest.raises(TypeError, match="_wait hides a SCPI command"):

        class Careless(ScpiInstrument):
            def _wait(self):
                pass


def test_optional_nodes_may_be_left_out_in_any_combination():
    pattern = header_pattern("[:SENSe]:BANDwidth|BWIDth[:RESolution]")
    for header in (":BAND", ":BWID:RES", ":SENS:BANDWIDTH:RESOLUTION", ":SENSE:BWIDTH"):
        assert pattern.fullmatch(header)
    assert not pattern.fullmatch(":SENS:RES")


def test_short_forms_are_the_capitals():
    assert [short_form(word) for word in ("STARt", "AUTo", "DB3", "FFT")] == [
        "STAR",
        "AUT",
        "DB3",
        "FFT",
    ]


def test_exponents_have_three_digits():
    assert scientific(-1.5e-12, digits=3) == "-1.500E-012"
    assert scientific(0.0, digits=1) == "+0.0E+000"
