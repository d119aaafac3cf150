"""Averages over correlated samples."""

import numpy as np
import pytest
from scipy.signal import lfilter

from phonosync.analysis.statistics.time_series import (
    block_count,
    block_jackknife,
    block_means,
    correlation_time,
)
from phonosync.theory import InputError


def autoregressive(memory, samples, seed):
    white = np.random.default_rng(seed).standard_normal(samples + 500)
    return np.asarray(lfilter([1], [1, -memory], white))[500:]


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_an_exponential_memory_has_its_correlation_time(memory):
    expected = 0.5 * (1 + memory) / (1 - memory)
    found = correlation_time(autoregressive(memory, 100_000, seed=1))
    assert found == pytest.approx(expected, rel=0.1)


def test_blocks_longer_than_the_memory_give_the_error_of_the_mean():
    memory, samples = 0.9, 4000
    means, errors = [], []
    for seed in range(200):
        series = autoregressive(memory, samples, seed)
        blocks = block_count(samples, correlation_time(series))
        found = block_jackknife(block_means(series, blocks), float)
        means.append(found.value)
        errors.append(found.error)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(means), rel=0.15)


def test_the_jackknife_takes_the_bias_off_a_square():
    random = np.random.default_rng(2)
    found = [block_jackknife(random.standard_normal(20) + 1, lambda m: m**2) for _ in range(2000)]
    # The plain square of the mean is high by 1/20.
    assert np.mean([one.value for one in found]) == pytest.approx(1, abs=0.04)


def test_fewer_samples_than_blocks_are_refused():
    with pytest.raises(InputError, match="record longer"):
        block_means(np.ones(5), 10)
