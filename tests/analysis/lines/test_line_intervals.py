"""Intervals of modes by profile and by bootstrap: those of curvature where that holds."""

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.lines.intervals import bootstrapped_modes, profiled_modes

QUANTITIES = ("frequency_hz", "linewidth_hz", "area")


def spectrum(averages, seed, points=400, area=9e4, linewidth=300.0):
    f = 100e3 + 50.0 * np.arange(points)
    centre = float(f[points // 2])
    line = area * linewidth / (2 * np.pi) / ((f - centre) ** 2 + linewidth**2 / 4)
    power = np.random.default_rng(seed).gamma(averages, (line + 1.0) / averages)
    return xr.DataArray(
        power,
        coords={"frequency": f},
        dims="frequency",
        attrs={"averages": averages, "units": "V^2/Hz"},
    )


def width(interval):
    return interval.high - interval.low


def test_for_many_averages_the_profile_is_the_curvatures_interval():
    fit = fit_lines(spectrum(100, 1))
    ([plain], [profiled]) = fit.modes, profiled_modes(fit).modes
    for name in QUANTITIES:
        one, other = getattr(plain, name), getattr(profiled, name)
        assert other.value == pytest.approx(one.value)
        assert width(other) == pytest.approx(width(one), rel=0.05)


def test_refitted_draws_scatter_as_the_curvature_says():
    data = spectrum(50, 2)
    fit = fit_lines(data)
    ([plain], [drawn]) = fit.modes, bootstrapped_modes(data, fit, replicas=150, seed=3).modes
    for name in QUANTITIES:
        one, other = getattr(plain, name), getattr(drawn, name)
        assert other.value == pytest.approx(one.value)
        assert width(other) == pytest.approx(width(one), rel=0.3)


def test_of_few_averages_the_linewidths_profile_is_longer_upwards():
    fit = fit_lines(spectrum(1, 5, linewidth=150.0))
    [mode] = profiled_modes(fit).modes
    w = mode.linewidth_hz
    assert w.high - w.value > 1.1 * (w.value - w.low)


def test_correlated_points_widen_the_profile_as_they_widen_the_errors():
    data = spectrum(30, 6).assign_attrs(window="gaussian", resolution_bandwidth_hz=100.0)
    fit = fit_lines(data)
    ([plain], [profiled]) = fit.modes, profiled_modes(fit).modes
    growth = np.diag(fit.fit.result.covar) / np.diag(fit.fit.independent_covariance)
    assert growth.max() > 1.2
    for name in QUANTITIES:
        assert width(getattr(profiled, name)) == pytest.approx(width(getattr(plain, name)), rel=0.1)
