"""A measured number of every direction, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.statistics.interval import Interval

_GREY = "#555555"
_HALF = 0.22  # of a place, that theory's mark reaches to both sides


def draw_by_direction(
    found: Mapping[Way, Interval],
    *,
    quantity: str,
    theory: Mapping[Way, Interval] | None = None,
    bounds: tuple[float | None, float | None] = (None, None),
    level: tuple[float, str] | None = None,
) -> Figure:
    """Draw values with their 95 % intervals; a limit is an open triangle.

    Args:
        found: per direction; what is unknown is left out.
        quantity: label of the value, with its unit.
        theory: per direction, before the fit: a dash, and a bar of its own 95 %.
        bounds: of the value's axis.
        level: a line and its name.
    """
    figure = Figure(figsize=(max(4.2, 1.5 * len(found) + 1.4), 4.0), layout="constrained")
    axes = figure.subplots()
    handles = []
    for place, (way, one) in enumerate(found.items()):
        expected = (theory or {}).get(way)
        if expected is not None and np.isfinite(expected.value):
            span = [place - _HALF, place + _HALF]
            axes.plot(span, [expected.value] * 2, color=way.colour, lw=1.4, ls="--", zorder=1)
            if np.isfinite(expected.low):
                ends = (expected.low, expected.high)
                axes.fill_between(span, *ends, color=way.colour, alpha=0.16, lw=0, zorder=0.5)
        if np.isfinite(one.value):
            error = np.nan_to_num([[one.value - one.low], [one.high - one.value]])
            face = way.colour if way.line == "-" else "white"
            axes.errorbar(
                place, one.value, error, fmt="o", ms=6, mfc=face, capsize=4, color=way.colour
            )
            axes.annotate(
                one.text()[0],
                (place, one.value),
                (10, 6),
                textcoords="offset points",
                fontsize=9,
            )
        else:
            end, mark = (one.low, "^") if np.isfinite(one.low) else (one.high, "v")
            if np.isfinite(end):
                axes.plot(place, end, mark, ms=8, mfc="none", color=way.colour)
    if level is not None:
        axes.axhline(level[0], color=_GREY, lw=0.8, ls=":")
        handles.append(Line2D([], [], color=_GREY, lw=0.8, ls=":", label=level[1]))
    if theory:
        handles.append(Line2D([], [], color=_GREY, lw=1.4, ls="--", label="device file"))
        if any(np.isfinite(one.low) for one in theory.values()):
            handles.append(Patch(color=_GREY, alpha=0.2, lw=0, label="its 95 %"))
    axes.set_xticks(range(len(found)), [way.short.replace(", ", "\n") for way in found])
    axes.set_xlim(-0.6, len(found) - 0.4)
    axes.set_ylim(*bounds)
    axes.set_ylabel(quantity)
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=3, frameon=False)
    return figure
