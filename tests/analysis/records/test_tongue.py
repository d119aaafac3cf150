"""Tongues: the locking range from frequency differences."""

import numpy as np
import pytest

from phonosync.analysis.records.tongue import fit_tongue
from phonosync.analysis.statistics.interval import around
from phonosync.theory import InputError
from phonosync.theory.stochastic.adler import adler_beat

DETUNING = np.linspace(-300, 300, 21)


def measured(centre, half_range, diffusion, error, seed):
    truth = adler_beat(DETUNING - centre, half_range, diffusion)
    noisy = truth + error * np.random.default_rng(seed).standard_normal(len(DETUNING))
    return [around(float(beat), error) for beat in noisy]


def test_a_noisy_tongue_gives_back_its_range_centre_and_noise():
    found = fit_tongue(DETUNING, measured(20, 110, 4, 2.0, seed=1))
    for interval, truth in (
        (found.centre_hz, 20),
        (found.half_range_hz, 110),
        (found.diffusion_hz, 4),
    ):
        assert interval.low <= truth <= interval.high
    assert found.chi_square < found.degrees + 4 * np.sqrt(2 * found.degrees)


def test_free_vibrations_have_no_locking_range():
    found = fit_tongue(DETUNING, measured(0, 0, 0, 2.0, seed=2))
    assert found.half_range_hz.low == 0
    # Strong noise may hide a coupling: its pull K²/4D stays below one beat's error.
    assert found.half_range_hz.high**2 / (4 * found.diffusion_hz.high) < 2.0


def test_sharp_edges_leave_no_noise():
    found = fit_tongue(DETUNING, measured(-10, 150, 0, 1.0, seed=3))
    assert found.diffusion_hz.low == 0
    assert found.half_range_hz.low <= 150 <= found.half_range_hz.high


@pytest.mark.parametrize(
    ("detuning", "beats", "message"),
    [
        (DETUNING[:3], [around(0.0, 1.0)] * 3, "5 detunings or more"),
        (DETUNING, [around(np.nan, 1.0)] * 21, "leave out what has no beat"),
        (DETUNING, [around(0.0, 0.0)] * 21, "wider than 0"),
        (np.zeros(21), [around(0.0, 1.0)] * 21, "lie apart"),
    ],
)
def test_what_is_no_tongue_is_refused(detuning, beats, message):
    with pytest.raises(InputError, match=message):
        fit_tongue(detuning, beats)
