"""Wait for an instrument without hurrying it and without waiting for ever."""

import time
from collections.abc import Callable

from phonosync.instruments.errors import InstrumentError

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.002, 0.1


def wait_until(ready: Callable[[], object], timeout_s: float, complaint: str) -> None:
    """Ask again, with growing pauses, until the answer is yes.

    Args:
        ready: asks the instrument.
        timeout_s: longest wait, s; `ready` is asked at least once.
        complaint: text of the error: what did not happen, and what to do next.

    Raises:
        InstrumentError: it did not get ready in time.
    """
    deadline = time.monotonic() + timeout_s
    pause = _FIRST_PAUSE_S
    while not ready():
        if time.monotonic() > deadline:
            raise InstrumentError(complaint)
        time.sleep(pause)
        pause = min(2.0 * pause, _LONGEST_PAUSE_S)
