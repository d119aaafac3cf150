"""Figure of a line fit: data, model, modes, and the residuals beneath."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from phonosync.analysis.lines.fit import LineFit

_LISTED_MODES = 8
_DATA, _MODEL, _MARK = "0.55", "#c1272d", "#0000a7"
_PREFIXES = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz"))


def draw_lines(spectrum: xr.DataArray, fit: LineFit) -> Figure:
    """Draw a spectrum with the modes fitted to it.

    Above: the spectrum in grey, the model in red over the points fitted, a number over each mode
    with its frequency and linewidth in the legend (the first eight), masked interference as
    crosses. Below: deviance residuals, of unit scatter if the model holds, with lines at +-2.

    Args:
        spectrum: what `lines.fit_lines` was given.
        fit: what it returned.

    Returns:
        A figure without a window; `figure.savefig(path)` writes it.
    """
    figure = Figure(figsize=(8, 5 + 0.2 * min(len(fit.modes), _LISTED_MODES)), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    low, high = fit.band_hz
    scale, unit = next((s, u) for s, u in (*_PREFIXES, (1.0, "Hz")) if high >= s)
    margin = 0.1 * (high - low)
    shown = spectrum.sel(frequency=slice(low - margin, high + margin))
    frequency, power = shown["frequency"].values, shown.values
    above.semilogy(frequency / scale, power, color=_DATA, lw=0.7, label="data")
    fitted = np.isin(spectrum["frequency"].values, fit.frequency_hz)
    residuals = fit.acquisition.residuals(spectrum.values[fitted], fit.model)
    pieces = _pieces(fit)
    for number, piece in enumerate(pieces):
        x = fit.frequency_hz[piece] / scale
        above.semilogy(x, fit.model[piece], color=_MODEL, label="fit" if number == 0 else None)
    below.plot(fit.frequency_hz / scale, residuals, ".", color=_DATA, ms=2.5)
    _mark_modes(above, fit, scale, unit)
    _mark_interference(above, spectrum, fit, scale)
    for level, style in ((0, "-"), (-2, ":"), (2, ":")):
        below.axhline(level, color=_MODEL, lw=0.8, ls=style)
    reach = 1.1 * max(4.0, float(np.max(np.abs(residuals))))
    below.set_ylim(-reach, reach)
    above.set_xlim((low - margin) / scale, (high + margin) / scale)
    units = str(spectrum.attrs.get("units", "V^2/Hz")).replace("^2", "²")
    above.set_ylabel(f"power spectral density ({units})")
    below.set_ylabel("deviance\nresidual")
    below.set_xlabel(f"frequency ({unit})")
    above.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        frameon=False,
        fontsize="small",
        title=f"{fit.averages:g} average{'' if fit.averages == 1 else 's'}, "
        f"misfit z = {fit.goodness.deviance_z:+.1f}, 95 % intervals",
        title_fontsize="small",
        alignment="left",
    )
    return figure


def _pieces(fit: LineFit) -> list[NDArray]:
    f = fit.frequency_hz
    return [np.flatnonzero((f >= low) & (f <= high)) for low, high in fit.bands_hz]


def _mark_modes(axes: Axes, fit: LineFit, scale: float, unit: str) -> None:
    for number, mode in enumerate(fit.modes, start=1):
        f, w = mode.frequency_hz, mode.linewidth_hz
        label = (
            f"{number}: {_with_error(f.value / scale, (f.high - f.low) / 2 / scale)} {unit}, "
            f"width {_width(w.value, w.low, w.high)}"
        )
        axes.axvline(
            f.value / scale,
            color=_MARK,
            lw=0.8,
            ls="--",
            alpha=0.6,
            label=label if number <= _LISTED_MODES else None,
        )
        axes.annotate(
            f"{number}",
            (f.value / scale, 0.93),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            color=_MARK,
        )


def _mark_interference(axes: Axes, spectrum: xr.DataArray, fit: LineFit, scale: float) -> None:
    low, high = fit.band_hz
    tones = [tone for tone in fit.interference_hz if low <= tone <= high]
    if tones:
        power = spectrum.sel(frequency=tones, method="nearest").values
        axes.plot(np.array(tones) / scale, power, "kx", label="interference, masked")


def _with_error(value: float, half: float) -> str:
    digits = max(0, 1 - int(np.floor(np.log10(half)))) if half > 0 else 6
    return f"{value:.{digits}f} ± {half:.{digits}f}"


def _width(value: float, low: float, high: float) -> str:
    scale, unit = next((s, u) for s, u in (*_PREFIXES, (1e-3, "mHz")) if value >= s)
    digits = max(0, 1 - int(np.floor(np.log10((high - low) / 2 / scale))))
    return (
        f"{value / scale:.{digits}f} ({low / scale:.{digits}f} … {high / scale:.{digits}f}) {unit}"
    )
