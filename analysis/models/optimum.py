"""A maximum of a likelihood, as profiles and bootstraps begin from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.information import Information
from phonosync.analysis.models.measures import Quantity
from phonosync.analysis.statistics.interval import gradient

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where the deviance, the sum of squared residuals, is least.

    Attributes:
        parameters: at the optimum.
        information: on those that vary, with the correlation of points in its scores.
        residuals: of parameters, shape (N,).
        jacobian: their derivatives by the varied parameters, shape (N, P).
        positive: parameters that are moved by their logarithm.
    """

    parameters: Parameters
    information: Information
    residuals: Callable[[Parameters], Array]
    jacobian: Callable[[Parameters], Array]
    positive: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, result: Any, residuals: Callable[[Parameters], Array], information: Information
    ) -> Optimum:
        """The optimum of an lmfit result with a covariance, derivatives by differences.

        Args:
            result: with `params`, `var_names` and `covar`.
            residuals: of parameters.
            information: on `var_names`.
        """
        positive = frozenset(n for n in result.var_names if 0 <= result.params[n].min < np.inf)

        def jacobian(parameters: Parameters) -> Array:
            return gradient(residuals, _at(result, parameters))

        return cls(result.params, information, residuals, jacobian, positive)

    @cached_property
    def deviance(self) -> float:
        """At the optimum."""
        return float(np.sum(self.residuals(self.parameters) ** 2))


def _at(result: Any, parameters: Parameters) -> Any:
    return SimpleNamespace(params=parameters, covar=result.covar, var_names=result.var_names)


def number_of(result: Any, function: Callable[[Parameters], float]) -> Quantity:
    """A number that follows from an lmfit result's parameters, its derivatives by differences.

    Args:
        result: with `params`, `var_names` and `covar`.
        function: parameters -> number.
    """

    def quantity(parameters: Parameters) -> tuple[float, Array]:
        def alone(p: Parameters) -> Array:
            return np.array([function(p)])

        return float(function(parameters)), gradient(alone, _at(result, parameters))[0]

    return quantity
