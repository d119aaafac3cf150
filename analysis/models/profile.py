"""Profile likelihood of any number that follows from a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray
from scipy.optimize import leastsq

from phonosync.analysis.models.error_axes import ErrorAxes, Fitted
from phonosync.analysis.models.information import Information
from phonosync.analysis.models.joint import REFUSED
from phonosync.analysis.models.measures import Quantity
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval
from phonosync.theory.errors import PhonosyncError

Array = NDArray[Any]
_STIFF = 0.02  # of a standard error: how closely the number is held
_STEPS = 12
_SHARP = 0.01  # of the deviance: how sharply it is minimised beside the held number
_NEAR = 0.05  # of the threshold: from there √(rise) leads to the end
_BENT = 0.25  # of the threshold: a deviance that misses it by more is no parabola
_REACH = 3  # standard errors of the first step
_CALLS = 150
_ARRIVED = (1, 2, 3, 4)  # MINPACK: it stopped at a minimum
_BESIDE = 4.0  # of the threshold: from there √(rise) is drawn straight
_STUCK = 1e-3  # standard errors: a step that brings the number no further
_FARTHEST = 30.0  # standard errors; an end beyond is none


def profile_interval(fit: Fitted, quantity: Quantity) -> Interval:
    """95 % interval of a number: where the deviance, minimised over all else, rises by 3.84.

    Each end is looked for where the number rises at the least cost, and by one step of Fisher's
    scoring that leaves the number as it is. Where the deviance there is not that of a parabola by a
    quarter, a stiff spring holds the number while all parameters relax, along `ErrorAxes`. Where
    points are correlated the threshold grows by the ratio of the number's variance with and without
    correlation.

    Args:
        fit: at its optimum.
        quantity: the number and its derivatives j.

    Returns:
        The interval; an end is NaN where the deviance never rises that far: the data give no limit.

    Source: S. S. Wilks, doi:10.1214/aoms/1177732360; Venzon and Moolgavkar, doi:10.2307/2347496.
    """
    value, slopes = quantity(fit.parameters)
    sigma, inflation, axes = _deviation(fit.information, slopes), 1.0, ErrorAxes.of(fit)
    if np.isfinite(sigma):
        inflation = (sigma / _deviation(_alone(fit.information), slopes)) ** 2
    # Where nothing tells, or hardly, the walk begins with steps of what is usual.
    step = min(sigma, axes.change(slopes) * np.sqrt(inflation)) or 0.5 * abs(value)
    threshold, ends = SIGMAS_95**2 * inflation, []
    for side in (-1, 1):
        end = np.nan
        if step > 0.9 * sigma:
            y = side * np.sqrt(threshold) * axes.steepest(slopes)
            end = _one_step(axes, quantity, y, value + side * SIGMAS_95 * sigma, threshold)
        if np.isnan(end):
            end = _end(axes, quantity, side * step, threshold)
        ends.append(end)
    return Interval(value, *ends)


def _one_step(
    axes: ErrorAxes, quantity: Quantity, y: Array, wanted: float, threshold: float
) -> float:
    """The end by √(rise) after one relaxing step; NaN where that is too far off to tell."""
    fit, value = axes.fit, quantity(axes.fit.parameters)[0]
    try:
        # Fisher's scoring, less what changes the number: along these axes the information is 1.
        there, by_axis = axes.parameters(y), axes.slopes(y)
        along = quantity(there)[1] @ by_axis
        free = by_axis.T @ fit.jacobian(there).T @ fit.residuals(there)
        there = axes.parameters(y - free + along * (along @ free) / (along @ along))
        rise = float(np.sum(fit.residuals(there) ** 2)) - fit.deviance
        at = quantity(there)[0]
    except PhonosyncError:
        return np.nan
    straight = abs(at - wanted) < _BENT * abs(wanted - value)
    if not (straight and abs(rise - threshold) < _BENT * threshold):
        return np.nan
    return float(value + (at - value) * np.sqrt(threshold / rise))


def _alone(told: Information) -> Information:
    """The information as if points were independent, which is what the deviance knows."""
    return Information(told.names, told.matrix, told.matrix)


def _deviation(told: Information, slopes: Array) -> float:
    return float(np.sqrt(told.propagated(slopes[None])[0, 0]))


def _end(axes: ErrorAxes, quantity: Quantity, sigma: float, threshold: float) -> float:
    """Walk to the end on one side; √(rise) is nearly linear in the number.

    Where the deviance jumps over the threshold, as at a fold beyond which the state does not exist,
    the end is there.
    """
    parameters, reach = axes.fit.parameters, SIGMAS_95
    value = quantity(parameters)[0]
    inside, outside = (0.0, 0.0), (np.inf, np.inf)  # standard errors, rise
    for _ in range(_STEPS):
        wanted = value + reach * sigma
        moved, at, rise = _held(axes, quantity, parameters, wanted, abs(sigma))
        went = (at - value) / sigma if np.isfinite(rise) else reach
        if abs(rise - threshold) < _NEAR * threshold:
            return float(value + (at - value) * np.sqrt(threshold / rise))
        if rise < threshold:
            if went < inside[0] + _STUCK and outside[1] < _BESIDE * threshold:
                return value + _crossing(inside, outside, threshold) * sigma
            if went < _STUCK:
                break  # at the edge of what is stable: how far it goes beside it is not known
            parameters, inside = moved, max(inside, (went, rise))
            if went < reach - _STIFF:  # no device is further on, however hard the spring pulls
                outside = min(outside, (reach, np.inf))
        else:
            outside = min(outside, (went, rise))
        if outside[0] - inside[0] < _NEAR * inside[0]:
            return value + outside[0] * sigma
        reach = _between(inside, outside, threshold)
        if reach > _FARTHEST:
            break
    return np.nan


def _between(inside: tuple[float, float], outside: tuple[float, float], threshold: float) -> float:
    """Where to look next, by √(rise): at most twice as far out, and not at what is known."""
    (a, low), (b, high) = inside, outside
    if np.isinf(b):
        return a * min(np.sqrt(threshold / max(low, 1e-9)), 2.0)
    share = (np.sqrt(threshold) - np.sqrt(low)) / (np.sqrt(high) - np.sqrt(low))
    return a + float(np.clip(np.nan_to_num(share), 0.2, 0.8)) * (b - a)


def _crossing(inside: tuple[float, float], outside: tuple[float, float], threshold: float) -> float:
    """Where √(rise), straight between two places, crosses the threshold."""
    (a, low), (b, high) = inside, outside
    return a + (b - a) * float((threshold**0.5 - low**0.5) / (high**0.5 - low**0.5))


def _held(
    axes: ErrorAxes, quantity: Quantity, start: Parameters, wanted: float, sigma: float
) -> tuple[Parameters, float, float]:
    """The parameters with the number held near `wanted`, the number, and the deviance's rise.

    The rise is NaN where the deviance could not be minimised beside the held number, or where no
    such device is stable.
    """
    fit, stiffness = axes.fit, 1 / (_STIFF * sigma)

    def residuals(y: Array) -> Array:
        there = axes.parameters(y)
        own = fit.residuals(there)
        if np.any(own == REFUSED):
            return np.append(own, REFUSED)
        return np.append(own, (quantity(there)[0] - wanted) * stiffness)

    def jacobian(y: Array) -> Array:
        there = axes.parameters(y)
        own = fit.jacobian(there)
        slopes = quantity(there)[1] * stiffness if np.any(own) else np.zeros(own.shape[1])
        return np.vstack([own, slopes]) @ axes.slopes(y)

    try:
        sharp = _SHARP / fit.deviance
        found: Any = leastsq(
            residuals,
            axes.place(start),
            Dfun=jacobian,
            full_output=True,
            diag=np.ones(axes.number),
            factor=_REACH,
            maxfev=_CALLS,
            ftol=sharp,
            xtol=1e-7,
        )
        y, _, told, _, arrived = found
        there = axes.parameters(y)
        at = quantity(there)[0]
    except PhonosyncError:
        return start, np.nan, np.nan  # there is no such device
    squares = told["fvec"] ** 2
    rise = float(np.sum(squares[:-1]) - fit.deviance)
    return there, at, rise if arrived in _ARRIVED else np.nan
