"""Damped oscillators over a background: their maximum-likelihood fit from a start."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import lmfit
import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.lines.acquisition import Acquisition
from phonosync.analysis.lines.shape import Line, total_power
from phonosync.analysis.statistics.correlated import correlated_covariance, set_covariance
from phonosync.analysis.statistics.interval import gradient

# A band reaches this many linewidths from its mode: as far as the line exceeds a tenth of the
# background (1.6 sqrt(height/background)), within these limits.
_REACH_LINEWIDTHS = (8.0, 30.0)
_REACH_POINTS = 24
# Where a line fills the whole span the background is undetermined; a weak prior, this many units
# of ln(background) and of ln(tilt across the band), keeps the line's own errors finite.
_BACKGROUND_PRIOR = 5.0
_LINE_PARAMETERS = ("offset", "log_linewidth", "log_area")
_BAND_PARAMETERS = ("log_background", "tilt")


@dataclass(frozen=True)
class Band:
    """Frequencies from `low` to `high` with a power-law background.

        b (f/centre)^(tilt/ln(high/low)), centre = sqrt(low high)

    The background grows by exp(tilt) across the band.
    """

    low: float
    high: float
    background: float
    tilt: float = 0.0

    def power(self, frequency: NDArray) -> NDArray:
        """Background, continued evenly outside the band."""
        inside = np.clip(frequency, self.low, self.high)
        position = np.log(inside / np.sqrt(self.low * self.high)) / np.log(self.high / self.low)
        return self.background * np.exp(np.clip(self.tilt * position, -200, 200))


@dataclass(frozen=True)
class Fit:
    """Lines and bands at the optimum, and what the optimiser returned.

    `selected` marks the points fitted, `model` is S at these points, `deviance` their D;
    `starts` are the lines that the optimiser's parameters are relative to, `spectrum` is S as a
    function of them; `independent_covariance` is theirs as if no two points were correlated.
    """

    lines: tuple[Line, ...]
    bands: tuple[Band, ...]
    selected: NDArray
    model: NDArray
    deviance: float
    starts: tuple[Line, ...]
    spectrum: Callable[[Any], NDArray]
    result: Any
    minimizer: lmfit.Minimizer
    independent_covariance: Any

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""
        return self.result.nvarys

    @property
    def errors(self) -> list[tuple[float, float, float]]:
        """Standard errors of frequency (Hz), ln linewidth and ln area; NaN if undetermined."""

        def error(name: str) -> float:
            return self.result.params[name].stderr or np.nan

        return [
            (
                start.linewidth_hz * error(f"offset_{j}"),
                error(f"log_linewidth_{j}"),
                error(f"log_area_{j}"),
            )
            for j, start in enumerate(self.starts)
        ]

    @property
    def asymmetry_errors(self) -> list[float]:
        """Standard errors of the lines' asymmetries; NaN where they were not free."""
        found = [self.result.params.get(f"asymmetry_{j}") for j in range(len(self.starts))]
        return [(one.stderr or np.nan) if one is not None else np.nan for one in found]

    def background(self, frequency_hz: float) -> float:
        """Background of the band that holds this frequency, or of the nearest band."""
        band = min(self.bands, key=lambda b: max(b.low - frequency_hz, frequency_hz - b.high, 0.0))
        return float(band.power(np.array(frequency_hz)))


def bands_around(
    lines: tuple[Line, ...],
    background: tuple[float, ...],
    frequency: NDArray,
    *,
    reach: float = 1.0,
) -> tuple[Band, ...]:
    """Bands in which the modes are fitted, overlapping and neighbouring ones joined.

    Args:
        lines: the modes.
        background: power under each mode.
        frequency: Hz, the whole spectrum.
        reach: factor on the reach of every mode; lower it where the model fails far from a mode.
    """
    step = frequency[1] - frequency[0]
    spans = []
    for line, level in sorted(
        zip(lines, background, strict=True), key=lambda pair: pair[0].frequency_hz
    ):
        linewidths = reach * np.clip(1.6 * np.sqrt(line.height / level), *_REACH_LINEWIDTHS)
        half = max(linewidths * line.linewidth_hz, _REACH_POINTS * step)
        spans.append([line.frequency_hz - half, line.frequency_hz + half, level])
    spans.sort()
    joined = [spans[0]]
    for low, high, level in spans[1:]:
        # Neighbours share one background, across a gap of up to half the shorter one.
        if low - joined[-1][1] <= min(high - low, joined[-1][1] - joined[-1][0]) / 2:
            joined[-1][1] = max(joined[-1][1], high)
            joined[-1][2] = min(joined[-1][2], level)
        else:
            joined.append([low, high, level])
    return tuple(
        Band(max(low, frequency[0]), min(high, frequency[-1]), level) for low, high, level in joined
    )


def fit_from(
    lines: tuple[Line, ...],
    bands: tuple[Band, ...],
    frequency: NDArray,
    power: NDArray,
    acquisition: Acquisition,
    *,
    usable: NDArray,
    asymmetric: bool = False,
    tolerance: float = 1.5e-8,
) -> Fit:
    """Maximum likelihood of lines and backgrounds, joint over all bands.

    Free are, relative to the start, the offset of each centre in starting linewidths, the
    logarithms of linewidth, area and background, and each background's tilt. All start at one:
    the optimiser's steps are relative, and one at zero would be too short for a derivative.
    Asymmetries stay as they are unless they are free, too.

    Args:
        lines: starting values; may be empty.
        bands: starting backgrounds; at least one.
        frequency: Hz, even, whole spectrum, shape (N,).
        power: P, shape (N,).
        acquisition: how the spectrum was taken.
        usable: shape (N,), False where points are masked.
        asymmetric: whether each line's asymmetry is free.
        tolerance: relative, of the deviance and of the parameters, at which the optimiser stops.
    """
    member = [usable & (frequency >= band.low) & (frequency <= band.high) for band in bands]
    selected = np.any(member, axis=0)
    f, P = frequency[selected], power[selected]
    inside = [mask[selected] for mask in member]
    of_lines = (*_LINE_PARAMETERS, "asymmetry") if asymmetric else _LINE_PARAMETERS
    names = [f"{name}_{j}" for j in range(len(lines)) for name in of_lines]
    names += [f"{name}_{m}" for m in range(len(bands)) for name in _BAND_PARAMETERS]
    parameters = lmfit.Parameters()
    for name in names:
        parameters.add(name, 1.0)

    def unpack(p: Any) -> tuple[tuple[Line, ...], tuple[Band, ...]]:
        change = {name: value - 1 for name, value in p.valuesdict().items()}
        return (
            tuple(
                Line(
                    start.frequency_hz + start.linewidth_hz * change[f"offset_{j}"],
                    start.linewidth_hz * _exp(change[f"log_linewidth_{j}"]),
                    start.area * _exp(change[f"log_area_{j}"]),
                    start.asymmetry + change.get(f"asymmetry_{j}", 0.0),
                )
                for j, start in enumerate(lines)
            ),
            tuple(
                replace(
                    start,
                    background=start.background * _exp(change[f"log_background_{m}"]),
                    tilt=start.tilt + change[f"tilt_{m}"],
                )
                for m, start in enumerate(bands)
            ),
        )

    def model(p: Any) -> NDArray:
        now_lines, now_bands = unpack(p)
        total = total_power(f, now_lines, acquisition.resolution)
        for band, mask in zip(now_bands, inside, strict=True):
            total[mask] += band.power(f[mask])
        return total

    def residuals(p: Any) -> NDArray:
        prior = [
            (p[f"{name}_{m}"].value - 1) / _BACKGROUND_PRIOR
            for m in range(len(bands))
            for name in _BAND_PARAMETERS
        ]
        return np.concatenate([acquisition.residuals(P, model(p)), prior])

    minimizer = lmfit.Minimizer(residuals, parameters, scale_covar=False)
    result: Any = minimizer.minimize(
        "leastsq", max_nfev=200 * (len(parameters) + 1), ftol=tolerance, xtol=tolerance
    )
    fitted_lines, fitted_bands = unpack(result.params)
    S = model(result.params)
    deviance = float(np.sum(acquisition.residuals(P, S) ** 2))
    return Fit(
        fitted_lines,
        fitted_bands,
        selected,
        S,
        deviance,
        lines,
        model,
        result,
        minimizer,
        result.covar,
    )


def correct_errors(fit: Fit, acquisition: Acquisition) -> None:
    """Count the correlation of neighbouring points in the fit's covariance."""
    if fit.result.covar is None or not acquisition.correlations.size:
        return
    slope = gradient(lambda p: np.log(fit.spectrum(p)), fit.result)
    covariance = correlated_covariance(
        fit.result.covar,
        np.sqrt(acquisition.information) * slope.T,
        acquisition.fitted_correlations,
        position=np.flatnonzero(fit.selected),
    )
    set_covariance(fit.result, covariance)


def _exp(exponent: float) -> float:
    # A step of the optimiser may leave the range of floats for a moment.
    return float(np.exp(np.clip(exponent, -200, 200)))
