"""Twin of the Santec TSL-570 tunable laser.

Command set: TSL-570 operation manual, chapter 7.4, as several public drivers use it. Over a raw
socket commands and replies end with a carriage return. In the SCPI command set wavelengths are in
m and frequencies in Hz, in the legacy set in nm and THz. Not simulated: sweeps, triggers,
modulation, warm-up. Public sources disagree on the sign of fine tuning; here a larger value means a
longer wavelength.
"""

import math

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi.instrument import (
    ScpiInstrument,
    Setting,
    command,
    scientific,
)
from phonosync.instruments.virtual.scpi.syntax import Boolean, Number, Quantity, ScpiError

SPEED_OF_LIGHT = 299_792_458.0
WAVELENGTH_STEP, FREQUENCY_STEP = 0.1e-12, 10e6
FINE_TUNING_SPAN_HZ = 10e9  # for the whole range from -100 to 100
DIODE_POWER_W = 20e-3
MONITOR_FLOOR_W = 1e-9

_SUFFIXES = {"M": 1.0, "UM": 1e-6, "NM": 1e-9, "PM": 1e-12}
_FREQUENCY_SUFFIXES = {"HZ": 1.0, "MHZ": 1e6, "GHZ": 1e9, "THZ": 1e12}
_POWER_SUFFIXES = {"W": 1.0, "MW": 1e-3, "UW": 1e-6}


class TSL570(ScpiInstrument):
    """The laser; everything that changes its light tells the bench at once.

    Args:
        bench: where the light goes.
        wavelength_range_m: shortest and longest wavelength, m.
    """

    identity = "SANTEC,TSL-570,21020001,0001.000.0001"
    carriage_return_ends_message = True
    reply_terminator = b"\r"
    settings = (
        Setting(":POWer:STATe", "output", Boolean(), False),
        Setting(":POWer:SHUTter", "shutter_closed", Boolean(), False),
        Setting(":POWer:UNIT", "power_unit", Number(0, 1, integer=True), 0),
        Setting(":POWer:ATTenuation:AUTo", "attenuation_auto", Boolean(), True),
        Setting(":POWer:ATTenuation", "attenuation_db", Number(0, 30, "DB"), 0.0),
        Setting(":COHCtrl", "coherence_control", Boolean(), False),
        Setting(":WAVelength:UNIT", "wavelength_unit", Number(0, 1, integer=True), 0),
        Setting(":WAVelength:FINe|FINetuning", "fine_tuning", Number(-100, 100), 0.0),
        Setting(":SYSTem:COMMunicate:CODe", "scpi", Number(0, 1, integer=True), 0),
    )

    def __init__(self, bench: Bench, wavelength_range_m: tuple[float, float] = (1480e-9, 1640e-9)):
        super().__init__()
        self._bench = bench
        self._shortest, self._longest = wavelength_range_m
        self.wavelength_m = 1550e-9
        self.power_w = 1e-3
        self._interlock_open = False
        self._shine()

    def _shine(self) -> None:
        """Tell the bench what leaves the laser."""
        state = self.state
        attenuated = DIODE_POWER_W * 10 ** (-state["attenuation_db"] / 10)
        shift_hz = -state["fine_tuning"] / 200 * FINE_TUNING_SPAN_HZ
        self._bench.set_laser(
            power_w=self.power_w if state["attenuation_auto"] else attenuated,
            wavelength_m=SPEED_OF_LIGHT / (SPEED_OF_LIGHT / self.wavelength_m + shift_hz),
            on=state["output"] and not state["shutter_closed"],
        )

    def open_interlock(self) -> None:
        """Break the interlock loop: the light goes."""
        with self.lock:
            self._interlock_open = True
            self.change("output", False)

    def change(self, name, value):
        """Keep a setting and let the light follow."""
        if name == "output" and value and self._interlock_open:
            raise ScpiError(-221, "interlock open")
        super().change(name, round(value, 2) if name == "fine_tuning" else value)
        self._shine()

    def reset(self) -> None:
        """Clear the error queue; this laser's *RST keeps its settings."""
        self.status.errors.clear()

    def number(self, value: float) -> str:
        """Write a number: exponent form in the SCPI command set, plain in the legacy one."""
        return scientific(value, digits=8) if self.state["scpi"] else f"{value:+.4f}"

    # Power

    @command(":POWer[:LEVel]", Quantity(("DBM", *_POWER_SUFFIXES)))
    def set_power(self, level: tuple[float, str]) -> None:
        """Set the power at the output; without a suffix in the unit of :POWer:UNIT."""
        value, suffix = level
        suffix = suffix or ("MW" if self.state["power_unit"] else "DBM")
        if suffix == "DBM":
            allowed, watts = -15 <= value <= 13, 1e-3 * 10 ** (value / 10)
        else:
            watts = value * _POWER_SUFFIXES[suffix]
            allowed = 0.04e-3 * (1 - 1e-9) <= watts <= 20e-3 * (1 + 1e-9)
        if not allowed:
            raise ScpiError(-222)
        self.power_w = watts
        self._shine()

    @command(":POWer[:LEVel]?")
    def power(self) -> str:
        """Tell the power that was set, in the unit of :POWer:UNIT."""
        return self._power(self.power_w)

    @command(":POWer:ACTual[:LEVel]?")
    def actual_power(self) -> str:
        """Tell what the built-in monitor reads, in the unit of :POWer:UNIT."""
        return self._power(self._bench.laser_monitor_w)

    def _power(self, watts: float) -> str:
        if self.state["power_unit"]:
            return self.number(watts / 1e-3)
        return self.number(10 * math.log10(max(watts, MONITOR_FLOOR_W) / 1e-3))

    # Wavelength and frequency

    @command(":WAVelength", Quantity(tuple(_SUFFIXES)))
    def set_wavelength(self, wavelength: tuple[float, str]) -> None:
        """Set the vacuum wavelength, in steps of 0.1 pm; ends fine tuning."""
        value, suffix = wavelength
        metres = value * _SUFFIXES[suffix or self._own("M", "NM")]
        self._tune(round(metres / WAVELENGTH_STEP) * WAVELENGTH_STEP)

    @command("[:WAVelength]:FREQuency", Quantity(tuple(_FREQUENCY_SUFFIXES)))
    def set_frequency(self, frequency: tuple[float, str]) -> None:
        """Set the optical frequency, in steps of 10 MHz; ends fine tuning."""
        value, suffix = frequency
        hertz = value * _FREQUENCY_SUFFIXES[suffix or self._own("HZ", "THZ")]
        if hertz <= 0:
            raise ScpiError(-222)
        self._tune(SPEED_OF_LIGHT / (round(hertz / FREQUENCY_STEP) * FREQUENCY_STEP))

    def _tune(self, wavelength_m: float) -> None:
        slack = WAVELENGTH_STEP / 2
        if not self._shortest - slack <= wavelength_m <= self._longest + slack:
            raise ScpiError(-222)
        self.wavelength_m = wavelength_m
        self.change("fine_tuning", 0.0)

    @command(":WAVelength:FINe|FINetuning:DISable")
    def stop_fine_tuning(self) -> None:
        """Return to closed-loop control of the wavelength."""
        self.change("fine_tuning", 0.0)

    @command(":WAVelength?")
    def wavelength(self) -> str:
        """Tell the wavelength that was set."""
        return self._metres(self.wavelength_m)

    @command(":WAVelength:MINimum?")
    def shortest_wavelength(self) -> str:
        """Tell the short end of the range."""
        return self._metres(self._shortest)

    @command(":WAVelength:MAXimum?")
    def longest_wavelength(self) -> str:
        """Tell the long end of the range."""
        return self._metres(self._longest)

    @command("[:WAVelength]:FREQuency?")
    def frequency(self) -> str:
        """Tell the optical frequency that was set."""
        return self._hertz(SPEED_OF_LIGHT / self.wavelength_m)

    @command("[:WAVelength]:FREQuency:MINimum?")
    def lowest_frequency(self) -> str:
        """Tell the low end of the range."""
        return self._hertz(SPEED_OF_LIGHT / self._longest)

    @command("[:WAVelength]:FREQuency:MAXimum?")
    def highest_frequency(self) -> str:
        """Tell the high end of the range."""
        return self._hertz(SPEED_OF_LIGHT / self._shortest)

    def _own(self, scpi: str, legacy: str) -> str:
        return scpi if self.state["scpi"] else legacy

    def _metres(self, value: float) -> str:
        return self.number(value) if self.state["scpi"] else f"{value / 1e-9:.4f}"

    def _hertz(self, value: float) -> str:
        return self.number(value) if self.state["scpi"] else f"{value / 1e12:.5f}"

    # System

    @command(":SYSTem:ALERt?")
    def _alert(self) -> str:
        return "No alerts."

    @command(":SYSTem:LOCK?")
    def _interlock(self) -> str:
        return str(int(self._interlock_open))

    @command(":SYSTem:VERSion?")
    def _version(self) -> str:
        return "0001.000.0001"

    @command(":SYSTem:CODe?")
    def _product_code(self) -> str:
        return "TSL-570-A-480640"
