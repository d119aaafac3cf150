"""A row of a report's table: one number, where it is from, and its interval."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.run.grid import other_direction
from phonosync.analysis.run.setting import settings_of
from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.setting import Setting

CHI, DECIBEL, DEVICE = r"$\chi$", "dB", "Device"


@dataclass(frozen=True)
class Row:
    """One number.

    Attributes:
        group: heading under which it stands.
        quantity: in words; "phonon 1, quanta".
        symbol: the same in LaTeX.
        where: direction and setting in words; "" for what concerns the whole run.
        interval: in `unit`; of a p-value the value alone.
        unit: "" where there is none.
        truth: of a virtual device.
        comment: how it was found, where that needs saying.
    """

    group: str
    quantity: str
    symbol: str
    where: str
    interval: Interval
    unit: str = ""
    truth: float | None = None
    comment: str = ""

    def text(self) -> tuple[str, str]:
        """Value and interval in words; a probability has no interval."""
        if self.is_probability:
            p = self.interval.value
            return ("not given" if np.isnan(p) else f"{p:.2g}"), ""
        return self.interval.text()

    def truth_text(self) -> str:
        """The truth with the digits of the interval; "" where it is not known."""
        if self.truth is None:
            return ""
        half = (self.interval.high - self.interval.low) / 2
        alone = Interval(self.truth, np.nan, np.nan)
        known = Interval(self.truth, self.truth - half, self.truth + half)
        return (known if half > 0 else alone).text()[0]

    @property
    def is_probability(self) -> bool:
        """Whether it is a p- or q-value."""
        return self.symbol in ("$p$", "$q$")


def at_place(way: Way | None, *said: str) -> str:
    """Direction and setting in words."""
    words = [] if way is None else [way.short]
    return ", ".join([*words, *(in_print(part) for part in said if part)])


def in_print(text: str) -> str:
    """With the micro that settings and devices write in ASCII.

    >>> in_print("laser power 200 uW, wavelength 1.55 um")
    'laser power 200 µW, wavelength 1.55 µm'
    """
    return re.sub(r"(?<=\d )u(?=[A-Zms]\b)", "µ", text)


def places_of(
    analysis: RunAnalysis, found: xarray.Dataset, what: str
) -> Iterator[tuple[dict[str, Any], Setting, str]]:
    """Every place of a comparison, its setting, and in words with the direction that stayed."""
    other = other_direction(what)
    for way in found[other].values.tolist() if other in found.dims else [None]:
        for setting in settings_of(analysis.data):
            said = f"{other} {way:+d}".replace("-", "−") if found.sizes.get(other, 1) > 1 else ""
            at = {**setting.at, **({} if way is None else {other: way})}
            yield at, setting, at_place(None, said, setting.label)


def scaled(interval: Interval, scale: float) -> Interval:
    """In another unit, whose size is `scale`."""
    return Interval(interval.value / scale, interval.low / scale, interval.high / scale)
