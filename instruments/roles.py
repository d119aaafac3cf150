"""What an experiment asks of its instruments, in the words of the lab.

Importing this module loads no instrument library.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import xarray


class Direction(IntEnum):
    """Which way the light circulates, seen from above the ring."""

    CLOCKWISE = 1
    COUNTERCLOCKWISE = -1


@dataclass(frozen=True)
class LaserReading:
    """What the laser says of itself.

    Attributes:
        on: light leaves the laser.
        power_w: power by its own monitor, W.
        set_power_w: power that was asked for, W.
        wavelength_m: vacuum wavelength that was asked for, m.
    """

    on: bool
    power_w: float
    set_power_w: float
    wavelength_m: float


@runtime_checkable
class Laser(Protocol):
    """A tunable laser; every method raises InstrumentError when it does not succeed."""

    def set_power(self, power_w: float) -> None:
        """Set the power at the laser's output, W."""
        ...

    def set_wavelength(self, wavelength_m: float) -> None:
        """Set the vacuum wavelength, m."""
        ...

    def on(self) -> None:
        """Let light out."""
        ...

    def off(self) -> None:
        """Let no light out."""
        ...

    def read(self) -> LaserReading:
        """Read back state, power and wavelength."""
        ...


@runtime_checkable
class DirectionSwitch(Protocol):
    """Sends the light clockwise or counter-clockwise through the ring."""

    def set(self, direction: int) -> None:
        """Choose a `Direction` and check that it was reached."""
        ...

    def read(self) -> int:
        """Read the direction; 0 when no light can reach both ring and detector."""
        ...


@runtime_checkable
class SpectrumAnalyzer(Protocol):
    """Measures power spectral densities."""

    def psd(
        self, start_hz: float, stop_hz: float, *, points: int, rbw_hz: float, averages: int
    ) -> "xarray.DataArray":
        """Measure an averaged power spectral density.

        Args:
            start_hz: first frequency, Hz.
            stop_hz: last frequency, Hz.
            points: number of frequencies.
            rbw_hz: 3 dB bandwidth of a Gaussian filter, Hz; the analyzer takes its nearest.
            averages: periodograms averaged in power.

        Returns:
            Density in W/Hz over dimension `frequency` (Hz), with attributes `units`, `averages`,
            `resolution_bandwidth_hz`, `noise_bandwidth_hz`, `window`, `detector`, `averaging`.
        """
        ...
