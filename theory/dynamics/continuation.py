"""A branch of steady states followed along a parameter, with its folds and Hopf points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.dynamics.continuation_curve import Curve, Family, Point
from phonosync.theory.dynamics.mean_motion import to_real
from phonosync.theory.errors import InputError
from phonosync.theory.mean_field import SteadyState

_STRAIGHT, _BENT = 0.995, 0.97  # cosines between the tangents of neighbouring points


@dataclass(frozen=True, eq=False)
class SpecialPoint:
    """Where a branch gains or loses stability.

    Attributes:
        kind: "fold" (the branch turns back, and a jump follows), "hopf" (an oscillation sets in) or
            "branch point" (a real eigenvalue crosses zero, but the branch goes on: another one
            crosses it there).
        parameter: its value there.
        amplitudes: mean fields c, complex, shape (N,).
        frequency: of the oscillation that sets in, the network's unit of rate; 0 if none.
    """

    kind: str
    parameter: float
    amplitudes: NDArray[np.complexfloating]
    frequency: float


@dataclass(frozen=True, eq=False)
class Branch:
    """Steady states along a parameter, in the order in which the branch passes them.

    Attributes:
        parameter: shape (P,); it turns back at folds.
        amplitudes: mean fields c, complex, shape (P, N).
        growth: largest real part of the drift's eigenvalues, shape (P,).
        special: folds, Hopf points and branch points, in order along the branch.
        end: where it ends: at an "edge" of the range, or "closed" upon itself.
    """

    parameter: NDArray[np.floating]
    amplitudes: NDArray[np.complexfloating]
    growth: NDArray[np.floating]
    special: tuple[SpecialPoint, ...]
    end: str

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Whether small deviations decay, shape (P,)."""
        return self.growth < 0

    @property
    def folds(self) -> tuple[SpecialPoint, ...]:
        """Where the branch turns back."""
        return tuple(point for point in self.special if point.kind == "fold")

    @property
    def hopfs(self) -> tuple[SpecialPoint, ...]:
        """Where an oscillation sets in."""
        return tuple(point for point in self.special if point.kind == "hopf")


def continue_branch(
    family: Family,
    start: SteadyState | ArrayLike,
    start_parameter: float,
    stop_parameter: float,
    *,
    within: tuple[float, float] | None = None,
    step: float = 0.02,
    points: int = 5000,
) -> Branch:
    """Follow the steady states dc/dt = 0 through folds, from one parameter towards another.

    Pseudo-arclength continuation: predict along the tangent, correct across it by Newton's method.
    Between two points with different numbers of growing directions the eigenvalue that changes
    sign is brought to zero along the branch by Brent's method: a real one at a fold, a complex pair
    at a Hopf point.

    Args:
        family: the network as a function of the parameter.
        start: a steady state at start_parameter (c, shape (N,), is refined if it is nearly one).
        start_parameter, stop_parameter: the branch sets out from the one towards the other.
        within: lowest and highest parameter that the branch may reach; the two above by default.
        step: longest step, as a fraction of the range of parameter and amplitudes; what happens
            and is undone within one step is not seen.
        points: at most so many.

    Raises:
        InputError: no steady state near the start, or a branch that cannot be followed to its end.

    Source: Keller's method, e.g. Kuznetsov, doi:10.1007/978-1-4757-3978-7, chapter 10.

    >>> from phonosync.theory import BosonicNetwork
    >>> def driven(force):
    ...     return BosonicNetwork(detuning=[-2.0], loss=[1.0], kerr=[0.5], drive=[force])
    >>> branch = continue_branch(driven, [0.0], 0.0, 3.0)
    >>> [(point.kind, round(point.parameter, 6)) for point in branch.special]
    [('fold', 1.166159), ('fold', 0.701373)]
    """
    c = start.amplitudes if isinstance(start, SteadyState) else np.asarray(start, complex)
    low, high = sorted(within or (start_parameter, stop_parameter))
    if not low <= start_parameter <= high or low == high or start_parameter == stop_parameter:
        raise InputError(
            f"from {start_parameter:.6g} towards {stop_parameter:.6g} within [{low:.6g}, "
            f"{high:.6g}] there is nothing to follow; give a range that holds the start."
        )
    ahead = float(np.sign(stop_parameter - start_parameter))
    curve = Curve(family, low, high, np.abs(c))
    here = curve.begin(to_real(c), float(start_parameter), ahead)
    found, special, stride = [here], [], step / 4
    first = here
    while len(found) < points:
        there = curve.advance(here, stride)
        turn = -1.0 if there is None else float(here.tangent @ there.tangent)
        crossed = None if there is None or turn < _BENT else _crossing(curve, here, there)
        if there is None or crossed is None:
            stride /= 2
            if stride < 1e-10:
                break
            continue
        special += crossed
        found.append(there)
        if there.parameter in (low, high):
            return _branch(found, special, "edge")
        if len(found) > 8 and _passes(here, there, first):
            return _branch(found, special, "closed")
        here = curve.rescaled(there)
        if turn > _STRAIGHT:
            stride = min(1.5 * stride, step)
    raise InputError(
        f"the branch cannot be followed beyond the parameter {here.parameter:.6g} "
        f"({len(found)} points): start from another state, or narrow the range."
    )


def _crossing(curve: Curve, here: Point, there: Point) -> list[SpecialPoint] | None:
    """What happens between two neighbours; None if it is more than one thing (step less)."""
    index = min(here.growing, there.growing)
    changed = abs(here.growing - there.growing)
    if changed == 0:
        return []
    if changed > 2:
        return None
    from scipy.optimize import brentq

    reach = float(here.tangent @ (there.z - here.z))
    points: dict[float, Point] = {0.0: here, reach: there}

    def rate(arclength: float) -> float:
        if arclength not in points:
            point = curve.at(here, arclength)
            if point is None:
                raise InputError(
                    f"the branch is lost near the parameter {here.parameter:.6g}; narrow the range."
                )
            points[arclength] = point
        return float(points[arclength].eigenvalues.real[index])

    find: Any = brentq
    root = find(rate, 0.0, reach, xtol=1e-15, rtol=1e-14)
    rate(root)
    point = points[root]
    frequency = abs(float(point.eigenvalues.imag[index]))
    oscillates = frequency > 1e-7 * np.abs(point.eigenvalues).max()
    if oscillates != (changed == 2):
        return None
    turns = here.tangent[-1] * there.tangent[-1] < 0
    kind = "hopf" if oscillates else "fold" if turns else "branch point"
    return [SpecialPoint(kind, point.parameter, point.amplitudes, frequency if oscillates else 0.0)]


def _passes(here: Point, there: Point, first: Point) -> bool:
    """Whether the branch has come back to where it began."""
    ratio = first.scale / there.scale
    target, sense = first.z * ratio, first.tangent * ratio
    before, after = here.z * (here.scale / there.scale) - target, there.z - target
    chord = np.linalg.norm(after - before)
    closing = sense @ before < 0 <= sense @ after
    return bool(closing and max(np.linalg.norm(before), np.linalg.norm(after)) < 1.5 * chord)


def _branch(found: list[Point], special: list[SpecialPoint], end: str) -> Branch:
    return Branch(
        np.array([point.parameter for point in found]),
        np.array([point.amplitudes for point in found]),
        np.array([point.eigenvalues.real[0] for point in found]),
        tuple(special),
        end,
    )
