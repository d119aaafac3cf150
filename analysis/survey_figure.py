"""Figures of a survey: lines and maps over device entries."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from phonosync.analysis.figures import COLOURS, NAMES
from phonosync.analysis.imperfection_figure import draw_imperfect_devices
from phonosync.analysis.survey_panels import (
    GREY,
    LINES,
    NO_STATE,
    WAYS,
    label_axes,
    mesh,
    said,
    scaled,
    slices,
    space,
    title,
    varied,
    ways,
)

CONTRAST_COLOURS = LinearSegmentedColormap.from_list(
    "contrast", [COLOURS[-1], "#ffffff", COLOURS[1]]
)
"""Of a contrast: the colour of the direction that synchronizes better, white for neither."""


def draw_survey(data: xr.Dataset) -> Figure:
    """Draw what a survey's dimensions ask for.

    - perfect devices, one axis: S_c and contrast along it; two or three: maps of both directions
      of light beside their contrast (of a third axis three values);
    - imperfect devices, no axis: histograms of S_c and contrast, with and without Kerr one below
      the other; one axis: median and 5 to 95 % band along it and the fraction that synchronizes one
      way; two or three: maps of that fraction.

    Args:
        data: what `phonosync.theory.survey.survey` returns.

    Returns:
        A figure without a window; `figure.savefig(path)` writes it.
    """
    single = [name for name in varied(data) if data.sizes[name] == 1]
    if "device" not in data.dims and len(single) == len(varied(data)):
        single = single[1:]  # one point is drawn along one axis
    data = data.squeeze(single, drop=True)
    axes = varied(data)
    if "device" in data.dims:
        return draw_imperfect_devices(data)
    return _lines(data, axes[0]) if len(axes) == 1 else _maps(data, axes)


def _lines(data: xr.Dataset, axis: str) -> Figure:
    measures = [n for n in ("S_c", "S_p", "S_phi", "E_N") if n in data]
    kerrs = ways(data["S_c"], "kerr")
    rows, columns = len(measures) + 1, len(kerrs)
    figure = Figure(figsize=(5.6 * columns + 0.8, 2.4 * rows + 0.4), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey="row", squeeze=False)
    x, label = scaled(data, axis)
    for panels, kerr in zip(grid.T, kerrs, strict=True):
        some = data.sel(kerr)
        for panel, name in zip(panels, measures, strict=False):
            for way in ways(some[name], "light", "field"):
                style = {"color": COLOURS[way["light"]], "ls": LINES[way.get("field", 1)]}
                values = some[name].sel(way).values
                panel.plot(x, values, label=said(way), marker="s" if len(x) == 1 else "", **style)
                several = some["stable_states"].sel(way).values > 1
                panel.plot(x[several], values[several], "o", ms=3, color=style["color"])
        for way in ways(some["contrast"], "field"):
            panels[-1].plot(x, some["contrast"].sel(way), LINES[way.get("field", 1)], color="black")
        panels[-1].axhline(0, color=GREY, lw=0.8)
        panels[-1].set_xlabel(label)
        panels[0].set_title(said(kerr), fontsize=10)
        space(panels[-1], x, "x")
        _shade_oscillating(panels, some, x)
    for panel, name in zip(grid[:, 0], measures, strict=False):
        panel.set_ylabel(f"{data[name].attrs['long_name']}\n{_symbol(name)}")
        panel.set_ylim(bottom=min(0, panel.get_ylim()[0]))
    grid[-1, 0].set_ylabel("contrast χ of light")
    grid[-1, 0].set_ylim(-1.05, 1.05)
    _legend(figure, grid[0, 0], data)
    return figure


def _shade_oscillating(panels: Any, data: xr.Dataset, x: np.ndarray) -> None:
    """Grey where at least one direction has no stable steady state."""
    lost = data["oscillating"].any([d for d in data["oscillating"].dims if d in WAYS]).values
    if not lost.any():
        return
    edges = np.concatenate([[x[0]], (x[1:] + x[:-1]) / 2, [x[-1]]])
    for panel in panels:
        for k in np.flatnonzero(lost):
            panel.axvspan(edges[k], edges[k + 1], color=NO_STATE, lw=0, zorder=0)


def _legend(figure: Figure, panel: Axes, data: xr.Dataset) -> None:
    handles, labels = panel.get_legend_handles_labels()
    if bool(data["oscillating"].any()):
        handles.append(Patch(color=NO_STATE))
        labels.append("no stable steady state")
    if bool((data["stable_states"] > 1).any()):
        (dots,) = panel.plot([], [], "o", ms=3, color=GREY)
        handles.append(dots)
        labels.append(f"several stable states ({data.attrs['branch']} one drawn)")
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False, fontsize=9)


def _maps(data: xr.Dataset, axes: list[str]) -> Figure:
    first, second = axes[:2]
    rows = list(product(slices(data, axes), ways(data["contrast"], "kerr", "field")))
    figure = Figure(figsize=(11.5, 3.3 * len(rows) + 0.3), layout="constrained")
    panels = figure.subplots(len(rows), 3, sharex=True, sharey=True, squeeze=False)
    top = float(data["S_c"].max())
    images: list[Any] = [None, None]
    for row, (part, way) in zip(panels, rows, strict=True):
        for panel, light in zip(row, (+1, -1), strict=False):
            S = data["S_c"].sel(part).sel(light=light, **way)
            images[0] = mesh(panel, data, S, first, second, vmin=0, vmax=top, cmap="viridis")
            panel.set_title(title(NAMES[light], way, part, data), fontsize=10)
        chi = data["contrast"].sel(part).sel(way)
        images[1] = mesh(row[2], data, chi, first, second, vmin=-1, vmax=1, cmap=CONTRAST_COLOURS)
        row[2].set_title(title("contrast of light", way, part, data), fontsize=10)
    label_axes(panels, data, first, second)
    figure.colorbar(images[0], ax=panels[:, :2], label="complete synchronization $S_c$")
    figure.colorbar(images[1], ax=panels[:, 2], label="contrast χ")
    if bool(data["oscillating"].any()):
        figure.legend(
            handles=[Patch(color=NO_STATE, label="no stable steady state")],
            loc="outside lower right",
            frameon=False,
            fontsize=9,
        )
    return figure


def _symbol(name: str) -> str:
    base, tail = name.split("_")
    return f"${base}_{{{tail}}}$" if tail != "phi" else r"$S_\varphi$"
