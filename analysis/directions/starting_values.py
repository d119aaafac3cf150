"""Starting values for the cavity model, found from the spectra alone.

The direction whose lines are narrower is the weakly coupled one: its lines sit near the phonons'
own frequencies, moved by the optical spring. What it cannot say (the cavity's linewidth and
detuning, how much of a line's width is optical) is searched on a quasi-random grid, the other
direction's detuning on a line, by likelihood. The drive is taken to be red-detuned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_widths
from scipy.stats import qmc

from phonosync.analysis.directions.cavity import PHONONS, detuning_name, parameters_at
from phonosync.analysis.directions.spectra import DirectionSpectra, model_spectrum
from phonosync.analysis.statistics.likelihood import whittle_deviance
from phonosync.theory.errors import InputError, UnstableError

_TRIALS = 128  # a power of 2, as Sobol's sequence wants
_OTHER_DETUNINGS = np.geomspace(0.4, 2.8, 10)  # in units of the lines' mean frequency
_SIGNIFICANT = 6.0  # standard deviations of a smoothed peak above the shot noise


@dataclass(frozen=True)
class Lines:
    """The strongest lines of a spectrum: frequencies, widths (Hz) and heights over 1."""

    frequency_hz: NDArray[np.floating]
    width_hz: NDArray[np.floating]
    height: NDArray[np.floating]


def strongest_lines(
    frequency_hz: NDArray[np.floating],
    power: NDArray[np.floating],
    averages: float,
    *,
    wanted: int = 2,
) -> Lines | None:
    """Find the most prominent lines above the shot noise; None where fewer than `wanted` stand out.

    Args:
        frequency_hz: evenly spaced, shape (F,).
        power: shot-noise units, shape (F,).
        averages: of the spectrum.
        wanted: how many lines.
    """
    spacing = frequency_hz[1] - frequency_hz[0]
    best: Lines | None = None
    for points in (3, 7, 15, 31):
        kernel = np.hanning(points + 2)[1:-1]
        kernel /= kernel.sum()
        smooth = np.convolve(power, kernel, mode="same")
        sigma = np.sqrt(np.sum(kernel**2) / averages)
        peaks, facts = find_peaks(smooth, prominence=_SIGNIFICANT * sigma * np.median(smooth))
        if len(peaks) < wanted:
            continue
        # Prominence in its own standard deviation: the same for narrow and broad lines.
        rank = np.argsort(facts["prominences"] / smooth[peaks])[-wanted:]
        pair = np.sort(peaks[rank])
        widths = peak_widths(smooth, pair, rel_height=0.5)[0]
        lines = Lines(frequency_hz[pair], widths * spacing, power[pair] - 1)
        if best is None or smooth[pair].sum() > 2 * best.height.sum():
            best = lines
    return best


def starting_values(spectra: DirectionSpectra, wanted: int) -> list[Parameters]:
    """The `wanted` most likely of many trial parameter sets.

    Raises:
        InputError: neither direction shows two phonon lines.
    """
    f = spectra.frequency_hz
    found = {
        light: lines
        for light in spectra.lights
        if (lines := strongest_lines(f, spectra.power[light], spectra.averages[light])) is not None
    }
    if not found:
        raise InputError(
            f"no two phonon lines stand out of the shot noise between {f[0]:.6g} and {f[-1]:.6g} "
            "Hz in any direction; average longer, or measure the band where the phonons are."
        )
    narrow = min(found, key=lambda light: found[light].width_hz.sum())
    lines = found[narrow]
    scale = float(lines.frequency_hz.mean())
    trials = []
    for point in qmc.Sobol(3, rng=np.random.default_rng(0)).random(_TRIALS):
        values = _trial(point, lines, narrow, spectra)
        parameters = parameters_at(values, spectra.lights)
        cost = _match_heights(parameters, lines, spectra, narrow)
        for light in spectra.lights:
            if light == narrow or not np.isfinite(cost):
                continue
            name = detuning_name(light)
            costs = []
            for detuning in (values[detuning_name(narrow)], *(scale * _OTHER_DETUNINGS)):
                parameters[name].set(value=detuning)
                costs.append((_deviance(parameters, spectra, light), detuning))
            other, detuning = min(costs)
            parameters[name].set(value=detuning)
            cost += other
        if np.isfinite(cost):
            trials.append((cost, len(trials), parameters))
    if not trials:
        raise InputError(
            "no stable cavity with two phonons resembles these spectra; check the band, the shot "
            "noise reference and the detection efficiency."
        )
    trials.sort()
    return [parameters for _, _, parameters in trials[:wanted]]


def _trial(
    point: NDArray[np.floating], lines: Lines, narrow: int, spectra: DirectionSpectra
) -> dict[str, float]:
    """Physical values of one point of the unit cube: (linewidth, detuning, optical share)."""
    scale = float(lines.frequency_hz.mean())
    kappa = scale * 0.03 * 30 ** point[0]
    detuning = scale * 0.4 * 7 ** point[1]
    optical = 0.02 + 0.96 * point[2]
    values = {
        "cavity_linewidth_hz": kappa,
        "efficiency": spectra.efficiency,
        "escape": spectra.escape,
        **{detuning_name(light): detuning for light in spectra.lights},
    }
    for j, f, width in zip(PHONONS, lines.frequency_hz, lines.width_hz, strict=True):
        own = max(width**2 - spectra.resolution_bandwidth_hz**2, (0.2 * width) ** 2) ** 0.5
        # Damping and spring of a weakly coupled phonon: G² times the cavity's response.
        response = 1 / (kappa / 2 - 1j * (f - detuning)) - 1 / (kappa / 2 - 1j * (f + detuning))
        enhanced_squared = own * optical / max(2 * response.real, 1e-30)
        drive = np.hypot(kappa / 2, detuning) / lines.frequency_hz[0]
        values[f"frequency_{j}_hz"] = float(f - enhanced_squared * response.imag)
        values[f"linewidth_{j}_hz"] = own * (1 - optical)
        values[f"coupling_{j}_hz"] = float(np.sqrt(enhanced_squared) * drive)
        values[f"occupation_{j}"] = 1.0
    return values


def _match_heights(
    parameters: Parameters, lines: Lines, spectra: DirectionSpectra, narrow: int
) -> float:
    """Scale the occupations to the narrow lines' heights; the deviance of that direction."""
    for _ in range(2):
        shape = _model(parameters, spectra, narrow)
        if shape is None:
            return np.inf
        for j, f, height in zip(PHONONS, lines.frequency_hz, lines.height, strict=True):
            expected = shape[np.argmin(np.abs(spectra.frequency_hz - f))] - 1
            ratio = height / expected if expected > 0 else 3.0
            n = parameters[f"occupation_{j}"].value
            parameters[f"occupation_{j}"].set(value=np.clip(n * ratio, 1e-2, 1e6), min=1e-6)
    return _deviance(parameters, spectra, narrow)


def _deviance(parameters: Parameters, spectra: DirectionSpectra, light: int) -> float:
    trace = _model(parameters, spectra, light)
    if trace is None or np.any(trace <= 0):
        return np.inf
    return whittle_deviance(spectra.power[light], trace, spectra.averages[light])


def _model(parameters: Parameters, spectra: DirectionSpectra, light: int):
    try:
        return model_spectrum(parameters, spectra, light)
    except UnstableError:
        return None
