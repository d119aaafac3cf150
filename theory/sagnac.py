"""The Sagnac-Fizeau shift of a spinning resonator."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.thermal import SPEED_OF_LIGHT


def sagnac_fizeau_shift(
    *,
    index: ArrayLike,
    radius: ArrayLike,
    rotation: ArrayLike,
    wavelength: ArrayLike,
    dispersion: ArrayLike = 0.0,
) -> NDArray[np.floating]:
    """Δ_F = (n R Ω ω_c/c)(1 − 1/n² − (λ/n) dn/dλ), added to the mode driven with light = +1.

    The frequency rises for light that runs with the rotation. The drag holds at fixed frequency; at
    the resonator's fixed wave number dispersion leaves a factor n/n_g (group index n_g; 1 % in
    silica), which the published formula omits.

    Args:
        index: refractive index n.
        radius: R, m.
        rotation: angular velocity Ω, rad/s; the sign is the sense of rotation.
        wavelength: vacuum wavelength λ, m.
        dispersion: dn/dλ, 1/m.

    Returns:
        Δ_F, rad/s.

    Source: Malykin, doi:10.1070/PU2000v043n12ABEH000830; Huang et al.,
    doi:10.1103/PhysRevLett.121.153601.

    >>> shift = sagnac_fizeau_shift(index=1.4, radius=30e-6, rotation=1.0, wavelength=1550e-9)
    >>> round(float(shift), 4)
    83.3897
    """
    n, wavelength = np.asarray(index, float), np.asarray(wavelength, float)
    drag = 1 - 1 / n**2 - wavelength / n * np.asarray(dispersion, float)
    # ω_c/c = 2π/λ: the speed of light drops out.
    return (
        n * np.asarray(radius, float) * np.asarray(rotation, float) * 2 * np.pi / wavelength * drag
    )


def optical_frequency(wavelength: ArrayLike) -> NDArray[np.floating]:
    """Angular frequency ω = 2πc/λ, rad/s, of light of vacuum wavelength λ, m."""
    return 2 * np.pi * SPEED_OF_LIGHT / np.asarray(wavelength, float)
