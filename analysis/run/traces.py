"""A run's spectra as the fit of a device wants them: each with its condition and averages."""

from __future__ import annotations

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
"""(light, field, setting)."""


def spectrum_at(
    data: xarray.Dataset, spectra: xarray.Dataset, place: Place, condition: Condition
) -> NoiseSpectrum | None:
    """The mean spectrum at one place of a run; None where nothing was measured.

    Args:
        data: the run.
        spectra: `SpectraAnalysis.spectra`.
        place: direction and setting.
        condition: under which it was taken.
    """
    light, field, setting = place
    here = setting.select(spectra).sel(light=light, field=field)
    averages = float(here["averages"])
    return _trace(data, condition, here["power"].values, averages) if averages > 0 else None


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


def calibration_spectra(
    data: xarray.Dataset, reference: Reference, device: Device
) -> list[NoiseSpectrum]:
    """Spectra of the thermal reference and of the control, at their own powers."""
    plan = plan_of(data)
    thermal = (plan.get("calibrations") or {}).get("thermal")
    control = plan.get("control")
    first = settings_of(data)[0]
    found = []
    if thermal is not None and "thermal_psd" in data:
        light = 1 if data.sizes["light"] > 1 else int(data["light"][0])
        here = condition_of(device, data, first, light=light, field=1)
        power = _mean(data["thermal_psd"], "thermal_repeat", reference)
        K = float(thermal["averages"]) / float(data.attrs["averages"])
        if power is not None:
            averages = K * effective_averages(data, reference) * power[1]
            here = replace(here, power=thermal["power"])
            found.append(_trace(data, here, power[0], averages))
    if control is not None and "control_psd" in data and control["kind"] != "zero_field":
        which = "power" if control["kind"] == "low_power" else "microwave_power"
        for light, field in directions_of(data):
            here = condition_of(device, data, first, light=light, field=field)
            here = replace(here, **{which: control["power"]})
            psd = data["control_psd"].sel(light=light, field=field)
            power = _mean(psd, "control_repeat", reference)
            if power is not None:
                averages = effective_averages(data, reference) * power[1]
                found.append(_trace(data, here, power[0], averages))
    return found


def _mean(psd: xarray.DataArray, repeat: str, reference: Reference) -> tuple[Any, int] | None:
    """Mean of the repeats in shot-noise units (of the mean reference), and how many there are."""
    unit = replace(reference, interpolated=False)
    power = in_shot_noise_units(psd.to_dataset(name="psd"), unit).transpose(repeat, "frequency")
    whole = power.values[np.isfinite(power.values).all(axis=1)]
    return (whole.mean(axis=0), len(whole)) if len(whole) else None
