"""Tests of fit: unit scatter under the truth, and what each wrong thing moves."""

import numpy as np
import pytest

from phonosync.analysis.statistics.goodness import Goodness, apparent_averages, goodness, runs_z

HANN = np.array([4 / 9, 1 / 36])


def hann_spectra(seed, averages, points, number):
    noise = np.random.default_rng(seed).normal(size=(number, averages, 2 * points))
    w = np.sin(np.pi * np.arange(2 * points) / (2 * points)) ** 2
    power = np.mean(np.abs(np.fft.fft(noise * w)[..., 1:points]) ** 2, axis=1)
    return power / np.sum(w**2)


def test_under_the_truth_every_test_scatters_by_one_even_where_points_are_correlated():
    spectra = hann_spectra(1, averages=8, points=400, number=400)
    found = [goodness(P, np.ones(P.size), 8, 0, correlations=HANN) for P in spectra]
    for name in ("deviance_z", "runs_z", "lag1_z"):
        z = np.array([getattr(g, name) for g in found])
        assert z.mean() == pytest.approx(0, abs=0.25), name
        assert z.std() == pytest.approx(1, abs=0.15), name


def test_a_wrong_shape_makes_long_runs_and_neighbours_alike():
    slope = np.exp(np.linspace(-0.5, 0.5, 1000))
    power = np.random.default_rng(2).gamma(10, slope / 10)
    g = goodness(power, np.ones(1000), 10, 1)
    assert g.runs_z < -4
    assert g.lag1_z > 4


def test_points_that_are_left_out_are_no_neighbours():
    power = np.random.default_rng(3).gamma(10, 0.1, 300)
    apart = goodness(power, np.ones(300), 10, 0, position=2 * np.arange(300))
    assert np.isnan(apart.lag1)
    assert apart.to_json()["lag1"] is None


@pytest.mark.parametrize("alternating", [True, False])
def test_runs_of_signs_that_alternate_or_stay(alternating):
    signs = np.tile([1.0, -1.0], 50) if alternating else np.repeat([1.0, -1.0], 50)
    assert np.sign(runs_z(signs)) == (1 if alternating else -1)
    assert abs(runs_z(signs)) > 9
    assert np.isnan(runs_z(np.ones(20)))


@pytest.mark.parametrize("averages", [1, 4, 100])
def test_neighbours_tell_how_many_averages_there_are_whatever_the_shape(averages):
    shape = 1 + 100 / (1 + ((np.arange(4000) - 900) / 40) ** 2)
    power = np.random.default_rng(4).gamma(averages, shape / averages)
    K, error = apparent_averages(power)
    assert averages == pytest.approx(K, rel=4 * error)


def test_the_root_of_a_power_looks_like_four_times_the_averages():
    power = np.random.default_rng(5).gamma(10, 0.1, 4000)
    assert apparent_averages(np.sqrt(power))[0] == pytest.approx(40, rel=0.15)


def test_the_error_of_the_apparent_averages_is_their_scatter():
    draws = np.random.default_rng(6).gamma(10, 0.1, (300, 1000))
    K = np.array([apparent_averages(P)[0] for P in draws])
    assert K.std() / K.mean() == pytest.approx(apparent_averages(draws[0])[1], rel=0.25)


def test_one_line_says_all_of_it():
    text = Goodness(0.31, -1.2, 0.05, 0.9).text()
    assert "+0.3 σ" in text
    assert "-1.2 σ" in text
