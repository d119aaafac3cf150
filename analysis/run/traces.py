"""A run's spectra as the fit of a device wants them: each with its condition and averages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.run.cavity import ANGLES
from phonosync.analysis.run.conditions import condition_of, plan_of
from phonosync.analysis.run.reference import (
    Reference,
    effective_averages,
    in_shot_noise_units,
)
from phonosync.analysis.run.setting import Setting, directions_of, settings_of
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory.device import Device

if TYPE_CHECKING:
    import xarray

Place = tuple[int, int, Setting]


def spectrum_at(
    data: xarray.Dataset, spectra: xarray.Dataset, place: Place, condition: Condition
) -> NoiseSpectrum | None:
    """The mean spectrum of a direction and setting; None where none was measured.

    Args:
        data: the run.
        spectra: `SpectraAnalysis.spectra`.
        place: direction and setting.
        condition: theirs.
    """
    light, field, setting = place
    here = setting.select(spectra).sel(light=light, field=field)
    averages = float(here["averages"])
    return _trace(data, condition, here["power"].values, averages) if averages > 0 else None


def calibration_spectra(
    data: xarray.Dataset, reference: Reference, device: Device
) -> Iterator[NoiseSpectrum]:
    """Spectra of the thermal reference and of the control, at their own powers.

    Those that were taken at several values of a slow sweep are as many spectra.
    """
    plan = plan_of(data)
    thermal = (plan.get("calibrations") or {}).get("thermal")
    control = plan.get("control")
    if thermal is not None and "thermal_psd" in data:
        light = 1 if data.sizes["light"] > 1 else int(data["light"][0])
        K = float(thermal["averages"]) / float(data.attrs["averages"])
        at = {"power": float(thermal["power"])}
        yield from _means(data, reference, device, "thermal", (light, 1), K=K, at=at)
    if control is not None and "control_psd" in data and control["kind"] != "zero_field":
        which = "power" if control["kind"] == "low_power" else "microwave_power"
        at = {which: float(control["power"])}
        for direction in directions_of(data):
            yield from _means(data, reference, device, "control", direction, at=at)


def _means(
    data: xarray.Dataset,
    reference: Reference,
    device: Device,
    kind: str,
    direction: tuple[int, int],
    *,
    K: float = 1.0,
    at: dict[str, float],
) -> Iterator[NoiseSpectrum]:
    """The mean of a kind's repeats at each slow setting; K of them over K of the data."""
    light, field = direction
    own = data[[name for name in data.data_vars if str(name).startswith(f"{kind}_")]]
    if kind == "control":
        own = own.sel(light=light, field=field)
    own = own.rename({f"{kind}_repeat": "repeat"})
    own = own.rename({name: str(name).removeprefix(f"{kind}_") for name in own.data_vars})
    power = in_shot_noise_units(own, reference).transpose("repeat", "frequency").values
    whole = np.isfinite(power).all(axis=1)
    found: dict[Setting, list[int]] = {}
    for repeat in np.flatnonzero(whole):
        setting = _setting_of(data, float(own["position"][repeat]) if "position" in own else None)
        if setting is not None:
            found.setdefault(setting, []).append(int(repeat))
    for setting, repeats in found.items():
        condition = condition_of(device, data, setting, light=light, field=field)
        averages = K * effective_averages(data, reference) * len(repeats)
        mean = power[repeats].mean(axis=0)
        yield _trace(data, replace(condition, **at), mean, averages)  # pyright: ignore[reportArgumentType]


def _setting_of(data: xarray.Dataset, position: float | None) -> Setting | None:
    """The setting at which a calibration was taken, by its place in the order of measurement.

    Fast sweeps stand at their lowest value then, slow ones where the next of the data stand; None
    where no data came after it.
    """
    settings = settings_of(data)
    slow = [
        axis["quantity"].replace(".", "_")
        for axis in plan_of(data).get("sweep") or ()
        if axis.get("slow") or (axis.get("slow") is None and axis["quantity"] == "temperature")
    ]
    if not slow or position is None:
        return settings[0]
    after = data["position"].where(data["position"] > position)
    if not bool(after.notnull().any()):
        return None
    next_one = after.isel(after.argmin(...))  # pyright: ignore[reportArgumentType, reportCallIssue]
    stands = {dim: float(next_one[dim]) for dim in slow}
    return next(s for s in settings if all(s.at[dim] == value for dim, value in stands.items()))


def _trace(
    data: xarray.Dataset, condition: Condition, power: Any, averages: float
) -> NoiseSpectrum:
    return NoiseSpectrum(
        condition,
        data["frequency"].values,
        power,
        averages,
        GaussianFilter(float(data.attrs["resolution_bandwidth_hz"])),
        angle=ANGLES[str(data.attrs["quadrature"])],
        undriven_unit=True,  # the reference is taken with the drives off
    )
