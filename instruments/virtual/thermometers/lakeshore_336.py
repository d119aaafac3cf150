"""Twin of a Lake Shore Model 336 cryogenic temperature controller, inputs A to D, outputs 1 to 4.

Command set: Model 336 user's manual, chapter 6, as far as QCoDeS' own driver and this lab use it.
A Cernox sensor reads from 1.4 K to 325 K.
"""

from phonosync.instruments.virtual.scpi.instrument import command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Number
from phonosync.instruments.virtual.scpi.text import Text
from phonosync.instruments.virtual.thermometers.lakeshore import (
    Row,
    TemperatureController,
    choice_of,
    whole,
)

_INPUT, _OUTPUT = choice_of("ABCD"), whole(1, 4)


class Lakeshore336(TemperatureController):
    """The controller; by default the sensor at the device is A."""

    identity = "LSCI,MODEL336,LSA21QZ/#######,2.9"
    inputs = ("A", "B", "C", "D")
    reach_k = (1.0, 10.0, 400.0)
    rows = (
        Row(
            "INTYPE",
            _INPUT,
            (whole(0, 4), Boolean(), whole(0, 8), Boolean(), whole(1, 3)),
            (3, True, 0, True, 1),
            "{},{},{},{},{}",
        ),
        Row("INCRV", _INPUT, (whole(0, 59),), (21,), "{:02d}"),
        Row("INNAME", _INPUT, (Text(),), ("",), "{}"),
        Row("TLIMIT", _INPUT, (Number(0, 1000),), (0.0,), "{:+#.6g}"),
        Row(
            "OUTMODE",
            _OUTPUT,
            (whole(0, 5), whole(0, 4), Boolean()),
            (0, 1, False),
            "{},{},{}",
        ),
        Row(
            "PID",
            _OUTPUT,
            (Number(0, 1000), Number(0, 1000), Number(0, 200)),
            (50.0, 20.0, 0.0),
            "{:+#.6g},{:+#.6g},{:+#.6g}",
        ),
        Row(
            "HTRSET",
            _OUTPUT,
            (whole(0, 1), whole(1, 2), whole(0, 4), Number(0, 1.732), whole(1, 2)),
            (0, 1, 2, 0.0, 1),
            "{},{},{},{:+#.6g},{}",
        ),
        Row("RANGE", _OUTPUT, (whole(0, 3),), (0,), "{}"),
        Row("SETP", _OUTPUT, (Number(-273.15, 1000),), (0.0,), "{:+#.6g}"),
        Row("RAMP", _OUTPUT, (Boolean(), Number(0, 100)), (False, 0.0), "{},{:+#.6g}"),
    )

    def outputs(self) -> tuple[int, ...]:
        """Numbers of the heater outputs."""
        return 1, 2, 3, 4

    def input_of(self, number: int) -> str | None:
        """Find the input that OUTMODE means: 0 none, 1 to 4 for A to D."""
        return self.inputs[number - 1] if number else None

    @command(":KRDG?", _INPUT)
    def _kelvin(self, key: str) -> str:
        return self.number(self.reading(key)[0])

    @command(":SRDG?", _INPUT)
    def _sensor_units(self, key: str) -> str:
        return self.number(self.ohms(self.reading(key)[0]))

    @command(":RDGST?", _INPUT)
    def _status(self, key: str) -> str:
        return f"{self.reading(key)[1]:03d}"

    @command(":HTR?", _OUTPUT)
    def _heater(self, output: int) -> str:
        return f"{self.percent(output):+06.1f}"

    @command(":RAMPST?", _OUTPUT)
    def _ramp_status(self, output: int) -> str:
        return str(int(self.ramping(output)))

    @command(":CRVHDR?", whole(1, 59))
    def _curve_header(self, number: int) -> str:
        return f"{'CX-1050':<15},{'X12345':<10},4,325.000,1"
