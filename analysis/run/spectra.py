"""What a run's spectra say without any model of the device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.nonreciprocity.branches import bistability_notes, bistable
from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity
from phonosync.analysis.nonreciprocity.control import subtract_control
from phonosync.analysis.nonreciprocity.crossed import crossed_effects
from phonosync.analysis.run.comparison import compare
from phonosync.analysis.run.equal_settings import at_equal_settings
from phonosync.analysis.run.grid import Grid, interval_at, setting_dims
from phonosync.analysis.run.quads import quads_of
from phonosync.analysis.run.reference import (
    Reference,
    effective_averages,
    in_shot_noise_units,
    reference_of,
)
from phonosync.analysis.run.setting import directions_of, settings_of, turned
from phonosync.analysis.statistics.interval import SIGMAS_95, mean_interval
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

CONTROL_MARGIN_DB = 0.5
"""What an instrument may favour a direction by before its control counts as not reciprocal."""


@dataclass(frozen=True, eq=False)
class SpectraAnalysis:
    """Spectra in shot-noise units and how the directions differ, model-free.

    Attributes:
        spectra: over (light, field, swept, branch, frequency): `power` in shot-noise units, mean of
            the repeats; without frequency `averages`, K of Gamma(K, S/K) (0: not measured), and
            `excess`, noise above shot noise in the band in its units, with `_low`, `_high` from the
            scatter of the repeats.
        compared: what was turned ("light", "field") -> dataset over the other direction, swept and
            branch: `contrast` of the excess noise power and `isolation` (dB) with `_low` and
            `_high`; `quads`; `p`, `q`, `p_family` of whole spectra; `effect`, `memory`, `drift`,
            `curvature` of the excess within quads with `_low` and `_high`.
        reference: the unit.
        at_equal_settings: what was turned -> `contrast` and `isolation` at read-backs common to
            both directions, by interpolation along a sweep; empty where nothing of the kind is
            swept or read back.
        crossed: over swept and branch: `light`, `field`, `interaction` of the excess with `_low`,
            `_high`, and `light_p`, `field_p`, `interaction_p` of whole spectra; None unless both
            were turned.
        control: what was turned -> over the other direction: `control` (dB, the control's own
            isolation), and over swept and branch too: `contrast`, `isolation` of the device, the
            control's taken off; empty without a control.
        notes: each said once.
    """

    spectra: xarray.Dataset
    compared: Mapping[str, xarray.Dataset]
    reference: Reference
    at_equal_settings: Mapping[str, xarray.Dataset]
    crossed: xarray.Dataset | None
    control: Mapping[str, xarray.Dataset]
    notes: tuple[str, ...]


def analyse_spectra(data: xarray.Dataset) -> SpectraAnalysis:
    """Everything that needs no model: see `SpectraAnalysis`.

    Branches are compared like with like: each is a coordinate of its own.

    Args:
        data: as checked by `schema.check_run`.

    Raises:
        InputError: no shot-noise reference.
    """
    reference = reference_of(data)
    notes = list(reference.notes)
    spectra = _averaged(data, reference)
    compared, equal, control = {}, {}, {}
    for name in turned(data):
        compared[name], said = compare(data, reference, name)
        notes += said
        found, said = at_equal_settings(data, spectra, reference, name)
        notes += said
        if found is not None:
            equal[name] = found
        if "control_psd" in data:
            control[name], said = _controlled(data, reference, name, compared[name])
            notes += said
        notes += _of_branches(spectra, name)
    crossed = None
    if len(compared) == 2:
        crossed, said = _crossed(data, reference)
        notes += said
    return SpectraAnalysis(
        spectra, compared, reference, equal, crossed, control, tuple(dict.fromkeys(notes))
    )


def _averaged(data: xarray.Dataset, reference: Reference) -> xarray.Dataset:
    """Mean spectrum, averages and excess of every direction and setting."""
    dims = ("light", "field", *setting_dims(data))
    grid = Grid(data, dims)
    shape = (*(data.sizes[dim] for dim in dims), data.sizes["frequency"])
    mean = np.full(shape, np.nan)
    K = effective_averages(data, reference)
    for setting in settings_of(data):
        here = setting.select(data)
        for light, field in directions_of(data):
            at = {"light": light, "field": field, **setting.at}
            alone = here.sel(light=light, field=field)
            power = in_shot_noise_units(alone, reference).transpose("repeat", "frequency").values
            power = power[np.isfinite(power).all(axis=1)]
            grid.put("averages", at, K * len(power))
            if not len(power):
                continue
            place = tuple(data[dim].values.tolist().index(at[dim]) for dim in dims)
            mean[place] = power.mean(axis=0)
            grid.put("excess", at, mean_interval(power.mean(axis=1) - 1))
    found = grid.dataset().assign_coords(frequency=data["frequency"])
    found["power"] = ((*dims, "frequency"), mean, {"units": "1", "long_name": "noise power"})
    return found


def _crossed(data: xarray.Dataset, reference: Reference) -> tuple[xarray.Dataset, tuple[str, ...]]:
    """Main effects and interaction at every setting."""
    grid, notes = Grid(data, setting_dims(data)), []
    for setting in settings_of(data):
        here = setting.select(data)
        power = in_shot_noise_units(here, reference)
        of_light = {
            light: quads_of(here.sel(light=light), power.sel(light=light), "field")
            for light in (1, -1)
        }
        plus, minus = of_light[1], of_light[-1]
        common = np.intersect1d(plus.numbers, minus.numbers)
        if len(common) < 2:
            notes.append("no effects of light and field crossed: fewer than two complete quads.")
            continue
        values = np.stack(
            [_by_visit(quads, common) for quads in (plus, minus)], axis=3
        )  # (Q, field, visit, light, F)
        tested = crossed_effects(values)
        sized = crossed_effects(values.mean(axis=-1) - 1)
        for name in ("light", "field", "interaction"):
            grid.put(name, setting.at, getattr(sized, name).difference)
            grid.put(f"{name}_p", setting.at, getattr(tested, name).p_value)
    return grid.dataset(), tuple(notes)


def _by_visit(quads: Any, numbers: Any) -> Any:
    """Spectra of the wanted quads, shape (Q, 2 fields, 2 visits, F)."""
    rows = np.searchsorted(quads.numbers, numbers)
    power, signs = quads.power[rows], quads.signs[rows]
    ways = [power[signs == s].reshape(len(rows), 2, power.shape[2]) for s in (1, -1)]
    return np.stack(ways, axis=1)


def _controlled(
    data: xarray.Dataset, reference: Reference, name: str, compared: xarray.Dataset
) -> tuple[xarray.Dataset, tuple[str, ...]]:
    """The control's own isolation, and the run's with it taken off."""
    import xarray

    own = {name: str(name).removeprefix("control_") for name in data.data_vars}
    alone = xarray.Dataset({new: data[old] for old, new in own.items() if new != old})
    alone = alone.rename(control_repeat="repeat").expand_dims(branch=["up"])
    alone = alone.assign_coords({n: data[n] for n in ("light", "field", "frequency")})
    alone = alone.assign_attrs(data.attrs)
    found, said = compare(alone, reference, name)
    # A control is too short for its own test, and for memory within its quads.
    silent = ("p-value", "memory and drift")
    notes = [f"control: {note}" for note in said if not any(part in note for part in silent)]
    grid = Grid(data, compared["quads"].dims)  # pyright: ignore[reportArgumentType]
    other = str(compared["quads"].dims[0])
    for setting in settings_of(data):
        for way in data[other].values.tolist():
            at = {**setting.at, other: way}
            instrument = _nonreciprocity(found, {other: way, "branch": "up"})
            grid.put("control", at, instrument.isolation_db, unit="dB")
            try:
                device = subtract_control(
                    _nonreciprocity(compared, at), instrument, margin_db=CONTROL_MARGIN_DB
                )
            except InputError as error:
                notes.append(str(error))
                continue
            grid.put("contrast", at, device.device.contrast)
            grid.put("isolation", at, device.device.isolation_db, unit="dB")
            notes.append(device.note)
    return grid.dataset(), tuple(dict.fromkeys(notes))


def _nonreciprocity(found: xarray.Dataset, at: dict[str, Any]) -> Nonreciprocity:
    return Nonreciprocity(interval_at(found, "contrast", at), interval_at(found, "isolation", at))


def _of_branches(spectra: xarray.Dataset, name: str) -> list[str]:
    """Where the way up and the way down end in different states, in which direction."""
    if spectra.sizes.get("branch", 1) < 2:
        return []
    error = (spectra["excess_high"] - spectra["excess_low"]) / 2 / SIGMAS_95
    ways = [
        bistable(spectra["excess"].sel({name: s}, drop=True), error.sel({name: s}, drop=True))
        for s in (1, -1)
    ]
    return [f"{name}: {note}" for note in bistability_notes(*ways)]
