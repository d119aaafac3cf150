"""Two vibrations, and lock-in amplifiers that watch them."""

import functools

import numpy as np
import pytest
from qcodes.instrument_drivers import stanford_research as upstream

from phonosync.instruments.analyzers.lock_ins import DemodulatorAdapter
from phonosync.instruments.drivers.lock_in_bank import LockInBank
from phonosync.instruments.virtual.lock_ins.sr86x_capture import SR865A


class Tones:
    """Two vibrations that ring for ever, behind one RC stage; records can be computed again."""

    vibration_frequencies_hz = (10.0e6, 11.0e6)
    local_oscillator_hz = 9.5e6  # of the mixer before the lock-ins

    def __init__(self):
        self.amplitudes_v = [3e-3, 4e-3]
        self.requests = []
        self.failure = None

    def expected(self, phonon, reference_hz, time_constant_s, rate_hz, count):
        beat = 2 * np.pi * (self.vibration_frequencies_hz[phonon] - reference_hz)
        passed = self.amplitudes_v[phonon] / (1 + 1j * beat * time_constant_s)
        return passed * np.exp(1j * beat * np.arange(count) / rate_hz)

    def vibration(self, phonon, reference_hz, time_constant_s, rate_hz, count):
        self.requests.append((phonon, reference_hz, time_constant_s, rate_hz, count))
        if self.failure is not None:
            raise self.failure
        return self.expected(*self.requests[-1])


@pytest.fixture
def tones():
    return Tones()


@pytest.fixture
def twins(tones):
    return [
        SR865A(tones, n, speed_up=1e6, local_oscillator_hz=tones.local_oscillator_hz)
        for n in (0, 1)
    ]


@pytest.fixture
def servers(twins, serve):
    return [serve(twin) for twin in twins]


@pytest.fixture
def lock_in(servers, connect):
    return connect(upstream.SR865A, servers[0].resource_name, "lockin")


@pytest.fixture
def bank(servers, connect):
    two = functools.partial(LockInBank, address_2=servers[1].resource_name)
    return connect(two, servers[0].resource_name, "bank")


@pytest.fixture
def demodulator(bank, tones):
    return DemodulatorAdapter(
        bank,
        references_hz=[10.001e6, 11.002e6],
        time_constant_s=1e-4,
        local_oscillator_hz=tones.local_oscillator_hz,
    )
