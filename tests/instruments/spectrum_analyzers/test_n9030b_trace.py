"""From periodograms to a trace."""

import numpy as np
import pytest

from phonosync.instruments.virtual.spectrum_analyzers.n9030b_trace import (
    GAUSSIAN_BANDWIDTHS,
    NOISE_BANDWIDTHS,
    average,
    in_unit,
    nearest_bandwidth,
)


@pytest.mark.parametrize(("scale", "decibels"), [("RMS", 0.0), ("SCAL", -1.049), ("LOG", -2.506)])
def test_noise_reads_as_low_as_keysight_says_for_each_average(scale, decibels):
    noise = np.random.default_rng(3).exponential(size=(4000, 200))
    reading = 10 * np.log10(average(noise, "AVER", scale).mean())
    assert reading == pytest.approx(decibels, abs=0.02)


def test_the_ways_to_state_a_bandwidth_agree_with_the_filters_shape():
    frequency = np.linspace(-8, 8, 160001)
    field = 2.0 ** (-2 * frequency**2)  # amplitude of a Gaussian with 3 dB bandwidth 1
    step = frequency[1] - frequency[0]
    width = {level: np.ptp(frequency[field**2 >= level]) for level in (0.5, 0.25)}
    assert width[0.5] == pytest.approx(1.0, abs=1e-3)
    assert GAUSSIAN_BANDWIDTHS["DB6"] == pytest.approx(width[0.25], abs=1e-3)
    assert GAUSSIAN_BANDWIDTHS["NOIS"] == pytest.approx(np.sum(field**2) * step, rel=1e-6)
    assert GAUSSIAN_BANDWIDTHS["IMP"] == pytest.approx(np.sum(field) * step, rel=1e-6)
    assert NOISE_BANDWIDTHS["GAUS"] == pytest.approx(1.0645, abs=1e-4)


def test_powers_are_told_in_the_chosen_unit():
    assert in_unit(np.array([1e-3]), "DBM") == 0.0
    assert in_unit(np.array([2.0]), "W") == 2.0
    assert in_unit(np.array([0.02]), "V") == 1.0
    assert np.isfinite(in_unit(np.zeros(3), "DBM")).all()


def test_every_bandwidth_is_its_own_nearest():
    for bandwidth in (1, 1.1, 9.1, 10, 2e3, 3e6, 8e6):
        assert nearest_bandwidth(bandwidth) == bandwidth
