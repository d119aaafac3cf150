"""The two circulating modes of a ring, and where the ends of its waveguide are."""

from __future__ import annotations

from dataclasses import dataclass

from phonosync.instruments.virtual.bench.settings import is_microwave
from phonosync.theory.device import Device
from phonosync.theory.device.coupling import Coupling
from phonosync.theory.errors import InputError
from phonosync.theory.quantities import si


@dataclass(frozen=True)
class End:
    """A connector of the network analyzer: ports by which waves enter and leave the device."""

    enter: str
    leave: str


def with_counter_mode(device: Device) -> Device:
    """The device with both circulating modes of its `sagnac` entry.

    A counter mode that the file leaves out is made like its partner: same linewidth, ports and
    pressure on the same phonons.

    Raises:
        InputError: the file speaks of no ring, or its mode has couplings of other kinds, of which
            nobody knows how they act on the counter mode.
    """
    sagnac = device.sagnac
    if sagnac is None:
        raise InputError(
            f"{device.name} is no ring: light is scattered back between two circulating modes. "
            "Add 'sagnac' with its 'mode' to a copy of the file, or leave backscattering off."
        )
    if sagnac.counter_mode is not None:
        return device
    here, there = sagnac.mode, f"{sagnac.mode}_counter"
    own = [c for c in device.couplings if here in c.modes]
    if any(c.kind != "radiation_pressure" for c in own):
        raise InputError(
            f"{device.name}: {here!r} has a coupling beside radiation pressure, and the file does "
            "not say whether its counter mode shares it; add 'sagnac.counter_mode' to a copy."
        )
    return device.model_copy(
        update={
            "modes": {**device.modes, there: device.modes[here]},
            "ports": device.ports
            | {
                f"{name}_counter": port.model_copy(update={"mode": there})
                for name, port in device.ports.items()
                if port.mode == here
            },
            "couplings": (
                *device.couplings,
                *(c.model_copy(update={"modes": (there, c.modes[1])}) for c in own),
            ),
            "sagnac": sagnac.model_copy(update={"counter_mode": there}),
        }
    )


def with_backscattering(device: Device, rate_hz: float) -> Device:
    """The device with a further exchange J/2π between its circulating modes.

    Raises:
        InputError: as `with_counter_mode`.
    """
    ring = with_counter_mode(device)
    assert ring.sagnac is not None
    assert ring.sagnac.counter_mode is not None
    pair = (ring.sagnac.mode, ring.sagnac.counter_mode)
    extra = Coupling(kind="backscattering", modes=pair, rate=si(rate_hz))
    return ring.model_copy(update={"couplings": (*ring.couplings, extra)})


def ends(device: Device, light: int, *, microwave: bool) -> list[End]:
    """Where the network analyzer's ports 1 and 2 are connected.

    At the ends of a ring's waveguide, port 1 where clockwise waves enter it; they leave at port 2.
    Else at the first ports of the file, in its order; a second one may be missing.

    Args:
        device: a ring needs both of its modes.
        light: the driven direction: `sagnac.mode` of the device circulates with it.
        microwave: whether microwave ports are meant, or optical ones.

    Raises:
        InputError: the device has no port of this kind.
    """
    of_kind = [
        name
        for name, port in device.ports.items()
        if is_microwave(device.modes[port.mode]) == microwave
        and device.modes[port.mode].kind != "phonon"
    ]
    if not of_kind:
        raise InputError(
            f"{device.name} has no {'microwave' if microwave else 'optical'} port; connect the "
            "network analyzer to one of its kind, by sweeping frequencies that it knows."
        )
    sagnac = device.sagnac
    if not microwave and sagnac is not None and sagnac.counter_mode is not None:
        with_light, against = (
            next((p for p in of_kind if device.ports[p].mode == mode), None)
            for mode in (sagnac.mode, sagnac.counter_mode)
        )
        if with_light is not None and against is not None:
            clockwise, other = (with_light, against) if light >= 0 else (against, with_light)
            return [End(clockwise, other), End(other, clockwise)]
    return [End(name, name) for name in of_kind[:2]]
