"""Intervals of a resonance by profile and by blocks of residuals, where neighbours are alike."""

import lmfit
import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.lines.resonance import fit_resonance, resonance
from phonosync.analysis.lines.resonance_intervals import bootstrapped_resonance, profiled_resonance

F = np.linspace(5.922e9, 5.923e9, 301)
CENTRE, LINEWIDTH = 5.9224e9, 150e3
NAMES = ("frequency_hz", "linewidth_hz", "internal_quality", "asymmetry_rad")
CHI_SQUARE_95 = 3.841459


def trace(seed, *, memory=0.0, noise=0.01):
    """A notch under noise with the correlation memory^k at k points apart."""
    e = np.random.default_rng(seed).standard_normal((len(F), 2)) @ [1, 1j] * noise / np.sqrt(2)
    for k in range(1, len(e)):
        e[k] = memory * e[k - 1] + np.sqrt(1 - memory**2) * e[k]
    S = 1 - 0.3 / (1 + 2j * (F - CENTRE) / LINEWIDTH)
    return xr.DataArray(S + e, coords={"frequency": F}, dims="frequency", name="S21")


def width(interval):
    return interval.high - interval.low


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_of_small_errors_the_profile_is_the_curvatures_interval(memory):
    plain = fit_resonance(trace(1, memory=memory, noise=1e-3))
    profiled = profiled_resonance(plain)
    for name in NAMES:
        one, other = getattr(plain, name), getattr(profiled, name)
        assert other.value == pytest.approx(one.value)
        assert width(other) == pytest.approx(width(one), rel=0.02)
    assert (plain.interval, profiled.interval) == ("curvature", "profile")


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_at_a_profiles_end_the_squares_have_risen_by_the_threshold(memory):
    """Another optimiser holds the frequency there: 3.84 times what the correlation makes of it."""
    fit = fit_resonance(trace(2, memory=memory))
    x = (F - F.mean()) / np.ptp(F)
    growth = fit.error_growth**2
    assert growth > 3 if memory else growth == pytest.approx(1, abs=0.2)
    for end in (
        profiled_resonance(fit).frequency_hz.low,
        profiled_resonance(fit).frequency_hz.high,
    ):
        parameters = fit.result.params.copy()
        parameters["centre"].set(value=(end - F.mean()) / np.ptp(F), vary=False)
        held = lmfit.Model(resonance).fit(fit.data, parameters, x=x)
        rise = (held.chisqr - fit.result.chisqr) / fit.result.redchi
        assert rise == pytest.approx(CHI_SQUARE_95 * growth, rel=0.03)


def test_under_white_noise_blocks_scatter_as_the_curvature_says():
    plain = fit_resonance(trace(3))
    drawn = bootstrapped_resonance(plain, replicas=200)
    for name in NAMES:
        one, other = getattr(plain, name), getattr(drawn, name)
        assert other.value == pytest.approx(one.value)
        assert width(other) == pytest.approx(width(one), rel=0.25)
    assert drawn.to_json()["interval"] == "bootstrap"


@pytest.mark.parametrize(
    "found", [profiled_resonance, lambda fit: bootstrapped_resonance(fit, replicas=100)]
)
def test_intervals_hold_the_truth_where_the_noise_remembers(found):
    fits = [found(fit_resonance(trace(seed, memory=0.7))) for seed in range(40)]
    for name, true in {"frequency_hz": CENTRE, "linewidth_hz": LINEWIDTH}.items():
        intervals = [getattr(fit, name) for fit in fits]
        covered = np.mean([i.low <= true <= i.high for i in intervals])
        # 95 ± 3.4 % of 40; errors of independent points would hold a half to two thirds.
        assert covered >= 0.8, name
