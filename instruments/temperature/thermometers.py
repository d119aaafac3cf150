"""Lake Shore 336 and 372, driven by QCoDeS' own drivers, as `roles.Thermometer`."""

from typing import TYPE_CHECKING

from phonosync.instruments.dialogue.waiting import wait_until
from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError, NonsenseError
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336, LakeshoreModel372


class Thermometer336:
    """One input of a Lake Shore 336.

    Args:
        instrument: the driver.
        role: name in error messages.
        channel: input of the sensor at the device, "A" to "D".
    """

    def __init__(
        self, instrument: "LakeshoreModel336", *, role: str = "thermometer", channel: str = "A"
    ):
        self._wire = Wire(role, instrument)
        self.instrument = instrument
        if channel not in instrument.channel_name_command:
            raise InputError(
                f"{role} has no channel {channel!r}. Choose from "
                f"{', '.join(instrument.channel_name_command)}."
            )
        self.channel = channel
        self.role = role
        self.sensor = instrument.submodules[channel]

    @property
    def control_input(self) -> str | int:
        """What the driver calls the channel where an output is to follow it."""
        return self.channel

    def read(self) -> float:
        """Read the temperature, K; see `roles.Thermometer`."""
        kelvin = self._wire.get(self.sensor.parameters["temperature"])
        status = self._wire.get(self.sensor.parameters["sensor_status"])
        if status != "OK" or not kelvin > 0:
            raise InstrumentError(
                f"{self._wire.role} has no valid reading at channel {self.channel}: "
                f"{status or 'unknown status'}, {kelvin:g} K. Check the sensor, its wiring and its "
                "curve."
            )
        return kelvin


class Thermometer372(Thermometer336):
    """One channel of a Lake Shore 372, which measures one at a time.

    Args:
        instrument: the driver.
        role: name in error messages.
        channel: of the sensor at the device, "ch01" to "ch16".
        settling_s: longest wait for the bridge to settle on the channel, s.
    """

    def __init__(
        self,
        instrument: "LakeshoreModel372",
        *,
        role: str = "thermometer",
        channel: str = "ch01",
        settling_s: float = 60.0,
    ):
        super().__init__(instrument, role=role, channel=channel)  # pyright: ignore[reportArgumentType]
        self.settling_s = settling_s
        self._number = int(instrument.channel_name_command[channel])

    @property
    def control_input(self) -> int:
        """What the driver calls the channel where an output is to follow it."""
        return self._number

    def read(self) -> float:
        """Go to the channel, stop scanning, wait until the bridge has settled, and read.

        Raises:
            InstrumentError: the sensor is open or over range, or the bridge does not settle.
        """
        if self._integers("SCAN?") != (self._number, 0):
            self._wire.write(f"SCAN {self._number},0")
        wait_until(
            lambda: self._integers("RDGSTL?")[1] == 0,
            self.settling_s,
            f"{self._wire.role} did not settle on channel {self.channel} within "
            f"{self.settling_s:g} s. Look at its ranges, or raise settling_s.",
        )
        kelvin = super().read()
        if self._integers("SCAN?") != (self._number, 0):
            raise InstrumentError(
                f"{self._wire.role} left channel {self.channel} while it was read. Stop whoever "
                "else scans it."
            )
        return kelvin

    def _integers(self, query: str) -> tuple[int, int]:
        with self._wire.doing(query):
            reply = self.instrument.ask(query)
            try:
                first, second = (int(part) for part in reply.split(","))
            except ValueError:
                raise NonsenseError(
                    f"{self._wire.role} answered {query} by {reply!r:.80}, where two whole numbers "
                    "were expected. Check cable and firmware, then read again."
                ) from None
        return first, second
