"""What `phonosync design` does and prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from phonosync.experiments.screens.survey import names
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.theory.device import Device
    from phonosync.theory.survey.design import Design, Goal, OperatingPoint


def design(
    device_name: str,
    free: Sequence[str],
    *,
    objective: str,
    require: Sequence[str],
    branch: str | None,
    pair: str | None,
    seed: int,
    generations: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Search, write the device file, print before and after."""
    from phonosync.theory.device import load_device
    from phonosync.theory.survey.axes import parse_ranges
    from phonosync.theory.survey.design import Goal, parse_requirements
    from phonosync.theory.survey.design import design as search

    device = load_device(device_name)
    ranges = parse_ranges(device, free)
    goal = Goal(objective, parse_requirements(require))
    path = _free(out if out is not None else Path(f"{device.name}_designed.yaml"))
    console = Console(stderr=True)
    with console.status(f"Searching {len(ranges)} entries of {device.name}") as status:

        def watch(generation: int, value: float) -> None:
            said = "nothing that is allowed yet" if np.isnan(value) else f"{objective} {value:.4f}"
            status.update(f"Generation {generation} of at most {generations}: {said}")

        found = search(
            device,
            ranges,
            goal=goal,
            branch=branch,
            pair=names(pair),
            seed=seed,
            generations=generations,
            watch=watch,
        )
    said = (
        f"Found by phonosync design from {device.name}, seed {seed}:\n{_claim(found, goal)}\n"
        f"The words below are those of {device.name}."
    )
    _write(device_name, found, path, said)
    if as_json:
        print(json.dumps(_json(found, device, goal, path), ensure_ascii=False))
        return
    _show(found, device, goal, path)


def _free(path: Path) -> Path:
    if path.suffix not in (".yaml", ".yml"):
        raise InputError(f"{path} is not the name of a device file; end it with .yaml.")
    if path.exists():
        raise InputError(f"{path} is there already; give another file with --out.")
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent}; make it, or give another --out.")
    return path


def _claim(found: Design, goal: Goal) -> str:
    best = int(np.nanargmax(found.after.S_c))
    direction = _directions(found)[best]
    S_c = found.after.S_c[best]
    return f"{goal.objective} {found.after.value:.4f}, S_c {S_c:.4f} for {direction}."


def _directions(found: Design) -> list[str]:
    """The directions in words; of the field only where it matters."""
    several = len({field for _, field in found.after.directions}) > 1
    return [
        f"light {light:+d}, field {field:+d}" if several else f"light {light:+d}"
        for light, field in found.after.directions
    ]


def _write(device_name: str, found: Design, path: Path, said: str) -> None:
    """Write the device file, after a check that it can be read and says what was found."""
    from phonosync.theory.device import device_from_text
    from phonosync.theory.device.text import device_text, edit_device_text

    named = found.device.model_copy(update={"name": path.stem})
    text = edit_device_text(device_text(device_name), named, found.values, said)
    if device_from_text(text, str(path)) != named:
        raise InputError(
            f"{device_name} cannot be edited; write its entries on lines of their own."
        )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}); give another file with --out."
        ) from error


def _show(found: Design, device: Device, goal: Goal, path: Path) -> None:
    from phonosync.theory.device.entries import entry_value
    from phonosync.theory.device.text import write_quantity

    table = Table(title=f"Design from {device.name}", title_justify="left")
    for name in ("", "before", "after"):
        table.add_column(name, justify="right" if name else "left")
    for entry, value in found.values.items():
        old = entry_value(device, entry)
        said = write_quantity(old, entry.unit) if isinstance(old, float) else "—"
        table.add_row(entry.name, said, write_quantity(value, entry.unit))
    table.add_section()
    for direction, before, after in zip(
        _directions(found), found.before.S_c, found.after.S_c, strict=True
    ):
        table.add_row(f"S_c, {direction}", _number(before), _number(after))
    table.add_section()
    table.add_row(goal.objective, _number(found.before.value), _number(found.after.value))
    console = Console()
    console.print(table)
    console.print(
        f"{found.evaluations} devices tried. Device file: {path}", highlight=False, soft_wrap=True
    )


def _number(value: float) -> str:
    return "not steady" if np.isnan(value) else f"{value:.4f}"


def _json(found: Design, device: Device, goal: Goal, path: Path) -> dict[str, Any]:
    def point(at: OperatingPoint) -> dict[str, Any]:
        rows = [
            {"light": light, "field": field, "S_c": None if np.isnan(S) else float(S)}
            for (light, field), S in zip(at.directions, at.S_c, strict=True)
        ]
        return {"value": None if np.isnan(at.value) else at.value, "directions": rows}

    return {
        "from": device.name,
        "file": str(path),
        "objective": goal.objective,
        "require": goal.least,
        "values": {entry.name: value for entry, value in found.values.items()},
        "units": {entry.name: entry.unit for entry in found.values},
        "before": point(found.before),
        "after": point(found.after),
        "evaluations": found.evaluations,
    }
