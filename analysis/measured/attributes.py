"""What the attributes of a netCDF, HDF5 or .npz file say of its numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from phonosync.analysis.measured.table import Table
from phonosync.theory.errors import InputError

_POSITIVE = {
    "sample_interval_s": "sample_rate",
    "sample_rate_hz": "sample_rate",
    "resolution_bandwidth_hz": "resolution_bandwidth",
    "frequency_start_hz": "frequency_start",
    "frequency_step_hz": "frequency_step",
}


def from_attributes(table: Table) -> dict[str, Any]:
    """What the attributes of a netCDF, HDF5 or .npz file say, as fields of `Metadata`.

    Raises:
        InputError: an attribute that should be a positive number is not one.
    """
    said: dict[str, Any] = {}
    attributes = table.attributes
    for name in ("window", "detector", "averaging", "sides", "unit", "kind"):
        if name in attributes:
            said[name] = str(attributes[name])
    for name, field in _POSITIVE.items():
        if name in attributes:
            value = _attribute(table, name)
            said[field] = f"{1 / value if name.endswith('_s') else value!r} Hz"
    for name in ("averages", "overlap"):
        if name in attributes:
            said[name] = _attribute(table, name, zero=name == "overlap")
    return said


def _attribute(table: Table, name: str, *, zero: bool = False) -> float:
    value = table.attributes[name]
    try:
        number = float(np.asarray(value).item())
    except (TypeError, ValueError):
        number = np.nan
    if not (np.isfinite(number) and (number > 0 or (zero and number == 0))):
        raise InputError(
            f"the attribute {name} in {table.path} is {value!r}, but a positive number is "
            "expected. Correct it."
        )
    return number
