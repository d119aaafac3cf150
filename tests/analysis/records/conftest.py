"""Records of pairs whose locking is known exactly: Adler's equation, stepped in time."""

import numpy as np
import pytest
import xarray as xr

RATE_HZ = 1e3


@pytest.fixture
def labelled():
    """Dress complex amplitudes as a demodulator's record."""

    def dress(z, *, references_hz=(1e6, 1e6), rate_hz=RATE_HZ, time_constant_s=1e-5, **attrs):
        return xr.DataArray(
            np.stack([z.real, z.imag], axis=1),
            dims=("channel", "quadrature", "time"),
            coords={
                "channel": np.arange(len(z)),
                "quadrature": ["X", "Y"],
                "reference": ("channel", list(references_hz), {"units": "Hz"}),
            },
            attrs={"units": "V", "rate_hz": rate_hz, "time_constant_s": time_constant_s, **attrs},
        )

    return dress


@pytest.fixture
def circular():
    """Complex white noise of unit power."""

    def draw(random, *shape):
        n = random.standard_normal((2, *shape)) / np.sqrt(2)
        return n[0] + 1j * n[1]

    return draw


@pytest.fixture
def adler_phase():
    """φ(t) of one pair, rad."""

    def run(detuning, coupling, diffusion, samples, *, seed, rate_hz=RATE_HZ, steps=4):
        random = np.random.default_rng(seed)
        dt = 1 / rate_hz / steps
        kicks = (np.sqrt(2 * diffusion * dt) * random.standard_normal(samples * steps)).tolist()
        φ, path = 0.0, []
        for kick in kicks:
            φ += (detuning - coupling * np.sin(φ)) * dt + kick
            path.append(φ)
        return np.array(path[::steps])

    return run


@pytest.fixture
def pair():
    """Two limit cycles of radius 5 and 4 with this phase difference and a common phase."""

    def make(φ, *, common=0.0):
        return np.stack([5 * np.exp(1j * (common + φ / 2)), 4 * np.exp(1j * (common - φ / 2))])

    return make
