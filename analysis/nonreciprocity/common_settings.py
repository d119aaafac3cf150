"""Equal power, equal field: directions brought to common settings by interpolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError


@dataclass(frozen=True, eq=False)
class AtSettings:
    """Values of one direction at the settings asked for.

    Attributes:
        setting: shape (M,).
        values: interpolated, shape (M,).
        covariance: of the values, shape (M, M), everything included.
        curvature_error: what a straight line between neighbours may miss, one sigma, shape (M,).
    """

    setting: NDArray[np.floating]
    values: NDArray[np.floating]
    covariance: NDArray[np.floating]
    curvature_error: NDArray[np.floating]

    @property
    def errors(self) -> NDArray[np.floating]:
        """Standard errors, shape (M,)."""
        return np.sqrt(np.diag(self.covariance))


def common_settings(forward: ArrayLike, backward: ArrayLike) -> NDArray[np.floating]:
    """Means of the read-backs of both directions, as far as both reach.

    Args:
        forward, backward: settings read back, one pair per setting asked for, same shape.

    Raises:
        InputError: different numbers of settings, or ranges without a common part.

    >>> common_settings([1.00, 2.02, 3.00], [0.98, 1.98, 2.96]).round(2).tolist()
    [1.0, 2.0, 2.96]
    """
    plus, minus = np.asarray(forward, float), np.asarray(backward, float)
    if plus.shape != minus.shape:
        raise InputError(
            f"{plus.size} settings forward and {minus.size} backward; leave out what one direction "
            "lacks, or state the common settings yourself."
        )
    low, high = max(plus.min(), minus.min()), min(plus.max(), minus.max())
    if low > high:
        raise InputError(
            f"forward was measured from {plus.min():g} to {plus.max():g} and backward from "
            f"{minus.min():g} to {minus.max():g}: nothing is common. Measure overlapping ranges."
        )
    return np.clip((plus + minus) / 2, low, high)


def at_common_settings(
    setting: ArrayLike,
    values: ArrayLike,
    covariance: ArrayLike,
    *,
    common: ArrayLike,
    setting_error: float = 0.0,
) -> AtSettings:
    """One direction's values at settings between those that were measured, errors carried along.

    Straight lines between neighbours, y = W y_measured, so that the covariance is W C Wᵀ and a
    monotone curve stays monotone. To it are added the slope times the setting's error, and what a
    curve may do between neighbours a distance h apart at a share w of it:

        w (1 − w) h² |y''|/2

    with y'' from the neighbouring points; it is small where the settings nearly agree.

    Args:
        setting: read back (power by its monitor, field by its probe), distinct, shape (N,).
        values: y, shape (N,).
        covariance: of the values, shape (N, N), or their standard errors, shape (N,).
        common: settings to compare at, shape (M,).
        setting_error: standard error of a read-back that is not common to both directions.

    Raises:
        InputError: fewer than 2 settings, equal ones, shapes that do not fit, values that are not
            finite, or a common setting outside the measured ones: nothing is extrapolated.

    >>> at_common_settings([1, 2, 3], [2, 4, 6], [0.1, 0.1, 0.1], common=[2.5]).values.tolist()
    [5.0]
    """
    x, y, at = (np.atleast_1d(np.asarray(v, float)) for v in (setting, values, common))
    C = np.asarray(covariance, float)
    C = np.diag(C**2) if C.ndim == 1 else C
    _check(x, y, C, at)
    order = np.argsort(x)
    x, y, C = x[order], y[order], C[np.ix_(order, order)]
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    h = x[left + 1] - x[left]
    w = (at - x[left]) / h
    rows = np.arange(len(at))
    W = np.zeros((len(at), len(x)))
    W[rows, left], W[rows, left + 1] = 1 - w, w
    curved = w * (1 - w) * h**2 / 2 * _second_derivative(x, y)[left]
    slope = np.diff(y)[left] / h
    extra = curved**2 + (slope * setting_error) ** 2
    return AtSettings(at, W @ y, W @ C @ W.T + np.diag(extra), curved)


def _second_derivative(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
    """|y''| between each pair of neighbours: the larger of the divided differences beside it."""
    if len(x) < 3:
        return np.zeros(len(x) - 1)
    inner = np.abs(2 * np.diff(np.diff(y) / np.diff(x)) / (x[2:] - x[:-2]))
    return np.maximum(np.append(inner, inner[-1]), np.insert(inner, 0, inner[0]))


def _check(
    x: NDArray[np.floating], y: NDArray[np.floating], C: NDArray[np.floating], at: NDArray
) -> None:
    if x.ndim != 1 or len(x) < 2 or y.shape != x.shape or C.shape != (len(x), len(x)):
        raise InputError(
            f"{x.shape} settings, {y.shape} values and errors of shape {C.shape} do not fit; give "
            "one value and one error for each of at least two settings."
        )
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y)) and np.all(np.isfinite(C))):
        raise InputError("settings, values or errors are not finite; leave such points out.")
    if len(np.unique(x)) < len(x):
        raise InputError("two settings are equal; average their values first.")
    outside = at[(at < x.min()) | (at > x.max())]
    if len(outside):
        raise InputError(
            f"{outside[0]:g} lies outside the measured settings {x.min():g} to {x.max():g}, and "
            "nothing is extrapolated; measure there, or compare at common_settings()."
        )
