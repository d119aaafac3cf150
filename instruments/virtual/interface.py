"""What the virtual instruments need of a bench: light in, voltage noise out."""

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
