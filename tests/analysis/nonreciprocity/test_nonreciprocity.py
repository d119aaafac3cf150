"""The permutation test over quads: exact by hand, fair under the null, deaf to drift."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, kstest

from phonosync.analysis.nonreciprocity.permutation import permutation_p_value, quad_differences

QUADS = 8


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1.0], 1.0),  # both signs reach 1
        ([1.0, 2.0], 0.5),  # ±3 of 3, 1, -1, -3
        ([1.0, -2.0], 1.0),
        ([1.0, 2.0, 4.0], 2 / 8),
        ([1.0, 2.0, -4.0], 1.0),  # |-1| is reached by all
        ([-1.0, 2.0, 4.0], 4 / 8),  # 5: the patterns of 7 and 5
        ([0.0, 3.0], 1.0),
    ],
)
def test_few_quads_are_counted_as_by_hand(differences, p):
    assert permutation_p_value(differences) == pytest.approx(p)


def test_the_smallest_value_of_eight_quads_is_two_in_two_to_the_eighth():
    assert permutation_p_value(np.arange(1, 9)) == 2 / 2**8
    assert permutation_p_value(-np.arange(1, 9)) == 2 / 2**8


@pytest.mark.parametrize("scale", [1e-12, 3.7, -1.0, 1e9])
def test_a_common_scale_changes_nothing(scale):
    d = np.random.default_rng(3).normal(0.5, 1.0, QUADS)
    assert permutation_p_value(scale * d) == permutation_p_value(d)


def test_under_the_null_the_values_are_uniform():
    random = np.random.default_rng(4)
    p = np.array([permutation_p_value(random.standard_normal(QUADS)) for _ in range(1500)])
    # 128 possible values: spread each evenly over its step.
    p = p - random.uniform(0, 2 / 2**QUADS, len(p))
    assert kstest(p, "uniform").pvalue > 0.01


def test_many_quads_are_sampled_and_never_surer_than_the_samples():
    p = permutation_p_value(np.ones(30))
    assert 0 < p < 1e-4
    assert permutation_p_value(np.ones(30)) == p


def test_sampled_and_counted_values_agree():
    d = np.random.default_rng(5).normal(0.4, 1.0, 17)
    signs = np.array(list(product((1, -1), repeat=17)))
    exact = np.mean(np.abs(signs @ d) >= abs(d.sum()) * (1 - 1e-12))
    assert permutation_p_value(d) == pytest.approx(exact, abs=5e-3)


# What a lab does to sixteen settings per direction when direction itself does nothing


def measured(random, order):
    """Results in time: noise, a drift of 3 % and a memory of the last setting, led in by its own.

    The drift is a thermal one: linear, a little curved.
    """
    n = len(order)
    drift = 0.03 * np.linspace(-1, 1, n) + 0.003 * np.linspace(-1, 1, n) ** 2
    before = np.concatenate([[order[0]], order[:-1]])
    before[::4] = order[::4]
    return 1 + drift + 0.02 * before + 0.003 * random.standard_normal(n)


def false_positives(order_of, runs=400):
    """How often direction seems to matter."""
    random, hits = np.random.default_rng(6), 0
    for _ in range(runs):
        order = order_of(random)
        results = measured(random, order)
        plus, minus = results[order > 0].reshape(QUADS, 2), results[order < 0].reshape(QUADS, 2)
        hits += permutation_p_value((plus - minus).mean(axis=1)) <= 0.05
    return hits


def signed_quads(random):
    signs = random.choice([1, -1], QUADS)
    return (signs[:, None] * [1, -1, -1, 1]).ravel()


def one_block_each(random):
    """All of one direction, then all of the other."""
    del random
    return np.repeat([1, -1], 2 * QUADS)


def test_drift_and_memory_do_not_look_like_nonreciprocity_in_signed_quads():
    assert false_positives(signed_quads) <= binom.ppf(0.999, 400, 0.05)


def test_one_block_per_direction_takes_drift_for_nonreciprocity():
    assert false_positives(one_block_each) > 0.95 * 400


def test_a_true_difference_is_found_under_the_same_drift_and_memory():
    random = np.random.default_rng(8)
    for _ in range(20):
        order = signed_quads(random)
        results = (measured(random, order) + 0.05 * order).reshape(QUADS, 4)
        difference = (results * order.reshape(QUADS, 4)).mean(axis=1)
        assert permutation_p_value(difference) <= 0.05


# Differences of spectra


def spectra(random, shape, averages=16, quads=8):
    return random.gamma(averages, shape / averages, (quads, len(shape)))


@pytest.fixture
def line():
    frequency = np.linspace(-50, 50, 401)
    return 1 + 20 / (1 + (frequency / 3) ** 2)


def test_swapping_the_directions_of_a_quad_turns_its_difference_over(line):
    random = np.random.default_rng(9)
    plus, minus = spectra(random, line), spectra(random, line)
    before = quad_differences(plus, minus)
    swapped = [2, 3, 7]
    plus[swapped], minus[swapped] = minus[swapped].copy(), plus[swapped].copy()
    after = quad_differences(plus, minus)
    after *= np.sign(after[0] * before[0])  # the pattern's own sign is free
    turned = np.where(np.isin(np.arange(8), swapped), -before, before)
    assert after == pytest.approx(turned, rel=1e-9)


def test_equal_spectra_differ_no_oftener_than_by_chance(line):
    random, runs = np.random.default_rng(10), 400
    p = np.array(
        [
            permutation_p_value(quad_differences(spectra(random, line), spectra(random, line)))
            for _ in range(runs)
        ]
    )
    for level in (0.05, 0.25, 0.5):
        fewest, most = binom.ppf([0.001, 0.999], runs, level)
        assert fewest <= np.sum(p <= level) <= most


def test_a_line_a_third_higher_is_found(line):
    random = np.random.default_rng(11)
    higher = 1 + 1.33 * (line - 1)
    for _ in range(20):
        d = quad_differences(spectra(random, higher), spectra(random, line))
        assert permutation_p_value(d) <= 0.05


def test_a_line_of_equal_area_elsewhere_is_found(line):
    random = np.random.default_rng(12)
    d = quad_differences(spectra(random, np.roll(line, 8)), spectra(random, line))
    assert permutation_p_value(d) <= 0.05


def test_spectra_of_shot_noise_alone_do_not_differ():
    flat = np.ones((8, 50))
    assert permutation_p_value(quad_differences(flat, flat)) == 1.0
