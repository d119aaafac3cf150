"""Isolation from S21 and S12."""

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.nonreciprocity.two_way import (
    modulus_interval,
    trace_noise,
    two_way_isolation,
)
from phonosync.theory.errors import InputError

FREQUENCY = np.linspace(-20e6, 20e6, 201)
LINEWIDTH, DEPTH_DB, LOSS_DB = 4e6, 25.0, 1.5


def isolator(frequency=FREQUENCY, depth_db=DEPTH_DB):
    """S21 passes with some loss; S12 has a Lorentzian dip."""
    dip = 1 - (1 - 10 ** (-depth_db / 20)) / (1 + 2j * frequency / LINEWIDTH)
    passing = np.full(len(frequency), 10 ** (-LOSS_DB / 20), complex)
    S = np.array([[0 * dip, passing * dip], [passing, 0 * dip]])
    ports = {"output_port": [1, 2], "input_port": [1, 2], "frequency": frequency}
    return xr.DataArray(S, ports, dims=("output_port", "input_port", "frequency"))


def noisy(S, sigma, random):
    return S + sigma * (random.standard_normal((*S.shape, 2)) @ [1, 1j]) / np.sqrt(2)


def width_above(level_db):
    """|S12/S21|² of the dip equals 10^(−level/10): solved for the frequency."""
    r, t = 10 ** (-DEPTH_DB / 20), 10 ** (-level_db / 10)
    return LINEWIDTH * np.sqrt((t - r**2) / (1 - t))


def test_without_noise_peak_bandwidth_and_loss_are_those_of_the_dip():
    found = two_way_isolation(isolator(), trace_noise=1e-6, level_db=10.0)
    assert found.passing == (2, 1)
    assert found.peak_hz == pytest.approx(0, abs=1)
    assert found.peak_db.value == pytest.approx(DEPTH_DB)
    assert found.insertion_loss_db.value == pytest.approx(LOSS_DB)
    assert found.bandwidth_hz.value == pytest.approx(width_above(10.0), rel=0.02)  # 200 kHz steps


def test_an_isolator_the_other_way_round_passes_from_2_to_1():
    turned = isolator().assign_coords(output_port=[2, 1], input_port=[2, 1])
    found = two_way_isolation(turned, trace_noise=1e-6, level_db=10.0)
    assert found.passing == (1, 2)
    assert found.peak_db.value == pytest.approx(DEPTH_DB)


@pytest.mark.parametrize("sigma", [3e-3, 3e-2])
def test_peak_and_bandwidth_hold_at_least_nineteen_of_twenty_times(sigma):
    random, runs, truth = np.random.default_rng(1), 200, width_above(10.0)
    peak, width, points = 0, 0, []
    exact = two_way_isolation(isolator(), trace_noise=1e-9, level_db=10.0).isolation_db
    for _ in range(runs):
        found = two_way_isolation(noisy(isolator(), sigma, random), trace_noise=sigma, level_db=10)
        p, w = found.peak_db, found.bandwidth_hz
        peak += p.low <= DEPTH_DB and not p.high < DEPTH_DB
        width += w.low <= truth * 1.01 and not w.high < truth * 0.99
        points.append(np.mean((found.low_db <= exact) & (exact <= found.high_db)))
    assert np.mean(points) == pytest.approx(0.95, abs=0.01)
    assert min(peak, width) / runs > 0.95 - 2 * np.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize("signal", [0.0, 0.5, 1.0, 2.0, 8.0, 30.0])
def test_the_interval_of_a_modulus_holds_down_to_the_noise(signal):
    random, n = np.random.default_rng(2), 20_000
    seen = np.abs(signal + (random.standard_normal((n, 2)) @ [1, 1j]) / np.sqrt(2))
    low, high = modulus_interval(seen, 1.0)
    held = np.mean((low <= signal) & (signal <= high))
    # Nothing lies below zero, so that only the upper half of the error remains there.
    expected = 0.975 if signal == 0 else 0.95
    assert held == pytest.approx(expected, abs=3 * np.sqrt(0.95 * 0.05 / n))


def test_a_blocked_direction_in_the_noise_gives_a_lower_limit():
    random = np.random.default_rng(3)
    S = noisy(isolator(depth_db=200.0), 0.01, random)
    found = two_way_isolation(S, trace_noise=0.01, level_db=10.0)
    assert np.isnan(found.peak_db.value)
    assert 20 < found.peak_db.low < 40  # the noise is 38.5 dB below the passing signal
    assert found.peak_db.text()[0].startswith(">")


def test_a_band_beyond_the_sweep_is_a_lower_limit():
    f = np.linspace(-1e6, 1e6, 51)
    found = two_way_isolation(isolator(f), trace_noise=1e-5, level_db=3.0)
    assert np.isnan(found.bandwidth_hz.value)
    assert found.bandwidth_hz.low == pytest.approx(2e6)


def test_isolation_below_the_level_has_no_bandwidth():
    found = two_way_isolation(isolator(), trace_noise=1e-4, level_db=40.0)
    assert found.bandwidth_hz.value == found.bandwidth_hz.high == 0


def test_repeated_sweeps_tell_the_noise_of_their_mean():
    random = np.random.default_rng(4)
    repeats = noisy(isolator().expand_dims(repeat=9), 0.02, random)
    assert trace_noise(repeats).values == pytest.approx(np.full((2, 2), 0.02 / 3), rel=0.1)
    with pytest.raises(InputError, match="at least two repeats"):
        trace_noise(repeats.isel(repeat=slice(1)))


def test_other_data_are_refused():
    S = isolator()
    with pytest.raises(InputError, match="one setting at a time"):
        two_way_isolation(S.expand_dims("laser_power"), trace_noise=1e-3, level_db=10)
    with pytest.raises(InputError, match="ports 1 and 2"):
        two_way_isolation(S.assign_coords(input_port=[0, 1]), trace_noise=1e-3, level_db=10)
    with pytest.raises(InputError, match="finite values"):
        two_way_isolation(S * np.nan, trace_noise=1e-3, level_db=10)
    with pytest.raises(InputError, match="trace noise must be positive"):
        two_way_isolation(S, trace_noise=0.0, level_db=10)


def test_a_single_modulus_near_the_noise_has_the_interval_that_it_has_among_others():
    one, many = modulus_interval(0.3, 0.1), modulus_interval([0.3, 5.0], 0.1)
    assert [float(end) for end in one] == [end[0] for end in many]
