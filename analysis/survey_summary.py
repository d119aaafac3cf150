"""A survey in a few numbers: where it is best, how imperfect devices scatter."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from phonosync.analysis.survey_panels import varied, ways


def best_points(data: xr.Dataset) -> list[dict[str, Any]]:
    """Where S_c of each direction, and the contrast, are largest, for perfect devices.

    Returns:
        For each a mapping of the quantity, the direction, its value and the entries' values (SI
        units); None where nothing is defined.
    """
    rows = []
    for name in ("S_c", "contrast"):
        for way in ways(data[name], "kerr", "light", "field"):
            values = data[name].sel(way).transpose(*varied(data))
            row: dict[str, Any] = {"largest": name, **_words(data, way), "value": None}
            size = np.where(np.isnan(values), -1.0, np.abs(values))
            place = np.unravel_index(np.argmax(size), size.shape)
            if size[place] >= 0:
                row["value"] = float(values.values[place])
                for axis, k in zip(varied(data), place, strict=True):
                    row[f"{axis} ({data[axis].attrs['units']})"] = float(data[axis][k])
            rows.append(row)
    return rows


def statistics(data: xr.Dataset) -> list[dict[str, Any]]:
    """How imperfect devices scatter, at every point of the map.

    Returns:
        For each point, with and without Kerr, and direction of the field: 5, 50 and 95 % of S_c
        for both directions of light and of the contrast; the fraction that synchronizes one way
        between the ends of its 95 % interval; how many have no stable state in some direction.
    """
    rows = []
    for way in ways(data["contrast"], *varied(data), "kerr", "field"):
        some = data.sel(way)
        row: dict[str, Any] = _words(data, way)
        for light in (+1, -1):
            row[f"S_c {light:+d}"] = _quantiles(some["S_c"].sel(light=light))
        row["contrast"] = _quantiles(some["contrast"])
        row["one way"] = [float(some[f"one_way{end}"]) for end in ("_low", "", "_high")]
        row["oscillate"] = int(some["oscillating"].any("light").sum())
        rows.append(row)
    return rows


def _words(data: xr.Dataset, way: dict[str, Any]) -> dict[str, Any]:
    units = {name: data[name].attrs.get("units") for name in way}
    return {f"{n} ({units[n]})" if units[n] else n: value for n, value in way.items()}


def _quantiles(values: xr.DataArray) -> list[float] | None:
    """5, 50 and 95 % of the finite values."""
    known = values.values[np.isfinite(values.values)]
    return [float(q) for q in np.quantile(known, [0.05, 0.5, 0.95])] if len(known) else None
