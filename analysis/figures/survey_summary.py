"""A survey in a few numbers: where it is best, how imperfect devices scatter."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from phonosync.analysis.figures.survey_panels import compared, said, varied, ways


def best_points(data: xr.Dataset) -> list[dict[str, Any]]:
    """Where S_c of each direction, and each contrast, are largest, for perfect devices.

    Returns:
        For each the quantity, the direction, the value and the entries' values (SI units); None
        where nothing is defined.
    """
    rows = []
    for name in ("S_c", *(f"contrast_{way}" for way in compared(data))):
        for way in ways(data[name], "kerr", "light", "field"):
            values = data[name].sel(way).transpose(*varied(data))
            row: dict[str, Any] = {"largest": name, "for": said(way) or None, "value": None}
            size = np.where(np.isnan(values), -1.0, np.abs(values))
            place = np.unravel_index(np.argmax(size), size.shape)
            if size[place] >= 0:
                row["value"] = float(values.values[place])
                for axis, k in zip(varied(data), place, strict=True):
                    row[_with_unit(data, axis)] = float(data[axis][k])
            rows.append(row)
    return rows


def statistics(data: xr.Dataset) -> list[dict[str, Any]]:
    """How imperfect devices scatter, at every point of the map.

    Returns:
        For each point, with and without Kerr, and each pair of directions that is compared: 5, 50
        and 95 % of S_c in both and of the contrast; the fraction that synchronizes one way between
        the ends of its 95 % interval; how many have no stable state in one of the two.
    """
    rows = []
    for way in compared(data):
        for place in ways(data[f"contrast_{way}"], *varied(data), "kerr", "light", "field"):
            some = data.sel(place)
            row: dict[str, Any] = {
                _with_unit(data, name): value
                for name, value in place.items()
                if name not in ("kerr", "light", "field")
            }
            if "kerr" in place:
                row["Kerr"] = place["kerr"]
            fixed = [f", {k} {v:+d}" for k, v in place.items() if k in ("light", "field")]
            row["directions"] = f"{way} ±1" + "".join(fixed).replace("-", "−")
            for sign in (+1, -1):
                row[f"S_c {sign:+d}"] = _quantiles(some["S_c"].sel({way: sign}))
            row["contrast"] = _quantiles(some[f"contrast_{way}"])
            row["one way"] = [float(some[f"one_way_{way}{end}"]) for end in ("_low", "", "_high")]
            row["oscillate"] = int(some["oscillating"].any(way).sum())
            rows.append(row)
    return rows


def _with_unit(data: xr.Dataset, axis: str) -> str:
    unit = data[axis].attrs["units"]
    return axis if unit == "1" else f"{axis} ({unit})"


def _quantiles(values: xr.DataArray) -> list[float] | None:
    """5, 50 and 95 % of the finite values."""
    known = values.values[np.isfinite(values.values)]
    return [float(q) for q in np.quantile(known, [0.05, 0.5, 0.95])] if len(known) else None
