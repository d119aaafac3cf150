"""Devices, their free entries, and spectra drawn from theory by a gamma law."""

import numpy as np
import pytest

from phonosync.analysis.models.condition import directions_of
from phonosync.analysis.models.observations import NoiseSpectrum, Observations
from phonosync.theory import load_device
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.mean_field import steady_states
from phonosync.theory.ports import output_amplitude
from phonosync.theory.ports.output_spectra import output_spectrum

RING = (
    "modes.cavity.linewidth",
    "modes.cavity.detuning",
    "sagnac.shift",
    *(
        f"modes.phonon_{j}.{what}"
        for j in (1, 2)
        for what in ("frequency", "linewidth", "occupation")
    ),
    *(f"couplings.cavity-phonon_{j}.rate" for j in (1, 2)),
)
BAND = np.linspace(9.4e6, 11.6e6, 1001)


def theory_spectrum(device, condition, frequency_hz):
    """What theory says of the homodyne spectrum, frequency by frequency, without any filter."""
    network = device.network(light=condition.light, field=condition.field, power=condition.power)
    state = next(s for s in steady_states(network) if s.stable)
    c, detection = state.amplitudes, device.detection
    port = device.port(detection.port)
    mean = output_amplitude(
        network, c, port, driven=device.driven_through(detection.port, condition.light)
    )
    return output_spectrum(
        drift(network, c),
        diffusion(network),
        port,
        2 * np.pi * frequency_hz,
        angle=float(np.angle(mean)) + detection.angle,
        efficiency=detection.efficiency,
    )


def drawn(device, seed, averages, conditions=None, frequency_hz=BAND):
    """One spectrum per condition; seed None: without noise."""
    random = np.random.default_rng(seed)
    traces = []
    for condition in conditions or directions_of(device):
        S = theory_spectrum(device, condition, frequency_hz)
        noise = 1.0 if seed is None else random.gamma(averages, 1 / averages, S.shape)
        traces.append(NoiseSpectrum(condition, frequency_hz, S * noise, averages))
    return Observations(tuple(traces))


@pytest.fixture(scope="session")
def ring():
    return load_device("ring")


@pytest.fixture(scope="session")
def ring_entries():
    return RING


@pytest.fixture(scope="session")
def draw():
    return drawn


@pytest.fixture(scope="session")
def plain_spectrum():
    return theory_spectrum


@pytest.fixture(scope="session")
def band():
    return BAND
