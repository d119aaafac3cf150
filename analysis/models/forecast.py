"""Theory's predictions for a fitted device, with the fit's uncertainty carried along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fitted_device import FittedDevice
from phonosync.analysis.models.motion import stacked_networks
from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.theory.device import Device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.prediction import distinguished
from phonosync.theory.survey.axes import Axis
from phonosync.theory.survey.measures import measure_states
from phonosync.theory.survey.plan import pair_of
from phonosync.theory.synchronization import contrast

if TYPE_CHECKING:
    import xarray

Array = NDArray[Any]
_MEASURES = ("S_c", "S_p", "S_phi", "E_N")
_LEVELS = {95: (2.5, 97.5), 68: (15.87, 84.13)}


@dataclass(frozen=True)
class Forecast:
    """What a fitted device should do in one direction.

    Attributes:
        light, field: the direction.
        measures: S_c, S_p, S_phi, E_N: value of the fitted device, 95 % of its draws.
        at_rest: share of the draws that have a stable steady state there; the others oscillate.
        contrasts: "light" and "field", where the device tells their directions apart: contrast of
            S_c to the direction with that one turned round, from this one.
    """

    light: int
    field: int
    measures: dict[str, Interval]
    at_rest: float
    contrasts: dict[str, Interval]


def forecast(
    fitted: FittedDevice,
    *,
    power: float | None = None,
    draws: int = 200,
    seed: int = 0,
    pair: tuple[str, str] | None = None,
) -> list[Forecast]:
    """Predict every direction of a fitted device, also where it was not measured.

    Args:
        fitted: from a fit or from its files.
        power: W, of the laser, instead of the file's.
        draws, seed: devices from the fit's covariance.
        pair: the two phonons; the first two by default.

    Raises:
        InputError: a fit that did not determine its entries; no two phonons.
    """
    devices = [fitted.device, *fitted.draws(draws, seed=seed)]
    phonons = pair_of(fitted.device, pair)
    directions = distinguished(fitted.device)
    measured = {
        (light, field): measured_devices(devices, Condition(light, field, power=power), phonons)
        for light, field in directions
    }
    found = []
    for light, field in directions:
        here = measured[light, field]
        turned = {"light": (-light, field), "field": (light, -field)}
        found.append(
            Forecast(
                light,
                field,
                {name: drawn_interval(here[name]) for name in _MEASURES},
                float(np.mean(here["growth"][1:] < 0)),
                {
                    name: drawn_interval(contrast(here["S_c"], measured[other]["S_c"]))
                    for name, other in turned.items()
                    if other in measured
                },
            )
        )
    return found


def forecast_map(
    fitted: FittedDevice,
    axis: Axis,
    *,
    draws: int = 100,
    seed: int = 0,
    branch: str = "lower",
    pair: tuple[str, str] | None = None,
) -> xarray.Dataset:
    """S_c of a fitted device along an axis of a survey, with the band that the fit leaves.

    Args:
        fitted: from a fit or from its files.
        axis: entry and values (`theory.survey.axes.parse_axis`); an entry that was fitted takes the
            axis' values in every draw.
        draws, seed: devices from the fit's covariance.
        branch: which stable state counts where there are several.
        pair: the two phonons; the first two by default.

    Returns:
        `S_c(light, field, <entry>, bound)`, bound "value", "low" and "high" (95 % of draws); NaN
        where the fitted device oscillates.
    """
    import xarray

    devices = [fitted.device, *fitted.draws(draws, seed=seed)]
    phonons = pair_of(fitted.device, pair)
    directions = distinguished(fitted.device)
    lights, fields = (sorted({way[k] for way in directions}, reverse=True) for k in (0, 1))
    S = np.full((len(lights), len(fields), len(axis.values), 3), np.nan)
    for p, value in enumerate(axis.values):
        moved = [with_entries(one, {axis.entry: float(value)}) for one in devices]
        for light, field in directions:
            at = (lights.index(light), fields.index(field), p)
            condition = Condition(light, field, branch=branch)
            S_c = drawn_interval(measured_devices(moved, condition, phonons)["S_c"])
            S[at] = (S_c.value, S_c.low, S_c.high)
    dimensions = ("light", "field", axis.entry.name, "bound")
    coordinates = {
        "light": lights,
        "field": fields,
        axis.entry.name: (axis.entry.name, axis.values, {"units": axis.entry.unit}),
        "bound": ["value", "low", "high"],
    }
    attrs = {"units": "1", "long_name": "complete synchronization"}
    return xarray.Dataset({"S_c": (dimensions, S, attrs)}, coords=coordinates)


def measured_devices(
    devices: Sequence[Device],
    condition: Condition,
    pair: tuple[int, int],
    measures: Sequence[str] = _MEASURES,
) -> dict[str, Array]:
    """Theory's measures of many devices under one condition, each of shape (devices,).

    NaN where a device oscillates. See `theory.survey.measures.measure_states`.
    """
    return measure_states(networks_of(devices, condition), pair, measures, condition.branch)


def networks_of(devices: Sequence[Device], condition: Condition) -> BosonicNetwork:
    """Networks of many devices under one condition, a batch of shape (devices,)."""
    set_to = {find_entry(devices[0], name): v for name, v in condition.settings.items()}
    return stacked_networks([with_entries(one, set_to) for one in devices], condition)


def drawn_interval(values: Array, level: int = 95) -> Interval:
    """Value of the first device, and where 95 (or 68) % of the others lie.

    Args:
        values: of the device itself, then of the draws from it; those that are NaN do not count.
        level: 95 or 68.

    Returns:
        Unknown where the device itself oscillates: there is nothing that the draws surround.
    """
    drawn = values[1:][np.isfinite(values[1:])]
    if not (np.isfinite(values[0]) and len(drawn)):
        return UNKNOWN
    return Interval(float(values[0]), *map(float, np.percentile(drawn, _LEVELS[level])))
