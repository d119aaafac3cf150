"""The text of a device file, and the same text with other numbers in it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phonosync.theory.device import Device, device_path
from phonosync.theory.device.entries import Entry
from phonosync.theory.errors import InputError

_PREFIXES = {
    "Hz": ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz")),
    "W": ((1.0, "W"), (1e-3, "mW"), (1e-6, "uW"), (1e-9, "nW"), (1e-12, "pW"), (1e-15, "fW")),
    "K": ((1.0, "K"), (1e-3, "mK")),
    "T": ((1.0, "T"), (1e-3, "mT"), (1e-6, "uT")),
    "m": ((1.0, "m"), (1e-3, "mm"), (1e-6, "um"), (1e-9, "nm")),
}


def device_text(name_or_path: str | Path) -> str:
    """The text of a shipped device's file, or of one at a path (see `load_device`).

    Raises:
        InputError: no such device or file.
    """
    path = device_path(name_or_path)
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the name.") from error


def write_quantity(value: float, unit: str, *, digits: int = 6) -> str:
    """A number with its unit, to six digits or as many as asked for, as device files are written.

    >>> write_quantity(8657000.0, "Hz"), write_quantity(0.000197284, "W"), write_quantity(20.0, "1")
    ('8.657 MHz', '197.284 uW', '20')
    """
    if unit == "1":
        return f"{value:.{digits}g}"
    if value == 0:
        return f"0 {unit}"
    choices = _PREFIXES.get(unit, ((1.0, unit),))
    scale, shown = next(((s, u) for s, u in choices if abs(value) >= s), choices[-1])
    return f"{value / scale:.{digits}g} {shown}"


def edit_device_text(
    text: str,
    device: Device,
    values: Mapping[Entry, float],
    said: str,
    *,
    digits: Mapping[Entry, int] | None = None,
) -> str:
    """A device file with other numbers; what is not changed keeps its words and its comments.

    Args:
        text: the file.
        device: as the new file shall read; its name is the new one.
        values: entry -> value in the entry's SI unit.
        said: lines that go before the file as a comment.
        digits: of each value, where six are not enough.
    """
    from ruamel.yaml import YAML

    yaml = YAML()  # keeps comments and order
    yaml.width = 100
    yaml.indent(mapping=2, sequence=4, offset=2)
    content: Any = yaml.load(text)
    content["name"] = device.name
    for entry, value in values.items():
        node = content
        for key in entry.path[:-1]:
            if isinstance(key, str) and key not in node:
                node[key] = {}
            node = node[key]
        written = write_quantity(value, entry.unit, digits=(digits or {}).get(entry, 6))
        node[entry.path[-1]] = float(written) if entry.unit == "1" else written
    for name, mode in device.modes.items():
        if mode.occupation is None:  # a new temperature rules
            content["modes"][name].pop("occupation", None)
    buffer = io.StringIO()
    yaml.dump(content, buffer)
    comment = "".join(f"# {line}".rstrip() + "\n" for line in said.splitlines())
    return comment + buffer.getvalue()
