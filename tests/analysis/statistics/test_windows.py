"""The analyzer's filter: smeared lines against brute force, correlated points against noise."""

from typing import Any

import numpy as np
import pytest

from phonosync.analysis.statistics.windows import point_inflation, smeared_poles
from phonosync.theory.errors import InputError

TWO_PI = 2 * np.pi


def by_brute_force(frequency_hz, poles, weights, bandwidth_hz):
    """The same convolution as a sum over a fine grid of the filter."""
    deviation = bandwidth_hz / np.sqrt(8 * np.log(2))
    grid = np.linspace(-7, 7, 20001)
    response = np.exp(-(grid**2) / 2)
    response /= response.sum()
    result = []
    for f in frequency_hz:
        omega = TWO_PI * (f + deviation * grid)
        lines = (weights / (-1j * omega[:, None] - poles)).sum(axis=1).real
        result.append(response @ lines)
    return np.array(result)


@pytest.mark.parametrize(
    "width_hz",
    [50.0, 2e3, 7e3, 40e3, 1e6],
    ids=["narrower than the filter", "equal", "wider", "much wider", "no line any more"],
)
def test_smeared_lines_agree_with_a_convolution_by_brute_force(width_hz):
    poles: Any = TWO_PI * np.array([-width_hz / 2 - 1e7j, -width_hz / 2 + 1e7j, -2e3 - 1.003e7j])
    weights = np.array([3e4 + 2e4j, 3e4 - 2e4j, -1e4 + 5e3j])
    frequency = 1e7 + np.array([-4e5, -3e4, -7e3, -2e3, 0, 500, 3e3, 9e3, 5e4, 6e5])
    expected = by_brute_force(frequency, poles, weights, 2e3)
    found = smeared_poles(frequency, poles, weights, 2e3)
    assert found == pytest.approx(expected, rel=2e-5, abs=1e-6 * np.abs(expected).max())


def test_far_from_a_line_the_filter_changes_nothing():
    poles, weights = np.array([TWO_PI * (-2500 + 1e7j)]), np.array([1e4 + 0j])
    frequency = np.array([5e6, 2e7])
    alone = (1e4 / (-1j * TWO_PI * frequency - poles)).real
    assert smeared_poles(frequency, poles, weights, 2e3) == pytest.approx(alone, rel=1e-6)


@pytest.mark.parametrize("weight", [1e4, 1e4j, 7e3 - 7e3j])
def test_no_step_shows_where_the_asymptotic_series_takes_over(weight):
    bandwidth = 2e3
    width = np.sqrt(2) * bandwidth / np.sqrt(8 * np.log(2))  # of the argument, Hz
    edge = 1e7 + 10 * width
    poles = np.array([-TWO_PI * 1e3 - TWO_PI * 1e7j])
    frequency = edge + np.linspace(-1, 1, 41)
    trace = smeared_poles(frequency, poles, np.array([weight]), bandwidth)
    straight = np.polyval(np.polyfit(frequency - edge, trace, 1), frequency - edge)
    assert np.abs(trace - straight).max() < 3e-5 * np.abs(trace).max()


@pytest.mark.parametrize("below", [True, False])
def test_a_line_at_the_edge_of_being_broad_is_right_on_both_sides(below):
    bandwidth = 2e3
    width = np.sqrt(2) * TWO_PI * bandwidth / np.sqrt(8 * np.log(2))
    poles = np.array([-10 * width * (0.999 if below else 1.001) - TWO_PI * 1e7j])
    weights, frequency = np.array([1e5 + 3e4j]), 1e7 + np.linspace(-3e4, 3e4, 7)
    expected = by_brute_force(frequency, poles, weights, bandwidth)
    assert smeared_poles(frequency, poles, weights, bandwidth) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("spacing_in_bandwidths", [0.35, 1.1, 3.0])
def test_the_mean_of_a_noise_trace_scatters_as_the_inflation_says(spacing_in_bandwidths):
    """White noise under a Gaussian window: the power summed over points, many times."""
    bandwidth, points, repeats = 0.002, 60, 4000  # in units of the sample rate
    deviation = np.sqrt(np.log(2)) / (np.pi * bandwidth)
    time = np.arange(-int(4 * deviation), int(4 * deviation) + 1)
    window = np.exp(-(time**2) / (2 * deviation**2))
    frequency = 0.1 + bandwidth * spacing_in_bandwidths * np.arange(points)
    transform = window[:, None] * np.exp(-2j * np.pi * time[:, None] * frequency)
    random = np.random.default_rng(5)
    power = np.abs(random.standard_normal((repeats, len(time))) @ transform) ** 2
    power /= power.mean(axis=0)
    # A sum over a finite trace lacks the correlations beyond its ends; count them.
    lags = np.arange(1, points)
    rho = np.exp(-2 * np.log(2) * (lags * spacing_in_bandwidths) ** 2)
    ends = 2 * np.sum(rho * lags) / points
    expected = point_inflation("gaussian", bandwidth, bandwidth * spacing_in_bandwidths) - ends
    measured = points * power.mean(axis=1).var()
    assert measured == pytest.approx(expected, rel=0.12)  # five sigma of 4000 repeats


def test_points_far_apart_are_independent():
    assert point_inflation("gaussian", 1e3, 1e5) == pytest.approx(1.0, abs=1e-12)


def test_a_window_that_cannot_be_undone_is_refused_with_a_next_step():
    with pytest.raises(InputError, match=r"'flattop'.*measure with the gaussian"):
        point_inflation("flattop", 1e3, 1e3)
