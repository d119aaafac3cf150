"""A number with its 95 % interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

SIGMAS_95 = 1.959964


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; what the data cannot give is NaN."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """`{"value": ..., "low": ..., "high": ...}`; JSON has no NaN, so null stands for it."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if np.isnan(x) else float(x) for name, x in parts.items()}


UNKNOWN = Interval(np.nan, np.nan, np.nan)


def around(value: float, sigma: float) -> Interval:
    """Symmetric interval value ± 1.96 σ."""
    return Interval(value, value - SIGMAS_95 * sigma, value + SIGMAS_95 * sigma)


def propagate(
    function: Callable[[Parameters], NDArray[np.floating]], result: Any
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
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
