"""What `phonosync check` prints."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from phonosync.experiments.rig.check import Finding, check_rig, exit_code, missing
from phonosync.experiments.rig.file import load_rig
from phonosync.instruments.introductions.introduction import Limit
from phonosync.theory.device.text import write_quantity


def check(path: Path, as_json: bool) -> None:
    """Check a rig and print what was found; exit 2 or 3 when something is wrong."""
    rig_file = load_rig(path, needs=())
    findings = check_rig(rig_file)
    lacking = missing(rig_file)
    if as_json:
        print(json.dumps({"instruments": [_plain(f) for f in findings], "missing": lacking}))
    else:
        _show(path, findings, lacking)
    if code := exit_code(findings):
        raise SystemExit(code)


def _plain(finding: Finding) -> dict:
    return {**asdict(finding), "problems": [said for _, said in finding.problems]}


def _show(path: Path, findings: list[Finding], lacking: list[str]) -> None:
    console = Console()
    table = Table(title=f"Rig: {path}", title_justify="left")
    table.add_column("role", no_wrap=True)
    table.add_column("found, and its limits")
    for finding in findings:
        limits = [*map(limit_text, finding.limits), *_allowed(finding)]
        table.add_row(finding.place, "\n".join([*_found(finding), *limits]), end_section=True)
    console.print(table)
    for sentence in lacking:
        console.print(sentence, highlight=False, soft_wrap=True)
    problems = [f"{f.place}: {said}" for f in findings for _, said in f.problems]
    for problem in problems:
        console.print(problem, highlight=False, soft_wrap=True, markup=False)
    if not problems:
        console.print("All instruments are what the file says. Nothing was changed.")


def _found(finding: Finding) -> list[str]:
    found = finding.identity
    if found is None:
        return [finding.address]
    pairs = (
        (f"{found.vendor} {found.model}", found.model, finding.expected_model),
        (f"firmware {found.firmware}", found.firmware, finding.expected_firmware),
    )
    lines = [
        said if expected in (None, value) else f"{said} (expected {expected})"
        for said, value, expected in pairs
    ]
    return [*lines, finding.address]


def limit_text(limit: Limit) -> str:
    """Write a limit.

    >>> limit_text(Limit("wavelength", 1.48e-6, 1.64e-6, "m"))
    'wavelength 1480 to 1640 nm'
    >>> limit_text(Limit("power", 1e-4, 1.5e-2, "W"))
    'power 100 uW to 15 mW'
    >>> limit_text(Limit("voltage", None, 5.0, "V"))
    'voltage up to 5 V'
    """
    low, high = (None if end is None else _text(end, limit.unit) for end in (limit.low, limit.high))
    if limit.low == limit.high:
        return f"{limit.what} {high}"
    if low is None:
        return f"{limit.what} up to {high}"
    if high is None:
        return f"{limit.what} from {low}"
    if limit.low == -(limit.high or 0.0):
        return f"{limit.what} ±{high}"
    if low.split()[1:] == high.split()[1:]:  # one unit will do
        low = low.split()[0]
    return f"{limit.what} {low} to {high}"


def _text(value: float, unit: str) -> str:
    """A number with its unit; light has its wavelength in nm."""
    return f"{value / 1e-9:.6g} nm" if unit == "m" else write_quantity(value, unit or "1")


def _allowed(finding: Finding) -> list[str]:
    return [
        f"this file: {name} {low:g} to {high:g}" for name, (low, high) in finding.allowed.items()
    ]
