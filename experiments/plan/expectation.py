"""What a device file lets a plan expect: both directions' S_c, and whether it can be resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.free import open_entries
from phonosync.analysis.models.planning import expected_errors
from phonosync.analysis.run.conditions import instrument_settings
from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import Point, repeats, schedule
from phonosync.theory.device import Device
from phonosync.theory.errors import PhonosyncError

_POINTS = 301  # of the spectrum for which errors are expected: they hardly depend on it
_MOST = 12  # settings that are looked at


@dataclass(frozen=True)
class Expectation:
    """What is expected at one setting.

    Attributes:
        setting: in words; "" where nothing is swept.
        S_c: (direction in words, value, standard error) of each.
        contrast: value and standard error; None where a direction has no stable state.
        note: why something is not given.
    """

    setting: str
    S_c: tuple[tuple[str, float, float], ...] = ()
    contrast: tuple[float, float] | None = None
    note: str = ""


def expectations(plan: Plan, device: Device, seed: int) -> Iterator[Expectation]:
    """Expect something at every setting of a plan, up to a dozen of them.

    Standard errors are the least that a fit can reach whose free parameters are the phonons'
    frequencies, linewidths and occupations, the couplings and the drive's detunings.
    """
    if plan.spectrum is None:
        return
    for points in islice(_by_setting(plan, seed), _MOST):
        conditions = [_condition(device, point) for point in points]
        name = _words(plan, points[0])
        try:
            told = _errors(plan, device, conditions)
        except PhonosyncError as error:
            yield Expectation(name, note=str(error))
            continue
        names = [plan.direction_words(p.setting.light, p.setting.field) for p in points]
        S_c = tuple(
            (direction, c["value"], c["error"])
            for direction, c in zip(names, told["S_c"], strict=True)
        )
        pairs = told["contrast"]
        contrast = (pairs[0]["value"], pairs[0]["error"]) if pairs else None
        yield Expectation(name, S_c, contrast)


def _errors(plan: Plan, device: Device, conditions: list[Condition]) -> dict[str, Any]:
    band = plan.spectrum
    assert band is not None
    each = repeats(plan) * band.averages
    points = min(band.points, _POINTS)
    reference = plan.shot_noise.averages if plan.shot_noise is not None else 0
    return expected_errors(
        device,
        conditions,
        open_entries(device, conditions),
        averages=each * band.points / points,
        frequency_hz=np.linspace(band.start, band.stop, points),
        rbw_hz=band.resolution_bandwidth,
        reference_averages=reference * band.points / points,
    )


def _by_setting(plan: Plan, seed: int) -> Iterator[list[Point]]:
    """The first point of every direction, setting by setting, in the order of the values."""
    found: dict[tuple[Any, ...], dict[tuple[int, int], Point]] = {}
    for point in schedule(plan, seed):
        if point.kind == "data":
            directions = found.setdefault((point.index, point.branch), {})
            directions.setdefault((point.setting.light, point.setting.field), point)
    for key in sorted(found, key=lambda key: (key[1] == "down", key[0])):
        yield [point for _, point in sorted(found[key].items(), reverse=True)]


def _condition(device: Device, point: Point) -> Condition:
    here = point.setting
    on = here.microwave_on
    return Condition(
        light=here.light or 1,
        field=here.field,
        power=here.laser_power if here.laser_on else None,
        microwave_power=here.microwave_power if on else None,
        wavelength=here.laser_wavelength if here.laser_on else None,
        settings=instrument_settings(
            device,
            microwave_frequency=here.microwave_frequency if on else None,
            field_size=here.field_size,
            temperature=here.temperature,
        ),
        branch="upper" if point.branch == "down" else "lower",
    )


def _words(plan: Plan, point: Point) -> str:
    from phonosync.theory.device.text import write_quantity

    parts = [
        f"{axis.what.label} {write_quantity(axis.ascending[step], axis.what.unit)}"
        for axis, step in zip(plan.sweep, point.index, strict=True)
    ]
    if len(plan.branches) > 1:
        parts.append(point.branch)
    return ", ".join(parts)
