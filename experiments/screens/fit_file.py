"""What `phonosync fit` does and prints for spectra, traces and S-parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from phonosync.experiments.run.folder import made

if TYPE_CHECKING:
    from phonosync.analysis.figures.files import FigureFiles
    from phonosync.analysis.lines.fit import LineFit
    from phonosync.analysis.statistics.interval import Method


def fit_file(
    path: Path,
    folder: Path,
    as_json: bool,
    *,
    stated: dict[str, Any],
    band: str | None = None,
    one_or_two: bool = False,
    fano: bool = False,
    files: FigureFiles,
    interval: Method | None = None,
) -> None:
    """Fit one file, draw it, and print a table or JSON."""
    from phonosync.analysis.measured.metadata import parse_band
    from phonosync.analysis.measured.scattering import is_touchstone

    band_hz = parse_band(band) if band is not None else None
    if is_touchstone(path):
        _fit_resonance(
            path, folder, as_json, stated=stated, band_hz=band_hz, files=files, interval=interval
        )
    else:
        _fit_lines(
            path,
            folder,
            as_json,
            stated=stated,
            band_hz=band_hz,
            one_or_two=one_or_two,
            fano=fano,
            files=files,
            interval=interval,
        )


def _fit_resonance(
    path: Path,
    folder: Path,
    as_json: bool,
    *,
    stated: dict[str, Any],
    band_hz: tuple[float, float] | None,
    files: FigureFiles,
    interval: Method | None,
) -> None:
    from phonosync.analysis.figures.resonance import draw_resonance
    from phonosync.analysis.lines.resonance import fit_resonance
    from phonosync.analysis.lines.resonance_intervals import (
        bootstrapped_resonance,
        profiled_resonance,
    )
    from phonosync.analysis.measured.metadata import said_of
    from phonosync.analysis.measured.scattering import read_scattering

    element = said_of(path, stated).column
    result = fit_resonance(read_scattering(path, element=element, band_hz=band_hz))
    if interval == "profile":
        result = profiled_resonance(result)
    elif interval == "bootstrap":
        result = bootstrapped_resonance(result)
    pictures = files.write(draw_resonance(result), made(folder), f"{path.stem}.fit")
    if as_json:
        print(json.dumps(result.to_json()))
        return
    table = Table(title=f"Resonance in {result.name} of {path.name}", title_justify="left")
    for name in ("quantity", "value", "95 % interval"):
        table.add_column(name, justify="left" if name == "quantity" else "right")
    for row in result.rows():
        table.add_row(*row)
    _finish(
        table,
        [
            f"Residual {result.residual_rms:.2g} r.m.s., runs {result.runs_z:+.1f} σ.",
            *(f"Note: {note}" for note in result.notes),
            *(f"Figure: {picture}" for picture in pictures),
        ],
    )


def _fit_lines(
    path: Path,
    folder: Path,
    as_json: bool,
    *,
    stated: dict[str, Any],
    band_hz: tuple[float, float] | None,
    one_or_two: bool,
    fano: bool,
    files: FigureFiles,
    interval: Method | None,
) -> None:
    from phonosync.analysis.figures.lines import draw_lines
    from phonosync.analysis.lines.fit import fit_lines
    from phonosync.analysis.lines.intervals import bootstrapped_modes, profiled_modes
    from phonosync.analysis.lines.one_or_two import one_or_two as compare
    from phonosync.analysis.measured.spectra import read_spectrum

    spectrum = read_spectrum(path, band_hz=band_hz, **stated)
    result = fit_lines(spectrum, fano=fano)
    if interval == "profile":
        result = profiled_modes(result)
    elif interval == "bootstrap":
        result = bootstrapped_modes(spectrum, result)
    tests = (
        [compare(spectrum, result, number=n) for n in range(len(result.modes))]
        if one_or_two
        else []
    )
    pictures = files.write(draw_lines(spectrum, result), made(folder), f"{path.stem}.fit")
    if as_json:
        document = result.to_json()
        for mode, test in zip(document["modes"], tests, strict=False):
            mode["one_or_two"] = test.to_json()
        print(json.dumps(document, ensure_ascii=False))
        return
    _finish(
        _modes(path, result),
        [
            f"{result.averages:.4g} averages. {result.goodness.text()}",
            *(f"Mode {n}: {test.text()}" for n, test in enumerate(tests, start=1)),
            *(f"Note: {note}" for note in result.notes),
            *([f"Assumed, as nobody said otherwise: {result.assumed}."] if result.assumed else []),
            *(f"Figure: {picture}" for picture in pictures),
        ],
    )


def _modes(path: Path, result: LineFit) -> Table:
    table = Table(title=f"Mechanical modes in {path.name}", title_justify="left")
    for name in ("mode", "quantity", "value", "95 % interval"):
        table.add_column(name, justify="left" if name in ("mode", "quantity") else "right")
    for number, mode in enumerate(result.modes, start=1):
        table.add_row(str(number), "frequency (Hz)", *mode.frequency_hz.text())
        table.add_row("", "linewidth (Hz)", *mode.linewidth_hz.text())
        table.add_row("", f"area ({result.area_units})", *mode.area.text())
        if mode.inverse_q is not None:
            table.add_row("", "1/q (Fano; 0 Lorentzian)", *mode.inverse_q.text())
        table.add_section()
    return table


def _finish(table: Table, lines: list[str]) -> None:
    console = Console()
    console.print(table)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
