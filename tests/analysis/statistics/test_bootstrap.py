"""Resampling against means whose errors are known."""

import numpy as np
import pytest

from phonosync.analysis.statistics.bootstrap import (
    block_bootstrap,
    block_length,
    parametric_bootstrap,
    replica_intervals,
)
from phonosync.theory.errors import InputError


def test_single_points_give_the_error_of_a_mean():
    x = np.random.default_rng(1).gamma(4, 0.25, 2000)
    means = block_bootstrap(lambda s: [s.mean()], x, block=1, replicas=400)
    assert means.std() == pytest.approx(x.std() / np.sqrt(2000), rel=0.12)


def test_blocks_keep_the_error_of_correlated_points():
    noise = np.random.default_rng(2).normal(size=8003)
    x = noise[:-3] + noise[1:-2] + noise[2:-1] + noise[3:]  # a sum of four: errors double
    means = block_bootstrap(lambda s: [s.mean()], x, block=40, replicas=400)
    assert means.std() == pytest.approx(4 / np.sqrt(8000), rel=0.15)
    assert block_bootstrap(lambda s: [s.mean()], x, block=1, replicas=200).std() < 0.03


def test_complex_residuals_are_drawn_whole():
    e = np.random.default_rng(3).normal(size=100) * (1 + 2j)
    drawn = block_bootstrap(lambda s: [s[0].real, s[0].imag], e, block=5, replicas=50)
    assert drawn[:, 1] == pytest.approx(2 * drawn[:, 0])


def test_percentiles_are_the_interval():
    replicas = np.linspace(0, 1, 1001)[:, None] * [1, 10]
    one, ten = replica_intervals([0.5, 5.0], replicas)
    assert (one.low, one.high) == pytest.approx((0.025, 0.975))
    assert ten.high == pytest.approx(9.75)


def test_a_p_value_is_uniform_under_the_null_and_never_zero():
    random = np.random.default_rng(4)
    p = [
        parametric_bootstrap(
            lambda x: float(abs(x.mean())),
            random.normal(size=10),
            lambda r: r.normal(size=10),
            replicas=39,
            seed=n,
        ).p_value
        for n in range(300)
    ]
    assert min(p) >= 1 / 40
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.04)
    assert np.mean(p) == pytest.approx(0.51, abs=0.05)


def test_blocks_longer_than_the_data_are_refused():
    with pytest.raises(InputError, match="blocks of 60"):
        block_bootstrap(lambda s: s, np.ones(100), block=60)


def test_blocks_of_white_residuals_are_points():
    e = np.random.default_rng(11).standard_normal((2, 2000))
    assert block_length(e[0] + 1j * e[1]) <= 3
    assert block_length(np.ones(100)) == 1


@pytest.mark.parametrize("memory", [0.5, 0.8])
def test_blocks_of_residuals_with_memory_are_as_long_as_theory_has_it(memory):
    """Of AR(1): (3/2)^{1/3} (2ρ/(1 − ρ²))^{2/3} N^{1/3}, here the mean of some draws."""
    N, found = 4000, []
    for seed in range(10):
        x = np.random.default_rng(seed).standard_normal(N)
        for k in range(1, N):
            x[k] += memory * x[k - 1]
        found.append(block_length(x))
    expected = (1.5 * (2 * memory / (1 - memory**2)) ** 2 * N) ** (1 / 3)
    assert np.mean(found) == pytest.approx(expected, rel=0.25)
