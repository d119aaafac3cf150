"""Intervals of numbers that follow from a fit of both directions, by three methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.directions.fit import DirectionFit, fit_directions, residuals
from phonosync.analysis.directions.spectra import DirectionSpectra
from phonosync.analysis.models.bootstrap import REPLICAS
from phonosync.analysis.models.information import Information
from phonosync.analysis.models.optimum import Optimum, number_of
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.models.simulation import unit_powers
from phonosync.analysis.statistics.interval import UNKNOWN, Interval, Method, around
from phonosync.analysis.statistics.windows import point_correlations
from phonosync.theory.errors import PhonosyncError

_SEEN = 1e-4  # correlations below it count as none


def number_intervals(
    fit: DirectionFit,
    numbers: Sequence[Callable[[Parameters], float]],
    method: Method,
    *,
    replicas: int = REPLICAS,
    seed: int = 0,
) -> list[Interval]:
    """95 % interval of each number.

    Args:
        fit: with a covariance.
        numbers: parameters -> number; best on a scale on which errors are nearly normal.
        method: curvature: the delta method on the fit's covariance, which the correlation of points
            has widened. Profile: where −2 ln L, minimised over all else, has risen by 3.84 times
            the same factor. Bootstrap: percentiles of fits to spectra drawn from this one with the
            analyzer's correlation, turned round the fit's value.
        replicas, seed: of the bootstrap.
    """
    if method == "bootstrap":
        return _bootstrapped(fit, numbers, replicas, seed)
    quantities = [number_of(fit.result, number) for number in numbers]
    told = _information(fit)
    if method == "profile":
        of = partial(residuals, spectra=fit.spectra)
        optimum = Optimum.of(fit.result, of, told)
        return [profile_interval(optimum, quantity) for quantity in quantities]
    found = []
    for quantity in quantities:
        value, slopes = quantity(fit.parameters)
        found.append(around(value, float(np.sqrt(told.propagated(slopes[None])[0, 0]))))
    return found


def parameter_intervals(fit: DirectionFit, method: Method) -> dict[str, Interval]:
    """95 % interval of every parameter that was fitted; unknown without a covariance.

    Profile and bootstrap go by logarithms: all of them are positive.
    """
    varied = [name for name, parameter in fit.parameters.items() if parameter.vary]
    if getattr(fit.result, "covar", None) is None:
        return dict.fromkeys(varied, UNKNOWN)
    if method == "curvature":
        errors = {name: fit.parameters[name].stderr for name in varied}
        return {
            name: around(float(fit.parameters[name].value), float(error)) if error else UNKNOWN
            for name, error in errors.items()
        }
    logs = [lambda p, name=name: float(np.log(p[name].value)) for name in varied]
    found = number_intervals(fit, logs, method)
    return {
        name: Interval(*(float(np.exp(end)) for end in (one.value, one.low, one.high)))
        for name, one in zip(varied, found, strict=True)
    }


def _information(fit: DirectionFit) -> Information:
    """Scores that leave the covariance as the fit widened it."""
    F = np.linalg.inv(fit.result.covar / fit.spectra.inflation)
    return Information(tuple(fit.result.var_names), F, fit.spectra.inflation * F)


def _bootstrapped(
    fit: DirectionFit, numbers: Sequence[Callable[[Parameters], float]], replicas: int, seed: int
) -> list[Interval]:
    drawn = np.full((replicas, len(numbers)), np.nan)
    for row, parameters in zip(drawn, _refitted(fit, replicas, seed), strict=True):
        if parameters is None:
            continue
        try:
            row[:] = [number(parameters) for number in numbers]
        except PhonosyncError:
            continue
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
    values = np.array([number(fit.parameters) for number in numbers])
    return [
        Interval(*map(float, ends))
        for ends in zip(values, 2 * values - high, 2 * values - low, strict=True)
    ]


# The draws of one fit serve its parameters and everything that follows from them.
@lru_cache(maxsize=1)
def _refitted(fit: DirectionFit, replicas: int, seed: int) -> list[Parameters | None]:
    found: list[Parameters | None] = []
    for stream in np.random.default_rng(seed).spawn(replicas):
        try:
            drawn = drawn_spectra(fit, stream)
            found.append(fit_directions(drawn, start=fit.parameters.copy()).parameters)
        except PhonosyncError:
            found.append(None)
    return found


def drawn_spectra(fit: DirectionFit, random: np.random.Generator) -> DirectionSpectra:
    """Spectra of both directions as the fit expects them, the unit and the calibration anew.

    Args:
        fit: the truth of the draw.
        random: generator.
    """
    spectra = fit.spectra
    rho: NDArray[np.floating] = point_correlations(
        spectra.window, spectra.resolution_bandwidth_hz, spectra.spacing_hz
    )
    rho = rho[rho > _SEEN]
    points, unit = len(spectra.frequency_hz), 1.0
    if spectra.reference_averages:
        total = spectra.reference_averages * points
        unit = random.gamma(total, 1 / total) * float(fit.parameters["shot_noise_level"].value)
    power = {
        light: fit.model(light) * unit_powers(points, spectra.averages[light], rho, random) / unit
        for light in spectra.lights
    }
    efficiency = spectra.efficiency
    if spectra.efficiency_error > 0:
        middle = float(fit.parameters["efficiency"].value)
        efficiency = float(random.normal(middle, spectra.efficiency_error))
    return replace(spectra, power=power, efficiency=efficiency)
