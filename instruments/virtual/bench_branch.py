"""The branches of a device: steady states at which it may be found under its present settings."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.fluctuations import drift
from phonosync.theory.mean_field import SteadyState, steady_states
from phonosync.theory.network import BosonicNetwork


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


def nearest(states: NDArray[np.complexfloating], amplitudes: NDArray[np.complexfloating]) -> int:
    """Which row of `states` (branches, N) is nearest to `amplitudes` (N,)."""
    return int(np.linalg.norm(states - amplitudes, axis=1).argmin())


def fingerprint(network: BosonicNetwork) -> bytes:
    """Bytes that are the same for equal networks alone."""
    return b"".join(np.asarray(getattr(network, part.name)).tobytes() for part in fields(network))


def _swings(network: BosonicNetwork, state: SteadyState) -> bool:
    """Whether an unstable state is left by a growing oscillation (beyond a Hopf point)."""
    rates = np.linalg.eigvals(drift(network, state.amplitudes))
    return bool(rates[rates.real.argmax()].imag != 0)
