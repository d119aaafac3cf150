"""What cutting a trace into windowed segments does: lines smear, points correlate, averages shrink.

A window w(t) on [0, T] is written as a short Fourier series w = sum_k c_k exp(2 pi i k t/T), exact
for the cosine windows (boxcar, Hann, Hamming, Blackman, flat top), so that all of them, and any
other of scipy's, share one closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError

_SAMPLES = 1024  # of a tabulated window
_NEGLIGIBLE = 1e-4  # of a Fourier coefficient, relative; of a correlation, absolute
_TRIANGLE = [(-1.0) ** n / math.factorial(n + 2) for n in range(10)]
_EDGE = [(-1.0) ** n / math.factorial(n + 1) for n in range(10)]


@dataclass(frozen=True)
class SegmentWindow:
    """Periodograms of segments under a window.

    Attributes:
        window: scipy's name of it, or (name, parameter): "hann", ("kaiser", 8.6).
        duration_s: length T of one segment.
        overlap: share of a segment that the next one repeats, 0 to below 1.
    """

    window: str | tuple[str, float]
    duration_s: float
    overlap: float = 0.0

    def __post_init__(self) -> None:
        _tabulated(self.window)
        if not 0 <= self.overlap < 1:
            raise InputError(
                f"overlap = {self.overlap:g} must be at least 0 and below 1; 50 % is 0.5."
            )

    @property
    def noise_bandwidth(self) -> float:
        """Bandwidth of white noise that passes alike, in units of 1/T (Hann: 1.5)."""
        w = _tabulated(self.window)
        return float(w.size * np.sum(w**2) / np.sum(w) ** 2)

    def poles(
        self,
        frequency_hz: ArrayLike,
        poles: NDArray[np.complexfloating],
        weights: NDArray[np.complexfloating],
    ) -> NDArray[np.floating]:
        """Re sum_j a_j/(-i omega - lambda_j) as periodograms of this window show it on average.

            Re sum_j a_j T Q(s_j T),  s = -i omega - lambda,  Q(z) = int_0^1 q(u) exp(-z u) du

        with q the window's autocorrelation, q(0) = 1: the autocovariance of the segments is q times
        that of the process.

        Args:
            frequency_hz: Hz, shape (F,).
            poles: lambda, rad/s, real parts negative, shape (P,).
            weights: a, rad/s, shape (P,).

        Returns:
            Shape (F,), the unit of a/lambda.
        """
        omega = 2 * np.pi * np.asarray(frequency_hz, float)
        total = np.zeros(omega.shape)
        for pole, weight in zip(poles, weights, strict=True):
            z = (-1j * omega - pole) * self.duration_s
            total += np.real(weight * self.duration_s * _laplace(self.window, z))
        return total

    @property
    def shifts(self) -> list[float]:
        """By how much all segments that overlap one, on either side, are shifted, in units of T."""
        later = [shift / _SAMPLES for shift in _shifts(self.overlap)]
        return [-shift for shift in later[:0:-1]] + later

    def transform(self, bins: NDArray[np.floating]) -> NDArray[np.complexfloating]:
        """W(u) = ∫ w(x) exp(−2πi u x) dx / √∫ w² dx at u = fT, shape as `bins`; ∫ |W|² du = 1."""
        w = _tabulated(self.window)
        phase = np.exp(-2j * np.pi * np.multiply.outer(bins, np.arange(w.size) / w.size))
        return phase @ w / np.sqrt(w.size * np.sum(w**2))

    def correlations(self, spacing_hz: float) -> NDArray[np.floating]:
        """Correlation of the averaged power at points 1, 2, ... apart in a flat spectrum.

            rho(m) = sum_j r_j(m)/sum_j r_j(0),
            r_j(m) = |sum_n w_n w_{n+jD} exp(2 pi i m n df)|^2/(sum w^2)^2

        over all overlapping segments j = 0, +-1, ... Hann without overlap: 4/9 and 1/36.
        """
        return _correlations(self.window, self.overlap, spacing_hz * self.duration_s)

    def effective_averages(self, segments: int) -> float:
        """Independent periodograms that so many overlapping ones are worth.

            K_eff = K/(1 + 2 sum_j (1 - j/K) r_j(0))

        Hann at 50 %: 0.947 K.

        Source: P. Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967),
        doi:10.1109/TAU.1967.1161901.
        """
        w = _tabulated(self.window)
        total = np.sum(w**2)
        sum_of = 1.0
        for j, shift in enumerate(_shifts(self.overlap)[1:], start=1):
            if j < segments:
                r = (np.sum(w[: w.size - shift] * w[shift:]) / total) ** 2
                sum_of += 2 * (1 - j / segments) * r
        return float(segments / sum_of)


def _shifts(overlap: float) -> list[int]:
    """Samples by which the segments that overlap the first one are shifted, itself included."""
    return list(range(0, _SAMPLES, max(1, round((1 - overlap) * _SAMPLES))))


@lru_cache(maxsize=64)
def _correlations(
    window: str | tuple[str, float], overlap: float, steps: float
) -> NDArray[np.floating]:
    """Correlations at spacings of `steps` (1 unless zero-padded)."""
    w = _tabulated(window)
    lags = np.arange(int(8 / steps) + 1)
    phase = np.exp(2j * np.pi * np.outer(lags * steps, np.arange(w.size) / w.size))
    total = np.zeros(lags.size)
    for shift in _shifts(overlap):
        product = w[: w.size - shift] * w[shift:]
        total += (1 + (shift > 0)) * np.abs(phase[:, : product.size] @ product) ** 2
    rho = total[1:] / total[0]
    kept = np.flatnonzero(rho > _NEGLIGIBLE)
    return rho[: kept[-1] + 1] if kept.size else np.empty(0)


@lru_cache(maxsize=16)
def _tabulated(window: str | tuple[str, float]) -> NDArray[np.floating]:
    from scipy.signal import get_window

    try:
        return np.asarray(get_window(window, _SAMPLES), float)
    except (ValueError, TypeError):
        raise InputError(
            f"the window {window!r} is not known; give one of scipy's, such as boxcar, hann, "
            "hamming, blackman or flattop."
        ) from None


@lru_cache(maxsize=16)
def _series(window: str | tuple[str, float]) -> list[tuple[int, float, complex]]:
    """k, weight of (1 - u) exp(2 pi i k u) and of exp(2 pi i k u) in q(u)."""
    c = np.fft.fft(_tabulated(window)).real / _SAMPLES
    order = np.fft.fftfreq(_SAMPLES, 1 / _SAMPLES).astype(int)
    kept = np.abs(c) > _NEGLIGIBLE * np.abs(c).max()
    k, c = order[kept], c[kept]
    distance = k[None, :] - k[:, None]
    inverse = np.divide(1.0, distance, out=np.zeros(distance.shape), where=distance != 0)
    edge = c * (inverse @ c) / (1j * np.pi)
    total = np.sum(c**2)
    return [
        (int(n), float(a**2 / total), complex(b / total))
        for n, a, b in zip(k, c, edge, strict=True)
    ]


def _laplace(window: str | tuple[str, float], z: NDArray) -> NDArray:
    """Integral of q(u) exp(-z u) over u from 0 to 1."""
    # Lines many points wide, the usual case, are spared the exponential.
    vanished = bool(np.min(np.real(z)) > 30)
    decay = 0.0 if vanished else np.exp(-z)
    total = np.zeros(np.shape(z), complex)
    for k, triangle, edge in _series(window):
        at = z - 2j * np.pi * k
        near = np.abs(at) < 0.1
        far = np.where(near, 1.0, at)
        once = (1 - decay) / far
        twice = (1 - once) / far
        if near.any():
            small = np.where(near, at, 0.0)
            once = np.where(near, np.polynomial.polynomial.polyval(small, _EDGE), once)
            twice = np.where(near, np.polynomial.polynomial.polyval(small, _TRIANGLE), twice)
        total += triangle * twice + edge * once
    return total
