"""The unit of a run's spectra over its time: shot noise and calibration tone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from phonosync.analysis.statistics.interval import SIGMAS_95

if TYPE_CHECKING:
    import xarray

_SHOT, _TONE, _GREY = "#3b3561", "#d08c1d", "#555555"


def draw_reference(
    level: xarray.DataArray,
    tone_gain: xarray.DataArray | None = None,
    *,
    error: float = 0.0,
    tone_error: float = 0.0,
) -> Figure:
    """Draw each shot-noise reference, and the calibration tone, over their means, with 95 %.

    Args:
        level: W/Hz, one dimension, coordinate `measured_at` (s) where it is known.
        tone_gain: power of the tone over its mean, likewise.
        error, tone_error: relative standard error of each.
    """
    figure = Figure(figsize=(5.8, 3.2), layout="constrained")
    axes = figure.subplots()
    shown = [(level / float(level.mean()), "o", _SHOT, "shot-noise reference", error)]
    if tone_gain is not None:
        shown.append((tone_gain, "s", _TONE, "calibration tone", tone_error))
    timed = all("measured_at" in array.coords for array, *_ in shown)
    start = min(float(array["measured_at"].min()) for array, *_ in shown) if timed else 0.0
    for array, mark, colour, name, sigma in shown:
        x = (array["measured_at"].values - start) / 60 if timed else np.arange(float(array.size))
        order = np.argsort(x)
        x, y = x[order], 100 * (array.values[order] - 1)
        axes.plot(x, y, mark, ls="-", lw=0.6, ms=5, color=colour, label=name)
        if sigma > 0:
            half = 100 * SIGMAS_95 * sigma
            axes.errorbar(x, y, yerr=half, fmt="none", lw=0.9, capsize=2, ecolor=colour)
    axes.axhline(0, color=_GREY, lw=0.8, ls=":")
    axes.set_xlabel("time since the first (min)" if timed else "number of the reference")
    if not timed:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("change from the mean (%)")
    axes.margins(y=0.25)
    axes.legend(frameon=False, fontsize=9)
    return figure
