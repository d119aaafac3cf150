"""Instruments belong to one run at a time on this computer."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from phonosync.theory.errors import InputError


@contextmanager
def reserved(addresses: Iterable[str], *, holder: str, patience_s: float = 0.0) -> Iterator[None]:
    """Keep instruments for this process; the operating system gives them back when it ends.

    Runs on other computers cannot be seen: an instrument that they talk to answers for itself.

    Args:
        addresses: VISA addresses.
        holder: who has them, in words, for the message to a second user.
        patience_s: how long to wait for the one who has them, s.

    Raises:
        InputError: somebody else has one of them.
    """
    with ExitStack() as stack:
        for address in sorted(set(addresses)):
            place = _place(address)
            lock = FileLock(place.with_suffix(".lock"), mode=0o666)
            try:
                lock.acquire(timeout=patience_s)
            except (Timeout, PermissionError):
                raise InputError(
                    f"{address} is in use by {_holder(place)}. Wait for its end, or stop it; "
                    "nothing was moved."
                ) from None
            stack.callback(lock.release)
            said = {"holder": holder, "process": os.getpid(), "since": time.time()}
            place.with_suffix(".json").write_text(json.dumps(said), encoding="utf-8")
        yield


def _place(address: str) -> Path:
    folder = Path(tempfile.gettempdir()) / "phonosync_instruments"
    folder.mkdir(mode=0o777, exist_ok=True)
    return folder / re.sub(r"[^A-Za-z0-9]+", "_", address)


def _holder(place: Path) -> str:
    try:
        said = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(said["since"]))
        return f"{said['holder']} (process {said['process']}, since {since})"
    except (OSError, ValueError, KeyError):
        return "another process"
