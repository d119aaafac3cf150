"""Time that an instrument takes, shortened by its speed-up."""

import time
from collections.abc import Callable

_STEP_S = 0.02  # how often an aborted wait is noticed


def delay(duration_s: float, speed_up: float) -> Callable[[Callable[[], bool]], None]:
    """Make work for `Background.begin` that takes a time and does nothing else.

    Args:
        duration_s: what the real instrument needs, s.
        speed_up: how many times faster than real.
    """

    def work(should_stop: Callable[[], bool]) -> None:
        end = time.monotonic() + duration_s / speed_up
        while not should_stop() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _STEP_S))

    return work
