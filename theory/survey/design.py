"""Search the operating point of a device that synchronizes best in one direction only."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.checked_file import hint
from phonosync.theory.device import Device
from phonosync.theory.device.entries import Entry, entry_value, with_entries
from phonosync.theory.errors import InputError, UnstableError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.survey.axes import Range
from phonosync.theory.survey.measures import measure_states
from phonosync.theory.survey.plan import pair_of, told_apart

OBJECTIVES = ("difference", "contrast", "S_c")
_LEAST = {"difference": {}, "contrast": {"S_c": 1 / 3}, "S_c": {"contrast": 1 / 3}}
_REQUIREMENT = re.compile(r"\s*(\w+)\s*>=?\s*(\d*\.?\d+)\s*")
# Costs of what is not wanted, each above every cost of what is wanted: [-1, 0].
_UNMET, _SEVERAL, _UNSTABLE = 1.0, 4.0, 5.0
_ALIKE = 1e-6  # a contrast below it is rounding
Array = NDArray[Any]


@dataclass(frozen=True)
class Goal:
    """What is searched for.

    With S_1 that of the direction (of light and field) that synchronizes best and S_2 that of the
    next: "difference" is S_1 − S_2, at most S_1, so that two tiny S_c are worth nothing; "contrast"
    is (S_1 − S_2)/(S_1 + S_2), which two tiny ones can bring to 1, so it asks for S_c >= 1/3;
    "S_c" is S_1 and asks for a contrast of 1/3.

    Attributes:
        objective: one of these.
        least: least S_1 ("S_c") and least contrast; what is not named is as above.

    Raises:
        InputError: another objective or name, or a least value outside 0..1.
    """

    objective: str = "difference"
    least: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the names and complete the requirements."""
        if self.objective not in OBJECTIVES:
            said = hint(self.objective, OBJECTIVES, "known are")
            raise InputError(f"no objective is called {self.objective!r}; {said}")
        for name, value in self.least.items():
            if name not in ("S_c", "contrast"):
                said = hint(name, ("S_c", "contrast"), "known are")
                raise InputError(f"nothing to require is called {name!r}; {said}")
            if not 0 <= value <= 1:
                raise InputError(f"{name} >= {value:g} is required; it lies between 0 and 1.")
        object.__setattr__(self, "least", {**_LEAST[self.objective], **self.least})

    def value(self, S_c: Array) -> Array:
        """The objective, from S_c of all directions, shape (..., directions)."""
        second, first = np.moveaxis(np.sort(S_c, axis=-1)[..., -2:], -1, 0)
        return {
            "difference": first - second,
            "contrast": (first - second) / (first + second),
            "S_c": first,
        }[self.objective]

    def lacking(self, S_c: Array) -> Array:
        """By how much the requirements are missed, summed; 0 where they are met."""
        second, first = np.moveaxis(np.sort(S_c, axis=-1)[..., -2:], -1, 0)
        found = {"S_c": first, "contrast": (first - second) / (first + second)}
        missed = [np.maximum(0, least - found[name]) for name, least in self.least.items()]
        return np.sum(missed, axis=0) if missed else np.zeros(first.shape)


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """S_c of one device in all its directions.

    Attributes:
        directions: (light, field) of each.
        S_c: shape (directions,); NaN without stable steady state.
        value: of the objective; NaN likewise.
    """

    directions: tuple[tuple[int, int], ...]
    S_c: Array
    value: float


@dataclass(frozen=True, eq=False)
class Design:
    """What a search found.

    Attributes:
        values: of the free entries, in their SI units, to six digits.
        device: with these values.
        before, after: the operating points.
        evaluations: devices that were tried.
    """

    values: dict[Entry, float]
    device: Device
    before: OperatingPoint
    after: OperatingPoint
    evaluations: int


def parse_requirements(texts: Sequence[str]) -> dict[str, float]:
    """Read requirements such as "S_c>=0.3".

    Raises:
        InputError: one that does not read so.

    >>> parse_requirements(["S_c>=0.3", "contrast > 0.5"])
    {'S_c': 0.3, 'contrast': 0.5}
    """
    found = {}
    for text in texts:
        match = _REQUIREMENT.fullmatch(text)
        if match is None:
            raise InputError(f'{text!r} is no requirement; write for example "S_c>=0.3".')
        found[match[1]] = float(match[2])
    return found


def design(
    device: Device,
    free: Sequence[Range],
    *,
    goal: Goal | None = None,
    branch: str | None = None,
    pair: tuple[str, str] | None = None,
    seed: int = 0,
    generations: int = 60,
    watch: Callable[[int, float], None] = lambda generation, value: None,
) -> Design:
    """Search the free entries for the best operating point by differential evolution.

    Every direction must have a stable steady state and, unless a branch is named, only one. A
    generation of candidates is solved as one batch. The file's own values are among the first, so
    the result is never worse.

    Args:
        device: the starting point.
        free: intervals of the entries that may change (see `axes.parse_ranges`).
        goal: the objective and what it requires; the difference by default.
        branch: "lower" or "upper" where several states are stable; by default none may.
        pair: names of the two phonons; by default the first two.
        seed: of the search.
        generations: most generations.
        watch: called after each with its number and the best value (NaN: nothing allowed yet).

    Raises:
        InputError: a free entry that the device cannot have, or no point meets the requirements.
        UnstableError: no point has a stable steady state in every direction.

    Source: Storn and Price, doi:10.1023/A:1008202821328, as in scipy.optimize.

    >>> from phonosync.theory import load_device
    >>> from phonosync.theory.survey.axes import parse_ranges
    >>> ring = load_device("ring")
    >>> free = parse_ranges(ring, ["sagnac.shift=-5..5 MHz"])
    >>> round(design(ring, free, generations=5).after.value, 2)
    0.61
    """
    from scipy.optimize import differential_evolution

    goal = goal or Goal()
    phonons = pair_of(device, pair)
    corners = [
        with_entries(device, {f.entry: end for f, end in zip(free, ends, strict=True)})
        for ends in product(*((f.low, f.high) for f in free))
    ]
    directions = tuple(product(*told_apart([device, *corners])))

    tried = 0

    def judge(devices: Sequence[Device]) -> tuple[Array, Array]:
        return _evaluate(devices, directions, phonons, goal, branch)

    def costs(x: Array) -> Array:
        nonlocal tried
        tried += x.shape[1]
        return judge([with_entries(device, _values(free, column)) for column in x.T])[1]

    def callback(intermediate_result: Any) -> None:
        cost = float(intermediate_result.fun)
        watch(int(intermediate_result.nit), -cost if cost <= 0 else np.nan)

    result = differential_evolution(
        costs,
        [(0.0, 1.0)] * len(free),
        x0=_start(device, free),
        rng=np.random.default_rng(seed),
        maxiter=generations,
        tol=1e-4,
        polish=False,
        updating="deferred",
        vectorized=True,
        callback=callback,
    )
    _complain(float(result.fun), goal, branch)
    values = {e: float(f"{v:.6g}") for e, v in _values(free, result.x).items()}
    designed = with_entries(device, values)
    S, cost = judge([device, designed])
    points = [
        OperatingPoint(directions, row, float(goal.value(row)) if c <= _UNMET + 2 else np.nan)
        for row, c in zip(S, cost, strict=True)
    ]
    return Design(values, designed, points[0], points[1], tried)


def _evaluate(
    devices: Sequence[Device],
    directions: Sequence[tuple[int, int]],
    phonons: tuple[int, int],
    goal: Goal,
    branch: str | None,
) -> tuple[Array, Array]:
    """S_c, shape (devices, directions), and the cost of each device."""
    names = [f.name for f in fields(BosonicNetwork)]
    found = []
    for light, way in directions:
        networks = [d.network(light=light, field=way) for d in devices]
        batch = {name: np.stack([getattr(n, name) for n in networks]) for name in names}
        found.append(measure_states(BosonicNetwork(**batch), phonons, ("S_c",), branch or "lower"))
    S, growth, states = (
        np.stack([each[name] for each in found], axis=-1)
        for name in ("S_c", "growth", "stable_states")
    )
    steady = np.where(np.isnan(S), 0.5, S)  # what is not steady is judged by its growth
    lacking = goal.lacking(steady)
    cost = np.where(lacking > 0, _UNMET + lacking, -goal.value(steady))
    if branch is None:
        cost = np.where(np.any(states > 1, axis=-1), _SEVERAL, cost)
    rate = np.nanmax(growth, axis=-1)
    slowest = np.array([2 * np.pi * min(m.linewidth for m in d.modes.values()) for d in devices])
    unstable = _UNSTABLE + np.maximum(rate, 0) / (np.maximum(rate, 0) + slowest)
    return S, np.where(np.any(states == 0, axis=-1), unstable, cost)


def _values(free: Sequence[Range], x: Array) -> dict[Entry, float]:
    """Entries at a point of the unit cube."""
    return {
        f.entry: float(
            f.low * (f.high / f.low) ** share if f.log else f.low + (f.high - f.low) * share
        )
        for f, share in zip(free, np.clip(x, 0, 1), strict=True)
    }


def _start(device: Device, free: Sequence[Range]) -> Array | None:
    """The file's own values in the unit cube; None if they are not in it."""
    shares = []
    for f in free:
        value = entry_value(device, f.entry)
        if not isinstance(value, float) or not f.low <= value <= f.high:
            return None
        ends = np.log([f.low, value, f.high]) if f.log else np.array([f.low, value, f.high])
        shares.append((ends[1] - ends[0]) / (ends[2] - ends[0]))
    return np.array(shares)


def _complain(cost: float, goal: Goal, branch: str | None) -> None:
    """Say why the best point is not good enough."""
    if cost >= _UNSTABLE:
        raise UnstableError(
            "no point of these intervals has a stable steady state in every direction; lower the "
            "drive power, or free a detuning."
        )
    if cost >= _SEVERAL and branch is None:
        raise InputError(
            "at every point of these intervals a direction has several stable steady states; widen "
            "the intervals, or say which counts: --branch lower."
        )
    if cost >= _UNMET:
        asked = " and ".join(f"{name} >= {least:.4g}" for name, least in goal.least.items())
        raise InputError(
            f"no point of these intervals reaches {asked}; widen them, free another entry, or "
            "--require less."
        )
    if -cost < _ALIKE:
        raise InputError(
            "S_c is the same in both directions at every point of these intervals; free what tells "
            "them apart, for example sagnac.shift."
        )
