import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from phonosync.theory.quantities import (
    Hertz,
    Kelvin,
    Metre,
    PerMetre,
    Radian,
    RadianPerSecond,
    Second,
    Watt,
    parse_quantity,
    si,
)

repeatable = settings(deadline=None, derandomize=True, max_examples=60)


def parse(kind, text):
    return TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Hertz, "10 MHz", 10e6),
        (Hertz, "10MHz", 10e6),
        (Hertz, " -16.626 MHz ", -16.626e6),
        (Hertz, "2e-3 THz", 2e9),
        (Hertz, ".5 kHz", 500),
        (Hertz, "5 1/s", 5),
        (Watt, "0.3 mW", 0.3e-3),
        (Watt, "-10 dBm", 1e-4),
        (Kelvin, "48 mK", 0.048),
        (Kelvin, "0 degC", 273.15),
        (Metre, "1550 nm", 1550e-9),
        (Metre, "30 µm", 30e-6),
        (Second, "20 ms", 0.02),
        (Radian, "90 deg", np.pi / 2),
        (Radian, "1.5 rad", 1.5),
        (RadianPerSecond, "6000 rpm", 200 * np.pi),
        (RadianPerSecond, "1 turn/s", 2 * np.pi),
        (PerMetre, "-0.01 1/um", -1e4),
    ],
)
def test_a_number_with_a_unit_is_taken_to_si(kind, text, value):
    assert parse(kind, text) == pytest.approx(value, rel=1e-13)


@repeatable
@given(
    value=st.floats(-1e6, 1e6), prefix=st.sampled_from([("k", 3), ("M", 6), ("G", 9), ("m", -3)])
)
def test_a_prefix_is_its_power_of_ten(value, prefix):
    letter, exponent = prefix
    expected = pytest.approx(value * 10.0**exponent, rel=1e-12, abs=1e-300)
    assert parse(Hertz, f"{value!r} {letter}Hz") == expected


def test_a_decimal_number_keeps_its_digits():
    assert parse(Watt, "0.197284 mW") == 0.000197284
    assert parse(Metre, "1550 nm") == 1.55e-6


@pytest.mark.parametrize(
    ("kind", "text", "complaint"),
    [
        (Hertz, "10", "'10' has no unit"),
        (Hertz, 10, "10 has no unit"),
        (Hertz, 2.5e6, "2500000.0 has no unit"),
        (Hertz, True, "True is not a frequency"),
        (Hertz, None, "None is not a frequency"),
        (Hertz, "fast", "'fast' is not a frequency"),
        (Hertz, "nan Hz", "'nan Hz' is not a frequency"),
        (Hertz, "1,5 MHz", "'1,5 MHz' is not a frequency"),
        (Hertz, "2.5.3 MHz", "'2.5.3 MHz' is not a frequency"),
        (Hertz, "1 000 MHz", "'1 000 MHz' is not a frequency"),
        (Hertz, "1e400 Hz", "too large"),
        (Hertz, "10 mhz", "the unit 'mhz' is unknown"),
        (Hertz, "10 MHz + 3 Hz", "is unknown"),
        (Hertz, "3 s", "its unit is of time"),
        (Watt, "0.2 s", "its unit is of time"),
        (Watt, "-5 dB", "is not a power"),
        (Metre, "193 THz", "is not a length"),
    ],
)
def test_what_is_not_a_quantity_of_the_kind_is_refused_with_an_example(kind, text, complaint):
    with pytest.raises(ValidationError) as caught:
        parse(kind, text)
    message = caught.value.errors()[0]["msg"]
    assert complaint in message
    assert "write for example '" in message


@pytest.mark.parametrize("text", ["6e7 rad/s", "1 krad/s", "6000 rpm", "3 cycle/s", "3 turn/s"])
def test_an_angular_frequency_is_never_taken_for_an_ordinary_one(text):
    with pytest.raises(ValidationError, match="angular frequency; files hold ordinary ones"):
        parse(Hertz, text)
    parse(RadianPerSecond, text)


@pytest.mark.parametrize(("kind", "text"), [(RadianPerSecond, "100 Hz"), (Radian, "50 %")])
def test_an_angle_says_of_what(kind, text):
    with pytest.raises(ValidationError, match="does not say of what angle"):
        parse(kind, text)


def test_numbers_from_code_are_marked_as_si_and_taken_as_they_are():
    assert parse(Hertz, si(2.5e6)) == 2.5e6


def test_the_advice_of_an_error_can_be_followed():
    with pytest.raises(ValueError, match=r"write for example '48 mK'"):
        parse_quantity("48", "K", "a temperature", "48 mK")
    assert parse_quantity("48 mK", "K", "a temperature", "48 mK") == 0.048
