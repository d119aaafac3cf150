"""Twin of a Thorlabs PM100D power meter with an InGaAs head S145C in the monitor arm.

Command set: SCPI command reference of the PM100D operation manual, chapter 6.4, and of the PM400
manual, chapter 5.5. From memory: the ranges, the rate of samples, what it tells beyond its range.
Different from the real thing: the bench tells a power without its wavelength, so that a wrong
wavelength costs nothing here; noise, dark current and zeroing are missing, and of the quantities
only power is measured.
"""

import math

from phonosync.instruments.virtual.interface import PowerBench
from phonosync.instruments.virtual.scpi.delay import delay
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, Setting, command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, ScpiError

WAVELENGTHS_NM = (800.0, 1700.0)
RANGES_W = tuple(1.1 * 10.0**exponent for exponent in range(-8, 0))  # 11 nW to 110 mW
SAMPLES_PER_S = 3000.0
OVERFLOW = 9.9e37
FLOOR_W = 1e-12  # a dark sensor reads a number in dBm


class PM100D(ScpiInstrument):
    """The meter: its sensor sees the monitor arm behind the laser.

    Args:
        bench: tells the power.
        speed_up: how many times faster than the real one it measures.
    """

    identity = "THORLABS,PM100D,P0000001,2.4.0"
    no_error = '+0,"No error"'
    settings = (
        Setting("[:SENSe]:CORRection:WAVelength", "wavelength", Number(*WAVELENGTHS_NM), 1550.0),
        Setting(
            "[:SENSe]:CORRection[:LOSS][:INPut][:MAGNitude]",
            "attenuation",
            Number(-60, 60, "DB"),
            0.0,
        ),
        Setting("[:SENSe]:AVERage[:COUNt]", "averaging", Number(1, 10_000, integer=True), 1),
        Setting("[:SENSe]:POWer[:DC]:RANGe:AUTO", "auto_range", Boolean(), True),
        Setting("[:SENSe]:POWer[:DC]:UNIT", "unit", Choice(("W", "DBM")), "W"),
        Setting(":STATus:OPERation:PTRansition", "rising", Number(0, 32767, integer=True), 32767),
        Setting(":STATus:OPERation:NTRansition", "falling", Number(0, 32767, integer=True), 0),
    )

    def __init__(self, bench: PowerBench, *, speed_up: float = 1.0):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self.reset()

    def reset(self) -> None:
        """Measure power at 1550 nm in an automatic range (*RST)."""
        super().reset()
        self._upper_w = RANGES_W[-1]
        self._result_w: float | None = None

    # Measurement

    @command(":INITiate[:IMMediate]")
    def initiate(self) -> None:
        """Take a measurement in the background."""
        if self.busy:
            raise ScpiError(-213)

        def finish(_: None) -> None:
            loss = 10 ** (self.state["attenuation"] / 10)
            sensed_w = self._bench.monitor_power_w
            if self.state["auto_range"]:
                self._upper_w = _range_for(sensed_w)
            fits = sensed_w <= self._upper_w
            self._result_w = sensed_w * loss if fits else OVERFLOW

        self._result_w = None
        self.begin(delay(self.state["averaging"] / SAMPLES_PER_S, self._speed_up), finish)

    @command(":FETCh?")
    def fetch(self) -> str:
        """Tell the latest measurement."""
        self.wait_until_idle()
        if self._result_w is None:
            raise ScpiError(-230, "nothing was measured yet")
        if self.state["unit"] == "W" or self._result_w == OVERFLOW:
            return self.number(self._result_w)
        return self.number(10 * math.log10(max(self._result_w, FLOOR_W) / 1e-3))

    @command(":MEASure[:SCALar][:POWer]?")
    @command(":READ?")
    def read(self) -> str:
        """Measure, then tell."""
        self.abort()
        self.initiate()
        return self.fetch()

    @command(":MEASure[:SCALar][:POWer]")
    def measure(self) -> None:
        """Measure and keep the result."""
        self.abort()
        self.initiate()

    @command(":ABORt")
    def _abort(self) -> None:
        self.abort()

    @command(":CONFigure[:SCALar][:POWer]")
    def _configure(self) -> None:
        self.abort()

    @command(":CONFigure?")
    def _configured(self) -> str:
        return "POW"

    @command(":STATus:OPERation[:EVENt]?")
    @command(":STATus:OPERation:CONDition?")
    def _operation_register(self) -> str:
        return str(16 * self.busy)

    # Limits, range, sensor

    @command("[:SENSe]:CORRection:WAVelength?", Choice(("MINimum", "MAXimum"), optional=True))
    def wavelength(self, limit: str | None = None) -> str:
        """Tell the wavelength that the calibration is taken at, or a limit, nm."""
        low, high = WAVELENGTHS_NM
        return self.number({"MIN": low, "MAX": high, None: self.state["wavelength"]}[limit])

    @command("[:SENSe]:POWer[:DC]:RANGe[:UPPer]", Number(0, 1e3))
    def set_range(self, power_w: float) -> None:
        """Fix the range: the next larger one that holds this power."""
        if power_w > RANGES_W[-1] * (1 + 1e-9):
            raise ScpiError(-222, f"{power_w:g} W")
        self._upper_w = _range_for(power_w)
        self.change("auto_range", False)

    @command("[:SENSe]:POWer[:DC]:RANGe[:UPPer]?", Choice(("MINimum", "MAXimum"), optional=True))
    def range(self, limit: str | None = None) -> str:
        """Tell the largest power of the range, or of the smallest or largest one, W."""
        return self.number({"MIN": RANGES_W[0], "MAX": RANGES_W[-1], None: self._upper_w}[limit])

    @command(":SYSTem:SENSor:IDN?")
    def _sensor(self) -> str:
        return '"S145C","00000001","01-Jan-2024",1,1,33'

    def number(self, value: float) -> str:
        """Write a number in exponent form."""
        return f"{value:.8E}"


def _range_for(power_w: float) -> float:
    """Choose the smallest range that holds a power, the largest where none does."""
    return next((upper for upper in RANGES_W if power_w <= upper * (1 + 1e-9)), RANGES_W[-1])
