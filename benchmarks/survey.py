"""Surveys of imperfect devices: time here and on a Dask cluster, the same bits, a lost worker.

    python benchmarks/survey.py [devices]

Wall time with the start of the workers, in all directions that the device tells apart, with and
without its Kerr terms, of 20 000 imperfect devices by default.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time

from phonosync.experiments.survey.run import run_survey
from phonosync.theory import load_device
from phonosync.theory.survey.dataset import assemble
from phonosync.theory.survey.plan import Results, Survey, has_kerr


def main(devices: int) -> None:
    """Time each way of computing and compare the results bit by bit."""
    from distributed import LocalCluster

    for name in ("ring", "hybrid"):
        device = load_device(name)
        assert device.disorder is not None
        plan = Survey(
            device, devices=devices, disorder=device.disorder, without_kerr=has_kerr(device)
        )
        networks = devices * len(plan.lights) * len(plan.fields) * len(plan.kerrs)
        print(f"{name}: {devices} devices, {networks} networks")
        warm(plan)
        here = timed("local processes", plan, None, None)
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster:
            victim = next(iter(cluster.workers.values())).pid
            for words, kill in (("Dask, two workers", None), ("Dask, one worker lost", victim)):
                there = timed(words, plan, cluster.scheduler_address, kill)
                same = assemble(plan, there).identical(assemble(plan, here))
                print(f"    the same bits as here: {same}")


def warm(plan: Survey) -> None:
    """Compile what is not compiled yet, with a few devices."""
    few = Survey(plan.device, devices=100, disorder=plan.disorder, without_kerr=plan.without_kerr)
    run_survey(few, {}, processes=1)


def timed(words: str, plan: Survey, scheduler: str | None, kill: int | None) -> dict[int, Results]:
    """Run a survey; kill a process when a quarter is done."""
    store: dict[int, Results] = {}
    quarter = len(plan.chunks()) // 4

    def watch(done: int) -> None:
        if kill is not None and done == quarter:
            os.kill(kill, getattr(signal, "SIGKILL", signal.SIGTERM))

    start = time.perf_counter()
    run_survey(plan, store, scheduler=scheduler, watch=watch)
    print(f"  {words}: {time.perf_counter() - start:.1f} s")
    return store


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
