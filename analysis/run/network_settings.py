"""What a fitted device says of every setting of a run, over the run's own dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.models.synchronization import NetworkSynchronization
from phonosync.analysis.run.grid import Grid, other_direction, setting_dims
from phonosync.analysis.run.traces import Place

if TYPE_CHECKING:
    import xarray


def network_settings(
    data: xarray.Dataset,
    fit: NetworkFit,
    said: NetworkSynchronization,
    traces: Mapping[Place, int],
    before: Mapping[Place, dict[str, float] | None],
) -> xarray.Dataset:
    """`NetworkAnalysis.settings`: what was fitted, and theory of the file, setting by setting.

    Args:
        data: the run.
        fit: of the device.
        said: synchronization under every condition of the fit.
        traces: place -> number of its spectrum in the fit, or of its first S-parameter.
        before: place -> theory of the device file; None where it oscillates.
    """
    grid = Grid(data, ("light", "field", *setting_dims(data)))
    by_condition = {id(state.condition): state for state in said.states}
    observed, deviance = fit.model.observations.traces, fit.deviance_z
    for (light, field, setting), theory in before.items():
        at = {"light": light, "field": field, **setting.at}
        for name, value in (theory or {}).items():
            grid.put(f"{name}_theory", at, value)
        k = traces.get((light, field, setting))
        if k is None:
            continue
        state = by_condition[id(observed[k].condition)]
        for name in ("S_c", "S_p", "S_phi", "E_N"):
            grid.put(name, at, getattr(state, name))
        for j, quanta in enumerate(state.occupations, start=1):
            grid.put(f"occupation_{j}", at, quanta)
        if isinstance(observed[k], NoiseSpectrum):
            grid.put("deviance_z", at, deviance[k])
    return grid.dataset()


def compared_directions(
    data: xarray.Dataset,
    said: NetworkSynchronization,
    places: Mapping[Place, Condition],
    settings: xarray.Dataset,
    name: str,
) -> xarray.Dataset:
    """`NetworkAnalysis.compared` of what was turned ("light" or "field").

    Args:
        data: the run.
        said: synchronization, contrasts among it, under every condition of the fit.
        places: place -> condition of those that were fitted.
        settings: from `network_settings`.
        name: what was turned.
    """
    grid = Grid(data, (other_direction(name), *setting_dims(data)))
    of = {id(condition): place for place, condition in places.items()}
    for pair in said.contrasts:
        if id(pair.forward) not in of or getattr(pair.forward, name) == getattr(
            pair.backward, name
        ):
            continue
        light, field, setting = of[id(pair.forward)]
        at = {"light": light, "field": field, **setting.at}
        grid.put("contrast", at, pair.contrast)
        grid.put("isolation", at, pair.isolation_db, unit="dB")
    found = grid.dataset()
    if "S_c_theory" in settings:
        plus, minus = (settings["S_c_theory"].sel({name: s}, drop=True) for s in (1, -1))
        found["contrast_theory"] = ((plus - minus) / (plus + minus)).assign_attrs(units="1")
    return found
