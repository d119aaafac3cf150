"""Who an instrument is and how far it goes, asked without changing anything in it.

A driver's constructor may write (a command set, a format, an empty error queue); these questions
are put to the bare connection instead.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from phonosync.instruments.errors import NonsenseError

Ask = Callable[[str], str]


@dataclass(frozen=True)
class Identity:
    """What an instrument says of itself; "" for what it does not say."""

    vendor: str
    model: str
    serial: str
    firmware: str


@dataclass(frozen=True)
class Limit:
    """How far an instrument goes.

    Attributes:
        what: the quantity, in words.
        low, high: ends of its range, in `unit`; None where there is none.
        unit: SI, "" for numbers and words.
    """

    what: str
    low: float | None
    high: float | None
    unit: str


def from_idn(ask: Ask) -> Identity:
    """Ask *IDN? and take the reply of IEEE 488.2 apart: vendor, model, serial, firmware.

    >>> from_idn(lambda query: "Keysight Technologies,N9030B,MY00000001,A.33.03").model
    'N9030B'
    """
    reply = ask("*IDN?")
    parts = [part.strip() for part in reply.split(",", 3)]
    if len(parts) != 4:
        raise NonsenseError(f"*IDN? was answered by {reply!r:.80}, which names no instrument.")
    return Identity(*parts)


def no_limits(ask: Ask) -> list[Limit]:
    """An instrument that tells no limits."""
    return []


def no_obstacles(ask: Ask) -> list[str]:
    """An instrument that never stands in its own way."""
    return []


@dataclass(frozen=True)
class Introduction:
    """How to get to know a kind of instrument.

    Attributes:
        models: regular expression that the models match to which the driver belongs.
        identify: asks who it is.
        limits: asks how far it goes.
        obstacles: asks what keeps it from its work now; each with what to do about it.
        greeting_lines: what it says to whoever connects.
    """

    models: str = ".*"
    identify: Callable[[Ask], Identity] = from_idn
    limits: Callable[[Ask], list[Limit]] = no_limits
    obstacles: Callable[[Ask], list[str]] = no_obstacles
    greeting_lines: int = 0

    def knows(self, identity: Identity) -> bool:
        """Whether the driver is one for this instrument."""
        return re.fullmatch(self.models, identity.model, re.IGNORECASE) is not None


def number(ask: Ask, query: str) -> float:
    """Ask for a number; a unit or further values may follow it.

    Raises:
        NonsenseError: the reply does not begin with one.
    """
    reply = ask(query)
    match = re.match(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", reply)
    if match is None:
        raise NonsenseError(f"{query} was answered by {reply!r:.80}, which is no number.")
    return float(match[0])
