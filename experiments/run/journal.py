"""The journal of a run: one line of JSON an event, on disk before anything else happens."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

from phonosync.theory.errors import InputError

JOURNAL = "journal.jsonl"
FORMAT = "phonosync run 1"
ENDINGS = ("complete", "interrupted", "failed")


class Journal:
    """Append-only; every event is written and synced before `append` returns.

    A line that a power cut has torn is cut off when the journal is opened again: what it told of
    had not happened.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path):
        path = folder / JOURNAL
        self._file: IO[bytes] = path.open("ab+")
        self._file.seek(0)
        whole = len(_sound(self._file.read()))
        self._file.truncate(whole)
        self._file.seek(whole)

    def append(self, event: str, **values: Any) -> None:
        """Write an event; it is on disk when this returns."""
        line = json.dumps({"event": event, **values}, ensure_ascii=False, allow_nan=False)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Finished:
    """A point that is on disk, or missing.

    Attributes:
        session: which session of the run took it, from 0.
        rows: variable -> row of its array in the session's QCoDeS table.
        values: read back with it.
        missing: why there are no data; "" where there are.
    """

    session: int
    rows: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""


@dataclass
class History:
    """What a journal tells.

    Attributes:
        header: plan, rig, seed, who and when, as `provenance.header` wrote it.
        sessions: one a process that measured: its QCoDeS guid, versions, when it began.
        points: number -> finished point.
        traces: variable -> coordinates and attributes of its arrays.
        status: planned, running (by its own words), complete, interrupted or failed.
        why: what the status was accompanied by.
        ended_early: why the run ended before its plan, by its own rule.
    """

    header: dict[str, Any]
    sessions: list[dict[str, Any]] = field(default_factory=list)
    points: dict[int, Finished] = field(default_factory=dict)
    traces: dict[str, dict[str, Any]] = field(default_factory=dict)
    status: str = "planned"
    why: str = ""
    ended_early: str = ""
    changed_at: float = 0.0


def read_history(folder: Path) -> History:
    """Read a run's journal.

    Raises:
        InputError: no journal, or one that is damaged.
    """
    path = folder / JOURNAL
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{folder} holds no run of phonosync (no {JOURNAL}: {error.strerror}); 'phonosync "
            "runs' lists them."
        ) from error
    events = _events(path, _sound(content))
    header = next(events, {})
    if header.pop("event", None) != "run" or header.get("format") != FORMAT:
        raise InputError(f"{path} is no journal of a run ({FORMAT}); give the folder of a run.")
    history = History(header, changed_at=header["created_at"])
    for event in events:
        _take(history, event)
    return history


def _take(history: History, event: dict[str, Any]) -> None:
    kind = event.pop("event")
    history.changed_at = event.get("at", history.changed_at)
    if kind == "session":
        history.sessions.append(event)
        history.status, history.why = "running", ""
    elif kind == "trace":
        history.traces[event.pop("variable")] = event
    elif kind in ("point", "missing"):
        number = event.pop("number")
        event.pop("at", None)
        # Points share their names, or 100 000 of them would keep a copy each.
        for what in ("rows", "values"):
            event[what] = {sys.intern(name): v for name, v in event.get(what, {}).items()}
        history.points[number] = Finished(**event)
    elif kind == "ended_early":
        history.ended_early = event["why"]
    elif kind == "end":
        history.status, history.why = event["status"], event["why"]


def _sound(content: bytes) -> bytes:
    """All but a last line that a power cut has torn or left full of nothing."""
    whole = content[: content.rfind(b"\n") + 1]
    last = whole[whole.rfind(b"\n", 0, -1) + 1 :]
    return whole if _event(last) is not None else whole[: len(whole) - len(last)]


def _event(line: bytes) -> dict[str, Any] | None:
    with suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict) and "event" in event:
            return event
    return None


def _events(path: Path, content: bytes) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(io.BytesIO(content), start=1):
        event = _event(line)
        if event is None:
            raise InputError(
                f"{path}, line {number} is damaged; the run cannot be read further. Restore the "
                "folder from a copy, or measure it again."
            )
        yield event
