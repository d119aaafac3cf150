"""Ending a run early without fooling oneself."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm, t

from phonosync.analysis.nonreciprocity.quad_contrast import quad_contrast
from phonosync.analysis.nonreciprocity.stopping import Stopping
from phonosync.theory.errors import InputError


def bounds(looks):
    stopping = Stopping(1.0, looks, by_width_alone=False)
    return norm.isf(np.array([stopping.level(n) for n in looks]) / 2)


def test_five_looks_have_the_bounds_of_lan_and_demets():
    # Their uniform spending function at five equal steps, to the two digits of their table.
    assert bounds((10, 20, 30, 40, 50)).round(2) == pytest.approx([2.58, 2.49, 2.41, 2.34, 2.28])


@pytest.mark.parametrize("looks", [(8, 16), (8, 12, 30), (9, 30, 31)])
def test_all_intervals_hold_together_with_95_percent(looks):
    n = np.array(looks, float)
    correlation: Any = np.sqrt(np.minimum.outer(n, n) / np.maximum.outer(n, n))
    z = bounds(looks)
    inside = multivariate_normal.cdf(z, np.zeros(len(z)), correlation, lower_limit=-z)
    assert inside == pytest.approx(0.95, abs=2e-5)


def test_a_single_look_has_the_plain_interval():
    decision = Stopping(0.1, [8], by_width_alone=False).decide(1.0, 0.05, 8)
    assert decision.level == pytest.approx(0.05)
    assert (decision.interval.low, decision.interval.high) == pytest.approx((0.902002, 1.097998))
    assert decision.stop


def test_errors_from_few_quads_widen_the_interval_by_student():
    decision = Stopping(0.1, range(8, 20)).decide(0.0, 1.0, 8, degrees_of_freedom=7)
    assert decision.interval.high == pytest.approx(t.ppf(1 - decision.level / 2, 7))
    assert not decision.stop


def test_the_run_ends_at_the_half_width_and_not_before():
    stopping = Stopping(0.02, range(8, 65))
    half = float(norm.isf(stopping.level(20) / 2))
    assert stopping.decide(0.4, 0.0199 / half, 20).stop
    assert not stopping.decide(0.4, 0.0201 / half, 20).stop
    assert not stopping.decide(np.nan, np.nan, 20).stop


def ended(random, stopping, level_of):
    """Whether the interval holds at the look that ends the run."""
    noise = np.array([[3.0], [1.0]]) * (1 + 0.08 * random.standard_normal((2, 40)))
    intervals = (quad_contrast(*noise[:, :n], level=level_of(n)) for n in stopping.looks)
    narrow = (i for i in intervals if i.high - i.low <= 2 * stopping.half_width)
    found = next(narrow, quad_contrast(*noise, level=level_of(40)))
    return found.low <= 0.5 <= found.high


def test_the_interval_holds_at_the_end_of_runs_that_end_early():
    stopping, runs = Stopping(0.024, range(8, 41, 2)), 1000
    random = np.random.default_rng(1)
    held = np.mean([ended(random, stopping, stopping.level) for _ in range(runs)])
    assert held > 0.95 - 2 * np.sqrt(0.95 * 0.05 / runs)


def ever_excluded(random, stopping, runs=400):
    """How often zero is excluded at one of the looks though it is the truth."""
    wrong = 0
    for _ in range(runs):
        d = random.standard_normal(60)
        for look in stopping.looks:
            decision = stopping.decide(d[:look].mean(), 1 / np.sqrt(look), look)
            if decision.interval.low > 0 or decision.interval.high < 0:
                wrong += 1
                break
    return wrong / runs


def test_a_run_that_its_value_may_end_needs_the_looks_to_share_their_errors():
    looks = range(8, 61, 4)
    shared = Stopping(1e-3, looks, by_width_alone=False)
    assert ever_excluded(np.random.default_rng(2), shared) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    assert ever_excluded(np.random.default_rng(2), Stopping(1e-3, looks)) > 0.09


def test_looks_that_nobody_planned_are_refused():
    with pytest.raises(InputError, match="no look is planned after 9 quads"):
        Stopping(0.02, (8, 16)).decide(0.5, 0.1, 9)
    with pytest.raises(InputError, match="rise from at least 8"):
        Stopping(0.02, (4, 8))
    with pytest.raises(InputError, match="rise from at least 8"):
        Stopping(0.02, (8, 8))
    with pytest.raises(InputError, match="never reached"):
        Stopping(0.0, (8, 16))
