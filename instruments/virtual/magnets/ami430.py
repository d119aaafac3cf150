"""Twin of an American Magnetics Model 430 power supply programmer, one axis.

Command set: American Magnetics, Model 430 Power Supply Programmer manual, chapter 4 (remote
interface reference): tables of commands and of STATE?, switch heater and quench commands, error
messages (the numbers of command and query errors are printed for the Model 420, whose list the 430
took over). The real one listens on port 7180 and greets with two lines; lines end with carriage
return and newline. From memory: numbers and texts of the execution errors (-301, -302), how many
digits a reply has, and that *RST only pauses and clears the errors. One ramp segment; no rampdown,
no stability setting, no trigger, no front panel.
"""

import re
from collections.abc import Callable

from phonosync.instruments.virtual.interface import FieldBench
from phonosync.instruments.virtual.magnets.ami430_errors import AmiError, AmiErrors
from phonosync.instruments.virtual.magnets.coil import CoilData
from phonosync.instruments.virtual.magnets.coil_instrument import CoilInstrument
from phonosync.instruments.virtual.scpi.instrument import Setting, command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Number

TESLA, SECONDS = 1, 0


class AMI430(AmiErrors, CoilInstrument):
    """The programmer, its supply, and the coil on it.

    Args:
        bench: the device in the bore, or the `VectorField` that three programmers share.
        speed_up: how much faster than in the lab everything goes.
        axis: along which its coil lies.
        coil: what the coil is made of.
        clock: s, for tests.
    """

    identity = "AMERICAN MAGNETICS INC.,MODEL 430,2.01"
    greeting = b"American Magnetics Model 430 IP Interface\r\nHello.\r\n"
    reply_terminator = b"\r\n"
    settings = (
        Setting(":CURRent:LIMit", "limit", Number(0, 80), 40.0),
        Setting(":FIELD:UNITS", "field_units", Number(0, 1, integer=True), TESLA),
        Setting(":RAMP:RATE:UNITS", "rate_units", Number(0, 1, integer=True), SECONDS),
        Setting(":PSwitch:CURRent", "heater_ma", Number(0, 125), 30.0),
        Setting(":PSwitch:HTIME|HEATTIME", "heating_s", Number(5, 120, integer=True), 15),
        Setting(":PSwitch:CTIME|COOLTIME", "cooling_s", Number(5, 3600, integer=True), 30),
        Setting(":PSwitch:PSRR|POWERSUPPLYRAMPRATE", "cold_rate", Number(1e-4, 100), 2.0),
        Setting(":VOLTage:LIMit", "voltage_limit", Number(1e-3, 20), 5.0),
    )

    def __init__(
        self,
        bench: FieldBench,
        *,
        speed_up: float = 1.0,
        axis: str = "z",
        coil: CoilData | None = None,
        clock: Callable[[], float] | None = None,
    ):
        super().__init__(bench, axis, coil or CoilData(), speed_up=speed_up, clock=clock)
        self.coil = self.coils[axis]
        self.coil.compliance = self.state["voltage_limit"]
        self._tesla_per_amp = self.coil.data.constant
        self.target_a, self.rate_a_per_s = 0.0, 0.05
        self._doing = "pausing"
        self._switch_busy_until = 0.0
        self.recorded_a = 0.0  # current at which the switch was last closed

    def _commands(self):
        """Settings are written below CONFigure, and read without it."""
        for pattern, arguments, handler in super()._commands():
            writes = any(pattern == setting.pattern for setting in self.settings)
            yield (":CONFigure" + pattern if writes else pattern), arguments, handler

    def execute(self, message: str) -> bytes | None:
        """Carry out one message; the number of a ramp segment stands between colons."""
        return super().execute(re.sub(r":(\d+)(?=\?)", r"\1", message))

    def change(self, name: str, value: float) -> None:
        """Keep a setting, and tell the coil of its voltage limit."""
        super().change(name, value)
        self.coil.compliance = self.state["voltage_limit"]

    def number(self, value: float) -> str:
        """Write a number."""
        return f"{value:.7f}"

    def reset(self) -> None:
        """Pause and forget the errors."""
        self._pause()
        self.status.errors.clear()

    # Units

    @property
    def _constant(self) -> float:
        """The programmer's number for the coil constant, in the unit of fields over A."""
        return self._tesla_per_amp * (1.0 if self.state["field_units"] == TESLA else 10.0)

    @property
    def _seconds(self) -> float:
        """Length of the unit of time of ramp rates, s."""
        return 1.0 if self.state["rate_units"] == SECONDS else 60.0

    # Ramping

    @command(":RAMP")
    def _ramp(self) -> None:
        self._refuse_ramps()
        self._doing = "ramping"
        cold = self.coil.with_switch and not self.coil.driven
        self.coil.ramp(self.target_a, self.state["cold_rate"] if cold else self.rate_a_per_s)

    @command(":PAUSE")
    def _pause(self) -> None:
        self._doing = "pausing"
        self.coil.pause()

    @command(":ZERO")
    def _zero(self) -> None:
        self._refuse_ramps()
        self._doing = "zeroing"
        cold = self.coil.with_switch and not self.coil.driven
        self.coil.ramp(0.0, self.state["cold_rate"] if cold else self.rate_a_per_s)

    def _refuse_ramps(self) -> None:
        if self.coil.quenched:
            raise AmiError(-302)
        if self.coil.time < self._switch_busy_until:
            raise AmiError(-301)

    @command(":STATE?")
    def _state(self) -> str:
        coil = self.coil
        if coil.quenched:
            return "7"
        if coil.time < self._switch_busy_until:
            return "9" if coil.heater else "10"
        states = {"ramping": ("2", "1"), "zeroing": ("8", "6"), "pausing": ("3", "3")}
        return states[self._doing][coil.moving]

    @command(":CONFigure:FIELD:TARGet", Number())
    def _set_field_target(self, field: float) -> None:
        self._set_target(field / self._constant)

    @command(":CONFigure:CURRent:TARGet", Number())
    def _set_target(self, current_a: float) -> None:
        if abs(current_a) > self.state["limit"] * (1 + 1e-9):
            raise AmiError(-105)
        self.target_a = current_a
        if self._doing == "ramping":
            self._ramp()

    @command(":FIELD:TARGet?")
    def _field_target(self) -> str:
        return self.number(self.target_a * self._constant)

    @command(":CURRent:TARGet?")
    def _target(self) -> str:
        return self.number(self.target_a)

    @command(":CONFigure:RAMP:RATE:SEGments", Number(1, 1, integer=True))
    def _set_segments(self, count: int) -> None:
        pass  # there is one

    @command(":RAMP:RATE:SEGments?")
    def _segments(self) -> str:
        return "1"

    @command(":CONFigure:RAMP:RATE:FIELD", Number(1, 1), Number(0), Number(0))
    def _set_field_rate(self, segment: float, rate: float, upper: float) -> None:
        self._set_rate(segment, rate / self._constant, upper)

    @command(":CONFigure:RAMP:RATE:CURRent", Number(1, 1), Number(0), Number(0))
    def _set_rate(self, segment: float, rate: float, upper: float) -> None:
        if not 1e-4 * (1 - 1e-6) <= rate / self._seconds <= 100:
            raise AmiError(-105)
        self.rate_a_per_s = rate / self._seconds
        if self._doing == "ramping" and self.coil.moving:
            self._ramp()

    @command(":RAMP:RATE:FIELD<n>?")
    def _field_rate(self, segment: int) -> str:
        rate = self.rate_a_per_s * self._seconds * self._constant
        return f"{rate:.8f},{self.state['limit'] * self._constant:.5f}"

    @command(":RAMP:RATE:CURRent<n>?")
    def _rate(self, segment: int) -> str:
        return f"{self.rate_a_per_s * self._seconds:.7f},{self.state['limit']:.4f}"

    # Reading

    @command(":COILconst?")
    def _coil_constant(self) -> str:
        return self.number(self._constant)

    @command(":CONFigure:COILconst", Number(1e-3, 999.99999))
    def _set_coil_constant(self, constant: float) -> None:
        # From here on the programmer reckons with this number; the coil is what it was.
        self._tesla_per_amp *= constant / self._constant

    @command(":INDuctance?")
    def _inductance(self) -> str:
        return self.number(self.coil.data.inductance)

    @command(":FIELD:MAGnet?")
    def _field(self) -> str:
        return self.number(self._magnet_a * self._constant)

    @command(":CURRent:MAGnet?")
    def _magnet_current(self) -> str:
        return self.number(self._magnet_a)

    @property
    def _magnet_a(self) -> float:
        """What the programmer takes for the coil's current: behind a cold switch, its record."""
        return self.coil.magnet_a if self.coil.driven else self.recorded_a

    @command(":CURRent:SUPPly?")
    def _supply_current(self) -> str:
        return self.number(self.coil.supply_a)

    @command(":VOLTage:SUPPly?")
    def _voltage(self) -> str:
        return self.number(self.coil.voltage)

    # Persistent switch

    @command(":CONFigure:PSwitch", Boolean())
    def _install_switch(self, installed: bool) -> None:
        self.coil.with_switch = installed

    @command(":PSwitch:INSTalled?")
    def _switch_installed(self) -> str:
        return str(int(self.coil.with_switch))

    @command(":PSwitch", Boolean())
    def _heat(self, on: bool) -> None:
        if not self.coil.with_switch:
            raise AmiError(-107)
        if self.coil.quenched:
            raise AmiError(-302)
        if on != self.coil.heater:
            self._pause()
            self.recorded_a = self._magnet_a
            self.coil.set_heater(on)
            wait = self.state["heating_s" if on else "cooling_s"]
            self._switch_busy_until = self.coil.time + wait

    @command(":PSwitch?")
    def _heater(self) -> str:
        return str(int(self.coil.heater))

    @command(":PERSistent?")
    def _persistent(self) -> str:
        """Tell whether current flows behind a cold switch."""
        behind = not self.coil.driven and abs(self._magnet_a) > 1e-3 * self.state["limit"]
        return str(int(behind))

    # Quench

    @command(":QUench", Boolean())
    def _set_quench(self, quenched: bool) -> None:
        if quenched:
            self.coil.quench()
        else:
            self._pause()
            self.coil.acknowledge()

    @command(":QUench?")
    def _quench(self) -> str:
        return str(int(self.coil.quenched))

    @command(":QUench:COUNT?")
    def _quench_count(self) -> str:
        return str(self.coil.quenches)
