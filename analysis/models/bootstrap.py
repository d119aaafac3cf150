"""Bootstrap: the fit repeated on spectra drawn from itself, S-parameters from residuals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.fit import NetworkFit, fit_from
from phonosync.analysis.models.measures import Quantity
from phonosync.analysis.models.simulation import simulate
from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import PhonosyncError

REPLICAS = 200
"""Sets of traces that are drawn."""


def bootstrap_values(
    fit: NetworkFit, quantities: Sequence[Quantity], *, replicas: int = REPLICAS, seed: int = 0
) -> NDArray[np.floating]:
    """Numbers that follow from fits to drawn traces, shape (replicas, M).

    Args:
        fit: the truth of the bootstrap.
        quantities: M of them.
        replicas: how many sets of traces are drawn.
        seed: of the draws.

    Returns:
        NaN in a row whose fit found no stable device.
    """
    values = np.full((replicas, len(quantities)), np.nan)
    for row, parameters in zip(values, _refitted(fit, replicas, seed), strict=True):
        if parameters is None:
            continue
        try:
            # A quantity is tied to a model by its conditions alone, which every draw shares.
            row[:] = [quantity(parameters)[0] for quantity in quantities]
        except PhonosyncError:
            continue
    return values


def bootstrap_intervals(
    fit: NetworkFit, quantities: Sequence[Quantity], *, replicas: int = REPLICAS, seed: int = 0
) -> list[Interval]:
    """95 % interval of each number: the percentiles of the draws, turned round the fit's value.

    That is the basic bootstrap: what draws miss of the fit, the fit misses of the truth. Arguments
    as for `bootstrap_values`.
    """
    values = np.array([quantity(fit.parameters)[0] for quantity in quantities])
    drawn = bootstrap_values(fit, quantities, replicas=replicas, seed=seed)
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    return [
        Interval(*map(float, ends))
        for ends in zip(values, 2 * values - high, 2 * values - low, strict=True)
    ]


# The draws of one fit serve its entries and everything that follows from them.
@lru_cache(maxsize=1)
def _refitted(fit: NetworkFit, replicas: int, seed: int) -> list[Parameters | None]:
    """Parameters of the fit to each set of drawn traces; None where it found no device."""
    start, found = _off_bounds(fit), []
    for stream in np.random.default_rng(seed).spawn(replicas):
        drawn = simulate(fit.model, fit.parameters, stream, from_residuals=True)
        model = replace(fit.model, observations=drawn, _known={})
        try:
            found.append(fit_from(model, start.copy()).parameters)
        except PhonosyncError:
            found.append(None)
    return found


def _off_bounds(fit: NetworkFit) -> Parameters:
    """The fit's parameters, but a standard error off zero: from a bound no fit finds away."""
    start = fit.parameters.copy()
    for one in fit.model.chart.free:
        parameter = start[one.parameter]
        if one.log and parameter.vary and parameter.value < (parameter.stderr or 0.0):
            parameter.value = parameter.stderr
    start.update_constraints()
    return start
