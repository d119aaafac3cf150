"""Any measured number against a swept quantity, each direction in its colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from phonosync.analysis.figures.band import Theory, legend_of
from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.setting_axis import setting_axis, spaced
from phonosync.analysis.statistics.interval import Interval

_GREY = "#555555"
_DASHED = {"-": "-.", "--": ":"}  # line of a theory -> its line for directions that are dashed


def draw_against_setting(
    setting: ArrayLike,
    found: Mapping[Way, Sequence[Interval]],
    *,
    name: str,
    unit: str,
    quantity: str,
    theory: Sequence[Theory] = (),
    measured: str = "",
    bounds: tuple[float | None, float | None] = (None, None),
    level: tuple[float, str] | None = None,
) -> Figure:
    """Draw values with their 95 % intervals; a limit is an arrow to where the value may be.

    Args:
        setting: SI units, shape (N,).
        found: per direction, N intervals; what is unknown is left out.
        name, unit: of the setting.
        quantity: label of the value, with its unit.
        theory: predictions, each with a curve per direction.
        measured: what the points are, where the legend has to say it.
        bounds: of the value's axis.
        level: a line and its name.
    """
    x, label = setting_axis(setting, name, unit)
    figure = Figure(figsize=(5.8, 4.0), layout="constrained")
    axes = figure.subplots()
    for way, intervals in found.items():
        known = np.array([np.isfinite(i.value) for i in intervals])
        value = np.array([i.value for i in intervals])
        error = np.array([[i.value - i.low, i.high - i.value] for i in intervals]).T
        face = way.colour if way.line == "-" else "white"
        axes.errorbar(
            x[known],
            value[known],
            np.nan_to_num(np.maximum(error[:, known], 0)),
            fmt="o",
            ms=5,
            mfc=face,
            capsize=3,
            color=way.colour,
            label=way.name,
        )
        for place, i in zip(
            x[~known], [i for i in intervals if not np.isfinite(i.value)], strict=True
        ):
            end, mark = (i.low, "^") if np.isfinite(i.low) else (i.high, "v")
            if np.isfinite(end):
                axes.plot(place, end, mark, ms=8, mfc="none", color=way.colour)
        for one in theory:
            if way in one.curves:
                band = one.curves[way]
                at, _ = setting_axis(band.x, name, unit)
                line = one.line if way.line == "-" else _DASHED[one.line]
                one.draw(axes, band, x=at, colour=way.colour, line=line)
    if level is not None:
        axes.axhline(level[0], color=_GREY, lw=0.8, ls=":", label=level[1])
    axes.set_ylim(*bounds)
    spaced(axes, x)
    axes.set_xlabel(label)
    axes.set_ylabel(quantity)
    # What was measured comes first, lines of reference last.
    own = sorted(axes.get_legend_handles_labels()[0], key=lambda handle: isinstance(handle, Line2D))
    handles = [*own, *(handle for one in theory for handle in legend_of(one))]
    figure.legend(
        handles=handles,
        loc="outside upper center",
        ncols=2,
        frameon=False,
        fontsize=9,
        title=measured or None,
    )
    return figure
