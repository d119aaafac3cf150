"""A Lake Shore with a heater as `roles.TemperatureController`."""

import math
import time
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.temperature.thermometers import Thermometer336, Thermometer372
from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.instrument_drivers.Lakeshore import LakeshoreModel336, LakeshoreModel372

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_READ_BACK = 1e-4  # relative: setpoints have six digits at most


class HeaterSettings(CheckedModel):
    """How a cryostat is heated, as a rig file states it.

    Attributes:
        max_k: highest temperature that may be asked for, K.
        range: of the heater, in the driver's words: "low", "medium", "high" of a 336, "31.6μA" to
            "100mA" of a 372.
        output: the driver's name of it; None for "output_1" or "sample_heater".
        tolerance_k: a temperature counts as reached when the reading is this close, K.
        settle_s: for how long without a break it must be, s.
        timeout_s: longest wait for that, s.
        poll_s: pause between two readings, s.
    """

    max_k: _Positive
    range: str
    output: str | None = None
    tolerance_k: _Positive
    settle_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 60.0
    timeout_s: _Positive = 3600.0
    poll_s: _Positive = 1.0


class HeatedThermometer:
    """A thermometer and the heater that one of its outputs feeds in closed loop.

    P, I, D, the heater's resistance and the ramp of the setpoint stay as they are.

    Args:
        thermometer: its channel is the one that is controlled.
        heater: how it may be heated.

    Raises:
        InputError: no such output or range.
    """

    def __init__(self, thermometer: Thermometer336, heater: HeaterSettings):
        self._thermometer, self.heater = thermometer, heater
        instrument = thermometer.instrument
        self._wire = Wire(thermometer.role, instrument)
        outputs = [name for name, part in instrument.submodules.items() if hasattr(part, "RANGES")]
        output = heater.output or outputs[0]
        if output not in outputs:
            raise InputError(
                f"{thermometer.role} has no output {output!r}. Choose from {', '.join(outputs)}."
            )
        self._output = instrument.submodules[output]
        ranges = [name for name in self._output.RANGES if name != "off"]
        if heater.range not in ranges:
            raise InputError(
                f"{thermometer.role} has no heater range {heater.range!r}. Choose from "
                f"{', '.join(ranges)}."
            )

    def read(self) -> float:
        """Read the temperature, K; see `roles.Thermometer`."""
        return self._thermometer.read()

    def go_to(self, temperature_k: float) -> None:
        """Heat, or let cool, to a temperature and wait there; see `roles.TemperatureController`."""
        heater, role = self.heater, self._wire.role
        if not 0 < temperature_k <= heater.max_k:
            raise InputError(
                f"{role} cannot go to {temperature_k:g} K: temperatures lie above 0 K and, by "
                f"'max_k' in the rig file, not above {heater.max_k:g} K."
            )
        self.read()  # nothing is heated on the word of a sensor that has none
        units = self._wire.get(self._thermometer.sensor.parameters["units"])
        if units != "kelvin":
            raise InstrumentError(
                f"{role} controls channel {self._thermometer.channel} in {units}, not in kelvin. "
                "Set its preferred units to kelvin."
            )
        parameters = self._output.parameters
        # The setpoint first, so that no older one is heated to.
        self._wire.set(parameters["setpoint"], temperature_k)
        said = self._wire.get(parameters["setpoint"])
        if not math.isclose(said, temperature_k, rel_tol=_READ_BACK):
            raise InstrumentError(
                f"{role} reads a setpoint of {said:g} K after {temperature_k:g} K were set. See "
                "who else controls it."
            )
        for name, wanted in (
            ("input_channel", self._thermometer.control_input),
            ("mode", "closed_loop"),
            ("output_range", heater.range),
        ):
            if self._wire.get(parameters[name]) != wanted:
                self._wire.set(parameters[name], wanted)
                if (found := self._wire.get(parameters[name])) != wanted:
                    raise InstrumentError(
                        f"{role} reads {name} {found} after {wanted} was set. See its display."
                    )
        self._wait_for(temperature_k)

    def _wait_for(self, temperature_k: float) -> None:
        heater = self.heater
        begun = time.monotonic()
        reached: float | None = None  # since when the temperature has been there
        while True:
            present_k, now = self.read(), time.monotonic()
            if abs(present_k - temperature_k) > heater.tolerance_k:
                reached = None
            elif reached is None:
                reached = now
            if reached is not None and now - reached >= heater.settle_s:
                return
            if now - begun > heater.timeout_s:
                raise InstrumentError(
                    f"{self._wire.role} reads {present_k:g} K, {heater.timeout_s:g} s after it was "
                    f"sent to {temperature_k:g} K, and has not settled within "
                    f"{heater.tolerance_k:g} K. Look at the heater's range and the loop's P, I, D, "
                    "or raise timeout_s."
                )
            time.sleep(heater.poll_s)

    def rest(self) -> None:
        """Switch the heater off; see `roles.TemperatureController`."""
        output_range = self._output.parameters["output_range"]
        self._wire.set(output_range, "off")
        if (found := self._wire.get(output_range)) != "off":
            raise InstrumentError(
                f"{self._wire.role} reads the heater range {found} after it was switched off."
            )


def from_336(
    instrument: "LakeshoreModel336",
    *,
    role: str = "thermometer",
    channel: str = "A",
    heater: HeaterSettings | None = None,
) -> Thermometer336 | HeatedThermometer:
    """One input of a Lake Shore 336, heated where `heater` says how.

    Args:
        instrument: the driver.
        role: name in error messages.
        channel: input of the sensor at the device, "A" to "D".
        heater: None for a thermometer that only reads.

    Raises:
        InputError: no such channel, output or range.
    """
    thermometer = Thermometer336(instrument, role=role, channel=channel)
    return HeatedThermometer(thermometer, heater) if heater else thermometer


def from_372(
    instrument: "LakeshoreModel372",
    *,
    role: str = "thermometer",
    channel: str = "ch01",
    settling_s: float = 60.0,
    heater: HeaterSettings | None = None,
) -> Thermometer372 | HeatedThermometer:
    """One channel of a Lake Shore 372, heated where `heater` says how.

    Args:
        instrument: the driver.
        role: name in error messages.
        channel: of the sensor at the device, "ch01" to "ch16".
        settling_s: longest wait for the bridge to settle on the channel, s.
        heater: None for a thermometer that only reads.

    Raises:
        InputError: no such channel, output or range.
    """
    thermometer = Thermometer372(instrument, role=role, channel=channel, settling_s=settling_s)
    return HeatedThermometer(thermometer, heater) if heater else thermometer
