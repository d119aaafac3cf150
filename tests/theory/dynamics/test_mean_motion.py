"""The compiled mean motion against the equations as written, and against matrix exponentials."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from phonosync.theory import BosonicNetwork, InputError, drift, velocity
from phonosync.theory.dynamics.mean_motion import deviations, follow_mean, to_complex, to_real


def everything(seed):
    """A network with every term of the model."""
    random = np.random.default_rng(seed)
    N = 3
    hop: Any = random.normal(size=(N, N)) + 1j * random.normal(size=(N, N))
    pair, g = random.normal(size=(N, N)), random.normal(size=(N, N))
    for matrix in (hop, pair, g):
        np.fill_diagonal(matrix, 0)
    shared = np.zeros((N, N), complex)
    shared[0, 2], shared[2, 0] = 0.1j, -0.1j
    return BosonicNetwork(
        detuning=random.uniform(-2, 2, N),
        loss=random.uniform(0.3, 1, N),
        exchange=0.2 * (hop + hop.conj().T),
        pressure=0.05 * g,
        kerr=0.02 * random.normal(size=N),
        drive=3 * random.normal(size=(N, 2)) @ [1, 1j],
        cross_kerr=0.02 * (pair + pair.T),
        shared_loss=shared,
        brownian=[False, True, False],
    )


def plain_run(network, times, start):
    def speed(_, y):
        return to_real(velocity(network, to_complex(y)))

    run = solve_ivp(
        speed, [times[0], times[-1]], to_real(start), "DOP853", times, rtol=1e-12, atol=1e-12
    )
    return to_complex(run.y.T.copy())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_mean_motion_follows_the_equations_as_written(seed):
    network, times = everything(seed), np.linspace(0, 20, 21)
    start = np.array([1.0, 2j, -1 + 1j])
    found = follow_mean(network, times, amplitudes=start, rtol=1e-11)
    expected = plain_run(network, times, start)
    np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("seed", [0, 1])
def test_deviations_are_what_parts_two_neighbouring_motions(seed):
    network, times = everything(seed), np.array([0.0, 1.3, 4.0])
    start = np.array([1.0, 2j, -1 + 1j])
    _, found = deviations(network, times, start, np.eye(6))
    for column in range(6):
        kick = 1e-5 * to_complex(np.eye(6)[column])
        ahead, behind = (plain_run(network, times, start + sign * kick) for sign in (1, -1))
        moved = to_real(ahead - behind) / 2e-5
        np.testing.assert_allclose(found[:, :, column], moved, atol=1e-6)


def test_propagators_from_time_to_time_make_up_the_whole():
    network, times = everything(3), np.linspace(0, 3, 8)
    start = np.array([0.5, 1.0, 1j])
    fields, parts = deviations(network, times, start)
    whole = np.eye(6)
    for part in parts[1:]:
        whole = part @ whole
    _, (_, expected) = deviations(network, times[[0, -1]], start, np.eye(6))
    np.testing.assert_allclose(whole, expected, atol=1e-9)
    np.testing.assert_allclose(fields, follow_mean(network, times, amplitudes=start, rtol=1e-11))


def test_a_linear_network_deviates_by_the_exponential_of_its_drift(linear_network):
    network = linear_network(5)
    n = 2 * network.modes
    _, (_, found) = deviations(network, [0, 0.7], np.ones(network.modes), np.eye(n))
    expected = expm(0.7 * drift(network, np.zeros(network.modes)))
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_in_other_units_the_motion_is_the_same():
    slow = everything(1)
    unit = 1e9
    rates = {f.name: getattr(slow, f.name) * unit for f in fields(slow)}
    fast = BosonicNetwork(**rates | {"brownian": slow.brownian, "occupation": slow.occupation})
    times = np.linspace(0, 10, 6)
    np.testing.assert_allclose(
        follow_mean(fast, times / unit, rtol=1e-11), follow_mean(slow, times, rtol=1e-11), rtol=1e-7
    )


@pytest.mark.parametrize("times", [[0.0], [0.0, 0.0], [1.0, 0.0]])
def test_times_that_do_not_increase_are_refused(times):
    with pytest.raises(InputError, match="increase"):
        follow_mean(everything(0), times)


def test_a_batch_is_refused():
    batch = BosonicNetwork(detuning=[[1.0], [2.0]], loss=[1.0])
    with pytest.raises(InputError, match="one network"):
        follow_mean(batch, [0, 1])
