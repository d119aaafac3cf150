"""What the commands that only compute do and print: fit (runs here, files beside), verify."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from phonosync.experiments.run.folder import made
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.figures.files import FigureFiles
    from phonosync.analysis.report.row import Row
    from phonosync.analysis.statistics.interval import Method
    from phonosync.theory.verification import Check


def fit(
    files: list[Path],
    efficiency: float | None,
    out: Path | None,
    as_json: bool,
    *,
    stated: dict[str, Any],
    band: str | None = None,
    one_or_two: bool = False,
    fano: bool = False,
    device: str | None = None,
    free: list[str] | None = None,
    save_device: Path | None = None,
    interval: str | None = None,
    figures: str | None = None,
    dpi: int | None = None,
) -> None:
    """Fit each file by what it is: a run, S-parameters, or a spectrum or trace with modes.

    Args:
        files: what to fit.
        efficiency: of a run's detection.
        out: folder of the results.
        as_json: one JSON document per file instead of tables.
        stated: what the user says of spectra and traces, fields of `Metadata`.
        band: frequencies to keep, "140 kHz..160 kHz".
        one_or_two: ask of every mode whether it is two.
        fano: let lines be asymmetric.
        device: name or file of the device that runs are fitted with.
        free: its entries that are fitted.
        save_device: where the fitted device goes.
        interval: how intervals are found, "curvature", "profile" or "bootstrap".
        figures: formats of the figures, with commas.
        dpi: of PNG figures.

    Raises:
        InputError: options that do not fit what a file is; anything wrong in a file.
    """
    from phonosync.analysis.figures.files import FigureFiles
    from phonosync.analysis.statistics.interval import method_named
    from phonosync.experiments.screens.fit_file import fit_file
    from phonosync.experiments.screens.found_run import found_run

    if device is None and (free or save_device):
        raise InputError("--free and --save-device are of a fitted device; name it with --device.")
    method = None if interval is None else method_named(interval)
    of_runs = FigureFiles.of(figures, dpi, usual=["png", "pdf"])
    for path in files:
        if (run := found_run(path)) is not None:
            data, folder = run
            report(
                data,
                out if out is not None else folder,
                as_json,
                efficiency=efficiency,
                device=device,
                free=free,
                save_device=save_device,
                interval=method,
                files=of_runs,
            )
        elif device is not None:
            raise InputError(f"{path} is no run, and a device is fitted to runs; leave it out.")
        else:
            folder = out if out is not None else Path()
            fit_file(
                path,
                folder,
                as_json,
                stated=stated,
                band=band,
                one_or_two=one_or_two,
                fano=fano,
                files=FigureFiles.of(figures, dpi, usual=["png"]),
                interval=method,
            )


def report_run(path: Path, folder: Path, as_json: bool) -> None:
    """Analyse a run's file; see `report`."""
    from phonosync.analysis.schema import load_run

    report(load_run(path), folder, as_json)


def report(
    data: xarray.Dataset,
    folder: Path,
    as_json: bool,
    *,
    efficiency: float | None = None,
    device: str | None = None,
    free: list[str] | None = None,
    save_device: Path | None = None,
    interval: Method | None = None,
    files: FigureFiles | None = None,
) -> None:
    """Analyse a run, write its report into the folder, and print the table or the JSON."""
    from phonosync.analysis.models.fitted_device import save_fitted_device
    from phonosync.analysis.report.result import all_notes, to_json
    from phonosync.analysis.report.rows import rows_of
    from phonosync.analysis.report.summary import summary_of
    from phonosync.analysis.report.write import write_report
    from phonosync.analysis.run.analysis import analyse
    from phonosync.experiments.screens.truth import truth_of
    from phonosync.theory.device import load_device
    from phonosync.theory.device.uncertainty import uncertainty_of

    taken = None if device is None else load_device(device)
    console = Console()
    status = nullcontext() if as_json else Console(stderr=True).status("Analysing the run")
    with status:
        known = None if taken is None or device is None else uncertainty_of(taken, device)
        analysis = analyse(
            data,
            device=taken,
            free=free or None,
            efficiency=efficiency,
            known=known,
            interval=interval,
        )
        if save_device is not None and analysis.network is not None:
            save_fitted_device(analysis.network.fit, save_device, source=device)
        truth = truth_of(analysis)
        page = write_report(analysis, made(folder), truth, files=files)
    if as_json:
        print(json.dumps(to_json(analysis, truth), ensure_ascii=False))
        return
    console.print(summary_of(analysis), highlight=False)
    console.print(_table_of(rows_of(analysis, truth)))
    for note in all_notes(analysis):
        console.print(f"Note: {note}", highlight=False)
    console.print(f"Report: {page}", highlight=False, soft_wrap=True)


def _table_of(rows: list[Row]) -> Table:
    """The rows of a report, a title over each group."""
    truth = any(row.truth is not None for row in rows)
    table = Table(title="One-way synchronization", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("quantity")
    for name in ("value", "95 % interval", *(["truth"] if truth else [])):
        table.add_column(name, justify="right")
    for group, members in groupby(rows, key=lambda row: row.group):
        table.add_row(f"[bold]{group}[/bold]")
        for where, here in groupby(members, key=lambda row: row.where):
            together = list(here)
            apart = bool(where) and len(together) > 1  # said once, over its numbers
            if apart:
                table.add_row(f"[italic]{where}[/italic]")
            for row in together:
                value, ends = row.text()
                value += f" {row.unit}" if row.unit and value != "undetermined" else ""
                known = row.truth_text()
                alone = f"{row.quantity}, {where}" if where else row.quantity
                words = f" {row.quantity}" if apart else alone
                table.add_row(words, value, ends, *([known] if truth else []))
    return table


def verify(as_json: bool) -> None:
    """Print each check as it is computed; leave with 1 if one fails."""
    from phonosync.theory.verification import checks

    with Console(stderr=True).status("Recomputing; the first time some code is compiled"):
        done = list(checks())
    failed = sum(not check.passed for check in done)
    if as_json:
        rows = [
            {**asdict(check), "deviation": check.deviation, "passed": check.passed}
            for check in done
        ]
        print(json.dumps({"checks": rows, "failed": failed}, ensure_ascii=False))
    else:
        console = Console()
        for source, group in groupby(done, key=lambda check: check.source):
            console.print(_checks_of(source, list(group)))
        print(f"{len(done) - failed} of {len(done)} pass.")
    if failed:
        raise SystemExit(1)


def _checks_of(source: str, group: list[Check]) -> Table:
    """One source's numbers, as wide as a narrow terminal."""
    table = Table(title=source, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("what", ratio=1)
    for name, width in (("published", 10), ("computed", 10), ("deviation", 9), ("tolerance", 9)):
        table.add_column(name, justify="right", min_width=width)
    table.add_column("", min_width=4)
    for check in group:
        table.add_row(
            check.what,
            f"{check.published:.6g}",
            f"{check.computed:.6g}",
            f"{check.deviation:+.1e}",
            f"{check.tolerance:.1g}",
            "pass" if check.passed else "FAIL",
        )
    return table
