"""What a survey varies, as it is written: "drive.power=0.1..2 mW:41"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device import Device
from phonosync.theory.device.entries import Entry, find_entry, read_value
from phonosync.theory.errors import InputError

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
_EXAMPLE = 'for example "drive.power=0.1..2 mW:41", "...:41 log" or "drive.power=0.1,1,2 mW"'


@dataclass(frozen=True, eq=False)
class Axis:
    """One entry of a device file and the values it takes.

    Attributes:
        entry: the number that is varied.
        values: in the entry's SI unit, shape (P,).
    """

    entry: Entry
    values: NDArray[np.floating]


@dataclass(frozen=True)
class Range:
    """One entry of a device file and the interval it may lie in, in the entry's SI unit."""

    entry: Entry
    low: float
    high: float
    log: bool = False


def parse_axes(device: Device, texts: Sequence[str]) -> tuple[Axis, ...]:
    """Read up to three axes; see `parse_axis`.

    Raises:
        InputError: more than three, one entry twice, or one of them wrong.
    """
    axes = tuple(parse_axis(device, text) for text in texts)
    if len(axes) > 3:
        raise InputError(f"{len(axes)} entries are varied; a survey takes at most three.")
    _once([axis.entry for axis in axes])
    return axes


def parse_axis(device: Device, text: str) -> Axis:
    """Read an axis: `entry=start..stop unit:points`, with ` log` behind, or `entry=a,b,c unit`.

    Raises:
        InputError: an unknown entry, a missing or wrong unit, no points, a range without width,
            NaN, a value that the device cannot have.

    >>> from phonosync.theory import load_device
    >>> parse_axis(load_device("ring"), "sagnac.shift=-5..5 MHz:3").values
    array([-5000000.,        0.,  5000000.])
    """
    entry, values, log = _split(device, text)
    if ".." not in values:
        if log:
            raise InputError(f"{text!r}: 'log' is for a range start..stop, not for a list.")
        found = np.array(_read(device, entry, values.split(","), text))
        if len(np.unique(found)) < len(found):
            raise InputError(f"{text!r} says a value twice; say each once.")
    else:
        span, colon, points = values.rpartition(":")
        if not colon or not points.strip().isdecimal():
            said = repr(points.strip()) if colon else "no number"
            raise InputError(f"{text!r} says {said} of points; write {_EXAMPLE}.")
        found = _spaced(device, entry, span, int(points), log, text)
    return Axis(entry, found)


def parse_ranges(device: Device, texts: Sequence[str]) -> tuple[Range, ...]:
    """Read the intervals that a search may move in: `entry=low..high unit`, ` log` behind.

    Raises:
        InputError: none at all, an unknown entry, one entry twice, a wrong unit, or low >= high.

    >>> from phonosync.theory import load_device
    >>> [free] = parse_ranges(load_device("ring"), ["drive.power=0.01..1 mW log"])
    >>> free.low, free.high, free.log
    (1e-05, 0.001, True)
    """
    if not texts:
        raise InputError('nothing may change; name an entry, for example "drive.power=0.01..1 mW".')
    found = []
    for text in texts:
        entry, values, log = _split(device, text)
        ends = values.split("..")
        if len(ends) != 2 or ":" in values:
            raise InputError(f'{text!r} is not an interval; write "{entry.name}=low..high unit".')
        low, high = _read(device, entry, ends, text)
        if not low < high:
            raise InputError(f"{text!r} is empty: its lower end is not below its upper one.")
        if log and low <= 0:
            raise InputError(f"{text!r}: a logarithmic interval begins above zero.")
        found.append(Range(entry, low, high, log))
    _once([free.entry for free in found])
    return tuple(found)


def _split(device: Device, text: str) -> tuple[Entry, str, bool]:
    name, equals, values = text.partition("=")
    if not equals or not name.strip() or not values.strip():
        raise InputError(f"{text!r} does not say what is varied how; write {_EXAMPLE}.")
    entry = find_entry(device, name)
    bare = values.strip().removesuffix(" log").strip()
    return entry, bare, bare != values.strip()


def _spaced(
    device: Device, entry: Entry, span: str, points: int, log: bool, text: str
) -> NDArray[np.floating]:
    ends = span.split("..")
    if len(ends) != 2:
        raise InputError(f"{text!r} has {len(ends)} ends; write {_EXAMPLE}.")
    start, stop = _read(device, entry, ends, text)
    if points == 0:
        raise InputError(f"{text!r} is empty: it has 0 points; ask for 2 or more.")
    if points == 1 or start == stop:
        raise InputError(
            f"{text!r} is no range: it has {points} point{'s' * (points > 1)} from {start:g} to "
            f"{stop:g} {entry.unit}; ask for 2 or more between different ends, or write one value."
        )
    if log and min(start, stop) <= 0:
        raise InputError(f"{text!r}: logarithmic spacing needs ends above zero.")
    return np.geomspace(start, stop, points) if log else np.linspace(start, stop, points)


def _read(device: Device, entry: Entry, texts: Sequence[str], whole: str) -> list[float]:
    """Read values; a bare number has the unit of the last one."""
    last = _NUMBER.fullmatch(texts[-1])
    unit = last[2] if last else ""
    values = []
    for text in reversed(texts):  # the last one first: it says what is wrong with the unit
        if not text.strip():
            raise InputError(f"{whole!r} misses a value; write {_EXAMPLE}.")
        number = _NUMBER.fullmatch(text)
        bare = number is not None and not number[2]
        values.append(read_value(device, entry, f"{text} {unit}".strip() if bare else text.strip()))
    return values[::-1]


def _once(entries: Sequence[Entry]) -> None:
    for k, entry in enumerate(entries):
        if any(entry.path == other.path for other in entries[:k]):
            raise InputError(f"{entry.name} is named twice; name it once.")
