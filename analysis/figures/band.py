"""Theory's curve in a figure, with the band of what it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

Array = NDArray[np.floating]
_ALPHA = {"-": {95: 0.28, 68: 0.3}, "--": {95: 0.13}}
_GREY = "#555555"


@dataclass(frozen=True, eq=False)
class Band:
    """A predicted curve.

    Attributes:
        x: setting, SI units, shape (M,).
        value: shape (M,); NaN leaves a gap.
        ends: level in percent -> lower and upper end, each of shape (M,).
    """

    x: Array
    value: Array
    ends: Mapping[int, tuple[Array, Array]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Theory:
    """One prediction of everything that a figure shows.

    Attributes:
        name: in the legend.
        curves: per direction (or whatever the figure's series are).
        line: of the curves: "-" has both its bands drawn; "--", which lies behind it, the wider
            one alone.
        of: what the band is of, in the legend; "" where there is none.
    """

    name: str
    curves: Mapping[Any, Band]
    line: str = "-"
    of: str = ""

    def levels(self, band: Band) -> list[int]:
        """Levels that are drawn of a curve, the widest band first."""
        known = (n for n in _ALPHA[self.line] if n in band.ends)
        return [n for n in known if np.isfinite(band.ends[n]).any()]

    def draw(
        self, axes: Axes, band: Band, *, x: Array, colour: str, line: str | None = None
    ) -> None:
        """Draw a curve and its bands, the narrower on the wider one, behind everything else.

        Args:
            axes: where.
            band: one of `curves`.
            x: its settings in the unit of the axes.
            colour: of the curve.
            line: instead of the prediction's own.
        """
        alpha = _ALPHA[self.line]
        for level in self.levels(band):
            ends = band.ends[level]
            axes.fill_between(x, *ends, color=colour, alpha=alpha[level], lw=0, zorder=0.5)
        axes.plot(x, band.value, color=colour, ls=line or self.line, lw=1.3, zorder=1)


def legend_of(theory: Theory, colour: str = _GREY) -> list[Any]:
    """Handles for a legend: the line, and the bands with their levels."""
    handles: list[Any] = [Line2D([], [], color=colour, ls=theory.line, lw=1.3, label=theory.name)]
    levels = sorted({level for band in theory.curves.values() for level in theory.levels(band)})
    if levels:
        said = " and ".join(map(str, levels))
        label = f"{said} % of {theory.of}" if theory.of else f"its {said} % band"
        handles.append(Patch(color=colour, alpha=1.4 * _ALPHA[theory.line][95], lw=0, label=label))
    return handles
