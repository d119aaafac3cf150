"""The folder of a run: made, found by id or path, listed, and held by one process at a time."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from phonosync.experiments.run.journal import JOURNAL, History, read_history
from phonosync.theory.errors import InputError

_LOG = logging.getLogger(__name__)
RUNS = Path("runs")
DATA, DATABASE, LOG = "data.nc", "run.db", "log.txt"
_LOCK = "run.lock"
STATUSES = ("planned", "running", "complete", "interrupted", "failed", "killed")


@dataclass(frozen=True)
class Run:
    """A run on disk.

    Attributes:
        folder: of its files.
        history: what its journal tells.
        status: one of `STATUSES`: killed is a run that was measured by a process that is gone.
    """

    folder: Path
    history: History
    status: str

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.history.header["id"])


def new_id() -> str:
    """An id for a run."""
    return secrets.token_hex(3)


def new_folder(name: str, run_id: str, out: Path | None) -> Path:
    """Make the folder of a new run.

    Raises:
        InputError: it holds a run already, or cannot be made.
    """
    stamp = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    folder = RUNS / f"{stamp}_{name}_{run_id}" if out is None else out
    refuse_taken(folder)
    return made(folder)


def made(folder: Path) -> Path:
    """A folder for results, made if it is not there.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"no results can be written to {folder} ({error.strerror}); give another folder with "
            "--out."
        ) from error
    return folder


def refuse_taken(folder: Path) -> None:
    """Raise InputError where a folder holds a run already."""
    for file in (JOURNAL, DATA, DATABASE):
        if (folder / file).exists():
            raise InputError(
                f"{folder} holds a run already; give another folder with --out, or go on with it: "
                f"phonosync resume {folder}"
            )


def open_run(folder: Path) -> Run:
    """A run as it stands.

    Raises:
        InputError: the folder holds no run, or a damaged journal.
    """
    history = read_history(folder)
    status = history.status
    if status == "running" and not _is_held(folder):
        status = "killed"
    return Run(folder, history, status)


def find_run(name: str, root: Path = RUNS) -> Run:
    """A run by its id (or the beginning of it), its folder, or a file in its folder.

    Raises:
        InputError: no such run, or several.
    """
    path = Path(name)
    if path.is_file():
        path = path.parent
    if path.is_dir():
        return open_run(path)
    found = [run for run in list_runs(root) if run.id.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(
            f"{name!r} is the beginning of {len(found)} runs: {', '.join(r.id for r in found)}; "
            "write more of it."
        )
    raise InputError(f"no run is called {name!r}: it is no folder, and no run in {root} has it.")


def list_runs(root: Path = RUNS) -> list[Run]:
    """All runs below a folder, the oldest first."""
    if not root.is_dir():
        return []
    runs = []
    for path in root.glob(f"*/{JOURNAL}"):
        try:
            runs.append(open_run(path.parent))
        except InputError as error:  # the others are still to be found
            _LOG.warning("%s", error)
    return sorted(runs, key=lambda run: run.history.header["created_at"])


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a run for this process.

    Raises:
        InputError: another process measures it.
    """
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{folder} is being measured by another process; wait for its end, or stop it first."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _is_held(folder: Path) -> bool:
    try:
        with held(folder):
            return False
    except InputError:
        return True
