"""Time integration of the nonlinear Langevin equations of a network, and the light it sends out.

One step is a symmetric product of exactly solved flows: linear flow, half the coupling, linear
flow, noise, linear flow, half the coupling, linear flow. The couplings sit at the two Gauss points
round the noise: kicks there drive a sideband as the continuous force does, to fourth order in the
step (both at the middle lose 0.8 % of a far-detuned line at 0.125/ω). The bench's spectra come
from here alone: no formula for a spectrum is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.langevin_kernel import LANES, SLOW, advance
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import Port

__all__ = ["LANES", "SLOW", "STEP_DETUNING", "STEP_PHONON", "Stepper", "step_length"]

_BLOCK = 512  # steps whose random numbers are drawn at once: they stay in the cache
# Kicks of a slow bath are isotropic, as are the rotations between them, so they may be gathered;
# slow means a loss below this between two kicks.
_SLOW_LOSS = 1e-2
_GAUSS = 0.5 - 1 / np.sqrt(12)  # offset of the coupling from the noise, in steps
STEP_PHONON = 0.25  # of 1/ω of the slowest phonon
STEP_DETUNING = 0.5  # of 1/|D| of the largest detuning


@dataclass(frozen=True, eq=False)
class Stepper:
    """A network and its detected port, prepared for steps of length `dt` (seconds, rad/s)."""

    network: BosonicNetwork
    port: Port
    efficiency: float
    dt: float

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

    def _run(self, state, current, random: np.random.Generator, angle: float):
        matrix, push = self._linear_flow((0.5 - _GAUSS) * self.dt)
        moved: Any = matrix @ state + push[:, None]
        re, im = moved.real.ravel().copy(), moved.imag.ravel().copy()
        total = np.zeros((2, LANES))
        # Vacuum: Re c_out has variance 1/(4 dt); twice it has the unit spectrum's 1/dt.
        oscillator = complex(2 * np.sqrt(self.efficiency) * np.exp(-1j * angle))
        lost = float(np.sqrt((1 - self.efficiency) / self.dt))
        _, _, (fast, slow, _, _), _ = self.constants
        for start in range(0, len(current), _BLOCK):
            out = current[start : start + _BLOCK]
            rows = (len(out) + SLOW - 1) // SLOW
            fast_normals = _normals(random, len(out), 3 + 2 * len(fast))
            slow_normals = _normals(random, rows, 2 * len(slow))
            advance(
                re, im, out, total, fast_normals, slow_normals, self.constants, oscillator, lost
            )
        # The last outer flow went half of itself too far; go back by the inverse.
        ahead = (re + 1j * im).reshape(state.shape)
        state[:] = np.linalg.solve(matrix, ahead - push[:, None])
        return (total[0] + 1j * total[1]) / len(current)

    @cached_property
    def constants(self) -> tuple:
        """What the kernel needs: flows, coupling, baths, port."""
        inner = self._kernel_flow(_GAUSS * self.dt)
        outer = self._kernel_flow((1 - 2 * _GAUSS) * self.dt)
        diagonal = not np.any(self.network.exchange)
        return (inner, outer, diagonal), self._coupling(), self._baths(), self._detected()

    def _linear_flow(self, time: float) -> tuple[Any, Any]:
        """Damping, detuning, exchange and drive for a time: c -> matrix c + push."""
        from scipy.linalg import expm

        n = self.network
        rate = np.diag(n.loss / 2 + 1j * n.detuning) + 1j * n.exchange
        matrix = np.asarray(expm(-rate * time), complex)
        steady = np.linalg.solve(rate, n.drive)
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
        return turning, kerr[turning] * half, first, flat, rates.astype(float) * half

    def _baths(self) -> tuple:
        """Indices and kicks of fast and slow baths; the port's own noise is drawn apart."""
        n = self.network
        loss = np.array(n.loss)
        loss[self.port.mode] -= self.port.rate
        loss[loss < 1e-9 * n.loss] = 0.0
        kick = np.sqrt(loss * (n.occupation + 0.5) * self.dt / 2)
        is_slow = n.loss * SLOW * self.dt < _SLOW_LOSS
        slow, fast = np.flatnonzero(is_slow & (loss > 0)), np.flatnonzero(~is_slow & (loss > 0))
        return fast, slow, kick[fast], kick[slow] * np.sqrt(SLOW)

    def _detected(self) -> tuple:
        mode, rate = self.port.mode, self.port.rate
        kick = float(np.sqrt(rate * (self.network.occupation[mode] + 0.5) * self.dt / 2))
        reflected = complex(self.network.drive[mode] / np.sqrt(rate))
        return mode, kick, float(np.sqrt(rate)), reflected, self.dt


def step_length(network: BosonicNetwork, phonons: list[int]) -> float:
    """Step, s, that keeps line areas right to 0.2 % and frequencies to a hundredth of a line."""
    slowest = float(np.abs(network.detuning[phonons]).min())
    return min(STEP_PHONON / slowest, STEP_DETUNING / float(np.abs(network.detuning).max()))


def _normals(random: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    return random.standard_normal((rows, columns, LANES), dtype=np.float32)
