"""Time integration of the nonlinear Langevin equations of a network, and the light it sends out.

One step is a symmetric product of exactly solved flows: linear flow, half the coupling, linear
flow, noise, linear flow, half the coupling, linear flow. The couplings sit at the two Gauss points
round the noise: kicks there drive a sideband as the continuous force does, to fourth order in the
step (both at the middle lose 0.8 % of a far-detuned line at 0.125/ω). The bench's spectra come
from here alone: no formula for a spectrum is used.

A Brownian mode is damped symmetrically here: both agree to first order in κ/ω.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.bench.langevin_kernel import LANES, SLOW, advance
from phonosync.instruments.virtual.bench.normals_kernel import normals
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import AnyPort, output_amplitude
from phonosync.theory.ports.check import colder_bath

__all__ = ["LANES", "SLOW", "STEP_DETUNING", "STEP_PHONON", "Stepper", "reachable", "step_length"]

_BLOCK = 512  # steps whose random numbers are drawn at once: they stay in the cache
# Kicks of a slow bath are isotropic, as are the rotations between them, so they may be gathered;
# slow means a loss below this between two kicks.
_SLOW_LOSS = 1e-2
GAUSS = 0.5 - 1 / np.sqrt(12)  # offset of the coupling from the noise, in steps
STEP_PHONON = 0.2  # of 1/ω of the slowest phonon
STEP_DETUNING = 0.4  # of 1/|D| of the largest detuning
_NOTHING = np.zeros(0, int)


@dataclass(frozen=True, eq=False)
class Stepper:
    """A network and its detected port, prepared for steps of length `dt` (seconds, rad/s).

    Attributes:
        network: one network.
        port: whose output is detected.
        efficiency: of the detection.
        dt: step, s.
        incoming: mean field c_in that enters through the port; None where every drive of the port's
            modes does.
        imprecision: white noise that the detector adds, in units of shot noise.
        intensity: |c|² of each mode, about; None for 0. A Kerr term's turning at this intensity is
            part of the linear flow, so that large ones need no shorter steps.
    """

    network: BosonicNetwork
    port: AnyPort
    efficiency: float
    dt: float
    incoming: complex | None = None
    imprecision: float = 0.0
    intensity: NDArray[np.floating] | None = None

    def settle(self, state: NDArray[np.complexfloating], steps: int, random: np.random.Generator):
        """Advance `state` in place; return the mean output field over the second half, (LANES,)."""
        self._run(state, np.empty((steps // 2, LANES)), random, 0.0)
        return self._run(state, np.empty((steps - steps // 2, LANES)), random, 0.0)

    def evolve(
        self,
        state: NDArray[np.complexfloating],
        steps: int,
        random: np.random.Generator,
        angle: float,
    ) -> NDArray[np.floating]:
        """Advance `state` in place; return the homodyne currents, vacuum having unit spectrum.

        Args:
            state: amplitudes c of LANES independent trajectories, shape (N, LANES), changed.
            steps: number of steps.
            random: this block's own generator.
            angle: homodyne angle, rad, relative to the drive's phase.

        Returns:
            Samples every `dt`, shape (steps, LANES), in √(shot noise · Hz).
        """
        current = np.empty((steps, LANES))
        self._run(state, current, random, angle)
        return current

    def listen(
        self,
        state: NDArray[np.complexfloating],
        steps: int,
        random: np.random.Generator,
        modes: list[int],
    ) -> NDArray[np.floating]:
        """Advance `state` in place; return Re c of some modes in the first trajectory.

        Returns:
            Samples every `dt`, shape (modes, steps).
        """
        heard = np.empty((len(modes), steps))
        self._run(state, np.empty((steps, LANES)), random, 0.0, np.array(modes), heard)
        return heard

    def _run(
        self,
        state: NDArray[np.complexfloating],
        current: NDArray[np.floating],
        random: np.random.Generator,
        angle: float,
        listened: NDArray[np.integer] = _NOTHING,
        heard: NDArray[np.floating] | None = None,
    ) -> NDArray[np.complexfloating]:
        re, im = self.enter(state)
        total = np.zeros((2, LANES))
        # Vacuum: Re c_out has variance 1/(4 dt); twice it has the unit spectrum's 1/dt.
        oscillator = complex(2 * np.sqrt(self.efficiency) * np.exp(-1j * angle))
        lost = float(np.sqrt((1 - self.efficiency + self.imprecision) / self.dt))
        _, _, (fast, slow, _, _, shared, _), _ = self.constants
        columns = 3 + 2 * len(fast) + 2 * shared.shape[1]
        if heard is None:
            heard = np.empty((0, len(current)))
        for start in range(0, len(current), _BLOCK):
            out = current[start : start + _BLOCK]
            rows = (len(out) + SLOW - 1) // SLOW
            fast_normals = _normals(random, len(out), columns)
            slow_normals = _normals(random, rows, 2 * len(slow))
            part = np.empty((len(listened), len(out)))
            noise = (fast_normals, slow_normals, self.constants, oscillator, lost)
            advance(re, im, out, total, *noise, listened, part)
            heard[:, start : start + _BLOCK] = part
        self.leave(re, im, state)
        return (total[0] + 1j * total[1]) / len(current)

    def enter(self, state: NDArray[np.complexfloating]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Re and Im, flat, half an outer flow on: where the kernel's steps begin."""
        matrix, push = self._half
        moved: Any = matrix @ state + push[:, None]
        return moved.real.ravel().copy(), moved.imag.ravel().copy()

    def leave(self, re: NDArray[Any], im: NDArray[Any], state: NDArray[Any]) -> None:
        """Undo `enter` after the steps: the last outer flow went half of itself too far."""
        matrix, push = self._half
        ahead = (re + 1j * im).reshape(state.shape)
        state[:] = np.linalg.solve(matrix, ahead - push[:, None])

    @cached_property
    def constants(self) -> tuple:
        """What the kernel needs: flows, coupling, baths, port."""
        inner = self._kernel_flow(GAUSS * self.dt)
        outer = self._kernel_flow((1 - 2 * GAUSS) * self.dt)
        diagonal = not (np.any(self.network.exchange) or np.any(self.network.shared_loss))
        return (inner, outer, diagonal), self._coupling(), self._baths(), self._detected()

    @cached_property
    def _half(self) -> tuple[Any, Any]:
        return self._linear_flow((0.5 - GAUSS) * self.dt)

    def _linear_flow(self, time: float) -> tuple[Any, Any]:
        """Damping, detuning, exchange and drive for a time: c -> matrix c + push."""
        from scipy.linalg import expm

        rate = self.network.rate_matrix + np.diag(2j * self.network.kerr * self._rest)
        matrix = np.asarray(expm(-rate * time), complex)
        steady = np.linalg.solve(rate, self.network.drive)
        return matrix, steady - matrix @ steady

    def _kernel_flow(self, time: float) -> tuple:
        matrix, push = self._linear_flow(time)
        diagonal: Any = matrix.diagonal()
        per_mode = (diagonal.real, diagonal.imag, push.real, push.imag)
        return (*(np.repeat(x, LANES) for x in per_mode), matrix.real.copy(), matrix.imag.copy())

    def _coupling(self) -> tuple:
        """Which modes turn by their own intensity or press on which others, for half a step."""
        g, kerr = self.network.pressure, self.network.kerr
        turning = np.flatnonzero((kerr != 0) | np.any(g != 0, axis=1))
        pressed = [np.flatnonzero(g[k]) for k in turning]
        first = np.cumsum([0, *(len(p) for p in pressed)])
        flat = np.concatenate([*pressed, np.zeros(0, int)]).astype(np.int64)
        rates = np.concatenate([*(g[k, p] for k, p in zip(turning, pressed, strict=True)), []])
        half = self.dt / 2
        rest = 1.0 + self._rest[turning]
        X = self.network.cross_kerr if np.any(self.network.cross_kerr) else np.zeros((0, 0))
        rates = rates.astype(float) * half
        return turning, kerr[turning] * half, rest, first, flat, rates, X * half

    @property
    def _rest(self) -> NDArray[np.floating]:
        return np.zeros(self.network.modes) if self.intensity is None else self.intensity

    def _baths(self) -> tuple:
        """Fast and slow baths of single modes and their kicks, and columns of shared ones.

        The noise of the port is drawn apart; what is left of ⟨dW_k dW_l*⟩ comes from here.
        """
        n, u = self.network, self.port.jump(self.network.modes)
        loss = n.loss - np.abs(u) ** 2
        loss[loss < 1e-9 * n.loss] = 0.0
        warmer = n.occupation - self.port.occupation  # what the port did not bring of the heat
        strength = loss * (n.occupation + 0.5) + np.abs(u) ** 2 * warmer
        together = n.shared_loss * (colder_bath(n.occupation) + 0.5)
        together -= np.outer(u.conj(), u) * (self.port.occupation + 0.5)
        np.fill_diagonal(together, 0.0)
        shared = np.any(np.abs(together) > 1e-9 * n.loss.max(), axis=1)
        kick = np.sqrt(np.where(shared, 0.0, strength) * self.dt / 2)
        is_slow = n.loss * SLOW * self.dt < _SLOW_LOSS
        slow, fast = np.flatnonzero(is_slow & (kick > 0)), np.flatnonzero(~is_slow & (kick > 0))
        columns = _columns(np.diag(strength) + together, shared) * np.sqrt(self.dt / 2)
        return fast, slow, kick[fast], kick[slow] * np.sqrt(SLOW), columns.real, columns.imag

    def _detected(self) -> tuple:
        u = self.port.jump(self.network.modes)
        modes = np.flatnonzero(u)
        kick = float(np.sqrt((self.port.occupation + 0.5) * self.dt / 2))
        incoming = self.incoming
        if incoming is None:
            incoming = complex(-output_amplitude(self.network, 0 * u, self.port))
        return modes, u[modes].real.copy(), u[modes].imag.copy(), kick, incoming, self.dt


def _columns(noise: NDArray[Any], shared: NDArray[np.bool_]) -> NDArray[np.complexfloating]:
    """L with L L† the noise of the shared modes, shape (N, columns)."""
    places = np.flatnonzero(shared)
    values, vectors = np.linalg.eigh(noise[np.ix_(places, places)])
    kept = values > 1e-12 * np.abs(values).max(initial=0.0)
    columns = np.zeros((len(noise), np.count_nonzero(kept)), complex)
    columns[places] = vectors[:, kept] * np.sqrt(values[kept])
    return columns


def step_length(network: BosonicNetwork, phonons: list[int]) -> float:
    """Step, s, that keeps the areas of the ring's lines right to 0.2 %, their places to 60 Hz."""
    slowest = float(np.abs(network.detuning[phonons]).min())
    return min(STEP_PHONON / slowest, STEP_DETUNING / float(np.abs(network.detuning).max()))


def reachable(network: BosonicNetwork, limit: float) -> tuple[BosonicNetwork, BosonicNetwork]:
    """What is left of a network when modes are tuned far away, and the same to find a step for.

    A mode detuned by more than `limit` (rad/s) hardly acts on others, but steps that are long for
    it would let its couplings act at a false frequency. It stays as a linear mode, solved exactly;
    the second network has it at no detuning.
    """
    far = np.abs(network.detuning) > limit
    if not np.any(far):
        return network, network
    near = ~far
    both = near[:, None] & near
    left = replace(
        network,
        pressure=np.where(both, network.pressure, 0.0),
        cross_kerr=np.where(both, network.cross_kerr, 0.0),
        kerr=np.where(near, network.kerr, 0.0),
    )
    return left, replace(left, detuning=np.where(near, network.detuning, 0.0))


def _normals(random: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    return normals(random, rows * columns * LANES).reshape(rows, columns, LANES)
