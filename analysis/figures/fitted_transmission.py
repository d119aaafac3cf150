"""Measured S-parameters with those of the fitted device on them, and residuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.measured.frequency_axis import label_frequency
from phonosync.analysis.run.fitted_responses import FittedResponse

_SIGMAS = 5.0  # of a residual that is always in sight
_FLOOR = 1e-12  # of |S|: where a simulation without noise has nothing


def draw_fitted_transmission(found: Mapping[Way, Sequence[FittedResponse]]) -> Figure:
    """Draw size and phase of every S-parameter, the fitted device's as a line, residuals below.

    The phase alone tells of a resonance that loses nothing but through its port.

    Args:
        found: S-parameters of each direction at one setting.

    Returns:
        A figure without a window: one block an S-parameter, and in it a panel of residuals of both
        parts for each direction.
    """
    by_name: dict[str, dict[Way, FittedResponse]] = {}
    for way, responses in found.items():
        for one in responses:
            by_name.setdefault(one.trace.name, {})[way] = one
    columns = min(len(by_name), 2)
    rows = -(-len(by_name) // columns)
    deepest = max(len(ways) for ways in by_name.values())
    figure = Figure(figsize=(4.9 * columns, (3.6 + 0.9 * deepest) * rows), layout="constrained")
    blocks = figure.subfigures(rows, columns, squeeze=False)
    for block, (name, ways) in zip(blocks.flat, sorted(by_name.items()), strict=False):
        panels = block.subplots(
            2 + len(ways), sharex=True, height_ratios=[2.6, 1.6, *[1.0] * len(ways)]
        )
        _block(panels, name, ways)
    return figure


def _block(panels: Sequence[Axes], name: str, ways: Mapping[Way, FittedResponse]) -> None:
    top, middle = panels[:2]
    f = next(iter(ways.values())).trace.frequency_hz
    shift, scale = label_frequency(panels[-1], (float(f[0]), float(f[-1])), "probe − drive")
    for rest, (way, one) in zip(panels[2:], ways.items(), strict=True):
        x = (one.trace.frequency_hz - shift) / scale
        top.plot(x, _decibel(one.model), color="black", ls=way.line, lw=1.1, zorder=1)
        top.plot(x, _decibel(one.trace.values), ".", ms=3.5, color=way.colour, alpha=0.7)
        phase = np.unwrap(np.angle(one.model))
        off = np.angle(one.trace.values / one.model)
        middle.plot(x, phase, color="black", ls=way.line, lw=1.1, zorder=1)
        middle.plot(x, phase + off, ".", ms=3.5, color=way.colour, alpha=0.7)
        through = f"{one.trace.source} → {one.trace.receiver}"
        top.plot([], [], ".", color=way.colour, label=f"{way.short}: {through}")
        residual = one.residuals
        rest.plot(x, residual.real, ".", ms=2.5, color=way.colour, alpha=0.7, label="real")
        rest.plot(x, residual.imag, ".", ms=2.5, color="0.45", alpha=0.6, label="imaginary")
        rest.axhline(0, color="black", lw=0.8)
        most = float(np.max(np.abs([residual.real, residual.imag])))
        rest.set_ylim(*(side * max(_SIGMAS, 1.1 * most) for side in (-1, 1)))
        rest.set_ylabel("residual (σ)", fontsize=9)
        rest.text(
            0.99,
            0.95,
            f"χ² {one.chi_square:.4g} of {one.points} points",
            transform=rest.transAxes,
            ha="right",
            va="top",
            fontsize=8,
        )
    top.plot([], [], color="black", lw=1.1, label="fitted device")
    top.set_title(rf"$S_{{{name.removeprefix('S')}}}$", fontsize=11)
    top.set_ylabel(f"|{name}| (dB)")
    top.legend(frameon=False, fontsize=8)
    middle.set_ylabel("phase (rad)")
    panels[2].legend(frameon=False, fontsize=8, ncols=2, loc="lower left", handletextpad=0.1)


def _decibel(S: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.maximum(np.abs(S), _FLOOR))
