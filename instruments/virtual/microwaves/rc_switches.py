"""Twins of Mini-Circuits RC-series boxes of microwave switches, SPDT and SP4T.

Grammar: Mini-Circuits Portable Test Equipment Programming Manual, chapter 2 (RF switch matrices),
Ethernet control by telnet on port 23, as far as QCoDeS' drivers use it: SETx=0 or 1 (SPDT), SETP=,
SWPORT?, MN?, SN?, FIRMWARE?; what is carried out is answered by 1. A state of an SP4T with two
positions at once is not taken, as QCoDeS' driver says. From memory: the line that greets, the ends
of lines, the time of switching, that it is answered by 0, what an SP4T answers to SETx=, and the
answer to what it does not understand.
"""

import re
from typing import ClassVar

from phonosync.instruments.switches.microwave import MicrowaveWiring
from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi.delay import delay
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument

SWITCHING_S = 0.025
_LETTERS = "ABCDEFGH"


class RcSpdt(ScpiInstrument):
    """A box of switches with two positions: one bit each in the state of the box.

    No SCPI, but the lock, the background and the server of such instruments.

    Args:
        bench: told the direction whenever a switch has moved.
        speed_up: how many times faster than the real one it switches.
        switches: how many there are, 1 to 8.
        wiring: which switch is joined to source and detector.
    """

    greeting = b"\r\n"
    reply_terminator = b"\r\n"
    kind = "SPDT"
    positions: ClassVar = {0: 1, 1: 2}  # bits of one switch -> its position
    width = 1

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
        self.model, self.serial = f"RC-{switches}{self.kind}-A18", "11703020018"
        self._switches, self._bits, self._stuck = switches, 0, False
        self._tell_bench()

    def stick(self) -> None:
        """Let no switch move any more; commands are taken as before."""
        self._stuck = True

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
            if self.width == 1 and (found := re.fullmatch(r"SET([A-H])=([01])", text)):
                number = _LETTERS.index(found[1])
                return self._move(self._bits & ~(1 << number) | int(found[2]) << number, number)
            if found := re.fullmatch(r"SETP=(\d+)", text):
                bits = int(found[1])
                return self._move(bits, max(bits.bit_length() - 1, 0) // self.width)
        return f"-99 Unrecognized Command. Model={self.model} SN={self.serial}".encode()

    def _own(self, number: int, bits: int) -> int:
        """Bits of one switch in the state of the box."""
        return bits >> self.width * number & (1 << self.width) - 1

    def _move(self, bits: int, highest: int) -> bytes:
        """Bring all switches into position; tell 1, or 0 when there is no such switch or place."""
        if highest >= self._switches or any(
            self._own(number, bits) not in self.positions for number in range(self._switches)
        ):
            return b"0"
        self.begin(delay(SWITCHING_S, self._speed_up), lambda _: None)
        self.wait_until_idle()
        if not self._stuck:
            self._bits = bits
            self._tell_bench()
        return b"1"

    def _tell_bench(self) -> None:
        places = {
            letter: self.positions[self._own(number, self._bits)]
            for number, letter in enumerate(_LETTERS[: self._switches])
        }
        self._bench.set_detector(joined=places.get(self._wiring.detector) in (1, 2))
        self._bench.set_direction(self._wiring.direction(places))


class RcSp4t(RcSpdt):
    """A box of one or two switches with four positions: four bits each, one of them or none set."""

    kind = "SP4T"
    positions: ClassVar = {0: 0, 1: 1, 2: 2, 4: 3, 8: 4}
    width = 4
