"""Theory's predictions for a fitted device, with the fit's uncertainty carried along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.fitted_device import FittedDevice
from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.device import Device
from phonosync.theory.device.entries import with_entries
from phonosync.theory.device.network import network_terms
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.prediction import Direction, distinguished
from phonosync.theory.survey.axes import Axis
from phonosync.theory.survey.measures import measure_states
from phonosync.theory.survey.plan import pair_of

if TYPE_CHECKING:
    import xarray

Array = NDArray[Any]
_MEASURES = ("S_c", "S_p", "S_phi", "E_N")


@dataclass(frozen=True)
class Forecast:
    """What a fitted device should do in one direction.

    Attributes:
        light, field: the direction.
        measures: S_c, S_p, S_phi, E_N: value of the fitted device, 95 % of its draws.
        at_rest: share of the draws that have a stable steady state there; the others oscillate.
    """

    light: int
    field: int
    measures: dict[str, Interval]
    at_rest: float


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
    found = []
    for light, field in distinguished(fitted.device):
        measured = _measured(devices, (light, field), phonons, power, "lower")
        intervals = {}
        for name in _MEASURES:
            drawn = measured[name][1:]
            drawn = drawn[np.isfinite(drawn)]
            ends = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (np.nan, np.nan)
            intervals[name] = Interval(float(measured[name][0]), *map(float, ends))
        share = float(np.mean(measured["growth"][1:] < 0))
        found.append(Forecast(light, field, intervals, share))
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
        where no draw is at rest.
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
            S_c = _measured(moved, (light, field), phonons, None, branch)["S_c"]
            drawn = S_c[1:][np.isfinite(S_c[1:])]
            ends = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (np.nan, np.nan)
            S[at] = (S_c[0], *ends)
    dimensions = ("light", "field", axis.entry.name, "bound")
    coordinates = {
        "light": lights,
        "field": fields,
        axis.entry.name: (axis.entry.name, axis.values, {"units": axis.entry.unit}),
        "bound": ["value", "low", "high"],
    }
    attrs = {"units": "1", "long_name": "complete synchronization"}
    return xarray.Dataset({"S_c": (dimensions, S, attrs)}, coords=coordinates)


def _measured(
    devices: list[Device],
    direction: Direction,
    pair: tuple[int, int],
    power: float | None,
    branch: str,
) -> dict[str, Array]:
    light, field = direction
    rows = [network_terms(one, light, field, power=power) for one in devices]
    terms = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return measure_states(BosonicNetwork(**terms), pair, _MEASURES, branch)
