"""Where QCoDeS keeps the arrays of a run, and which of them a failing disk has lost."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from phonosync.experiments.run.journal import History

_LOG = logging.getLogger(__name__)


def discard_unused(database: Path, history: History) -> None:
    """Delete a database in which no session has begun.

    QCoDeS makes one in many steps, each committed alone; what a process leaves that is killed
    between them QCoDeS itself can no longer open.
    """
    if not history.sessions:
        for end in ("", "-wal", "-shm"):
            database.with_name(database.name + end).unlink(missing_ok=True)


def tables(database: Path, history: History) -> list[str]:
    """QCoDeS's table of every session; "" for one that the database does not know."""
    if not history.sessions:
        return []
    with closing(sqlite3.connect(database)) as connection:
        return _tables(connection, history)


def forget_lost(database: Path, history: History) -> None:
    """Take points out of a history whose arrays the database no longer holds.

    Each was on disk before its line was written. A disk that only said so, or a folder that was
    copied while a run went on, may have the journal without the end of the database; such points
    are measured again.
    """
    if not history.points:
        return
    with closing(sqlite3.connect(database)) as connection:
        last = [_last_row(connection, table) for table in _tables(connection, history)]
    lost = [
        number
        for number, point in history.points.items()
        if max(point.rows.values(), default=0) > last[point.session]
    ]
    for number in lost:
        del history.points[number]
    if lost:
        _LOG.warning(
            "%s no longer holds %d points of the journal; they count as not measured.",
            database,
            len(lost),
        )


def snapshot(database: Path, guid: str) -> str:
    """QCoDeS's snapshot of every instrument when a session began; "" where there is none."""
    if not database.exists():
        return ""
    with closing(sqlite3.connect(database)) as connection:
        return _of_runs(connection, "snapshot").get(guid) or ""


def _tables(connection: sqlite3.Connection, history: History) -> list[str]:
    known = _of_runs(connection, "result_table_name")
    return [known.get(session["guid"]) or "" for session in history.sessions]


def _of_runs(connection: sqlite3.Connection, column: str) -> dict[str, str | None]:
    """A column of QCoDeS's table of runs by their guid."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone():
        return {}
    return dict(connection.execute(f"SELECT guid, {column} FROM runs").fetchall())


def _last_row(connection: sqlite3.Connection, table: str) -> int:
    if not table:
        return 0
    return connection.execute(f'SELECT coalesce(max(id), 0) FROM "{table}"').fetchone()[0]
