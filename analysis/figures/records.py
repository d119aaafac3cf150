"""Figures of demodulated records: phase portraits, the phase difference in time, its histogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy.typing import NDArray

from phonosync.analysis.figures.phase_space import ellipse
from phonosync.analysis.figures.run import COLOURS, NAMES
from phonosync.analysis.records.quadratures import Quadratures, read_quadratures

_GREY = "#555555"
_SHOWN = 4000  # points of a cloud or a curve
_PREFIXES = ((1.0, "V"), (1e-3, "mV"), (1e-6, "µV"), (1e-9, "nV"))
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def draw_portraits(
    records: Mapping[int, xr.DataArray], *, names: Mapping[int, str] = NAMES
) -> Figure:
    """Draw X and Y of both vibrations, one row a direction, and of their difference.

    Left and middle: the record with its 1σ ellipse of the covariance, in the frame of the
    reference. Right: the first vibration in the frame of the second's phase: a spot when the pair
    holds together, a ring when it does not.

    Args:
        records: by direction (+1, −1), as a `Demodulator` gives them.
        names: of the directions, where they are not those of light.
    """
    read = {light: read_quadratures(record) for light, record in records.items()}
    scale, unit = _unit(max(float(np.abs(one.z).max()) for one in read.values()), _PREFIXES)
    figure = Figure(figsize=(9.6, 3.3 * len(read) + 0.2), layout="constrained")
    panels = figure.subplots(len(read), 3, sharex=True, sharey=True, squeeze=False)
    for row, (light, one) in zip(panels, read.items(), strict=True):
        relative = one.z[0] * np.exp(-1j * np.angle(one.z[1])) * _turn(one)
        for axes, z in zip(row, (*one.z, relative), strict=True):
            _cloud(axes, z / scale, COLOURS[light])
        row[0].set_ylabel(f"{names[light]}\nY ({unit})", color=COLOURS[light])
    titles = ("vibration 1", "vibration 2", "vibration 1 in the phase frame of 2")
    for axes, title in zip(panels[0], titles, strict=True):
        axes.set_title(title, fontsize=11)
    for axes in panels[-1]:
        axes.set_xlabel(f"X ({unit})")
    handles = panels[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def draw_phase_difference(
    records: Mapping[int, xr.DataArray], *, names: Mapping[int, str] = NAMES
) -> Figure:
    """Draw φ = θ₁ − θ₂ in turns against time for each direction; each whole turn is a slip.

    Args:
        records: by direction (+1, −1).
        names: of the directions.
    """
    read = {light: read_quadratures(record) for light, record in records.items()}
    longest = max(one.duration_s for one in read.values())
    scale, unit = _unit(longest, _TIMES)
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.subplots()
    reach = 0.0
    for light, one in read.items():
        φ = one.phase_difference()
        rest = float(np.angle(np.exp(1j * φ).mean()))
        turns = (φ - rest) / (2 * np.pi)
        turns -= np.round(turns[0])
        step = max(1, len(turns) // _SHOWN)
        axes.plot(
            one.times_s[::step] / scale,
            turns[::step],
            color=COLOURS[light],
            lw=1,
            label=names[light],
        )
        reach = max(reach, float(np.abs(turns).max()))
    if reach < 15:
        for turn in range(-int(reach) - 1, int(reach) + 2):
            axes.axhline(turn, color=_GREY, lw=0.5, ls=":", zorder=0)
    axes.set_xlabel(f"time ({unit})")
    axes.set_ylabel("phase difference (turns from rest)")
    axes.set_xlim(0, longest / scale)
    axes.legend(frameon=False, fontsize=9, loc="best")
    return figure


def draw_phase_histogram(
    records: Mapping[int, xr.DataArray], *, bins: int = 48, names: Mapping[int, str] = NAMES
) -> Figure:
    """Draw the density of φ modulo 2π for each direction, with bars of one standard error.

    The errors count the effective samples (the correlation time of e^{iφ}); dotted: φ of a pair
    that does not hold together.

    Args:
        records: by direction (+1, −1).
        bins: of the histogram.
        names: of the directions.
    """
    from phonosync.analysis.statistics.time_series import correlation_time

    figure = Figure(figsize=(6.0, 3.8), layout="constrained")
    axes = figure.subplots()
    edges = np.linspace(-1, 1, bins + 1)
    middle, width = (edges[1:] + edges[:-1]) / 2, 2 / bins
    for light, record in records.items():
        φ = read_quadratures(record).phase_difference()
        wrapped = np.angle(np.exp(1j * φ)) / np.pi
        share = np.histogram(wrapped, edges)[0] / len(φ)
        worth = len(φ) / (2 * correlation_time(np.exp(1j * φ)))
        error = np.sqrt(share * (1 - share) / worth)
        colour = COLOURS[light]
        axes.stairs(share / width, edges, color=colour, lw=1.4, label=names[light])
        axes.errorbar(middle, share / width, error / width, fmt="none", ecolor=colour, lw=0.8)
    axes.axhline(0.5, color=_GREY, lw=0.8, ls=":", label="free pair")
    axes.set_xlim(-1, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("phase difference φ (π rad)")
    axes.set_ylabel("density (1/π rad)")
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return figure


def _turn(one: Quadratures) -> NDArray[np.complexfloating]:
    """Of frames whose references differ."""
    apart = one.references_hz[0] - one.references_hz[1]
    return np.exp(2j * np.pi * apart * one.times_s)


def _cloud(axes: Axes, z: NDArray[np.complexfloating], colour: str) -> None:
    some = z[:: max(1, len(z) // _SHOWN)]
    axes.plot(some.real, some.imag, ".", ms=1.5, color=colour, alpha=0.35, rasterized=True)
    (long, short), angle = ellipse(np.cov(z.real, z.imag))
    shape: dict[str, Any] = {
        "width": 2 * long,
        "height": 2 * short,
        "angle": float(np.degrees(angle)),
    }
    mean = (float(z.real.mean()), float(z.imag.mean()))
    axes.add_patch(Ellipse(mean, **shape, fc="none", ec="black", lw=1.3, label="1σ covariance"))
    axes.plot(*mean, "+", color="black", ms=7, label="mean")
    axes.set_aspect("equal")
    axes.axhline(0, color=_GREY, lw=0.4, zorder=0)
    axes.axvline(0, color=_GREY, lw=0.4, zorder=0)


def _unit(size: float, prefixes: tuple[tuple[float, str], ...]) -> tuple[float, str]:
    return next(((s, u) for s, u in prefixes if size >= s), prefixes[-1])
