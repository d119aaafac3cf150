"""From a plan to every point that is measured, in its order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Literal

import numpy as np

from phonosync.experiments.plan.calibration import Reference
from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.setting import Setting, base_setting, swept_setting

Kind = Literal["data", "lead_in", "control", "shot_noise", "dark", "tone", "thermal"]
CALIBRATIONS: tuple[Kind, ...] = ("dark", "shot_noise", "tone", "thermal")


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement.

    Attributes:
        number: in the order of measurement, from 0.
        kind: data, a calibration, a control, or a lead-in whose data nobody keeps: with it each
            direction follows each once in a quad, and a memory of the last setting falls on both
            alike.
        setting: how the instruments stand.
        index: position on every sweep axis, in the plan's order; empty for calibrations.
        branch: "up" or "down".
        repeat: how often this cell of the dataset (kind, direction, index, branch) came before.
        quad: of the directions; −1 outside of quads.
        field_quad: of the field's directions where both are turned; else that of `quad`.
        walk: number of the first point of the sweep that this one belongs to; its own without one.
    """

    number: int
    kind: Kind
    setting: Setting
    index: tuple[int, ...] = ()
    branch: str = ""
    repeat: int = 0
    quad: int = -1
    field_quad: int = -1
    walk: int = -1

    @property
    def cell(self) -> tuple[object, ...]:
        """Where the point stands in the dataset, but for the repeat."""
        here = self.setting
        return (self.kind, here.light, here.field, self.index, self.branch)

    @property
    def kept(self) -> bool:
        """Whether its data are kept."""
        return self.kind != "lead_in"


def schedule(plan: Plan, seed: int) -> Iterator[Point]:
    """All points of a plan, in order; the same plan and seed give the same points.

    Args:
        plan: what to measure.
        seed: of the signs of the quads.
    """
    seen: Counter[tuple[object, ...]] = Counter()
    for number, drawn in zip(count(), _points(plan, np.random.default_rng([seed, 1]))):
        walk = number if drawn.walk < 0 else number - drawn.walk
        point = replace(drawn, number=number, walk=walk)
        point = replace(point, repeat=seen[point.cell])
        seen[point.cell] += 1
        yield point


def repeats(plan: Plan) -> int:
    """How many times each cell of the data is measured."""
    return 2 * plan.quads * (2 if plan.direction == "both" else 1)


def _points(plan: Plan, random: np.random.Generator) -> Iterator[Point]:
    """Points without numbers; `walk` counts back to the first of a sweep."""
    slow, fast = plan.slow_axes, plan.fast_axes
    state = _Turning(None)
    block, branch = 0, plan.branches[0]
    for slow_index in product(*(_in_order(axis.ascending, axis.path) for axis in slow)):
        directions = _Directions(plan, random)
        for quad in range(plan.quads):
            yield from _calibrations(plan, block, slow_index)
            if plan.control is not None and block % plan.control.every == 0:
                yield from _control(plan, block, slow_index, directions, state)
            if plan.sweeps_inside:
                turns = directions.of(quad, ())
                yield from _sweeps(plan, turns, slow_index, state)
            else:
                for fast_index in product(*(_in_order(a.ascending, a.path) for a in fast)):
                    turns = directions.of(quad, fast_index)
                    for turn in _with_lead_in(plan, turns, state):
                        yield _data(plan, turn, slow_index, fast_index, branch)
            block += 1


@dataclass(frozen=True)
class _Turn:
    """A visit to a direction; `lead_in` for one that is not kept."""

    light: int
    field: int
    quad: int
    field_quad: int
    lead_in: bool = False


@dataclass
class _Turning:
    """The direction that was measured last."""

    last: tuple[int, int] | None


class _Directions:
    """Draws the directions of every quad."""

    def __init__(self, plan: Plan, random: np.random.Generator):
        self._plan, self._random = plan, random

    def of(self, quad: int, place: tuple[int, ...]) -> list[_Turn]:
        """The visits of one quad; where light and field are crossed, of four quads of light."""
        plan = self._plan
        lone = plan.light or 0
        if plan.direction == "light":
            return [_Turn(light, 1, quad, quad) for light in self._signs(quad)]
        if plan.direction == "field":
            return [_Turn(lone, field, quad, quad) for field in self._signs(quad)]
        turns = []
        for visit, field in enumerate(self._signs(quad)):
            inner = 4 * quad + visit
            turns += [_Turn(light, field, inner, quad) for light in self._signs(inner, 4)]
        return turns

    def _signs(self, quad: int, inside: int = 1) -> list[int]:
        order, random = self._plan.order, self._random
        if order == "quads":
            sign = int(random.choice([1, -1]))
            return [sign, -sign, -sign, sign]
        if order == "alternating":
            return [1, -1, 1, -1]
        if order == "random":
            return [int(sign) for sign in random.permutation([1, 1, -1, -1])]
        total = 4 * self._plan.quads * inside
        return [1 if 4 * quad + step < total // 2 else -1 for step in range(4)]


def _with_lead_in(plan: Plan, turns: list[_Turn], state: _Turning) -> Iterator[_Turn]:
    """Lead every quad in by a visit of its own first direction where the direction changed."""
    before = None
    for turn in turns:
        here = (turn.light, turn.field)
        if plan.order == "quads" and turn.quad != before and state.last != here:
            yield replace(turn, lead_in=True)
        before, state.last = turn.quad, here
        yield turn


def _data(
    plan: Plan,
    turn: _Turn,
    slow_index: tuple[int, ...],
    fast_index: tuple[int, ...],
    branch: str,
    back: int = -1,
) -> Point:
    index = _whole_index(plan, slow_index, fast_index)
    setting = swept_setting(plan, base_setting(plan, turn.light, turn.field), index)
    return Point(
        number=-1,
        kind="lead_in" if turn.lead_in else "data",
        setting=setting,
        index=index,
        branch=branch,
        quad=turn.quad,
        field_quad=turn.field_quad,
        walk=back,
    )


def _sweeps(
    plan: Plan, turns: list[_Turn], slow_index: tuple[int, ...], state: _Turning
) -> Iterator[Point]:
    """Whole sweeps at every visit; a lead-in is a single point at a sweep's beginning."""
    *outer, inner = plan.fast_axes
    for turn in _with_lead_in(plan, turns, state):
        for outer_index in product(*(_in_order(a.ascending, a.path) for a in outer)):
            back = 0
            for branch in inner.branches:
                for step in _in_order(inner.ascending, branch):
                    yield _data(plan, turn, slow_index, (*outer_index, step), branch, back)
                    back += 1
                    if turn.lead_in:
                        break
                if turn.lead_in:
                    break
            if turn.lead_in:
                break


def _control(
    plan: Plan,
    block: int,
    slow_index: tuple[int, ...],
    directions: _Directions,
    state: _Turning,
) -> Iterator[Point]:
    """A quad under conditions in which both directions must agree."""
    assert plan.control is not None
    number = block // plan.control.every
    first = _whole_index(plan, slow_index, tuple(0 for _ in plan.fast_axes))
    for turn in _with_lead_in(plan, directions.of(number, ()), state):
        setting = swept_setting(plan, base_setting(plan, turn.light, turn.field), first)
        yield Point(
            number=-1,
            kind="lead_in" if turn.lead_in else "control",
            setting=setting.controlled(plan.control),
            quad=turn.quad,
            field_quad=turn.field_quad,
        )


def _calibrations(plan: Plan, block: int, slow_index: tuple[int, ...]) -> Iterator[Point]:
    first = _whole_index(plan, slow_index, tuple(0 for _ in plan.fast_axes))
    light = 1 if plan.turns_light else plan.light or 0
    base = swept_setting(plan, base_setting(plan, light, 1), first)
    wanted: dict[Kind, Reference | None] = {
        "dark": plan.calibrations.dark,
        "shot_noise": plan.shot_noise,
        "tone": plan.calibrations.tone,
        "thermal": plan.calibrations.thermal,
    }
    for kind, asked in wanted.items():
        if asked is None or block % (asked.every or block + 1):
            continue
        yield Point(number=-1, kind=kind, setting=base.calibrated(kind, plan))


def _whole_index(
    plan: Plan, slow_index: tuple[int, ...], fast_index: tuple[int, ...]
) -> tuple[int, ...]:
    slow, fast = iter(slow_index), iter(fast_index)
    return tuple(next(slow) if axis.is_slow else next(fast) for axis in plan.sweep)


def _in_order(values: tuple[float, ...], path: str) -> range:
    """Positions of the values on the way up or down."""
    return range(len(values) - 1, -1, -1) if path == "down" else range(len(values))
