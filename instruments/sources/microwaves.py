"""A Keysight N5183B, driven by QCoDeS' own driver, as `roles.MicrowaveSource`."""

import math
from typing import TYPE_CHECKING, Any

from phonosync.instruments.dialogue.connection import lose_step
from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.roles import MicrowaveReading
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from qcodes.instrument_drivers.Keysight import KeysightN5183B


class MicrowaveSourceAdapter:
    """Power in watts, off for certain; opening it changes nothing at the output."""

    def __init__(self, instrument: "KeysightN5183B", *, role: str = "microwave_source"):
        self.instrument = instrument
        self._wire = Wire(role, instrument)

    def set_frequency(self, frequency_hz: float) -> None:
        """Set the frequency, Hz, in steps of 0.01 Hz, and wait until it has settled."""
        self._set(self.instrument.frequency, frequency_hz)

    def set_power(self, power_w: float) -> None:
        """Set the power at the source's output, W, in steps of 0.01 dB.

        Raises:
            InputError: the power is not positive, or outside the source's range.
        """
        if not power_w > 0:
            raise InputError(
                f"{self._wire.role} cannot be set to {power_w!r} W: it has a lowest power above "
                "zero. Switch it off instead."
            )
        self._set(self.instrument.power, round(10.0 * math.log10(power_w / 1e-3), 2))

    def on(self) -> None:
        """Switch the output on."""
        self._switch(True)

    def off(self) -> None:
        """Switch the output off; a dialogue that was cut off before does not stand in the way."""
        try:
            self._switch(False)
        except InstrumentError:
            lose_step(self.instrument)  # an interrupted question may have left its answer behind
            self._switch(False)

    def read(self) -> MicrowaveReading:
        """Read back state, power and frequency."""
        get, source = self._wire.get, self.instrument
        return MicrowaveReading(
            on=get(source.rf_output),
            power_w=1e-3 * 10.0 ** (get(source.power) / 10.0),
            frequency_hz=get(source.frequency),
        )

    def reference(self) -> str:
        """Read which reference the frequency is locked to: "internal" or "external"."""
        reply = self._wire.ask(":ROSCillator:SOURce?").strip()
        known = {"INT": "internal", "EXT": "external"}
        if reply not in known:
            raise InstrumentError(
                f"{self._wire.role} names {reply!r} as its reference, which is none. Replies may "
                "be out of step: close the connection and open it again."
            )
        return known[reply]

    def _switch(self, on: bool) -> None:
        self._set(self.instrument.rf_output, on)
        if self._wire.get(self.instrument.rf_output) is not on:
            raise InstrumentError(
                f"{self._wire.role} says that its output is {'off' if on else 'on'} after it was "
                f"switched {'on' if on else 'off'}. Look at its front panel."
            )

    def _set(self, parameter: Any, value: Any) -> None:
        self._wire.write("*CLS")  # errors of others are none of ours
        self._wire.set(parameter, value)
        self._wire.ask("*OPC?")
        self._wire.check(f"{parameter.full_name} = {value}")
