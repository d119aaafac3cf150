"""Numbers of a device file by their dotted path, as "drive.power" or "modes.cavity.detuning"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from phonosync.theory import quantities
from phonosync.theory.checked_file import check, hint
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError
from phonosync.theory.quantities import si

_UNITS = {
    get_args(kind)[1]: unit
    for kind, unit in (
        (quantities.Hertz, "Hz"),
        (quantities.Watt, "W"),
        (quantities.Kelvin, "K"),
        (quantities.Metre, "m"),
        (quantities.Second, "s"),
        (quantities.RadianPerSecond, "rad/s"),
        (quantities.PerMetre, "1/m"),
        (quantities.Radian, "rad"),
    )
}


@dataclass(frozen=True)
class Entry:
    """Where a number of a device file stands.

    Attributes:
        name: the dotted path as it was asked for.
        path: keys and positions from the file's top.
        unit: SI unit of the number; "1" where it has none.
    """

    name: str
    path: tuple[str | int, ...]
    unit: str


def find_entry(device: Device, name: str) -> Entry:
    """Find a number of a device file.

    "drive" stands for the only drive; a drive is also found by its mode and a coupling by its modes
    ("drives.cavity.power", "couplings.cavity-phonon_1.rate"), or both by their position from 0.

    Raises:
        InputError: no such entry (the nearest known one is named), or not a number.

    >>> from phonosync.theory import load_device
    >>> find_entry(load_device("ring"), "drive.power")
    Entry(name='drive.power', path=('drives', 0, 'power'), unit='W')
    """
    name = name.strip()
    path: tuple[str | int, ...] = ()
    node: Any = device
    for part in name.split("."):
        keys = _keys(node, part)
        if keys is None:
            raise InputError(
                f"{device.name} has no entry {name!r}: {_known(node, part, path, device)}"
            )
        path = (*path, *keys)
        for key in keys:
            node = getattr(node, str(key)) if isinstance(node, BaseModel) else node[key]
    if isinstance(node, BaseModel | dict | tuple):
        example = next(iter(_names(node)), "")
        raise InputError(
            f"{name} of {device.name} is not a number but holds several entries; go on, for "
            f"example {name}.{example}."
        )
    unit = _unit(_annotation(_field(device, path)))
    if unit is None:
        raise InputError(f"{name} of {device.name} is not a number ({node!r}); name one that is.")
    return Entry(name, path, unit)


def entry_value(device: Device, entry: Entry) -> float | None:
    """The entry's value in its SI unit; None where the file leaves it out."""
    node: Any = device
    for key in entry.path:
        node = getattr(node, str(key)) if isinstance(node, BaseModel) else node[key]
    return node


def read_value(device: Device, entry: Entry, text: str) -> float:
    """Read a value for the entry, such as "0.3 mW", with the checks of the device file.

    Raises:
        InputError: no unit, a wrong one, or a value that the entry may not have.
    """
    try:
        value = TypeAdapter(_annotation(_field(device, entry.path))).validate_python(text)
    except ValidationError as error:
        # Where a mapping may stand as well, speak of the number.
        problem = sorted(error.errors(), key=lambda p: p["type"] != "value_error")[0]
        message = str(problem["msg"]).removeprefix("Value error, ")
        found = "" if problem["type"] == "value_error" else f", found {text!r}"
        raise InputError(f"{entry.name}: {message}{found}") from None
    if not isinstance(value, float) or not abs(value) < float("inf"):
        raise InputError(f"{entry.name}: {text!r} is not a finite number; give one.")
    return value


def with_entries(device: Device, values: Mapping[Entry, float]) -> Device:
    """The device with other values of these entries, checked as a file is.

    A new `temperature` holds for the bath of every mode whose own frequency the file says, also
    where the file gives an occupation.

    Args:
        device: stays as it is.
        values: entry -> value in the entry's SI unit.

    Raises:
        InputError: a value that the file may not hold, or that does not fit the others.

    >>> from phonosync.theory import load_device
    >>> ring = load_device("ring")
    >>> with_entries(ring, {find_entry(ring, "sagnac.shift"): 2e6}).sagnac.shift
    2000000.0
    """
    if any(entry.path == ("temperature",) for entry in values):
        modes = {
            name: mode.model_copy(update={"occupation": None}) if mode.own_frequency else mode
            for name, mode in device.modes.items()
        }
        device = device.model_copy(update={"modes": modes})
    # All at once: values that fit each other may not fit one by one.
    changes = {entry.path: si(value) for entry, value in values.items()}
    return _replaced(device, changes, device.name) if changes else device


def _replaced(node: Any, changes: Mapping[tuple[str | int, ...], float], source: str) -> Any:
    if () in changes:
        return changes[()]
    below: dict[Any, dict[tuple[str | int, ...], float]] = {}
    for path, value in changes.items():
        below.setdefault(path[0], {})[path[1:]] = value
    if isinstance(node, BaseModel):
        # Through the model's own validation: what the file's reader refuses is refused here.
        content = {key: _marked(getattr(node, key)) for key in node.model_fields_set}
        for key, some in below.items():
            content[key] = _replaced(getattr(node, key), some, source)
        return check(content, type(node), source)
    if isinstance(node, dict):
        return {**node, **{key: _replaced(node[key], some, source) for key, some in below.items()}}
    changed = list(node)
    for key, some in below.items():
        changed[key] = _replaced(node[key], some, source)
    return tuple(changed)


def _marked(value: Any) -> Any:
    return si(value) if isinstance(value, float) else value


def _keys(node: Any, part: str) -> tuple[str | int, ...] | None:
    """Keys that a part of the dotted path stands for below the node; None if it is unknown."""
    if isinstance(node, Device) and part == "drive" and len(node.drives) == 1:
        return ("drives", 0)
    if isinstance(node, BaseModel):
        return (part,) if part in type(node).model_fields else None
    if isinstance(node, dict):
        return (part,) if part in node else None
    if isinstance(node, tuple):
        if part.isdecimal() and int(part) < len(node):
            return (int(part),)
        places = [place for place, name in enumerate(_names(node)) if name == part]
        return (places[0],) if len(places) == 1 else None
    return None


def _names(node: Any) -> list[str]:
    """What may follow a node in a dotted path."""
    if isinstance(node, Device):
        names = list(type(node).model_fields)
        return [*names, "drive"] if len(node.drives) == 1 else names
    if isinstance(node, BaseModel):
        return list(type(node).model_fields)
    if isinstance(node, dict):
        return [str(key) for key in node]
    if isinstance(node, tuple):
        return ["-".join(getattr(item, "modes", None) or [item.mode]) for item in node]
    return []


def _known(node: Any, part: str, path: tuple[str | int, ...], device: Device) -> str:
    names = _names(node)
    place = ".".join(str(key) for key in path)
    if isinstance(node, tuple) and names.count(part) > 1:
        numbers = [f"{place}.{k}" for k, name in enumerate(names) if name == part]
        return f"several have this name; write {' or '.join(numbers)}."
    if not names:
        said = "leaves it out" if node is None else "holds one value there"
        return f"the file {said} ({place}); known are {', '.join(_names(device))}."
    return hint(part, names, f"known in {place or 'the file'}")


def _field(device: Device, path: tuple[str | int, ...]) -> FieldInfo:
    """The field of the innermost model on the path."""
    node: Any = device
    found: FieldInfo | None = None
    for key in path:
        if isinstance(node, BaseModel):
            found = type(node).model_fields[str(key)]
            node = getattr(node, str(key))
        else:
            node = node[key]
    assert found is not None
    return found


def _annotation(field: FieldInfo) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _unit(annotation: Any) -> str | None:
    """SI unit of an annotated number; None for what is not a number."""
    for part in get_args(annotation):
        if part in _UNITS:
            return _UNITS[part]
    units = [_unit(part) for part in get_args(annotation)]
    with_dimension = [unit for unit in units if unit is not None]
    # A bare number among the alternatives comes last: "Hertz | None" is in hertz.
    with_dimension.sort(key=lambda unit: unit == "1")
    if with_dimension:
        return with_dimension[0]
    return "1" if annotation is float else None
