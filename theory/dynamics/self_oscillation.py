"""What a device does in the directions in which it has no stable steady state: it oscillates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device import Device
from phonosync.theory.dynamics.cycle_fluctuations import cycle_fluctuations, cycle_synchronization
from phonosync.theory.dynamics.limit_cycle import LimitCycle
from phonosync.theory.dynamics.settling import settle
from phonosync.theory.errors import InputError
from phonosync.theory.mean_field import SteadyState, steady_states
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.prediction import Direction, Pair, distinguished, phonon_pair


@dataclass(frozen=True, eq=False)
class Oscillation:
    """The motion that a device above threshold ends in, started at rest, for one direction.

    Attributes:
        light, field: the direction.
        kind: "limit cycle", or "quasi-periodic", "chaotic", "undecided": see `Unsettled`.
        mean: c averaged over the motion, shape (N,).
        excursion: each mode's r.m.s. distance from it, √quanta, shape (N,); the amplitude of a
            phonon's nearly circular motion.
        frequency: of the limit cycle, rad/s; None without one.
        linewidth: its full width at half maximum by phase diffusion, rad/s; None without a cycle
            whose phase alone is free.
        phase_difference: of the pair's fundamental motions, first minus second, rad in (−π, π].
        S_c, S_p, S_phi: of the pair, averaged over the cycle, with the diffusing common phase left
            out (`cycle_synchronization`); None where there is no cycle or no pair.
        orbit: c over one period of the limit cycle, evenly in time, shape (S, N); None without one.
    """

    light: int
    field: int
    kind: str
    mean: NDArray[np.complexfloating]
    excursion: NDArray[np.floating]
    frequency: float | None = None
    linewidth: float | None = None
    phase_difference: float | None = None
    S_c: float | None = None
    S_p: float | None = None
    S_phi: float | None = None
    orbit: NDArray[np.complexfloating] | None = None

    @property
    def period(self) -> float | None:
        """2π/ω of the limit cycle, s."""
        return None if self.frequency is None else 2 * np.pi / self.frequency


def oscillations(
    device: Device,
    *,
    power: float | None = None,
    pair: tuple[str, str] | None = None,
    directions: Iterable[Direction] | None = None,
) -> list[Oscillation]:
    """Follow the device from rest in every direction that has no stable steady state.

    Where a stable state exists nothing is reported, though cycles may coexist with it:
    `coexistence.attractors` looks for them.

    Args:
        device, power, pair, directions: as for `prediction.predict`.

    Raises:
        InputError: a pair that is not two of the device's phonons; a motion that diverges.

    >>> from phonosync.theory import load_device
    >>> oscillations(load_device("ring"))
    []
    """
    phonons = phonon_pair(device, pair)
    result = []
    for light, field in distinguished(device) if directions is None else directions:
        network = device.network(light=light, field=field, power=power)
        if not any(state.stable for state in steady_states(network)):
            result.append(_oscillation(network, light, field, phonons))
    return result


def _oscillation(network: BosonicNetwork, light: int, field: int, pair: Pair | None) -> Oscillation:
    motion = settle(network)
    if isinstance(motion, SteadyState):
        raise InputError(
            f"light {light:+d}, field {field:+d}: the motion settled in a steady state that was "
            "not found before; this device is beyond the search for steady states."
        )
    if not isinstance(motion, LimitCycle):
        return Oscillation(light, field, motion.kind, motion.mean, motion.oscillation)
    measured: dict[str, float] = {}
    if pair is not None:
        turning = motion.harmonic(1)[list(pair)]
        measured["phase_difference"] = float(np.angle(turning[1] * turning[0].conj()))
    if motion.stable:  # else a second phase runs freely, and no covariance stays finite
        fluctuations = cycle_fluctuations(network, motion)
        measured["linewidth"] = fluctuations.linewidth
        if pair is not None:
            S_c, S_p, S_phi = cycle_synchronization(fluctuations, *pair).mean
            measured |= {"S_c": S_c, "S_p": S_p, "S_phi": S_phi}
    return Oscillation(
        light,
        field,
        "limit cycle",
        motion.mean,
        motion.oscillation,
        frequency=motion.frequency,
        orbit=motion.amplitudes,
        **measured,
    )
