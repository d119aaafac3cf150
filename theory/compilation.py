"""How the kernels are compiled: for this machine, once, kept on disk, and not in silence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit
from numba.core import event

_log = logging.getLogger("phonosync")


class _Announcer(event.Listener):
    """Says when the first kernel of a process that is not on disk yet is being compiled."""

    def on_start(self, event: Any) -> None:
        """Write one line, once per process."""
        if not _announced and "phonosync" in getattr(
            event.data["dispatcher"].py_func, "__module__", ""
        ):
            _announced.append(True)
            _log.warning(
                "Compiling the theory's kernels for this machine; takes up to a minute, once."
            )

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


_announced: list[bool] = []
event.register("numba:compile", _Announcer())


def compiled(*, parallel: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Decorator of a kernel: numba's njit, cached, without the GIL, with fused multiply-add."""
    return njit(nogil=True, cache=True, parallel=parallel, fastmath={"contract"})
