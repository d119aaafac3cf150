"""What a direction experiment gives to its fit: one averaged spectrum per direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.directions.cavity import spectrum
from phonosync.analysis.statistics.windows import deviance_inflation, point_inflation
from phonosync.theory.errors import InputError


@dataclass(frozen=True, eq=False)
class DirectionSpectra:
    """One averaged spectrum per direction of light, in units of the shot noise.

    Attributes:
        frequency_hz: equally spaced, shape (F,).
        power: per direction (+1, −1), shape (F,), shot-noise units.
        averages: per direction, number of independent periodograms.
        resolution_bandwidth_hz, window: of the analyzer.
        efficiency, efficiency_error: of the detection, calibrated; the error is one sigma.
        escape: share κ_ext/κ of the cavity's linewidth that leaves through the detected port.
        quadrature_angle: detected quadrature relative to the mean output field, rad.
        reference_averages: averages of the shot-noise reference that gave the unit; 0 without one.
    """

    frequency_hz: NDArray[np.floating]
    power: dict[int, NDArray[np.floating]]
    averages: dict[int, int]
    resolution_bandwidth_hz: float
    window: str
    efficiency: float
    efficiency_error: float
    escape: float
    quadrature_angle: float
    reference_averages: int

    @property
    def lights(self) -> tuple[int, ...]:
        """The directions, forward first."""
        return tuple(sorted(self.power, reverse=True))

    @property
    def inflation(self) -> float:
        """Factor on the covariance from correlated points."""
        return point_inflation(self.window, self.resolution_bandwidth_hz, self.spacing_hz)

    @property
    def deviance_inflation(self) -> float:
        """Factor on the variance of the deviance from correlated points."""
        return deviance_inflation(self.window, self.resolution_bandwidth_hz, self.spacing_hz)

    @property
    def spacing_hz(self) -> float:
        """Distance of neighbouring points."""
        return float(self.frequency_hz[1] - self.frequency_hz[0])

    def check(self) -> None:
        """Raise InputError at the first point that is not a positive number."""
        for light, power in self.power.items():
            bad = ~(np.isfinite(power) & (power > 0))
            if np.any(bad):
                first = int(np.flatnonzero(bad)[0])
                raise InputError(
                    f"the spectrum of light = {light:+d} has {int(bad.sum())} points that are not "
                    f"positive numbers, the first at {self.frequency_hz[first]:.6g} Hz; "
                    "measure it again or cut the band."
                )


def model_spectrum(
    parameters: Parameters, spectra: DirectionSpectra, light: int
) -> NDArray[np.floating]:
    """Theory's trace for one direction as the analyzer of `spectra` would show it.

    Raises:
        UnstableError: these parameters have no steady state.
    """
    return spectrum(
        parameters,
        light,
        spectra.frequency_hz,
        spectra.resolution_bandwidth_hz,
        spectra.quadrature_angle,
    )
