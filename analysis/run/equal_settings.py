"""Directions compared at equal power or field as read back, not as asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.nonreciprocity.common_settings import at_common_settings, common_settings
from phonosync.analysis.nonreciprocity.contrast import nonreciprocity
from phonosync.analysis.run.grid import Grid, other_direction, setting_dims
from phonosync.analysis.run.reference import Reference
from phonosync.analysis.statistics.interval import SIGMAS_95
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

_UNEQUAL = 1e-3  # relative: less is below what lasers and magnets repeat
_SURE = 4.0  # standard errors
READ_BACKS = {
    "laser_power": ("monitor_power", "laser_power_read"),
    "microwave_power": ("microwave_power_read",),
    "field_size": ("field",),
}
"""What is swept -> what tells how large it was, the best first."""


def at_equal_settings(
    data: xarray.Dataset, spectra: xarray.Dataset, reference: Reference, turned: str
) -> tuple[xarray.Dataset | None, tuple[str, ...]]:
    """Contrast of the excess noise at read-backs common to both directions.

    Each direction's excess A is interpolated along the sweep by straight lines between neighbours,
    with the errors of A, of the line's bend, and of the common unit (−(1 + A) ε for a unit wrong by
    ε).

    Args:
        data: the run.
        spectra: `SpectraAnalysis.spectra`.
        reference: the unit.
        turned: "light" or "field".

    Returns:
        Over the other direction, swept and branch: `contrast`, `isolation` with ends,
        `common_setting` in the read-back's unit; None where nothing of the kind is swept or where
        both directions agree. And notes.
    """
    swept = next((dim for dim in READ_BACKS if data.sizes.get(dim, 1) > 1), None)
    read, name = _read_back(data, swept or "laser_power")
    if read is None:
        return None, ()
    mean, error = read.mean("repeat"), read.std("repeat", ddof=1) / read.count("repeat") ** 0.5
    plus, minus = (mean.sel({turned: s}, drop=True) for s in (1, -1))
    apart, known = plus - minus, (error**2).sum(turned) ** 0.5
    unequal = (abs(apart) > _UNEQUAL * abs(plus + minus) / 2) & (abs(apart) > _SURE * known)
    if not bool(unequal.any()):
        return None, ()
    share = float((apart / minus).where(unequal).max())
    said = (
        f"{name.replace('_', ' ')} differs between the directions of {turned} by up to {share:.2%}"
    )
    if swept is None:
        return None, (f"{said}; sweep it, so that both can be compared at equal values.",)
    dims = (other_direction(turned), *setting_dims(data))
    grid, notes = Grid(data, dims), [f"{said}; 'at equal settings' compares them at common ones."]
    outer = [dim for dim in dims if dim != swept]
    for place in np.ndindex(*(data.sizes[dim] for dim in outer)):
        at = {dim: data[dim].values.tolist()[k] for dim, k in zip(outer, place, strict=True)}
        ways = [spectra.sel({turned: s, **at}) for s in (1, -1)]
        settings = [part.sel(at).values for part in (plus, minus)]
        try:
            common = common_settings(*settings)
            found = [
                at_common_settings(
                    setting,
                    way["excess"].values,
                    ((way["excess_high"] - way["excess_low"]) / 2 / SIGMAS_95).values,
                    common=common,
                )
                for setting, way in zip(settings, ways, strict=True)
            ]
        except InputError as problem:
            notes.append(f"no comparison at equal {name}: {problem}")
            continue
        for k, value in enumerate(data[swept].values.tolist()):
            A = np.array([one.values[k] for one in found])
            unit = reference.relative_error * (1 + A)
            V = np.diag([one.covariance[k, k] for one in found]) + np.outer(unit, unit)
            result = nonreciprocity(float(A[0]), float(A[1]), V)
            here = {**at, swept: value}
            grid.put("contrast", here, result.contrast)
            grid.put("isolation", here, result.isolation_db, unit="dB")
            grid.put("common_setting", here, float(common[k]), unit=str(read.attrs["units"]))
    compared = grid.dataset()
    return compared if compared.data_vars else None, tuple(dict.fromkeys(notes))


def _read_back(data: xarray.Dataset, quantity: str) -> tuple[Any, str]:
    """How large a quantity was, over (light, field, swept, branch, repeat), and its name."""
    for name in READ_BACKS[quantity]:
        if name in data:
            return data[name], name
    if quantity == "field_size" and "field_x" in data:
        squares = sum(data[f"field_{axis}"] ** 2 for axis in "xyz")
        return (squares**0.5).assign_attrs(units="T"), "field size"  # pyright: ignore[reportAttributeAccessIssue]
    return None, ""
