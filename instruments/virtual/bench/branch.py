"""The branches of a device: steady states at which it may be found under its present settings."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.bench.langevin import Stepper
from phonosync.instruments.virtual.bench.replicas import BLOCKS, Replicas
from phonosync.theory.fluctuations import drift
from phonosync.theory.mean_field import SteadyState, steady_states
from phonosync.theory.network import BosonicNetwork

_KNOWN = 4096  # changes of the settings that are remembered


class Branches:
    """To which branch every change of the settings leads."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}  # from where, to which settings -> to which branch

    def reached(
        self, replicas: Replicas, stepper: Stepper, phonons: list[int]
    ) -> NDArray[np.complexfloating]:
        """Amplitudes of the branch to which the replicas come under the present settings.

        Where there are several, that hangs on where the replicas were and on noise that is always
        the same; it may move them.

        Args:
            replicas: as they stood under the former settings.
            stepper: for the present ones.
            phonons: which modes are phonons.

        Returns:
            shape (N,).
        """
        states, which = branches(stepper.network), 0
        if len(states) > 1:
            way = replicas.centre.tobytes() + _fingerprint(stepper.network)
            if way not in self._known:
                if len(self._known) >= _KNOWN:  # of drifting settings none comes twice
                    self._known.clear()
                replicas.begin(replicas.centre, [np.random.default_rng(b) for b in range(BLOCKS)])
                replicas.settle(stepper, phonons)
                distance = np.linalg.norm(states - replicas.centre, axis=1)
                self._known[way] = int(distance.argmin())
            which = self._known[way]
        return states[which]


def branches(network: BosonicNetwork) -> NDArray[np.complexfloating]:
    """Amplitudes of the steady states at which a device stands or about which it swings.

    Unstable states that are left without a swing, those between two branches, do not count unless
    there are no others.

    Args:
        network: of the device under its settings, rad/s.

    Returns:
        shape (branches, N), in order of total intensity.
    """
    states = steady_states(network)
    held = [state for state in states if state.stable or _swings(network, state)]
    return np.array([state.amplitudes for state in held or states])


def _fingerprint(network: BosonicNetwork) -> bytes:
    """Bytes that are the same for equal networks alone."""
    return b"".join(np.asarray(getattr(network, part.name)).tobytes() for part in fields(network))


def _swings(network: BosonicNetwork, state: SteadyState) -> bool:
    """Whether an unstable state is left by a growing oscillation (beyond a Hopf point)."""
    rates = np.linalg.eigvals(drift(network, state.amplitudes))
    return bool(rates[rates.real.argmax()].imag != 0)
