"""Synchronization of both directions from a fit, with intervals that come from its covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.directions.cavity import PHONONS, linearise
from phonosync.analysis.directions.fit import DirectionFit
from phonosync.analysis.statistics.interval import SIGMAS_95, UNKNOWN, Interval, around, propagate
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


@dataclass(frozen=True)
class Nonreciprocity:
    """Signed contrast χ = (S_+ − S_−)/(S_+ + S_−) and isolation 10 log10(S_+/S_−), dB."""

    contrast: Interval
    isolation_db: Interval


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
        S_c, notes = _invert(values[at], sigma[at])
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
    return results, _nonreciprocity(values[[0, 3]], covariance[np.ix_([0, 3], [0, 3])])


def _undetermined(fit: DirectionFit, why: str) -> tuple[list[Synchronization], Nonreciprocity]:
    note = (
        f"the spectra do not determine all parameters ({why}), so S_c is not given. "
        "Spectra at a second detuning or power would tell the cavity from the phonons."
    )
    nothing = [
        Synchronization(light, UNKNOWN, (UNKNOWN, UNKNOWN), (note,)) for light in fit.spectra.lights
    ]
    return nothing, Nonreciprocity(UNKNOWN, UNKNOWN)


def _invert(X: float, sigma: float) -> tuple[Interval, list[str]]:
    """S_c = 1/X: the interval of X turned over; a lower limit where X may be zero."""
    notes = []
    low = 1 / (X + SIGMAS_95 * sigma)
    if X - 2 * sigma <= 0:
        notes.append(
            f"X = {X:.3g} ± {sigma:.2g} is within two sigma of zero, so S_c has only a lower "
            "limit; average longer or detect more of the light."
        )
        return Interval(np.nan, low, np.nan), notes
    if X + SIGMAS_95 * sigma < 1:
        notes.append("S_c > 1 breaks Heisenberg's limit; check efficiency and shot-noise level.")
    return Interval(1 / X, low, 1 / (X - SIGMAS_95 * sigma)), notes


def _nonreciprocity(X: NDArray[np.floating], covariance: NDArray[np.floating]) -> Nonreciprocity:
    """Both are functions of ln(X_−/X_+) = ln(S_+/S_−), whose error is nearly normal."""
    relative = np.array([-1 / X[0], 1 / X[1]])
    ratio = float(np.log(X[1] / X[0]))
    # Where all of the error is common to both, rounding may leave a variance below zero.
    spread = float(np.sqrt(max(relative @ covariance @ relative, 0.0)))
    ends = np.array([ratio, ratio - SIGMAS_95 * spread, ratio + SIGMAS_95 * spread])
    # (S_+ − S_−)/(S_+ + S_−) and 10 log10(S_+/S_−) of ln(S_+/S_−), without overflow.
    chi, decibel = np.tanh(ends / 2), 10 / np.log(10) * ends
    return Nonreciprocity(Interval(*map(float, chi)), Interval(*map(float, decibel)))
