"""What one pole looks like behind an analyzer's filter, and how that changes with the pole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.statistics.windows import GAUSSIAN_DEVIATION

_FAR = 12.0  # |ζ| beyond which three terms of the asymptotic series are right to 1e-6


def pole_profiles(
    omega: NDArray[np.floating],
    poles: NDArray[np.complexfloating],
    resolution_bandwidth_hz: float,
) -> tuple[NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """1/(−iω − λ) behind a Gaussian filter, and its derivative by λ.

    With ζ = (ω − iλ)/(√2 s), s the filter's standard deviation in rad/s, and w the Faddeeva
    function these are √π/(√2 s) w(ζ) and −i√π/(2 s²) w′(ζ), w′ = −2ζw + 2i/√π.

    Args:
        omega: rad/s, shape (F,).
        poles: λ, rad/s, real parts negative, shape (n,).
        resolution_bandwidth_hz: 3 dB bandwidth of the power response; 0: no filter.

    Returns:
        Both of shape (F, n).

    Source: Faddeeva function, NIST DLMF 7.19 and 7.10.
    """
    distance = -1j * omega[:, None] - poles
    sharp = 1 / distance
    if resolution_bandwidth_hz == 0:
        return sharp, sharp**2
    width = np.sqrt(2) * 2 * np.pi * GAUSSIAN_DEVIATION * resolution_bandwidth_hz
    # 1/ζ = −i width/(−iω − λ): far away the filter adds two corrections to the bare pole.
    square = -((width * sharp) ** 2)
    profile = sharp * (1 + square * (0.5 + 0.75 * square))
    slope = sharp**2 * (1 + square * (1.5 + 3.75 * square))
    near = np.abs(distance) < _FAR * width
    if np.any(near):
        from scipy.special import wofz

        zeta = 1j * distance[near] / width
        w = wofz(zeta)
        profile[near] = np.sqrt(np.pi) / width * w
        slope[near] = -1j * np.sqrt(np.pi) / width**2 * (-2 * zeta * w + 2j / np.sqrt(np.pi))
    return profile, slope


def divided_differences(
    poles: NDArray[np.complexfloating],
    profile: NDArray[np.complexfloating],
    slope: NDArray[np.complexfloating],
    pairs: tuple[NDArray[np.integer], NDArray[np.integer]],
) -> NDArray[np.complexfloating]:
    """1/((−iω − λ_j)(−iω − λ_k)) behind the filter for pairs (j, k), shape (F, pairs).

    (f_j − f_k)/(λ_j − λ_k) of the profiles f, and f′ where two poles meet.
    """
    j, k = pairs
    apart = poles[j] - poles[k]
    meet = np.abs(apart) < 1e-6 * np.abs(poles.real)[j]
    quotient = (profile[:, j] - profile[:, k]) / np.where(meet, 1.0, apart)
    quotient[:, meet] = (slope[:, j[meet]] + slope[:, k[meet]]) / 2
    return quotient
