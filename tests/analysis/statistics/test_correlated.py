"""Errors of correlated points, against ensembles of correlated noise."""

import numpy as np
import pytest

from phonosync.analysis.statistics.correlated import (
    correlated_covariance,
    effective_points,
    residual_correlations,
)
from phonosync.analysis.statistics.likelihood import error_inflation
from phonosync.theory.errors import InputError

HANN = (4 / 9, 1 / 36)


def test_a_level_over_many_points_gets_the_inflation_of_the_window():
    g = np.ones((1, 4000))
    C = np.linalg.inv(g @ g.T)
    assert correlated_covariance(C, g, HANN)[0, 0] / C[0, 0] == pytest.approx(
        error_inflation(HANN), rel=1e-3
    )


def test_independent_points_change_nothing():
    g = np.random.default_rng(0).normal(size=(3, 50))
    C = np.linalg.inv(g @ g.T)
    assert correlated_covariance(C, g, ()) == pytest.approx(C)


def test_the_sandwich_is_the_scatter_of_least_squares_on_correlated_noise():
    random = np.random.default_rng(1)
    x = np.arange(60.0)
    g = np.stack([np.exp(-((x - 30) ** 2) / 8), (x - 30) * np.exp(-((x - 30) ** 2) / 8)])
    kernel = np.array([0.5, 1.0, 0.5]) / np.sqrt(1.5)
    noise = np.apply_along_axis(
        lambda row: np.convolve(row, kernel, "valid"), 1, random.normal(size=(20_000, 62))
    )
    C = np.linalg.inv(g @ g.T)
    scatter = np.cov(C @ g @ noise.T)
    expected = correlated_covariance(C, g, (2 / 3, 1 / 6))
    assert np.diag(expected) == pytest.approx(np.diag(scatter), rel=0.04)
    # A frequency (odd) and a height (even) are not inflated alike.
    growth = np.diag(expected) / np.diag(C)
    assert growth[1] < 0.95 * growth[0]


def test_points_left_out_part_their_neighbours():
    g = np.ones((1, 100))
    every_third = correlated_covariance([[1.0]], g, HANN, position=3 * np.arange(100))
    assert every_third == pytest.approx(np.array([[1.0]]))


@pytest.mark.parametrize("complex_", [False, True])
def test_residuals_of_one_memory_are_worth_as_many_points_as_an_ar1_process(complex_):
    random = np.random.default_rng(2)
    e = random.normal(size=20_000) + (1j * random.normal(size=20_000) if complex_ else 0)
    r = np.empty_like(e)
    r[0] = e[0]
    for i in range(1, e.size):
        r[i] = 0.8 * r[i - 1] + e[i]
    assert residual_correlations(r)[0] == pytest.approx(0.8, abs=0.02)
    assert effective_points(r) == pytest.approx(20_000 * 0.2 / 1.8, rel=0.2)


def test_white_residuals_keep_their_number():
    assert effective_points(np.random.default_rng(3).normal(size=5000)) > 4700
    assert residual_correlations(np.zeros(10)).size == 0


def test_shapes_that_do_not_agree_are_refused():
    with pytest.raises(InputError, match="do not belong together"):
        correlated_covariance(np.eye(2), np.ones((3, 5)), ())
