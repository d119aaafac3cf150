"""A number with its 95 % interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from lmfit import Parameters
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError, UnstableError

SIGMAS_95 = 1.959964
Method = Literal["curvature", "profile", "bootstrap"]
"""How intervals are found: −2 ln L a parabola, as it is, or by fits to drawn data."""


def method_named(name: str) -> Method:
    """The way of finding intervals that a user names.

    Raises:
        InputError: there is none of that name.
    """
    for method in get_args(Method):
        if name == method:
            return method
    raise InputError(f"--interval is {name!r}; choose among {', '.join(get_args(Method))}.")


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

    def text(self) -> tuple[str, str]:
        """Value and interval in words, with the digits that the interval leaves meaningful.

        >>> Interval(0.60903, 0.59975, 0.61860).text()
        ('0.6090', '0.5998 … 0.6186')
        >>> Interval(0.7, float("nan"), float("nan")).text()
        ('0.7', '')
        >>> Interval(0.7, 0.5, float("nan")).text()
        ('0.7', 'from 0.5, upper end open')
        >>> Interval(-0.2, -115.3, 114.9).text()
        ('0', '-115 … 115')
        """
        if np.isnan(self.value):
            if np.isnan(self.low):
                known = not np.isnan(self.high)
                return (f"< {self.high:.3g}", "limit") if known else ("undetermined", "")
            return f"> {self.low:.3g}", "limit"
        if np.isnan(self.low) != np.isnan(self.high):
            open_above = np.isnan(self.high)
            end = f"from {self.low:.3g}" if open_above else f"to {self.high:.3g}"
            return f"{self.value:.3g}", f"{end}, {'upper' if open_above else 'lower'} end open"
        if np.isnan(self.low) or self.low == self.high:
            return f"{self.value:.4g}", ""
        half = max((self.high - self.low) / 2, 1e-12 * abs(self.value), 1e-300)
        step = int(np.floor(np.log10(half))) - 1  # two digits of the half width
        if 1e-3 <= max(abs(self.value), half) < 1e12 or (self.value == 0 and half >= 1e-6):
            form = f"z.{max(0, -step)}f"  # no -0
        else:
            size = int(np.floor(np.log10(max(abs(self.value), 1e-300))))
            form = f".{max(1, size - step)}e"
        return f"{self.value:{form}}", f"{self.low:{form}} … {self.high:{form}}"


UNKNOWN = Interval(np.nan, np.nan, np.nan)


def around(value: float, sigma: float) -> Interval:
    """Symmetric interval value ± 1.96 σ."""
    return Interval(value, value - SIGMAS_95 * sigma, value + SIGMAS_95 * sigma)


def limited(interval: Interval) -> Interval:
    """The interval without a value that has no end on some side: a limit, or nothing known.

    >>> limited(Interval(20.0, 3.0, float("inf"))), limited(Interval(20.0, -np.inf, np.inf))
    (Interval(value=nan, low=3.0, high=nan), Interval(value=nan, low=nan, high=nan))
    """
    low, high = (end if np.isfinite(end) else np.nan for end in (interval.low, interval.high))
    if np.isfinite(low) and np.isfinite(high):
        return interval
    return Interval(np.nan, low, high)


def mean_interval(values: ArrayLike) -> Interval:
    """Mean of independent values with Student's interval; unknown ends for a single one.

    >>> mean_interval([1.0, 2.0, 3.0]).text()
    ('2.0', '-0.5 … 4.5')
    """
    from scipy.stats import t

    x = np.asarray(values, float)
    mean = float(x.mean())
    if len(x) < 2:
        return Interval(mean, np.nan, np.nan)
    half = float(t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x)))
    return Interval(mean, mean - half, mean + half)


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

    Raises:
        UnstableError: the function has no value on one side of the fit.
    """
    J = gradient(function, result)
    return function(result.params), J @ result.covar @ J.T


def gradient(
    function: Callable[[Parameters], NDArray[np.floating]], result: Any
) -> NDArray[np.floating]:
    """Derivatives of a vector function by the fitted parameters, shape (M, p).

    A central difference over a tenth of each parameter's standard error, at most a thousandth of
    its value. Arguments and errors as for `propagate`.
    """
    columns = []
    for name, error in zip(result.var_names, np.sqrt(np.diag(result.covar)), strict=True):
        value = abs(result.params[name].value)
        step = min(0.1 * error, 1e-3 * value) if value > 0 else 0.1 * error
        columns.append(_slope(function, result.params, name, step))
    return np.array(columns).T


def _slope(
    function: Callable[[Parameters], NDArray[np.floating]],
    fitted: Parameters,
    name: str,
    step: float,
) -> NDArray[np.floating]:
    """Central difference; a step that leaves the stable parameters is shortened."""
    for shorter in (1.0, 0.1, 0.01):
        moved, at = [], []
        try:
            for side in (1, -1):
                parameters = fitted.copy()
                parameters[name].value = fitted[name].value + side * shorter * step
                moved.append(function(parameters))
                at.append(parameters[name].value)  # a bound may have cut the step
        except UnstableError:
            continue
        return (moved[0] - moved[1]) / (at[0] - at[1])
    raise UnstableError(f"the fit stands at the edge of instability in {name}.")
