"""What a run shows while it is measured: the contrast of noise power, and whether it may end."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.nonreciprocity.quad_contrast import quad_contrast
from phonosync.analysis.nonreciprocity.stopping import Stopping
from phonosync.analysis.statistics.interval import SIGMAS_95
from phonosync.experiments.plan.plan import LEAST_QUADS, Plan
from phonosync.experiments.plan.schedule import Point

if TYPE_CHECKING:
    from phonosync.analysis.statistics.interval import Interval

Cell = tuple[Any, ...]


@dataclass
class LiveContrast:
    """Excess noise per complete quad of every setting; needs no model of the device.

    Args:
        plan: of the run.
    """

    plan: Plan
    _shot: list[float] = field(default_factory=list)
    _open: dict[tuple[Cell, int], list[tuple[int, float]]] = field(default_factory=dict)
    _quads: dict[Cell, array[float]] = field(default_factory=dict)  # forward, backward, ...

    def take(self, point: Point, mean_psd: float | None) -> None:
        """Add a finished point.

        Args:
            point: any point.
            mean_psd: mean of its spectrum over the band, W/Hz; None for a missing one.
        """
        if mean_psd is None:
            return
        if point.kind == "shot_noise":
            self._shot.append(mean_psd)
        if point.kind != "data":
            return
        here = point.setting
        turned = here.light if self.plan.turns_light else here.field
        key = (self.cell(point), point.quad)
        found = self._open.setdefault(key, [])
        found.append((turned, mean_psd))
        if len(found) == 4:
            del self._open[key]
            both = [float(np.mean([p for sign, p in found if sign == s])) for s in (1, -1)]
            self._quads.setdefault(self.cell(point), array("d")).extend(both)

    def cell(self, point: Point) -> Cell:
        """What is compared with what: a setting, without the direction that is turned."""
        crossed = point.setting.field if self.plan.direction == "both" else 0
        return (point.index, point.branch, crossed)

    def quads(self, cell: Cell) -> int:
        """Complete quads of a setting so far."""
        return len(self._quads.get(cell, ())) // 2

    def interval(self, cell: Cell, level: float = 0.05) -> Interval:
        """Contrast of the excess noise power of a setting so far, with its interval."""
        power = np.array(self._quads.get(cell, array("d"))).reshape(-1, 2)
        shot = float(np.mean(self._shot)) if self._shot else np.nan
        if not shot > 0:
            power = np.empty((0, 2))
        excess = power / shot - 1
        return quad_contrast(excess[:, 0], excess[:, 1], level=level)


class EarlyEnd:
    """Ends a run when its plan's quantity is known well enough.

    Args:
        plan: with or without `until`.
        live: contrast of the noise power so far.
        analyse: intervals (95 %) of the quantity from all data so far, by a fit.
    """

    def __init__(self, plan: Plan, live: LiveContrast, analyse: Callable[[str], list[Interval]]):
        self._live, self._analyse, self._until = live, analyse, plan.until
        if plan.until is not None:
            looks = range(LEAST_QUADS, plan.quads + 1, plan.until.every)
            self._stopping = Stopping(half_width=plan.until.half_width, looks=looks)
            self._looked = 0

    def look(self, point: Point) -> str:
        """Why the run may end after this point, with the interval; "" while it may not."""
        until, live = self._until, self._live
        if until is None or point.kind != "data":
            return ""
        cell = live.cell(point)
        quads = live.quads(cell)
        if quads == self._looked or quads not in self._stopping.looks:
            return ""
        self._looked = quads
        if until.quantity == "noise_contrast":
            decisions = [self._stopping.decide_by(lambda p: live.interval(cell, p), quads)]
        else:
            decisions = [
                self._stopping.decide(i.value, (i.high - i.low) / 2 / SIGMAS_95, quads)
                for i in self._analyse(until.quantity)
            ]
        if not decisions or not all(decision.stop for decision in decisions):
            return ""
        said = " and ".join("{} ({})".format(*d.interval.text()) for d in decisions)
        return (
            f"{until.quantity.replace('_', ' ')} is known to ±{until.half_width:g} after "
            f"{quads} quads: {said}, an interval that counts the looks"
        )
