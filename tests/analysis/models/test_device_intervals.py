"""Intervals of fitted entries, four ways: all as wide as each other where errors are small."""

import lmfit
import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.intervals import entry_intervals
from phonosync.analysis.models.synchronization import network_synchronization

FREE = ["modes.phonon_1.frequency", "modes.phonon_1.occupation"]


@pytest.fixture(scope="module")
def fit(ring, draw):
    band = np.linspace(9.9e6, 11.1e6, 61)
    return fit_network(ring, FREE, draw(ring, 4, 500, [Condition(1)], frequency_hz=band), start={})


def width(interval):
    return interval.high - interval.low


@pytest.mark.parametrize(("method", "within"), [("profile", 0.1), ("bootstrap", 0.3)])
def test_profile_and_bootstrap_are_as_wide_as_the_curvature(fit, method, within):
    plain = entry_intervals(fit, "curvature")
    other = entry_intervals(fit, method, replicas=80)
    assert list(other) == FREE
    for name, interval in plain.items():
        assert other[name].value == interval.value
        assert width(other[name]) == pytest.approx(width(interval), rel=within)
    [state] = network_synchronization(fit).states
    [again] = network_synchronization(fit, method=method, replicas=80).states
    assert width(again.S_c) == pytest.approx(width(state.S_c), rel=within)


def test_the_posterior_is_as_wide_as_the_curvature(fit):
    """As docs/statistics.md has it."""
    pytest.importorskip("emcee")
    sampler = lmfit.Minimizer(fit.model.residuals, fit.parameters)
    chain = sampler.emcee(steps=100, burn=40, nwalkers=10, is_weighted=True, seed=1, progress=False)
    for name in fit.result.var_names:
        scatter = float(np.std(chain.flatchain[name]))
        assert scatter == pytest.approx(fit.parameters[name].stderr, rel=0.3)
