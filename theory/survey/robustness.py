"""How many imperfect devices still synchronize one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.synchronization import contrast

Array = NDArray[Any]


@dataclass(frozen=True)
class Criterion:
    """What counts as synchronizing one way.

    Attributes:
        S_c: least complete synchronization in the preferred direction. By default 1/3: that of two
            uncorrelated phonons of one quantum each.
        contrast: least contrast to the reverse of that direction. By default 1/3: S_c is twice what
            it is in reverse.

    Raises:
        InputError: a threshold outside 0..1, or NaN.
    """

    S_c: float = 1 / 3
    contrast: float = 1 / 3

    def __post_init__(self) -> None:
        """Check the range."""
        for name, value in (("S_c", self.S_c), ("contrast", self.contrast)):
            if not 0 <= value <= 1:
                raise InputError(f"the least {name} is {value:g}; give a number between 0 and 1.")

    def __str__(self) -> str:
        """In words."""
        return (
            f"S_c >= {self.S_c:.4g} in the direction that the perfect device prefers, and contrast "
            f">= {self.contrast:.4g} to its reverse; a device without stable steady state in one "
            "of them does not count"
        )


def preferred_direction(S_c: ArrayLike) -> NDArray[np.integer]:
    """The direction, +1 or −1, of the larger S_c; 0 where no direction has a steady state.

    Args:
        S_c: of the perfect device, shape (..., 2), direction +1 first; NaN without steady state.

    >>> preferred_direction([[0.6, 0.1], [float("nan"), 0.1]])
    array([ 1, -1])
    """
    S = np.asarray(S_c, float)
    known = np.where(np.isnan(S), -1.0, S)
    sign = np.where(known[..., 0] >= known[..., 1], 1, -1)
    return np.where(np.all(np.isnan(S), axis=-1), 0, sign)


def synchronizes_one_way(
    S_c: ArrayLike, preferred: ArrayLike, criterion: Criterion
) -> NDArray[np.bool_]:
    """Whether each device synchronizes in the preferred direction and less in its reverse.

    Args:
        S_c: of every device, shape (..., 2), direction +1 first; NaN without steady state.
        preferred: +1, −1 or 0 (neither: False), broadcast against the devices, shape (...).
        criterion: the thresholds.

    >>> synchronizes_one_way([[0.6, 0.1], [0.1, 0.6], [0.6, 0.5]], 1, Criterion())
    array([ True, False, False])
    """
    S, sign = np.asarray(S_c, float), np.asarray(preferred)
    here = np.where(sign > 0, S[..., 0], S[..., 1])
    chi = sign * contrast(S[..., 0], S[..., 1])
    return (sign != 0) & (here >= criterion.S_c) & (chi >= criterion.contrast)


def fraction_interval(count: ArrayLike, total: int) -> tuple[Array, Array, Array]:
    """A fraction and its 95 % interval by Clopper and Pearson.

    Args:
        count: of the devices that pass, shape (...).
        total: all devices.

    Returns:
        Fraction, lower and upper end, each of shape (...).

    Source: Clopper and Pearson, doi:10.1093/biomet/26.4.404.

    >>> [round(float(x), 4) for x in fraction_interval(0, 100)]
    [0.0, 0.0, 0.0362]
    """
    from scipy.stats import beta

    k = np.asarray(count, float)
    with np.errstate(invalid="ignore"):  # no device passes or all do: the ends below
        low = np.where(k > 0, beta.ppf(0.025, k, total - k + 1), 0.0)
        high = np.where(k < total, beta.ppf(0.975, k + 1, total - k), 1.0)
    return k / total, low, high
