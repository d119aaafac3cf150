"""What the spectrum analyzer sees beside the device: its own noise, and a calibration tone.

Signal and local oscillator reach the detector through the switch. A switch that joins nothing to it
cuts both and leaves the electronics alone: the detector is dark. With the laser off the local
oscillator still finds vacuum: shot noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHOT_NOISE_W_PER_HZ = 2.5e-15
"""What the photodetector makes of vacuum: -116 dBm/Hz into the analyzer's 50 ohm."""
ELECTRONICS = 1e-4
"""The analyzer's own noise in units of shot noise: -156 dBm/Hz (an order of magnitude)."""
TONE_ATTENUATION = 1e-6
"""From the microwave source to the detector, where no device lies between: -60 dB."""


def darkness(
    shape: tuple[int, int], dt: float, imprecision: float, random: np.random.Generator
) -> NDArray[np.floating]:
    """Currents of a detector without light, samples every `dt`, in √(shot noise · Hz).

    Args:
        shape: (samples, records).
        dt: s.
        imprecision: white noise of the photodetector in units of shot noise.
        random: of it.
    """
    return np.sqrt((imprecision + ELECTRONICS) / dt) * random.standard_normal(shape)


def tone(
    samples: int,
    dt: float,
    source: tuple[float, float, bool] | None,
    random: np.random.Generator,
) -> NDArray[np.floating]:
    """Current 2 √(P/S₀) cos(2πft + φ) of a tone of power P at the detector, shape (samples, 1).

    S₀ is shot noise in W/Hz, φ any phase. A tone beyond half of the sampling rate is none.

    Args:
        samples: how many.
        dt: between them, s.
        source: its power in W, before the attenuation, its frequency in Hz, and whether it is on.
        random: of φ.
    """
    if source is None or not source[2] or source[1] >= 0.5 / dt:
        return np.zeros((samples, 1))
    power_w, frequency_hz, _ = source
    phase = 2 * np.pi * (frequency_hz * dt * np.arange(samples)[:, None] + random.random())
    return 2 * np.sqrt(TONE_ATTENUATION * power_w / SHOT_NOISE_W_PER_HZ) * np.cos(phase)
