"""Directions compared at equal power or field."""

import numpy as np
import pytest

from phonosync.analysis.nonreciprocity.common_settings import at_common_settings, common_settings
from phonosync.theory.errors import InputError


def test_a_straight_line_is_met_everywhere():
    x = np.array([3.0, 1.0, 2.5, 4.0])  # in the order of measurement
    found = at_common_settings(x, 2 * x - 1, np.full(4, 0.1), common=[1.0, 1.7, 3.3, 4.0])
    assert found.values == pytest.approx(2 * found.setting - 1)
    assert found.curvature_error == pytest.approx(np.zeros(4), abs=1e-12)


def test_the_covariance_is_that_of_the_weights():
    random = np.random.default_rng(1)
    C = 0.01 * (np.eye(3) + 0.5)
    draws = random.multivariate_normal([1.0, 2.0, 3.0], C, 40_000)
    common = [1.25, 1.75, 2.5]
    # y = x is a straight line, so nothing but the weights' covariance remains.
    found = at_common_settings([1, 2, 3], [1, 2, 3], C, common=common)
    sampled = np.array([np.interp(common, [1, 2, 3], y) for y in draws])
    assert found.covariance == pytest.approx(np.cov(sampled.T), rel=0.05)


def test_a_curve_stays_within_its_curvature_error():
    x = np.linspace(0, 3, 13)
    # Between the last two points y'' is that of their neighbours, so not there.
    found = at_common_settings(x, np.exp(x), np.full(13, 1e-9), common=np.linspace(0.1, 2.7, 40))
    missed = np.abs(found.values - np.exp(found.setting))
    assert np.all(missed <= found.curvature_error + 1e-12)
    assert np.all(found.curvature_error < 5 * missed + 1e-2)


def test_the_error_of_the_setting_is_carried_by_the_slope():
    found = at_common_settings([0, 1], [0, 5], [0.0, 0.0], common=[0.5], setting_error=0.01)
    assert np.sqrt(found.covariance[0, 0]) == pytest.approx(0.05)


def test_a_monotone_curve_stays_monotone():
    x = np.array([0, 1, 2, 3.0])
    found = at_common_settings(x, [0, 0.01, 5, 5.01], np.ones(4), common=np.linspace(0, 3, 50))
    assert np.all(np.diff(found.values) >= 0)


def test_unequal_power_does_not_pass_for_nonreciprocity():
    # A reciprocal device whose S falls with power; backward gets 3 % less light at every setting.
    asked = np.linspace(1, 2, 6)
    plus, minus = 1.0 * asked, 0.97 * asked
    common = common_settings(plus, minus)
    errors = np.full(6, 1e-3)
    here, there = (at_common_settings(P, 1 / P, errors, common=common) for P in (plus, minus))
    difference = here.values - there.values
    allowed = np.hypot(here.errors, there.errors)
    assert np.all(np.abs(difference) < 2 * allowed)
    assert np.all(np.abs(1 / plus - 1 / minus) > 10 * errors)


def test_nothing_is_extrapolated():
    with pytest.raises(InputError, match=r"2\.1 lies outside the measured settings 1 to 2"):
        at_common_settings([1, 2], [1, 2], [0.1, 0.1], common=[1.5, 2.1])
    with pytest.raises(InputError, match="nothing is common"):
        common_settings([1, 2], [3, 4])
    with pytest.raises(InputError, match="two settings are equal"):
        at_common_settings([1, 1, 2], [1, 2, 3], np.ones(3), common=[1])
    with pytest.raises(InputError, match="do not fit"):
        at_common_settings([1, 2], [1, 2, 3], np.ones(3), common=[1])
    with pytest.raises(InputError, match="not finite"):
        at_common_settings([1, 2], [1, np.nan], np.ones(2), common=[1])
    with pytest.raises(InputError, match="2 settings forward and 1 backward"):
        common_settings([1, 2], [1])
