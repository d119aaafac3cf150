"""A run's S-parameters as the fit of a device wants them: between which of its ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.observations import Response
from phonosync.analysis.nonreciprocity.two_way import trace_noise
from phonosync.analysis.run.conditions import plan_of
from phonosync.analysis.run.setting import Setting
from phonosync.analysis.run.traces import Place
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray


def analyzer_ports(data: xarray.Dataset) -> dict[int, str]:
    """Device port into which each port of the network analyzer sends for light +1, by the plan."""
    said = (plan_of(data).get("s_parameters") or {}).get("ports") or {}
    return {int(number): str(name) for number, name in said.items()}


def ways_between(
    device: Device, ports: Mapping[int, str], light: int
) -> dict[tuple[int, int], tuple[str, str]]:
    """Which S-parameters lie between which ports of the device.

    What enters a ring by one end of its waveguide leaves by the other, through the port of the same
    circulating mode, and `sagnac.mode` is the one that circulates with the light: for light −1 it
    is the analyzer's port 2 that sends into it. Everything else leaves where it entered.

    Args:
        device: whose file names the ports.
        ports: as from `analyzer_ports`.
        light: direction of the light.

    Returns:
        (output port, input port) of the analyzer -> (port entered, port left) of the device, of
        those that the device has.

    Raises:
        InputError: the device has no such port.

    >>> from phonosync.theory import load_device
    >>> ways_between(load_device("ring"), {1: "bus"}, -1)
    {(1, 2): ('bus', 'bus')}
    """
    for name in ports.values():
        if name not in device.ports:
            raise InputError(
                f"the plan connects the network analyzer to {name!r}, but {device.name} has "
                f"{', '.join(device.ports)}; correct 's_parameters.ports', or give another device."
            )
    enter: dict[int, str | None] = {number: ports.get(number) for number in (1, 2)}
    leave = enter
    sagnac = device.sagnac
    circulating = () if sagnac is None else (sagnac.mode, sagnac.counter_mode)
    if all(device.ports[name].mode in circulating for name in ports.values()):
        if light == -1:
            enter = {1: enter[2], 2: enter[1]}
        leave = {1: enter[2], 2: enter[1]}
    found = {}
    for out, into in product((1, 2), repeat=2):
        entered, left = enter[into], leave[out]
        if entered is not None and left is not None:
            found[out, into] = (entered, left)
    return found


def responses_at(
    data: xarray.Dataset, place: Place, condition: Condition, device: Device
) -> Iterator[Response]:
    """The mean S-parameters of a direction and setting, with the noise that its repeats show.

    Optical probes are counted from the laser, microwave probes from the drive. Each S-parameter has
    a gain and a phase of its own, for what cables do.

    Args:
        data: the run.
        place: direction and setting.
        condition: theirs.
        device: whose ports the plan names.
    """
    ports = analyzer_ports(data)
    if "s_parameters" not in data or not ports:
        return
    light, field, setting = place
    sweeps = setting.select(data)["s_parameters"].sel(light=light, field=field)
    sweeps = sweeps.dropna("repeat", how="any").rename(probe_frequency="frequency")
    if sweeps.sizes["repeat"] < 2:
        return
    between = ways_between(device, ports, light)
    noise, mean = trace_noise(sweeps), sweeps.mean("repeat")
    f = sweeps["frequency"].values - _carrier_hz(data, setting, device, ports)
    for (out, into), (source, receiver) in between.items():
        at = {"output_port": out, "input_port": into}
        # The noise is that of the modulus; each part has half of its power.
        error = max(float(noise.sel(at)) / np.sqrt(2), 1e-12)
        yield Response(
            condition, f, mean.sel(at).values, error, source, receiver, name=f"S{out}{into}"
        )


def _carrier_hz(
    data: xarray.Dataset, setting: Setting, device: Device, ports: Mapping[int, str]
) -> float:
    """What a probe's frequency is counted from: nothing for light, else the microwave drive."""
    if all(device.modes[device.ports[name].mode].optical for name in ports.values()):
        return 0.0
    said = (plan_of(data).get("microwave") or {}).get("frequency", 0.0)
    return dict(setting.values).get("microwave_frequency", float(said))
