from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    diffusion,
    drift,
    steady_covariance,
    velocity,
)
from phonosync.theory.trajectory import follow, thermal_covariance


def plain_run(network, times, c: Any, V):
    """The equations written down once more, with numpy and scipy."""
    N, D = network.modes, diffusion(network)

    def speed(_, y):
        fields, covariance = y[:N] + 1j * y[N : 2 * N], y[2 * N :].reshape(2 * N, 2 * N)
        A = drift(network, fields)
        moved: Any = velocity(network, fields)
        growth = A @ covariance
        return np.concatenate([moved.real, moved.imag, (growth + growth.T + D).ravel()])

    start = np.concatenate([c.real, c.imag, V.ravel()])
    run = solve_ivp(speed, times[[0, -1]], start, "DOP853", t_eval=times, rtol=1e-11, atol=1e-13)
    fields = run.y[:N].T + 1j * run.y[N : 2 * N].T
    return fields, run.y[2 * N :].T.reshape(-1, 2 * N, 2 * N)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_compiled_run_follows_the_equations_as_written(random_network, seed):
    network = random_network(seed)
    random = np.random.default_rng(seed)
    c = random.normal(size=(3, 2)) @ [1, 1j]
    V = thermal_covariance(network) + 0.1
    times = np.linspace(0, 20, 31)
    fields, covariance = plain_run(network, times, c, V)
    run = follow(network, times, amplitudes=c, covariance=V, rtol=1e-11)
    np.testing.assert_allclose(run.amplitudes, fields, atol=1e-8 * np.abs(fields).max())
    np.testing.assert_allclose(run.covariance, covariance, atol=1e-8 * np.abs(covariance).max())


def test_an_undriven_mode_decays_and_keeps_the_quanta_of_its_bath():
    network = BosonicNetwork(detuning=[2.0], loss=[0.3], occupation=[4.0])
    times = np.linspace(0, 5, 6)
    run = follow(network, times, amplitudes=[1.0])
    np.testing.assert_allclose(run.amplitudes[:, 0], np.exp(-(0.15 + 2j) * times), rtol=1e-8)
    np.testing.assert_allclose(run.covariance, np.broadcast_to(4.5 * np.eye(2), (6, 2, 2)))


def test_after_a_long_time_the_covariance_is_the_stationary_one(cooled_network):
    network, _ = cooled_network(3)
    rest = np.zeros(network.modes)
    run = follow(network, [0.0, 40 / network.loss.min()], rtol=1e-10)
    expected = steady_covariance(drift(network, rest), diffusion(network))
    np.testing.assert_allclose(run.covariance[-1], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("times", "message"), [([0.0], "increase"), ([0.0, 0.0], "increase"), ([1.0, 0.5], "increase")]
)
def test_times_that_do_not_increase_are_refused(times, message):
    with pytest.raises(InputError, match=message):
        follow(BosonicNetwork(detuning=[1.0], loss=[1.0]), times)


def test_a_batch_is_refused():
    with pytest.raises(InputError, match="one network"):
        follow(BosonicNetwork(detuning=[[1.0], [2.0]], loss=[1.0]), [0.0, 1.0])
