"""Errors of a fit whose points are correlated: the sandwich covariance, and the residuals' own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError


def correlated_covariance(
    covariance: ArrayLike,
    sensitivity: ArrayLike,
    correlations: Sequence[float] | NDArray,
    *,
    position: ArrayLike | None = None,
) -> NDArray[np.floating]:
    """Covariance of parameters fitted as if their points were independent.

        C' = C + C [sum_m rho_m sum_i (g_i g_{i+m}^T + g_{i+m} g_i^T)] C

    For lines many points wide this is C (1 + 2 sum rho_m); a line of few points gets less for its
    frequency than for its height. Priors and bounds that shaped C stay as they are.

    Args:
        covariance: C of the independent fit, shape (p, p).
        sensitivity: g, derivative of each point's expectation over its standard deviation, shape
            (p, N): sqrt(K) d ln S/d theta for a spectrum of K averages.
        correlations: rho_m of points m = 1, 2, ... apart.
        position: integer place of each point on an even grid where some are left out, shape (N,).

    Returns:
        C', shape (p, p).

    Raises:
        InputError: shapes that do not agree.

    Source: H. White, Econometrica 50, 1 (1982), doi:10.2307/1912526.
    """
    C, g = np.asarray(covariance, float), np.asarray(sensitivity, float)
    if g.ndim != 2 or C.shape != (len(g), len(g)):
        raise InputError(
            f"a covariance of shape {C.shape} and a sensitivity of shape {g.shape} do not belong "
            "together; give (p, p) and (p, N)."
        )
    if position is not None:
        place = np.asarray(position, int)
        place = place - place.min()
        whole = np.zeros((len(g), place.max() + 1))
        whole[:, place] = g
        g = whole
    meat = np.zeros_like(C)
    for lag, rho in enumerate(correlations, start=1):
        if lag >= g.shape[1]:
            break
        product = g[:, :-lag] @ g[:, lag:].T
        meat += rho * (product + product.T)
    return C + C @ meat @ C


def residual_correlations(residuals: ArrayLike) -> NDArray[np.floating]:
    """Autocorrelation of residuals at lags 1, 2, ... up to the first that chance explains.

    Args:
        residuals: in the order of an even axis, real or complex, shape (N,).

    Returns:
        rho_m, cut before the first value below 2/sqrt(N); empty for independent points.
    """
    r = np.asarray(residuals)
    r = r - r.mean()
    spectrum = np.abs(np.fft.fft(r, 2 * len(r))) ** 2
    rho = np.fft.ifft(spectrum).real[1 : len(r)]
    total = np.sum(np.abs(r) ** 2)
    if total == 0:
        return np.empty(0)
    rho = rho / total
    insignificant = np.flatnonzero(rho < 2 / np.sqrt(len(r)))
    return rho[: insignificant[0]] if insignificant.size else rho


def effective_points(residuals: ArrayLike) -> float:
    """How many independent points so correlated ones are worth, N/(1 + 2 sum rho_m)."""
    return float(np.size(residuals) / (1 + 2 * np.sum(residual_correlations(residuals))))


def set_covariance(result: Any, covariance: NDArray[np.floating]) -> None:
    """Give an lmfit result another covariance: `covar`, every `stderr` and every `correl`."""
    result.covar = covariance
    sigma = np.sqrt(np.diag(covariance))
    for i, name in enumerate(result.var_names):
        result.params[name].stderr = float(sigma[i])
        result.params[name].correl = {
            other: float(covariance[i, j] / (sigma[i] * sigma[j]))
            for j, other in enumerate(result.var_names)
            if j != i
        }
