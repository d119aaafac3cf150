"""Intervals of fitted entries, four ways: all as wide as each other where errors are small."""

import lmfit
import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.fitted_device import FittedDevice
from phonosync.analysis.models.identifiability import indistinct
from phonosync.analysis.models.intervals import entry_intervals
from phonosync.analysis.models.synchronization import network_synchronization
from phonosync.theory.device.entries import entry_value, find_entry, with_entries

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


COLD = ["modes.phonon_1.linewidth", "modes.phonon_1.occupation"]


@pytest.fixture(scope="module")
def cold_fit(ring, draw):
    """Noise of a bath at rest whose likelihood is greatest at the bound, zero quanta."""
    still = with_entries(ring, {find_entry(ring, COLD[1]): 0.0})
    half = with_entries(ring, {find_entry(ring, COLD[1]): 0.5})
    observed = draw(still, 17, 200, frequency_hz=np.linspace(9.8e6, 10.2e6, 101))
    return fit_network(half, COLD, observed, start={})


def test_the_fit_of_a_bath_without_quanta_ends_at_the_bound(cold_fit):
    assert 0 <= cold_fit.entries[COLD[1]] < 1e-3
    assert indistinct(cold_fit, remedies=False) == ()


@pytest.mark.parametrize("method", ["curvature", "profile", "bootstrap"])
def test_no_quanta_are_an_upper_limit_however_it_is_found(cold_fit, method):
    found = entry_intervals(cold_fit, method, replicas=20)[COLD[1]]
    assert np.isnan([found.value, found.low]).all()
    assert 0 < found.high < 4 * cold_fit.parameters["modes_phonon_1_occupation"].stderr


def test_the_profiles_limit_is_where_the_deviance_has_risen(ring, cold_fit):
    limit = entry_intervals(cold_fit)[COLD[1]].high
    held = with_entries(ring, {find_entry(ring, COLD[1]): limit})
    there = fit_network(held, COLD[:1], cold_fit.model.observations, start={})
    assert there.result.chisqr - cold_fit.result.chisqr == pytest.approx(1.96**2, rel=0.05)


def test_devices_drawn_from_few_quanta_have_none_below_zero_and_as_many_as_the_error(cold_fit):
    entry = find_entry(cold_fit.model.device, COLD[1])
    drawn = [entry_value(one, entry) for one in FittedDevice.of(cold_fit).draws(400)]
    n, error = np.array(drawn, float), cold_fit.parameters["modes_phonon_1_occupation"].stderr
    assert n.min() >= 0
    # Half a normal distribution has its mean at √(2/π) standard errors.
    assert n.mean() == pytest.approx(np.sqrt(2 / np.pi) * error, rel=0.15)
