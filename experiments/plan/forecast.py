"""How long a plan will take, and how much it will write."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import Point, schedule
from phonosync.experiments.plan.setting import Setting

_RECORDS = 2.0
"""Length of an averaged record in units of 1/rbw, with what an FFT analyzer spends between."""
_RAMPS = 2  # a reversal goes through zero; settling counts at both ends


@dataclass(frozen=True)
class MagnetPace:
    """How fast a magnet is: T/s, s to settle; None where the rig does not say."""

    ramp_rate_t_per_s: float | None = None
    settle_s: float = 1.0


@dataclass
class Forecast:
    """What a plan will cost.

    Attributes:
        points: kind -> how many.
        acquisition_s, settling_s, ramping_s: what instruments need by their own settings; their
            overhead comes on top.
        changes: quantity -> how often it changes.
        unknown: what could not be foreseen, in words.
        size_bytes: on disk, database and netCDF file together.
    """

    points: Counter[str] = field(default_factory=Counter)
    acquisition_s: float = 0.0
    settling_s: float = 0.0
    ramping_s: float = 0.0
    changes: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    size_bytes: float = 0.0

    @property
    def duration_s(self) -> float:
        """All of it, s."""
        return self.acquisition_s + self.settling_s + self.ramping_s


def forecast(plan: Plan, seed: int, *, magnet: MagnetPace | None = None) -> Forecast:
    """Foresee duration and size by going through the whole schedule.

    Args:
        plan, seed: of the run.
        magnet: of the rig, if it has one.
    """
    result, before = Forecast(), None
    for point in schedule(plan, seed):
        result.points[point.kind] += 1
        result.acquisition_s += _acquisition_s(plan, point)
        if point.kept:
            result.size_bytes += _bytes(plan, point)
        now = point.setting
        if now != before:
            result.settling_s += plan.settling_time
        _count_changes(result, before, now)
        if plan.field is not None and _field(before) != _field(now):
            result.ramping_s += _ramp_s(before, now, magnet or MagnetPace())
        before = now
    if plan.field is not None and (magnet is None or magnet.ramp_rate_t_per_s is None):
        result.unknown.append("the magnet's ramps (state ramp_rate_t_per_s in the rig file)")
    if result.changes["temperature"]:
        result.unknown.append(f"{result.changes['temperature']} changes of temperature")
    return result


def _acquisition_s(plan: Plan, point: Point) -> float:
    seconds = 0.0
    if plan.spectrum is not None:
        asked = getattr(plan.calibrations, point.kind, None)
        reference = plan.shot_noise if point.kind == "shot_noise" else asked
        averages = plan.spectrum.averages if reference is None else reference.averages
        seconds += averages * _RECORDS / plan.spectrum.resolution_bandwidth
    if point.kind in ("data", "lead_in"):
        if (how := plan.s_parameters) is not None:
            seconds += 2 * how.points * how.averages / how.if_bandwidth
        if plan.quadratures is not None:
            seconds += plan.quadratures.duration
    return seconds


def _bytes(plan: Plan, point: Point) -> float:
    """Values and their coordinates in the database, and once more the values in the file."""
    numbers = 0.0
    if plan.spectrum is not None:
        numbers += 3 * plan.spectrum.points
    if point.kind == "data":
        if plan.s_parameters is not None:
            numbers += 4 * plan.s_parameters.points * (2 + 3 + 2)
        if plan.quadratures is not None:
            numbers += 4 * plan.quadratures.duration * plan.quadratures.rate * (1 + 3 + 1)
    return 8 * numbers + 1500  # readings, journal


def _count_changes(result: Forecast, before: Setting | None, now: Setting) -> None:
    for name in ("temperature", "field_along", "field_size", "light", "laser_wavelength"):
        value = getattr(now, name)
        if value is not None and (before is None or getattr(before, name) != value):
            result.changes[name] += 1


def _field(setting: Setting | None) -> tuple[str | None, float | None]:
    return (None, None) if setting is None else (setting.field_along, setting.field_size)


def _ramp_s(before: Setting | None, now: Setting, magnet: MagnetPace) -> float:
    if magnet.ramp_rate_t_per_s is None:
        return 0.0
    (along, size), (was_along, was_size) = _field(now), _field(before)
    start, end = abs(was_size or 0.0), abs(size or 0.0)
    same = along == was_along
    way = abs(end - start) if same else math.hypot(start, end) if start else end
    if along is not None and was_along is not None and along.lstrip("-") == was_along.lstrip("-"):
        way = abs(end - start) if same else start + end
    return way / magnet.ramp_rate_t_per_s + _RAMPS * magnet.settle_s
