"""What a fitted device expects along a run's sweep, with the band that the fit leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.expected import State, state_at
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.models.measures import by_parameter, measures, required_pair
from phonosync.analysis.run.sweep_prediction import (
    SweepPrediction,
    prediction,
    sweep_conditions,
)
from phonosync.analysis.run.traces import Place
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval
from phonosync.theory.errors import UnstableError

if TYPE_CHECKING:
    import xarray

Array = NDArray[Any]
States = dict[Place, tuple[Condition, State]]
_SIGMAS = {"": SIGMAS_95, "_68": 1.0}


def fitted_states(fit: NetworkFit, fine: xarray.Dataset, data: xarray.Dataset) -> States:
    """States of the fitted device along a sweep, where it is at rest.

    Args:
        fit: of the run.
        fine: settings, from `finer`.
        data: the run.
    """
    model, found = fit.model, {}
    values = model.chart.values(fit.parameters)
    for place, condition in sweep_conditions(fine, data, model.device).items():
        try:
            state = state_at(model.device, model.chart.free, values, condition, slopes=True)
        except UnstableError:
            continue
        found[place] = condition, state
    return found


def fitted_prediction(fit: NetworkFit, fine: xarray.Dataset, states: States) -> SweepPrediction:
    """The fitted device's S_c, its band from the curvature of the likelihood.

    The band is put on X = 1/S_c, and on ln(X_−/X_+) of a contrast.

    Args:
        fit: of the run.
        fine: settings, from `finer`.
        states: from `fitted_states`.
    """
    pair = required_pair(fit.model.device)
    X: dict[Place, tuple[float, Array]] = {}
    for place, (_, state) in states.items():
        value, by_entry = measures(state, pair)["X_c"]
        X[place] = value, by_parameter(fit.model, fit.parameters, by_entry)

    def error(slopes: Array) -> float:
        return float(np.sqrt(fit.information.propagated(slopes[None])[0, 0]))

    def synchronization(place: Place, sigmas: float) -> Interval:
        value, slopes = X[place]
        half = sigmas * error(slopes)
        return inverted(Interval(value, value - half, value + half))[0]

    def compared(plus: Place, minus: Place, sigmas: float) -> Interval:
        (a, da), (b, db) = X[plus], X[minus]
        ratio, half = np.log(b / a), sigmas * error(db / b - da / a)
        return Interval(*(float(np.tanh(x / 2)) for x in (ratio, ratio - half, ratio + half)))

    return prediction(
        fine,
        list(X),
        lambda place: {end: synchronization(place, sigmas) for end, sigmas in _SIGMAS.items()},
        lambda plus, minus: {end: compared(plus, minus, sigmas) for end, sigmas in _SIGMAS.items()},
        "the fit",
    )
