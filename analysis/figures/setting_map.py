"""Maps over two swept settings: what was found in every direction, beside what theory expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.figures.setting_axis import setting_axis, spaced

if TYPE_CHECKING:
    import xarray

UNDETERMINED = "#d9d9d9"
_HATCHED, _EDGE, _MARK = "#f3f3f3", "#8a8a8a", "#222222"
_MARKS = {
    "lower": ("^", "lower limit alone"),
    "upper": ("v", "upper limit alone"),
    "open": ("o", "interval open to one side"),
    "nothing": ("x", "undetermined"),
    "zero": (".", "interval holds 0"),
}
_SIZES = {".": 9}
_FEW = 7  # settings that are the axis's own ticks
_HATCHES = {
    "oscillates": ("////", "oscillates: no stable state"),
    "missing": ("...", "not measured"),
}


@dataclass(frozen=True)
class SettingAxis:
    """A swept quantity: its values in SI units, name and unit."""

    values: tuple[float, ...]
    name: str
    unit: str


def setting_axis_of(along: xarray.DataArray) -> SettingAxis:
    """Of a run's coordinate, with attribute `units`."""
    unit = str(along.attrs.get("units", ""))
    return SettingAxis(tuple(map(float, along.values)), str(along.name), unit)


@dataclass(frozen=True, eq=False)
class Panel:
    """One map; all arrays over (down, across).

    Attributes:
        title, colour: of the heading.
        value, low, high: with their 95 % interval; NaN where nothing tells. Theory without a band
            has no ends.
        known: whether there is anything to tell: a spectrum that was fitted, a state of theory.
        oscillates: no stable state, so that a number of the linearised device means nothing.
        theory: whether a value without an interval is one all the same.
    """

    title: str
    colour: str
    value: NDArray[np.floating]
    low: NDArray[np.floating]
    high: NDArray[np.floating]
    known: NDArray[np.bool_]
    oscillates: NDArray[np.bool_]
    theory: bool = False

    @property
    def coloured(self) -> NDArray[np.bool_]:
        """Values whose interval has both ends, and all of theory's."""
        closed = np.isfinite(self.low) & np.isfinite(self.high)
        return np.isfinite(self.value) & (closed | self.theory)

    def marked(self, zero: bool) -> dict[str, NDArray[np.bool_]]:
        """What stands in place of a colour, or on it where `zero` and the interval holds 0."""
        rest = self.known & ~self.coloured & ~self.oscillates
        low, high = np.isfinite(self.low), np.isfinite(self.high)
        value = np.isfinite(self.value)
        return {
            "lower": rest & ~value & low & ~high,
            "upper": rest & ~value & high & ~low,
            "open": rest & value,
            "nothing": rest & ~value & (low == high),
            "zero": self.coloured & (self.low <= 0) & (self.high >= 0) & zero,
        }


def draw_setting_map(
    rows: Sequence[Sequence[Panel]],
    down: SettingAxis,
    across: SettingAxis,
    *,
    quantity: str,
    bounds: tuple[float, float],
    cmap: str,
) -> Figure:
    """Draw panels beside each other, of one scale of colours.

    Grey: undetermined or limits, which marks tell apart. Dotted: not measured. Hatched: the device
    oscillates there.

    Args:
        rows: of panels, all as long as each other.
        down, across: what was swept.
        quantity: label of the colours.
        bounds: of the colours; from below to above zero a mark shows intervals that hold 0.
        cmap: of matplotlib.
    """
    shape = (len(rows), len(rows[0]))
    figure = Figure(figsize=(3.9 * shape[1] + 1.0, 3.2 * shape[0] + 0.7), layout="constrained")
    panels = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False)
    image, seen = None, dict.fromkeys((*_MARKS, *_HATCHES), False)
    zero = bounds[0] < 0 < bounds[1]
    for axes, panel in zip(panels.flat, (one for row in rows for one in row), strict=True):
        X, Y = map_edges(axes, down, across)
        style = {"vmin": bounds[0], "vmax": bounds[1], "cmap": cmap, "rasterized": True}
        grey = panel.known & ~panel.coloured & ~panel.oscillates
        _fill(axes, X, Y, grey, UNDETERMINED)
        blank = {"oscillates": panel.oscillates, "missing": ~panel.known & ~panel.oscillates}
        for kind, where in blank.items():
            seen[kind] |= _hatch(axes, X, Y, where, _HATCHES[kind][0])
        image = axes.pcolormesh(X, Y, np.where(panel.coloured, panel.value, np.nan), **style)
        at = np.meshgrid(*(_centres(axis) for axis in (across, down)))
        for kind, where in panel.marked(zero).items():
            seen[kind] |= bool(where.any())
            mark = _MARKS[kind][0]
            edge = "white" if mark == "." else _MARK  # it stands on a colour
            style = {"color": _MARK, "mfc": _face(mark), "mec": edge, "ms": _SIZES.get(mark, 6)}
            axes.plot(*(x[where] for x in at), mark, **style)
        axes.set_title(panel.title, color=panel.colour, fontsize=10)
    for axes in panels[:-1].flat:
        axes.set_xlabel("")
    for axes in panels[:, 1:].flat:
        axes.set_ylabel("")
    assert image is not None
    figure.colorbar(image, ax=panels, pad=0.02, label=quantity)
    handles = _legend(seen)
    if handles:
        figure.legend(
            handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9
        )
    return figure


def map_edges(
    axes: Axes, down: SettingAxis, across: SettingAxis
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Label both axes and set their scales; borders of the cells across and down."""
    edges = []
    for axis, which in ((across, "x"), (down, "y")):
        at, label = setting_axis(axis.values, axis.name, axis.unit)
        spaced(axes, at, which)
        log = getattr(axes, f"get_{which}scale")() == "log"
        if len(at) <= _FEW:  # the settings themselves, and none that was never measured
            said = [f"{value:.4g}".replace("-", "−") for value in at]
            getattr(axes, f"set_{which}ticks")(at, said)
            getattr(axes, f"set_{which}ticks")([], minor=True)
        getattr(axes, f"set_{which}label")(label)
        edges.append(_edges(at, log=log))
        getattr(axes, f"set_{which}lim")(*sorted((edges[-1][0], edges[-1][-1])))
    return edges[0], edges[1]


def outline(axes: Axes, X: NDArray, Y: NDArray, mask: NDArray[np.bool_]) -> None:
    """Draw the border of a mask along the edges of its cells; a contour would cut corners."""
    from matplotlib.collections import LineCollection

    padded = np.pad(mask, 1)
    lines = [
        [(X[j], Y[i]), (X[j], Y[i + 1])]
        for i, j in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    ]
    lines += [
        [(X[j], Y[i]), (X[j + 1], Y[i])]
        for i, j in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    ]
    axes.add_collection(LineCollection(lines, colors="black", linewidths=1.6, capstyle="round"))


def _edges(at: NDArray[np.floating], *, log: bool) -> NDArray[np.floating]:
    """Borders of the cells round settings, half way on the scale that they are drawn on."""
    if log:
        return np.exp(_edges(np.log(at), log=False))
    if len(at) < 2:
        return at[0] + np.array([-0.5, 0.5])
    middle = (at[1:] + at[:-1]) / 2
    return np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])


def _centres(axis: SettingAxis) -> NDArray[np.floating]:
    return setting_axis(axis.values, axis.name, axis.unit)[0]


def _fill(axes: Axes, X: NDArray, Y: NDArray, where: NDArray[np.bool_], colour: str) -> None:
    from matplotlib.colors import ListedColormap

    cells: Any = np.where(where, 0.0, np.nan)
    axes.pcolormesh(X, Y, cells, cmap=ListedColormap([colour]), rasterized=True)


def _hatch(axes: Axes, X: NDArray, Y: NDArray, where: ArrayLike, hatch: str) -> bool:
    from matplotlib.patches import Rectangle

    places = np.argwhere(where)
    for i, j in places:
        corner = float(X[j]), float(Y[i])
        width, height = float(X[j + 1]) - corner[0], float(Y[i + 1]) - corner[1]
        style = {"fc": _HATCHED, "ec": _EDGE, "hatch": hatch, "lw": 0}
        axes.add_patch(Rectangle(corner, width, height, **style))
    return bool(len(places))


def _face(mark: str) -> str:
    return "none" if mark == "o" else _MARK


def _legend(seen: dict[str, bool]) -> list[Any]:
    handles: list[Any] = [
        Line2D(
            [],
            [],
            ls="",
            marker=mark,
            color=_MARK,
            mfc=_face(mark),
            label=said,
        )
        for kind, (mark, said) in _MARKS.items()
        if seen[kind]
    ]
    for kind, (hatch, said) in _HATCHES.items():
        if seen[kind]:
            handles.append(Patch(fc=_HATCHED, ec=_EDGE, hatch=hatch, label=said))
    return handles
