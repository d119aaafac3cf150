"""Each term of the model alone: what the compiled run leaves out must be zero."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from phonosync.theory import BosonicNetwork, diffusion, drift, velocity
from phonosync.theory.kernels.trajectory import list_terms
from phonosync.theory.trajectory import follow, thermal_covariance


def pair(there, back):
    """A coupling of the first of three modes with the last."""
    matrix = np.zeros((3, 3), type(there))
    matrix[0, 2], matrix[2, 0] = there, back
    return matrix


TERMS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "exchange": {"exchange": pair(0.4, 0.4)},
    "complex exchange": {"exchange": pair(0.3j, -0.3j)},
    "shared loss": {"shared_loss": pair(0.2j, -0.2j)},
    "pressure of the first on the last": {"pressure": pair(0.3, 0.0)},
    "pressure of the last on the first": {"pressure": pair(0.0, 0.3)},
    "Kerr": {"kerr": [0.0, 0.1, 0.2]},
    "cross-Kerr": {"cross_kerr": pair(0.2, 0.2)},
    "Brownian": {"brownian": [False, True, False]},
    "drive": {"drive": [1.0, 0.5j, 0.0]},
}


def alone(name):
    return BosonicNetwork(
        detuning=[1.0, -0.7, 0.0], loss=[0.3, 0.4, 0.5], occupation=[0.0, 2.0, 3.0], **TERMS[name]
    )


def shifts(network):
    return network.pressure, 2 * np.diag(network.kerr) + network.cross_kerr


@pytest.mark.parametrize("name", TERMS)
def test_a_term_alone_moves_means_and_covariance_as_written(name):
    network = alone(name)
    D = diffusion(network)
    c0: Any = np.array([0.6 + 0.3j, -0.4j, 0.8])
    V0 = thermal_covariance(network) + 0.5

    def speed(_, y):
        c, V = y[:3] + 1j * y[3:6], y[6:].reshape(6, 6)
        grown = drift(network, c) @ V
        rate: Any = velocity(network, c)
        return np.concatenate([rate.real, rate.imag, (grown + grown.T + D).ravel()])

    start = np.concatenate([c0.real, c0.imag, V0.ravel()])
    end = solve_ivp(speed, (0, 3), start, "DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
    run = follow(network, [0, 3], amplitudes=c0, covariance=V0, rtol=1e-11)
    np.testing.assert_allclose(run.amplitudes[-1], end[:3] + 1j * end[3:6], atol=1e-9)
    np.testing.assert_allclose(run.covariance[-1], end[6:].reshape(6, 6), atol=1e-9)


@pytest.mark.parametrize("name", TERMS)
def test_only_entries_of_the_drift_that_can_differ_from_zero_are_used(name):
    network = alone(name)
    c = np.array([0.6 + 0.3j, -0.4 - 0.9j, 0.8 + 0.1j])
    _, entry, _ = list_terms(drift(network, np.zeros(3)), *shifts(network))
    assert set(entry) == set(np.flatnonzero(drift(network, c)))


def test_a_covariance_stays_symmetric_to_the_last_bit_beyond_threshold():
    blue = BosonicNetwork(
        detuning=[-1.0, 1.0],
        loss=[0.3, 0.01],
        pressure=[[0.0, -0.05], [0.0, 0.0]],
        drive=[4.8, 0.0],
    )
    V = follow(blue, [0.0, 100.0, 300.0]).covariance
    assert np.abs(V[-1]).max() > 10
    np.testing.assert_array_equal(V, np.swapaxes(V, -1, -2))
