"""A device with two ports."""

import threading

import numpy as np
import pytest


class TwoPort:
    """A nonreciprocal resonance between two ports; its S-matrix can be computed again."""

    def __init__(self):
        self.requests = []
        self.noises = []
        self.noise = 0.0
        self.gain = 1.0
        self.broken = {}  # (output port, input port, point) -> value
        self.failure = None
        self.gate = threading.Event()  # clear it to hold a sweep back
        self.gate.set()
        self.started = threading.Event()
        self._random = np.random.default_rng(7)

    def s(self, frequencies_hz):
        """Without noise, phases counted with exp(-iωt), shape (2, 2, points)."""
        line = 1 / (1 - 2j * (np.asarray(frequencies_hz) - 5e9) / 2e6)
        delay = np.exp(2j * np.pi * np.asarray(frequencies_hz) * 1e-9)
        return np.array([[1 - line, 0.05 * line], [self.gain * line * delay, 1 - 0.5 * line]])

    def s_parameters(self, frequencies_hz, *, power_w, if_bandwidth_hz):
        self.requests.append((frequencies_hz, power_w, if_bandwidth_hz))
        self.started.set()
        assert self.gate.wait(30)
        if self.failure is not None:
            raise self.failure
        noise = self._random.standard_normal((2, 2, len(frequencies_hz), 2)) @ [1, 1j]
        self.noises.append(self.noise * noise)
        s = self.s(frequencies_hz) + self.noises[-1]
        for (output, source, point), value in self.broken.items():
            s[output - 1, source - 1, point] = value
        return s


@pytest.fixture
def two_port(gates):
    device = TwoPort()
    gates.append(device.gate)
    return device
