"""QCoDeS driver of Mini-Circuits RC-xSPDT boxes of microwave switches.

Follows the Mini-Circuits Portable Test Equipment Programming Manual, chapter 2 (RF switch
matrices), Ethernet control by telnet on port 23. QCoDeS' own driver of these boxes shares a package
with one for USB that cannot be imported without pythonnet, takes no VISA address, and does not look
at what the box answers to a command. From memory: that the greeting is a blank line; blank lines
are skipped wherever they come.
"""

import re
from typing import TYPE_CHECKING

from qcodes.instrument import VisaInstrument
from qcodes.validators import Ints

from phonosync.instruments.errors import InstrumentError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_LETTERS = "ABCDEFGH"


class MiniCircuitsRC(VisaInstrument):
    """The box; connecting moves no switch. Parameters: switch_a, switch_b, ... as many as it has.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.106::23::SOCKET`.

    Raises:
        InstrumentError: the instrument is no RC-xSPDT.
    """

    default_terminator = "\n"

    def __init__(self, name: str, address: str, **kwargs: "Unpack[VisaInstrumentKWArgs]"):
        super().__init__(name, address, **kwargs)
        self._model = self.ask("MN?").removeprefix("MN=")
        match = re.match(r"RC-(\d)SPDT", self._model)
        if match is None:
            raise InstrumentError(
                f"{self.full_name} says that it is {self._model!r}, no RC-xSPDT switch. Check the "
                "address, or use another driver."
            )
        self.letters = _LETTERS[: int(match[1])]
        for number, letter in enumerate(self.letters):
            self.add_parameter(
                f"switch_{letter.lower()}",
                get_cmd=lambda number=number: 1 + (int(self.ask("SWPORT?")) >> number & 1),
                set_cmd=lambda position, letter=letter: self._set(letter, position),
                vals=Ints(1, 2),
                docstring=f"Port that the common port of switch {letter} is joined to, 1 or 2.",
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

    def _set(self, letter: str, position: int) -> None:
        command = f"SET{letter}={position - 1}"
        answer = self.ask(command)
        if answer != "1":
            raise InstrumentError(
                f"{self.full_name} refused {command!r}: {answer}. Check its 24 V supply."
            )
