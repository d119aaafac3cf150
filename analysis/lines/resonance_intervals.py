"""Intervals of a resonance that suppose less: by profile, or from blocks of its own residuals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray
from scipy.optimize import leastsq

from phonosync.analysis.lines.resonance import resonance
from phonosync.analysis.lines.resonance_fit import ResonanceFit, numbers, with_intervals
from phonosync.analysis.models.information import Information
from phonosync.analysis.models.measures import Quantity
from phonosync.analysis.models.optimum import Optimum
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.statistics.bootstrap import block_bootstrap, block_length, replica_intervals
from phonosync.analysis.statistics.interval import Interval

_NAMES: tuple[str, ...] = (
    "centre",
    "linewidth",
    "background_re",
    "background_im",
    "line_re",
    "line_im",
    "delay",
)  # in the order of `resonance`


def profiled_resonance(fit: ResonanceFit) -> ResonanceFit:
    """The fit with intervals where −2 ln L, minimised over all else, has risen by 3.84 times g.

    Residuals count in units of their own scatter, and g is the growth of each number's variance by
    their correlation: what independent points would tell to 3.84 correlated ones tell to 3.84 g.

    Args:
        fit: from `fit_resonance`.

    Source: S. S. Wilks, doi:10.1214/aoms/1177732360.
    """
    optimum = optimum_of(fit)
    steps = _steps(fit)

    def number(k: int) -> Quantity:
        def quantity(parameters: Parameters) -> tuple[float, NDArray]:
            theta = _values(parameters)
            slopes = _slopes(lambda at: _numbers(fit, at)[k : k + 1], theta, steps)
            return float(_numbers(fit, theta)[k]), slopes[0]

        return quantity

    count = len(_numbers(fit, _values(fit.result.params)))
    ends = [profile_interval(optimum, number(k)) for k in range(count)]
    return with_intervals(fit, ends, "profile")


def bootstrapped_resonance(
    fit: ResonanceFit, *, replicas: int = 200, seed: int = 0
) -> ResonanceFit:
    """The fit with intervals from fits to traces that are rebuilt from blocks of its residuals.

    Whatever law and whatever correlation the residuals have, blocks of neighbours keep them. The
    residuals are enlarged by what the fit took of them, and percentiles are turned round (the basic
    bootstrap): what draws miss of the fit, the fit misses of the truth.

    Args:
        fit: from `fit_resonance`.
        replicas: rebuilt traces.
        seed: of the draws.

    Source: H. R. Künsch, doi:10.1214/aos/1176347265.
    """
    x, best = _axis(fit), _values(fit.result.params)
    residual = fit.data - fit.model
    # Where neighbours agree, a parameter takes the scatter of as many points as go together.
    worth = 2 * fit.effective_points
    freedom = max(worth - len(best), worth / 2)
    residual = (residual - residual.mean()) * np.sqrt(worth / freedom)
    step = np.sqrt(np.diag(fit.result.covar))

    def refit(scatter: NDArray) -> NDArray:
        drawn = fit.model + scatter

        def off(theta: NDArray) -> NDArray:
            return (drawn - resonance(x, *(best + theta * step))).view(float)

        theta, _ = leastsq(off, np.zeros(len(best)), xtol=1e-4, ftol=1e-8)
        return _numbers(fit, best + theta * step)

    block = block_length(residual)
    values = _numbers(fit, best)
    drawn = block_bootstrap(refit, residual, block=block, replicas=replicas, seed=seed)
    turned = [
        Interval(one.value, 2 * one.value - one.high, 2 * one.value - one.low)
        for one in replica_intervals(values, drawn)
    ]
    return with_intervals(fit, turned, "bootstrap")


def optimum_of(fit: ResonanceFit) -> Optimum:
    """The fit as a profile wants it: residuals over their scatter, and what they tell."""
    result, scatter = fit.result, np.sqrt(fit.result.redchi)
    x, steps = _axis(fit), _steps(fit)

    def off(theta: NDArray) -> NDArray:
        return (fit.data - resonance(x, *theta)).view(float) / scatter

    # Scores that leave the covariance as the sandwich has it.
    F = np.linalg.inv(fit.independent_covariance)
    return Optimum(
        result.params,
        Information(tuple(result.var_names), F, F @ result.covar @ F),
        lambda parameters: off(_values(parameters)),
        lambda parameters: _slopes(off, _values(parameters), steps),
        frozenset({"linewidth"}),
    )


def _axis(fit: ResonanceFit) -> NDArray:
    return (fit.frequencies_hz - fit.middle_hz) / fit.unit_hz


def _steps(fit: ResonanceFit) -> NDArray:
    return 0.1 * np.sqrt(np.diag(fit.independent_covariance))


def _values(parameters: Parameters) -> NDArray:
    return np.array([parameters[name].value for name in _NAMES])


def _slopes(of: Callable[[NDArray], NDArray], at: NDArray, steps: NDArray) -> NDArray:
    """Central differences, shape (N, P)."""
    return np.stack(
        [
            (of(at + move) - of(at - move)) / (2 * step)
            for move, step in zip(np.diag(steps), steps, strict=True)
        ],
        axis=-1,
    )


def _numbers(fit: ResonanceFit, theta: NDArray) -> NDArray:
    values: dict[str, float] = dict(zip(_NAMES, theta.tolist(), strict=True))
    return numbers(values, fit.name, fit.middle_hz, fit.unit_hz)
