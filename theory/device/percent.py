"""Relative values in files ("5 %" or 0.05), turned into floats."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_SYNTAX = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*%\s*")


def parse_fraction(value: Any) -> float:
    """Convert "5 %" or 0.05 to 0.05.

    Raises:
        ValueError: neither of them.

    >>> parse_fraction("5 %"), parse_fraction(0.05)
    (0.05, 0.05)
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    percent = _SYNTAX.fullmatch(str(value))
    if percent is None:
        raise ValueError(f"{value!r} is not a relative value; write for example '5 %' or 0.05")
    # Rounding undoes the last bit that the division of a decimal number adds.
    return float(f"{float(percent[1]) / 100:.14g}")


Fraction = Annotated[float, BeforeValidator(parse_fraction), Field(ge=0, le=1)]
