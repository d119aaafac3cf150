"""Twin of a Kepco BOP bipolar power supply behind its LAN card, on the coil of an electromagnet.

Command set: Kepco BOP-1KW-MG and BOP-GL operator's manuals, appendix B (SCPI command reference),
and public drivers of the BIT 802E card: raw SCPI on port 5025 (port 5024 is Telnet and echoes);
numbers come in scientific notation; at most four digits before and eight after the point are read;
OUTP OFF keeps the settings and makes the output zero, OUTP ON brings the kept values back at once.
Questionable status: as in chapter 3.6.7.3 of the BOP-1KW-MG manual (firmware 2.01 to 2.37); the
BIT 232 card has other bits. From memory: that it is 0 while the output is off, and that *RST gives
voltage mode, all zero, output off. Lists, triggers, software limits and ranges are missing.
"""

import math
from collections.abc import Callable

from phonosync.instruments.virtual.interface import FieldBench
from phonosync.instruments.virtual.magnets.coil import MISMATCH_A, CoilData
from phonosync.instruments.virtual.magnets.coil_instrument import CoilInstrument
from phonosync.instruments.virtual.scpi.instrument import Setting, command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, ScpiError

VOLTAGE_MODE, CURRENT_MODE, VOLTAGE_ERROR, CURRENT_ERROR = 1, 2, 4096, 8192
ELECTROMAGNET = CoilData(constant=0.02, inductance=0.05, resistance=0.8)


class KepcoBOP(CoilInstrument):
    """The supply, 20 V and 20 A in all four quadrants, and its electromagnet.

    In current mode :VOLTage limits the voltage, in voltage mode :CURRent the current.

    Args:
        bench: the device between the poles.
        speed_up: how much faster than in the lab everything goes.
        axis: along which the field lies.
        coil: what the electromagnet is made of.
        clock: s, for tests.
    """

    identity = "KEPCO,BOP 20-20,E156884,2.66"
    reply_terminator = b"\r\n"
    settings = (
        Setting("[:SOURce]:FUNCtion:MODE", "mode", Choice(("VOLTage", "CURRent")), "VOLT"),
        Setting(
            "[:SOURce]:CURRent[:LEVel][:IMMediate][:AMPlitude]", "current", Number(-20, 20), 0.0
        ),
        Setting(
            "[:SOURce]:VOLTage[:LEVel][:IMMediate][:AMPlitude]", "voltage", Number(-20, 20), 0.0
        ),
        Setting(":OUTPut[:STATe]", "output", Boolean(), False),
    )

    def __init__(
        self,
        bench: FieldBench,
        *,
        speed_up: float = 1.0,
        axis: str = "z",
        coil: CoilData = ELECTROMAGNET,
        clock: Callable[[], float] | None = None,
    ):
        super().__init__(bench, axis, coil, speed_up=speed_up, clock=clock)
        self.coil = self.coils[axis]

    def change(self, name: str, value: float | str | bool) -> None:
        """Keep a setting and let the current follow, as fast as the voltage drives it."""
        super().change(name, value)
        self._drive()

    def reset(self) -> None:
        """Go to voltage mode with everything at zero and the output off."""
        super().reset()
        self._drive()

    def number(self, value: float) -> str:
        """Write a number."""
        return f"{value:.5E}"

    def _drive(self) -> None:
        state, coil = self.state, self.coil
        goal, limit = 0.0, 20.0
        if state["output"] and state["mode"] == "CURR":
            goal, limit = state["current"], abs(state["voltage"])
            if coil.data.resistance:
                goal = math.copysign(min(abs(goal), limit / coil.data.resistance), goal)
        elif state["output"] and coil.data.resistance:
            goal = state["voltage"] / coil.data.resistance
            goal = math.copysign(min(abs(goal), abs(state["current"])), goal)
        if coil.quenched and goal == 0 and abs(coil.magnet_a) < MISMATCH_A:
            coil.acknowledge()  # nothing drives it any more: it is superconducting again
        coil.compliance = max(limit, 1e-3)  # even a short lets the current of a coil die
        coil.ramp(goal, math.inf)

    @command(":MEASure[:SCALar]:CURRent[:DC]?")
    def _measure_current(self) -> str:
        return self.number(self.coil.supply_a)

    @command(":MEASure[:SCALar]:VOLTage[:DC]?")
    def _measure_voltage(self) -> str:
        return self.number(self._voltage)

    @property
    def _voltage(self) -> float:
        """Voltage at the output; a coil that turned normal takes all that the limit allows."""
        coil, state = self.coil, self.state
        if coil.quenched:
            return math.copysign(abs(state["voltage"]), state["current"]) * state["output"]
        return coil.voltage

    @command(":STATus:QUEStionable:CONDition?")
    def _questionable(self) -> str:
        """Tell the mode, both while it settles, and an error if a limit keeps it from its level."""
        state, coil = self.state, self.coil
        if not state["output"]:
            return "0"
        if coil.moving:
            return str(VOLTAGE_MODE | CURRENT_MODE)
        if state["mode"] == "CURR":
            limited = abs(coil.supply_a - state["current"]) > 1e-9
            return str(CURRENT_MODE | CURRENT_ERROR * limited)
        limited = abs(coil.voltage - state["voltage"]) > 1e-9
        return str(VOLTAGE_MODE | VOLTAGE_ERROR * limited)

    @command(
        "[:SOURce]:CURRent[:LEVel][:IMMediate][:AMPlitude]?",
        Choice(("MINimum", "MAXimum"), optional=True),
    )
    def _current(self, which: str = "") -> str:
        ends = {"MIN": -20.0, "MAX": 20.0}
        return self.number(ends[which] if which else self.state["current"])

    @command(":SYSTem:REMote", Boolean())
    def _remote(self, on: bool) -> None:
        pass

    @command(":SYSTem:VERSion?")
    def _version(self) -> str:
        return "1997.0"

    def trip(self) -> None:
        """Switch the output off, as an overtemperature does."""
        with self.lock:
            self.change("output", False)
            self.push(ScpiError(-300, "output protection"))
