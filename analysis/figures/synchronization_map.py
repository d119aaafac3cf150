"""S_c and stability over detuning and drive power."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.mean_field import steady_states_of_many
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.prediction import Pair
from phonosync.theory.synchronization import complete_synchronization


@dataclass(frozen=True, eq=False)
class SynchronizationMap:
    """S_c of one direction over detuning and drive power.

    Attributes:
        S_c: of the stable state of least intensity, shape (P, D); NaN where there is none.
        branches: number of stable states, shape (P, D); 0 where the device oscillates.
    """

    S_c: NDArray[np.floating]
    branches: NDArray[np.intp]


def synchronization_map(
    network: BosonicNetwork,
    pair: Pair,
    *,
    tuned: Sequence[int],
    detuning: ArrayLike,
    factor: ArrayLike,
) -> SynchronizationMap:
    """S_c where modes are detuned further and the drive power is multiplied.

    Args:
        network: a single network.
        pair: the two phonons.
        tuned: indices of the modes that are detuned.
        detuning: added to theirs, shape (D,), the network's unit.
        factor: of every drive's power, shape (P,).
    """
    added, factors = np.asarray(detuning, float), np.asarray(factor, float)
    these = np.isin(np.arange(network.modes), tuned)
    batch = replace(
        network,
        detuning=network.detuning + added[None, :, None] * these,
        drive=network.drive * np.sqrt(factors)[:, None, None],
    )
    states = steady_states_of_many(batch)
    branches = states.stable.sum(axis=-1)
    first = np.argmax(states.stable, axis=-1)[..., None, None]
    lowest = np.take_along_axis(states.amplitudes, first, axis=-2)[..., 0, :]
    settled = branches > 0
    S_c = np.full(settled.shape, np.nan)
    if np.any(settled):
        stable, c = batch.flat(np.flatnonzero(settled)), lowest[settled]
        V = steady_covariance(drift(stable, c), diffusion(stable))
        S_c[settled] = complete_synchronization(V, *pair)
    return SynchronizationMap(S_c, branches)
