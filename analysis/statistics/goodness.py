"""Does the model describe the data: deviance, order of the signs, correlation of neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import f as fisher

from phonosync.analysis.statistics.likelihood import (
    deviance_residuals,
    deviance_z,
    error_inflation,
)
from phonosync.analysis.statistics.log_average import (
    LOG_BIAS,
    log_correlations,
    log_deviance_moments,
    log_deviance_residuals,
)

# Points this weakly correlated count as independent in the tests of order.
_INDEPENDENT = 0.02
# Points this far apart are independent under any usual window, even one that nobody named.
_FAR = 4
_FEWEST_AVERAGES, _MOST_AVERAGES = 0.1, 1e6


@dataclass(frozen=True)
class Goodness:
    """Three tests, each a number of standard deviations from what a true model gives.

    Attributes:
        deviance_z: size of the misfit; above 3 the model does not describe the data, below -3 the
            points scatter less than their averages allow.
        runs_z: runs of residuals of one sign; below -3 there are too few, as a wrong shape gives.
        lag1: correlation of neighbouring residuals.
        lag1_z: its distance from what the window alone gives.
    """

    deviance_z: float
    runs_z: float
    lag1: float
    lag1_z: float

    def to_json(self) -> dict[str, float | None]:
        """Plain numbers; null for a test that the points are too few for."""
        return {name: float(v) if np.isfinite(v) else None for name, v in self.__dict__.items()}

    def text(self) -> str:
        """One line for a screen."""
        return (
            f"Misfit: deviance {self.deviance_z:+.1f} σ, runs {self.runs_z:+.1f} σ, correlation of "
            f"neighbours {self.lag1:+.2f} ({self.lag1_z:+.1f} σ)."
        )


def goodness(
    power: ArrayLike,
    model: ArrayLike,
    averages: ArrayLike,
    n_parameters: int,
    *,
    averaging: str = "power",
    correlations: Sequence[float] | NDArray = (),
    position: ArrayLike | None = None,
) -> Goodness:
    """Test a fitted spectrum.

    Args:
        power, model, averages, n_parameters: as for `deviance_z`, shape (N,).
        averaging: "power" or "log".
        correlations: of the power at points 1, 2, ... apart, by the window.
        position: integer place of each point on an even grid where some are left out.

    Raises:
        InputError: as for `deviance_z`.
    """
    power, model = np.asarray(power, float), np.asarray(model, float)
    rho = np.asarray(correlations, float)
    # Where neighbours agree, a parameter follows their common scatter.
    spread, absorbed = error_inflation(rho**2), n_parameters * error_inflation(rho)
    if averaging == "log":
        rho = log_correlations(rho)
        spread, absorbed = error_inflation(rho**2), n_parameters * error_inflation(rho)
        K = np.broadcast_to(np.asarray(averages, float), np.shape(power))
        residuals = log_deviance_residuals(power, model, K)
        values, counts = np.unique(K, return_counts=True)
        moments = np.array([log_deviance_moments(float(v)) for v in values])
        mean, variance = counts @ moments
        z = (np.sum(residuals**2) - mean + absorbed) / np.sqrt(spread * variance)
        relative = np.sqrt(K) * (np.log(power / model) - LOG_BIAS)
    else:
        residuals = deviance_residuals(power, model, averages)
        z = deviance_z(power, model, averages, absorbed, spread)
        relative = np.sqrt(averages) * (power / model - 1)
    place = np.arange(residuals.size) if position is None else np.asarray(position, int)
    lag1, lag1_z = _lag_one(relative, place, rho)
    stride = 1 + int(np.sum(rho > _INDEPENDENT))
    return Goodness(float(z), runs_z(residuals[::stride]), lag1, lag1_z)


def runs_z(residuals: ArrayLike) -> float:
    """Wald and Wolfowitz's test of the number of runs of one sign; NaN where one sign is missing.

    Source: Ann. Math. Stat. 11, 147 (1940), doi:10.1214/aoms/1177731909.
    """
    above = np.asarray(residuals) > 0
    n, m = int(above.sum()), int((~above).sum())
    N = n + m
    if n == 0 or m == 0 or N < 10:
        return np.nan
    runs = 1 + int(np.sum(above[1:] != above[:-1]))
    expected = 1 + 2 * n * m / N
    variance = (expected - 1) * (expected - 2) / (N - 1)
    return float((runs - expected) / np.sqrt(variance)) if variance > 0 else np.nan


def _lag_one(r: NDArray, place: NDArray, rho: NDArray) -> tuple[float, float]:
    """Of the relative deviations, not of deviance residuals: their correlations are the power's."""
    neighbours = np.diff(place) == 1
    pairs = int(neighbours.sum())
    if pairs < 10 or not np.any(r):
        return np.nan, np.nan
    lag1 = float(np.sum((r[1:] * r[:-1])[neighbours]) / pairs / np.mean(r**2))
    # Bartlett's formula for the variance of a correlation of correlated points.
    line = np.concatenate([rho[::-1], [1.0], rho, np.zeros(2)])
    one = rho[0] if rho.size else 0.0
    moved = np.concatenate([np.zeros(2), line])
    here = np.concatenate([np.zeros(1), line, np.zeros(1)])
    back = np.concatenate([line, np.zeros(2)])
    variance = np.sum(here**2 + moved * back - 4 * one * here * moved + 2 * one**2 * here**2)
    return lag1, float((lag1 - one) * np.sqrt(pairs / max(variance, 0.1)))


def apparent_averages(
    power: ArrayLike, correlations: Sequence[float] | NDArray = ()
) -> tuple[float, float]:
    """Averages that the scatter of neighbouring points shows, whatever the spectrum's shape.

    The median of |ln P_i - ln P_{i+m}|, m far enough for independent points, is that of
    |ln F(2K, 2K)|; lines and tones cover too few points to move a median.

    Args:
        power: P, shape (N,).
        correlations: of the power at points 1, 2, ... apart.

    Returns:
        K, and its relative standard error.
    """
    P = np.asarray(power, float)
    stride = 1 + int(np.sum(np.asarray(correlations) > _INDEPENDENT))
    lag, logarithm = max(stride, _FAR), np.log(P)
    middle = float(np.median(np.abs(logarithm[lag:] - logarithm[:-lag])))

    def excess(log_averages: float) -> float:
        K = np.exp(log_averages)
        return float(np.log(fisher.ppf(0.75, 2 * K, 2 * K))) - middle

    low, high = np.log(_FEWEST_AVERAGES), np.log(_MOST_AVERAGES)
    if excess(low) < 0:
        K = _FEWEST_AVERAGES
    elif excess(high) > 0:
        K = _MOST_AVERAGES
    else:
        root: Any = brentq(excess, low, high, xtol=1e-6)
        K = float(np.exp(root))
    # A median of N/stride overlapping differences scatters by 1.5/sqrt(n), squared into K.
    return K, 3.2 / np.sqrt(P.size / stride)
