"""lmfit models of averaged power spectra: what `lmfit.Model` is to Gaussian noise."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

import lmfit
import numpy as np
from lmfit.model import ModelResult
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.correlated import correlated_covariance, set_covariance
from phonosync.analysis.statistics.goodness import goodness
from phonosync.analysis.statistics.interval import gradient
from phonosync.analysis.statistics.likelihood import deviance_residuals
from phonosync.analysis.statistics.log_average import log_correlations, log_deviance_residuals
from phonosync.theory.errors import InputError

M = TypeVar("M", bound=lmfit.Model)
_RESIDUALS = {"power": deviance_residuals, "log": log_deviance_residuals}


class WhittleMixin(lmfit.Model):
    """Make an lmfit model a maximum-likelihood model of averaged power spectra.

        class Line(WhittleMixin, lmfit.Model): ...
        result = Line(lorentzian).fit(power, params, averages=100, f=frequency)

    The residuals are those of the gamma (Whittle) deviance, so `leastsq`, `conf_interval` (with the
    likelihood-ratio test, see `profile_intervals`) and `emcee` work on the likelihood. lmfit's
    `redchi`, `aic` and `bic` are those of Gaussian residuals: use `result.goodness` instead.

    Source: P. Whittle, J. R. Stat. Soc. B 15, 125 (1953).
    """

    def fit(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        data: ArrayLike,
        params: lmfit.Parameters | None = None,
        *,
        averages: ArrayLike,
        averaging: str = "power",
        correlations: Sequence[float] | NDArray = (),
        **options: Any,
    ) -> ModelResult:
        """Fit by maximum likelihood; standard errors are right as they stand.

        Args:
            data: P, averaged power spectrum, positive, shape (N,).
            params: starting values.
            averages: K, how many independent periodograms, a number or shape (N,).
            averaging: "power", or "log" where an analyzer averaged decibels.
            correlations: of the power at points 1, 2, ... apart, from a window's `correlations`.
            options: independent variables, parameter values and lmfit's own options.

        Returns:
            lmfit's result; `result.goodness` is a `Goodness`.

        Raises:
            InputError: power or averages not positive, an unknown averaging, or options (`weights`,
                `scale_covar`, another method than leastsq) that would undo the likelihood.
        """
        if averaging not in _RESIDUALS:
            raise InputError(f"averaging = {averaging!r} is not known; give 'power' or 'log'.")
        forbidden = {"weights", "scale_covar"} & set(options)
        if forbidden or options.get("method", "leastsq") not in ("leastsq", "least_squares"):
            raise InputError(
                f"{', '.join(sorted(forbidden)) or 'method'} cannot be set in a likelihood fit; "
                "the number of averages says how far each point scatters."
            )
        power = np.asarray(data, float)
        K = np.broadcast_to(np.asarray(averages, float), power.shape)
        fitted: Any = copy.copy(self)
        fitted.averaging = averaging
        # The weights of lmfit carry K: what refits, profiles or samples the result passes them on.
        lmfits: Any = super(WhittleMixin, fitted)
        result: Any = lmfits.fit(power, params, weights=np.sqrt(K), scale_covar=False, **options)
        logarithmic = averaging == "log"
        _correct_errors(
            result,
            # Averaged logarithms tell less: pi^2/6 = 1.64 of them make one average of power.
            K * 6 / np.pi**2 if logarithmic else K,
            log_correlations(correlations) if logarithmic else correlations,
        )
        result.goodness = goodness(
            power, result.best_fit, K, result.nvarys, averaging=averaging, correlations=correlations
        )
        return result

    def _residual(self, params: Any, data: Any, weights: Any, **kwargs: Any) -> NDArray:
        residuals = _RESIDUALS[getattr(self, "averaging", "power")]
        return residuals(data, self.eval(params, **kwargs), weights**2)


def whittle(model: M) -> M:
    """The same model with the likelihood of averaged power spectra; composite models, too.

    Args:
        model: any lmfit model of a power spectrum, such as `LorentzianModel() + ConstantModel()`.

    Returns:
        A copy whose `fit` is that of `WhittleMixin`.
    """
    likely = copy.copy(model)
    likely.__class__ = _with_likelihood(type(model))
    return likely


@cache
def _with_likelihood(kind: type) -> type:
    return type(f"Whittle{kind.__name__}", (WhittleMixin, kind), {"__doc__": kind.__doc__})


def _correct_errors(result: Any, averages: NDArray, correlations: Sequence[float] | NDArray):
    if result.covar is None or not len(correlations):
        return
    slope = gradient(lambda p: np.log(result.model.eval(p, **result.userkws)), result)
    set_covariance(
        result,
        correlated_covariance(result.covar, np.sqrt(averages) * slope.T, correlations),
    )
