"""Sweeps of a parameter up and down, as an experiment does them, and their hysteresis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.dynamics.attractor import Attractor, Unsettled, same_attractor
from phonosync.theory.dynamics.limit_cycle import LimitCycle, shoot
from phonosync.theory.dynamics.settling import nearest_steady_state, settle
from phonosync.theory.errors import InputError
from phonosync.theory.mean_field import SteadyState
from phonosync.theory.network import BosonicNetwork

Family = Callable[[float], BosonicNetwork]

_HALVINGS = 4


@dataclass(frozen=True, eq=False)
class Sweep:
    """What a network does while a parameter is changed slowly.

    Attributes:
        parameter: in the order of the sweep, shape (P,).
        attractors: where the motion is at each value: steady state, limit cycle or unsettled.
        branch: shape (P,); a new number after every jump, and after every other change that has no
            small steps: an oscillation sets in or ends, a period doubles.
    """

    parameter: NDArray[np.floating]
    attractors: tuple[Attractor, ...]
    branch: NDArray[np.intp]

    @property
    def amplitudes(self) -> NDArray[np.complexfloating]:
        """Mean fields, averaged over the oscillation where there is one, shape (P, N)."""
        return np.array(
            [a.amplitudes if isinstance(a, SteadyState) else a.mean for a in self.attractors]
        )

    @property
    def oscillation(self) -> NDArray[np.floating]:
        """Each mode's r.m.s. excursion from its mean, shape (P, N); zero in a steady state."""
        still: Any = np.zeros(self.amplitudes.shape[1])
        return np.array(
            [still if isinstance(a, SteadyState) else a.oscillation for a in self.attractors]
        )

    @property
    def oscillating(self) -> NDArray[np.bool_]:
        """Whether the motion is anything but a steady state, shape (P,)."""
        return np.array([not isinstance(a, SteadyState) for a in self.attractors])

    @property
    def jumps(self) -> NDArray[np.floating]:
        """The parameters between which the branch changes, shape (J, 2)."""
        at = np.flatnonzero(np.diff(self.branch))
        return np.stack([self.parameter[at], self.parameter[at + 1]], axis=-1)


@dataclass(frozen=True, eq=False)
class Hysteresis:
    """A sweep up and the sweep down that follows it; equal states bear equal branch numbers.

    Attributes:
        up: parameter increasing.
        down: parameter decreasing, begun where the sweep up ended.
    """

    up: Sweep
    down: Sweep

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Whether up and down end in different attractors, shape (P,), parameter increasing."""
        pairs = zip(self.up.attractors, self.down.attractors[::-1], strict=True)
        return np.array([not same_attractor(above, below) for above, below in pairs])

    @property
    def loops(self) -> list[tuple[float, float]]:
        """First and last parameter of every stretch in which up and down differ."""
        inside = np.concatenate([[0], self.differs.astype(int), [0]])
        first, after = np.flatnonzero(np.diff(inside) == 1), np.flatnonzero(np.diff(inside) == -1)
        p = self.up.parameter
        return [(float(p[i]), float(p[j - 1])) for i, j in zip(first, after, strict=True)]


def sweep(
    family: Family,
    parameters: ArrayLike,
    *,
    start: Attractor | ArrayLike | None = None,
    patience: float = 60.0,
    rtol: float = 1e-9,
) -> Sweep:
    """Change a parameter slowly along the given values, each state followed from the one before.

    A stable steady state or cycle is carried along as the parameter moves, in substeps (down to a
    sixteenth) where it changes fast. Where it ends (fold) or loses stability (Hopf point) the
    motion is followed in time from where it was, displaced by the amplitude of its noise
    √(n + 1/2), to whatever it falls to: `settle`.

    Args:
        family: the network as a function of the parameter, also between the values.
        parameters: values in the order of the sweep, shape (P,).
        start: attractor or c from which the first value is entered; rest by default.
        patience, rtol: as for `settle`. Where phases run freely (two phonons that do not lock) no
            value settles and each takes all the patience; 15 is often enough then.

    Raises:
        InputError: parameters that do not go one way.

    >>> def driven(force):
    ...     return BosonicNetwork(detuning=[-2.0], loss=[1.0], kerr=[0.5], drive=[force])
    >>> run = sweep(driven, [0.9, 1.0, 1.1, 1.2, 1.3])
    >>> run.branch.tolist(), run.jumps.tolist()
    ([0, 0, 0, 1, 1], [[1.1, 1.2]])
    """
    p = np.asarray(parameters, float)
    if p.ndim != 1 or len(p) < 1 or (len(p) > 1 and abs(np.sign(np.diff(p)).sum()) < len(p) - 1):
        raise InputError("the values of a sweep go one way, up or down; give them in that order.")
    here = _enter(family(float(p[0])), start, patience, rtol)
    attractors, branch = [here], [0]
    for before, after in zip(p[:-1].tolist(), p[1:].tolist(), strict=True):
        here, changed = _step(family, here, before, after, patience, rtol)
        attractors.append(here)
        branch.append(branch[-1] + changed)
    return Sweep(p, tuple(attractors), np.array(branch, int))


def hysteresis(
    family: Family,
    parameters: ArrayLike,
    *,
    start: Attractor | ArrayLike | None = None,
    patience: float = 60.0,
    rtol: float = 1e-9,
) -> Hysteresis:
    """Sweep up through the parameters and down again, beginning where the sweep up ended.

    Args:
        family, start, patience, rtol: as for `sweep`.
        parameters: increasing, shape (P,).
    """
    p = np.asarray(parameters, float)
    if np.any(np.diff(p) <= 0):
        raise InputError("give the parameters in increasing order; the way down is the same.")
    up = sweep(family, p, start=start, patience=patience, rtol=rtol)
    down = sweep(family, p[::-1], start=up.attractors[-1], patience=patience, rtol=rtol)
    return Hysteresis(up, replace(down, branch=_matched(up, down)))


def _matched(up: Sweep, down: Sweep) -> NDArray[np.intp]:
    """Give the branches of the way down the numbers of those of the way up that they retrace."""
    names: dict[int, int] = {}
    for index, label in enumerate(down.branch.tolist()):
        other = len(up.parameter) - 1 - index
        if label not in names and same_attractor(up.attractors[other], down.attractors[index]):
            names[label] = int(up.branch[other])
    new = int(up.branch.max()) + 1
    for label in dict.fromkeys(down.branch.tolist()):
        if label not in names:
            names[label], new = new, new + 1
    return np.array([names[label] for label in down.branch.tolist()], int)


def _enter(
    network: BosonicNetwork, start: Attractor | ArrayLike | None, patience: float, rtol: float
) -> Attractor:
    if isinstance(start, (SteadyState, LimitCycle, Unsettled)):
        kept = _moved(network, start)
        return kept or settle(network, _disturbed(start, network), patience=patience, rtol=rtol)
    return settle(network, start, patience=patience, rtol=rtol)


def _disturbed(attractor: Attractor, network: BosonicNetwork) -> NDArray[np.complexfloating]:
    """A state of the motion, off by the noise: an unstable state is left for this reason only."""
    c = attractor.amplitudes[0] if isinstance(attractor, LimitCycle) else attractor.amplitudes
    return c + np.sqrt(network.occupation + 0.5)


def _moved(network: BosonicNetwork, attractor: Attractor) -> Attractor | None:
    """The stable attractor that continues one of a slightly different network, if near enough."""
    if isinstance(attractor, SteadyState):
        return nearest_steady_state(network, attractor.amplitudes)
    if isinstance(attractor, LimitCycle):
        cycle = shoot(network, attractor.amplitudes[0], attractor.period)
        if cycle is None or not cycle.stable:
            return None
        kept = np.abs(cycle.oscillation - attractor.oscillation) < 0.2 * attractor.oscillation.max()
        alike = abs(cycle.period - attractor.period) < 0.2 * attractor.period
        return cycle if alike and np.all(kept) else None
    return None


def _step(
    family: Family, here: Attractor, before: float, after: float, patience: float, rtol: float
) -> tuple[Attractor, bool]:
    """Go from one parameter to the next; also say whether the branch changed on the way."""
    p, stride, changed = before, after - before, False
    while p != after:
        target = after if abs(after - p) <= abs(stride) else p + stride
        network = family(target)
        there = _moved(network, here)
        if there is None:
            shortest = abs(stride) * 2**_HALVINGS <= abs(after - before)
            if not shortest and not isinstance(here, Unsettled):
                stride /= 2
                continue
            there = settle(network, _disturbed(here, network), patience=patience, rtol=rtol)
            changed = changed or not _retraces(family, here, there, p, target)
        here, p, stride = there, target, 2 * stride
    return here, changed


def _retraces(
    family: Family, here: Attractor, there: Attractor, before: float, after: float
) -> bool:
    """Whether the small step back leads back to where the motion was: then nothing jumped."""
    if isinstance(here, Unsettled) and isinstance(there, Unsettled):
        return here.kind == there.kind
    for part in np.linspace(after, before, 2**_HALVINGS + 1)[1:].tolist():
        back = _moved(family(part), there)
        if back is None:
            return False
        there = back
    return same_attractor(here, there)
