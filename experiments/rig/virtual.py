"""The virtual lab as a rig: opened over the wire like hardware."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phonosync.experiments.rig.file import DIRECTION_OF_LIGHT, RigFile, Role
from phonosync.experiments.rig.rig import Rig, open_rig
from phonosync.theory.checked_file import check
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.instruments.virtual.lab import VirtualLab
    from phonosync.theory.device import Device


@contextmanager
def virtual_rig(
    device_name: str,
    seed: int,
    roles: Iterable[Role] = DIRECTION_OF_LIGHT,
    models: Mapping[str, str] | None = None,
    *,
    speed_up: float = 1.0,
) -> Iterator[Rig]:
    """The virtual lab round a device.

    Args:
        device_name: a shipped device or a device file.
        seed: of the bench.
        roles, models, speed_up: of the instruments, as `VirtualLab` takes them.
    """
    from phonosync.theory.device import load_device

    with (
        served_lab(load_device(device_name), seed, roles, models, speed_up=speed_up) as rig_file,
        open_rig(rig_file) as rig,
    ):
        yield rig


@contextmanager
def served_lab(
    device: Device,
    seed: int,
    roles: Iterable[Role] = DIRECTION_OF_LIGHT,
    models: Mapping[str, str] | None = None,
    *,
    speed_up: float = 1.0,
) -> Iterator[RigFile]:
    """A virtual lab that is served by this process, and the rig file that opens it.

    Args:
        device: what stands in the lab.
        seed, roles, models, speed_up: as for `virtual_rig`.

    Raises:
        InputError: no such device, or one on which a role has nothing to act.
    """
    from phonosync.instruments.virtual.bench.bench import Bench
    from phonosync.instruments.virtual.catalogue import roles_of, spare_roles
    from phonosync.instruments.virtual.lab import VirtualLab

    wanted = tuple(roles)
    for role in wanted:
        if role not in (*roles_of(device), *spare_roles(device)):
            raise InputError(
                f"{device.name} has nothing for a {role} to act on; choose another device or plan."
            )
    with VirtualLab(Bench(device, seed), wanted, models, speed_up=speed_up) as lab:
        content = virtual_rig_content(device, lab)
        yield check(content, RigFile, f"virtual rig of {device.name}")


def virtual_rig_content(device: Device, lab: VirtualLab) -> dict[str, Any]:
    """A rig file's content for a virtual lab that is being served.

    The calibration is what an experimenter would have from a power meter and the depth of the
    cavity's dip; nothing else of the device is told.
    """
    from phonosync.instruments.virtual.lab import station

    assert device.detection is not None  # the bench has refused such a device
    content = station(lab.addresses, lab.models)
    for role, identity in lab.identities.items():
        content["instruments"][role] |= {"model": identity.model, "firmware": identity.firmware}
    for role, options in lab.adapters.items():
        content["instruments"][role]["adapter"] = options
    port = device.ports[device.detection.port]
    calibration: dict[str, Any] = {
        "detection_efficiency": device.detection.efficiency,
        "escape_efficiency": min(port.rate / device.modes[port.mode].linewidth, 1.0),
    }
    if isinstance(device.detection.quadrature, str):
        calibration["quadrature"] = device.detection.quadrature
    virtual = {
        "device": device.name,
        "control": lab.control_address,
        "fingerprint": device.fingerprint,
    }
    return {**content, "calibration": calibration, "virtual": virtual}


def as_yaml(content: Mapping[str, Any]) -> str:
    """Write a rig file's content as YAML."""
    from ruamel.yaml import YAML

    text = io.StringIO()
    YAML().dump(dict(content), text)
    return text.getvalue()


def write_rig_file(path: Path, content: Mapping[str, Any]) -> None:
    """Write a rig file.

    Raises:
        InputError: the path cannot be written.
    """
    try:
        path.write_text(as_yaml(content), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"no rig file can be written to {path} ({error.strerror}); give another path."
        ) from error
