"""Likelihood of averaged power spectra: deviance, residuals for least squares, goodness of fit.

A periodogram averaged over K segments scatters about the true spectrum S as P ~ Gamma(K, S/K),
mean S and variance S^2/K. All functions take the ratio x = P/S through h(x) = x - 1 - ln x.

Source: P. Whittle, J. R. Stat. Soc. B 15, 125 (1953); McCullagh and Nelder, Generalized Linear
Models (1989), section 8.3 (gamma deviance).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import polygamma, psi

from phonosync.theory.errors import InputError

# Below this |x - 1| the difference x - 1 - ln x loses digits and its series takes over.
_SERIES_BELOW = 0.03
_SERIES = np.array([(-1.0) ** n / (n + 2) for n in range(12)])
# A model that reaches zero or below inside a fit counts as this fraction of the data: the
# residual stays finite and enormous, so an optimiser turns back instead of stopping.
_SMALLEST_MODEL = 1e-12


def deviance_residuals(power: ArrayLike, model: ArrayLike, averages: ArrayLike) -> NDArray:
    """Signed residuals whose sum of squares is the deviance, for any least-squares routine.

        r = sign(x - 1) sqrt(2 K (x - 1 - ln x)),  x = P/S

    Minimising sum r^2 is maximum likelihood, and J^T J of r at the optimum is the Fisher
    information, low by about 1/(18 K): in lmfit use `leastsq` with `scale_covar=False`.

    Args:
        power: P, averaged power spectrum, positive, any shape, any unit.
        model: S, the spectrum expected, same unit, broadcast against `power`.
        averages: K, number of independent averages; a fraction is allowed (K_eff).

    Returns:
        r, the broadcast shape, no unit. Smooth through x = 1, where r = sqrt(K) (x - 1). Where the
        model is not positive the residual is finite and very large.

    Raises:
        InputError: power is not positive and finite, or averages is not positive.
    """
    power, averages = positive_power(power), positive_averages(averages)
    model = np.maximum(np.asarray(model, float), _SMALLEST_MODEL * power)
    excess = (power - model) / model
    near = np.abs(excess) < _SERIES_BELOW
    far = np.where(near, 1.0, excess)
    # ln(P/S) keeps its digits where P << S and log1p(P/S - 1) would not.
    logarithm = np.where(far < -0.5, np.log(power / model), np.log1p(np.maximum(far, -0.5)))
    series = np.polynomial.polynomial.polyval(np.where(near, excess, 0.0), _SERIES)
    curvature = np.where(near, series, (far - logarithm) / far**2)
    return excess * np.sqrt(2 * averages * curvature)


def whittle_deviance(power: ArrayLike, model: ArrayLike, averages: ArrayLike) -> float:
    """Twice the log-likelihood lost against a model that passes through every point.

        D = 2 K sum [x - 1 - ln x] = 2 sum K [ln S + P/S] + terms without S

    Arguments and errors as for `deviance_residuals`. D differs between nested models by about
    chi-square with the number of added parameters, but is itself not chi-square: `deviance_z`.
    """
    return float(np.sum(deviance_residuals(power, model, averages) ** 2))


def deviance_z(
    power: ArrayLike,
    model: ArrayLike,
    averages: ArrayLike,
    n_parameters: float,
    correlation: float = 1.0,
) -> float:
    """How many standard deviations the deviance lies above its expectation.

        z = (D - E[D]) / sqrt(Var[D])
        E[D] = sum 2 K (ln K - psi(K)) - p,  Var[D] = c sum 4 K^2 (psi'(K) - 1/K)

    Beyond about 3 the model does not describe the data; below about -3 there are fewer (or more
    correlated) independent points than `averages` claims.

    Args:
        power: P, averaged power spectrum, N points.
        model: S at the optimum, same unit.
        averages: K, a number or one per point.
        n_parameters: p, parameters fitted to these points; of correlated points each takes as many
            units of deviance as its variance is inflated.
        correlation: c >= 1, from `error_inflation` where neighbouring points are correlated.

    Raises:
        InputError: as for `deviance_residuals`; no points left; correlation below 1.
    """
    residuals = deviance_residuals(power, model, averages)
    points = residuals.size
    if points <= n_parameters:
        raise InputError(
            f"{points} points cannot test a model of {n_parameters:g} parameters. "
            "Take a longer band or fix some parameters."
        )
    if not correlation >= 1:
        raise InputError(
            f"correlation = {correlation:g} is below 1, the value of independent points. "
            "Compute it with error_inflation()."
        )
    K = np.broadcast_to(positive_averages(averages), residuals.shape)
    # Wilks: a fitted parameter takes 1 from D at any K, more exact than scaling by 1 - p/N.
    expected = np.sum(2 * K * (np.log(K) - psi(K))) - n_parameters
    variance = correlation * np.sum(4 * K**2 * (polygamma(1, K) - 1 / K))
    return float((np.sum(residuals**2) - expected) / np.sqrt(variance))


def error_inflation(power_correlations: Sequence[float] | NDArray) -> float:
    """Factor on the covariance of fitted parameters when neighbouring points are correlated.

        1 + 2 sum_m rho_m

    Args:
        power_correlations: rho_m, correlation of the power at points m = 1, 2, ... apart: (4/9,
            1/36) for segments under a Hann window, none for the boxcar window.

    Returns:
        The factor on the covariance, at least 1; errors grow by its square root (Hann: 1.394). It
        holds for lines several points wide.

    Raises:
        InputError: a correlation outside 0 ... 1.
    """
    correlations = np.asarray(power_correlations, float)
    if not np.all((correlations >= 0) & (correlations <= 1)):
        raise InputError(
            f"power correlations {correlations.tolist()} must lie between 0 and 1. "
            "For a window w they are |sum w^2 exp(2 pi i m n/N)|^2 / (sum w^2)^2."
        )
    return float(1 + 2 * np.sum(correlations))


def positive_power(power: ArrayLike) -> NDArray:
    """The power as an array; InputError where a point is not positive and finite."""
    power = np.asarray(power, float)
    if not np.all((power > 0) & np.isfinite(power)):
        bad = power[~((power > 0) & np.isfinite(power))]
        raise InputError(
            f"power has {bad.size} of {power.size} points that are not positive (first: "
            f"{bad.flat[0]:g}), but a power spectrum is positive. Drop these points."
        )
    return power


def positive_averages(averages: ArrayLike) -> NDArray:
    """The averages as an array; InputError where one is not positive and finite."""
    averages = np.asarray(averages, float)
    if not np.all((averages > 0) & np.isfinite(averages)):
        raise InputError(
            f"averages = {averages.tolist()} must be a positive number: "
            "how many independent periodograms were averaged."
        )
    return averages
