"""What the virtual instruments need of a bench, one small protocol per kind of instrument."""

from collections.abc import Callable
from typing import Protocol

import numpy as np


class Bench(Protocol):
    """One device under light, seen from its fibres and its detector."""

    @property
    def laser_monitor_w(self) -> float:
        """Power that a meter at the laser's output reads, W."""
        ...

    def set_laser(self, *, power_w: float, wavelength_m: float, on: bool) -> None:
        """Set the light that leaves the laser: power in W, vacuum wavelength in m."""
        ...

    def set_direction(self, direction: int) -> None:
        """Send the light clockwise (+1), counter-clockwise (-1) or past the ring (0)."""
        ...

    def set_detector(self, *, joined: bool) -> None:
        """Say whether a path is joined to the detector; without one it is dark."""
        ...

    def periodograms(
        self,
        frequencies_hz: np.ndarray,
        resolution_bandwidth_hz: float,
        averages: int,
        window: str,
        should_stop: Callable[[], bool] | None,
    ) -> np.ndarray:
        """Take independent periodograms at the analyzer's input.

        Args:
            frequencies_hz: shape (points,), Hz.
            resolution_bandwidth_hz: 3 dB bandwidth of the window, Hz.
            averages: how many.
            window: "gaussian" or "flattop".
            should_stop: asked now and then; after True the result is not used.

        Returns:
            Power spectral densities in W/Hz, shape (averages, points).
        """
        ...


class FieldBench(Protocol):
    """The device in the bore of a magnet."""

    def set_field(self, field_t: tuple[float, float, float]) -> None:
        """Set the field (x, y, z) along the crystal's [100], [010], [001], T.

        Until then the device is biased as its file says.
        """
        ...


class MicrowaveBench(Protocol):
    """The device on a microwave line."""

    def set_microwave(self, *, power_w: float, frequency_hz: float, on: bool) -> None:
        """Set what leaves the microwave source: power in W, frequency in Hz.

        Until then the device is driven as its file says.
        """
        ...


class ScatteringBench(Protocol):
    """The device between the two ports of a network analyzer."""

    def s_parameters(
        self, frequencies_hz: np.ndarray, *, power_w: float, if_bandwidth_hz: float
    ) -> np.ndarray:
        """One sweep of all four S-parameters with the trace noise of this bandwidth.

        Waves are counted as exp(-iωt); one far from every resonance passes with +1. Frequencies
        near the device's microwave modes are those of the wave; others are counted upwards from
        the laser's, whose upper sideband is the probe.

        Returns:
            Complex, shape (2, 2, points): [output port, input port, frequency].
        """
        ...


class VibrationBench(Protocol):
    """The device's vibrations as demodulators see them."""

    @property
    def vibration_frequencies_hz(self) -> tuple[float, ...]:
        """Frequency of each phonon, Hz: where a demodulator's reference belongs."""
        ...

    def vibration(
        self, phonon: int, reference_hz: float, time_constant_s: float, rate_hz: float, count: int
    ) -> np.ndarray:
        """Demodulated record of one phonon, X + iY in V, shape (count,), `rate_hz` samples a s.

        The low-pass is of first order. X + iY turns forward where the phonon is faster than the
        reference, which runs on through all records.

        Records of two phonons that are asked for with the same rate and count, one after the
        other, show the same stretch of time.
        """
        ...


class Cryostat(Protocol):
    """The device's temperature."""

    @property
    def temperature_k(self) -> float:
        """Temperature now, K."""
        ...

    def set_temperature(self, temperature_k: float) -> None:
        """Set the temperature of the bath, K."""
        ...


class PowerBench(Protocol):
    """Light at a power meter."""

    @property
    def monitor_power_w(self) -> float:
        """Power in the monitor arm behind the laser, W."""
        ...
