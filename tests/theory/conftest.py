"""Networks and Gaussian states drawn at random from a seed, made without the code under test."""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm

from phonosync.theory import BosonicNetwork


def _hermitian(random, modes, size):
    J = size * (random.normal(size=(modes, modes)) + 1j * random.normal(size=(modes, modes)))
    J = (J + J.conj().T) / 2
    np.fill_diagonal(J, 0)
    return J


@pytest.fixture(scope="session")
def random_network():
    """Every term of the model at once; few quanta, so that every term matters."""

    def draw(seed, modes=3, drive=3.0):
        random = np.random.default_rng(seed)
        g = 0.02 * random.normal(size=(modes, modes))
        np.fill_diagonal(g, 0)
        terms = dict(
            detuning=random.uniform(-2, 2, modes),
            loss=random.uniform(0.1, 1, modes),
            exchange=_hermitian(random, modes, 0.3),
            pressure=g,
            kerr=0.02 * random.normal(size=modes),
            drive=drive * random.normal(size=(modes, 2)) @ [1, 1j],
            occupation=random.uniform(0, 5, modes),
            cross_kerr=0.02 * _hermitian(random, modes, 1.0).real,
            brownian=np.arange(modes) == 2,
        )
        shared = np.zeros((modes, modes), complex)  # modes 1 and 2 lose into one bath too
        if modes > 1:
            root = np.sqrt(np.prod(terms["loss"][:2]))
            shared[0, 1] = 0.8 * root * np.exp(2j * np.pi * random.random())
            shared[1, 0] = shared[0, 1].conjugate()
        return BosonicNetwork(**terms, shared_loss=shared)

    return draw


@pytest.fixture(scope="session")
def cooled_network():
    """A red-detuned photon that presses on phonons: stable at the amplitudes (0.5, 0, ...)."""

    def draw(seed, phonons=2):
        random = np.random.default_rng(seed)
        N = phonons + 1
        g = np.zeros((N, N))
        g[0, 1:] = random.uniform(0.02, 0.2, phonons)
        return BosonicNetwork(
            detuning=random.uniform(0.7, 1.3, N),
            loss=[0.3, *random.uniform(1e-4, 1e-2, phonons)],
            pressure=g,
            occupation=[0.0, *random.uniform(0, 50, phonons)],
        ), np.array([0.5, *[0.0] * phonons])

    return draw


@pytest.fixture(scope="session")
def linear_network():
    """Modes that only exchange quanta; passive, hence always stable."""

    def draw(seed, modes=3, occupation=0.0, real=False):
        random = np.random.default_rng(seed)
        J = _hermitian(random, modes, 1.0)
        return BosonicNetwork(
            detuning=random.uniform(-2, 2, modes),
            loss=random.uniform(0.1, 1, modes),
            exchange=J.real if real else J,
            occupation=occupation,
        )

    return draw


@pytest.fixture(scope="session")
def physical_state():
    """Covariance of a Gaussian state: thermal modes, squeezed, mixed by interferometers."""

    def interferometer(random, modes):
        U: Any = expm(1j * _hermitian(random, modes, 3.0))
        S = np.empty((modes, 2, modes, 2))
        S[:, 0, :, 0], S[:, 0, :, 1] = U.real, -U.imag
        S[:, 1, :, 0], S[:, 1, :, 1] = U.imag, U.real
        return S.reshape(2 * modes, 2 * modes)

    def draw(seed, modes=2, squeezing=1.0, quanta=2.0):
        random = np.random.default_rng(seed)
        hot = np.repeat(0.5 + quanta * random.exponential(size=modes), 2)
        r = squeezing * random.normal(size=modes)
        S = (
            interferometer(random, modes)
            @ np.diag(np.exp(np.stack([r, -r], axis=-1).ravel()))
            @ interferometer(random, modes)
        )
        return S @ np.diag(hot) @ S.T

    return draw


@pytest.fixture(scope="session")
def symplectic_form():
    """Ω of the order q1, p1, q2, p2, ..."""
    return lambda modes: np.kron(np.eye(modes), [[0.0, 1.0], [-1.0, 0.0]])
