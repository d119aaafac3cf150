"""Profile likelihood of any number that follows from a fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from lmfit import Minimizer, Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.information import Information
from phonosync.analysis.models.joint import REFUSED
from phonosync.analysis.models.measures import Quantity
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval
from phonosync.theory.errors import PhonosyncError

Array = NDArray[Any]
_STIFF = 0.02  # of a standard error: how closely the number is held
_STEPS = 7
_FARTHEST = 30.0  # standard errors; an end beyond is none


def profile_interval(fit: NetworkFit, quantity: Quantity) -> Interval:
    """95 % interval of a number: where the deviance, minimised over all else, rises by 3.84.

    The number is held by a stiff spring while all parameters relax. Where points are correlated the
    threshold grows by the ratio of the number's variance with and without correlation.

    Args:
        fit: at its optimum.
        quantity: the number and its derivatives.

    Returns:
        The interval; an end is NaN where the deviance never rises that far: the data give no limit.

    Source: S. S. Wilks, doi:10.1214/aoms/1177732360; Venzon and Moolgavkar, doi:10.2307/2347496.
    """
    value, slopes = quantity(fit.parameters)
    told = fit.information
    alone = Information(told.names, told.matrix, told.matrix)
    sigma = _deviation(told, slopes)
    inflation = (sigma / _deviation(alone, slopes)) ** 2 if np.isfinite(sigma) else 1.0
    if not np.isfinite(sigma):
        sigma = 0.5 * abs(value)  # a reach to begin with: nothing tells how far
    threshold = SIGMAS_95**2 * inflation
    ends = [_end(fit, quantity, value, side * sigma, threshold) for side in (-1, 1)]
    return Interval(value, *ends)


def _deviation(told: Information, slopes: Array) -> float:
    return float(np.sqrt(told.propagated(slopes[None])[0, 0]))


def _end(
    fit: NetworkFit, quantity: Quantity, value: float, sigma: float, threshold: float
) -> float:
    """Walk to the end on one side; √(rise) is nearly linear in the number."""
    reach, parameters = np.sqrt(threshold), fit.parameters
    at, rise = value, 0.0
    for _ in range(_STEPS):
        wanted = value + reach * sigma
        parameters, at, rise = _held(fit, quantity, parameters, wanted, abs(sigma))
        if not np.isfinite(rise):
            return np.nan
        if abs(rise - threshold) < 0.01 * threshold:
            return at
        went = (at - value) / sigma
        reach = went * np.sqrt(threshold / max(rise, threshold / 16))
        if not 0 < reach < _FARTHEST:
            return np.nan
    return at if abs(rise - threshold) < 0.1 * threshold else np.nan


def _held(
    fit: NetworkFit, quantity: Quantity, start: Parameters, wanted: float, sigma: float
) -> tuple[Parameters, float, float]:
    """The parameters with the number held near `wanted`, the number, and the deviance's rise."""
    stiffness = 1 / (_STIFF * sigma)

    def residuals(parameters: Parameters) -> Array:
        own = fit.model.residuals(parameters)
        if np.any(own == REFUSED):
            return np.append(own, REFUSED)
        return np.append(own, (quantity(parameters)[0] - wanted) * stiffness)

    def jacobian(parameters: Parameters) -> Array:
        own = fit.model.jacobian(parameters)
        if not np.any(own):
            return np.vstack([own, np.zeros(own.shape[1])])
        return np.vstack([own, quantity(parameters)[1] * stiffness])

    try:
        minimizer = Minimizer(residuals, start, scale_covar=False)
        minimizer.calc_covar = False
        moved: Any = minimizer.leastsq(Dfun=jacobian, max_nfev=60, ftol=1e-7, xtol=1e-7)
        at = quantity(moved.params)[0]
    except PhonosyncError:
        return start, np.nan, np.nan
    rise = moved.chisqr - moved.residual[-1] ** 2 - fit.result.chisqr
    return moved.params, at, float(rise)
