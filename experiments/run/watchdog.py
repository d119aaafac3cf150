"""A second process that makes the instruments safe if the first one dies."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from phonosync.experiments.rig.file import RigFile
from phonosync.experiments.rig.reservation import reserved
from phonosync.experiments.rig.rig import Rig
from phonosync.experiments.rig.safety import make_safe_from_outside
from phonosync.theory.checked_file import check
from phonosync.theory.errors import InputError

_LOG = logging.getLogger(__name__)
WATCHDOG_LOG = "watchdog.log"
_SAFE = "safe"
_PATIENCE_S = 30.0
_TRIES, _BETWEEN_S = 6, 5.0  # an instrument that was cut off may be back in half a minute


@contextmanager
def guarded(rig: Rig | None, folder: Path) -> Iterator[None]:
    """Have another process watch this one; None for no watchdog.

    The other process holds the end of a pipe. It is told when the run has left the instruments
    safe. If the pipe ends without that word, because this process is dead or could not reach an
    instrument on its way out, the other one opens the instruments and makes them safe.
    """
    if rig is None:
        yield
        return
    # Ctrl-C in this terminal is for the run alone: the watchdog has a group of its own.
    windows = sys.platform == "win32"
    watchdog = subprocess.Popen(
        [sys.executable, "-m", "phonosync.experiments.run.watchdog", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP if windows else 0,
        start_new_session=not windows,
    )
    assert watchdog.stdin is not None
    assert watchdog.stdout is not None
    try:
        watchdog.stdin.write(json.dumps(rig.file.record()) + "\n")
        watchdog.stdin.flush()
        if watchdog.stdout.readline().strip() != "watching":
            raise InputError("the watchdog process does not start; measure without --watchdog.")
        yield
    finally:
        with suppress(OSError):  # it may be dead itself
            if not rig.left_unsafe:
                watchdog.stdin.write(_SAFE + "\n")
            watchdog.stdin.close()
        if rig.left_unsafe:  # it waits until this process lets go of the instruments
            _LOG.warning("The watchdog goes on trying to make the instruments safe.")
        else:
            watchdog.wait()


def watch(folder: Path) -> None:
    """Wait for the end of the process at the other end of standard input."""
    logging.basicConfig(
        filename=folder / WATCHDOG_LOG, format="%(asctime)s %(message)s", level=logging.INFO
    )
    rig_file = check(json.loads(sys.stdin.readline()), RigFile, "the run's rig")
    print("watching", flush=True)
    if sys.stdin.readline().strip() == _SAFE:
        return
    logging.info("The process of the run is dead or left them unsafe; making instruments safe.")
    with reserved(rig_file.addresses, holder="the watchdog of a run", patience_s=_PATIENCE_S):
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_BETWEEN_S)
            left = make_safe_from_outside(rig_file)
            logging.info(" ".join(left) if left else "The instruments are safe.")
            if not left:
                return
    logging.info("Given up: %d tries have not made the instruments safe.", _TRIES)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
