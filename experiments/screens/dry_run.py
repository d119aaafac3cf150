"""What `phonosync measure PLAN --dry-run` prints: everything is checked, nothing is moved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from phonosync.experiments.screens.progress import KINDS

if TYPE_CHECKING:
    from phonosync.experiments.plan.forecast import Forecast
    from phonosync.experiments.plan.plan import Plan
    from phonosync.experiments.rig.file import RigFile

_SIGMAS = 3.0


def dry_run(plan_name: str, rig: Path | None, device: str | None, seed: int | None) -> None:
    """Check a plan against its rig, and foresee what it costs and shows."""
    from phonosync.experiments.plan.forecast import MagnetPace, forecast
    from phonosync.experiments.plan.plan import load_plan, plan_file
    from phonosync.experiments.rig.file import load_rig
    from phonosync.experiments.rig.limits import check_roles
    from phonosync.experiments.screens.measure import DEFAULT_DEVICE

    plan = load_plan(plan_name)
    seed = seed or 0  # lead-ins depend on the order, limits and expectations do not
    console, pace = Console(), None
    print(f"Plan {plan.name}: {_directions(plan)}.")
    for warning in plan.warnings:
        console.print(f"Warning: {warning}", highlight=False)
    if rig is not None:
        file = load_rig(rig, needs=())
        check_roles(plan, plan_file(plan_name), file)
        settings = file.instruments["magnet"].adapter.get("settings", {}) if plan.field else {}
        pace = MagnetPace(settings.get("ramp_rate_t_per_s"), settings.get("settle_s", 1.0))
        _check_rig(plan, plan_file(plan_name), file, seed, console)
    _show_cost(forecast(plan, seed, magnet=pace))
    if rig is not None and device is None:
        print("What to expect: name the device with --device.")
        return
    _show_expectations(plan, device or DEFAULT_DEVICE, seed, console)


def _directions(plan: Plan) -> str:
    turned = {"light": "light", "field": "field", "both": "light and field, crossed"}
    swept = ", ".join(axis.what.label for axis in plan.sweep)
    return f"direction of {turned[plan.direction]}" + (f"; sweeps {swept}" if swept else "")


def _check_rig(plan: Plan, file: Path, rig: RigFile, seed: int, console: Console) -> None:
    from phonosync.experiments.rig.check import check_rig
    from phonosync.experiments.rig.limits import check_plan

    check_plan(plan, file, rig, seed)
    needed = {role: entry for role, entry in rig.instruments.items() if role in plan.roles}
    findings = check_rig(rig.model_copy(update={"instruments": needed}))
    check_plan(plan, file, rig, seed, findings)
    for finding in findings:
        for _, problem in finding.problems:
            console.print(f"Warning: {finding.place} {problem}", highlight=False)
    answered = sum(finding.identity is not None for finding in findings)
    print(f"Rig: {answered} of {len(findings)} instruments answer; the plan is within all limits.")


def _show_cost(cost: Forecast) -> None:
    kinds = ", ".join(f"{n} {KINDS.get(kind, kind)}" for kind, n in cost.points.items())
    print(f"Points: {cost.points.total()} ({kinds}).")
    parts = {
        "taking data": cost.acquisition_s,
        "ramping": cost.ramping_s,
        "settling": cost.settling_s,
    }
    said = ", ".join(f"{name} {_time(seconds)}" for name, seconds in parts.items() if seconds)
    print(
        f"Duration: at least {_time(cost.duration_s)} ({said}); the instruments' own overhead "
        "comes on top" + "".join(f", and {unknown}" for unknown in cost.unknown) + "."
    )
    print(f"On disk: about {cost.size_bytes / 1e6:.3g} MB.")


def _show_expectations(plan: Plan, name: str, seed: int, console: Console) -> None:
    from phonosync.experiments.plan.expectation import expectations
    from phonosync.theory.device import load_device

    device = load_device(name)
    if len(device.phonons) < 2:
        print(f"{device.name} has {len(device.phonons)} phonon; S_c and its contrast are of two.")
        return
    rows = list(expectations(plan, device, seed))
    if not rows:
        return
    table = Table(title=f"What {device.name} should show", title_justify="left")
    swept = any(row.setting for row in rows)
    for column in ("setting", "direction", "S_c", "contrast")[not swept :]:
        table.add_column(column, justify="right" if column in ("S_c", "contrast") else "left")
    for row in rows:
        if row.note:
            table.add_row(*(row.setting, row.note, "", "")[not swept :], end_section=True)
        for number, (direction, value, error) in enumerate(row.S_c):
            contrast = _with_error(*row.contrast) if row.contrast and not number else ""
            last = number == len(row.S_c) - 1
            cells = ("" if number else row.setting, direction, _with_error(value, error), contrast)
            table.add_row(*cells[not swept :], end_section=last)
    console.print(table)
    console.print(_verdict(rows), highlight=False)


def _verdict(rows) -> str:
    known = [row.contrast for row in rows if row.contrast is not None]
    if not known:
        return "No contrast of S_c can be expected from these spectra."
    if not any(error < 1 for _, error in known):
        return (
            "These spectra would not determine S_c, however long they are averaged. Spectra at a "
            "second detuning or power would."
        )
    clear = sum(abs(value) > _SIGMAS * error for value, error in known)
    if clear == len(known):
        return f"The planned averages resolve the contrast at {clear} of {len(known)} settings."
    return (
        f"The planned averages resolve the contrast at {clear} of {len(known)} settings "
        f"({_SIGMAS:g} standard errors); average longer for the others, if it is not zero there."
    )


def _with_error(value: float, error: float) -> str:
    if not error < 1:  # S_c lies between 0 and 1, its contrast between −1 and 1
        return f"{value:.3g}, not determined"
    digits = max(0, 1 - int(np.floor(np.log10(error)))) if error > 0 else 3
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.2g} s"
    return str(timedelta(seconds=round(seconds)))
