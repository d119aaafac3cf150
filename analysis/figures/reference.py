"""The unit of a run's spectra over its time: shot noise and calibration tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray

_SHOT, _TONE, _GREY = "#3b3561", "#d08c1d", "#555555"


def draw_reference(level: xarray.DataArray, tone_gain: xarray.DataArray | None = None) -> Figure:
    """Draw each shot-noise reference, and the calibration tone, over their means.

    Args:
        level: W/Hz, one dimension, coordinate `measured_at` (s) where it is known.
        tone_gain: power of the tone over its mean, likewise.
    """
    figure = Figure(figsize=(5.8, 3.2), layout="constrained")
    axes = figure.subplots()
    shown = [(level / float(level.mean()), "o", _SHOT, "shot-noise reference")]
    if tone_gain is not None:
        shown.append((tone_gain, "s", _TONE, "calibration tone"))
    timed = all("measured_at" in array.coords for array, *_ in shown)
    start = min(float(array["measured_at"].min()) for array, *_ in shown) if timed else 0.0
    for array, mark, colour, name in shown:
        x = (array["measured_at"].values - start) / 60 if timed else np.arange(float(array.size))
        _dots(axes, x, 100 * (array.values - 1), mark, colour, name)
    axes.axhline(0, color=_GREY, lw=0.8, ls=":")
    axes.set_xlabel("time since the first (min)" if timed else "number of the reference")
    if not timed:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("change from the mean (%)")
    axes.margins(y=0.25)
    axes.legend(frameon=False, fontsize=9)
    return figure


def _dots(
    axes: Axes, x: NDArray[np.floating], y: NDArray[np.floating], mark: str, colour: str, name: str
) -> None:
    order = np.argsort(x)
    axes.plot(x[order], y[order], mark, ls="-", lw=0.6, ms=5, color=colour, label=name)
