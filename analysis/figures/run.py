"""Figures of a run: spectra with fit and residuals, synchronization per direction."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from phonosync.analysis.directions.fit import DirectionFit
from phonosync.analysis.run.cavity import CavityAnalysis
from phonosync.analysis.statistics.likelihood import deviance_residuals

COLOURS = {1: "#0b6e99", -1: "#c8553d"}
"""A direction of light has the same colour in every figure."""
NAMES = {1: "light +1 (clockwise)", -1: "light −1 (counter-clockwise)"}
_GREY = "#555555"


def draw_spectra(fit: DirectionFit) -> Figure:
    """Measured spectra of both directions, the joint fit, and its residuals."""
    spectra = fit.spectra
    lights = spectra.lights
    f = spectra.frequency_hz / 1e6
    figure = Figure(figsize=(4.6 * len(lights), 4.8), layout="constrained")
    axes = figure.subplots(
        2, len(lights), sharex=True, squeeze=False, gridspec_kw={"height_ratios": [3, 1]}
    )
    for column, light in enumerate(lights):
        top, bottom = axes[0, column], axes[1, column]
        model, power = fit.model(light), spectra.power[light]
        top.plot(f, power, ".", ms=3, color=COLOURS[light], alpha=0.5, label="measured")
        top.plot(f, model, "-", lw=1.5, color="black", label="joint fit")
        top.axhline(1, color=_GREY, lw=0.8, ls=":", label="shot noise")
        if model.max() > 5 * model.min():
            top.set_yscale("log")
            top.yaxis.set_major_formatter("{x:g}")
            top.yaxis.set_minor_formatter(NullFormatter())
        top.set_title(NAMES[light], color=COLOURS[light], fontsize=11)
        top.legend(frameon=False, fontsize=9)
        residual = deviance_residuals(power, model, spectra.averages[light])
        bottom.plot(f, residual, ".", ms=2, color=COLOURS[light], alpha=0.6)
        bottom.axhline(0, color="black", lw=0.8)
        bottom.set_ylim(-5, 5)
        bottom.set_xlabel("frequency (MHz)")
        bottom.set_xlim(f[0], f[-1])
    axes[0, 0].set_ylabel("noise power (shot noise = 1)")
    axes[1, 0].set_ylabel("residual (σ)")
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
        label = "single quads" if place == 0 else None
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
    axes.legend(frameon=False, loc="center right", fontsize=9)
    return figure
