"""Where a survey is computed: here, on all cores, or on a Dask cluster."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import CancelledError, Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from phonosync.theory.errors import InputError, PhonosyncError
from phonosync.theory.survey import compute
from phonosync.theory.survey.plan import Results, Survey

_WORTH_PROCESSES = 4  # chunks; below, starting processes takes longer than they save
_MOST_PROCESSES = 61  # of a pool on Windows
_LOSSES = 3  # lost pools in a row without a finished chunk
_GREETING = 10  # s, for a scheduler to answer
_PATIENCE = 30  # s, for its first worker

Watch = Callable[[int], None]


def run_survey(
    plan: Survey,
    store: MutableMapping[int, Results],
    *,
    scheduler: str | None = None,
    processes: int | None = None,
    watch: Watch = lambda done: None,
) -> None:
    """Compute what is missing in the store.

    Args:
        plan: the survey.
        store: chunk number -> results.
        scheduler: address of a Dask scheduler, e.g. "tcp://127.0.0.1:8786".
        processes: on this computer; by default one a core.
        watch: called with the number of chunks that are done.

    Raises:
        InputError: the cluster cannot be reached or is not fit.
        PhonosyncError: workers are lost again and again.
    """
    if scheduler is not None:
        with dask_executor(scheduler) as executor, _cluster_errors(scheduler):
            compute(plan, store, executor=executor, watch=watch)
        return
    missing = len(plan.chunks()) - len(store)
    workers = min(processes or _cores(), missing, _MOST_PROCESSES)
    if workers < 2 or (processes is None and missing < _WORTH_PROCESSES):
        compute(plan, store, watch=watch)
        return
    _on_processes(plan, store, workers, watch)


def _on_processes(
    plan: Survey, store: MutableMapping[int, Results], workers: int, watch: Watch
) -> None:
    """A pool of processes; a lost one costs what it was computing."""
    losses, before = 0, len(store)
    while True:
        try:
            with _pool(workers) as pool:
                compute(plan, store, executor=pool, ahead=workers + 1, watch=watch)
            return
        except BrokenProcessPool:
            losses = losses + 1 if len(store) == before else 1
            before = len(store)
            if losses == _LOSSES:
                raise PhonosyncError(
                    "processes of this computer end again and again (memory?); the finished parts "
                    "are kept: try the same command with --processes 1."
                ) from None


@contextmanager
def _pool(workers: int) -> Iterator[Executor]:
    """Processes that leave Ctrl-C to this one, from their start on."""
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_one_core) as pool:
        here = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if here else None
        for _ in range(workers):
            pool.submit(_one_core)
        if here:
            signal.signal(signal.SIGINT, before)
        yield pool


def _one_core() -> None:
    """A worker uses one core, and is not stopped by Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import numba

    numba.set_num_threads(1)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def dask_executor(address: str) -> Iterator[Executor]:
    """An executor on a Dask cluster; a chunk that a lost worker had is computed by another one.

    Raises:
        InputError: Dask is not installed, no scheduler at the address, or it has no worker.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--scheduler needs Dask: pip install 'phonosync[cluster]', here and on the cluster."
        ) from None
    _check_scheduler(address)
    with (
        _silence("distributed.client"),
        Client(address, timeout=_PATIENCE, set_as_default=False) as client,
    ):
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise InputError(
                f"the Dask scheduler at {address} has no worker; start one with 'dask worker "
                f"{address}'."
            ) from None
        yield client.get_executor()


@contextmanager
def _silence(logger: str) -> Iterator[None]:
    """What a Dask client logs of a lost scheduler is said in one line instead."""
    log = logging.getLogger(logger)
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _check_scheduler(address: str) -> None:
    """Ask who is there: a Dask client that finds nobody takes a minute to give up."""
    from distributed.core import rpc

    async def ask() -> str:
        async with rpc(address, timeout=_GREETING) as remote:
            identity: Any = await remote.identity()
            return identity["type"]

    try:
        who = asyncio.run(asyncio.wait_for(ask(), _GREETING + 1))
    except (OSError, ValueError, TimeoutError) as error:
        who = str(error).splitlines()[0] if str(error) else "no answer"
    if who != "Scheduler":
        raise InputError(
            f"no Dask scheduler at {address!r} ({who}); start one with 'dask scheduler' and give "
            "the address that it prints, e.g. tcp://127.0.0.1:8786."
        )


@contextmanager
def _cluster_errors(address: str) -> Iterator[None]:
    from distributed import KilledWorker

    try:
        yield
    except KilledWorker:
        raise PhonosyncError(
            f"workers of {address} ended again and again on one part (memory?); the finished parts "
            "are kept: run the same command again, or without --scheduler."
        ) from None
    except (ImportError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "deserialization" not in str(error):
            raise
        raise InputError(
            f"the scheduler at {address} or one of its workers cannot load phonosync; install the "
            "same version in their environment."
        ) from None
    except CancelledError:
        raise PhonosyncError(
            f"the Dask scheduler at {address} is gone; the finished parts are kept: run the same "
            "command again, or without --scheduler."
        ) from None
