"""The commands that move instruments, and those that look after what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[
    int | None, typer.Option(help="Seed of the order of directions and of the virtual lab.", min=0)
]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; a new one by default.")]
RigOption = Annotated[
    Path | None, typer.Option(help="QCoDeS station file; the virtual lab without it.")
]
Watchdog = Annotated[
    bool,
    typer.Option("--watchdog", help="A second process makes the rig safe if this one dies."),
]
RunName = Annotated[str, typer.Argument(help="A run's id, its folder, or a file in it.")]
Runs = Annotated[Path, typer.Option("--folder", help="Where the runs are.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]


def demo(
    device: Annotated[str, typer.Option(help="ring, reciprocal, or a device file.")] = "ring",
    seed: Seed = None,
    out: Out = None,
) -> None:
    """Measure a virtual device in both directions of light; report."""
    from phonosync.experiments.screens import measure as screen

    screen.demo(device, seed, out)


def measure(
    plan: Annotated[str, typer.Argument(help="A plan file, or the name of a shipped plan.")],
    rig: RigOption = None,
    device: Annotated[
        str | None,
        typer.Option(help="Device in the virtual lab, or what a rig's sample is taken for."),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help='Of the virtual lab: "laser=dlc_pro" (docs/instruments). Any number.'),
    ] = None,
    seed: Seed = None,
    out: Out = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and predict; move nothing.")
    ] = False,
    later: Annotated[
        bool, typer.Option("--later", help="Only make the run's folder, to be resumed.")
    ] = False,
    watchdog: Watchdog = False,
) -> None:
    """Measure a plan on a rig; keep every point and end in safety."""
    from phonosync.experiments.screens import measure as screen

    if dry_run:
        from phonosync.experiments.screens import dry_run as dry_screen

        dry_screen.dry_run(plan, rig, device, seed)
        return
    screen.measure(
        plan, rig, seed, out, device=device, models=model or [], later=later, watchdog=watchdog
    )


def resume(
    run: RunName,
    rig: Annotated[
        Path | None, typer.Option(help="Another station file, on a changed computer.")
    ] = None,
    watchdog: Watchdog = False,
    folder: Runs = Path("runs"),
) -> None:
    """Go on with a run exactly where it stopped."""
    from phonosync.experiments.screens import measure as screen

    screen.resume(run, rig, folder, watchdog=watchdog)


def runs(
    folder: Runs = Path("runs"),
    status: Annotated[
        str | None,
        typer.Option(help="planned, running, complete, interrupted, failed or killed."),
    ] = None,
    plan: Annotated[str | None, typer.Option(help="Name of the plan.")] = None,
    json: Json = False,
) -> None:
    """List the runs, the newest last."""
    from phonosync.experiments.screens import runs as screen

    screen.runs(folder, status, plan, json)


def show(run: RunName, folder: Runs = Path("runs"), json: Json = False) -> None:
    """Print where a run comes from and how it went."""
    from phonosync.experiments.screens import runs as screen

    screen.show(run, folder, json)


def export(
    run: RunName,
    format: Annotated[str, typer.Option(help="netcdf, or zarr for large runs.")] = "netcdf",
    out: Annotated[Path | None, typer.Option(help="The file; data.nc in the run's folder.")] = None,
    folder: Runs = Path("runs"),
) -> None:
    """Write a run, finished or not, into one file."""
    from phonosync.experiments.screens import runs as screen

    screen.export(run, format, out, folder)


def safe(rig: Annotated[Path, typer.Argument(help="The rig file.")]) -> None:
    """Bring a rig to its safe state: drives off, magnet to its rest."""
    from phonosync.experiments.screens import measure as screen

    screen.safe(rig)


COMMANDS = (demo, measure, resume, runs, show, export, safe)
