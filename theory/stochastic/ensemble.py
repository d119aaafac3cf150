"""An ensemble of trajectories: its moments, and measures of them with standard errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError


@dataclass(frozen=True, eq=False)
class Ensemble:
    """R trajectories of N modes, each as likely as the others.

    Attributes:
        times: shape (T,), the inverse of the network's unit of rate.
        amplitudes: c(t) of every trajectory, complex, shape (T, R, N).
        seed: of the random numbers; with it the run can be repeated.
        step: the longest time step taken.
    """

    times: NDArray[np.floating]
    amplitudes: NDArray[np.complexfloating]
    seed: int
    step: float

    @cached_property
    def mean(self) -> NDArray[np.complexfloating]:
        """Mean fields ⟨c⟩, shape (T, N)."""
        return self.amplitudes.mean(axis=1)

    @cached_property
    def covariance(self) -> NDArray[np.floating]:
        """V(t) = ⟨δx δxᵀ⟩ with δx = x − ⟨x⟩, unbiased, shape (T, 2N, 2N), vacuum I/2.

        With R trajectories of Gaussian statistics, the standard error of V_ij is
        √[(V_ii V_jj + V_ij²)/(R − 1)].
        """
        deviations = _quadratures(self.amplitudes - self.mean[:, None])
        return np.swapaxes(deviations, 1, 2) @ deviations / (self.amplitudes.shape[1] - 1)


@dataclass(frozen=True)
class Estimate:
    """What an ensemble says of a measure.

    Attributes:
        value: the measure of the ensemble's moments, of each time or averaged over them.
        error: its standard error, same shape.
    """

    value: Any
    error: Any


Measure = Callable[[NDArray[np.floating], NDArray[np.complexfloating]], NDArray[np.floating]]


def estimate(
    ensemble: Ensemble, measure: Measure, modes: Sequence[int], *, average: bool = False
) -> Estimate:
    """A measure of the ensemble's moments with its standard error, by the jackknife.

    Trajectories are left out one by one; being independent, they give the error of a time average
    too, however long the correlations in time.

    Args:
        ensemble: at least 3 trajectories.
        measure: of the covariance V, shape (..., 2M, 2M), and mean amplitudes, shape (..., M), of
            the M modes, in their order.
        modes: the M modes.
        average: whether to average the measure over all times.

    Returns:
        Values and errors of shape (T,), or floats.

    Source: Efron and Stein, doi:10.1214/aos/1176345462.

    >>> from phonosync.theory import complete_synchronization
    >>> rest = np.sqrt(0.5) * np.array([1, -1, 1j, -1j])[None, :, None] * np.array([1, 0])
    >>> run = Ensemble(np.zeros(1), rest, seed=0, step=1.0)
    >>> estimate(run, lambda V, c: complete_synchronization(V, 0, 1), [0, 1]).value
    array([1.5])
    """
    R = ensemble.amplitudes.shape[1]
    if R < 3:
        raise InputError(f"the ensemble has {R} trajectories; a standard error needs 3 or more.")
    chosen = list(modes)
    values, partial = [], []
    for amplitudes in ensemble.amplitudes[:, :, chosen]:
        mean = amplitudes.mean(axis=0)
        x = _quadratures(amplitudes - mean)
        total = x.T @ x
        values.append(measure(total / (R - 1), mean))
        # Moments without trajectory r, from those of all.
        without = total - R / (R - 1) * x[:, :, None] * x[:, None, :]
        partial.append(measure(without / (R - 2), mean - (amplitudes - mean) / (R - 1)))
    value, left_out = np.array(values), np.array(partial)
    if average:
        value, left_out = value.mean(axis=0), left_out.mean(axis=0)
    deviation = left_out - left_out.mean(axis=-1, keepdims=True)
    error = np.sqrt((R - 1) / R * np.sum(deviation**2, axis=-1))
    return Estimate(value, error) if not average else Estimate(float(value), float(error))


def _quadratures(amplitudes: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    """(q1, p1, q2, p2, ...) along the last axis, (..., N) -> (..., 2N)."""
    both = np.sqrt(2) * np.stack([amplitudes.real, amplitudes.imag], axis=-1)
    return both.reshape(*amplitudes.shape[:-1], -1)
