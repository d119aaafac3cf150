"""Fieller's interval of a ratio."""

import numpy as np
import pytest

from phonosync.analysis.statistics.ratio import ratio_interval


def test_a_well_known_denominator_gives_the_delta_method():
    V = 1e-6 * np.array([[1.0, 0.3], [0.3, 2.0]])
    low, high = ratio_interval(3.0, 2.0, V, critical=1.96)
    slope = np.array([1 / 2, -3 / 4])
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(slope @ V @ slope), rel=1e-5)
    assert (high + low) / 2 == pytest.approx(1.5, rel=1e-5)


def test_an_exact_denominator_only_divides():
    assert ratio_interval(3.0, 2.0, [[0.04, 0], [0, 0]], critical=2.0) == pytest.approx((1.3, 1.7))


def test_a_ratio_whose_parts_share_all_of_their_error_is_exact():
    shared = 0.05**2 * np.outer([3.0, 2.0], [3.0, 2.0])
    assert ratio_interval(3.0, 2.0, shared, critical=1.96) == pytest.approx((1.5, 1.5))


def test_the_ends_are_where_the_difference_is_just_significant():
    V, c = np.array([[0.3, 0.1], [0.1, 0.2]]), 1.96
    for rho in ratio_interval(4.0, 2.0, V, critical=c):
        weights = np.array([1, -rho])
        assert (4.0 - rho * 2.0) ** 2 == pytest.approx(c**2 * weights @ V @ weights)


def test_a_denominator_that_may_be_zero_excludes_no_large_ratio():
    low, high = ratio_interval(5.0, 0.1, [[0.01, 0], [0, 0.01]], critical=1.96)
    assert high < 0 < low  # through infinity: only ratios near zero are excluded
    assert ratio_interval(0.0, 0.0, np.eye(2), critical=1.96) == (-np.inf, np.inf)


@pytest.mark.parametrize("denominator", [0.0, 0.5, 1.5, 4.0])
def test_the_interval_holds_at_any_denominator(denominator):
    random, n = np.random.default_rng(1), 20_000
    V = np.array([[1.0, 0.4], [0.4, 0.5]])
    a, b = random.multivariate_normal([2.0 * denominator, denominator], V, n).T
    low, high = ratio_interval(a, b, np.broadcast_to(V, (n, 2, 2)), critical=1.959964)
    inside = np.where(low <= high, (low <= 2.0) & (high >= 2.0), (low <= 2.0) | (high >= 2.0))
    assert inside.mean() == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / n))
