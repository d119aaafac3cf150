"""Drawn traces: their mean, their scatter and what neighbouring points share."""

from dataclasses import replace

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.observations import Observations, Prior, Response
from phonosync.analysis.models.simulation import simulate, unit_powers
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GaussianFilter


def test_independent_powers_have_a_mean_of_one_and_a_variance_of_one_over_K():
    x = unit_powers(40_000, 7.0, np.empty(0), np.random.default_rng(0))
    assert x.mean() == pytest.approx(1, abs=0.01)
    assert x.var() == pytest.approx(1 / 7, rel=0.05)


@pytest.mark.parametrize(
    ("window", "spacing"), [(GaussianFilter(2e3), 1e3), (SegmentWindow("hann", 1e-3), 1e3)]
)
def test_powers_behind_a_window_share_what_the_window_says(window, spacing):
    rho, K = window.correlations(spacing), 3
    x = unit_powers(60_000, K, rho, np.random.default_rng(1))
    assert x.mean() == pytest.approx(1, abs=0.02)
    assert x.var() == pytest.approx(1 / K, rel=0.05)
    for lag, expected in enumerate(rho, start=1):
        shared = np.mean((x[lag:] - 1) * (x[:-lag] - 1)) * K
        assert shared == pytest.approx(expected, abs=0.03)


def test_level_and_calibration_scatter_with_their_own_errors(ring, draw):
    entries = ("modes.cavity.linewidth", "detection.efficiency")
    observed = replace(
        draw(ring, None, 1e12),
        reference_averages=400.0,
        priors={"detection.efficiency": Prior(0.7, 0.02)},
    )
    model = JointModel.of(ring, entries, observed)
    parameters, random = model.parameters(), np.random.default_rng(2)
    drawn = [simulate(model, parameters, random) for _ in range(200)]
    level = [o.spectra[0].power[0] / observed.spectra[0].power[0] for o in drawn]
    both = [o.spectra[1].power[0] / observed.spectra[1].power[0] for o in drawn]
    np.testing.assert_allclose(level, both, rtol=1e-4)
    assert np.std(level) == pytest.approx(1 / 20, rel=0.2)
    efficiency = [o.priors["detection.efficiency"].value for o in drawn]
    assert np.mean(efficiency) == pytest.approx(0.7, abs=0.006)
    assert np.std(efficiency) == pytest.approx(0.02, rel=0.2)


@pytest.mark.parametrize(("from_residuals", "shared"), [(True, 0.8), (False, 0.0)])
def test_s_parameters_rebuilt_from_their_residuals_keep_what_these_share(
    ring, from_residuals, shared
):
    f, error, memory = np.linspace(5e6, 25e6, 2001), 1e-3, 0.8
    random = np.random.default_rng(5)
    e = error * (random.standard_normal((len(f), 2)) @ [1, 1j])
    for k in range(1, len(f)):
        e[k] = memory * e[k - 1] + np.sqrt(1 - memory**2) * e[k]
    blank = Response(Condition(), f, np.ones(len(f), complex), error, "bus", "bus")
    model = JointModel.of(ring, ("modes.cavity.detuning",), Observations((blank,)))
    parameters = model.parameters()
    expected = model.expected(parameters, 0)
    observed = Observations((replace(blank, values=expected + e),))
    seen = replace(model, observations=observed, _known={})
    [drawn] = simulate(seen, parameters, random, from_residuals=from_residuals).traces
    assert isinstance(drawn, Response)
    r = drawn.values - expected
    size = np.mean(np.abs(r) ** 2)
    assert size == pytest.approx(2 * error**2, rel=0.2)
    assert np.mean(r[1:] * r[:-1].conj()).real / size == pytest.approx(shared, abs=0.1)
