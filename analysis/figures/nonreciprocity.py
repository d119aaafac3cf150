"""Figures of nonreciprocity: contrast against a setting, over a map, isolation of a two-port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.figures.band import Theory, legend_of
from phonosync.analysis.figures.setting_axis import setting_axis, spaced
from phonosync.analysis.figures.setting_map import (
    UNDETERMINED,
    map_edges,
    outline,
    setting_axis_of,
)
from phonosync.analysis.measured.frequency_axis import label_frequency
from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.nonreciprocity.two_way import TwoWayIsolation

_FARTHEST = 2.0  # contrast that is drawn
_MEASURED, _THEORY, _GREY = "#3b3561", "#d08c1d", "#555555"


def draw_contrast(
    setting: ArrayLike,
    contrast: Sequence[Interval],
    *,
    name: str,
    unit: str,
    quantity: str = "S",
    measured: str = "measured",
    theory: Sequence[Theory] = (),
) -> Figure:
    """Contrast against a setting with its intervals, and theory's bands behind it.

    A limit is an arrow from the limit towards ±1; what is undetermined is left out.

    Args:
        setting: SI units, shape (N,).
        contrast: one per setting.
        name, unit: of the setting.
        quantity: whose contrast it is, such as "S_c".
        measured: what the points are.
        theory: predictions; of each every curve is drawn.
    """
    x, label = setting_axis(setting, name, unit)
    figure = Figure(figsize=(5.6, 4.0), layout="constrained")
    axes = figure.subplots()
    handles = []
    for one in theory:
        colour = _THEORY if one.line == "-" else _GREY
        for band in one.curves.values():
            at, _ = setting_axis(band.x, name, unit)
            one.draw(axes, band, x=at, colour=colour)
        handles += legend_of(one, colour)
    axes.axhline(0, color=_GREY, lw=0.8, ls=":")
    known = np.array([np.isfinite(c.value) for c in contrast])
    shown = [c for c, k in zip(contrast, known, strict=True) if k]
    if shown:
        value = np.array([c.value for c in shown])
        error = [value - [c.low for c in shown], np.array([c.high for c in shown]) - value]
        style = {"fmt": "o", "ms": 5, "capsize": 3, "color": _MEASURED}
        axes.errorbar(x[known], value, error, label=f"{measured}, 95 % interval", **style)
    for place, c in zip(x[~known], [c for c in contrast if not np.isfinite(c.value)], strict=True):
        ends = (c.low, 1.0) if np.isfinite(c.low) else (c.high, -1.0)
        if np.isfinite(ends[0]):
            axes.annotate(
                "",
                (place, ends[1]),
                (place, ends[0]),
                arrowprops={"arrowstyle": "-|>", "color": _MEASURED},
            )
            axes.plot(place, ends[0], "_", ms=10, color=_MEASURED)
    axes.set_ylim(*_range(contrast, theory))
    spaced(axes, x)
    axes.set_xlabel(label)
    letter, _, index = quantity.partition("_")
    plus, minus = (f"{letter}_{{{index}{sign}}}" for sign in "+-")
    axes.set_ylabel(rf"contrast $\chi = ({plus} - {minus})/({plus} + {minus})$")
    handles = [*axes.get_legend_handles_labels()[0], *handles]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure


def _range(contrast: Sequence[Interval], theory: Sequence[Theory]) -> tuple[float, float]:
    """From zero to the end of the scale where all has one sign, else the whole scale.

    The contrast of what noise may make negative can lie beyond ±1.
    """
    ends = [x for c in contrast for x in (c.value, c.low, c.high)]
    ends += [x for one in theory for band in one.curves.values() for x in band.value]
    known = np.array([x for x in ends if np.isfinite(x)])
    below, above = bool(np.any(known < 0)), bool(np.any(known > 0))
    beyond = float(np.clip(np.abs(known).max(initial=1.0), 1.0, _FARTHEST)) + 0.05
    return (-beyond if below or not above else -0.05), (beyond if above or not below else 0.05)


def draw_contrast_map(
    contrast: xarray.DataArray,
    q: xarray.DataArray,
    *,
    level: float = 0.05,
    theory: xarray.DataArray | None = None,
) -> Figure:
    """Contrast over two settings, with a line round what is significant on the whole map.

    Args:
        contrast: two dimensions, the second along x; coordinates with attribute `units`.
        q: q-values (or p_family) from `significance_map`, same settings.
        level: of the line.
        theory: the contrast that the fitted device expects, drawn beside it.
    """
    down, across = map(str, contrast.dims)
    shown = [contrast] if theory is None else [contrast, theory.transpose(down, across)]
    figure = Figure(figsize=(4.6 * len(shown) + 1.2, 4.4), layout="constrained")
    panels = figure.subplots(1, len(shown), sharex=True, sharey=True, squeeze=False)[0]
    image = None
    for axes, one in zip(panels, shown, strict=True):
        X, Y = map_edges(axes, *(setting_axis_of(contrast[name]) for name in (down, across)))
        style = {"cmap": "RdBu", "vmin": -1, "vmax": 1, "rasterized": True}
        image = axes.pcolormesh(X, Y, one.values, **style)
        axes.set_facecolor(UNDETERMINED)  # not measured, or undetermined
        if one is contrast:
            outline(axes, X, Y, (q.transpose(down, across) <= level).values)
        if theory is not None:
            axes.set_title("measured" if one is contrast else "fitted device", fontsize=10)
    for axes in panels[1:]:
        axes.set_ylabel("")
    assert image is not None
    figure.colorbar(image, ax=panels, label=r"contrast $\chi$")
    handle = Line2D([], [], color="black", lw=1.6, label=f"q ≤ {level:g} inside")
    figure.legend(handles=[handle], loc="outside upper center", frameon=False, fontsize=9)
    return figure


def draw_isolation(isolation: TwoWayIsolation) -> Figure:
    """Isolation of a two-port against frequency, its peak and its bandwidth."""
    figure = Figure(figsize=(5.8, 4.0), layout="constrained")
    axes = figure.subplots()
    f = isolation.frequency_hz
    shift, scale = label_frequency(axes, (float(f[0]), float(f[-1])), "frequency")
    x = (f - shift) / scale
    value, level = isolation.isolation_db, isolation.level_db
    top = float(np.max(value))
    # What has no end in decibels goes to the edge of the figure.
    edges = min(float(np.min(value)), 0.0) - 0.08 * top, 1.18 * max(top, level)
    low, high = (np.clip(end, *edges) for end in (isolation.low_db, isolation.high_db))
    axes.fill_between(x, low, high, color=_MEASURED, alpha=0.25, lw=0, label="95 % interval")
    axes.plot(x, value, color=_MEASURED, lw=1.3, label=_ways(isolation))
    axes.axhline(level, color=_THEORY, lw=1.0, ls="--", label=f"{level:g} dB, and the band above")
    inside = x[_about_peak(value > level, int(np.argmax(value)))]
    if len(inside):
        axes.axvspan(inside[0], inside[-1], color=_THEORY, alpha=0.12, lw=0)
    axes.set_ylim(*edges)
    axes.set_xlim(x[0], x[-1])
    axes.set_ylabel("isolation (dB)")
    axes.set_title(_summary(isolation), fontsize=10)
    axes.legend(frameon=False, fontsize=9)
    return figure


def _ways(isolation: TwoWayIsolation) -> str:
    p, q = isolation.passing
    return rf"$20\,\log_{{10}}|S_{{{p}{q}}}/S_{{{q}{p}}}|$"


def _summary(isolation: TwoWayIsolation) -> str:
    width = isolation.bandwidth_hz
    scaled = Interval(width.value / 1e6, width.low / 1e6, width.high / 1e6)

    def said(interval: Interval, unit: str) -> str:
        value, ends = interval.text()
        return f"{value} {unit}" + (f" [{ends}]" if "…" in ends else "")

    return (
        f"peak {said(isolation.peak_db, 'dB')}, loss {said(isolation.insertion_loss_db, 'dB')}\n"
        f"above {isolation.level_db:g} dB: {said(scaled, 'MHz')}"
    )


def _about_peak(above: NDArray[np.bool_], peak: int) -> NDArray[np.bool_]:
    """The part of a mask that is connected to the peak."""
    part = np.cumsum(~above)
    return above & (part == part[peak]) & above[peak]
