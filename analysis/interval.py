"""A number with its 95 % interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from lmfit.minimizer import MinimizerResult
from numpy.typing import NDArray

SIGMAS_95 = 1.959964


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; a bound that the data cannot give is None."""

    value: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        """`{"value": ..., "low": ..., "high": ...}`."""
        return {"value": self.value, "low": self.low, "high": self.high}


def around(value: float, sigma: float) -> Interval:
    """Symmetric interval value ± 1.96 σ."""
    return Interval(value, value - SIGMAS_95 * sigma, value + SIGMAS_95 * sigma)


def propagate(
    function: Callable[[Parameters], NDArray[np.float64]], result: MinimizerResult
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value and covariance of a vector function of fitted parameters (delta method).

    The gradient is a central difference over a tenth of each parameter's standard error.

    Args:
        function: parameters -> shape (M,).
        result: lmfit's result with `covar` and `var_names`.

    Returns:
        Values, shape (M,), and covariance J C Jᵀ, shape (M, M).
    """
    value = function(result.params)
    sigma = np.sqrt(np.diag(result.covar))
    columns = []
    for name, error in zip(result.var_names, sigma, strict=True):
        centre = result.params[name].value
        step = min(0.1 * error, 1e-3 * abs(centre))
        moved = []
        for side in (1, -1):
            parameters = result.params.copy()
            parameters[name].value = centre + side * step
            moved.append(function(parameters))
        columns.append((moved[0] - moved[1]) / (2 * step))
    J = np.array(columns).T
    return value, J @ result.covar @ J.T
