"""Which entries of a device a run's traces can tell, and what is left to the device file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.free import open_entries
from phonosync.analysis.run.conditions import plan_of
from phonosync.analysis.run.responses import analyzer_ports
from phonosync.analysis.run.traces import Place
from phonosync.theory.device import Device
from phonosync.theory.device.text import write_quantity

if TYPE_CHECKING:
    import xarray


def told_entries(
    device: Device, data: xarray.Dataset, conditions: Mapping[Place, Condition]
) -> list[str]:
    """Entries that are fitted unless a user says otherwise.

    Those of `open_entries`, and the linewidths of the modes that a network analyzer sees. What a
    probe meets follows from the mean fields and the drift alone, so that without a noise spectrum
    no occupation is among them.

    Args:
        device: as from `device_of_run`.
        data: the run.
        conditions: of its directions and settings.
    """
    names = open_entries(device, list(conditions.values()))
    if "psd" not in data:
        names = [name for name in names if not name.endswith(".occupation")]
    if "s_parameters" in data:
        ports = [device.ports.get(name) for name in analyzer_ports(data).values()]
        names += [f"modes.{port.mode}.linewidth" for port in ports if port is not None]
    return list(dict.fromkeys(names))


def on_baths(device: Device, data: xarray.Dataset, free: Sequence[str]) -> list[str]:
    """Say on what synchronization rests where no noise spectrum tells the occupations.

    Args:
        device: as from `device_of_run`.
        data: the run.
        free: entries that are fitted.
    """
    if "psd" in data:
        return []
    phonons = {name: mode for name, mode in device.modes.items() if mode.kind == "phonon"}
    held = [name for name in phonons if f"modes.{name}.occupation" not in free]
    if not held:
        return []
    measured = "temperature" in data.dims or plan_of(data).get("temperature") is not None
    source = "the run's temperature" if measured else "the device file"
    quanta = ", ".join(f"{name} {device.occupation(name):.4g}" for name in held)
    if not measured and device.temperature is not None:
        followed = any(phonons[name].occupation is None for name in held)
        source += f" (at {write_quantity(device.temperature, 'K')})" if followed else ""
    at = "" if "temperature" in data.dims else f": {quanta} quanta"
    return [
        f"S-parameters tell no occupation. S_c, its contrast, E_N and the phonons' quanta rest on "
        f"the baths of {source}{at}, and their intervals hold nothing of what these are off by; a "
        "noise spectrum in the same plan would tell them."
    ]
