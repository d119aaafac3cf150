"""Networks whose noise matters little, and the quadratures of their amplitudes."""

from dataclasses import replace

import numpy as np
import pytest

from phonosync.theory import BosonicNetwork


@pytest.fixture(scope="session")
def weak():
    def weaken(network, size):
        """The same linearised motion round amplitudes `size` times larger: noise matters less."""
        return replace(
            network,
            drive=network.drive * size,
            pressure=network.pressure / size,
            kerr=network.kerr / size**2,
            cross_kerr=network.cross_kerr / size**2,
        )

    return weaken


@pytest.fixture(scope="session")
def quadratures():
    def of(c):
        return np.sqrt(2) * np.stack([np.real(c), np.imag(c)], -1).reshape(*np.shape(c)[:-1], -1)

    return of


@pytest.fixture(scope="session")
def cooled_ring():
    return BosonicNetwork(
        detuning=[1.5, 1.0, 1.1],
        loss=[0.2, 5e-3, 5e-3],
        pressure=[[0, 1e-4, 1e-4], [0, 0, 0], [0, 0, 0]],
        drive=[1000.0, 0, 0],
        occupation=[0, 20, 20],
    )
