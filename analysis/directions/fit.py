"""Joint maximum-likelihood fit of both directions' spectra to theory's output spectrum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from lmfit import Minimizer, Parameters
from numpy.typing import NDArray

from phonosync.analysis.directions.spectra import DirectionSpectra, model_spectrum
from phonosync.analysis.directions.starting_values import starting_values
from phonosync.analysis.statistics.likelihood import deviance_residuals, deviance_z
from phonosync.theory.errors import UnstableError

_REFUSED = 1e3  # residual of a model without a steady state: the optimiser turns back
_CANDIDATES = 6


@dataclass(frozen=True, eq=False)
class DirectionFit:
    """The fitted parameters and how well they describe the spectra.

    Attributes:
        spectra: what was fitted.
        result: lmfit's result; its `covar` already counts the correlation of points.
        deviance_z: per direction, standard deviations of the deviance from its expectation.
    """

    spectra: DirectionSpectra
    result: Any
    deviance_z: dict[int, float]

    @property
    def parameters(self) -> Parameters:
        """Fitted parameters (Hz), each with its standard error."""
        return self.result.params

    def model(self, light: int) -> NDArray[np.floating]:
        """The fitted spectrum of a direction, shot-noise units, shape (F,)."""
        return model_spectrum(self.parameters, self.spectra, light)


def residuals(parameters: Parameters, spectra: DirectionSpectra) -> NDArray[np.floating]:
    """Deviance residuals of both directions, of the reference level, and of the calibration."""
    parts = []
    for light in spectra.lights:
        power, K = spectra.power[light], spectra.averages[light]
        try:
            model = model_spectrum(parameters, spectra, light)
        except UnstableError:
            parts.append(np.full(power.shape, _REFUSED))
            continue
        parts.append(deviance_residuals(power, model, K))
    if spectra.reference_averages:
        total = spectra.reference_averages * len(spectra.frequency_hz)
        level = parameters["shot_noise_level"].value
        parts.append(deviance_residuals(np.ones(1), np.array([level]), total))
    if spectra.efficiency_error > 0:
        off = parameters["efficiency"].value - spectra.efficiency
        # Divided by the error and, as the covariance is inflated below, kept at its own size.
        parts.append(np.array([off / spectra.efficiency_error * np.sqrt(spectra.inflation)]))
    return np.concatenate(parts)


def fit_directions(spectra: DirectionSpectra, *, start: Parameters | None = None) -> DirectionFit:
    """Fit all directions together; shared device parameters, one detuning per direction.

    Args:
        spectra: averaged spectra in shot-noise units.
        start: parameters to start from; found from the spectra without them.

    Raises:
        InputError: NaN, zero or negative power, no phonon line, or no parameters that describe it.
    """
    spectra.check()
    candidates = [start] if start is not None else starting_values(spectra, _CANDIDATES)
    if len(candidates) > 1:
        candidates = sorted((_minimize(c, spectra, 200) for c in candidates), key=_chisqr)
        candidates = [candidates[0].params]
    best = _minimize(candidates[0], spectra, 2000)
    if getattr(best, "covar", None) is not None:
        best.covar = best.covar * spectra.inflation
        for index, name in enumerate(best.var_names):
            best.params[name].stderr = float(np.sqrt(best.covar[index, index]))
    return DirectionFit(spectra, best, _goodness(best.params, spectra, len(best.var_names)))


def _minimize(start: Parameters, spectra: DirectionSpectra, calls: int) -> Any:
    start["efficiency"].vary = spectra.efficiency_error > 0
    minimizer = Minimizer(residuals, start, fcn_args=(spectra,), scale_covar=False)
    return minimizer.leastsq(max_nfev=calls)


def _chisqr(result: Any) -> float:
    return float(result.chisqr)


def _goodness(parameters: Parameters, spectra: DirectionSpectra, varied: int) -> dict[int, float]:
    share = max(1, round(varied / len(spectra.lights)))
    return {
        light: deviance_z(
            spectra.power[light],
            model_spectrum(parameters, spectra, light),
            spectra.averages[light],
            share,
            correlation=spectra.deviance_inflation,
        )
        for light in spectra.lights
    }
