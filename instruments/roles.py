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

    def block(self) -> None:
        """Join nothing to the detector, which is dark then, and check it; `set` ends that.

        Raises:
            InputError: a switch that cannot.
        """
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


@dataclass(frozen=True)
class MicrowaveReading:
    """What the microwave source says of itself.

    Attributes:
        on: its output is on.
        power_w: power that was asked for at its output, W.
        frequency_hz: Hz.
    """

    on: bool
    power_w: float
    frequency_hz: float


@runtime_checkable
class MicrowaveSource(Protocol):
    """Drives the magnon; every method raises InstrumentError when it does not succeed."""

    def set_frequency(self, frequency_hz: float) -> None:
        """Set the frequency, Hz."""
        ...

    def set_power(self, power_w: float) -> None:
        """Set the power at the source's output, W."""
        ...

    def on(self) -> None:
        """Switch the output on."""
        ...

    def off(self) -> None:
        """Switch the output off."""
        ...

    def read(self) -> MicrowaveReading:
        """Read back state, power and frequency."""
        ...


@runtime_checkable
class NetworkAnalyzer(Protocol):
    """Measures S-parameters both ways."""

    def s_parameters(
        self,
        start_hz: float,
        stop_hz: float,
        *,
        points: int,
        if_bandwidth_hz: float,
        power_w: float,
        averages: int = 1,
    ) -> "xarray.DataArray":
        """Measure all four S-parameters of ports 1 and 2.

        Args:
            start_hz, stop_hz: first and last frequency, Hz.
            points: number of frequencies.
            if_bandwidth_hz: Hz.
            power_w: stimulus at the ports, W.
            averages: sweeps averaged as complex numbers.

        Returns:
            Complex, dimensions (`output_port`, `input_port`, `frequency`), with attributes
            `averages`, `if_bandwidth_hz`, `power_w`. S21 is output_port=2, input_port=1.
        """
        ...


@dataclass(frozen=True)
class FieldReading:
    """What the magnet says of itself.

    Attributes:
        field_t: field in the magnet's axes (x, y, z), T; an axis without a coil reads 0.
        ramping: the field is on its way.
        persistent: the current flows in the coil alone, the switch heater is off.
        quenched: a quench was seen and not yet acknowledged.
    """

    field_t: tuple[float, float, float]
    ramping: bool
    persistent: bool
    quenched: bool


@runtime_checkable
class Magnet(Protocol):
    """A magnet that cannot be hurt; every method raises InstrumentError, a quench QuenchError."""

    @property
    def max_field_t(self) -> float:
        """Largest magnitude of the field, T."""
        ...

    def go_to(self, field_t: tuple[float, float, float]) -> None:
        """Ramp to a field (x, y, z), T, settle, and read it back.

        Raises:
            InputError: an axis that has no coil, or a field beyond the limits.
        """
        ...

    def go_along(self, direction: "str | tuple[int, int, int]", field_t: float) -> None:
        """Ramp to a field along a direction of the crystal, as "[110]"; negative: opposite."""
        ...

    def read(self) -> FieldReading:
        """Read field and state."""
        ...

    def rest(self) -> None:
        """Go to the stated rest: ramp to zero, or hold, as the magnet was set up."""
        ...


@runtime_checkable
class Demodulator(Protocol):
    """Demodulated quadratures of vibrations, one channel a vibration."""

    def quadratures(
        self, duration_s: float, *, rate_hz: float, time_constant_s: float | None = None
    ) -> "xarray.DataArray":
        """Record X and Y of every channel.

        Args:
            duration_s: length of the record, s.
            rate_hz: samples a second; the instrument takes its nearest that is not slower.
            time_constant_s: of the low-pass, s; None for that of the rig file, or as it is set.

        Returns:
            V, dimensions (`channel`, `quadrature`, `time`), with coordinates `reference` (Hz) by
            channel and attributes `rate_hz`, `time_constant_s`.
        """
        ...


@runtime_checkable
class Thermometer(Protocol):
    """Reads the temperature of the device."""

    def read(self) -> float:
        """Read the temperature, K.

        Raises:
            InstrumentError: the sensor is open, over range, or not settled on its channel.
        """
        ...


@runtime_checkable
class TemperatureController(Thermometer, Protocol):
    """A thermometer whose cryostat can be heated."""

    def go_to(self, temperature_k: float) -> None:
        """Go to a temperature, K, and wait until it has settled there.

        Raises:
            InputError: a temperature beyond the stated limit.
            InstrumentError: it does not settle in the stated time; the heater stays on.
        """
        ...

    def rest(self) -> None:
        """Switch the heater off and check that it is; the cryostat cools by itself."""
        ...


@runtime_checkable
class PowerMeter(Protocol):
    """Reads optical power."""

    def set_wavelength(self, wavelength_m: float) -> None:
        """Tell the meter the wavelength that its calibration is for, m."""
        ...

    def read(self) -> float:
        """Read the power, W."""
        ...
