"""What an analyzer's window does to a spectrum: it smears lines and correlates points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.likelihood import error_inflation
from phonosync.theory.errors import InputError

GAUSSIAN_DEVIATION = 1 / np.sqrt(8 * np.log(2))
"""Standard deviation of a Gaussian power response in units of its 3 dB bandwidth."""


def smeared_poles(
    frequency_hz: ArrayLike,
    poles: NDArray[np.complexfloating],
    weights: NDArray[np.complexfloating],
    resolution_bandwidth_hz: float,
) -> NDArray[np.floating]:
    """Re Σ_j a_j/(−iω − λ_j), convolved with a Gaussian resolution filter.

    With s the filter's standard deviation in rad/s and ζ_j = (ω − iλ_j)/(√2 s) each pole becomes
    √π/(√2 s) w(ζ_j), w the Faddeeva function: a Voigt profile. Exact for lines of any width; far
    from a pole (|ζ| > 10) three terms of w's asymptotic series are right to 1e-6 of that term.

    Args:
        frequency_hz: Hz, shape (F,).
        poles: λ, rad/s, real parts negative, shape (P,).
        weights: a, rad/s, shape (P,).
        resolution_bandwidth_hz: 3 dB bandwidth of the power response, Hz.

    Returns:
        Shape (F,), the unit of a/λ.

    Source: Faddeeva function, NIST DLMF 7.19 (Voigt functions).
    """
    from scipy.special import wofz

    omega = 2 * np.pi * np.asarray(frequency_hz, float)
    width = np.sqrt(2) * 2 * np.pi * GAUSSIAN_DEVIATION * resolution_bandwidth_hz
    zeta = (omega[:, None] - 1j * poles) / width
    inverse = 1 / zeta
    square = inverse**2
    profile = 1j / np.sqrt(np.pi) * inverse * (1 + square * (0.5 + 0.75 * square))
    near = np.abs(zeta.real) < 10
    near[:, poles.real < -10 * width] = False
    profile[near] = wofz(zeta[near])
    return np.sqrt(np.pi) / width * np.einsum("fj,j->f", profile, weights).real


def point_correlations(
    window: str, resolution_bandwidth_hz: float, spacing_hz: float
) -> NDArray[np.floating]:
    """Correlation of the powers at points 1, 2, 3, ... apart in a flat spectrum.

    A Gaussian filter of 3 dB bandwidth B correlates points a distance d apart by exp(−2 ln2 d²/B²).

    Raises:
        InputError: a window that is not known here.
    """
    if window != "gaussian":
        raise InputError(
            f"the window {window!r} is not one that this analysis can undo; measure with the "
            "gaussian resolution filter."
        )
    steps = np.arange(1, 2 + int(4 * resolution_bandwidth_hz / spacing_hz))
    ratio = steps * spacing_hz / resolution_bandwidth_hz
    return np.exp(-2 * np.log(2) * ratio**2)


def point_inflation(window: str, resolution_bandwidth_hz: float, spacing_hz: float) -> float:
    """Factor on the covariance of fitted parameters because neighbouring points are correlated.

    Raises:
        InputError: a window that is not known here.
    """
    return error_inflation(point_correlations(window, resolution_bandwidth_hz, spacing_hz))


def deviance_inflation(window: str, resolution_bandwidth_hz: float, spacing_hz: float) -> float:
    """Factor on the variance of the deviance: its terms are squares, so correlations are squared.

    Raises:
        InputError: a window that is not known here.
    """
    return error_inflation(point_correlations(window, resolution_bandwidth_hz, spacing_hz) ** 2)


@dataclass(frozen=True)
class GaussianFilter:
    """The resolution filter of a spectrum analyzer, by the 3 dB bandwidth of its power response."""

    bandwidth_hz: float

    def poles(
        self,
        frequency_hz: ArrayLike,
        poles: NDArray[np.complexfloating],
        weights: NDArray[np.complexfloating],
    ) -> NDArray[np.floating]:
        """Re Σ_j a_j/(−iω − λ_j) as the analyzer shows it, by `smeared_poles`."""
        return smeared_poles(frequency_hz, poles, weights, self.bandwidth_hz)

    def correlations(self, spacing_hz: float) -> NDArray[np.floating]:
        """Correlation of the power at points 1, 2, ... apart, by `point_correlations`."""
        rho = point_correlations("gaussian", self.bandwidth_hz, spacing_hz)
        return rho[rho > 1e-4]
