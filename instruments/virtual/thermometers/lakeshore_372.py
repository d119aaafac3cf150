"""Twin of a Lake Shore Model 372 AC resistance bridge with a scanner of 16 channels.

Command set: Model 372 user's manual, chapter 6, as far as QCoDeS' own driver and this lab use it.
The bridge measures one channel at a time and settles after each change; a channel that is not
being scanned tells its last reading. A ruthenium oxide sensor reads from 8 mK to 40 K.
"""

from phonosync.instruments.virtual.scpi.instrument import command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Number
from phonosync.instruments.virtual.scpi.text import Text
from phonosync.instruments.virtual.thermometers.lakeshore import Row, TemperatureController, whole

_CHANNEL, _OUTPUT = whole(1, 16), whole(0, 2)
_SETTLING = 2  # hardware


class Lakeshore372(TemperatureController):
    """The bridge; by default the sensor at the device is at channel 1."""

    identity = "LSCI,MODEL372,LSA12AB,1.3"
    inputs = tuple(range(1, 17))
    coldest_k, hottest_k = 8e-3, 40.0
    too_cold, too_hot, open_sensor = 128, 64, 16
    closed_loop = 5
    reach_k = tuple(40.0 * 10.0 ** (step - 8) for step in range(1, 9))
    rows = (
        Row(
            "INSET",
            _CHANNEL,
            (Boolean(), whole(1, 200), whole(3, 200), whole(0, 59), whole(1, 2)),
            (True, 10, 3, 21, 1),
            "{},{:03d},{:03d},{:02d},{}",
        ),
        Row(
            "INTYPE",
            _CHANNEL,
            (Boolean(), whole(1, 22), whole(0, 2), whole(1, 22), Boolean(), whole(1, 2)),
            (False, 2, 1, 15, False, 1),
            "{},{:02d},{},{:02d},{},{}",
        ),
        Row("INNAME", _CHANNEL, (Text(),), ("",), "{}"),
        Row("TLIMIT", _CHANNEL, (Number(0, 1000),), (0.0,), "{:+.5E}"),
        Row(
            "OUTMODE",
            _OUTPUT,
            (whole(0, 6), whole(0, 16), Boolean(), Boolean(), Boolean(), whole(0, 255)),
            (0, 1, False, False, False, 5),
            "{},{},{},{},{},{:03d}",
        ),
        Row(
            "PID",
            _OUTPUT,
            (Number(0, 1000), Number(0, 10000), Number(0, 2500)),
            (10.0, 20.0, 0.0),
            "{:+.5E},{:+.5E},{:+.5E}",
        ),
        Row(
            "HTRSET",
            _OUTPUT,
            (whole(0, 1), whole(1, 2), whole(0, 4), Number(0, 1.732), whole(1, 2)),
            (0, 1, 2, 0.0, 1),
            "{},{},{},{:+.5E},{}",
        ),
        Row("RANGE", _OUTPUT, (whole(0, 8),), (0,), "{}"),
        Row("SETP", _OUTPUT, (Number(-273.15, 1000),), (0.0,), "{:+.5E}"),
        Row("RAMP", _OUTPUT, (Boolean(), Number(0, 100)), (False, 0.0), "{},{:+.5E}"),
    )

    def reset(self) -> None:
        """Preset: channel 1, no scanning."""
        super().reset()
        self._scanned, self._autoscan = 1, False
        self._since_s = self._clock()
        self._last: dict[int, tuple[float, int]] = {}

    def number(self, value: float) -> str:
        """Write a number with an exponent."""
        return f"{value:+.5E}"

    def outputs(self) -> tuple[int, ...]:
        """Numbers of the heater outputs: sample, warm-up, analog."""
        return 0, 1, 2

    def input_of(self, number: int) -> int:
        """Find the channel that OUTMODE means."""
        return number

    # One channel at a time

    @command(":SCAN", _CHANNEL, Boolean())
    def _scan(self, channel: int, automatic: bool) -> None:
        self._remember()
        if channel != self._scanned:
            self._since_s = self._clock()
        self._scanned, self._autoscan = channel, automatic

    @command(":SCAN?")
    def _tell_scan(self) -> str:
        return f"{self._scanned:02d},{int(self._autoscan)}"

    @command(":RDGSTL?")
    def _settle_status(self) -> str:
        return f"0,{_SETTLING if self._settling() else 0}"

    def _settling(self) -> bool:
        pause_s = self.row("INSET", self._scanned)[2]
        return (self._clock() - self._since_s) * self._speed_up < pause_s

    def _remember(self) -> None:
        if not self._settling():
            self._last[self._scanned] = self.reading(self._scanned)

    def _seen(self, channel: int) -> tuple[float, int]:
        """Latest settled reading of a channel; none yet reads 0 K."""
        self._remember()
        return self._last.get(channel, (0.0, 0))

    @command(":KRDG?", _CHANNEL)
    @command(":RDGK?", _CHANNEL)
    def _kelvin(self, channel: int) -> str:
        return self.number(self._seen(channel)[0])

    @command(":SRDG?", _CHANNEL)
    @command(":RDGR?", _CHANNEL)
    def _resistance(self, channel: int) -> str:
        return self.number(self.ohms(self._seen(channel)[0]))

    @command(":RDGST?", _CHANNEL)
    def _status(self, channel: int) -> str:
        return f"{self._seen(channel)[1]:03d}"

    @command(":HTR?", _OUTPUT)
    def _heater(self, output: int) -> str:
        return self.number(self.percent(output))

    @command(":RAMPST?", _OUTPUT)
    def _ramp_status(self, output: int) -> str:
        return str(int(self.ramping(output)))
