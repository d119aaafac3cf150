"""A survey's numbers as one xarray.Dataset with units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import UnstableError
from phonosync.theory.survey.measures import OF_A_STATE
from phonosync.theory.survey.plan import Results, Survey
from phonosync.theory.survey.robustness import (
    Criterion,
    fraction_interval,
    preferred_direction,
    synchronizes_one_way,
)
from phonosync.theory.synchronization import contrast, isolation_db

if TYPE_CHECKING:
    import xarray

SURVEY_SCHEMA = "phonosync survey 1"
_OTHERS = {
    "growth": ("growth rate of small deviations; positive: no stable steady state", "1/s"),
    "stable_states": ("number of stable steady states", "1"),
}
_KINDS = {"Hz": "frequency", "W": "power", "K": "temperature", "m": "length", "rad": "angle"}


def assemble(
    plan: Survey,
    results: Mapping[int, Results],
    *,
    criterion: Criterion | None = None,
    device_text: str | None = None,
) -> xarray.Dataset:
    """Join the chunks of a survey.

    The dimensions are the varied entries, then `device` (imperfect ones), `kerr` ("as given",
    "none"), `light`, `field` (+1, −1) and `mode`, where there are such. Without imperfect devices
    a measure has its own name. With them, `S_c` is that of the imperfect and `S_c_perfect` that of
    the perfect device. `contrast_light` compares the directions of light, `contrast_field` those of
    the field. `oscillating` marks what has no stable steady state: its measures are NaN. The
    fractions `one_way_light` and `one_way_field`, each with `_low` and `_high`, are of all devices.

    Args:
        plan: of the survey.
        results: chunk number -> what `run_chunk` returned.
        criterion: of synchronizing one way.
        device_text: the device file, kept as an attribute.

    Raises:
        UnstableError: no steady state is stable at any point in any direction.
    """
    import xarray

    criterion = criterion or Criterion()
    chunks = plan.chunks()
    coordinates = _coordinates(plan)
    variables: dict[str, Any] = {}
    for suffix, several in (("_perfect" if plan.devices else "", False), ("", True)):
        numbers = [k for k, chunk in enumerate(chunks) if (chunk.block is not None) == several]
        if not numbers:
            continue
        for name in results[numbers[0]]:
            flat = np.concatenate([results[k][name] for k in numbers])
            variables[name + suffix] = _variable(plan, name, flat, several)
    data = xarray.Dataset(variables, coordinates)
    if plan.devices:
        data = data.assign(_of_two_directions(data, "S_c_perfect", plan, "_perfect"))
    data = data.assign(_of_two_directions(data, "S_c", plan, ""))
    if plan.devices:
        data = data.assign(_fractions(data, criterion))
    for suffix in ("_perfect", "") if plan.devices else ("",):
        states = data["stable_states" + suffix]
        data["oscillating" + suffix] = (states == 0).assign_attrs(
            long_name="no stable steady state: the mean field oscillates"
        )
    if bool(data["oscillating"].all()):
        slowest = float(data["growth"].min())
        raise UnstableError(
            f"no stable steady state anywhere ({data['growth'].size} networks; the slowest grows "
            f"at {slowest:.3g}/s), so S_c is not defined; lower the drive, change the detuning, or "
            "see with phonosync predict how it oscillates."
        )
    said = plan.identity()
    said["device"] = plan.device.name
    if plan.devices:
        said["criterion"] = str(criterion)
    return data.assign_attrs(
        schema=SURVEY_SCHEMA,
        title=f"Survey of {plan.device.name}",
        device_file=device_text or plan.device.model_dump_json(),
        **said,
    )


def _coordinates(plan: Survey) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for axis in plan.axes:
        name, unit = axis.entry.name, axis.entry.unit
        found[name] = (
            name,
            axis.values,
            {"units": unit, "long_name": name, "quantity": _KINDS.get(unit, "")},
        )
    if plan.devices:
        said = "imperfect device" if plan.uncertainty is None else "device drawn from the fit"
        found["device"] = ("device", np.arange(plan.devices), {"long_name": said})
    if plan.without_kerr:
        found["kerr"] = ("kerr", list(plan.kerrs), {"long_name": "Kerr terms"})
    if len(plan.lights) > 1:
        found["light"] = ("light", list(plan.lights), {"long_name": "direction of light"})
    if len(plan.fields) > 1:
        found["field"] = ("field", list(plan.fields), {"long_name": "direction of the field"})
    if any(OF_A_STATE[name].per_mode for name in plan.measures if name in OF_A_STATE):
        found["mode"] = ("mode", list(plan.device.modes), {"long_name": "mode"})
    return found


def _variable(plan: Survey, name: str, flat: NDArray[Any], imperfect: bool) -> tuple[Any, ...]:
    """Shape (places, kerr, light, field[, mode]) to the dimensions of the dataset."""
    ways = {"kerr": len(plan.kerrs), "light": len(plan.lights), "field": len(plan.fields)}
    sizes = dict(zip((a.entry.name for a in plan.axes), plan.shape, strict=True))
    if imperfect:
        sizes["device"] = plan.devices
    sizes |= {way: n for way, n in ways.items() if n > 1}
    if flat.ndim == 5:
        sizes["mode"] = flat.shape[-1]
    measure = OF_A_STATE.get(name)
    long_name, unit = (measure.long_name, measure.units) if measure else _OTHERS[name]
    return tuple(sizes), flat.reshape(*sizes.values()), {"units": unit, "long_name": long_name}


def _directions(data: xarray.Dataset) -> list[str]:
    return [way for way in ("light", "field") if way in data.dims]


def _of_two_directions(
    data: xarray.Dataset, name: str, plan: Survey, suffix: str
) -> dict[str, Any]:
    """Contrast and isolation of S_c, for light and for the field."""
    import xarray

    found: dict[str, Any] = {}
    measures = [("contrast", contrast, "1"), ("isolation", isolation_db, "dB")]
    for way in _directions(data):
        both = [data[name].sel({way: sign}, drop=True) for sign in (+1, -1)]
        for measure, compare, unit in measures:
            if measure == "contrast" or measure in plan.measures:
                found[f"{measure}_{way}{suffix}"] = xarray.apply_ufunc(compare, *both).assign_attrs(
                    units=unit, long_name=f"{measure} of S_c between the directions of {way}"
                )
    return found


def _fractions(data: xarray.Dataset, criterion: Criterion) -> dict[str, Any]:
    import xarray

    S, perfect = data["S_c"], data["S_c_perfect"]
    if "kerr" in perfect.dims:
        perfect = perfect.sel(kerr="as given", drop=True)
    found: dict[str, Any] = {}
    for way in _directions(data):
        preferred = xarray.apply_ufunc(preferred_direction, perfect, input_core_dims=[[way]])
        passed = xarray.apply_ufunc(
            synchronizes_one_way, S, preferred, criterion, input_core_dims=[[way], [], []]
        )
        fraction = fraction_interval(passed.sum("device"), data.sizes["device"])
        said = f"fraction of devices that synchronize for one direction of {way}"
        for end, values in zip(("", "_low", "_high"), fraction, strict=True):
            attributes = {"units": "1", "long_name": said + (", 95 % interval" if end else "")}
            dims = passed.sum("device").dims
            found[f"one_way_{way}{end}"] = (dims, np.asarray(values), attributes)
        found[f"preferred_{way}"] = preferred.assign_attrs(
            long_name=f"direction of {way} in which the perfect device synchronizes better"
        )
    return found
