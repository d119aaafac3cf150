"""Likelihood of analyzers that average decibels: the geometric mean of K exponential powers.

The power of noise in one resolution bandwidth is S times an exponential variable. Its logarithm has
mean ln S - gamma (Euler's constant: 2.51 dB low) and variance pi^2/6; the mean z of K logarithms,
relative to ln S, has the cumulants of

    kappa(t) = K ln Gamma(1 + t/K),  so  <z> = psi(1) = -gamma,  var z = psi'(1)/K = pi^2/(6 K).

Its density is the saddlepoint one, with psi(1 + a) = z,

    p(z) ~ exp(K [ln Gamma(1 + a) - a psi(1 + a)]) / sqrt(psi'(1 + a)),

exact for many averages; at K = 1 its estimate of S is 0.3 % high and its errors 3 % too large.
Goodness of fit uses the exact density, the Fourier integral of Gamma(1 + i t/K)^K.

Source: H. E. Daniels, Ann. Math. Stat. 25, 631 (1954), doi:10.1214/aoms/1177728652.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.special import gammaln, loggamma, polygamma, psi, spence

from phonosync.analysis.statistics.likelihood import positive_averages, positive_power

LOG_BIAS = float(psi(1))
"""Mean of ln(P/S) for one exponential power: -0.5772, Euler's constant."""
_DEEPEST, _HIGHEST = -40.0, 8.0  # of z: beyond, the residual goes on straight


def log_deviance_residuals(power: ArrayLike, model: ArrayLike, averages: ArrayLike) -> NDArray:
    """Signed residuals of a log-averaged spectrum, for any least-squares routine.

        r = sign(z - z0) sqrt(2 ln p(z0)/p(z)),  z = ln(P/S), z0 the mode of p

    Args:
        power: P, the trace as the analyzer shows it, in linear units: the geometric mean of K
            periodograms. Do not add 2.51 dB.
        model: S, the true (power-averaged) spectrum, broadcast against `power`.
        averages: K, averaged logarithms.

    Returns:
        r, the broadcast shape. Where the model is not positive the residual is very large.

    Raises:
        InputError: power is not positive and finite, or averages is not positive.
    """
    power, K = positive_power(power), positive_averages(averages)
    model = np.maximum(np.asarray(model, float), 1e-12 * power)
    z = np.log(power / model)
    if K.size == 1 or np.ptp(K) == 0:
        return _Density(float(K.flat[0])).residual(z)
    K = np.broadcast_to(K, z.shape)
    residuals = np.empty_like(z)
    for value in np.unique(K):
        chosen = value == K
        residuals[chosen] = _Density(float(value)).residual(z[chosen])
    return residuals


def log_deviance_moments(averages: float) -> tuple[float, float]:
    """Mean and variance of one point's squared residual when the model is true."""
    return _Density(averages).moments


def log_correlations(power_correlations: ArrayLike) -> NDArray[np.floating]:
    """Correlations of ln P where those of P are rho: Li2(rho)/Li2(1), the dilogarithm.

    It holds for complex Gaussian amplitudes of squared correlation rho.
    """
    return spence(1 - np.asarray(power_correlations, float)) / spence(0.0)


@lru_cache(maxsize=32)
class _Density:
    """Residual against z for one K, tabulated once, and the moments of its square."""

    def __init__(self, averages: float) -> None:
        K = averages
        width = np.pi / np.sqrt(6 * K)
        core = np.linspace(-12, 12, 961) * width + LOG_BIAS
        z = np.unique(np.concatenate([np.linspace(_DEEPEST, _HIGHEST, 961), core]))
        z = z[(z >= _DEEPEST) & (z <= _HIGHEST)]
        a = _saddle(z)
        loss = 2 * K * (a * z - gammaln(1 + a)) + np.log(polygamma(1, 1 + a))
        dense = CubicSpline(z, loss)
        mode = float(min((float(r) for r in dense.derivative().roots()), key=lambda r: dense(r)))
        excess = np.maximum(dense(z) - dense(mode), 0.0)
        residual = np.sign(z - mode) * np.sqrt(excess)
        # At the mode the root of a rounded difference has no digits; the spline bridges it.
        clear = np.abs(z - mode) > 0.05 * width
        self._spline = CubicSpline(z[clear], residual[clear])
        self._z = z
        p = _density(z, K)
        squared = self.residual(z) ** 2
        mean = float(np.trapezoid(p * squared, z))
        self.moments = mean, float(np.trapezoid(p * squared**2, z)) - mean**2

    def residual(self, z: NDArray) -> NDArray:
        inside = np.clip(z, self._z[0], self._z[-1])
        return self._spline(inside) + (z - inside) * self._spline(inside, 1)


def _density(z: NDArray, averages: float) -> NDArray:
    """Exact density of z, the Fourier integral of Gamma(1 + i t/K)^K."""
    width = np.pi / np.sqrt(6 * averages)
    t = np.linspace(0, 30 / width, 1501)
    transform = np.exp(averages * loggamma(1 + 1j * t / averages))
    inside = np.abs(z - LOG_BIAS) < 30 * width
    p = np.zeros(z.size)
    wave = np.exp(-1j * np.outer(z[inside], t))
    p[inside] = np.trapezoid(np.real(wave * transform), t, axis=1) / np.pi
    return np.maximum(p, 0.0)


def _saddle(z: NDArray) -> NDArray:
    """Solve psi(1 + a) = z for a > -1 by Newton's method (Minka's start)."""
    x = np.where(z >= -2.22, np.exp(z) + 0.5, -1 / np.minimum(z - LOG_BIAS, -1.0))
    for _ in range(8):
        x = np.maximum(x - (psi(x) - z) / polygamma(1, x), 1e-300)
    return x - 1
