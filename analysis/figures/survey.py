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

from phonosync.analysis.figures.imperfections import draw_imperfect_devices
from phonosync.analysis.figures.run import COLOURS, NAMES
from phonosync.analysis.figures.survey_panels import (
    GREY,
    NO_STATE,
    WAYS,
    compared,
    label_axes,
    mesh,
    said,
    scaled,
    slices,
    space,
    style,
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

    - perfect devices, one axis: S_c and contrasts along it; two or three: maps of both directions
      beside their contrast (of a third axis three values);
    - imperfect devices, no axis: histograms of S_c and contrasts, with and without Kerr one below
      the other; one axis: median and 5 to 95 % band along it and the fraction that synchronizes one
      way; two or three: maps of that fraction.

    Directions are those of light, unless only those of the field differ.

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
    contrasts = [f"contrast_{way}" for way in compared(data)]
    kerrs = ways(data["S_c"], "kerr")
    rows, columns = len(measures) + len(contrasts), len(kerrs)
    figure = Figure(figsize=(5.6 * columns + 0.8, 2.3 * rows + 0.4), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey="row", squeeze=False)
    x, label = scaled(data, axis)
    alone = {"marker": "s"} if len(x) == 1 else {}
    for panels, kerr in zip(grid.T, kerrs, strict=True):
        some = data.sel(kerr)
        for panel, name in zip(panels, measures, strict=False):
            for way in ways(some[name], "light", "field"):
                values = some[name].sel(way).values
                panel.plot(x, values, label=said(way), **style(way), **alone)
                several = some["stable_states"].sel(way).values > 1
                panel.plot(x[several], values[several], "o", ms=3, color=style(way)["color"])
        for panel, name in zip(panels[len(measures) :], contrasts, strict=True):
            for way in ways(some[name], "light", "field"):
                # Black where both directions of light are in it.
                look = (
                    {"color": "black", "ls": style(way)["ls"]} if "light" not in way else style(way)
                )
                panel.plot(x, some[name].sel(way), **look, **alone)
            panel.axhline(0, color=GREY, lw=0.8)
        panels[-1].set_xlabel(label)
        panels[0].set_title(said(kerr), fontsize=10)
        space(panels[-1], x, "x")
        _shade_oscillating(panels, some, x)
    for panel, name in zip(grid[:, 0], measures, strict=False):
        panel.set_ylabel(f"{data[name].attrs['long_name']}\n{_symbol(name)}")
        panel.set_ylim(bottom=min(0, panel.get_ylim()[0]))
    for panel, way in zip(grid[len(measures) :, 0], compared(data), strict=True):
        panel.set_ylabel(f"contrast χ of {way}")
        panel.set_ylim(-1.05, 1.05)
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
    """S_c of both directions (of light, where they differ) and their contrast."""
    first, second = axes[:2]
    way = compared(data)[0]
    chi = data[f"contrast_{way}"]
    rows = list(product(slices(data, axes), ways(chi, "kerr", "field")))
    figure = Figure(figsize=(11.5, 3.3 * len(rows) + 0.3), layout="constrained")
    panels = figure.subplots(len(rows), 3, sharex=True, sharey=True, squeeze=False)
    top = float(data["S_c"].max())
    images: list[Any] = [None, None]
    for row, (part, other) in zip(panels, rows, strict=True):
        for panel, sign in zip(row, (+1, -1), strict=False):
            S = data["S_c"].sel(part).sel({way: sign, **other})
            images[0] = mesh(panel, data, S, first, second, vmin=0, vmax=top, cmap="viridis")
            name = NAMES[sign] if way == "light" else said({way: sign})
            panel.set_title(title(name, other, part, data), fontsize=10)
        found = chi.sel(part).sel(other)
        images[1] = mesh(row[2], data, found, first, second, vmin=-1, vmax=1, cmap=CONTRAST_COLOURS)
        row[2].set_title(title(f"contrast of {way}", other, part, data), fontsize=10)
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
