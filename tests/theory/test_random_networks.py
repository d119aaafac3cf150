"""Random networks of three to six modes with Kerr, pressure and baths: two paths, one answer."""

import numpy as np
import pytest

from phonosync.theory import BosonicNetwork, diffusion, drift, steady_covariance, velocity
from phonosync.theory.gaussian_state import check_physical
from phonosync.theory.mean_field import steady_states, steady_states_of_many

NETWORKS = 80  # a batch goes through the compiled path, a single network through numpy


def draw(modes):
    """A cavity that presses on phonons, a Kerr magnon, and phonons: hermitian links throughout."""
    random = np.random.default_rng(modes)
    shape = (NETWORKS, modes, modes)
    J = 0.1 * (random.normal(size=shape) + 1j * random.normal(size=shape))
    J = (J + np.conj(np.swapaxes(J, -1, -2))) / 2
    J[:, range(modes), range(modes)] = 0
    g = np.zeros(shape)
    g[:, 0, 2:] = 1e-3 * random.normal(size=(NETWORKS, modes - 2))
    kerr = np.zeros((NETWORKS, modes))
    kerr[:, 1] = 1e-4 * random.normal(size=NETWORKS)
    phonons = modes - 2
    return BosonicNetwork(
        detuning=np.concatenate(
            [
                random.uniform(0.5, 1.5, (NETWORKS, 2)),
                random.uniform(0.8, 1.2, (NETWORKS, phonons)),
            ],
            axis=-1,
        ),
        loss=10 ** random.uniform([-1, -1] + [-3] * phonons, [0, 0] + [-2] * phonons, (80, modes)),
        exchange=J,
        pressure=g,
        kerr=kerr,
        drive=10 ** random.uniform(0, 2, (NETWORKS, 1)) * np.eye(modes)[0],
        occupation=random.exponential(20, (NETWORKS, modes)) * (np.arange(modes) > 1),
    )


@pytest.fixture(scope="module", params=[3, 4, 5, 6])
def networks(request):
    batch = draw(request.param)
    return batch, steady_states_of_many(batch)


def test_every_steady_state_stands_still_to_ten_digits(networks):
    batch, states = networks
    assert np.all(np.isfinite(states.growth[:, 0]))  # a driven network has at least one
    for s in range(states.growth.shape[1]):
        there = np.isfinite(states.growth[:, s])
        speed = velocity(batch.flat(np.flatnonzero(there)), states.amplitudes[there, s])
        assert np.abs(speed).max() <= 1e-10 * np.abs(batch.drive).max()


def test_both_paths_find_the_same_states_and_the_same_covariance(networks):
    batch, states = networks
    steady = np.flatnonzero(states.stable[:, 0])
    assert len(steady) >= 64
    some, c = batch.flat(steady), states.amplitudes[steady, 0]
    A, D = drift(some, c), diffusion(some)
    V = check_physical(steady_covariance(A, D))
    residual = np.abs(A @ V + V @ np.swapaxes(A, -1, -2) + D).max(axis=(-2, -1))
    assert np.all(residual <= 1e-10 * np.abs(A @ V).max(axis=(-2, -1)))
    for k in range(0, len(steady), 9):
        alone = batch.flat(steady[k])
        lowest = steady_states(alone)[0]
        np.testing.assert_allclose(lowest.amplitudes, c[k], rtol=1e-9)
        expected = steady_covariance(A[k], D[k])
        np.testing.assert_allclose(V[k], expected, atol=1e-10 * np.abs(expected).max())
