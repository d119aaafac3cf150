"""Intervals from the likelihood itself: profiles by lmfit with the likelihood-ratio test."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from lmfit import conf_interval
from scipy.stats import chi2

from phonosync.analysis.statistics.interval import SIGMAS_95, Interval


def profile_intervals(
    result: Any,
    names: Iterable[str] | None = None,
    *,
    minimizer: Any = None,
    inflation: float = 1.0,
) -> dict[str, Interval]:
    """95 % intervals where the deviance, minimised over all others, has risen by 3.84.

        D(theta) - D_min = chi2_1(0.95) * inflation

    lmfit's own test is the F test, which takes the scatter from the residuals; here the number of
    averages says it. lmfit walks to the interval's ends; an end that it does not find is NaN.

    Args:
        result: of a fit with deviance residuals (`whittle(model).fit` or `Minimizer.leastsq`).
        names: parameters; every free one without it.
        minimizer: the `Minimizer` of the fit; not needed for a model's result.
        inflation: factor on the variance from correlated points (`error_inflation`, or the ratio
            of corrected to uncorrected variance of one parameter).

    Returns:
        name -> Interval.

    Source: S. S. Wilks, Ann. Math. Stat. 9, 60 (1938), doi:10.1214/aoms/1177732360.
    """
    best = result.chisqr

    def probability(_: Any, moved: Any) -> float:
        return float(chi2.cdf(max(moved.chisqr - best, 0.0) / inflation, 1))

    if len(result.var_names) == 1:
        return _single(result, minimizer or result, inflation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an end that is not found is said by NaN
        found: Any = conf_interval(
            minimizer if minimizer is not None else result,
            result,
            p_names=list(names) if names is not None else None,
            sigmas=[0.95],
            prob_func=probability,
        )
    return {
        name: Interval(*(_finite(ends[i][1]) for i in (1, 0, 2))) for name, ends in found.items()
    }


def _single(result: Any, minimizer: Any, inflation: float) -> dict[str, Interval]:
    """One free parameter: lmfit profiles none, and there is nothing to minimise over."""
    from scipy.optimize import brentq

    (name,) = result.var_names
    fitted = result.params[name]
    parameters = result.params.copy()

    def rise(value: float) -> float:
        parameters[name].value = value
        residual = minimizer.userfcn(parameters, *minimizer.userargs, **minimizer.userkws)
        return float(np.sum(np.square(residual)) - result.chisqr - SIGMAS_95**2 * inflation)

    ends = []
    for side in (-1, 1):
        reach = side * fitted.stderr * np.sqrt(inflation)
        outside = next((n for n in (2, 4, 8, 16) if rise(fitted.value + n * reach) > 0), None)
        ends.append(
            np.nan
            if outside is None
            else brentq(rise, fitted.value, fitted.value + outside * reach)
        )
    return {name: Interval(fitted.value, *map(_finite, ends))}


def _finite(value: Any) -> float:
    return float(value) if np.isfinite(value) else np.nan
