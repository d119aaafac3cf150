"""Signals that end a run: the first becomes an exception, so that safety code runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

ENDING = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
Handler = Callable[[int, Any], Any] | signal.Handlers


class StopSignal(BaseException):
    """SIGTERM, or the closing of the console, asked the run to end."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Raise once: `KeyboardInterrupt` at Ctrl-C, `StopSignal` at any other signal that ends a run.

    From then on such signals are ignored: they would come in the midst of the way to safety.
    """

    def stop(number: int, frame: object) -> None:
        for name in ENDING:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise StopSignal(signal.Signals(number).name)

    with answered_by(stop):
        yield


@contextmanager
def answered_by(handler: Handler, names: tuple[str, ...] = ENDING) -> Iterator[None]:
    """Let a handler answer these signals; outside of the main thread, where none arrives, none.

    Args:
        handler: `signal.SIG_IGN` lets nothing interrupt what is done meanwhile.
        names: of signals; those that this system has not are left out.
    """
    former = {}
    for name in names:
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(ValueError):  # not the main thread
                former[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, before in former.items():
            signal.signal(number, before)
