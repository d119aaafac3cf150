"""Does a plan stay within what the rig may and can do? Asked before anything moves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import Point, schedule
from phonosync.experiments.rig.check import Finding
from phonosync.experiments.rig.file import RigFile, Role
from phonosync.experiments.rig.rig import Rig
from phonosync.theory.checked_file import line_of
from phonosync.theory.device.text import write_quantity
from phonosync.theory.errors import InputError

Bounds = tuple[float, float]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Demand:
    """The range of a quantity that a plan asks for.

    Attributes:
        place: keys of the plan that lead to it.
        role: of the instrument.
        what: the quantity as instruments call it: power, wavelength, frequency, field, temperature.
        low, high: SI, `unit`.
    """

    place: Place
    role: Role
    what: str
    low: float
    high: float
    unit: str


def demands(plan: Plan, seed: int) -> list[Demand]:
    """Everything that a plan asks of its instruments, over all its points."""
    swept = {axis.what.dimension: number for number, axis in enumerate(plan.sweep)}
    ranges: dict[tuple[str, Place], tuple[float, float]] = {}
    for point in schedule(plan, seed):
        if not point.kept:  # a lead-in stands as what it leads in
            continue
        for name, (*_, plain) in _ROLES.items():
            value = getattr(point.setting, name)
            if value is None:
                continue
            place = _own_place(plan, point, name)
            if place is None:
                dimension = _SWEPT.get(name, name)
                place = ("sweep", swept[dimension]) if dimension in swept else plain
            low, high = ranges.get((name, place), (math.inf, -math.inf))
            ranges[name, place] = (min(low, value), max(high, value))
    found = [
        Demand(place, *_ROLES[name][:2], low, high, _ROLES[name][2])
        for (name, place), (low, high) in ranges.items()
    ]
    bands: tuple[tuple[str, Role], ...] = (
        ("spectrum", "spectrum_analyzer"),
        ("s_parameters", "network_analyzer"),
    )
    for section, role in bands:
        if (band := getattr(plan, section)) is not None:
            found.append(Demand((section,), role, "frequency", band.start, band.stop, "Hz"))
    return found


def _own_place(plan: Plan, point: Point, name: str) -> Place | None:
    """Keys of a calibration or control that sets a quantity by itself."""
    own = {
        ("thermal", "laser_power"): ("calibrations", "thermal", "power"),
        ("tone", "microwave_power"): ("calibrations", "tone", "power"),
        ("tone", "microwave_frequency"): ("calibrations", "tone", "frequency"),
    }
    if plan.control is not None and point.kind == "control":
        changed = {"low_power": "laser_power", "low_drive": "microwave_power"}
        if name == changed.get(plan.control.kind):
            return ("control", "power")
    return own.get((point.kind, name))


def check_roles(plan: Plan, file: Path | None, rig: RigFile) -> None:
    """Refuse a rig in which nobody plays a role that the plan needs.

    Raises:
        InputError: names the plan's line, and the role.
    """
    for role in plan.roles:
        if role not in rig.instruments:
            place = _role_place(plan, role)
            raise InputError(
                f"{_where(file, place)}: {'.'.join(map(str, place))} needs a {role}, and no "
                "instrument of the rig plays that role; add one to the rig file."
            )


def _where(file: Path | None, place: Place) -> str:
    return "the plan" if file is None else f"{file}{line_of(file, place)}"


def _role_place(plan: Plan, role: Role) -> Place:
    """Keys of the plan that lead to what needs a role."""
    for number, axis in enumerate(plan.sweep):
        if axis.what.role == role:
            return ("sweep", number, "quantity")
    for number, interlock in enumerate(plan.interlocks):
        if interlock.what.role == role and role not in plan.used_roles:
            return ("interlocks", number, "quantity")
    if role == "direction_switch":
        return ("direction",) if plan.turns_light else ("light",)
    if role == "microwave_source" and plan.microwave is None:
        return ("calibrations", "tone")
    return (_SECTIONS[role],)


def check_plan(
    plan: Plan, file: Path | None, rig: RigFile, seed: int, findings: Iterable[Finding] = ()
) -> None:
    """Refuse a plan that leaves the limits of its rig.

    Args:
        plan: what is to be measured.
        file: of the plan, whose line is named.
        rig: with the limits that the lab has set.
        seed: of the order.
        findings: of `check_rig`, with the limits that the instruments have of their own.

    Raises:
        InputError: beyond a limit; names the plan's line, the limit and who set it.
    """
    own = list(findings)
    for demand in demands(plan, seed):
        for bounds, whose in _limits(demand, rig, own):
            _refuse_beyond(demand, bounds, whose, file)


def check_reach(plan: Plan, file: Path | None, rig: Rig, seed: int) -> None:
    """Refuse a plan that leaves what the open instruments accept; asks and moves nothing.

    Raises:
        InputError: as `check_plan`.
    """
    for demand in demands(plan, seed):
        instrument = rig.roles[demand.role]
        if demand.what == "field":
            bounds = (-instrument.max_field_t, instrument.max_field_t)
        else:
            driver = getattr(instrument, "instrument", None)
            known = getattr(driver, "parameters", {})
            accepted = next((known[n] for n in (demand.what, "start") if n in known), None)
            bounds = _accepted(demand, getattr(accepted, "vals", None))
        if bounds is not None:
            _refuse_beyond(demand, bounds, f"{demand.role} itself", file)


def _accepted(demand: Demand, validator: Any) -> Bounds | None:
    low, high = (getattr(validator, name, None) for name in ("min_value", "max_value"))
    if low is None or high is None:
        return None
    return _watts(demand, (float(low), float(high)))


def _watts(demand: Demand, bounds: Bounds) -> Bounds:
    """Drivers of microwave sources count their power in dBm."""
    if demand.role != "microwave_source" or demand.what != "power":
        return bounds
    return 1e-3 * 10 ** (bounds[0] / 10), 1e-3 * 10 ** (bounds[1] / 10)


def _refuse_beyond(demand: Demand, bounds: Bounds, whose: str, file: Path | None) -> None:
    low, high = bounds
    slack = 1e-9 * max(abs(low), abs(high), 0.0) if math.isfinite(low + high) else 0.0
    if low - slack <= demand.low and demand.high <= high + slack:
        return
    bad = demand.low if demand.low < low else demand.high
    unit = demand.unit
    if not math.isfinite(low):
        allowed = f"at most {write_quantity(high, unit)}"
    elif not math.isfinite(high):
        allowed = f"at least {write_quantity(low, unit)}"
    else:
        allowed = f"{write_quantity(low, unit)} to {write_quantity(high, unit)}"
    place = ".".join(str(key) for key in demand.place)
    raise InputError(
        f"{_where(file, demand.place)}: {place}: a {demand.what} of {write_quantity(bad, unit)} is "
        f"beyond what {whose} allows ({allowed}); change the plan, or the limit."
    )


def _limits(demand: Demand, rig: RigFile, findings: list[Finding]) -> Iterator[tuple[Bounds, str]]:
    entry = rig.instruments.get(demand.role)
    if entry is None:
        return
    for name, parameter in entry.parameters.items():
        if name == demand.what and parameter.limits is not None:
            whose = f"the rig file (parameters.{name} of {demand.role})"
            yield _watts(demand, parameter.limits), whose
    if demand.what == "field":
        largest = entry.adapter.get("settings", {}).get("max_field_t")
        if largest is not None:
            yield (-largest, largest), f"the rig file (max_field_t of {demand.role})"
    for finding in findings:
        if finding.place.partition(".")[0] != demand.role:
            continue
        for limit in finding.limits:
            if limit.what == demand.what and limit.unit == demand.unit:
                low = -math.inf if limit.low is None else limit.low
                high = math.inf if limit.high is None else limit.high
                yield (low, high), f"{demand.role} itself"


_ROLES: dict[str, tuple[Role, str, str, Place]] = {
    "laser_power": ("laser", "power", "W", ("laser", "power")),
    "laser_wavelength": ("laser", "wavelength", "m", ("laser", "wavelength")),
    "microwave_power": ("microwave_source", "power", "W", ("microwave", "power")),
    "microwave_frequency": ("microwave_source", "frequency", "Hz", ("microwave", "frequency")),
    "field_size": ("magnet", "field", "T", ("field", "size")),
    "temperature": ("thermometer", "temperature", "K", ("temperature",)),
}
_SECTIONS = {
    "laser": "laser",
    "microwave_source": "microwave",
    "magnet": "field",
    "thermometer": "temperature",
    "spectrum_analyzer": "spectrum",
    "network_analyzer": "s_parameters",
    "demodulator": "quadratures",
}
_SWEPT = {"laser_wavelength": "laser_detuning"}  # a detuning is swept by the wavelength
