"""The attractors of a network that coexist, and which start leads to which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.dynamics.attractor import Attractor, same_attractor
from phonosync.theory.dynamics.mean_motion import Complex, to_complex
from phonosync.theory.dynamics.settling import settle
from phonosync.theory.fluctuations import drift
from phonosync.theory.mean_field import steady_states
from phonosync.theory.network import BosonicNetwork


@dataclass(frozen=True, eq=False)
class Landscape:
    """What a network can end in.

    Attributes:
        attractors: every stable steady state, and whatever else was reached, each once.
        starts: where motions were begun, complex, shape (S, N).
        reached: which of the attractors each start led to, shape (S,).
    """

    attractors: tuple[Attractor, ...]
    starts: NDArray[np.complexfloating]
    reached: NDArray[np.intp]

    @property
    def coexisting(self) -> bool:
        """Whether history decides: more than one attractor was found."""
        return len(self.attractors) > 1


def attractors(
    network: BosonicNetwork,
    starts: ArrayLike | None = None,
    *,
    patience: float = 60.0,
    rtol: float = 1e-9,
) -> Landscape:
    """Find the attractors that coexist: every stable steady state, and the cycles reached.

    The steady states are complete (`steady_states`). Of cycles only those are found that some start
    leads to, so more starts may find more.

    Args:
        network: a single network.
        starts: c to start from, shape (S, N); `usual_starts` by default.
        patience, rtol: as for `settle`.
    """
    found: list[Attractor] = [s for s in steady_states(network) if s.stable]
    states: Any = usual_starts(network) if starts is None else np.atleast_2d(starts).astype(complex)
    reached = []
    for start in states:
        end = settle(network, start, patience=patience, rtol=rtol)
        index = next((i for i, known in enumerate(found) if same_attractor(known, end)), None)
        if index is None:
            index = len(found)
            found.append(end)
        reached.append(index)
    return Landscape(tuple(found), states, np.array(reached, int))


def usual_starts(network: BosonicNetwork) -> Complex:
    """Rest; both ways out of every unstable steady state; phonons that swing already.

    A phonon l is started where it sweeps the frequency of the mode that presses on it by β of its
    own frequency, 2 g_kl |b| = β ω_l with β = 1, 2 and 4: coexisting self-oscillations differ in β
    (Marquardt, Harris, Girvin, doi:10.1103/PhysRevLett.96.103901). Several phonons start in phase
    and in alternating phase, with the other modes where the stillest steady state has them.

    Returns:
        Amplitudes, shape (S, N).
    """
    states = steady_states(network)
    starts = [np.zeros(network.modes, complex)]
    for state in states:
        if not state.stable:
            eigen: Any = np.linalg.eig(drift(network, state.amplitudes))
            fastest = np.argmax(eigen.eigenvalues.real)
            way = to_complex(eigen.eigenvectors[:, fastest].real.copy())
            far = 0.01 * max(np.linalg.norm(state.amplitudes), 1.0) / np.linalg.norm(way)
            starts += [state.amplitudes + far * way, state.amplitudes - far * way]
    strength = np.abs(network.pressure).max(axis=0)
    phonons = np.flatnonzero(strength)
    swing = np.abs(network.detuning[phonons]) / (2 * strength[phonons])
    for beta in (1.0, 2.0, 4.0) if len(phonons) else ():
        for sign in (1, -1) if len(phonons) > 1 else (1,):
            start = states[0].amplitudes.copy()
            start[phonons] += beta * swing * sign ** np.arange(len(phonons))
            starts.append(start)
    return np.array(starts)
