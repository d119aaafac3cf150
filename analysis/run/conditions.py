"""How a device stood at a run's settings: file and instruments together, as theory wants it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.run.setting import Setting
from phonosync.theory.device import Device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.device.parts import GYROMAGNETIC_HZ_PER_T
from phonosync.theory.thermal import SPEED_OF_LIGHT, bath_occupation

if TYPE_CHECKING:
    import xarray

_TWO_PI = 2 * np.pi


def plan_of(data: xarray.Dataset) -> dict[str, Any]:
    """The plan that a run followed, numbers in SI units; empty where none is recorded."""
    return json.loads(data.attrs.get("plan") or "{}")


def instrument_settings(
    device: Device,
    *,
    microwave_frequency: float | None = None,
    field_size: float | None = None,
    temperature: float | None = None,
) -> dict[str, float]:
    """Entries of a device that follow from what instruments are set to, SI units.

    A magnon's frequency moves by γ (B − B_bias) with γ/2π = 28 GHz/T; the detunings of magnons and
    microwave photons count from the source's frequency; phonons' baths follow the thermometer.

    Args:
        device: whose file says B_bias and frequencies; what it leaves out stays.
        microwave_frequency: Hz, of the drive.
        field_size: T.
        temperature: K.
    """
    found: dict[str, float] = {}
    if temperature is not None:
        if device.temperature is not None:
            found["temperature"] = temperature
        for name, mode in device.modes.items():
            if mode.kind == "phonon" and mode.occupation is not None and mode.frequency:
                n = bath_occupation(_TWO_PI * mode.frequency, temperature)
                found[f"modes.{name}.occupation"] = float(n)
    for name, mode in device.modes.items():
        if mode.kind == "phonon" or mode.optical:
            continue
        shift = 0.0
        if mode.kind == "magnon" and device.magnet is not None and field_size is not None:
            shift = GYROMAGNETIC_HZ_PER_T * (field_size - device.magnet.bias_field)
        if microwave_frequency is not None and mode.frequency is not None:
            found[f"modes.{name}.detuning"] = mode.frequency + shift - microwave_frequency
        elif shift:
            found[f"modes.{name}.detuning"] = (mode.detuning or 0.0) + shift
    return found


def device_of_run(device: Device, data: xarray.Dataset) -> Device:
    """The device with what a run's instruments held throughout, and the run's efficiency."""
    plan = plan_of(data)
    fixed = _instruments(plan, {})
    swept = {name for name in fixed if name in data.dims}
    held = {name: value for name, value in fixed.items() if name not in swept}
    changes = instrument_settings(device, **held)
    efficiency = float(data.attrs.get("detection_efficiency", np.nan))
    if device.detection is not None and np.isfinite(efficiency):
        changes["detection.efficiency"] = efficiency
    return with_entries(device, {find_entry(device, k): v for k, v in changes.items()})


def condition_of(
    device: Device, data: xarray.Dataset, setting: Setting, *, light: int, field: int
) -> Condition:
    """Under which condition a setting's traces were taken.

    Powers and frequencies are those asked for, which the run has checked against their read-backs.

    Args:
        device: as from `device_of_run`.
        data: the run.
        setting: one of its settings.
        light, field: directions; light 0: none.
    """
    plan, at = plan_of(data), dict(setting.values)
    laser = plan.get("laser") or {}
    microwave = plan.get("microwave") or {}
    wavelength = laser.get("wavelength")
    if "laser_detuning" in at and wavelength is not None:
        wavelength = SPEED_OF_LIGHT / (SPEED_OF_LIGHT / wavelength - at["laser_detuning"])
    moved = {k: v for k, v in _instruments(plan, at).items() if k in at}
    if "field_size" in moved and "microwave_frequency" not in moved and microwave:
        moved["microwave_frequency"] = microwave["frequency"]
    return Condition(
        light=light,
        field=field,
        power=at.get("laser_power", laser.get("power")),
        microwave_power=at.get("microwave_power", microwave.get("power")),
        wavelength=wavelength if light else None,
        settings=instrument_settings(device, **moved) if moved else {},
        branch="upper" if setting.branch == "down" else "lower",
    )


def _instruments(plan: dict[str, Any], at: dict[str, float]) -> dict[str, float]:
    said = {
        "microwave_frequency": (plan.get("microwave") or {}).get("frequency"),
        "field_size": (plan.get("field") or {}).get("size"),
        "temperature": plan.get("temperature"),
    }
    known = {name: at.get(name, value) for name, value in said.items()}
    return {name: float(value) for name, value in known.items() if value is not None}
