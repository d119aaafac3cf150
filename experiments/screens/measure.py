"""The commands that move instruments: demo, measure."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from phonosync.experiments.screens.fit import made, report_run
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.experiments.plan.plan import Plan
    from phonosync.experiments.rig.rig import Rig

DEFAULT_PLAN = "direction_of_light"


def demo(device: str, seed: int | None, out: Path | None) -> None:
    """Measure the default plan on a virtual device, then analyse and report."""
    from phonosync.analysis.directions.cavity import check_device
    from phonosync.theory.device import load_device

    check_device(load_device(device))
    folder = measure(DEFAULT_PLAN, None, seed, out, device=device)
    report_run(folder / "data.nc", folder, as_json=False)


def measure(
    plan_name: str, rig: Path | None, seed: int | None, out: Path | None, *, device: str = "ring"
) -> Path:
    """Measure a plan; return the folder of the run."""
    from phonosync.experiments.plan.plan import load_plan
    from phonosync.experiments.run.loop import measure as run_plan

    plan = load_plan(plan_name)
    seed = secrets.randbits(32) if seed is None else seed
    folder = _new_folder(plan.name) if out is None else out
    console = Console(stderr=True)
    with _rig(rig, device, seed, console) as opened, _progress(plan, console) as watch:
        path = run_plan(plan, opened, made(folder), seed, watch=watch)
    console.print(f"Measured: {path} (seed {seed}).", highlight=False)
    return folder


@contextmanager
def _rig(rig: Path | None, device: str, seed: int, console: Console) -> Iterator[Rig]:
    from phonosync.experiments.rig.file import load_rig
    from phonosync.experiments.rig.rig import open_rig
    from phonosync.experiments.rig.virtual import virtual_rig

    if rig is not None:
        with open_rig(load_rig(rig)) as opened:
            yield opened
        return
    console.print(
        f"Virtual lab: {device}. Its first start compiles the bench, which takes a few seconds.",
        highlight=False,
    )
    with virtual_rig(device, seed) as opened:
        yield opened


@contextmanager
def _progress(plan: Plan, console: Console):
    """A bar with the time left; on a terminal only."""
    from phonosync.experiments.run.loop import Point

    names = {0: "shot noise", 1: "light +1", -1: "light −1"}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(plan.name, total=4 * plan.quads + 1)

        def watch(point: Point) -> None:
            progress.update(task, completed=point.done, description=names[point.direction])

        yield watch


def _new_folder(name: str) -> Path:
    stamp = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    folder = Path("runs") / f"{stamp}_{name}"
    if folder.exists():
        raise InputError(f"{folder} exists already; give another folder with --out.")
    return folder
