"""Intervals of fitted modes that suppose no parabola: by profile, or by refitting drawn spectra."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from phonosync.analysis.lines.fit import LineFit, Mode
from phonosync.analysis.lines.model import fit_from
from phonosync.analysis.lines.shape import Line, fano_inverse
from phonosync.analysis.statistics.bootstrap import replica_intervals
from phonosync.analysis.statistics.interval import Interval
from phonosync.analysis.statistics.profile import profile_intervals


def profiled_modes(fit: LineFit) -> LineFit:
    """The fit with intervals where the deviance, minimised over all else, has risen by 3.84.

    Where points are correlated the threshold grows by what the correlation adds to each number's
    variance. Costs some tens of fits a number.

    Args:
        fit: from `fit_lines`.
    """
    result, starts = fit.fit.result, fit.fit.starts
    before, after = np.diag(fit.fit.independent_covariance), np.diag(result.covar)
    growth = dict(zip(result.var_names, after / before, strict=True))

    def profiled(name: str, value: Callable[[float], float]) -> Interval:
        found = profile_intervals(
            result, [name], minimizer=fit.fit.minimizer, inflation=float(growth[name])
        )[name]
        return Interval(*(value(end) for end in (found.value, found.low, found.high)))

    modes: list[Any] = [None] * len(starts)
    for j, start in enumerate(starts):
        modes[j] = Mode(
            profiled(
                f"offset_{j}",
                lambda x, s=start: s.frequency_hz + s.linewidth_hz * (x - 1),
            ),
            profiled(f"log_linewidth_{j}", lambda x, s=start: s.linewidth_hz * np.exp(x - 1)),
            profiled(f"log_area_{j}", lambda x, s=start: s.area * np.exp(x - 1)),
            profiled(f"asymmetry_{j}", lambda x, s=start: fano_inverse(s.asymmetry + x - 1))
            if f"asymmetry_{j}" in growth
            else None,
        )
    return replace(fit, modes=tuple(sorted(modes, key=lambda mode: mode.frequency_hz.value)))


def bootstrapped_modes(
    spectrum: xr.DataArray, fit: LineFit, *, replicas: int = 200, seed: int = 0
) -> LineFit:
    """The fit with intervals from fits to spectra drawn from it: a parametric bootstrap.

    Spectra are drawn with the averages and the correlations of the measured one. The percentiles
    are turned round (the basic bootstrap): what draws miss of the fit, the fit misses of the
    truth; of linewidths and areas on the logarithm. Costs `replicas` fits.

    Args:
        spectrum: what `fit_lines` was given.
        fit: what it returned.
        replicas: drawn spectra.
        seed: of the draws.
    """
    random, at = np.random.default_rng(seed), fit.fit
    place = np.flatnonzero(at.selected)
    frequency, power = spectrum["frequency"].values, np.array(spectrum.values, float)
    asymmetric = "asymmetry_0" in at.result.var_names
    drawn = []
    for _ in range(replicas):
        power[place] = fit.acquisition.simulate(at.model, random, place)
        again = fit_from(
            at.lines,
            at.bands,
            frequency,
            power,
            fit.acquisition,
            usable=at.selected,
            asymmetric=asymmetric,
        )
        drawn.append([_numbers(line) for line in again.lines])
    modes = []
    for line, found in zip(at.lines, np.moveaxis(np.array(drawn), 1, 0), strict=True):
        value = _numbers(line)
        f, w, a, d = (
            Interval(one.value, 2 * one.value - one.high, 2 * one.value - one.low)
            for one in replica_intervals(value, found)
        )
        q = Interval(*(fano_inverse(x) for x in (d.value, d.low, d.high))) if asymmetric else None
        modes.append(Mode(f, _exponential(w), _exponential(a), q))
    return replace(fit, modes=tuple(sorted(modes, key=lambda mode: mode.frequency_hz.value)))


def _numbers(line: Line) -> np.ndarray:
    return np.array(
        [line.frequency_hz, np.log(line.linewidth_hz), np.log(line.area), line.asymmetry]
    )


def _exponential(interval: Interval) -> Interval:
    return Interval(*(float(np.exp(x)) for x in (interval.value, interval.low, interval.high)))
