"""Correlated points on lines as narrow as the window, against sums over samples in time."""

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.correlations import neighbour_correlations
from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GAUSSIAN_DEVIATION, GaussianFilter

SAMPLES = 256  # of a segment, one a second


def trace_of(frequency_hz, window):
    return NoiseSpectrum(Condition(), frequency_hz, np.ones(len(frequency_hz)), 1, window)


def line(f, width, centre):
    """A Lorentzian of area 1 on a floor."""
    return width / (2 * np.pi) / ((f - centre) ** 2 + width**2 / 4) + 0.2


@pytest.mark.parametrize("window", [SegmentWindow("hann", 1.0, 0.5), GaussianFilter(1.5)])
def test_in_a_flat_spectrum_neighbours_are_correlated_as_the_window_says(window):
    trace = trace_of(np.arange(20.0), window)
    same, *others = neighbour_correlations(trace, lambda f, windowed: np.full(len(f), 3.0))
    assert same == pytest.approx(1, abs=1e-4)
    for m, rho in enumerate(trace.correlations, start=1):
        assert others[m - 1] == pytest.approx(np.full(20 - m, rho), abs=1e-4)


@pytest.mark.parametrize("width_bins", [0.8, 3.0])
def test_segments_of_a_line_go_together_as_sums_over_their_samples_say(width_bins):
    """⟨X_i X_j*⟩ of half-overlapping Hann segments from the process's autocovariance in time."""
    width, centre, shift = width_bins / SAMPLES, 10.3 / SAMPLES, SAMPLES // 2
    f = np.arange(6, 16) / SAMPLES
    n = np.arange(SAMPLES)
    w = 0.5 - 0.5 * np.cos(2 * np.pi * n / SAMPLES)
    waves = w * np.exp(2j * np.pi * np.outer(f, n))

    def between(lag):
        """⟨X_i X_j*⟩ of a segment and one that begins `lag` samples later."""
        tau = n[:, None] - (n + lag)
        R = np.exp(-np.pi * width * np.abs(tau) - 2j * np.pi * centre * tau) + 0.2 * (tau == 0)
        return waves @ R @ waves.conj().T

    powers = sum(np.abs(between(lag)) ** 2 for lag in (-shift, 0, shift))
    mean = between(0).diagonal().real
    quarter = sum(np.sum(w[: SAMPLES - a] * w[a:]) ** 2 for a in (shift, 0, shift))
    expected = powers / np.outer(mean, mean) / (quarter / np.sum(w**2) ** 2)
    found = neighbour_correlations(
        trace_of(f, SegmentWindow("hann", float(SAMPLES), 0.5)),
        lambda f, windowed: line(f, width, centre),
    )
    for m in range(3):
        assert found[m] == pytest.approx(expected.diagonal(m).real, rel=0.02, abs=2e-3)
    assert found[1].max() > 1.2 * 0.459  # of a flat spectrum


def test_a_gaussian_filter_joins_the_flanks_of_a_line_as_the_integral_says():
    width, bandwidth, f = 3.0, 2.0, np.arange(-6.0, 7.0, 1.0)
    deviation = GAUSSIAN_DEVIATION * bandwidth
    fine = np.linspace(-40, 40, 80001)
    S = line(fine, width, 0.0)
    W = np.exp(-((fine - f[:, None]) ** 2) / (4 * deviation**2))  # amplitude: power has deviation
    together = (W * S) @ W.T
    expected = together**2 / np.outer(together.diagonal(), together.diagonal())

    def shown(at, windowed):
        power = np.exp(-((fine - at[:, None]) ** 2) / (2 * deviation**2))
        return power @ S / power.sum(axis=1)

    found = neighbour_correlations(trace_of(f, GaussianFilter(bandwidth)), shown)
    for m in range(3):
        assert found[m] == pytest.approx(expected.diagonal(m), rel=1e-3)
