"""Figures of imperfect devices: histograms, bands along an axis, maps of a fraction."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phonosync.analysis.figures.survey_panels import (
    GREY,
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


def draw_imperfect_devices(data: xr.Dataset) -> Figure:
    """Draw a survey of imperfect devices; see `survey_figure.draw_survey`."""
    axes = varied(data)
    if not axes:
        return _histograms(data)
    return _bands(data, axes[0]) if len(axes) == 1 else _fraction_maps(data, axes)


def _histograms(data: xr.Dataset) -> Figure:
    kerrs, directions = ways(data["S_c"], "kerr"), compared(data)
    columns = 1 + len(directions)
    figure = Figure(figsize=(4.6 * columns, 3.2 * len(kerrs) + 0.3), layout="constrained")
    panels = figure.subplots(len(kerrs), columns, sharex="col", squeeze=False)
    bins = np.linspace(0, min(1.0, 1.05 * float(data["S_c"].max())), 81)
    for (left, *right), kerr in zip(panels, kerrs, strict=True):
        some = data.sel(kerr)
        for way in ways(data["S_c"], "light", "field"):
            colour = style(way)["color"]
            _histogram(left, some["S_c"].sel(way), bins, colour, way.get("field", 1), said(way))
            left.axvline(float(some["S_c_perfect"].sel(way)), color=colour, ls=":", lw=1)
        for panel, name in zip(right, directions, strict=True):
            _contrast_histogram(panel, some, name, _range(data[f"contrast_{name}"]))
        lost = int(some["oscillating"].any(directions).sum())
        left.set_ylabel("devices")
        words = f"{said(kerr)}     {data.sizes['device']} devices".lstrip()
        words += f", {lost} oscillate in some direction" if lost else ""
        left.set_title(words, fontsize=10, loc="left")
        for panel in (left, *right):
            _legend_above(panel)
    of_a_fit = "fit" in data["device"].attrs.get("long_name", "")
    middle = "fitted" if of_a_fit else "perfect"
    panels[-1, 0].set_xlabel(f"complete synchronization $S_c$   (dotted: {middle} device)")
    for panel, name in zip(panels[-1, 1:], directions, strict=True):
        panel.set_xlabel(f"contrast χ of {name}")
    return figure


def _contrast_histogram(panel: Axes, data: xr.Dataset, name: str, bins: np.ndarray) -> None:
    """Contrast of "light" or of the "field", with the fractions in the legend."""
    chi = data[f"contrast_{name}"]
    for way in ways(chi, "light", "field"):
        words = f"{said(way)}: " if way else ""
        share = [
            100 * float(data[f"one_way_{name}{end}"].sel(way)) for end in ("", "_low", "_high")
        ]
        words += "one way {:.1f} % [{:.1f}, {:.1f}]".format(*share)
        colour = style(way)["color"] if "light" in way else "#444444"
        outline = way.get("field", way.get("light", 1))
        _histogram(panel, chi.sel(way), bins, colour, outline, words)
        perfect = float(data[f"contrast_{name}_perfect"].sel(way))
        panel.axvline(perfect, color=colour, ls=":", lw=1)


def _range(contrast: xr.DataArray) -> np.ndarray:
    """Edges of 80 bins from the least to the largest contrast, zero among them."""
    known = contrast.values[np.isfinite(contrast.values)]
    low, high = min(known.min(initial=0), -0.05), max(known.max(initial=0), 0.05)
    return np.linspace(1.05 * low, 1.05 * high, 81)


def _legend_above(panel: Axes) -> None:
    """A legend in room of its own above what is drawn."""
    columns = 2 if len(panel.get_legend_handles_labels()[0]) > 2 else 1
    panel.set_ylim(top=1.35 * panel.get_ylim()[1])
    panel.legend(loc="upper left", ncols=columns, frameon=False, fontsize=8)


def _histogram(
    panel: Axes, values: xr.DataArray, bins: np.ndarray, colour: str, field: int, label: str
) -> None:
    """Filled for one direction (of the field), an outline for the other."""
    known = values.values[np.isfinite(values.values)]
    edges = bins.tolist()
    if field > 0:
        panel.hist(known, edges, color=colour, alpha=0.5, label=label)
    else:
        panel.hist(known, edges, histtype="step", color=colour, lw=1.2, label=label)


def _bands(data: xr.Dataset, axis: str) -> Figure:
    kerrs, name = ways(data["S_c"], "kerr"), compared(data)[0]
    figure = Figure(figsize=(5.2 * len(kerrs) + 0.4, 5.4), layout="constrained")
    panels = figure.subplots(
        2, len(kerrs), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 2)
    )
    x, label = scaled(data, axis)
    for (top, bottom), kerr in zip(panels.T, kerrs, strict=True):
        some = data.sel(kerr)
        for way in ways(data["S_c"], "light", "field"):
            low, middle, high = _quantiles(some["S_c"].sel(way).transpose(axis, "device").values)
            top.fill_between(x, low, high, color=style(way)["color"], alpha=0.15, lw=0)
            top.plot(x, middle, label=said(way), **style(way))
        for way in ways(data[f"one_way_{name}"], "field"):
            share, low, high = (
                some[f"one_way_{name}{end}"].sel(way) for end in ("", "_low", "_high")
            )
            bottom.fill_between(x, low, high, color="black", alpha=0.15, lw=0)
            words = f"one way in {name}" + (f", {said(way)}" if way else "")
            bottom.plot(x, share, style(way)["ls"], color="black", label=words)
        lost = some["oscillating"].any(compared(data))
        if bool(lost.any()):
            bottom.plot(x, lost.mean("device"), ":", color=GREY, label="oscillating")
        top.set_title(said(kerr), fontsize=10)
        bottom.set_ylim(-0.03, 1.03)
        bottom.set_xlabel(label)
        space(bottom, x, "x")
    panels[0, 0].set_ylim(bottom=0)
    panels[0, 0].set_ylabel("$S_c$: median, 5 to 95 %")
    panels[1, 0].set_ylabel("fraction of devices")
    _legend_above(panels[0, 0])
    panels[1, 0].legend(frameon=False, fontsize=8)
    return figure


def _quantiles(values: np.ndarray) -> np.ndarray:
    """5, 50 and 95 % of the finite values of each row, shape (3, rows); NaN without any."""
    rows = [row[np.isfinite(row)] for row in values]
    levels = [0.05, 0.5, 0.95]
    return np.array([np.quantile(r, levels) if len(r) else [np.nan] * 3 for r in rows]).T


def _fraction_maps(data: xr.Dataset, axes: list[str]) -> Figure:
    first, second = axes[:2]
    name = compared(data)[0]
    columns = ways(data[f"one_way_{name}"], "kerr", "field")
    rows = slices(data, axes)
    figure = Figure(figsize=(3.4 * len(columns) + 1.2, 3.2 * len(rows) + 0.4), layout="constrained")
    panels = figure.subplots(len(rows), len(columns), sharex=True, sharey=True, squeeze=False)
    image = None
    for row, part in zip(panels, rows, strict=True):
        for panel, way in zip(row, columns, strict=True):
            fraction = data[f"one_way_{name}"].sel(part).sel(way)
            image = mesh(panel, data, fraction, first, second, vmin=0, vmax=1, cmap="viridis")
            panel.set_title(title("", way, part, data), fontsize=10)
    label_axes(panels, data, first, second)
    figure.colorbar(image, ax=panels, label=f"fraction one way in {name}")  # type: ignore
    return figure
