"""Drift and memory inside the quads, told apart from the effect of direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import InputError

_LEAST_QUADS = 4
_PATTERN = np.array([1.0, -1.0, -1.0, 1.0])


@dataclass(frozen=True)
class CarryOver:
    """What direction, memory and drift do to a measured number, each freed of the others.

    Attributes:
        effect: forward minus backward.
        memory: after forward minus after backward, whatever is measured now (remanence).
        drift: linear, per measurement.
        curvature: quadratic drift, per measurement squared.
        notes: what stands out, and what to do; empty when all is well.
    """

    effect: Interval
    memory: Interval
    drift: Interval
    curvature: Interval
    notes: tuple[str, ...] = ()


def carry_over(values: ArrayLike, directions: ArrayLike) -> CarryOver:
    """Separate direction, one-step memory and drift by what they do within a quad.

    In a quad of sign σ, led in by its own first direction, measurement j = 1 … 4 is

        y_j = level + (effect/2) s_j + (memory/2) s_{j−1} + drift x_j + curvature x_j² + noise,
        s = σ (+ − − +), s_{j−1} = σ (+ + − −), x = (−3, −1, 1, 3)/2

    so that, per quad,

        Σ s_j y_j/4     = effect/2 + σ curvature
        Σ s_{j−1} y_j/4 = memory/2 − σ drift

    Both are fitted over the quads as straight lines in σ; their signs were drawn by chance, which
    tells memory from drift. The noise within a quad may be correlated (a random walk), since only
    the scatter from quad to quad gives the errors (Student's t, n − 2).

    Args:
        values: y in the order of measurement, shape (n, 4); any number that is one per spectrum.
        directions: s, +1 or −1, shape (n, 4).

    Raises:
        InputError: fewer than 4 quads, other orders than +−−+ and −++−, all quads of one sign, or
            values that are not finite.
    """
    y, s = np.asarray(values, float), np.asarray(directions, float)
    _check(y, s)
    sign = s[:, 0]
    followed = sign[:, None] * np.array([1.0, 1.0, -1.0, -1.0])
    effect, curvature = _line((s * y).mean(axis=1), sign)
    memory, drift = _line((followed * y).mean(axis=1), sign)
    effect, memory, drift = _times(effect, 2), _times(memory, 2), _times(drift, -1)
    notes = []
    if memory.low > 0 or memory.high < 0:
        value, interval = memory.text()
        notes.append(
            f"the direction before still matters: {value} ({interval}) beside an effect of "
            f"{effect.text()[0]}. Quads cancel one step of it; settle longer after each switch, or "
            "demagnetize, until it is gone."
        )
    return CarryOver(effect, memory, drift, curvature, tuple(notes))


def _check(y: NDArray[np.floating], s: NDArray[np.floating]) -> None:
    if y.shape != s.shape or y.ndim != 2 or y.shape[1] != 4 or len(y) < _LEAST_QUADS:
        raise InputError(
            f"values of shape {y.shape} and directions of shape {s.shape} are not at least "
            f"{_LEAST_QUADS} quads of 4 measurements; measure more quads."
        )
    if not np.all(np.isfinite(y)):
        raise InputError("values that are not finite; leave incomplete quads out.")
    wrong = ~np.all(s == np.sign(s[:, :1]) * _PATTERN, axis=1)
    if np.any(wrong):
        first = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"quad {first} was measured in the order {s[first].astype(int).tolist()}, not +−−+ or "
            "−++−; drift and memory cannot be told apart there."
        )
    if np.all(s[:, 0] == s[0, 0]):
        raise InputError(
            f"all {len(s)} quads begin with {s[0, 0]:+.0f}, so that a memory looks like a drift; "
            "measure quads of the other sign."
        )


def _line(z: NDArray[np.floating], sign: NDArray[np.floating]) -> tuple[Interval, Interval]:
    """Intercept and slope of z against the quads' signs: half sum and half difference of means."""
    from scipy.stats import t

    up, down = z[sign > 0], z[sign < 0]
    squares = ((up - up.mean()) ** 2).sum() + ((down - down.mean()) ** 2).sum()
    variance = squares / (len(z) - 2) * (1 / len(up) + 1 / len(down)) / 4
    half = float(t.ppf(0.975, len(z) - 2) * np.sqrt(variance))
    values = (up.mean() + down.mean()) / 2, (up.mean() - down.mean()) / 2
    intercept, slope = (Interval(float(v), float(v) - half, float(v) + half) for v in values)
    return intercept, slope


def _times(interval: Interval, factor: float) -> Interval:
    low, high = sorted((factor * interval.low, factor * interval.high))
    return Interval(factor * interval.value, low, high)
