"""How SCPI is written: headers, program messages, and arguments.

Source: SCPI-99, volume 1, chapters 5 to 7; IEEE 488.2-1992, chapter 7.
"""

import math
import re
from dataclasses import dataclass

STANDARD_TEXTS = {
    -101: "Invalid character",
    -102: "Syntax error",
    -104: "Data type error",
    -108: "Parameter not allowed",
    -109: "Missing parameter",
    -113: "Undefined header",
    -114: "Header suffix out of range",
    -131: "Invalid suffix",
    -138: "Suffix not allowed",
    -151: "Invalid string data",
    -213: "Init ignored",
    -221: "Settings conflict",
    -222: "Data out of range",
    -224: "Illegal parameter value",
    -230: "Data corrupt or stale",
    -241: "Hardware missing",
    -300: "Device-specific error",
    -350: "Queue overflow",
    -363: "Input buffer overrun",
    -410: "Query INTERRUPTED",
}

_MULTIPLIERS = {
    "HZ": {"HZ": 1.0, "KHZ": 1e3, "MHZ": 1e6, "MAHZ": 1e6, "GHZ": 1e9, "THZ": 1e12},
    "S": {"S": 1.0, "MS": 1e-3, "US": 1e-6, "NS": 1e-9},
    "M": {"M": 1.0, "MM": 1e-3, "UM": 1e-6, "NM": 1e-9, "PM": 1e-12},
    "DB": {"DB": 1.0},
}
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:\s*E\s*[+-]?\d+)?)\s*([A-Z%]*)", re.IGNORECASE)
_UNIT = re.compile(
    r"(\*[A-Z]+|:?[A-Z]\w*(?::[A-Z]\w*)*)(\?)?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL
)


class ScpiError(Exception):
    """One entry for the error queue.

    Args:
        number: standard number, as -222.
        detail: text that follows the standard one after a semicolon.
    """

    def __init__(self, number: int, detail: str = ""):
        self.number = number
        self.text = STANDARD_TEXTS.get(number, "Device-specific error")
        if detail:
            self.text += "; " + detail.replace('"', "'")
        super().__init__(f"{number}, {self.text}")


def short_form(word: str) -> str:
    """Give the short form of a mnemonic written as in manuals.

    >>> short_form("FREQuency"), short_form("DB3")
    ('FREQ', 'DB3')
    """
    return re.match(r"[A-Z0-9_]*", word).group()  # pyright: ignore[reportOptionalMemberAccess]


def _node(text: str) -> str:
    """Write one header node as a regular expression; `<n>` allows a numeric suffix."""
    numbered = text.endswith("<n>")
    forms = [
        form
        for word in text.removesuffix("<n>").split("|")
        for form in (short_form(word), word.upper())
    ]
    return f":(?:{'|'.join(dict.fromkeys(forms))})" + (r"(\d*)" if numbered else "")


def header_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a header written as in manuals.

    Args:
        pattern: as `[:SENSe]:BANDwidth|BWIDth[:RESolution]` or `:FETCh:SAN<n>` or `*IDN`.

    >>> bool(header_pattern("[:SENSe]:FREQuency:STARt").fullmatch(":FREQ:START"))
    True
    """
    if pattern.startswith("*"):
        return re.compile(re.escape(pattern))
    parts = re.findall(r"\[:([^\]]+)\]|:([^:\[\]]+)", pattern)
    return re.compile(
        "".join(f"(?:{_node(optional)})?" if optional else _node(node) for optional, node in parts)
    )


def split(text: str, separator: str) -> list[str]:
    """Split at a separator outside quotes and parentheses.

    Raises:
        ScpiError: a quote or a parenthesis stays open.

    >>> split('(@1,2),"a,b"', ",")
    ['(@1,2)', '"a,b"']
    """
    pieces, piece, quote, depth = [], "", "", 0
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == separator and depth == 0:
            pieces.append(piece.strip())
            piece = ""
            continue
        piece += character
    if quote:
        raise ScpiError(-151, "a quote stays open")
    if depth:
        raise ScpiError(-102, "a parenthesis stays open")
    return [*pieces, piece.strip()]


def parse_unit(text: str) -> tuple[str, bool, list[str]]:
    """Take one program message unit apart.

    Args:
        text: as `:FREQ:STAR 1 MHZ` or `*IDN?`.

    Returns:
        The header in capitals, whether it is a query, and its arguments.

    Raises:
        ScpiError: it is no program message unit.
    """
    match = _UNIT.fullmatch(text.strip())
    if match is None:
        raise ScpiError(-102, text.strip()[:40])
    header, query, rest = match.groups()
    return header.upper(), query is not None, split(rest, ",") if rest and rest.strip() else []


def parse_number(text: str) -> tuple[float, str]:
    """Read a decimal number and its suffix in capitals, as `1.5 kHz` -> (1.5, "KHZ")."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise ScpiError(-104, text)
    value = float(re.sub(r"\s", "", match[1]))
    if not math.isfinite(value):
        raise ScpiError(-222, text)
    return value, match[2].upper()


@dataclass(frozen=True)
class Number:
    """A decimal number with limits, in the unit of its family (HZ, S, M, DB) or without one."""

    low: float = -math.inf
    high: float = math.inf
    unit: str | None = None
    integer: bool = False
    optional: bool = False

    def parse(self, text: str) -> float:
        """Read the number; MIN and MAX stand for the limits."""
        limits = {"MIN": self.low, "MINIMUM": self.low, "MAX": self.high, "MAXIMUM": self.high}
        if math.isfinite(limits.get(text.upper(), math.nan)):
            return limits[text.upper()]
        value, suffix = parse_number(text)
        if suffix:
            if self.unit is None:
                raise ScpiError(-138, text)
            if suffix not in _MULTIPLIERS[self.unit]:
                raise ScpiError(-131, text)
            value *= _MULTIPLIERS[self.unit][suffix]
        if not self.low <= value <= self.high:
            raise ScpiError(-222, text)
        return round(value) if self.integer else value


@dataclass(frozen=True)
class Count:
    """A whole number from 0, of any size."""

    optional: bool = False

    def parse(self, text: str) -> int:
        """Read the number to its last digit."""
        if not re.fullmatch(r"[0-9]{1,100}", text):
            raise ScpiError(-104, text)
        return int(text)


@dataclass(frozen=True)
class Quantity:
    """A number whose suffix the instrument reads itself: gives (value, suffix)."""

    suffixes: tuple[str, ...]
    optional: bool = False

    def parse(self, text: str) -> tuple[float, str]:
        """Read number and suffix; the suffix is empty when none was written."""
        value, suffix = parse_number(text)
        if suffix and suffix not in self.suffixes:
            raise ScpiError(-131, text)
        return value, suffix


@dataclass(frozen=True)
class Boolean:
    """ON, OFF, or a number that is one of them after rounding."""

    optional: bool = False

    def parse(self, text: str) -> bool:
        """Read the switch."""
        if text.upper() in ("ON", "OFF"):
            return text.upper() == "ON"
        value, suffix = parse_number(text)
        if suffix:
            raise ScpiError(-138, text)
        return round(value) != 0


@dataclass(frozen=True)
class Choice:
    """One word of several, each in its short or long form; gives the short form."""

    words: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...] = ()
    optional: bool = False

    def parse(self, text: str) -> str:
        """Read the word."""
        if not re.fullmatch(r"[A-Z]\w*", text, re.IGNORECASE):
            raise ScpiError(-104, text)
        for word, meaning in (*((word, word) for word in self.words), *self.aliases):
            if text.upper() in (short_form(word), word.upper()):
                return short_form(meaning)
        raise ScpiError(-224, text)


@dataclass(frozen=True)
class Channels:
    """A channel list as `(@1,3:5)`; gives a tuple of whole numbers."""

    optional: bool = False

    def parse(self, text: str) -> tuple[int, ...]:
        """Read the list in the order written."""
        match = re.fullmatch(r"\(\s*@\s*((?:\d+(?::\d+)?)?(?:\s*,\s*\d+(?::\d+)?)*)\s*\)", text)
        if match is None:
            raise ScpiError(-104, text)
        channels: list[int] = []
        for item in filter(None, (piece.strip() for piece in match[1].split(","))):
            first, _, last = item.partition(":")
            channels += range(int(first), int(last or first) + 1)
        return tuple(channels)


Argument = Number | Count | Quantity | Boolean | Choice | Channels
