"""Does a plan stay within what the rig may and can do? Asked before anything moves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import schedule
from phonosync.experiments.rig.check import Finding
from phonosync.experiments.rig.file import RigFile, Role
from phonosync.theory.checked_file import line_of
from phonosync.theory.device.text import write_quantity
from phonosync.theory.errors import InputError


@dataclass(frozen=True)
class Demand:
    """The range of a quantity that a plan asks for.

    Attributes:
        place: keys of the plan that lead to it.
        role: of the instrument.
        what: the quantity as instruments call it: power, wavelength, frequency, field, temperature.
        low, high: SI, `unit`.
    """

    place: tuple[str | int, ...]
    role: Role
    what: str
    low: float
    high: float
    unit: str


def demands(plan: Plan, seed: int) -> list[Demand]:
    """Everything that a plan asks of its instruments, over all its points."""
    ranges: dict[str, tuple[float, float]] = {}
    for point in schedule(plan, seed):
        here = point.setting
        for name in _ROLES:
            value = getattr(here, name)
            if value is not None:
                low, high = ranges.get(name, (math.inf, -math.inf))
                ranges[name] = (min(low, value), max(high, value))
    swept = {axis.what.dimension: number for number, axis in enumerate(plan.sweep)}
    found = [
        Demand(
            ("sweep", swept[place]) if (place := _SWEPT.get(name, name)) in swept else plain,
            role,
            what,
            *ranges[name],
            unit,
        )
        for name, (role, what, unit, plain) in _ROLES.items()
        if name in ranges
    ]
    bands: tuple[tuple[str, Role], ...] = (
        ("spectrum", "spectrum_analyzer"),
        ("s_parameters", "network_analyzer"),
    )
    for section, role in bands:
        if (band := getattr(plan, section)) is not None:
            found.append(Demand((section,), role, "frequency", band.start, band.stop, "Hz"))
    return found


def check_plan(
    plan: Plan, file: Path, rig: RigFile, seed: int, findings: Iterable[Finding] = ()
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
        for low, high, whose in _limits(demand, rig, own):
            bad = demand.low if demand.low < low else demand.high if demand.high > high else None
            if bad is None:
                continue
            raise InputError(
                f"{file}{line_of(file, demand.place)}: {demand.what} "
                f"{write_quantity(bad, demand.unit)} is beyond what {whose} allows, "
                f"{write_quantity(low, demand.unit)} to {write_quantity(high, demand.unit)}; "
                "change the plan, or the limit."
            )


def _limits(
    demand: Demand, rig: RigFile, findings: list[Finding]
) -> Iterator[tuple[float, float, str]]:
    entry = rig.instruments.get(demand.role)
    if entry is None:
        return
    for name, parameter in entry.parameters.items():
        if name == demand.what and parameter.limits is not None:
            low, high = parameter.limits
            if demand.role == "microwave_source" and demand.what == "power":  # its driver's is dBm
                low, high = (1e-3 * 10 ** (bound / 10) for bound in (low, high))
            yield low, high, f"the rig file (parameters.{name} of {demand.role})"
    if demand.what == "field":
        largest = entry.adapter.get("settings", {}).get("max_field_t")
        if largest is not None:
            yield -largest, largest, f"the rig file (max_field_t of {demand.role})"
    for finding in findings:
        if finding.place.partition(".")[0] != demand.role:
            continue
        for limit in finding.limits:
            if limit.what == demand.what and limit.unit == demand.unit:
                low = -math.inf if limit.low is None else limit.low
                high = math.inf if limit.high is None else limit.high
                yield low, high, f"{demand.role} itself"


_ROLES: dict[str, tuple[Role, str, str, tuple[str, ...]]] = {
    "laser_power": ("laser", "power", "W", ("laser", "power")),
    "laser_wavelength": ("laser", "wavelength", "m", ("laser", "wavelength")),
    "microwave_power": ("microwave_source", "power", "W", ("microwave", "power")),
    "microwave_frequency": ("microwave_source", "frequency", "Hz", ("microwave", "frequency")),
    "field_size": ("magnet", "field", "T", ("field", "size")),
    "temperature": ("thermometer", "temperature", "K", ("temperature",)),
}
_SWEPT = {"laser_wavelength": "laser_detuning"}  # a detuning is swept by the wavelength
