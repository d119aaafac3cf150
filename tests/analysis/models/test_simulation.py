"""Drawn traces: their mean, their scatter and what neighbouring points share."""

from dataclasses import replace

import numpy as np
import pytest

from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.observations import Prior
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
