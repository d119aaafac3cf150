"""Synchronization of both directions from a fit, with intervals that come from its covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.directions.cavity import PHONONS, linearise
from phonosync.analysis.directions.fit import DirectionFit
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity, nonreciprocity
from phonosync.analysis.statistics.interval import UNKNOWN, Interval, around, propagate
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


def synchronization(fit: DirectionFit) -> tuple[list[Synchronization], Nonreciprocity]:
    """Synchronization per direction, and its nonreciprocity.

    Args:
        fit: with a covariance; without one every value is unknown and a note says why.
    """
    lights = fit.spectra.lights
    if getattr(fit.result, "covar", None) is None:
        return _undetermined(fit, "the fit has no covariance")

    def measured(parameters: Parameters) -> NDArray[np.floating]:
        rows = []
        for light in lights:
            V = linearise(parameters, light).V
            rows += [float(error_of(V, *PHONONS)), *occupations(V)[list(PHONONS)]]
        return np.array(rows)

    try:
        values, covariance = propagate(measured, fit.result)
    except UnstableError as error:
        return _undetermined(fit, str(error).rstrip("."))
    sigma = np.sqrt(np.diag(covariance))
    results = []
    for row, light in enumerate(lights):
        at = 3 * row
        S_c, notes = inverted(around(float(values[at]), float(sigma[at])))
        z = fit.deviance_z[light]
        if abs(z) > 4:
            notes.append(
                f"the model misses the spectrum of light = {light:+d} (deviance {z:+.1f} sigma), "
                "so the interval is too narrow; look at the residuals."
            )
        quanta = (around(values[at + 1], sigma[at + 1]), around(values[at + 2], sigma[at + 2]))
        results.append(Synchronization(light, S_c, quanta, tuple(notes)))
    if len(lights) < 2:
        return results, Nonreciprocity(UNKNOWN, UNKNOWN)
    # S = 1/X has the contrast of the X with their directions exchanged.
    X, V = values[[3, 0]], covariance[np.ix_([3, 0], [3, 0])]
    return results, nonreciprocity(float(X[0]), float(X[1]), V)


def _undetermined(fit: DirectionFit, why: str) -> tuple[list[Synchronization], Nonreciprocity]:
    note = (
        f"the spectra do not determine all parameters ({why}), so S_c is not given. "
        "Spectra at a second detuning or power would tell the cavity from the phonons."
    )
    nothing = [
        Synchronization(light, UNKNOWN, (UNKNOWN, UNKNOWN), (note,)) for light in fit.spectra.lights
    ]
    return nothing, Nonreciprocity(UNKNOWN, UNKNOWN)
