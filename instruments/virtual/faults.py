"""Faults on the wire and in the instruments, by chance or by plan, the same for the same seed.

A wire that changes one digit into another, or ends a number early and yet with its terminator,
tells a lie that no reader of a single reply can notice; TCP's and USB's checksums keep such lies
away, and they are not among the faults.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument
from phonosync.instruments.virtual.scpi.server import DroppedError, answer
from phonosync.instruments.virtual.scpi.status import QUEUE_DEPTH
from phonosync.instruments.virtual.scpi.syntax import ScpiError

DAMAGED_BYTES = 16  # in a row: at least one whole number of a binary block
WORD, NOT_A_NUMBER = b"READY", b"9.91E+37"  # the latter is SCPI-99's, volume 1, 7.2.1.5


class Kind(StrEnum):
    """What can go wrong."""

    DROP = "drop the connection"
    LATE = "answer late"
    TRUNCATE = "truncate a reply"
    GARBLE = "garble a reply"
    WRONG_TYPE = "answer with the wrong type"
    FULL_QUEUE = "fill the error queue"
    REFUSE = "refuse a command"
    LOSE_LOCK = "lose lock"
    QUENCH = "quench"
    DARKEN = "unlock the laser"
    STICK = "stick"


OF_REPLIES = (Kind.LATE, Kind.TRUNCATE, Kind.GARBLE, Kind.WRONG_TYPE)
# what a virtual instrument must be able to do in order to suffer from it
AILMENTS = {
    Kind.LOSE_LOCK: "lose_lock",
    Kind.QUENCH: "quench",
    Kind.DARKEN: "open_interlock",
    Kind.STICK: "stick",
}


@dataclass(frozen=True)
class Fault:
    """One fault that has struck: at which message, counted from 1."""

    number: int
    kind: Kind
    message: str


class Faults:
    """Disturbs one server: `server.answer = Faults(seed, rate=0.01).answer`.

    A fault of a reply waits for the next message that is answered, a refusal for the next one that
    is not a query; a kind from which an instrument cannot suffer never strikes it.

    Args:
        seed: of all chance.
        rate: probability that a message meets a fault.
        kinds: those that chance chooses from.
        plan: message, counted from 1 -> what strikes it, beside what chance adds.
        lateness_s: how late a late reply is, s.

    Attributes:
        heard: how many messages have come.
        happened: the faults that have struck.
    """

    def __init__(
        self,
        seed: int | None = None,
        *,
        rate: float = 0.0,
        kinds: Iterable[Kind] = tuple(Kind),
        plan: Mapping[int, Kind] | None = None,
        lateness_s: float = 10.0,
    ):
        self.happened: list[Fault] = []
        self._random = np.random.default_rng(seed)
        self._rate, self._kinds, self._plan = rate, tuple(kinds), dict(plan or {})
        self._lateness_s = lateness_s
        self.heard = 0
        self._due: list[Kind] = []
        self._lock = threading.Lock()

    def answer(self, instrument: ScpiInstrument, message: str) -> bytes | None:
        """Answer as the instrument does, but for the fault that strikes this message.

        Raises:
            DroppedError: the connection is to end.
        """
        with self._lock:
            self.heard += 1
            self._due += self._fresh(instrument)
            before = self._take(message, is_command=instrument.is_command(message))
        if before is not None and before in AILMENTS:
            with instrument.lock:
                getattr(instrument, AILMENTS[before])()
        elif before is Kind.FULL_QUEUE:
            for _ in range(QUEUE_DEPTH + 1):
                instrument.push(ScpiError(-300, "one of many"))
        elif before is Kind.REFUSE:
            refusal = instrument.refuse(message)
            return None if refusal is None else refusal + instrument.reply_terminator
        elif before is Kind.DROP and self._random.random() < 0.5:
            raise DroppedError
        reply = answer(instrument, message)
        if before is Kind.DROP:
            raise DroppedError(self._beginning(reply) if reply else b"")
        with self._lock:
            after = self._take(message, is_reply=True) if reply else None
        if after is Kind.LATE:
            time.sleep(self._lateness_s)
        end = instrument.reply_terminator
        if reply and after is Kind.TRUNCATE:
            return self._beginning(reply)
        if reply and after is Kind.GARBLE:
            return self._garbled(reply.removesuffix(end)) + end
        if reply and after is Kind.WRONG_TYPE:
            return self._other_type(reply.removesuffix(end)) + end
        return reply

    # Which fault strikes

    def _fresh(self, instrument: ScpiInstrument) -> list[Kind]:
        chosen = [self._plan[self.heard]] if self.heard in self._plan else []
        if self._rate and self._random.random() < self._rate:
            chosen.append(self._kinds[self._random.integers(len(self._kinds))])
        return [kind for kind in chosen if can_suffer(instrument, kind)]

    def _take(
        self, message: str, *, is_command: bool = False, is_reply: bool = False
    ) -> Kind | None:
        """Take the oldest fault that can strike now out of those that are due."""
        for kind in self._due:
            waits_for_reply = kind in OF_REPLIES
            if waits_for_reply == is_reply and (is_command or kind is not Kind.REFUSE):
                self._due.remove(kind)
                self.happened.append(Fault(self.heard, kind, message))
                return kind
        return None

    # What becomes of a reply

    def _beginning(self, reply: bytes) -> bytes:
        return reply[: self._random.integers(len(reply))]

    def _garbled(self, reply: bytes) -> bytes:
        """Damage some bytes in a row, or let some of a block get lost."""
        if reply.startswith(b"#") and self._random.random() < 0.5:
            lost = int(self._random.integers(1, DAMAGED_BYTES))
            at = int(self._random.integers(len(reply)))
            return reply[:at] + reply[at + lost :]
        at = int(self._random.integers(max(len(reply) - DAMAGED_BYTES, 0) + 1))
        hit = reply[at : at + DAMAGED_BYTES]
        return reply[:at] + b"\xff" * max(len(hit), 1) + reply[at + len(hit) :]

    def _other_type(self, reply: bytes) -> bytes:
        """Put a word in place of a number, a number in place of everything else."""
        try:
            float(reply.split(b",")[0])
        except ValueError:
            return NOT_A_NUMBER
        return (WORD, NOT_A_NUMBER, b"")[self._random.integers(3)]


def can_suffer(instrument: ScpiInstrument, kind: Kind) -> bool:
    """Tell whether a kind of fault can befall this instrument."""
    return kind not in AILMENTS or callable(getattr(instrument, AILMENTS[kind], None))


def listening(heard: list[str]) -> Callable[[ScpiInstrument, str], bytes | None]:
    """Make an `answer` that also writes down every message it hears."""

    def listen(instrument: ScpiInstrument, message: str) -> bytes | None:
        heard.append(message)
        return answer(instrument, message)

    return listen
