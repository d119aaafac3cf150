"""Twin of an R&S ZNB20 with two ports.

Command set: R&S ZNB/ZNBT user manual 1173.9163, chapter "Command Reference", as far as QCoDeS' own
driver and this lab use it. Different from the real thing: S-parameters only, no calibration, no
limits, internal trigger, linear, logarithmic and CW sweeps, and every averaging mode is REDuce.
From memory: bit 3 of the hardware integrity register (a ZVL uses it alike), that *RST leaves the
byte order NORMal, and that ABORt ends a single sweep.
"""

import math

from phonosync.instruments.virtual.network_analyzers.vna import NetworkAnalyzerTwin
from phonosync.instruments.virtual.network_analyzers.znb_traces import NamedTraces
from phonosync.instruments.virtual.scpi.instrument import Reply, Setting, command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, Quantity, ScpiError

_STEPS = (1, 1.5, 2, 3, 5, 7)
_OVERLOAD = 8


class ZNB20(NamedTraces):
    """The analyzer; channels sweep by themselves until INITiate:CONTinuous OFF.

    Replies carry no units, and whole numbers are written as such.
    """

    identity = "Rohde-Schwarz,ZNB20-2Port,1311601062100001,3.45"
    lowest_hz, highest_hz = 100e3, 20e9
    power_range_dbm = (-60.0, 25.0)
    channel_settings = (
        *NetworkAnalyzerTwin.channel_settings,
        Setting(
            "[:SENSe<n>]:SWEep:TYPE",
            "sweep_type",
            Choice(("LINear", "LOGarithmic", "POWer", "CW", "POINt", "SEGMent")),
            "LIN",
        ),
        Setting("[:SENSe<n>]:SWEep:COUNt", "sweeps", Number(1, 100000, integer=True), 1),
        Setting(
            "[:SENSe<n>]:AVERage:MODE",
            "mode",
            Choice(("AUTO", "FLATten", "REDuce", "MOVing")),
            "AUTO",
        ),
        Setting(":CONFigure:CHANnel<n>:MEASure[:STATe]", "measured", Boolean(), True),
        Setting(
            ":TRIGger<n>[:SEQuence]:SOURce",
            "trigger",
            Choice(("IMMediate", "EXTernal", "MANual", "MULTiple")),
            "IMM",
        ),
        Setting(":INITiate<n>:CONTinuous", "continuous", Boolean(), True),
    )
    settings = (
        *NetworkAnalyzerTwin.settings,
        Setting(
            ":ROSCillator[:SOURce]",
            "reference",
            Choice(("INTernal", "EXTernal")),
            "INT",
        ),
        Setting(
            ":ROSCillator:EXTernal:FREQuency",
            "reference_frequency",
            Number(1e6, 20e6, "HZ"),
            10e6,
        ),
        Setting(":SYSTem:ERRor:DISPlay[:STATe]", "tooltips", Boolean(), False),
        Setting(":SYSTem:DISPlay:UPDate", "display", Choice(("ON", "OFF", "ONCE")), "OFF"),
    )

    @command(":SYSTem:FREQuency?", Choice(("MINimum", "MAXimum")))
    def _frequency_range(self, limit: str) -> str:
        return self.number({"MIN": self.lowest_hz, "MAX": self.highest_hz}[limit])

    def number(self, value: float) -> str:
        """Write a number: whole ones without a point."""
        return f"{value:.15g}"

    def reset(self) -> None:
        """Preset: channel 1 sweeps S21 continuously."""
        super().reset()
        self.define_trace(1, "Trc1", "S21")

    def available_bandwidth(self, wanted_hz: float) -> float:
        """Round up to the next IF bandwidth, 1 Hz to 1 MHz."""
        decade = 10.0 ** math.floor(math.log10(wanted_hz))
        steps = (step * decade for step in (*_STEPS, 10))
        return min(max(next(s for s in steps if s >= wanted_hz * (1 - 1e-9)), 1.0), 1e6)

    def overloaded(self, port: int) -> None:
        """Set the bit of the hardware register."""
        self.hardware |= _OVERLOAD

    # Sweeps

    def sweeps_by_itself(self, number: int) -> bool:
        """Whether the channel sweeps continuously."""
        return self.channel(number).state["continuous"]

    @command(":INITiate:CONTinuous:ALL", Boolean())
    def _set_all_continuous(self, on: bool) -> None:
        for number in self.channels:
            self.channels[number].state["continuous"] = on
        self.abort()

    @command(":INITiate:CONTinuous:ALL?")
    def _all_continuous(self) -> str:
        return str(int(all(channel.state["continuous"] for channel in self.channels.values())))

    def change_channel(self, number: int, name: str, value: object) -> None:
        """Keep a setting; how and whether to sweep says nothing against data at hand."""
        if name in ("continuous", "measured", "sweeps", "count"):
            self.channel(number).state[name] = value
        else:
            super().change_channel(number, name, value)

    @command(":INITiate<n>[:IMMediate]")
    def initiate(self, number: int) -> None:
        """Take the sweeps of one channel; sweeps under way begin anew."""
        state = self.channel(number).state
        if state["trigger"] != "IMM":
            raise ScpiError(-221, "only the trigger source IMMediate is simulated")
        if not state["measured"]:
            raise ScpiError(-221, f"channel {number} is not measured")
        self.abort()
        self.measure(number, state["sweeps"])

    @command(":SOURce<n>:POWer<n>[:LEVel][:IMMediate][:AMPLitude]", Quantity(("DBM",)))
    def _set_power(self, number: int, port: int, level: tuple[float, str]) -> None:
        self.set_power(number, range(1, self.source_ports + 1), level[0])  # one for all ports

    @command(":SOURce<n>:POWer<n>[:LEVel][:IMMediate][:AMPLitude]?")
    def _power(self, number: int, port: int) -> str:
        return self.number(self.channel(number).power_dbm[0])

    @command(":CALCulate<n>:DATA:STIMulus?")
    def _stimulus(self, number: int) -> Reply:
        return self.tell_numbers(self.channel(number).frequencies_hz())

    # System

    @command(":INSTrument:PORT:COUNt?")
    def _ports(self) -> str:
        return "2"

    @command(":SYSTem:PRESet")
    def _preset(self) -> None:
        self.abort()
        self.reset()

    @command(":DISPlay:LAYout", Choice(("LINeup", "STACk", "HORizontal", "VERTical", "GRID")))
    def _layout(self, layout: str) -> None:
        self.state["layout"] = layout

    @command(":DISPlay:LAYout:GRID", Number(1, 16, integer=True), Number(1, 16, integer=True))
    def _grid(self, rows: int, columns: int) -> None:
        self.state["grid"] = (rows, columns)
