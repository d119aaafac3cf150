"""The axis of a swept quantity: a unit of its size, a logarithm where it is spaced so."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.figures.survey_panels import PREFIXES, space


def setting_axis(values: ArrayLike, name: str, unit: str) -> tuple[NDArray[np.floating], str]:
    """Values in a unit of their size, and the axis label.

    >>> setting_axis([1e-4, 2e-4], "laser_power", "W")
    (array([100., 200.]), 'laser power (µW)')
    """
    x = np.asarray(values, float)
    largest = float(np.abs(x).max(initial=0.0))
    choices = PREFIXES.get(unit, ((1.0, unit),))
    scale, shown = next(((s, u) for s, u in choices if largest >= s), choices[-1])
    said = name.replace("_", " ")
    return x / scale, f"{said} ({shown})" if shown else said


def shown_value(value: float, name: str, unit: str) -> str:
    """One value with its unit, as "200 µW".

    >>> shown_value(2e-4, "laser_power", "W")
    '200 µW'
    """
    (x,), label = setting_axis([value], name, unit)
    suffix = label.removeprefix(name.replace("_", " ")).strip(" ()")
    return f"{float(x):.4g} {suffix}".rstrip().replace("-", "−")


def spaced(axes: Axes, x: NDArray[np.floating], which: str = "x") -> None:
    """A logarithmic scale with plain numbers where the values are spaced so."""
    space(axes, np.unique(x), which)
    axis = axes.xaxis if which == "x" else axes.yaxis
    if axis.get_scale() == "log":
        axis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("{x:g}")
