"""Theory along a run's sweep, at the settings and between them, with what it does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.run.conditions import condition_of
from phonosync.analysis.run.grid import Grid, direction, other_direction, setting_dims
from phonosync.analysis.run.setting import directions_of, settings_of, turned
from phonosync.analysis.run.traces import Place
from phonosync.analysis.schema import swept
from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.theory.device import Device

if TYPE_CHECKING:
    import xarray

_POINTS = 31  # along a sweep


@dataclass(frozen=True, eq=False)
class SweepPrediction:
    """What theory expects along a run's sweep.

    Attributes:
        settings: over (light, field, swept, branch): `S_c` with `_low` and `_high` (95 %), `S_c_68`
            with its own (68 %). NaN where the device oscillates; no ends where nothing says how
            well it is known.
        compared: what was turned -> over (the other direction, swept, branch): `contrast` and
            `contrast_68` likewise.
        band: what it is the band of, in words; "" where there is none.
    """

    settings: xarray.Dataset
    compared: Mapping[str, xarray.Dataset]
    band: str


def finer(data: xarray.Dataset) -> xarray.Dataset:
    """A run's directions, branches and settings; of one swept quantity, also values between."""
    import xarray

    dims = swept(data)
    coords = {name: data[name] for name in ("light", "field", *dims, "branch")}
    several = [dim for dim in dims if data.sizes[dim] > 1]
    if len(several) == 1:
        (dim,) = several
        measured = np.sort(data[dim].values.astype(float))
        steps = len(measured) - 1
        between = max(1, round((_POINTS - 1) / steps))
        places = np.arange(steps * between + 1) / between
        values = np.interp(places, np.arange(len(measured)), measured)
        coords[dim] = xarray.DataArray(values, dims=dim, name=dim, attrs=data[dim].attrs)
    shape = tuple(coords[name].size for name in coords)
    return xarray.Dataset({"quad": (tuple(coords), np.zeros(shape))}, coords=coords)


def sweep_conditions(
    fine: xarray.Dataset, data: xarray.Dataset, device: Device
) -> dict[Place, Condition]:
    """The condition of every direction, setting and branch.

    Args:
        fine: settings, from `finer`.
        data: the run.
        device: as from `device_of_run`.
    """
    return {
        (light, field, setting): condition_of(device, data, setting, light=light, field=field)
        for setting in settings_of(fine)
        for light, field in directions_of(fine)
    }


def prediction(
    fine: xarray.Dataset,
    known: list[Place],
    S_c: Callable[[Place], dict[str, Interval]],
    chi: Callable[[Place, Place], dict[str, Interval]],
    band: str,
) -> SweepPrediction:
    """Put numbers place by place into a prediction.

    Args:
        fine: settings, from `finer`.
        known: places at rest; the others stay NaN.
        S_c: place -> intervals of S_c by the end of their name ("", "_68").
        chi: places of both directions -> intervals of the contrast, likewise.
        band: in words.
    """
    settings, compared = Grid(fine, ("light", "field", *setting_dims(fine))), {}
    grids = {
        name: Grid(fine, (other_direction(name), *setting_dims(fine))) for name in turned(fine)
    }
    for light, field, setting in known:
        at = {"light": light, "field": field, **setting.at}
        for end, interval in S_c((light, field, setting)).items():
            settings.put(f"S_c{end}", at, interval)
        for name, grid in grids.items():
            if at[name] != 1:
                continue
            other = (*direction(name, -1, at[other_direction(name)]), setting)
            found = chi((light, field, setting), other) if other in known else {"": UNKNOWN}
            for end, interval in found.items():
                grid.put(f"contrast{end}", at, interval)
    compared = {name: grid.dataset() for name, grid in grids.items()}
    return SweepPrediction(settings.dataset(), compared, band)
