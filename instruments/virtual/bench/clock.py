"""The lab's time on the bench: as fast as it is computed, or real."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

_LOOK = 0.05  # s between two looks at whether to go on waiting


class Clock(Protocol):
    """Time of the lab."""

    def now_s(self) -> float:
        """Time since the bench was set up, s."""
        ...

    def finish(
        self, start_s: float, duration_s: float, should_stop: Callable[[], bool] | None = None
    ) -> None:
        """End an acquisition that began at `start_s` and lasts `duration_s` in the lab."""
        ...


class AcceleratedClock:
    """Time passes as acquisitions take it in the lab, however fast they are computed.

    Nothing else takes time, so that a dialogue with the bench has the same course on every
    computer.

    Args:
        pause_s: passes after every acquisition as well, s: for what an experimenter does between.
    """

    def __init__(self, pause_s: float = 0.0):
        self._pause_s = pause_s
        self._now_s = 0.0

    def now_s(self) -> float:
        """Time taken by all acquisitions so far, s."""
        return self._now_s

    def finish(
        self, start_s: float, duration_s: float, should_stop: Callable[[], bool] | None = None
    ) -> None:
        """Let the time of an acquisition pass."""
        self._now_s = max(self._now_s, start_s + duration_s + self._pause_s)


class RealClock:
    """Time is that of the wall: an acquisition takes at least as long as in the lab."""

    def __init__(self) -> None:
        self._zero = time.monotonic()

    def now_s(self) -> float:
        """Time since the clock was made, s."""
        return time.monotonic() - self._zero

    def finish(
        self, start_s: float, duration_s: float, should_stop: Callable[[], bool] | None = None
    ) -> None:
        """Wait for the end of an acquisition."""
        while (left := start_s + duration_s - self.now_s()) > 0:
            if should_stop is not None and should_stop():
                return
            time.sleep(min(left, _LOOK))
