"""What the commands print that look after runs: runs, show, export."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from phonosync.theory.checked_file import hint
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.experiments.run.folder import Run


def runs(root: Path, status: str | None, plan: str | None, as_json: bool) -> None:
    """List runs."""
    from phonosync.experiments.run.folder import STATUSES, list_runs

    if status is not None and status not in STATUSES:
        raise InputError(f"{status!r} is no status; {hint(status, STATUSES, 'there are')}")
    found = [
        run
        for run in list_runs(root)
        if status in (None, run.status) and plan in (None, run.history.header["plan"]["name"])
    ]
    if as_json:
        print(json.dumps([_summary(run) for run in found], ensure_ascii=False))
        return
    if not found:
        print(f"No such run in {root}.")
        return
    table = Table(title=f"Runs in {root}", title_justify="left")
    for name in ("id", "plan", "begun", "status", "points", "by"):
        table.add_column(name, justify="right" if name == "points" else "left")
    for run in found:
        said = _summary(run)
        table.add_row(*(str(said[k]) for k in ("id", "plan", "begun", "status", "points", "who")))
    Console().print(table)


def show(name: str, root: Path, as_json: bool) -> None:
    """Print where a run comes from."""
    from phonosync.experiments.run.folder import find_run

    run = find_run(name, root)
    header, history = run.history.header, run.history
    said = _summary(run)
    if as_json:
        print(json.dumps({**said, "header": header, "sessions": history.sessions}))
        return
    rows = {
        "plan": said["plan"],
        "folder": run.folder,
        "status": " ".join(filter(None, (f"{run.status}.", history.why))),
        "points": said["points"],
        "ended early": history.ended_early,
        "seed": header["seed"],
        "by": header["who"],
        "rig": _rig_words(header["rig"]),
    }
    table = Table(title=f"Run {run.id}", title_justify="left", show_header=False)
    for key, value in rows.items():
        if value not in ("", None):
            table.add_row(key, str(value))
    for number, session in enumerate(history.sessions, start=1):
        versions = ", ".join(f"{k} {v}" for k, v in session["versions"].items())
        commit = session.get("git_commit") or "no checkout"
        begun = _time(session["at"])
        table.add_row(f"session {number}", f"{begun} by {session['who']}\n{versions}\n{commit}")
    Console().print(table)
    missing = {n: p.missing for n, p in history.points.items() if p.missing}
    for number, why in list(missing.items())[:10]:
        print(f"Point {number} is missing: {why}")
    if header["plan_text"]:
        print(f"\nPlan:\n\n{header['plan_text'].rstrip()}")


def export(name: str, format: str, out: Path | None, root: Path) -> None:
    """Write a run into one file."""
    from phonosync.experiments.run.export import export as write
    from phonosync.experiments.run.folder import find_run

    if format not in ("netcdf", "zarr"):
        raise InputError(
            f"{format!r} is no format; {hint(format, ('netcdf', 'zarr'), 'there are')}"
        )
    path = write(find_run(name, root).folder, out, format)
    print(f"Written: {path}")


def _summary(run: Run) -> dict[str, Any]:
    from phonosync.experiments.plan.plan import Plan
    from phonosync.experiments.plan.schedule import schedule

    header = run.history.header
    plan = Plan.from_record(header["plan"])
    total = sum(1 for _ in schedule(plan, int(header["seed"])))
    missing = sum(bool(point.missing) for point in run.history.points.values())
    points = f"{len(run.history.points)} of {total}"
    return {
        "id": run.id,
        "plan": plan.name,
        "begun": _time(header["created_at"]),
        "status": run.status,
        "points": points + (f" ({missing} missing)" if missing else ""),
        "who": header["who"],
        "folder": str(run.folder),
    }


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def _rig_words(rig: dict[str, Any]) -> str:
    if device := rig.get("virtual", rig.get("virtual_lab", {})).get("device"):
        return f"virtual lab, device {device}"
    instruments = rig.get("instruments", {})
    return "\n".join(
        f"{role}: {entry['type'].rsplit('.', 1)[-1]} at {entry['address']}"
        for role, entry in instruments.items()
    )
