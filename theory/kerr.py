"""Kerr coefficients K of the normally ordered term ħK c†c†cc."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.sagnac import optical_frequency
from phonosync.theory.thermal import HBAR, SPEED_OF_LIGHT


def optical_kerr(
    *, wavelength: ArrayLike, nonlinear_index: ArrayLike, index: ArrayLike, volume: ArrayLike
) -> NDArray[np.floating]:
    """Kerr rate of an optical mode, U = ħω₀² c n₂/(n² V_eff), rad/s.

    Args:
        wavelength: λ, m.
        nonlinear_index: n₂, m²/W.
        index: refractive index n.
        volume: effective mode volume V_eff, m³.

    Source: Huang et al., doi:10.1103/PhysRevLett.121.153601.

    >>> U = optical_kerr(wavelength=1550e-9, nonlinear_index=3e-14, index=1.4, volume=150e-18)
    >>> print(f"{float(U):.5e}")
    4.76440e+06
    """
    omega = optical_frequency(wavelength)
    n, n2 = np.asarray(index, float), np.asarray(nonlinear_index, float)
    return HBAR * omega**2 * SPEED_OF_LIGHT * n2 / (n**2 * np.asarray(volume, float))


def magnon_kerr(
    *, diameter: ArrayLike, field: int, reference: float = 2 * np.pi * 6.5e-9
) -> NDArray[np.floating]:
    """Magnon Kerr rate K of a YIG sphere, rad/s; |K| scales as 1/volume, the axis gives its sign.

    One magnitude for both axes is the published convention; the cubic anisotropy of lowest order
    alone would give K[110] = −K[100]/4. A field reversed along the same axis changes nothing.

    Args:
        diameter: of the sphere, m.
        field: +1 for the bias field along [100] (K > 0), −1 along [110] (K < 0).
        reference: |K| of a sphere of 250 µm diameter, rad/s.

    Source: arXiv:2509.25985.

    >>> round(float(magnon_kerr(diameter=125e-6, field=-1)) / (2 * np.pi) * 1e9, 3)
    -52.0
    """
    return np.sign(field) * reference * (250e-6 / np.asarray(diameter, float)) ** 3
