"""The contrast of noise power, quad by quad."""

import numpy as np
import pytest
from scipy.stats import t

from phonosync.analysis.nonreciprocity.quad_contrast import excess_noise, quad_contrast
from phonosync.theory.errors import InputError


def quads(random, n, scatter=0.08, drift=0.0):
    common = 1 + drift * np.linspace(-1, 1, n)
    return np.array([[3.0], [1.0]]) * common * (1 + scatter * random.standard_normal((2, n)))


def test_shot_noise_alone_has_no_excess():
    shot = np.linspace(1, 2, 50)
    assert excess_noise(np.array([shot, 3 * shot]), shot) == pytest.approx([0, 2])


def test_the_contrast_is_that_of_the_summed_noise():
    forward, backward = quads(np.random.default_rng(1), 8)
    found = quad_contrast(forward, backward)
    both = forward.sum() + backward.sum()
    assert found.value == pytest.approx((forward.sum() - backward.sum()) / both)
    assert found.low < found.value < found.high
    mirrored = quad_contrast(backward, forward)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


def test_the_ends_are_where_students_test_of_the_quads_just_rejects():
    forward, backward = quads(np.random.default_rng(2), 9)
    found = quad_contrast(forward, backward, level=0.01)
    for chi in (found.low, found.high):
        x = (forward - backward) - chi * (forward + backward)
        score = x.mean() / np.sqrt(x.var(ddof=1) / 9)
        assert abs(score) == pytest.approx(t.ppf(0.995, 8))


def test_a_gain_that_drifts_from_quad_to_quad_cancels():
    forward = np.linspace(3, 6, 8)
    found = quad_contrast(forward, forward / 3)
    assert (found.low, found.high) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("drift", [0.0, 0.1])
def test_nineteen_of_twenty_intervals_hold(drift):
    random, runs = np.random.default_rng(3), 2000
    held = 0
    for _ in range(runs):
        found = quad_contrast(*quads(random, 8, drift=drift))
        held += found.low <= 0.5 <= found.high
    assert held / runs == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / runs))


def test_an_uncertain_shot_noise_level_is_in_the_interval():
    # Hardly any light: A_± of some per cent stand on a level known to a hundredth.
    random, held, runs = np.random.default_rng(4), 0, 1500
    for _ in range(runs):
        level = 1 + 0.01 * random.standard_normal()
        powers = 1 + np.array([[0.1], [0.06]]) + 0.002 * random.standard_normal((2, 12))
        found = quad_contrast(*(powers / level - 1), reference_error=0.01)
        held += found.low <= 0.25 <= found.high
    assert held / runs == pytest.approx(0.95, abs=0.025)


def test_noise_that_may_be_none_at_all_has_no_contrast():
    random = np.random.default_rng(5)
    assert np.isnan(quad_contrast(*(0.01 * random.standard_normal((2, 8)))).low)
    assert np.isnan(quad_contrast([1.0], [2.0]).value)


def test_incomplete_quads_are_refused():
    with pytest.raises(InputError, match="3 forward and 2 backward"):
        quad_contrast([1, 2, 3], [1, 2])
    with pytest.raises(InputError, match="finite pair"):
        quad_contrast([1, np.nan], [1, 2])
    with pytest.raises(InputError, match="same frequencies"):
        excess_noise(np.ones(5), np.ones(4))
    with pytest.raises(InputError, match="positive power"):
        excess_noise(np.ones(5), np.zeros(5))
