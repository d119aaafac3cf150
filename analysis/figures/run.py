"""Figures of a run: spectra with fit and residuals, synchronization per direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from phonosync.analysis.directions.fit import DirectionFit
from phonosync.analysis.run.cavity import CavityAnalysis
from phonosync.analysis.statistics.likelihood import deviance_residuals

COLOURS = {1: "#0b6e99", -1: "#c8553d"}
"""A direction of light has the same colour in every figure."""
NAMES = {1: "light +1 (clockwise)", -1: "light −1 (counter-clockwise)"}
_GREY = "#555555"


@dataclass(frozen=True, eq=False)
class FittedSpectrum:
    """A spectrum in shot-noise units, what was fitted to it, and how it is drawn.

    Attributes:
        frequency_hz, power, model: shape (F,).
        averages: K of Gamma(K, S/K).
        name, colour: of its direction.
    """

    frequency_hz: NDArray[np.floating]
    power: NDArray[np.floating]
    model: NDArray[np.floating]
    averages: float
    name: str
    colour: str


def draw_spectra(fit: DirectionFit) -> Figure:
    """Measured spectra of both directions, the joint fit, and its residuals."""
    spectra = fit.spectra
    return draw_fitted_spectra(
        [
            FittedSpectrum(
                spectra.frequency_hz,
                spectra.power[light],
                fit.model(light),
                spectra.averages[light],
                NAMES[light],
                COLOURS[light],
            )
            for light in spectra.lights
        ]
    )


def draw_fitted_spectra(shown: Sequence[FittedSpectrum]) -> Figure:
    """Measured spectra, the fit, and its residuals: two beside each other."""
    columns = min(len(shown), 2)
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(4.6 * columns, 4.8 * rows), layout="constrained")
    axes = figure.subplots(
        2 * rows, columns, sharex=True, squeeze=False, gridspec_kw={"height_ratios": [3, 1] * rows}
    )
    for number, one in enumerate(shown):
        row, column = divmod(number, columns)
        top, bottom = axes[2 * row, column], axes[2 * row + 1, column]
        f, model, power = one.frequency_hz / 1e6, one.model, one.power
        top.plot(f, power, ".", ms=3, color=one.colour, alpha=0.5, label="measured")
        top.plot(f, model, "-", lw=1.5, color="black", label="joint fit")
        top.axhline(1, color=_GREY, lw=0.8, ls=":", label="shot noise")
        if model.max() > 5 * model.min():
            top.set_yscale("log")
            top.yaxis.set_major_formatter("{x:g}")
            few = model.max() < 100 * model.min()
            top.yaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)) if few else LogLocator())
            top.yaxis.set_minor_formatter("{x:g}" if few else NullFormatter())
        top.set_title(one.name, color=one.colour, fontsize=11)
        top.legend(frameon=False, fontsize=9)
        residual = deviance_residuals(power, model, one.averages)
        bottom.plot(f, residual, ".", ms=2, color=one.colour, alpha=0.6)
        bottom.axhline(0, color="black", lw=0.8)
        bottom.set_ylim(-5, 5)
        bottom.set_xlabel("frequency (MHz)")
        bottom.tick_params(labelbottom=True)
        bottom.set_xlim(f[0], f[-1])
        if not column:
            top.set_ylabel("noise power (shot noise = 1)")
            bottom.set_ylabel("residual (σ)")
    for panel in axes[2 * (rows - 1) :, len(shown) - columns * (rows - 1) :].flat:
        panel.axis("off")
    return figure


def draw_synchronization(analysis: CavityAnalysis) -> Figure:
    """S_c of both directions: joint fit with its 95 % interval, single quads beside it."""
    figure = Figure(figsize=(5.2, 4.2), layout="constrained")
    axes = figure.subplots()
    lights = [entry.light for entry in analysis.directions]
    jitter = np.linspace(-0.12, 0.12, max(len(analysis.quads), 1))
    for place, entry in enumerate(analysis.directions):
        colour = COLOURS[entry.light]
        quads = analysis.quads[:, place]
        # The device is held, so that these scatter less than the interval of all.
        label = "single quads, detuning alone fitted" if place == 0 else None
        axes.plot(place + 0.25 + jitter, quads, "o", ms=4, mfc="none", color=colour, label=label)
        S = entry.S_c
        if np.isnan(S.low):
            continue
        if np.isnan(S.value):
            axes.plot(place, S.low, "^", color=colour, ms=9, label="lower limit")
            continue
        error = [[S.value - S.low], [S.high - S.value]]
        label = "all quads, 95 %" if place == 0 else None
        axes.errorbar(place, S.value, error, fmt="s", color=colour, capsize=6, ms=7, label=label)
        axes.annotate(
            f"{S.value:.3f}", (place, S.high), (0, 7), textcoords="offset points", ha="center"
        )
    axes.axhline(1, color=_GREY, lw=0.8, ls=":")
    axes.annotate("Heisenberg limit", (-0.45, 1), (0, -11), textcoords="offset points", color=_GREY)
    axes.set_xticks(range(len(lights)), [NAMES[light] for light in lights])
    axes.set_xlim(-0.5, len(lights) - 0.3)
    axes.set_ylim(0, 1.05)
    axes.set_ylabel("complete synchronization $S_c$")
    chi = analysis.nonreciprocity.contrast
    if not np.isnan(chi.value):
        p = "" if analysis.p_value is None else f"     p = {analysis.p_value:.2g}"
        axes.set_title(
            f"contrast χ = {chi.value:.3f}  [{chi.low:.3f}, {chi.high:.3f}]{p}", fontsize=11
        )
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return figure
