"""How the kernels are compiled: for this machine, once, kept on disk, and not in silence."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import event

_log = logging.getLogger("phonosync")


class _Announcer(event.Listener):
    """Says when the first kernel of a process that is not on disk yet is being compiled."""

    def on_start(self, event: Any) -> None:
        """Write one line, once per process."""
        kernel = event.data["dispatcher"].py_func
        if not _announced and "phonosync" in (kernel.__module__ or ""):
            _announced.append(True)
            _log.warning(
                "Compiling the theory's kernels for this machine; takes up to a minute, once."
            )

    def on_end(self, event: Any) -> None:
        """Nothing to say."""


# Kept with the logger, of which a process has one, whatever imports this module under which name.
_announced: list[bool] = vars(_log).setdefault("announced", [])
event.register("numba:compile", _Announcer())


@cache
def kernels_digest() -> str:
    """Digest of all kernels' source: a kernel on disk has those that it calls compiled into it."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator of a kernel: numba's njit, cached, without the GIL, with fused multiply-add.

    Numba takes a kernel from the disk if the file that it stands in has not changed; here, only if
    no kernel has.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        kernel: Any = njit(nogil=True, cache=True, fastmath={"contract"}, **options)(function)
        index = kernel._cache._cache_file
        index._source_stamp = (index._source_stamp, kernels_digest())
        return kernel

    return decorate
