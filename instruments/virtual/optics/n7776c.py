"""Twin of a Keysight N7776C tunable laser; an 8164B with a laser in slot 0 speaks alike.

Command set: Keysight N777-C Series Tunable Laser Family Programming Guide (N7770-90C02) and the
8163A/B, 8164A/B & 8166A/B Mainframes Programming Guide, chapters 3 and 4. Like the real one, it
gives less power towards the ends of its range and says so in its questionable status. From
memory: its ranges of wavelength and power, tuning speed, the default password 1234, and which
errors a locked laser and a wrong password make. Not simulated: sweeps, triggers, modulation, and
MIN, DEF and MAX as values to set. A suffix 1 is taken for the laser, as a missing one is.
"""

import math

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi.delay import delay
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, command, scientific
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, Quantity, ScpiError

WAVELENGTHS_M = (1450e-9, 1650e-9)
POWERS_W = (0.1e-3, 15e-3)  # the upper end is reached in the middle of the range only
POWER_AT_THE_ENDS = 0.4  # of the power in the middle
WAVELENGTH_STEP_M = 0.1e-12
TUNING_M_PER_S, SETTLING_S = 100e-9, 0.3
PASSWORD = 1234

_LENGTHS = {"M": 1.0, "MM": 1e-3, "UM": 1e-6, "NM": 1e-9, "PM": 1e-12}
_POWERS = {"WATT": 1.0, "W": 1.0, "MW": 1e-3, "UW": 1e-6, "NW": 1e-9, "PW": 1e-12}
_LIMIT = Choice(("MINimum", "DEFault", "MAXimum"), optional=True)
_POWER = "[:SOURce<n>][:CHANnel<n>]:POWer"
_WAVELENGTH = "[:SOURce<n>][:CHANnel<n>]:WAVelength[:CW|FIXED]"


class PowerUnit(Choice):
    """DBM or W, or 0 or 1 for them."""

    def parse(self, text: str) -> str:
        """Read the unit."""
        return super().parse({"0": "DBM", "1": "W"}.get(text, text))


class N7776C(ScpiInstrument):
    """The laser; everything that changes its light tells the bench at once.

    Args:
        bench: where the light goes.
        speed_up: how many times faster than the real one it tunes.
    """

    identity = "Keysight Technologies,N7776C,DE00000001,1.025"
    no_error = '+0,"No error"'

    def __init__(self, bench: Bench, *, speed_up: float = 1.0):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self._locked = self._interlock_open = False
        self.reset()

    def reset(self) -> None:
        """Return to 1 mW at 1550 nm, off (*RST); the lock stays."""
        self._on, self._in_watt = False, False
        self.power_w, self.wavelength_m = 1e-3, 1550e-9
        self._arrive()

    def _arrive(self, _: None = None) -> None:
        self._light_m = self.wavelength_m
        self._shine()

    def _shine(self) -> None:
        """Tell the bench what leaves the laser."""
        self._bench.set_laser(
            power_w=self._given_w(), wavelength_m=self._light_m, on=self._on and not self._dark()
        )

    def _dark(self) -> bool:
        return self._locked or self._interlock_open

    def _given_w(self) -> float:
        """Power that the laser can give of what was asked for."""
        low, high = WAVELENGTHS_M
        offset = (2 * self._light_m - low - high) / (high - low)
        return min(self.power_w, POWERS_W[1] * (1 - (1 - POWER_AT_THE_ENDS) * offset**2))

    def _settle(self, duration_s: float) -> None:
        self.abort()
        self.begin(delay(duration_s, self._speed_up), self._arrive)

    def open_interlock(self) -> None:
        """Break the interlock loop: the light goes, and stays away when it is closed."""
        with self.lock:
            self._interlock_open, self._on = True, False
            self._shine()

    def close_interlock(self) -> None:
        """Close the interlock loop."""
        with self.lock:
            self._interlock_open = False

    @staticmethod
    def _only_laser(*numbers: int) -> None:
        slot, *channels = numbers
        if slot > 1 or any(channel != 1 for channel in channels):
            raise ScpiError(-114, "there is only one laser")

    # Power

    @command(_POWER + "[:LEVel][:IMMediate][:AMPLitude<n>]", Quantity(("DBM", *_POWERS)))
    def set_power(self, slot: int, channel: int, laser: int, level: tuple[float, str]) -> None:
        """Set the power; without a suffix in the unit of :POWer:UNIT."""
        self._only_laser(slot, channel, laser)
        value, suffix = level
        suffix = suffix or ("W" if self._in_watt else "DBM")
        watts = 1e-3 * 10 ** (value / 10) if suffix == "DBM" else value * _POWERS[suffix]
        low, high = POWERS_W
        if not low * (1 - 1e-6) <= watts <= high * (1 + 1e-6):
            raise ScpiError(-222, f"{watts:g} W")
        self.power_w = watts
        self._shine()

    @command(_POWER + "[:LEVel][:IMMediate][:AMPLitude<n>]?", _LIMIT)
    def power(self, slot: int, channel: int, laser: int, limit: str | None = None) -> str:
        """Tell the power that is given, or a limit."""
        self._only_laser(slot, channel, laser)
        limits = {"MIN": POWERS_W[0], "DEF": sum(POWERS_W) / 2, "MAX": POWERS_W[1]}
        watts = self._given_w() if limit is None else limits[limit]
        return self.number(watts if self._in_watt else 10 * math.log10(watts / 1e-3))

    @command(_POWER + ":UNIT", PowerUnit(("DBM", "W"), (("WATT", "W"),)))
    def set_unit(self, slot: int, channel: int, unit: str) -> None:
        """Choose the unit of powers without a suffix."""
        self._only_laser(slot, channel)
        self._in_watt = unit == "W"

    @command(_POWER + ":UNIT?")
    def unit(self, slot: int, channel: int) -> str:
        """Tell the unit: 0 for dBm, 1 for watt."""
        self._only_laser(slot, channel)
        return str(int(self._in_watt))

    @command(_POWER + ":STATe", Boolean())
    def set_output(self, slot: int, channel: int, on: bool) -> None:
        """Switch the laser on or off."""
        self._only_laser(slot, channel)
        if on and self._dark():
            raise ScpiError(-221, "the laser is locked" if self._locked else "interlock open")
        started = on and not self._on
        self._on = on
        self._shine()
        if started:
            self._settle(SETTLING_S)

    @command(_POWER + ":STATe?")
    def output(self, slot: int, channel: int) -> str:
        """Tell whether the laser is on."""
        self._only_laser(slot, channel)
        return str(int(self._on))

    # Wavelength

    @command(_WAVELENGTH, Quantity(tuple(_LENGTHS)))
    def set_wavelength(self, slot: int, channel: int, wavelength: tuple[float, str]) -> None:
        """Set the vacuum wavelength; the light follows as fast as the motor turns."""
        self._only_laser(slot, channel)
        value, suffix = wavelength
        metres = round(value * _LENGTHS[suffix or "M"] / WAVELENGTH_STEP_M) * WAVELENGTH_STEP_M
        low, high = WAVELENGTHS_M
        if not low - WAVELENGTH_STEP_M / 2 <= metres <= high + WAVELENGTH_STEP_M / 2:
            raise ScpiError(-222, f"{metres:g} m")
        way = abs(metres - self._light_m)
        self.wavelength_m = metres
        self._settle(SETTLING_S + way / TUNING_M_PER_S)

    @command(_WAVELENGTH + "?", _LIMIT)
    def wavelength(self, slot: int, channel: int, limit: str | None = None) -> str:
        """Tell the wavelength that was set, or a limit."""
        self._only_laser(slot, channel)
        low, high = WAVELENGTHS_M
        limits = {"MIN": low, "DEF": (low + high) / 2, "MAX": high}
        return self.number(self.wavelength_m if limit is None else limits[limit])

    # Status and safety

    @command(":STATus<n>:QUEStionable:CONDition?")
    def questionable(self, slot: int) -> str:
        """Tell the questionable status: 1 excessive power, 8 protection on, 16 not settled."""
        self._only_laser(slot)
        excessive = self._given_w() < self.power_w
        return f"{1 * excessive | 8 * self._interlock_open | 16 * self.busy:+d}"

    @command(":STATus<n>:OPERation:CONDition?")
    def operation(self, slot: int) -> str:
        """Tell the operational status: 1 laser on."""
        self._only_laser(slot)
        return f"{int(self._on):+d}"

    @command(":LOCK", Boolean(), Number(0, 9999, integer=True))
    def set_lock(self, locked: bool, password: int) -> None:
        """Lock or unlock; a locked laser is dark."""
        if password != PASSWORD:
            raise ScpiError(-224, "wrong password")
        self._locked = locked
        self._on = self._on and not locked
        self._shine()

    @command(":LOCK?")
    def lock_state(self) -> str:
        """Tell whether the laser is locked."""
        return str(int(self._locked))

    @command(":SYSTem:ERRor:COUNt?")
    def _error_count(self) -> str:
        return str(len(self.status.errors))

    @command(":SLOT<n>:IDN?")
    def _slot_identity(self, slot: int) -> str:
        self._only_laser(slot)
        return self.identity

    def number(self, value: float) -> str:
        """Write a number in exponent form."""
        return scientific(value, digits=8)
