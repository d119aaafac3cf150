"""How a spectrum was taken, as its fit needs it: scatter, resolution, correlated points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.measured.resolution import Resolution, resolution_of
from phonosync.analysis.statistics.goodness import Goodness, apparent_averages, goodness
from phonosync.analysis.statistics.likelihood import deviance_residuals, error_inflation
from phonosync.analysis.statistics.log_average import (
    LOG_BIAS,
    log_correlations,
    log_deviance_residuals,
)
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory.errors import InputError

# A scatter this many errors from what the averages say, on a logarithm, is not chance.
_CERTAIN = 4.0
# An amplitude read as a power scatters as four times the averages.
_AMPLITUDE = (2.9, 5.5)
_MOST_SIMULATED = 64
_LOG_INFORMATION = 6 / np.pi**2  # of one averaged logarithm, in averages of power


@dataclass(frozen=True)
class Acquisition:
    """Averages, averaging and resolution of one spectrum.

    Attributes:
        averages: K, overlap counted.
        spacing_hz: of the points.
        averaging: "power" or "log".
        resolution: window of the segments or filter of the analyzer; None if nobody said.
    """

    averages: float
    spacing_hz: float
    averaging: str = "power"
    resolution: Resolution | None = None

    @classmethod
    def of(cls, spectrum: xr.DataArray) -> Acquisition:
        """From the attributes of `measured.spectra`."""
        f = spectrum["frequency"].values
        return cls(
            averages=float(spectrum.attrs["averages"]),
            spacing_hz=float(f[-1] - f[0]) / (f.size - 1),
            averaging=str(spectrum.attrs.get("averaging", "power")),
            resolution=resolution_of(spectrum),
        )

    @property
    def correlations(self) -> NDArray[np.floating]:
        """Of the power at points 1, 2, ... apart; none where the resolution is unknown."""
        if self.resolution is None:
            return np.empty(0)
        return self.resolution.correlations(self.spacing_hz)

    @property
    def fitted_correlations(self) -> NDArray[np.floating]:
        """Of what is fitted: of the logarithms where those were averaged."""
        rho = self.correlations
        return log_correlations(rho) if self.averaging == "log" else rho

    @property
    def information(self) -> float:
        """Averages of power that one point is worth."""
        return self.averages * (_LOG_INFORMATION if self.averaging == "log" else 1.0)

    @property
    def independent_averages(self) -> float:
        """The same, shared with the neighbours that a point is correlated with."""
        return self.information / self.inflation

    @property
    def inflation(self) -> float:
        """Factor on the variance of what many points say together."""
        return error_inflation(self.fitted_correlations)

    @property
    def narrowest_hz(self) -> float:
        """Linewidth below which a mode cannot be told from a tone."""
        if self.resolution is None:
            return 1.5 * self.spacing_hz  # any window makes a tone about that wide
        if isinstance(self.resolution, GaussianFilter):
            return 0.5 * self.resolution.bandwidth_hz
        return self.resolution.noise_bandwidth / self.resolution.duration_s

    def residuals(self, power: NDArray, model: NDArray) -> NDArray:
        """Signed deviance residuals."""
        of = log_deviance_residuals if self.averaging == "log" else deviance_residuals
        return of(power, model, self.averages)

    def simulate(
        self, model: NDArray, random: np.random.Generator, position: NDArray
    ) -> NDArray[np.floating]:
        """A spectrum as this analyzer would show it if the model were true.

        Points are as correlated as the resolution makes them: means of |z|^2 of complex noise whose
        correlations are the roots of the power's. Beyond 64 averages the scatter of 64 is scaled.

        Args:
            model: S, shape (N,).
            random: the generator.
            position: integer place of each point on the grid, shape (N,).
        """
        correlations = self.correlations
        if not correlations.size and self.averaging == "power":
            return model * random.gamma(self.averages, 1 / self.averages, model.shape)
        averages = int(np.clip(round(self.averages), 1, _MOST_SIMULATED))
        place = position - position.min()
        points = int(place.max()) + 1
        length = points + 2 * correlations.size
        rho = np.zeros(length)
        rho[0] = 1.0
        for lag, correlation in enumerate(np.sqrt(correlations), start=1):
            rho[lag] = rho[-lag] = correlation
        filtered = np.sqrt(np.maximum(np.fft.fft(rho).real, 0.0))
        noise = random.normal(size=(2, averages, length))
        power = (
            np.abs(np.fft.ifft(np.fft.fft(noise[0] + 1j * noise[1]) * filtered))[:, place] ** 2 / 2
        )
        stretch = np.sqrt(averages / self.averages)
        if self.averaging == "log":
            mean = np.log(power).mean(axis=0)
            return model * np.exp(LOG_BIAS + (mean - LOG_BIAS) * stretch)
        return model * np.maximum(1 + (power.mean(axis=0) - 1) * stretch, 1e-6)

    def goodness(
        self, power: NDArray, model: NDArray, n_parameters: int, position: NDArray
    ) -> Goodness:
        """Tests of a fit to the points at these places of the grid."""
        return goodness(
            power,
            model,
            self.averages,
            n_parameters,
            averaging=self.averaging,
            correlations=self.correlations,
            position=position,
        )

    def check_scatter(self, power: NDArray) -> str | None:
        """Compare how neighbouring points scatter with what the averages say.

        Returns:
            A note where they disagree, else None.

        Raises:
            InputError: the scatter is that of an amplitude read as a power, or the reverse.
        """
        seen, error = apparent_averages(power, self.correlations)
        ratio = seen / self.information
        if abs(np.log(ratio)) < _CERTAIN * error:
            return None
        said = f"the points scatter as {seen:.3g} averages do, not {self.averages:g}"
        if _AMPLITUDE[0] < ratio < _AMPLITUDE[1]:
            raise InputError(
                f"{said}; a quarter of the scatter is that of an amplitude read as a power. Give "
                f"its unit (--unit Vrms, --unit 'V/sqrt(Hz)'), or --averages {seen:.0f} if it is "
                "a power."
            )
        if _AMPLITUDE[0] < 1 / ratio < _AMPLITUDE[1]:
            raise InputError(
                f"{said}; four times the scatter is that of a power read as an amplitude. Give "
                f"its unit (--unit 'V^2/Hz'), or --averages {seen:.2g} if it is right."
            )
        if 0.75 < ratio < 1.35:
            return None
        size = "too wide" if ratio > 1 else "too narrow"
        why = " (averaged decibels do that: --averaging log)" if 0.5 < ratio < 0.7 else ""
        return (
            f"{said[0].upper()}{said[1:]}{why}: intervals are {size} by "
            f"{max(ratio, 1 / ratio) ** 0.5:.2f}."
        )
