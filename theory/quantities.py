"""Values with units in files ("10 MHz", "0.3 mW", "48 mK"), turned into floats of one SI unit."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
# The number is taken whole (?>...), and no unit begins like one: "10" and "1,5 MHz" have no unit.
_SYNTAX = re.compile(rf"\s*((?>{_NUMBER}))\s*((?:1\s*/|[^\s\d.,]).*?)\s*")


@cache
def _registry():
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)


def parse_quantity(text: Any, unit: str, kind: str, example: str) -> float:
    """Convert a text such as "0.3 mW" to a float in `unit`.

    Args:
        text: what the file says.
        unit: the SI unit of the result, e.g. "W".
        kind: what is expected, in words, for the message, e.g. "a power".
        example: a right spelling, for the message.

    Raises:
        ValueError: no unit, an unknown one, another dimension, radians in a frequency, an angle
            that is a bare number.

    >>> parse_quantity("0.3 mW", "W", "a power", "0.3 mW")
    0.0003
    >>> parse_quantity("3 s", "W", "a power", "0.3 mW")
    Traceback (most recent call last):
    ...
    ValueError: '3 s' is not a power (its unit is of time); write for example '0.3 mW'
    """
    advice = f"write for example '{example}'"
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"{text!r} is not {kind}; {advice}")
    if not isinstance(text, str):
        raise ValueError(f"{text!r} has no unit; {advice}")
    match = _SYNTAX.fullmatch(text)
    if match is None:
        missing = re.fullmatch(rf"\s*{_NUMBER}\s*", text) is not None
        raise ValueError(f"{text!r} {'has no unit' if missing else f'is not {kind}'}; {advice}")
    number, found = match.groups()
    registry = _registry()
    try:
        quantity = registry.Quantity(float(number), found)
    except Exception as error:  # pint raises errors of many kinds for an unknown unit
        raise ValueError(f"{text!r}: the unit {found!r} is unknown; {advice}") from error
    if not quantity.check(registry.Unit(unit).dimensionality):
        other = str(quantity.dimensionality).replace("[", "").replace("]", "")
        raise ValueError(f"{text!r} is not {kind} (its unit is of {other}); {advice}")
    # 1 Hz and 1 rad/s have the same dimension for pint but differ by 2π: never mix them up.
    angular = "radian" in dict(registry.Quantity(1.0, found).to_root_units().unit_items())
    if "Hz" in unit and angular:
        raise ValueError(f"{text!r} is an angular frequency; files hold ordinary ones: {advice}")
    if unit in ("rad", "rad/s") and not angular:
        raise ValueError(f"{text!r} does not say of what angle; {advice}")
    # Rounding undoes the last bit that the conversion of a decimal number adds.
    value = float(f"{quantity.to(unit).magnitude:.14g}")
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is too large; {advice}")
    return value


IN_SI = {"numbers are in SI units": True}
"""Context with which a model reads numbers that it has written itself (`model_dump`)."""


def in_si(info: ValidationInfo) -> bool:
    """Whether numbers are read that a model has written itself."""
    return info.context == IN_SI


def _quantity(unit: str, kind: str, example: str):
    def read(text: Any, info: ValidationInfo) -> float:
        if isinstance(text, _Si) or (in_si(info) and isinstance(text, int | float)):
            return text
        return parse_quantity(text, unit, kind, example)

    return BeforeValidator(read)


class _Si(float):
    """A number that is already in the SI unit of its field (from code, not from a file)."""


def si(value: float) -> float:
    """Mark a number from code as being in the field's SI unit: it is not asked for a unit."""
    return _Si(value)


Hertz = Annotated[float, _quantity("Hz", "a frequency", "10 MHz")]
Watt = Annotated[float, _quantity("W", "a power", "0.3 mW")]
Kelvin = Annotated[float, _quantity("K", "a temperature", "48 mK")]
Metre = Annotated[float, _quantity("m", "a length", "1550 nm")]
Second = Annotated[float, _quantity("s", "a time", "20 ms")]
RadianPerSecond = Annotated[float, _quantity("rad/s", "an angular velocity", "6000 rpm")]
PerMetre = Annotated[float, _quantity("1/m", "an inverse length", "-0.01 1/um")]
Radian = Annotated[float, _quantity("rad", "an angle", "90 deg")]
Tesla = Annotated[float, _quantity("T", "a magnetic field", "100 mT")]
