"""Figure of a resonance: magnitude, phase plane, residuals."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from phonosync.analysis.lines.resonance_fit import ResonanceFit
from phonosync.analysis.measured.frequency_axis import label_frequency

_DATA, _MODEL = "0.55", "#c1272d"


def draw_resonance(fit: ResonanceFit) -> Figure:
    """Draw |S|, S in the complex plane, and the residuals of both its parts.

    Args:
        fit: what `fit_resonance` returned.

    Returns:
        A figure without a window.
    """
    figure = Figure(figsize=(9, 5), layout="constrained")
    panels = figure.subplot_mosaic([["size", "plane"], ["rest", "plane"]], height_ratios=(3, 1))
    f, size, rest, plane = fit.frequencies_hz, panels["size"], panels["rest"], panels["plane"]
    shift, scale = label_frequency(rest, (f[0], f[-1]), "frequency")
    x = (f - shift) / scale
    size.plot(x, 20 * np.log10(np.abs(fit.data)), ".", color=_DATA, ms=2.5, label="data")
    size.plot(x, 20 * np.log10(np.abs(fit.model)), color=_MODEL, lw=1.2, label="fit")
    size.set_xlim(x[0], x[-1])
    size.tick_params(labelbottom=False)
    size.set_ylabel(f"|{fit.name}| (dB)")
    size.legend(frameon=False, fontsize="small")
    residual = fit.data - fit.model
    rest.plot(x, residual.real, ".", color=_DATA, ms=2, label="real")
    rest.plot(x, residual.imag, ".", color="#0000a7", ms=2, label="imaginary")
    rest.axhline(0, color=_MODEL, lw=0.8)
    rest.set_ylabel("residual")
    rest.legend(frameon=False, fontsize="x-small", ncols=2, loc="upper right")
    plane.plot(fit.data.real, fit.data.imag, ".", color=_DATA, ms=2.5)
    plane.plot(fit.model.real, fit.model.imag, color=_MODEL, lw=1.2)
    plane.set_aspect("equal", adjustable="datalim")
    plane.set_xlabel(f"Re {fit.name}")
    plane.set_ylabel(f"Im {fit.name}")
    value, interval = fit.quality.text()
    figure.suptitle(
        f"loaded Q {value} ({interval}); residual {fit.residual_rms:.2g} r.m.s., "
        f"{fit.points} points worth {fit.effective_points:.0f}",
        fontsize="medium",
    )
    return figure
