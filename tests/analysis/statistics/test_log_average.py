"""Decibels averaged: against exponential noise drawn and averaged in logarithms."""

import numpy as np
import pytest
from scipy.optimize import brentq

from phonosync.analysis.statistics.goodness import goodness
from phonosync.analysis.statistics.likelihood import deviance_residuals
from phonosync.analysis.statistics.log_average import (
    LOG_BIAS,
    log_correlations,
    log_deviance_moments,
    log_deviance_residuals,
)


def log_averaged(random, averages, shape):
    """Geometric means of exponential powers of mean one."""
    return np.exp(np.log(random.exponential(size=(*shape, averages))).mean(axis=-1))


def test_an_analyzer_that_averages_decibels_reads_2_51_low():
    assert 10 * LOG_BIAS / np.log(10) == pytest.approx(-2.51, abs=0.005)


def test_one_average_of_decibels_is_one_average_of_power():
    power = np.geomspace(1e-6, 30, 200)
    assert log_deviance_residuals(power, 1.0, 1) == pytest.approx(
        deviance_residuals(power, 1.0, 1), abs=0.03
    )


@pytest.mark.parametrize("averages", [1, 2, 10, 50])
def test_the_most_likely_level_is_the_true_power_and_its_error_is_right(averages):
    random = np.random.default_rng(4)
    sets = log_averaged(random, averages, (300, 400))

    def level(power):
        def slope(log_level):
            up, down = (
                np.sum(log_deviance_residuals(power, np.exp(log_level + d), averages) ** 2)
                for d in (1e-4, -1e-4)
            )
            return up - down

        return brentq(slope, -0.5, 0.5, xtol=1e-8)

    found = np.array([level(power) for power in sets])
    step = 1e-4
    r = [log_deviance_residuals(sets, np.exp(s), averages) for s in (step, -step)]
    claimed = 1 / np.sqrt(np.mean(np.sum(((r[0] - r[1]) / (2 * step)) ** 2, axis=1)))
    assert found.mean() == pytest.approx(0, abs=0.003 + 4 * claimed / np.sqrt(300))
    assert found.std() == pytest.approx(claimed, rel=0.15)


@pytest.mark.parametrize("averages", [1, 3, 30])
def test_the_squared_residual_has_the_moments_of_noise(averages):
    power = log_averaged(np.random.default_rng(5), averages, (100_000,))
    squared = log_deviance_residuals(power, 1.0, averages) ** 2
    mean, variance = log_deviance_moments(averages)
    assert squared.mean() == pytest.approx(mean, abs=4 * np.sqrt(variance / 100_000))
    assert squared.var() == pytest.approx(variance, rel=0.08)


def test_points_of_different_averages_are_each_taken_at_their_own():
    power = np.array([0.5, 0.7, 1.5])
    mixed = log_deviance_residuals(power, 1.0, [2, 8, 2])
    assert mixed[1] == log_deviance_residuals(0.7, 1.0, 8)
    assert mixed[[0, 2]] == pytest.approx(log_deviance_residuals(power[[0, 2]], 1.0, 2))


def test_decibels_taken_for_power_averages_are_noticed():
    power = log_averaged(np.random.default_rng(6), 20, (2000,))
    right = goodness(power, np.ones(2000), 20, 0, averaging="log")
    wrong = goodness(power, np.full(2000, power.mean()), 20, 1)
    assert abs(right.deviance_z) < 3
    assert wrong.deviance_z > 8  # logarithms scatter by pi^2/6 more


def test_a_model_that_is_not_positive_gives_a_large_residual():
    residual = log_deviance_residuals([2.0], [-1.0], 3)
    assert np.isfinite(residual).all()
    assert residual[0] > 100


def test_logarithms_of_correlated_powers_are_correlated_less():
    random = np.random.default_rng(8)
    a, b = (random.normal(size=200_000) + 1j * random.normal(size=200_000) for _ in range(2))
    other = np.sqrt(0.6) * a + np.sqrt(0.4) * b
    P, Q = np.abs(a) ** 2, np.abs(other) ** 2
    assert np.corrcoef(P, Q)[0, 1] == pytest.approx(0.6, abs=0.01)
    expected = float(log_correlations(0.6))
    assert np.corrcoef(np.log(P), np.log(Q))[0, 1] == pytest.approx(expected, abs=0.01)
    assert log_correlations([0.0, 1.0]) == pytest.approx([0, 1])
