"""Checks of measured numbers: finite, evenly spaced."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError


def check_finite(name: str, values: NDArray) -> None:
    """Refuse NaN and infinity."""
    if not np.all(np.isfinite(values)):
        bad = int(np.argmin(np.isfinite(values)))
        raise InputError(
            f"{name} holds {values[bad]} at point {bad + 1} of {values.size}, which is no "
            "measurement. Remove or repair it."
        )


def check_even(name: str, values: NDArray, unit: str, *, tolerance: float) -> float:
    """Return the step of an increasing, evenly spaced axis; `tolerance` is in steps."""
    if values.size < 2:
        raise InputError(f"{values.size} points are too few for a spectrum. Measure longer.")
    steps = np.diff(values)
    step = (values[-1] - values[0]) / (values.size - 1)
    odd = ~(np.abs(steps - step) <= tolerance * abs(step)) | (steps <= 0)
    if np.any(odd):
        first = int(np.argmax(odd))
        raise InputError(
            f"the {name} steps are not even: {steps[first]:.6g} {unit} after point {first + 1}, "
            f"{np.median(steps):.6g} {unit} in the middle. Resample to even steps in rising order."
        )
    return float(step)
