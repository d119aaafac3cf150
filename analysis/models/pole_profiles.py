"""What one pole looks like behind an analyzer's filter, and how that changes with the pole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GAUSSIAN_DEVIATION, GaussianFilter

_FAR = 12.0  # |ζ| beyond which three terms of the asymptotic series are right to 1e-6


def pole_profiles(
    omega: NDArray[np.floating],
    poles: NDArray[np.complexfloating],
    window: GaussianFilter | SegmentWindow | None,
) -> tuple[NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """1/(−iω − λ) as a window shows it, and its derivative by λ.

    Behind a Gaussian filter of standard deviation s (rad/s), with ζ = (ω − iλ)/(√2 s) and w the
    Faddeeva function, these are √π/(√2 s) w(ζ) and −i√π/(2 s²) w′(ζ), w′ = −2ζw + 2i/√π.

    Args:
        omega: rad/s, shape (F,).
        poles: λ, rad/s, real parts negative, shape (n,).
        window: of the analyzer or of the segments; None leaves the pole as it is.

    Returns:
        Both of shape (F, n).

    Source: Faddeeva function, NIST DLMF 7.19 and 7.10.
    """
    distance = -1j * omega[:, None] - poles
    sharp = 1 / distance
    if window is None:
        return sharp, sharp**2
    if isinstance(window, SegmentWindow):
        return _segmented(omega / (2 * np.pi), poles, window)
    width = np.sqrt(2) * 2 * np.pi * GAUSSIAN_DEVIATION * window.bandwidth_hz
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


def _segmented(
    frequency_hz: NDArray[np.floating],
    poles: NDArray[np.complexfloating],
    window: SegmentWindow,
) -> tuple[NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """The same for periodograms of segments, the derivative by a central difference."""
    step = 1e-3 / window.duration_s

    def profile(shift: float) -> NDArray[np.complexfloating]:
        shown = np.empty((len(frequency_hz), len(poles)), complex)
        for column, pole in zip(shown.T, poles + shift, strict=True):
            one = np.array([pole])
            column.real = window.poles(frequency_hz, one, np.array([1.0 + 0j]))
            column.imag = window.poles(frequency_hz, one, np.array([-1j]))
        return shown

    return profile(0.0), (profile(step) - profile(-step)) / (2 * step)


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
