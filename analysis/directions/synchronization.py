"""Synchronization of both directions from a fit, with intervals that come from its covariance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.directions.cavity import PHONONS, linearise
from phonosync.analysis.directions.fit import DirectionFit
from phonosync.analysis.directions.intervals import number_intervals
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity, nonreciprocity, of_log_ratio
from phonosync.analysis.statistics.interval import UNKNOWN, Interval, Method, around, propagate
from phonosync.theory.errors import UnstableError
from phonosync.theory.synchronization import occupations
from phonosync.theory.synchronization import synchronization_error as error_of


@dataclass(frozen=True)
class Synchronization:
    """What the spectra say about one direction.

    Attributes:
        light: direction.
        S_c: complete synchronization; the interval was put on X = 1/S_c and inverted.
        occupations: fluctuation quanta of both phonons.
        notes: what the data cannot tell, and why; empty when all is well.
    """

    light: int
    S_c: Interval
    occupations: tuple[Interval, Interval]
    notes: tuple[str, ...] = ()


def synchronization(
    fit: DirectionFit, method: Method = "curvature"
) -> tuple[list[Synchronization], Nonreciprocity]:
    """Synchronization per direction, and its nonreciprocity.

    Args:
        fit: with a covariance; without one every value is unknown and a note says why.
        method: how intervals are found (`number_intervals`). By curvature that of the contrast is
            Fieller's; by profile and bootstrap it is put on ln(X_−/X_+) and turned over.
    """
    lights = fit.spectra.lights
    if getattr(fit.result, "covar", None) is None:
        return _undetermined(fit, "the fit has no covariance")
    try:
        if method == "curvature":
            found, non = _by_curvature(fit)
        else:
            numbers = [_number(light, k) for light in lights for k in range(3)]
            if len(lights) == 2:
                numbers.append(lambda p: float(np.log(_measured(p, -1)[0] / _measured(p, 1)[0])))
            found = number_intervals(fit, numbers, method)
            non = _of_ratio(found.pop()) if len(lights) == 2 else None
    except UnstableError as error:
        return _undetermined(fit, str(error).rstrip("."))
    results = []
    for row, light in enumerate(lights):
        X, *quanta = found[3 * row : 3 * row + 3]
        S_c, notes = inverted(X)
        z = fit.deviance_z[light]
        if abs(z) > 4:
            notes.append(
                f"the model misses the spectrum of light = {light:+d} (deviance {z:+.1f} sigma), "
                "so the interval is too narrow; look at the residuals."
            )
        results.append(Synchronization(light, S_c, (quanta[0], quanta[1]), tuple(notes)))
    return results, non or Nonreciprocity(UNKNOWN, UNKNOWN)


def _by_curvature(fit: DirectionFit) -> tuple[list[Interval], Nonreciprocity | None]:
    lights = fit.spectra.lights

    def measured(parameters: Parameters) -> NDArray[np.floating]:
        return np.concatenate([_measured(parameters, light) for light in lights])

    values, covariance = propagate(measured, fit.result)
    found = [
        around(float(v), float(s))
        for v, s in zip(values, np.sqrt(np.diag(covariance)), strict=True)
    ]
    if len(lights) < 2:
        return found, None
    # S = 1/X has the contrast of the X with their directions exchanged.
    X, V = values[[3, 0]], covariance[np.ix_([3, 0], [3, 0])]
    return found, nonreciprocity(float(X[0]), float(X[1]), V)


def _measured(parameters: Parameters, light: int) -> NDArray[np.floating]:
    """X and both phonons' quanta of a direction."""
    V = linearise(parameters, light).V
    return np.array([float(error_of(V, *PHONONS)), *occupations(V)[list(PHONONS)]])


def _number(light: int, k: int) -> Callable[[Parameters], float]:
    return lambda parameters: float(_measured(parameters, light)[k])


def _of_ratio(logarithm: Interval) -> Nonreciprocity:
    """Of ln(S_+/S_−); unknown where a side has no end."""
    if not np.all(np.isfinite([logarithm.value, logarithm.low, logarithm.high])):
        return Nonreciprocity(UNKNOWN, UNKNOWN)
    return of_log_ratio(logarithm)


def _undetermined(fit: DirectionFit, why: str) -> tuple[list[Synchronization], Nonreciprocity]:
    note = (
        f"the spectra do not determine all parameters ({why}), so S_c is not given. "
        "Spectra at a second detuning or power would tell the cavity from the phonons."
    )
    nothing = [
        Synchronization(light, UNKNOWN, (UNKNOWN, UNKNOWN), (note,)) for light in fit.spectra.lights
    ]
    return nothing, Nonreciprocity(UNKNOWN, UNKNOWN)
