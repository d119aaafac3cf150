"""Contrast and isolation of two directions, with intervals that hold where one is nearly zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import SIGMAS_95, UNKNOWN, Interval
from phonosync.analysis.statistics.ratio import ratio_interval
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Nonreciprocity:
    """Signed contrast χ = (S_+ − S_−)/(S_+ + S_−) and isolation 10 log10(S_+/S_−), dB.

    Where one direction may be zero, the isolation has a limit only; where both may, nothing is
    known.
    """

    contrast: Interval
    isolation_db: Interval


def of_log_ratio(ratio: Interval) -> Nonreciprocity:
    """Contrast tanh(r/2) and isolation 10 r/ln 10 dB of r = ln(S_+/S_−), end by end."""
    ends = np.array([ratio.value, ratio.low, ratio.high])
    chi, decibel = np.tanh(ends / 2), 10 / np.log(10) * ends
    return Nonreciprocity(Interval(*map(float, chi)), Interval(*map(float, decibel)))


def decibel_of_contrast(contrast: ArrayLike) -> NDArray[np.floating]:
    """Isolation 10 log10((1 + χ)/(1 − χ)) of a contrast; ±∞ at ±1.

    >>> float(decibel_of_contrast(0.5).round(2))
    4.77
    """
    with np.errstate(divide="ignore"):
        return 20 / np.log(10) * np.arctanh(np.clip(contrast, -1, 1))


def contrast_ends(
    forward: ArrayLike,
    backward: ArrayLike,
    covariance: ArrayLike,
    *,
    critical: ArrayLike = SIGMAS_95,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Ends of the interval of χ for quantities that cannot be negative, setting by setting.

    Fieller's set of χ = (S_+ − S_−)/(S_+ + S_−), cut to −1 … 1. The delta method would go beyond
    ±1 and covers 92 to 99 % instead of 95 % where S_+ or S_− is known to a third or worse, all its
    misses on one side. An error that both directions share in proportion (a calibration) cancels:
    put it into the covariance.

    Args:
        forward, backward: S_+ and S_−, shape (...). For S = 1/X with normal errors on X (S_c) give
            X_− as forward and X_+ as backward: the contrast is the same.
        covariance: of (forward, backward), shape (..., 2, 2).
        critical: of the normal or of Student's distribution.

    Returns:
        Lower and upper ends; −1 and 1 where nothing is excluded; NaN where an argument is.
    """
    S = np.stack(np.broadcast_arrays(forward, backward), axis=-1).astype(float)
    turn = np.array([[1.0, -1.0], [1.0, 1.0]])  # to difference and sum
    d, s = np.moveaxis(S @ turn.T, -1, 0)
    low, high = ratio_interval(
        d, s, turn @ np.asarray(covariance, float) @ turn.T, critical=critical
    )
    # Through infinity: χ ≤ high or χ ≥ low. What of it lies in −1 … 1 reaches one end or both.
    split = low > high
    below, above = split & (high >= -1), split & (low <= 1)
    bottom = np.where(split, np.where(below | ~above, -1.0, low), low)
    top = np.where(split, np.where(above | ~below, 1.0, high), high)
    return np.clip(bottom, -1, 1), np.clip(top, -1, 1)


def nonreciprocity(
    forward: float, backward: float, covariance: ArrayLike, *, critical: float = SIGMAS_95
) -> Nonreciprocity:
    """Contrast and isolation of one setting; arguments as for `contrast_ends`.

    >>> found = nonreciprocity(0.6, 0.2, [[0.01**2, 0], [0, 0.02**2]])
    >>> found.contrast.text(), found.isolation_db.text()
    (('0.500', '0.429 … 0.578'), ('4.77', '3.98 … 5.73'))
    >>> nonreciprocity(0.6, 0.01, [[0.01**2, 0], [0, 0.02**2]]).isolation_db.text()
    ('> 10.9', 'limit')
    """
    low, high = map(float, contrast_ends(forward, backward, covariance, critical=critical))
    total = forward + backward
    return _of_contrast((forward - backward) / total if total else np.nan, low, high)


def nonreciprocity_of_limits(forward: Interval, backward: Interval) -> Nonreciprocity:
    """Contrast and isolation where only intervals or limits of S_± are known.

    The ends are (low, high) and (high, low) of the two intervals; a missing lower end is zero, a
    missing upper end is open. Never too narrow, whatever the correlation of the two errors: with
    two normal errors its half width is the sum of theirs.

    >>> dark = Interval(np.nan, np.nan, 0.05)  # an upper limit
    >>> nonreciprocity_of_limits(Interval(0.6, 0.55, 0.65), dark).isolation_db.text()
    ('> 10.4', 'limit')
    """

    def ends(interval: Interval) -> tuple[float, float]:
        low = max(interval.low, 0.0) if np.isfinite(interval.low) else 0.0
        return low, interval.high if np.isfinite(interval.high) else np.inf

    (a, A), (b, B) = ends(forward), ends(backward)
    return _of_contrast(_corner(forward.value, backward.value), _corner(a, B), _corner(A, b))


def contrast_map(
    forward: xarray.DataArray,
    backward: xarray.DataArray,
    forward_error: xarray.DataArray,
    backward_error: xarray.DataArray,
    *,
    correlation: float = 0.0,
) -> xarray.Dataset:
    """Contrast and isolation of every setting, with ends of their 95 % intervals.

    Args:
        forward, backward: S_±, any dimensions with the same coordinates.
        forward_error, backward_error: standard errors.
        correlation: of the two errors.

    Returns:
        `contrast`, `contrast_low`, `contrast_high` (1), `isolation`, `isolation_low`,
        `isolation_high` (dB; infinite where one direction may be zero).

    Raises:
        InputError: the settings of the directions differ (`at_common_settings` brings them
            together), or |correlation| is above 1.
    """
    import xarray as xr

    if not abs(correlation) <= 1:
        raise InputError(f"a correlation of {correlation:g} is not between −1 and 1; correct it.")
    try:
        parts = xr.align(forward, backward, forward_error, backward_error, join="exact")
    except ValueError as error:
        raise InputError(
            "the two directions were not measured at the same settings; interpolate them with "
            "at_common_settings() first."
        ) from error
    S_plus, S_minus, e_plus, e_minus = (x.transpose(*forward.dims) for x in parts)
    mixed = correlation * e_plus.values * e_minus.values
    V = np.moveaxis(
        np.array([[e_plus.values**2, mixed], [mixed, e_minus.values**2]]), (0, 1), (-2, -1)
    )
    low, high = contrast_ends(S_plus.values, S_minus.values, V)
    value = ((S_plus - S_minus) / (S_plus + S_minus)).values
    result = xr.Dataset(coords=forward.coords)
    for name, chi in (("", value), ("_low", low), ("_high", high)):
        result["contrast" + name] = (forward.dims, chi, {"units": "1"})
        decibel = decibel_of_contrast(chi)
        result["isolation" + name] = (forward.dims, decibel, {"units": "dB"})
    return result


def _corner(a: float, b: float) -> float:
    if np.isinf(a) and np.isinf(b):
        return np.nan
    if np.isinf(a) or np.isinf(b):
        return 1.0 if np.isinf(a) else -1.0
    return (a - b) / (a + b) if a + b > 0 else np.nan


def _of_contrast(value: float, low: float, high: float) -> Nonreciprocity:
    """Intervals of a contrast in −1 … 1: what reaches ±1 is a limit in decibels."""
    open_below, open_above = not low > -1, not high < 1
    known = abs(value) < 1
    if open_below and open_above:
        return Nonreciprocity(Interval(value, -1.0, 1.0) if known else UNKNOWN, UNKNOWN)
    ends = tuple(map(float, decibel_of_contrast(np.array([value, low, high]))))
    if not (open_below or open_above):
        return Nonreciprocity(Interval(value, low, high), Interval(*ends))
    decibel = Interval(np.nan, np.nan, ends[2]) if open_below else Interval(np.nan, ends[1], np.nan)
    if known:
        return Nonreciprocity(Interval(value, low, high), decibel)
    limit = Interval(np.nan, np.nan, high) if open_below else Interval(np.nan, low, np.nan)
    return Nonreciprocity(limit, decibel)
