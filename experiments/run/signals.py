"""Signals that end a run, turned into one exception, so that safety code runs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class StopSignal(BaseException):
    """SIGTERM, or the closing of the console, asked the run to end."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Raise `StopSignal` once at SIGTERM, at a closed console, and at Ctrl-Break on Windows."""
    former = {}

    def stop(number: int, frame: object) -> None:
        for other in former:
            signal.signal(other, signal.SIG_IGN)
        raise StopSignal(signal.Signals(number).name)

    for name in ("SIGTERM", "SIGBREAK", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(ValueError):  # not the main thread: signals do not arrive here
                former[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
