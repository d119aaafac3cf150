"""Spectra over a swept quantity, direction by direction: as a waterfall of curves, and as a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.setting_axis import setting_axis, shown_value, spaced
from phonosync.analysis.figures.survey_panels import NO_STATE
from phonosync.analysis.measured.frequency_axis import label_frequency

if TYPE_CHECKING:
    import xarray

_MOST = 24  # curves that can be told apart
_ROOM = 0.35  # of the highest curve's height, from one curve to the next


def draw_waterfall(power: xarray.DataArray, ways: Sequence[Way]) -> Figure:
    """Draw spectra above each other, the swept quantity upwards, one panel a direction.

    Args:
        power: shot-noise units, dimensions (light, field, swept quantity, frequency); a spectrum
            that was not measured is NaN. Of more than 24 every n-th is drawn.
        ways: directions in the order of the panels.
    """
    along = _swept(power)
    picked = np.unique(np.linspace(0, power.sizes[along] - 1, _MOST).round().astype(int))
    some = power.isel({along: picked})
    decibels = _decibels(some).transpose("light", "field", along, "frequency")
    height = float(np.nanmax(decibels.values) - min(float(np.nanmin(decibels.values)), 0.0))
    step = max(_ROOM * height, 0.2) if len(picked) > 1 else 0.0
    figure, grid = _panels(len(ways), (4.6, 3.0 + 0.28 * len(picked)))
    for axes, way in zip(grid.flat, ways, strict=False):
        f = power["frequency"].values
        shift, scale = label_frequency(axes, (float(f[0]), float(f[-1])), "frequency")
        x = (f - shift) / scale
        here = decibels.sel(light=way.light, field=way.field)
        for k in reversed(range(len(picked))):
            _curve(axes, x, here.values[k], k * step, way.colour, front=len(picked) - k)
            said = shown_value(
                float(some[along][k]), along, str(power[along].attrs.get("units", ""))
            )
            place = (0.985, k * step + 0.12 * step)
            axes.annotate(
                said,
                place,
                xycoords=("axes fraction", "data"),
                ha="right",
                va="bottom",
                fontsize=8,
                zorder=50,
                bbox={"fc": "white", "ec": "none", "alpha": 0.7, "pad": 0.6},
            )
        axes.set_title(way.name, color=way.colour, fontsize=11)
    higher = f", each {step:.2g} higher" if step else ""
    for axes in grid[:, 0]:
        axes.set_ylabel(f"noise over shot noise (dB{higher})")
    lifted = decibels.values + step * np.arange(len(picked))[:, None] if step else decibels.values
    bottom = min(0.0, float(np.nanmin(decibels.values)))
    grid[0, 0].set_ylim(bottom - 0.06 * height, float(np.nanmax(lifted)) + 0.06 * height)
    return figure


def draw_spectral_map(power: xarray.DataArray, ways: Sequence[Way]) -> Figure:
    """Draw noise power over frequency and the swept quantity, one panel a direction.

    One colour scale for all; grey: not measured. Arguments as for `draw_waterfall`.
    """
    along = _swept(power)
    y, label = setting_axis(power[along].values, along, str(power[along].attrs.get("units", "")))
    decibels = _decibels(power)
    low, high = (float(end(decibels.values)) for end in (np.nanmin, np.nanmax))
    figure, grid = _panels(len(ways), (4.6, 3.8))
    image: Any = None
    for axes, way in zip(grid.flat, ways, strict=False):
        f = power["frequency"].values
        shift, scale = label_frequency(axes, (float(f[0]), float(f[-1])), "frequency")
        here = decibels.sel(light=way.light, field=way.field).transpose(along, "frequency")
        axes.set_facecolor(NO_STATE)
        image = axes.pcolormesh(
            (f - shift) / scale,
            y,
            here.values,
            vmin=low,
            vmax=high,
            cmap="viridis",
            shading="nearest",
            rasterized=True,
        )
        axes.set_title(way.name, color=way.colour, fontsize=11)
    spaced(grid[0, 0], y, "y")
    for axes in grid[:, 0]:
        axes.set_ylabel(label)
    figure.colorbar(image, ax=grid, label="noise power over shot noise (dB)")
    return figure


def _panels(number: int, size: tuple[float, float]) -> tuple[Figure, Any]:
    """A figure of panels with common scales, two beside each other; what is left over is off."""
    columns = min(number, 2)
    rows = -(-number // columns)
    figure = Figure(figsize=(size[0] * columns + 0.6, size[1] * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat:
        axes.xaxis.set_major_locator(MaxNLocator(5))
    for axes in grid.flat[number:]:
        axes.axis("off")
    return figure, grid


def _curve(
    axes: Axes, x: np.ndarray, y: np.ndarray, lift: float, colour: str, *, front: int
) -> None:
    """One spectrum before those behind it."""
    if not np.isfinite(y).any():
        return
    axes.fill_between(x, y + lift, lift - 1e3, color="white", lw=0, zorder=front)
    axes.plot(x, y + lift, color=colour, lw=0.9, zorder=front + 0.5)


def _decibels(power: xarray.DataArray) -> xarray.DataArray:
    return power.copy(data=10 * np.log10(power.values))


def _swept(power: xarray.DataArray) -> str:
    (along,) = (str(dim) for dim in power.dims if dim not in ("light", "field", "frequency"))
    return along
