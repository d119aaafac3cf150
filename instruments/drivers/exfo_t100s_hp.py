"""QCoDeS driver of the EXFO (formerly Yenista) T100S-HP tunable laser.

Follows the T100S-HP Programming Guide, chapters 1.4 (format of messages) and 2, in its RS-232C
form: `MNEMONIC=VALUE` or `MNEMONIC?`, a carriage return, and an answer, `OK` to what is carried
out, that ends with carriage return and the prompt `> `. That is a serial port (`ASRL3::INSTR`, at
9600 baud), or one behind a serial device server, as raw socket. Public drivers confirm the
mnemonics used here. From memory: the words of error answers beyond that they contain ERROR, and
how a laser behaves whose key or interlock is open; both are met by reading back.
"""

import re
from typing import TYPE_CHECKING

from qcodes.validators import Bool, Numbers

from phonosync.instruments.drivers.prompted import PromptedInstrument
from phonosync.instruments.errors import InstrumentError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_OFF = 0.1  # relative deviation of the power that is no longer called levelled
_DISABLED = "DISABLED"


class ExfoT100SHP(PromptedInstrument):
    """The laser; connecting changes no light. A command is answered when it is carried out.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.105::4001::SOCKET` behind a device server.
        power_max: highest power of this laser, W; it does not tell it.
    """

    default_timeout = 60.0  # it answers when its motor has arrived
    line_end = "\r"

    def __init__(
        self,
        name: str,
        address: str,
        power_max: float = 20e-3,
        **kwargs: "Unpack[VisaInstrumentKWArgs]",
    ):
        super().__init__(name, address, **kwargs)
        self._asked_w: float | None = None
        self.output = self.add_parameter(
            "output",
            get_cmd=self._get_output,
            set_cmd=self._set_output,
            vals=Bool(),
            docstring="Whether the optical output is enabled.",
        )
        self.power = self.add_parameter(
            "power",
            unit="W",
            get_cmd=lambda: self._get_power() if self._asked_w is None else self._asked_w,
            set_cmd=self._set_power,
            vals=Numbers(0.2e-3, power_max),
            docstring="Power that was asked for, in steps of 10 uW; the laser itself tells only "
            "what it gives, which is told here until a power is set.",
        )
        self.actual_power = self._reading(
            "actual_power", self._get_power, "Power at the output; 0 when it is disabled.", unit="W"
        )
        self.wavelength_min = self._reading(
            "wavelength_min",
            lambda: self._number("L? MIN") * 1e-9,
            "Shortest wavelength.",
            unit="m",
        )
        self.wavelength_max = self._reading(
            "wavelength_max",
            lambda: self._number("L? MAX") * 1e-9,
            "Longest wavelength.",
            unit="m",
        )
        self.wavelength = self.add_parameter(
            "wavelength",
            unit="m",
            get_cmd=lambda: self._number("L?") * 1e-9,
            set_cmd=lambda metres: self.write_checked(f"L={metres / 1e-9:.3f}"),
            vals=Numbers(self.wavelength_min(), self.wavelength_max()),
            docstring="Vacuum wavelength in steps of 1 pm.",
        )
        self.motor_speed = self.add_parameter(
            "motor_speed",
            unit="m/s",
            get_cmd=lambda: self._number("MOTOR_SPEED?") * 1e-9,
            set_cmd=lambda speed: self.write_checked(f"MOTOR_SPEED={speed / 1e-9:.0f}"),
            vals=Numbers(1e-9, 100e-9),
            docstring="Speed of tuning, 1 to 100 nm/s; the laser takes its nearest step.",
        )
        self.obstacles = self._reading(
            "obstacles", lambda: (), "What keeps the light in; this laser names nothing."
        )
        self.faults = self._reading(
            "faults", self._get_faults, "Why the light is not what was asked for."
        )
        self.settled = self._reading(
            "settled", lambda: True, "Power and wavelength have arrived: it answers only then."
        )
        self.connect_message()

    def on(self) -> None:
        """Enable the optical output."""
        self.output(True)

    def off(self) -> None:
        """Disable the optical output."""
        self.output(False)

    def coherence_control(self, on: bool) -> None:
        """Broaden the line on purpose, or not; the laser does not tell which."""
        self.write_checked("CTRLON" if on else "CTRLOFF")

    def active_cavity_control(self, on: bool) -> None:
        """Keep the laser from hopping between modes, or not; it does not tell which."""
        self.write_checked("ACTCTRLON" if on else "ACTCTRLOFF")

    def write_checked(self, command: str) -> None:
        """Send a command and read its acknowledgement.

        Raises:
            InstrumentError: the laser does not say OK.
        """
        answer = self.ask(command)
        if answer != "OK":
            raise InstrumentError(
                f"{self.full_name} refused {command!r}: {answer}. Choose a value inside its range, "
                "and see that its RS-232C remote mode is active."
            )

    def _get_output(self) -> bool:
        answer = self.ask("P?")
        return answer != _DISABLED and _number_in(answer) is not None

    def _set_output(self, on: bool) -> None:
        self.write_checked("ENABLE" if on else "DISABLE")
        if on and not self.output():
            raise InstrumentError(
                f"{self.full_name} stays dark after 'ENABLE'. Turn its key on, close its interlock."
            )

    def _set_power(self, watts: float) -> None:
        # The unit can be changed on the front panel at any time.
        self.write_checked("MW")
        self.write_checked(f"P={watts / 1e-3:.2f}")
        self._asked_w = watts

    def _get_power(self) -> float:
        answer = self.ask("P?")
        if answer == _DISABLED:
            return 0.0
        value = _number_in(answer)
        in_dbm = "+" in answer or "-" in answer  # only then it writes a sign
        return 1e-3 * 10 ** (value / 10) if in_dbm else 1e-3 * value

    def _get_faults(self) -> tuple[str, ...]:
        given = self._get_power()
        if self._asked_w is None or abs(given - self._asked_w) <= _OFF * self._asked_w:
            return ()
        return (f"it gives {given:.3g} W; ask for what it can give at this wavelength",)

    def _number(self, query: str) -> float:
        return _number_in(self.ask(query))


def _number_in(answer: str) -> float:
    """Take the number out of an answer.

    >>> _number_in("L=1550.000"), _number_in("P=-3.01")
    (1550.0, -3.01)

    Raises:
        ValueError: there is none.
    """
    match = re.fullmatch(r"(?:\w+=)?([+-]?\d+(?:\.\d+)?)", answer.strip())
    if match is None:
        raise ValueError(f"{answer!r} holds no number")
    return float(match[1])
