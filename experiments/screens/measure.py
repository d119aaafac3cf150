"""The commands that move instruments: demo, measure, resume, safe."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from phonosync.experiments.screens.assignments import assignments
from phonosync.experiments.screens.fit import report_run
from phonosync.experiments.screens.progress import progress
from phonosync.theory.errors import InputError, PhonosyncError

if TYPE_CHECKING:
    from phonosync.experiments.run.folder import Run
    from phonosync.experiments.run.start import Choice

DEFAULT_PLAN, DEFAULT_DEVICE = "direction_of_light", "ring"


def demo(device: str, seed: int | None, out: Path | None) -> None:
    """Measure the default plan on a virtual device, then analyse and report."""
    from phonosync.analysis.directions.cavity import check_device
    from phonosync.theory.device import load_device

    check_device(load_device(device))
    folder = measure(DEFAULT_PLAN, None, seed, out, device=device)
    report_run(folder / "data.nc", folder, as_json=False)


def measure(
    plan_name: str,
    rig: Path | None,
    seed: int | None,
    out: Path | None,
    *,
    device: str | None = None,
    models: Sequence[str] = (),
    later: bool = False,
    watchdog: bool = False,
) -> Path:
    """Measure a plan; return the folder of the run."""
    from phonosync.experiments.plan.plan import load_plan, plan_file
    from phonosync.experiments.rig.file import RigFile
    from phonosync.experiments.rig.limits import check_plan, check_roles
    from phonosync.experiments.run.provenance import Provenance
    from phonosync.experiments.run.start import begin, plan_run
    from phonosync.theory.device.text import device_text

    plan = load_plan(plan_name)
    choice = _choice(rig, device, models, watchdog)
    seed = secrets.randbits(32) if seed is None else seed
    kept = Provenance(plan_file(plan_name), device_text(device) if device is not None else "")
    console = Console(stderr=True)
    for warning in plan.warnings:
        console.print(f"Warning: {warning}", highlight=False)
    if later:
        if isinstance(choice, RigFile):
            check_roles(plan, plan_file(plan_name), choice)
            check_plan(plan, plan_file(plan_name), choice, seed)
        said = _said(choice)
        folder = plan_run(plan, said, seed, out=out, provenance=kept)
        console.print(f"Planned: {folder}. 'phonosync resume {folder}' measures it.")
        return folder
    _say_what_it_is(choice, console)
    with progress(plan, console) as watch:
        run = begin(
            plan,
            choice,
            seed,
            out=out,
            provenance=kept,
            watchdog=watchdog,
            watch=watch,
        )
    return _finished(run, console)


def resume(name: str, rig: Path | None, root: Path, *, watchdog: bool) -> Path:
    """Go on with a run; return its folder."""
    from phonosync.experiments.plan.plan import Plan
    from phonosync.experiments.rig.file import load_rig
    from phonosync.experiments.run.folder import find_run
    from phonosync.experiments.run.start import resume as go_on

    run = find_run(name, root)
    plan = Plan.from_record(run.history.header["plan"])
    choice = load_rig(rig, needs=()) if rig is not None else None
    console = Console(stderr=True)
    done = len(run.history.points)
    console.print(f"Run {run.id} ({run.status}): {done} points are finished.", highlight=False)
    with progress(plan, console) as watch:
        run = go_on(run, choice=choice, watchdog=watchdog, watch=watch)
    return _finished(run, console)


def safe(rig: Path) -> None:
    """Bring a rig to its safe state.

    Raises:
        PhonosyncError: something could not be made safe.
    """
    from phonosync.experiments.rig.file import load_rig
    from phonosync.experiments.rig.reservation import reserved
    from phonosync.experiments.rig.safety import make_safe_from_outside

    file = load_rig(rig, needs=())
    with reserved(file.addresses, holder="phonosync safe"):
        left = make_safe_from_outside(file)
    if left:
        raise PhonosyncError(" ".join(left))
    rest = ", magnet at its rest" if "magnet" in file.instruments else ""
    print(f"The instruments are safe: drives off{rest}.")


def _choice(rig: Path | None, device: str | None, models: Sequence[str], watchdog: bool) -> Choice:
    from phonosync.experiments.rig.file import load_rig
    from phonosync.experiments.run.start import VirtualChoice

    if rig is not None:
        return load_rig(rig, needs=())
    if watchdog:
        raise InputError(
            "the virtual lab lives in the run's own process, so there is nothing to watch; serve "
            "one with 'phonosync lab --rig FILE' and measure with --rig FILE."
        )
    chosen = assignments(models, "--model", "laser=dlc_pro")
    named = {role: str(model) for role, model in chosen.items()}
    return VirtualChoice(device or DEFAULT_DEVICE, models=named)


def _said(choice: Choice) -> dict:
    from phonosync.experiments.run.start import VirtualChoice

    if isinstance(choice, VirtualChoice):
        return {"virtual_lab": asdict(choice)}
    return choice.record()


def _say_what_it_is(choice: Choice, console: Console) -> None:
    from phonosync.experiments.run.start import VirtualChoice

    if isinstance(choice, VirtualChoice):
        console.print(
            f"Virtual lab: {choice.device}. Its first start compiles the bench, which takes a few "
            "seconds.",
            highlight=False,
        )


def _finished(run: Run, console: Console) -> Path:
    from phonosync.experiments.run.folder import DATA

    said = f"Measured: {run.folder / DATA} (run {run.id}, seed {run.history.header['seed']})."
    missing = sum(bool(point.missing) for point in run.history.points.values())
    if missing:
        said += f" {missing} points are missing; {run.folder / 'log.txt'} says why."
    if run.history.ended_early:
        said += f" Ended early: {run.history.ended_early}."
    console.print(said, highlight=False, soft_wrap=True)
    return run.folder
