"""Overlapped operations: one piece of work in the background while commands are answered.

Source: IEEE 488.2-1992, chapter 12 (no-operation-pending flag, *OPC, *WAI).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class ClosedError(Exception):
    """The instrument was switched off while a command waited for it."""


@dataclass(frozen=True)
class Operation:
    """Work under way, and the flag that asks it to stop."""

    thread: threading.Thread
    stop: threading.Event = field(default_factory=threading.Event)


class Background:
    """One lock, and at most one operation under way.

    Attributes:
        lock: guards the instrument; work runs without it.
    """

    def __init__(self):
        self.lock = threading.RLock()
        self._idle = threading.Condition(self.lock)
        self._operation: Operation | None = None
        self._last_thread: threading.Thread | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether an operation is under way."""
        return self._operation is not None

    def begin(
        self, work: Callable[[Callable[[], bool]], Any], finish: Callable[[Any], None]
    ) -> None:
        """Start work in the background; call with the lock held and no operation under way.

        Args:
            work: its argument tells whether it should stop early.
            finish: takes the result under the lock, unless the operation was aborted.
        """
        previous = self._last_thread

        def run() -> None:
            if previous is not None:
                previous.join()
            outcome, failure = None, None
            try:
                outcome = work(operation.stop.is_set)
            except Exception as error:
                failure = error
            with self.lock:
                if self._operation is not operation:  # aborted: nobody wants the result
                    return
                if failure is None:
                    finish(outcome)
                self._end(failure)

        operation = Operation(threading.Thread(target=run, daemon=True))
        self._operation = operation
        self._last_thread = operation.thread
        operation.thread.start()

    def abort(self) -> None:
        """End the operation under way; its result is thrown away."""
        with self.lock:
            if self._operation is not None:
                self._operation.stop.set()
                self._end(None)

    def _end(self, failure: Exception | None) -> None:
        self._operation = None
        self.operation_ended(failure)
        self._idle.notify_all()

    def operation_ended(self, failure: Exception | None) -> None:
        """Take note that the instrument is idle again; called with the lock held."""

    def wait_until_idle(self) -> None:
        """Wait with the lock held, which is released meanwhile.

        Raises:
            ClosedError: the instrument was switched off.
        """
        self._idle.wait_for(lambda: self._operation is None or self._closed)
        if self._closed:
            raise ClosedError

    def close(self) -> None:
        """Switch off: abort, and wake every command that waits."""
        with self.lock:
            self._closed = True
            self.abort()
            self._idle.notify_all()
            thread = self._last_thread
        if thread is not None:
            thread.join(timeout=2.0)
