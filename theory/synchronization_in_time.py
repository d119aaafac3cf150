"""Synchronization along a trajectory, and its average over a stated window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.synchronization import (
    complete_synchronization,
    phase_synchronization,
    phi_synchronization,
)
from phonosync.theory.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class SynchronizationRecord:
    """The measures of one pair of modes in time; each of shape (T,).

    Attributes:
        times: the inverse of the network's unit of rate.
        S_c, S_p, S_phi: complete, phase and φ-synchronization.
    """

    times: NDArray[np.floating]
    S_c: NDArray[np.floating]
    S_p: NDArray[np.floating]
    S_phi: NDArray[np.floating]

    def average(self, start: float | None = None, stop: float | None = None) -> WindowAverage:
        """Mean over the samples from `start` to `stop` (first and last time by default).

        A measure that still drifts (S_c with two frequencies: the common phase diffuses) has an
        average that belongs to its window alone: state it, or take S_phi.

        Raises:
            InputError: the window holds no sample.
        """
        first = self.times[0] if start is None else start
        last = self.times[-1] if stop is None else stop
        inside = (self.times >= first) & (self.times <= last)
        if not np.any(inside):
            raise InputError(
                f"no sample lies between t = {first:.4g} and {last:.4g}; the record goes from "
                f"{self.times[0]:.4g} to {self.times[-1]:.4g}: choose a window within."
            )
        t = self.times[inside]
        means = (float(np.mean(x[inside])) for x in (self.S_c, self.S_p, self.S_phi))
        return WindowAverage(float(t[0]), float(t[-1]), len(t), *means)


@dataclass(frozen=True)
class WindowAverage:
    """Means of the measures over `samples` times from `start` to `stop`."""

    start: float
    stop: float
    samples: int
    S_c: float
    S_p: float
    S_phi: float


def synchronization_in_time(trajectory: Trajectory, i: int, j: int) -> SynchronizationRecord:
    """S_c, S_p and S_phi of the modes i and j at every time of a trajectory.

    Source: Mari et al., doi:10.1103/PhysRevLett.111.103605; arXiv:2001.10793.
    """
    V, c = trajectory.covariance, trajectory.amplitudes
    return SynchronizationRecord(
        trajectory.times,
        complete_synchronization(V, i, j),
        phase_synchronization(V, c, i, j),
        phi_synchronization(V, c, i, j),
    )
