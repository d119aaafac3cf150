"""Twin of a Keysight N5222B PNA with four ports, of which 1 and 2 are connected.

Command set: Keysight PNA help (A.15), "SCPI Command Tree", as far as QCoDeS' own driver and this
lab use it. Different from the real thing: one channel, S-parameters only, no calibration, internal
trigger, linear, logarithmic and CW sweeps; channel data fetched before a sweep is an error instead
of zeros. From memory: how a receiver overload reads in the error queue.
"""

import math

from phonosync.instruments.virtual.network_analyzers.n5222b_traces import NumberedTraces
from phonosync.instruments.virtual.scpi.instrument import Reply, Setting, command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, Quantity, ScpiError

_STEPS = (1, 1.5, 2, 3, 5, 7)
IF_BANDWIDTHS_HZ = (
    *(step * 10.0**decade for decade in range(7) for step in _STEPS),
    10e6,
    15e6,
)
_DBM = Quantity(("DBM",))


class N5222B(NumberedTraces):
    """The analyzer; sweep mode HOLD, CONTinuous, SINGle or GROups as on the real one."""

    identity = "Keysight Technologies,N5222B,MY00000001,A.15.75.19"
    no_error = '+0,"No error"'
    lowest_hz, highest_hz = 10e6, 26.5e9
    power_range_dbm = (-95.0, 13.0)
    source_ports = 4
    channel_settings = (
        *NumberedTraces.channel_settings,
        Setting(
            "[:SENSe<n>]:SWEep:TYPE",
            "sweep_type",
            Choice(("LINear", "LOGarithmic", "POWer", "CW", "SEGMent", "PHASe")),
            "LIN",
        ),
        Setting("[:SENSe<n>]:SWEep:GROups:COUNt", "groups", Number(1, 2_000_000, integer=True), 1),
        Setting("[:SENSe<n>]:AVERage:MODE", "mode", Choice(("SWEEP", "POINt")), "SWEEP"),
        Setting(":SOURce<n>:POWer:COUPle", "coupled", Boolean(), True),
    )
    settings = (
        *NumberedTraces.settings,
        Setting(
            ":TRIGger[:SEQuence]:SOURce",
            "trigger",
            Choice(("EXTernal", "IMMediate", "MANual")),
            "IMM",
        ),
        Setting(":DISPlay:UPDate[:STATe]", "display_update", Boolean(), True),
    )

    def reset(self) -> None:
        """Preset: channel 1 sweeps S11 continuously."""
        super().reset()
        self.channel(1).state["bandwidth"] = 1e5
        self._sweep_mode = "CONT"

    def available_bandwidth(self, wanted_hz: float) -> float:
        """Find the nearest IF bandwidth; the driver's range ends at 15 MHz."""
        return min(IF_BANDWIDTHS_HZ, key=lambda hz: abs(math.log(hz / wanted_hz)))

    def overloaded(self, port: int) -> None:
        """Put the overload into the error queue."""
        self.push(ScpiError(-300, f"receiver overload at port {port}"))

    # Sweeps

    def sweeps_by_itself(self, number: int) -> bool:
        """Whether the sweep mode is continuous."""
        return self._sweep_mode == "CONT"

    @command("[:SENSe<n>]:SWEep:MODE", Choice(("HOLD", "CONTinuous", "GROups", "SINGle")))
    def set_sweep_mode(self, number: int, mode: str) -> None:
        """Hold, sweep all the time, or sweep once or a group of times and then hold."""
        state = self.channel(number).state
        self.abort()
        self._sweep_mode = mode
        if mode in ("SING", "GRO"):
            if self.state["trigger"] != "IMM":
                self._sweep_mode = "HOLD"
                raise ScpiError(-221, "only the trigger source IMMediate is simulated")
            sweeps = state["groups"] if mode == "GRO" else 1
            points = state["averaging"] and state["mode"] == "POIN"
            try:
                self.measure(number, sweeps, samples=state["count"] if points else 1)
            except ScpiError:
                self._sweep_mode = "HOLD"
                raise

    @command("[:SENSe<n>]:SWEep:MODE?")
    def _tell_sweep_mode(self, number: int) -> str:
        return self._sweep_mode

    def operation_ended(self, failure: Exception | None) -> None:
        """Go on hold after a single sweep or a group."""
        super().operation_ended(failure)
        if self._sweep_mode != "CONT":
            self._sweep_mode = "HOLD"

    @command(":SOURce<n>:POWer<n>[:LEVel][:IMMediate][:AMPLitude]", _DBM)
    def _set_power(self, number: int, port: int, level: tuple[float, str]) -> None:
        coupled = self.channel(number).state["coupled"]
        self._has_port(port)
        ports = range(1, self.source_ports + 1) if coupled else range(port, port + 1)
        self.set_power(number, ports, level[0])

    @command(":SOURce<n>:POWer<n>[:LEVel][:IMMediate][:AMPLitude]?")
    def _power(self, number: int, port: int) -> str:
        self._has_port(port)
        return self.number(self.channel(number).power_dbm[port - 1])

    def _has_port(self, port: int) -> None:
        if not 1 <= port <= self.source_ports:
            raise ScpiError(-114, f"port {port}")

    @command("[:SENSe<n>]:X[:VALues]?")
    @command(":CALCulate<n>:X[:VALues]?")
    def _stimulus(self, number: int) -> Reply:
        return self.tell_numbers(self.channel(number).frequencies_hz())

    # System

    @command(":SYSTem:CAPability:FREQuency:MINimum?")
    def _lowest(self) -> str:
        return self.number(self.lowest_hz)

    @command(":SYSTem:CAPability:FREQuency:MAXimum?")
    def _highest(self) -> str:
        return self.number(self.highest_hz)

    @command("*OPT?")
    def _options(self) -> str:
        return '"419"'

    @command(":SYSTem:PRESet")
    def _preset(self) -> None:
        self.abort()
        self.reset()
