"""Twin of a Keysight N5183B MXG microwave source, 9 kHz to 20 GHz.

Command set: Keysight X-Series signal generators SCPI command reference (N5180-90057), as far as
QCoDeS' own driver and this lab use it. Different from the real thing: no modulation and no sweeps;
the phase is kept but nothing feels it. From memory: that values out of range are clipped besides
the error they give, and the settling time.
"""

import time
from collections.abc import Callable

from phonosync.instruments.virtual.interface import MicrowaveBench
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, Setting, command
from phonosync.instruments.virtual.scpi.syntax import (
    Boolean,
    Choice,
    Number,
    Quantity,
    ScpiError,
)

LOWEST_HZ, HIGHEST_HZ = 9e3, 20e9
LOWEST_DBM, HIGHEST_DBM = -20.0, 19.0
SETTLING_S = 5e-3
_LIMIT = Choice(("MINimum", "MAXimum"), optional=True)


class N5183B(ScpiInstrument):
    """The source; everything that changes its output tells the bench at once.

    Args:
        bench: where the microwave goes.
        speed_up: how much faster than the real one it settles.
        external_reference: a reference frequency is connected.
    """

    identity = "Keysight Technologies, N5183B, MY00000001, B.01.86"
    no_error = '+0,"No error"'
    settings = (
        Setting(":OUTPut[:STATe]", "output", Boolean(), False),
        Setting("[:SOURce]:PHASe[:ADJust]", "phase", Number(-6.2832, 6.2832), 0.0),
        Setting("[:SOURce]:ROSCillator:SOURce:AUTO", "reference_auto", Boolean(), True),
    )

    def __init__(
        self,
        bench: MicrowaveBench,
        *,
        speed_up: float = 1.0,
        external_reference: bool = False,
    ):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self.external_reference = external_reference
        self.reset()

    def number(self, value: float) -> str:
        """Write a number with a two-digit exponent."""
        return f"{value:+.13E}"

    def reset(self) -> None:
        """Preset: output off, lowest power, highest frequency."""
        super().reset()
        self.frequency_hz, self.power_dbm = HIGHEST_HZ, LOWEST_DBM
        self._emit()

    def change(self, name: str, value: object) -> None:
        """Keep a setting and let the output follow."""
        super().change(name, value)
        self._emit()

    def _emit(self) -> None:
        """Tell the bench what leaves the source, and settle."""
        self._bench.set_microwave(
            power_w=1e-3 * 10 ** (self.power_dbm / 10),
            frequency_hz=self.frequency_hz,
            on=self.state["output"],
        )
        self.abort()
        end = time.monotonic() + SETTLING_S / self._speed_up

        def settle(should_stop: Callable[[], bool]) -> None:
            while not should_stop() and (left := end - time.monotonic()) > 0:
                time.sleep(min(0.02, left))

        self.begin(settle, lambda _: None)

    def _clip(self, value: float, low: float, high: float) -> float:
        if value < low:
            self.push(ScpiError(-222, "value clipped to lower limit"))
        elif value > high:
            self.push(ScpiError(-222, "value clipped to upper limit"))
        return min(max(value, low), high)

    @command("[:SOURce]:POWer[:LEVel][:IMMediate][:AMPLitude]", Quantity(("DBM",)))
    def set_power(self, level: tuple[float, str]) -> None:
        """Set the power at the output, dBm, in steps of 0.01 dB."""
        self.power_dbm = self._clip(round(level[0], 2), LOWEST_DBM, HIGHEST_DBM)
        self._emit()

    @command("[:SOURce]:POWer[:LEVel][:IMMediate][:AMPLitude]?", _LIMIT)
    def _power(self, limit: str | None = None) -> str:
        limits = {"MIN": LOWEST_DBM, "MAX": HIGHEST_DBM, None: self.power_dbm}
        return self.number(limits[limit])

    @command("[:SOURce]:FREQuency[:CW|FIXed]", Number(unit="HZ"))
    def set_frequency(self, frequency_hz: float) -> None:
        """Set the frequency, in steps of 0.001 Hz."""
        self.frequency_hz = self._clip(round(frequency_hz, 3), LOWEST_HZ, HIGHEST_HZ)
        self._emit()

    @command("[:SOURce]:FREQuency[:CW|FIXed]?", _LIMIT)
    def _frequency(self, limit: str | None = None) -> str:
        limits = {"MIN": LOWEST_HZ, "MAX": HIGHEST_HZ, None: self.frequency_hz}
        return self.number(limits[limit])

    @command("[:SOURce]:ROSCillator:SOURce?")
    def _reference(self) -> str:
        return "EXT" if self.external_reference and self.state["reference_auto"] else "INT"

    @command(":SYSTem:PRESet")
    def _preset(self) -> None:
        self.reset()

    @command("*OPT?")
    def _options(self) -> str:
        return '"520"'
