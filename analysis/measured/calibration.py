"""From volts to quanta: what a calibration says, and its error, which all points of a run share.

A calibration turns the power of a vibration's record, ⟨|z|²⟩ in V² with z = X + iY (or the area of
its line, V²), into quanta ⟨|c|²⟩ = n + ½, that is units in which the vacuum has variance ½ per
quadrature. For records and for spectra alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import Interval, around
from phonosync.theory.errors import InputError
from phonosync.theory.thermal import bath_occupation

TWO_PI = 2 * np.pi


@dataclass(frozen=True)
class Calibration:
    """Quanta per V², with a relative standard error common to everything it is applied to.

    Attributes:
        quanta_per_v2: (n + ½)/V².
        relative_error: standard error of its logarithm.
        method: how it was found.
    """

    quanta_per_v2: float
    relative_error: float
    method: str

    def __post_init__(self):
        if not (np.isfinite(self.quanta_per_v2) and self.quanta_per_v2 > 0):
            raise InputError(
                f"a calibration of {self.quanta_per_v2:g} quanta/V² is none; it must be above 0. "
                "Check the powers that it came from."
            )
        if not (np.isfinite(self.relative_error) and self.relative_error >= 0):
            raise InputError(
                f"the calibration's relative error is {self.relative_error:g}; give 0 or more."
            )


@dataclass(frozen=True)
class TemperatureSweep:
    """Line of areas against n(T) + ½.

    Attributes:
        calibration: the inverse slope.
        excess_quanta: what is left at T → 0 beyond the vacuum's ½: heating by light, or noise that
            was not taken off the areas.
        chi_square: of the line; about the number of temperatures less two.
    """

    calibration: Calibration
    excess_quanta: Interval
    chi_square: float


def tone_calibration(
    tone_v2: float,
    *,
    depth_rad: float,
    tone_hz: float,
    coupling_hz: float,
    relative_errors: ArrayLike = (),
) -> Calibration:
    """Calibrate by a phase modulation of known depth close to the vibration's frequency.

    A modulation β cos(2πf t) of the light's phase swings its frequency as a vibration of
    (βf)²/(4 g₀²) quanta would swing the cavity's: quanta/V² = (βf/2g₀)²/⟨|z_tone|²⟩. Tone and
    vibration must lie well within the same response of cavity and detector.

    Args:
        tone_v2: power of the tone in the record, less noise, V².
        depth_rad: β.
        tone_hz: f.
        coupling_hz: single-photon coupling g₀/2π.
        relative_errors: standard errors of β, g₀ (as parts of them) and of what else enters (βf/g₀)
            linearly; each counts twice in power.

    Source: Gorodetsky et al., doi:10.1364/OE.18.023236.

    >>> tone_calibration(1e-6, depth_rad=0.01, tone_hz=1e6, coupling_hz=50.0).quanta_per_v2
    10000000000.0
    """
    quanta = (depth_rad * tone_hz / (2 * coupling_hz)) ** 2
    error = 2 * float(np.sqrt(np.sum(np.square(relative_errors))))
    return Calibration(_ratio(quanta, tone_v2), error, "calibration tone")


def sideband_calibration(
    stokes_v2: float, anti_stokes_v2: float, *, stokes_error: float, anti_stokes_error: float
) -> tuple[Calibration, Interval]:
    """Calibrate by the asymmetry of a vibration's two sidebands, which differ by one quantum.

    Stokes area ∝ n + 1, anti-Stokes ∝ n: with r their ratio n = 1/(r − 1), and their difference is
    worth one quantum, so that quanta/V² = 1/(A_S − A_aS) for mean areas (A_S + A_aS)/2 of n + ½.

    Args:
        stokes_v2, anti_stokes_v2: areas, noise taken off, equally detected, V².
        stokes_error, anti_stokes_error: their standard errors, V².

    Returns:
        The calibration and n; the interval was put on r and inverted.

    Raises:
        InputError: the areas are not apart by two standard errors: cool, or average longer.

    Source: Safavi-Naeini et al., doi:10.1103/PhysRevLett.108.033602.

    >>> found, n = sideband_calibration(3.0, 2.0, stokes_error=0.1, anti_stokes_error=0.1)
    >>> found.quanta_per_v2, round(n.value, 9)
    (1.0, 2.0)
    """
    quantum = stokes_v2 - anti_stokes_v2
    error = float(np.hypot(stokes_error, anti_stokes_error))
    if not (quantum > 2 * error and anti_stokes_v2 > 0):
        raise InputError(
            f"the sidebands' areas {stokes_v2:.3g} and {anti_stokes_v2:.3g} V² differ by "
            f"{quantum:.2g} ± {error:.1g}: no asymmetry is seen. Cool the vibration, average "
            "longer, or calibrate by a tone or a temperature."
        )
    r = stokes_v2 / anti_stokes_v2
    sigma = r * float(np.hypot(stokes_error / stokes_v2, anti_stokes_error / anti_stokes_v2))
    ratio = around(r, sigma)
    n = Interval(
        1 / (r - 1), 1 / (ratio.high - 1), 1 / (ratio.low - 1) if ratio.low > 1 else np.inf
    )
    return Calibration(1 / quantum, error / quantum, "sideband asymmetry"), n


def thermal_calibration(
    area_v2: float,
    temperature_k: float,
    *,
    frequency_hz: float,
    area_error: float = 0.0,
    temperature_error_k: float = 0.0,
) -> Calibration:
    """Calibrate by a vibration in equilibrium with a bath of known temperature.

    quanta/V² = (n(T) + ½)/A. Light or damping that heats or cools the vibration would be taken for
    a wrong scale: `temperature_sweep` shows heating.

    Args:
        area_v2: A, imprecision taken off, V².
        temperature_k: T.
        frequency_hz: of the vibration.
        area_error: standard error of A, V².
        temperature_error_k: standard error of T.

    >>> found = thermal_calibration(1e-6, 1.0, frequency_hz=1e6, area_error=2e-8)
    >>> round(found.quanta_per_v2 / 1e10, 3), found.relative_error
    (2.084, 0.02)
    """
    quanta = _quanta(frequency_hz, temperature_k)
    step = 1e-4 * temperature_k
    slope = (
        _quanta(frequency_hz, temperature_k + step) - _quanta(frequency_hz, temperature_k - step)
    ) / (2 * step)
    scale = _ratio(float(quanta), area_v2)
    error = np.hypot(area_error / area_v2, slope * temperature_error_k / quanta)
    return Calibration(scale, float(error), "thermal reference")


def temperature_sweep(
    areas_v2: ArrayLike, temperatures_k: ArrayLike, *, frequency_hz: float, area_errors: ArrayLike
) -> TemperatureSweep:
    """Calibrate by the slope of the area against n(T) + ½, whatever constant heating adds.

    Args:
        areas_v2: shape (M,), M at least 3.
        temperatures_k: shape (M,), of the bath.
        frequency_hz: of the vibration.
        area_errors: standard errors, V², shape (M,).

    Raises:
        InputError: fewer than three temperatures, or an area that does not grow with them.
    """
    areas, errors = np.asarray(areas_v2, float), np.asarray(area_errors, float)
    quanta = _quanta(frequency_hz, temperatures_k)
    if areas.shape != quanta.shape or areas.ndim != 1 or len(np.unique(quanta)) < 3:
        raise InputError(
            f"{areas.size} areas at {np.size(temperatures_k)} temperatures do not show a line; "
            "give one area each at three temperatures or more."
        )
    rows = np.stack([quanta, np.ones_like(quanta)], axis=1) / errors[:, None]
    covariance = np.linalg.inv(rows.T @ rows)
    slope, offset = covariance @ rows.T @ (areas / errors)
    sigma = float(np.sqrt(covariance[0, 0]))
    if not slope > 2 * sigma:
        raise InputError(
            f"the area grows by {slope:.2g} ± {sigma:.1g} V² a quantum: no growth with "
            "temperature is seen. Check that the vibration follows the thermometer."
        )
    # Offset over slope: its error with the correlation of both.
    gradient = np.array([-offset / slope**2, 1 / slope])
    excess = around(float(offset / slope), float(np.sqrt(gradient @ covariance @ gradient)))
    chi_square = float(np.sum((areas / errors - rows @ [slope, offset]) ** 2))
    calibration = Calibration(1 / float(slope), sigma / float(slope), "temperature sweep")
    return TemperatureSweep(calibration, excess, chi_square)


def _quanta(frequency_hz: float, temperature_k: ArrayLike) -> NDArray[np.floating]:
    temperature = np.asarray(temperature_k, float)
    if not (frequency_hz > 0 and np.all(temperature > 0)):
        raise InputError(
            f"a vibration of {frequency_hz:g} Hz at {np.min(temperature):g} K has no known "
            "occupation; give both above 0 (K, not °C)."
        )
    return bath_occupation(TWO_PI * frequency_hz, temperature) + 0.5


def _ratio(quanta: float, power_v2: float) -> float:
    if not power_v2 > 0:
        raise InputError(
            f"the reference's power is {power_v2:g} V², not above 0; check what was taken off."
        )
    return quanta / power_v2
