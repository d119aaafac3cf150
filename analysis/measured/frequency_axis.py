"""Frequencies of a figure: a unit that suits them, and points where something happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

_PREFIXES = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz"))
_SUBDIVIDED = np.sinh(np.linspace(-6, 6, 161)) / np.sinh(6) * 30  # linewidths from a line's centre


def unit_of(largest_hz: float) -> tuple[float, str]:
    """Scale and name of the unit in which a frequency is between 1 and 1000.

    >>> unit_of(2.2e7)
    (1000000.0, 'MHz')
    """
    return next(((s, u) for s, u in _PREFIXES if abs(largest_hz) >= s), _PREFIXES[-1])


def in_words(frequency_hz: float, digits: int = 3) -> str:
    """A frequency with its unit, rounded.

    >>> in_words(9.998e6), in_words(-381.35)
    ('10 MHz', '−381 Hz')
    """
    scale, unit = unit_of(frequency_hz)
    return f"{float(f'{frequency_hz / scale:.{digits}g}'):g} {unit}".replace("-", "−")


def label_frequency(axes: Axes, interval: tuple[float, float], what: str) -> tuple[float, float]:
    """Label the frequency axis, from its middle on if the interval is narrow, and set its limits.

    Args:
        axes: the panel.
        interval: Hz.
        what: the quantity: "frequency".

    Returns:
        What to subtract from frequencies before they are drawn, and by what to divide, Hz.
    """
    low, high = interval
    largest = max(abs(low), abs(high))
    ratio = largest / (high - low)
    if ratio < 200:
        shift, (scale, unit) = 0.0, unit_of(largest)
        axes.set_xlabel(f"{what} ({unit})")
    else:
        digits = max(3, int(np.ceil(np.log10(ratio))))
        shift = float(f"{(low + high) / 2:.{digits}g}")
        scale, unit = unit_of(high - low)
        sign = "−" if shift > 0 else "+"
        axes.set_xlabel(f"{what} {sign} {in_words(abs(shift), digits)} ({unit})")
    axes.set_xlim((low - shift) / scale, (high - shift) / scale)
    return shift, scale


def lines(drift: ArrayLike) -> NDArray[np.floating]:
    """Frequency and full width at half maximum, Hz, of every eigenmode, shape (N, 2).

    Args:
        drift: A, shape (2N, 2N), rad/s.
    """
    values: Any = np.linalg.eigvals(np.asarray(drift, float))
    upper = values[np.argsort(-values.imag)][: len(values) // 2]
    return np.stack([np.abs(upper.imag), -2 * upper.real], axis=-1) / (2 * np.pi)


def resolving(
    low: float, high: float, found: Iterable[tuple[float, float]], points: int = 801
) -> NDArray[np.floating]:
    """Frequencies from low to high, evenly and denser on every line, so that none is missed.

    Args:
        low, high: Hz.
        found: centre and width of each line, Hz.
        points: evenly spaced ones.
    """
    near = [centre + width * _SUBDIVIDED for centre, width in found]
    every = np.concatenate([np.linspace(low, high, points), *near])
    return np.unique(every[(every >= low) & (every <= high)])


def windows(found: Iterable[tuple[float, float]], widths: float = 8) -> list[tuple[float, float]]:
    """Intervals that show every line with so many widths on both sides; near ones are one.

    >>> windows([(10.0, 0.1), (11.0, 0.1), (90.0, 0.1)], widths=10)
    [(9.0, 12.0), (89.0, 91.0)]
    """
    merged: list[list[float]] = []
    for low, high in sorted((f - widths * w, f + widths * w) for f, w in found):
        if merged and low - merged[-1][1] <= 2 * max(high - low, merged[-1][1] - merged[-1][0]):
            merged[-1][1] = max(merged[-1][1], high)
        else:
            merged.append([low, high])
    return [(low, high) for low, high in merged]
