"""Thermal baths."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

HBAR = 1.054571817e-34
"""Reduced Planck constant, J s (exact, SI 2019)."""
BOLTZMANN = 1.380649e-23
"""Boltzmann constant, J/K (exact, SI 2019)."""
SPEED_OF_LIGHT = 299792458.0
"""Speed of light in vacuum, m/s (exact)."""


def bath_occupation(frequency: ArrayLike, temperature: ArrayLike) -> NDArray[np.floating]:
    """Bose occupation n = 1/(exp(ħω/kT) − 1); 0 at T = 0.

    Args:
        frequency: ω, rad/s, positive.
        temperature: T, kelvin, not negative.

    >>> round(float(bath_occupation(2 * np.pi * 10e6, 0.010)), 3)
    20.341
    """
    T = np.asarray(temperature, float)
    with np.errstate(divide="ignore", over="ignore"):
        x = HBAR * np.asarray(frequency, float) / (BOLTZMANN * T)
        return 1 / np.expm1(x)
