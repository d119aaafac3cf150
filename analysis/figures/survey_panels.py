"""What the figures of a survey share: axes in readable units, maps, directions in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from phonosync.analysis.figures.run import COLOURS, NAMES

WAYS = ("device", "kerr", "light", "field", "mode")
"""Dimensions of a survey that are not varied entries."""
LINES = {+1: "-", -1: "--"}
"""A direction of the field has the same line in every figure."""
GREY = "#999999"
NO_STATE = "#d9d9d9"
_SLICES = 3
PREFIXES = {
    "Hz": ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz")),
    "W": ((1.0, "W"), (1e-3, "mW"), (1e-6, "µW"), (1e-9, "nW")),
    "K": ((1.0, "K"), (1e-3, "mK")),
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "T": ((1.0, "T"), (1e-3, "mT"), (1e-6, "µT")),
    "m": ((1.0, "m"), (1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm")),
}


def varied(data: xr.Dataset) -> list[str]:
    """Names of the entries that a survey varies."""
    return [str(name) for name in data.dims if name not in WAYS]


def compared(data: xr.Dataset) -> list[str]:
    """Whose directions the device tells apart: of "light", of the "field", or of both."""
    return [way for way in ("light", "field") if way in data.dims]


def style(way: dict[str, Any]) -> dict[str, Any]:
    """Colour by the direction of light, line by that of the field."""
    return {"color": COLOURS[way.get("light", 1)], "ls": LINES[way.get("field", 1)]}


def scaled(data: xr.Dataset, name: str) -> tuple[np.ndarray, str]:
    """Values of an axis in a unit of their size, and the label that says it."""
    values, unit = data[name].values, data[name].attrs.get("units", "1")
    if unit == "1":
        return values, name
    largest = np.abs(values).max()
    choices = PREFIXES.get(unit, ((1.0, unit),))
    scale, shown = next(((s, u) for s, u in choices if largest >= s), choices[-1])
    return values / scale, f"{name} ({shown})"


def ways(data: xr.DataArray, *names: str) -> list[dict[str, Any]]:
    """Every combination of the named dimensions that are there."""
    found: list[dict[str, Any]] = [{}]
    for name in names:
        if name in data.dims:
            found = [{**way, name: value} for way in found for value in data[name].values.tolist()]
    return found


def said(way: dict[str, Any]) -> str:
    """A combination of directions in words."""
    words = [f"Kerr terms {way['kerr']}"] if "kerr" in way else []
    if "light" in way:
        words.append(NAMES[way["light"]] if "field" not in way else f"light {way['light']:+d}")
    if "field" in way:
        words.append(f"field {way['field']:+d}")
    return ", ".join(words).replace(" -1", " −1")


def slices(data: xr.Dataset, axes: list[str]) -> list[dict[str, Any]]:
    """Values of the third axis that are drawn."""
    if len(axes) < 3:
        return [{}]
    values = data[axes[2]].values
    places = np.unique(np.linspace(0, len(values) - 1, _SLICES).round().astype(int))
    return [{axes[2]: values[k]} for k in places]


def title(what: str, way: dict[str, Any], part: dict[str, Any], data: xr.Dataset) -> str:
    """Title of a map: what it shows, the directions, the value of the third axis."""
    words = [word for word in (what, said(way)) if word]
    for name in part:
        values, label = scaled(data, name)
        value = values[list(data[name].values).index(part[name])]
        unit = label.removeprefix(name).strip(" ()")
        words.append(f"\n{name} = {value:.4g} {unit}".rstrip())
    return ", ".join(words).replace(", \n", "\n")


def mesh(
    panel: Axes, data: xr.Dataset, values: xr.DataArray, first: str, second: str, **style: Any
) -> Any:
    """A map over two axes, with the colour of "no steady state" behind it."""
    x, y = scaled(data, first)[0], scaled(data, second)[0]
    panel.set_facecolor(NO_STATE)
    image = panel.pcolormesh(x, y, values.transpose(second, first).values, **style)
    space(panel, x, "x")
    space(panel, y, "y")
    return image


def space(panel: Axes, values: np.ndarray, which: str) -> None:
    """A logarithmic scale for values that are spaced so."""
    if len(values) < 3 or values.min() <= 0:
        return
    ratios = values[1:] / values[:-1]
    if np.allclose(ratios, ratios[0], rtol=1e-6):
        (panel.set_xscale if which == "x" else panel.set_yscale)("log")


def label_axes(panels: Any, data: xr.Dataset, first: str, second: str) -> None:
    """Label the outer axes of a grid of maps."""
    for panel in panels[-1]:
        panel.set_xlabel(scaled(data, first)[1])
    for panel in panels[:, 0]:
        panel.set_ylabel(scaled(data, second)[1])
