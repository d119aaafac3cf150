"""QCoDeS driver of Mini-Circuits RC-xSPDT and RC-xSP4T boxes of microwave switches.

Follows the Mini-Circuits Portable Test Equipment Programming Manual, chapter 2 (RF switch
matrices), Ethernet control by telnet on port 23: SETx=0 or 1 for a switch of two positions, SETP=
for the whole box, and SWPORT?, which tells one bit a position. A switch of two positions has one
bit, one of four positions has four, of which one is set, or none when it is open. QCoDeS' own
drivers of these boxes (which agree on that) share a package with one for USB that cannot be
imported without pythonnet, take no VISA address, and do not look at what the box answers to a
command. From memory: that the greeting is a blank line; blank lines are skipped wherever they come.
"""

import re
from functools import partial
from typing import TYPE_CHECKING

from qcodes.instrument import VisaInstrument
from qcodes.validators import Ints

from phonosync.instruments.errors import InstrumentError, NonsenseError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_LETTERS = "ABCDEFGH"
_OPEN = 0  # position of an SP4T whose common port is joined to nothing


class MiniCircuitsRC(VisaInstrument):
    """The box; connecting moves no switch. Parameters: switch_a, switch_b, ... as many as it has.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.106::23::SOCKET`.

    Raises:
        InstrumentError: the instrument is neither RC-xSPDT nor RC-xSP4T.
    """

    default_terminator = "\n"

    def __init__(self, name: str, address: str, **kwargs: "Unpack[VisaInstrumentKWArgs]"):
        super().__init__(name, address, **kwargs)
        self._model = self.ask("MN?").removeprefix("MN=")
        match = re.match(r"RC-(\d)SP(DT|4T)", self._model)
        if match is None:
            raise InstrumentError(
                f"{self.full_name} says that it is {self._model!r}, no RC-xSPDT or RC-xSP4T "
                "switch. Check the address, or use another driver."
            )
        self.letters = _LETTERS[: int(match[1])]
        two = match[2] == "DT"
        for number, letter in enumerate(self.letters):
            self.add_parameter(
                f"switch_{letter.lower()}",
                get_cmd=partial(self._get_two if two else self._get_four, number),
                set_cmd=partial(self._set_two if two else self._set_four, number),
                vals=Ints(1, 2) if two else Ints(_OPEN, 4),
                docstring=f"Port that the common port of switch {letter} is joined to, "
                + ("1 or 2." if two else "1 to 4; 0 for none."),
            )
        self.connect_message()

    def get_idn(self) -> dict[str, str | None]:
        """Tell vendor, model, serial number and firmware."""
        return {
            "vendor": "Mini-Circuits",
            "model": self._model,
            "serial": self.ask("SN?").removeprefix("SN="),
            "firmware": self.ask("FIRMWARE?").removeprefix("FIRMWARE="),
        }

    def ask_raw(self, cmd: str) -> str:
        """Send a line and read the next one that is not blank."""
        self.visa_handle.write(cmd)
        while not (answer := self.visa_handle.read().strip()):
            pass
        return answer

    def _get_two(self, number: int) -> int:
        return 1 + (int(self.ask("SWPORT?")) >> number & 1)

    def _set_two(self, number: int, position: int) -> None:
        self._command(f"SET{self.letters[number]}={position - 1}")

    def _get_four(self, number: int) -> int:
        nibble = int(self.ask("SWPORT?")) >> 4 * number & 0xF
        if nibble.bit_count() > 1:
            raise NonsenseError(
                f"{self.full_name} answered SWPORT? by {nibble:04b} for switch "
                f"{self.letters[number]}, which is no position. Check its cable, then read again."
            )
        return nibble.bit_length()

    def _set_four(self, number: int, position: int) -> None:
        others = int(self.ask("SWPORT?")) & ~(0xF << 4 * number)
        own = 0 if position == _OPEN else 1 << position - 1
        self._command(f"SETP={others | own << 4 * number}")

    def _command(self, command: str) -> None:
        answer = self.ask(command)
        if answer != "1":
            raise InstrumentError(
                f"{self.full_name} refused {command!r}: {answer}. Check its 24 V supply."
            )
