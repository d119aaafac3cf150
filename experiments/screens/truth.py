"""Theory's numbers of the device of a virtual lab, beside what a run found of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.report.truth import Truth
    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.theory.device import Device


def truth_of(analysis: RunAnalysis) -> Truth | None:
    """What theory says at a run's settings, and of the entries that were fitted.

    Returns:
        None for hardware, and for a run that does not hold its virtual device's file.
    """
    from phonosync.analysis.report.truth import Truth
    from phonosync.analysis.run.conditions import device_of_run
    from phonosync.theory.device.entries import entry_value, find_entry
    from phonosync.theory.errors import InputError

    device = _virtual_device(analysis.data)
    if device is None:
        return None
    here, entries = device_of_run(device, analysis.data), {}
    # A run states the efficiency that its people took for true, not the device's.
    here = here.model_copy(update={"detection": device.detection})
    for name in () if analysis.network is None else analysis.network.entries:
        try:
            value = entry_value(here, find_entry(here, name))
        except InputError:
            continue  # the device that was fitted has parts that this one has not
        if value is not None:
            entries[name] = float(value)
    parameters = _parameters(here) if analysis.cavity else {}
    return Truth(_states(here, analysis.data), entries, parameters)


def _parameters(device: Device) -> dict[str, float]:
    """Those of the fit of one cavity and two phonons that a device file states itself."""
    phonons = [mode for mode in device.modes.values() if mode.kind == "phonon"]
    others = [mode for mode in device.modes.values() if mode.kind != "phonon"]
    if len(others) != 1 or len(phonons) != 2:
        return {}
    found: dict[str, float | None] = {"cavity_linewidth_hz": others[0].linewidth}
    for j, mode in enumerate(phonons, start=1):
        found[f"frequency_{j}_hz"] = mode.frequency
        found[f"linewidth_{j}_hz"] = mode.linewidth
        found[f"occupation_{j}"] = mode.occupation
    if device.detection is not None:
        found["efficiency"] = device.detection.efficiency
    return {name: float(value) for name, value in found.items() if value is not None}


def _states(device: Device, data: xarray.Dataset) -> list[dict[str, Any]]:
    """Measures of every direction and setting at which the device is at rest."""
    from phonosync.analysis.run.at_rest import measures_at_rest
    from phonosync.analysis.run.conditions import condition_of
    from phonosync.analysis.run.setting import directions_of, settings_of
    from phonosync.theory.prediction import phonon_pair

    if phonon_pair(device) is None:
        return []
    found = []
    for setting in settings_of(data):
        for light, field in directions_of(data):
            condition = condition_of(device, data, setting, light=light, field=field)
            measures = measures_at_rest(device, condition)
            if measures is None:
                continue
            branch = {"branch": setting.branch} if data.sizes.get("branch", 1) > 1 else {}
            quanta = [measures["occupation_1"], measures["occupation_2"]]
            place = {"light": light, "field": field, **dict(setting.values), **branch}
            known = {"S_c": measures["S_c"], "occupations": quanta, "E_N": measures["E_N"]}
            found.append({**place, **known})
    return found


def _virtual_device(data: xarray.Dataset) -> Device | None:
    from phonosync.theory.device import device_from_text, load_device, shipped_devices

    name, text = data.attrs.get("virtual_device"), data.attrs.get("device_file")
    if not name:
        return None
    if text:
        return device_from_text(text, "the run's device file")
    # A lab may have been served round a file of its own, which the run does not hold.
    if name not in shipped_devices():
        return None
    virtual = json.loads(data.attrs.get("rig") or "{}").get("virtual", {})
    device = load_device(name)
    return device if virtual.get("fingerprint") == device.fingerprint else None
