"""What a fitted device expects along a run's sweep, with the band that the fit leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.expected import state_at
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.models.measures import by_parameter, measures, required_pair
from phonosync.analysis.run.sweep_prediction import (
    SweepPrediction,
    finer,
    prediction,
    sweep_conditions,
)
from phonosync.analysis.run.traces import Place
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval
from phonosync.theory.device import Device
from phonosync.theory.errors import UnstableError

if TYPE_CHECKING:
    import xarray

Array = NDArray[Any]
_SIGMAS = {"": SIGMAS_95, "_68": 1.0}


def fitted_prediction(fit: NetworkFit, data: xarray.Dataset, device: Device) -> SweepPrediction:
    """The fitted device's S_c, its band from the curvature of the likelihood.

    As at the measured settings the band is put on X = 1/S_c, and on ln(X_−/X_+) of a contrast.

    Args:
        fit: of the run.
        data: the run.
        device: that the fit began with, as from `device_of_run`.
    """
    pair, model = required_pair(device), fit.model
    values = model.chart.values(fit.parameters)
    fine = finer(data)
    X: dict[Place, tuple[float, Array]] = {}
    for place, condition in sweep_conditions(fine, data, device).items():
        try:
            state = state_at(model.device, model.chart.free, values, condition, slopes=True)
        except UnstableError:
            continue
        value, by_entry = measures(state, pair)["X_c"]
        X[place] = value, by_parameter(model, fit.parameters, by_entry)

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

    words = "the fit"
    return prediction(
        fine,
        list(X),
        lambda place: {end: synchronization(place, sigmas) for end, sigmas in _SIGMAS.items()},
        lambda plus, minus: {end: compared(plus, minus, sigmas) for end, sigmas in _SIGMAS.items()},
        words,
    )
