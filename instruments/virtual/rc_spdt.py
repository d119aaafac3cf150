"""Twin of a Mini-Circuits RC-series box of SPDT microwave switches.

Grammar: Mini-Circuits Portable Test Equipment Programming Manual, chapter 2 (RF switch matrices),
Ethernet control by telnet on port 23, as far as QCoDeS' driver uses it: SETx=0 or 1, SETP=,
SWPORT?, MN?, SN?, FIRMWARE?; what is carried out is answered by 1. From memory: the line that
greets, the ends of lines, the time of switching, and the answer to what it does not understand.
"""

import re

from phonosync.instruments.rf_switch import MicrowaveWiring
from phonosync.instruments.virtual.delay import delay
from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi import ScpiInstrument

SWITCHING_S = 0.025
_LETTERS = "ABCDEFGH"


class RcSpdt(ScpiInstrument):
    """The box: no SCPI, but the lock, the background and the server of such instruments.

    Args:
        bench: told the direction whenever a switch has moved.
        speed_up: how many times faster than the real one it switches.
        switches: how many there are, 1 to 8.
        wiring: which switch is joined to source and detector.
    """

    greeting = b"\r\n"
    reply_terminator = b"\r\n"

    def __init__(
        self,
        bench: Bench,
        *,
        speed_up: float = 1.0,
        switches: int = 2,
        wiring: MicrowaveWiring | None = None,
    ):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self._wiring = wiring or MicrowaveWiring()
        self.model, self.serial = f"RC-{switches}SPDT-A18", "11703020018"
        self._switches, self._bits, self._stuck = switches, 0, False
        self._tell_bench()

    def stick(self) -> None:
        """Let no switch move any more; commands are taken as before."""
        self._stuck = True

    def _tell_bench(self, _: None = None) -> None:
        positions = {
            letter: 1 + (self._bits >> number & 1)
            for number, letter in enumerate(_LETTERS[: self._switches])
        }
        self._bench.set_direction(self._wiring.direction(positions))

    def refuse(self, message: str) -> bytes:
        """Leave a command undone and say so."""
        return b"0"

    def execute(self, message: str) -> bytes:
        """Answer one line."""
        text = message.upper()
        answers = {
            "MN?": f"MN={self.model}",
            "SN?": f"SN={self.serial}",
            "FIRMWARE?": "C8",
            "SWPORT?": str(self._bits),
        }
        with self.lock:
            if text in answers:
                return answers[text].encode()
            if found := re.fullmatch(r"SET([A-H])=([01])", text):
                number = _LETTERS.index(found[1])
                return self._move(self._bits & ~(1 << number) | int(found[2]) << number, number)
            if found := re.fullmatch(r"SETP=(\d+)", text):
                bits = int(found[1])
                return self._move(bits, max(bits.bit_length() - 1, 0))
        return f"-99 Unrecognized Command. Model={self.model} SN={self.serial}".encode()

    def _move(self, bits: int, highest: int) -> bytes:
        """Bring all switches into position; tell 1, or 0 when there is no such switch."""
        if highest >= self._switches:
            return b"0"
        self.begin(delay(SWITCHING_S, self._speed_up), lambda _: None)
        self.wait_until_idle()
        if not self._stuck:
            self._bits = bits
            self._tell_bench()
        return b"1"
