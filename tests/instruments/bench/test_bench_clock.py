"""The lab's time, and what drifts with it."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.clock import AcceleratedClock, RealClock
from phonosync.instruments.virtual.bench.imperfections import Drifts, Imperfections
from phonosync.theory import InputError

HOUR = 3600.0


def test_accelerated_time_is_the_sum_of_what_acquisitions_take():
    clock = AcceleratedClock(pause_s=2.0)
    assert clock.now_s() == 0
    for duration in (10.0, 0.5):
        clock.finish(clock.now_s(), duration)
    assert clock.now_s() == pytest.approx(14.5)


def test_an_acquisition_in_real_time_lasts_as_long_as_in_the_lab():
    clock = RealClock()
    start = clock.now_s()
    clock.finish(start, 0.02)
    assert clock.now_s() >= start + 0.02


def test_real_time_is_not_waited_for_after_a_stop():
    clock = RealClock()
    clock.finish(clock.now_s(), 3600.0, lambda: True)
    assert clock.now_s() < 1800


def test_linear_drifts_are_proportional_to_time():
    how = Imperfections(
        power_drift_per_hour=0.03, laser_drift_hz_per_hour=1e6, phonon_drift_hz_per_hour=-20.0
    )
    drift = Drifts(how, np.random.default_rng(1)).at(2 * HOUR)
    assert drift.power == pytest.approx(1.06)
    assert drift.laser_hz == pytest.approx(2e6)
    assert drift.phonon_hz == pytest.approx(-40)


def test_random_walks_spread_with_the_root_of_time():
    how = Imperfections(power_walk_per_root_hour=0.01, laser_walk_hz_per_root_hour=1e5)
    random = np.random.default_rng(2)

    def walk():
        drifts = Drifts(how, random)
        for time in np.linspace(0, 3 * HOUR, 4):
            drifts.at(time)
        now = drifts.at(4 * HOUR)
        return now.power - 1, now.laser_hz

    spread = np.std([walk() for _ in range(2000)], axis=0)
    np.testing.assert_allclose(spread, [0.02, 2e5], rtol=4 / np.sqrt(2 * 2000))


def test_asking_twice_at_one_time_moves_nothing():
    drifts = Drifts(Imperfections(power_walk_per_root_hour=0.1), np.random.default_rng(3))
    assert drifts.at(HOUR) == drifts.at(HOUR)
    assert drifts.at(0.5 * HOUR) == drifts.at(HOUR)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"remanence": 1.0}, "lies from 0 to 1"),
        ({"imprecision": -0.1}, "imprecision is -0.1; give 0 or more"),
        ({"power_walk_per_root_hour": -1.0}, "give 0 or more"),
        ({"laser_drift_hz_per_hour": float("nan")}, "give a finite number"),
    ],
)
def test_impossible_imperfections_are_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        Imperfections(**wrong)
