"""Errors of averages over one record whose samples are correlated in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.theory.errors import InputError

MOST_BLOCKS, FEWEST_BLOCKS = 40, 10
_WINDOW = 5.0  # correlation times after which the sum of correlations ends
_TIMES_A_BLOCK = 10.0  # correlation times in a block, which then are as good as independent


def correlation_time(series: ArrayLike) -> float:
    """Integrated correlation time τ = ½ + Σ_k Re ρ_k, in samples; N samples are worth N/(2τ).

    The sum ends at the first lag beyond 5τ (Sokal's window): later terms would add noise alone.

    Args:
        series: real or complex, shape (N,).

    Source: Sokal, doi:10.1007/978-1-4899-0319-8_6.

    >>> correlation_time([1.0, 1.0, 1.0])
    0.5
    """
    samples: Any = np.asarray(series)
    deviation = samples - samples.mean()
    N = len(deviation)
    power = np.abs(np.fft.fft(deviation, 2 * N)) ** 2
    correlation = np.fft.ifft(power).real[: N // 2 + 1]
    # A constant leaves rounding alone.
    if not correlation[0] > N * (1e-12 * np.abs(samples).max()) ** 2:
        return 0.5
    τ = np.cumsum(correlation / correlation[0]) - 0.5
    ends = np.flatnonzero(np.arange(len(τ)) >= _WINDOW * τ)
    return float(max(τ[ends[0] if len(ends) else -1], 0.5))


def block_count(samples: int, correlation: float) -> int:
    """How many blocks to cut a record into: at most 40, at least 10, else ten τ long each."""
    return int(np.clip(samples / (_TIMES_A_BLOCK * correlation), FEWEST_BLOCKS, MOST_BLOCKS))


def block_means(series: ArrayLike, blocks: int) -> NDArray[Any]:
    """Means over equal blocks of a series (..., N), shape (blocks, ...); a remainder is left out.

    Raises:
        InputError: fewer samples than blocks.
    """
    series = np.asarray(series)
    length = series.shape[-1] // blocks
    if length == 0:
        raise InputError(
            f"{series.shape[-1]} samples cannot be cut into {blocks} blocks; record longer."
        )
    cut = series[..., : length * blocks].reshape(*series.shape[:-1], blocks, length)
    return np.moveaxis(cut.mean(axis=-1), -1, 0)


@dataclass(frozen=True)
class Jackknife:
    """A function of means, its bias of order 1/N taken off, and its standard error.

    Attributes:
        value, error: of the function.
        blocks: B, from whose scatter the error comes: it has B − 1 degrees of freedom.
    """

    value: float
    error: float
    blocks: int

    @property
    def quantile(self) -> float:
        """Student's t of a 95 % interval."""
        from scipy.stats import t

        return float(t.ppf(0.975, self.blocks - 1))

    def interval(
        self, inverse: Callable[[float], float] = float, *, further_error: float = 0.0
    ) -> Interval:
        """95 % interval, turned over by the inverse of an increasing transformation.

        Args:
            inverse: back from the scale on which the error is nearly normal.
            further_error: standard error from elsewhere, independent of this one.
        """
        if not np.isfinite(self.value):
            return UNKNOWN
        half = float(np.hypot(self.quantile * self.error, 1.959964 * further_error))
        return Interval(inverse(self.value), inverse(self.value - half), inverse(self.value + half))


def block_jackknife(means: ArrayLike, function: Callable[[NDArray[Any]], Any]) -> Jackknife:
    """Leave out the blocks of a record one by one.

    Args:
        means: over blocks, shape (B, ...); see `block_means`.
        function: of the mean over blocks, shape (...), to a number.

    Source: Künsch, doi:10.1214/aos/1176347265.

    >>> found = block_jackknife([1.0, 2.0, 3.0], float)
    >>> found.value, round(found.error, 6), found.blocks
    (2.0, 0.57735, 3)
    """
    means = np.asarray(means)
    B = len(means)
    total = means.sum(axis=0)
    whole = float(function(total / B))
    left_out = np.array([float(function((total - own) / (B - 1))) for own in means])
    middle = float(left_out.mean())
    error = float(np.sqrt((B - 1) * np.mean((left_out - middle) ** 2)))
    return Jackknife(B * whole - (B - 1) * middle, error, B)
