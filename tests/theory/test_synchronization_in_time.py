import numpy as np
import pytest

from phonosync.theory import BosonicNetwork, InputError
from phonosync.theory.synchronization_in_time import synchronization_in_time
from phonosync.theory.trajectory import follow
from phonosync.theory.verification.published import optomechanical_cells


def test_two_modes_that_cool_apart_lose_their_common_noise_as_their_losses_say():
    network = BosonicNetwork(detuning=[1.0, 1.3], loss=[0.2, 0.2])
    times = np.linspace(0, 10, 21)
    run = follow(network, times, amplitudes=[1.0, -1.0], covariance=3.5 * np.eye(4))
    record = synchronization_in_time(run, 0, 1)
    quanta = 3.0 * np.exp(-0.2 * times)
    np.testing.assert_allclose(record.S_c, 1 / (2 * quanta + 1), rtol=1e-7)
    np.testing.assert_allclose(record.S_p, 1 / (2 * quanta + 1), rtol=1e-7)
    np.testing.assert_allclose(record.S_phi, 1 / (2 * quanta + 1), rtol=1e-7)


def test_an_average_states_its_window():
    network = BosonicNetwork(detuning=[1.0, 1.0], loss=[0.2, 0.2])
    record = synchronization_in_time(follow(network, np.linspace(0, 10, 11)), 0, 1)
    window = record.average(2.5, 7.0)
    assert (window.start, window.stop, window.samples) == (3.0, 7.0, 5)
    assert (window.S_c, window.S_p, window.S_phi) == pytest.approx((1, 1, 1))
    assert record.average().samples == 11
    with pytest.raises(InputError, match=r"no sample lies between t = 20 .* from 0 to 10"):
        record.average(20)


def test_where_the_common_phase_diffuses_S_c_drifts_as_published_and_S_phi_less():
    step = 2 * np.pi / 10
    windows = {n: 2 * np.pi * n - step * np.arange(630)[::-1] for n in (200, 800)}
    run = follow(
        optomechanical_cells(0.02, second_frequency=1.005),
        np.concatenate([[0.0], *windows.values()]),
        rtol=1e-8,
    )
    record = synchronization_in_time(run, 1, 3)
    early, late = (record.average(t[0], t[-1]) for t in windows.values())
    # Mari et al., doi:10.1103/PhysRevLett.111.103605
    assert (early.S_c, late.S_c) == pytest.approx((0.2543, 0.2206), abs=1e-4)
    # The common phase no longer counts, but the two amplitudes, and so their shares, still differ.
    assert abs(late.S_phi / early.S_phi - 1) < 0.5 * abs(late.S_c / early.S_c - 1)
