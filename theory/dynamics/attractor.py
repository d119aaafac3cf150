"""What a motion can end in, and when two ends are the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.dynamics.limit_cycle import LimitCycle, same_orbit
from phonosync.theory.mean_field import SteadyState


@dataclass(frozen=True, eq=False)
class Unsettled:
    """A motion that came neither to rest nor to a closed orbit in the time it was given.

    Attributes:
        amplitudes: c at the end, complex, shape (N,): go on from here.
        mean: c averaged over the last fifth of the time, complex, shape (N,).
        oscillation: each mode's r.m.s. excursion from it, shape (N,).
        exponents: the two largest Lyapunov exponents, in the network's unit of rate.
        drifting: whether the excursion grew, or shrank, without a break while these were measured.
        time: how long the motion was followed in all.
        resolution: smallest exponent that this time can tell from zero.
    """

    amplitudes: NDArray[np.complexfloating]
    mean: NDArray[np.complexfloating]
    oscillation: NDArray[np.floating]
    exponents: NDArray[np.floating]
    drifting: bool
    time: float
    resolution: float

    @property
    def kind(self) -> str:
        """Chaotic, quasi-periodic, or undecided, as far as the exponents tell.

        Chaotic: deviations grow exponentially. Quasi-periodic: two exponents are zero (two phases
        run freely, as of two phonons that do not lock). Undecided: neither, or still drifting, as
        close to a Hopf point; follow it for longer.
        """
        first, second = self.exponents
        if first > self.resolution:
            return "chaotic"
        settled = second > -self.resolution and not self.drifting
        return "quasi-periodic" if settled else "undecided"


Attractor = SteadyState | LimitCycle | Unsettled


def same_attractor(one: Attractor, other: Attractor, tolerance: float = 1e-3) -> bool:
    """Whether two attractors are one and the same, whatever the phase of a cycle.

    Two unsettled motions of one kind count as the same where their excursions agree to a quarter,
    about what their averages are good for; more cannot be said of them.
    """
    if isinstance(one, SteadyState) and isinstance(other, SteadyState):
        apart = np.linalg.norm(one.amplitudes - other.amplitudes)
        return bool(apart <= tolerance * np.linalg.norm(one.amplitudes) + 1e-12)
    if isinstance(one, LimitCycle) and isinstance(other, LimitCycle):
        return same_orbit(one, other, tolerance)
    if isinstance(one, Unsettled) and isinstance(other, Unsettled):
        alike = np.isclose(one.oscillation, other.oscillation, rtol=0.25)
        near = np.abs(one.mean - other.mean) <= 0.25 * (np.abs(one.mean) + one.oscillation)
        return one.kind == other.kind and bool(np.all(alike & near))
    return False
