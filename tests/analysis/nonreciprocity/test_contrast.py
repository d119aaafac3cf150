"""Contrast and isolation with intervals that hold."""

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.nonreciprocity.contrast import (
    contrast_ends,
    contrast_map,
    decibel_of_contrast,
    nonreciprocity,
    nonreciprocity_of_limits,
)
from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import InputError
from phonosync.theory.synchronization import contrast, isolation_db

RUNS = 20_000
BAND = 3 * np.sqrt(0.95 * 0.05 / RUNS)


def diagonal(*errors):
    return np.diag(np.square(errors))


def test_values_are_those_of_theory():
    found = nonreciprocity(0.61, 0.036, diagonal(0.005, 0.001))
    assert found.contrast.value == pytest.approx(float(contrast(0.61, 0.036)))
    assert found.isolation_db.value == pytest.approx(float(isolation_db(0.61, 0.036)))


def test_well_known_directions_have_the_interval_of_the_delta_method():
    S, V = np.array([0.5, 0.3]), np.array([[4e-6, 1e-6], [1e-6, 2e-6]])
    slope = 2 * np.array([S[1], -S[0]]) / S.sum() ** 2
    found = nonreciprocity(S[0], S[1], V).contrast
    half = 1.959964 * np.sqrt(slope @ V @ slope)
    assert (found.low, found.high) == pytest.approx((0.25 - half, 0.25 + half), abs=1e-5)


def test_a_calibration_error_that_both_directions_share_cancels():
    S = np.array([0.5, 0.1])
    alone, shared = diagonal(0.01, 0.01), 0.05**2 * np.outer(S, S)
    bare, with_it = (nonreciprocity(S[0], S[1], V).contrast for V in (alone, alone + shared))
    assert (with_it.low, with_it.high) == pytest.approx((bare.low, bare.high), abs=1e-3)
    if_not = nonreciprocity(S[0], S[1], alone + np.diag(np.diag(shared))).contrast
    # δχ = 2 (S_− δS_+ − S_+ δS_−)/(S_+ + S_−)²: 0.026e-4 bare, 0.0125e-4 from 5 % of each.
    wider = (if_not.high - if_not.low) / (bare.high - bare.low)
    assert wider == pytest.approx(np.sqrt(1 + 0.125 / 0.26), abs=0.01)


@pytest.mark.parametrize("backward", [0.0, 0.02, 0.05, 0.3])
@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_nineteen_of_twenty_intervals_hold_down_to_zero(backward, correlation):
    random, truth = np.random.default_rng(1), [0.4, backward]
    V = np.array([[0.03**2, correlation * 6e-4], [correlation * 6e-4, 0.02**2]])
    S = random.multivariate_normal(truth, V, RUNS).T
    low, high = contrast_ends(S[0], S[1], V)
    chi = (0.4 - backward) / (0.4 + backward)
    held = np.mean((low <= chi) & (chi <= high))
    # At zero the whole upper error falls beyond the physical limit, where nothing can be wrong.
    expected = 0.975 if backward == 0 else 0.95
    assert held == pytest.approx(expected, abs=BAND)


def test_the_delta_method_fails_where_a_direction_is_poorly_known():
    random = np.random.default_rng(2)
    truth, sigma = np.array([[0.6], [0.1]]), np.array([[0.25], [0.02]])
    a, b = truth + sigma * random.standard_normal((2, RUNS))
    chi, right = (a - b) / (a + b), 0.5 / 0.7
    delta = 1.96 * 2 * np.hypot(b * sigma[0], a * sigma[1]) / (a + b) ** 2
    assert np.mean(np.abs(chi - right) <= delta) < 0.93
    assert np.mean(chi + delta < right) == 0  # all misses on one side
    low, high = contrast_ends(a, b, diagonal(*sigma[:, 0]))
    assert np.mean((low <= right) & (right <= high)) == pytest.approx(0.95, abs=BAND)


def test_a_direction_that_may_be_zero_leaves_a_lower_limit_of_isolation():
    found = nonreciprocity(0.6, -0.01, diagonal(0.01, 0.02))
    assert np.isnan(found.isolation_db.value)
    assert np.isnan(found.contrast.value)  # −0.01 gives a contrast beyond 1
    # 0.6 against at most about 1.96 × 0.02 − 0.01.
    assert found.isolation_db.low == pytest.approx(10 * np.log10(0.6 / 0.0292), abs=0.1)
    assert found.isolation_db.text()[0].startswith(">")
    mirrored = nonreciprocity(-0.01, 0.6, diagonal(0.02, 0.01))
    assert mirrored.isolation_db.high == pytest.approx(-found.isolation_db.low)
    assert mirrored.contrast.high == pytest.approx(-found.contrast.low)
    assert mirrored.isolation_db.text()[0].startswith("<")


def test_two_directions_that_may_be_zero_say_nothing():
    found = nonreciprocity(0.01, 0.02, diagonal(0.05, 0.05))
    assert (found.contrast.low, found.contrast.high) == (-1, 1)
    assert np.isnan(found.isolation_db.low)
    assert contrast_ends(np.nan, 1.0, np.eye(2)) == (pytest.approx(np.nan, nan_ok=True),) * 2


def test_limits_alone_give_the_corners():
    found = nonreciprocity_of_limits(Interval(0.5, 0.4, 0.6), Interval(0.1, 0.05, 0.2))
    assert found.contrast.value == pytest.approx(2 / 3)
    assert found.contrast.low == pytest.approx(0.2 / 0.6)
    assert found.contrast.high == pytest.approx(0.55 / 0.65)
    # S_c of a fit that gives only a lower limit, against a measured one.
    at_least = nonreciprocity_of_limits(Interval(np.nan, 0.5, np.nan), Interval(0.1, 0.05, 0.2))
    assert at_least.isolation_db.low == pytest.approx(10 * np.log10(0.5 / 0.2))
    assert np.isnan(at_least.isolation_db.high)


def test_decibels_of_a_contrast_go_with_those_of_a_ratio():
    assert decibel_of_contrast(9 / 11) == pytest.approx(10)
    assert decibel_of_contrast([-1, 1]).tolist() == [-np.inf, np.inf]


def on_a_map(values, power=(1e-3, 2e-3), detuning=(-1e6, 0.0, 1e6)):
    coords = {"laser_power": list(power), "detuning": list(detuning)}
    return xr.DataArray(np.broadcast_to(values, (2, 3)), coords, dims=("laser_power", "detuning"))


def test_a_map_holds_what_single_settings_say():
    S = np.array([[0.6, 0.5, 0.4], [0.3, 0.2, 0.1]])
    found = contrast_map(
        on_a_map(S), on_a_map(S.T.reshape(2, 3)), on_a_map(0.02), on_a_map(0.03), correlation=0.5
    )
    V = [[0.02**2, 3e-4], [3e-4, 0.03**2]]
    alone = nonreciprocity(S[1, 2], S.T.reshape(2, 3)[1, 2], V)
    here = found.isel(laser_power=1, detuning=2)
    assert float(here.contrast_low) == pytest.approx(alone.contrast.low)
    assert float(here.contrast_high) == pytest.approx(alone.contrast.high)
    assert float(here.isolation) == pytest.approx(alone.isolation_db.value)


def test_directions_measured_at_other_settings_are_not_compared():
    here, there = on_a_map(0.5), on_a_map(0.5, power=(1e-3, 2.1e-3))
    with pytest.raises(InputError, match="at_common_settings"):
        contrast_map(here, there, on_a_map(0.1), on_a_map(0.1))
    with pytest.raises(InputError, match="correlation of 2"):
        contrast_map(here, here, here, here, correlation=2)
