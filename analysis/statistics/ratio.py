"""The interval of a ratio of two measured numbers, right where the denominator is uncertain."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ratio_interval(
    numerator: ArrayLike, denominator: ArrayLike, covariance: ArrayLike, *, critical: ArrayLike
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Fieller's interval: all ρ whose a − ρ b is compatible with zero.

        (a − ρ b)² ≤ c² (V_aa − 2 ρ V_ab + ρ² V_bb)

    It is exact for normal a and b at any size of b, where the delta method a/b ± c σ fails once b
    is known to less than about a fifth. Where |b| ≤ c √V_bb the data exclude no large ρ at all.

    Args:
        numerator: a, any shape (...).
        denominator: b, the same.
        covariance: V of (a, b), shape (..., 2, 2).
        critical: c, of the normal or of Student's distribution.

    Returns:
        Lower and upper end; the lower is above the upper where the set goes through infinity, ρ ≤
        upper or ρ ≥ lower; both are infinite where nothing is excluded.

    Source: Fieller, doi:10.1111/j.2517-6161.1954.tb00159.x.

    >>> low, high = ratio_interval(1.0, 2.0, [[0.01, 0], [0, 0.01]], critical=1.96)
    >>> float(low.round(4)), float(high.round(4))
    (0.3946, 0.6151)
    """
    a, b, V = (np.asarray(x, float) for x in (numerator, denominator, covariance))
    c2 = np.asarray(critical, float) ** 2
    squared = b**2 - c2 * V[..., 1, 1]
    mixed = a * b - c2 * V[..., 0, 1]
    constant = a**2 - c2 * V[..., 0, 0]
    # Rounding may leave a perfect ratio's discriminant just below zero.
    inside = mixed**2 - squared * constant
    root = np.sqrt(np.where(squared > 0, np.maximum(inside, 0), inside.clip(0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (mixed - root) / squared, (mixed + root) / squared
    nothing = (squared == 0) | ((squared < 0) & (inside < 0))
    return np.where(nothing, -np.inf, low), np.where(nothing, np.inf, high)
