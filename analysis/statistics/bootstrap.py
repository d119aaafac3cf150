"""Resampling: blocks of correlated points, and a test against simulated null spectra."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import InputError


def block_bootstrap(
    refit: Callable[[NDArray], ArrayLike],
    scatter: ArrayLike,
    *,
    block: int,
    replicas: int = 200,
    seed: int = 0,
) -> NDArray[np.floating]:
    """Refit data rebuilt from blocks of their own residuals; needs no law of the noise.

    Circular moving blocks of neighbouring points are drawn with replacement, so correlations
    shorter than a block survive.

    Args:
        refit: takes a rebuilt scatter, shape (N,), and returns the fitted numbers, shape (p,): for
            a spectrum P* = S x*, for a complex trace data* = model + e*.
        scatter: x = P/S, or the residual e (complex allowed), at the fit, shape (N,).
        block: points in a block; a few correlation lengths.
        replicas: how many.
        seed: of the draws.

    Returns:
        Shape (replicas, p).

    Raises:
        InputError: a block shorter than 1 or longer than half the points.

    Source: H. R. Künsch, Ann. Stat. 17, 1217 (1989), doi:10.1214/aos/1176347265.
    """
    x = np.asarray(scatter)
    if not 1 <= block <= len(x) // 2:
        raise InputError(
            f"blocks of {block} of {len(x)} points cannot be drawn; take from 1 up to half of them."
        )
    random = np.random.default_rng(seed)
    drawn = (block_index(len(x), block, random) for _ in range(replicas))
    return np.array([np.asarray(refit(x[index]), float) for index in drawn])


def block_index(points: int, block: int, random: np.random.Generator) -> NDArray[np.integer]:
    """Which points stand where in one draw of circular moving blocks, shape (points,)."""
    start = random.integers(points, size=(-(-points // block), 1))
    return ((start + np.arange(block)) % points).ravel()[:points]


def block_length(residuals: ArrayLike) -> int:
    """Points in a block that reproduces the correlation of residuals best.

        b = (2 G²/D)^{1/3} N^{1/3},  G = Σ_k λ(k/M) |k| R_k,  D = 4/3 (Σ_k λ(k/M) R_k)²

    R_k is the real part of the autocovariance at lag k of either sign, λ flat up to half of its
    reach M and falling to zero there, and M twice the first lag from which five in a row are
    within 2 √(log10 N/N) of zero. White residuals have blocks of a point or two.

    Args:
        residuals: in the order of an even axis, real or complex, shape (N,).

    Returns:
        From 1 to a quarter of the points.

    Source: Politis and White, doi:10.1081/ETC-120028836, corrected by Patton, Politis and White,
    doi:10.1080/07474930802459016.
    """
    r = np.asarray(residuals)
    r, N = r - r.mean(), len(r)
    power = np.abs(np.fft.fft(r, 2 * N)) ** 2
    R = np.fft.ifft(power).real[:N] / N
    if not R[0] > 0:
        return 1
    small = np.abs(R[1:] / R[0]) < 2 * np.sqrt(np.log10(N) / N)
    lags = max(5, int(np.ceil(np.sqrt(np.log10(N)))))
    quiet = (k for k in range(len(small) - lags) if small[k : k + lags].all())
    M = max(2 * next(quiet, N // 4), 2)
    k = np.arange(1, min(M, N - 1) + 1)
    flat = np.clip(2 * (1 - k / M), 0.0, 1.0) * R[k]
    G, g0 = 2 * float(np.sum(k * flat)), float(R[0] + 2 * np.sum(flat))
    if g0 <= 0:
        return 1
    b = (2 * G**2 / (4 / 3 * g0**2)) ** (1 / 3) * N ** (1 / 3)
    return int(np.clip(np.ceil(b), 1, N // 4))


def replica_intervals(value: ArrayLike, replicas: ArrayLike) -> list[Interval]:
    """95 % interval of each fitted number from the percentiles of its replicas, shape (R, p)."""
    low, high = np.percentile(np.asarray(replicas, float), [2.5, 97.5], axis=0)
    return [
        Interval(float(v), float(a), float(b))
        for v, a, b in zip(
            np.atleast_1d(value), np.atleast_1d(low), np.atleast_1d(high), strict=True
        )
    ]


@dataclass(frozen=True)
class NullTest:
    """A statistic against its values on spectra simulated from the simpler model."""

    statistic: float
    null: NDArray[np.floating]

    @property
    def p_value(self) -> float:
        """Share of the null at or above the statistic, itself counted: never zero."""
        return float((1 + np.sum(self.null >= self.statistic)) / (1 + len(self.null)))


def parametric_bootstrap(
    statistic: Callable[[NDArray], float],
    observed: ArrayLike,
    simulate: Callable[[np.random.Generator], NDArray],
    *,
    replicas: int = 199,
    seed: int = 0,
) -> NullTest:
    """Compare a statistic of the data with that of data simulated under the null hypothesis.

    For a line more, the likelihood ratio is not chi-square (its frequency means nothing when its
    height is zero), so its law is found by simulation.

    Args:
        statistic: of one data set, large if the null is wrong.
        observed: the data.
        simulate: draws one data set of the fitted null model.
        replicas: simulated ones; 199 resolve p = 0.005.
        seed: of the simulations.

    Source: A. C. Davison, D. V. Hinkley, Bootstrap Methods (1997), doi:10.1017/CBO9780511802843.
    """
    random = np.random.default_rng(seed)
    null = np.array([statistic(simulate(random)) for _ in range(replicas)])
    return NullTest(float(statistic(np.asarray(observed))), null)
