"""Tables in text: CSV with a line of names, commas, semicolons or tabs, and # comments."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.measured.table import Table
from phonosync.theory.errors import InputError

LARGEST_TEXT = 100_000_000
"""Bytes: some three million rows; text beyond that costs minutes and gigabytes."""
EXPECTED = "frequency_hz,psd or time_s,voltage"


def read_csv(path: Path) -> Table:
    """Read all columns; one with a cell that is no number is `unusable`, with the line.

    Raises:
        InputError: not text, too large, no line of names, or no numbers.
    """
    size = path.stat().st_size
    if size > LARGEST_TEXT:
        raise InputError(
            f"{path} is {size / 1e6:.0f} MB of text, more than the {LARGEST_TEXT / 1e6:.0f} MB "
            "that are read. Cut the band, or save it as netCDF or NumPy (.npy)."
        )
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        content = "\0"
    if "\0" in content:
        raise InputError(
            f"{path} is neither text nor netCDF, HDF5 or NumPy. Export it as CSV with the columns "
            f"{EXPECTED}."
        )
    lines = [
        (number, line)
        for number, line in enumerate(content.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise InputError(f"{path} holds no numbers. Export the measurement again.")
    mark = next((mark for mark in ",;\t" if mark in lines[0][1]), ",")
    names = [name.strip() for name in next(csv.reader([lines[0][1]], delimiter=mark))]
    if all(_is_number(name) for name in names):
        raise InputError(
            f"{path} starts with the numbers {', '.join(names)[:60]}, but its first line must name "
            f"the columns: {EXPECTED}."
        )
    columns = _fast(names, lines[1:], mark)
    if columns is not None:
        return Table(path, columns)
    rows = csv.reader((line for _, line in lines[1:]), delimiter=mark)
    cells = [(number, row) for (number, _), row in zip(lines[1:], rows, strict=True)]
    columns, unusable = {}, {}
    for index, name in enumerate(names):
        try:
            columns[name] = _column(name, index, cells)
        except ValueError as wrong:
            unusable[name] = f"{path}, {wrong}"
    return Table(path, columns, unusable=unusable)


def _fast(names: list[str], lines: list[tuple[int, str]], mark: str) -> dict[str, NDArray] | None:
    """All columns at once, or None: where it fails numpy says too little."""
    if not lines:
        return {name: np.empty(0) for name in names}
    try:
        table = np.loadtxt(
            (line for _, line in lines), delimiter=mark, usecols=range(len(names)), ndmin=2
        )
    except (ValueError, IndexError):
        return None
    return dict(zip(names, table.T, strict=True)) if np.isfinite(table).all() else None


def _column(name: str, index: int, rows: list[tuple[int, list[str]]]) -> NDArray:
    numbers = np.empty(len(rows))
    for i, (line, row) in enumerate(rows):
        cell = row[index].strip() if index < len(row) else ""
        if wrong := _wrong(name, cell):
            raise ValueError(f"line {line}: {wrong}")
        numbers[i] = float(cell)
    return numbers


def _wrong(name: str, cell: str) -> str:
    if not cell:
        return f"no value for {name}. Complete or delete this line."
    if not _is_number(cell):
        return f"{cell[:60]!r} in column {name} is not a number. Write numbers like 1.5e-9."
    if not np.isfinite(float(cell)):
        return f"{cell} in column {name} is no measurement. Remove or repair it."
    return ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
