"""Put one seeded fault on an instrument's wire and see what the experiment would have made of it.

Every trial opens one virtual instrument as a rig, lets it play its role through, strikes once, and
then asks: did anything hang, was a wrong number taken for data, does the message name instrument
and command, does the same dialogue work afterwards, and is all that shines dark at the end?
"""

from __future__ import annotations

import re
import threading
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from phonosync.experiments.faults.jobs import IMPATIENT, JOBS, StillBench
from phonosync.experiments.rig.file import RigFile, Role
from phonosync.experiments.rig.rig import open_rig
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.instruments.virtual.faults import AILMENTS, Fault, Faults, Kind, can_suffer
from phonosync.instruments.virtual.lab import VirtualLab, station
from phonosync.theory.checked_file import check
from phonosync.theory.errors import PhonosyncError

SPEED_UP = 1e4
PATIENCE_S = 30.0  # much longer than a dialogue with every answer late


class Outcome(StrEnum):
    """What a fault led to."""

    UNHARMED = "right data all the same"
    TOLD = "an error that names instrument and command"
    NOT_STRUCK = "the fault found no occasion"
    HUNG = "HUNG"
    WRONG = "WRONG DATA"
    FOREIGN = "FOREIGN ERROR"
    NAMELESS = "ERROR WITHOUT A NAME"
    AFTERWARDS = "WRONG DATA AFTERWARDS"
    LIT = "LEFT LIT IN SILENCE"

    @property
    def bad(self) -> bool:
        """Whether this must never happen."""
        return self.value.isupper()


@dataclass(frozen=True)
class Trial:
    """One trial.

    Attributes:
        fault: what struck, None if nothing did.
        said: the error's message.
    """

    role: str
    model: str
    seed: int
    outcome: Outcome
    fault: Fault | None
    said: str
    duration_s: float


class Stage:
    """One model of instrument, its healthy answers known.

    Args:
        role, model: as in `catalogue.MODELS`.
        timeout_s: of the connection; a late answer is twice as late, s.

    Attributes:
        healthy: what the role gives without faults.
        opening, messages: how many messages its opening takes, and all of it.
    """

    def __init__(self, role: Role, model: str, *, timeout_s: float = 0.5):
        self.role, self.model, self.timeout_s = role, model, timeout_s
        counting = Faults()
        self.opening = 0
        self.healthy = self._play(counting, timeout_s=10.0)
        self.messages = counting.heard

    def try_fault(self, seed: int) -> Trial:
        """Let one fault strike at one message, both by chance."""
        random = np.random.default_rng([seed, zlib.crc32(f"{self.role} {self.model}".encode())])
        twin = next(iter(MODELS[self.role][self.model].build(StillBench(), SPEED_UP).values()))
        kinds = [kind for kind in Kind if can_suffer(twin, kind)]
        twin.close()
        kind = kinds[random.integers(len(kinds))]
        # Opening takes most of the messages; three faults in four strike later.
        first, last = (self.opening, self.messages)
        if random.random() < 0.25:
            first, last = 0, self.opening
        at = int(random.integers(first, last)) + 1
        faults = Faults(int(random.integers(2**31)), plan={at: kind}, lateness_s=2 * self.timeout_s)
        watch: list[Any] = []
        thread = threading.Thread(
            target=lambda: watch.append(self.judge(faults)), name="trial", daemon=True
        )
        started = time.monotonic()
        thread.start()
        thread.join(PATIENCE_S)
        outcome, said = watch[0] if watch else (Outcome.HUNG, "")
        struck = faults.happened[0] if faults.happened else None
        if struck is None and not outcome.bad:
            outcome = Outcome.NOT_STRUCK
        taken_s = time.monotonic() - started
        return Trial(self.role, self.model, seed, outcome, struck, said, taken_s)

    def judge(self, faults: Faults) -> tuple[Outcome, str]:
        """Play the role through under faults; what came of it, and what was said."""
        afterwards: list[Any] = []
        said = ""
        bench = StillBench()
        try:
            results = self._play(faults, bench=bench, afterwards=afterwards)
            honest = same(results, self.healthy) or admits(results, faults.happened)
            outcome = Outcome.UNHARMED if honest else Outcome.WRONG
            if outcome is Outcome.WRONG:
                said = f"{results} instead of {self.healthy}"
        except PhonosyncError as error:
            said = str(error)
            named = self.role in said and names_a_command(said, faults.happened)
            outcome = Outcome.TOLD if named else Outcome.NAMELESS
        except LitError as error:
            outcome, said = Outcome.LIT, str(error)
        except Exception as error:
            outcome, said = Outcome.FOREIGN, f"{type(error).__name__}: {error}"
        if not outcome.bad and afterwards and not same(afterwards[0], self.healthy):
            return Outcome.AFTERWARDS, f"{afterwards[0]} instead of {self.healthy} after: {said}"
        return outcome, said

    def _play(
        self,
        faults: Faults,
        *,
        timeout_s: float | None = None,
        bench: StillBench | None = None,
        afterwards: list[Any] | None = None,
    ) -> list[Any]:
        """Open the rig and do the role's job.

        A job that fails is done again: what it gives then goes into `afterwards`.

        Raises:
            LitError: light is on at the end and nobody says so.
        """
        bench = bench or StillBench()
        with VirtualLab(bench, [self.role], {self.role: self.model}, speed_up=SPEED_UP) as lab:
            for server in lab.servers.values():
                server.answer = faults.answer
            content = station(lab.addresses, lab.models)
            entry = content["instruments"][self.role]
            entry["init"]["timeout"] = timeout_s or self.timeout_s
            entry["adapter"] = {
                **lab.adapters.get(self.role, {}),
                **IMPATIENT.get(self.role, {}),
            }
            job, rig = JOBS[self.role], None
            try:
                with open_rig(check(content, RigFile, "trial")) as rig:
                    self.opening = self.opening or faults.heard
                    try:
                        return list(job(rig))
                    except PhonosyncError:
                        if afterwards is not None:
                            with suppress(PhonosyncError):  # an error again is honest
                                afterwards.append(list(job(rig)))
                        raise
            finally:
                if rig is not None and bench.lit and not rig.left_unsafe:
                    raise LitError(f"{self.role} still shines and nobody says so.")


class LitError(Exception):
    """Light or microwaves stay on in silence."""


def names_a_command(said: str, happened: list[Fault]) -> bool:
    """Whether a message names a command, a parameter or what ails the instrument."""
    if (happened and happened[0].kind in AILMENTS) or "is not there" in said:
        return True
    text = re.sub(r"TCPIP0::[\w.:]+", "", said)
    return re.search(r"[*:][A-Za-z]\w+|\w\?|\w ?= ?|[A-Z]{3,}|refused '|_\w+ to ", text) is not None


def admits(results: list[Any], happened: list[Fault]) -> bool:
    """Whether readings say themselves that a laser went dark or a coil has quenched."""
    if not happened:
        return False
    if happened[0].kind is Kind.DARKEN:
        return results[0]["on"] is False and results[0]["power_w"] == 0.0
    return happened[0].kind is Kind.QUENCH and results[-1] is True


def same(found: Any, expected: Any) -> bool:
    """Whether two results agree to the accuracy of numbers on a wire."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            same(found[key], expected[key]) for key in expected
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, str | bool | type(None)):
        return found == expected
    return np.shape(found) == np.shape(expected) and bool(
        np.allclose(found, expected, rtol=1e-6, atol=0)
    )
