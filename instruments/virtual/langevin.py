"""Time integration of the nonlinear Langevin equations of a network, and the light it sends out.

One step is a symmetric product of exactly solved flows: linear flow, half the coupling, linear
flow, noise, linear flow, half the coupling, linear flow. The couplings sit at the two Gauss points
round the noise: kicks there drive a sideband as the continuous force does, to fourth order in the
step (both at the middle lose 0.8 % of a far-detuned line at 0.125/ω). The bench's spectra come
from here alone: no formula for a spectrum is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import Port

LANES = 4  # trajectories that advance together, one per element of a vector register
_BLOCK = 512  # steps whose random numbers are drawn at once: they stay in the cache
_SLOW = 8  # a slow bath's kicks are drawn once in so many steps: they are isotropic, and so are
_SLOW_LOSS = 1e-2  # the rotations between them; slow means a loss below this in that time
_GAUSS = 0.5 - 1 / np.sqrt(12)  # offset of the coupling from the noise, in steps
STEP_PHONON = 0.25  # of 1/ω of the slowest phonon
STEP_DETUNING = 0.5  # of 1/|D| of the largest detuning


class Flow(NamedTuple):
    """Exact linear flow c -> matrix c + push for some time."""

    matrix: NDArray[np.complexfloating]
    push: NDArray[np.complexfloating]
    diagonal: bool  # no exchange: each mode turns and decays by itself

    @classmethod
    def of(cls, network: BosonicNetwork, time: float) -> Flow:
        """Damping, detuning, exchange and drive of a network for a time."""
        from scipy.linalg import expm

        rate = np.diag(network.loss / 2 + 1j * network.detuning) + 1j * network.exchange
        matrix = np.asarray(expm(-rate * time), complex)
        steady = np.linalg.solve(rate, network.drive)
        diagonal = not np.any(network.exchange)
        return cls(matrix, steady - matrix @ steady, diagonal)


@dataclass(frozen=True, eq=False)
class Stepper:
    """A network and its detected port, prepared for steps of length `dt` (seconds, rad/s)."""

    dt: float
    inner: Flow
    outer: Flow
    half_outer: Flow
    pressure: NDArray[np.floating]
    kerr: NDArray[np.floating]
    fast: NDArray[np.intp]
    slow: NDArray[np.intp]
    fast_kick: NDArray[np.floating]
    slow_kick: NDArray[np.floating]
    mode: int
    port_kick: float
    port_root: float
    reflected: complex
    efficiency: float

    @classmethod
    def of(cls, network: BosonicNetwork, port: Port, efficiency: float, dt: float) -> Stepper:
        """Prepare a single network; the port's noise is split off its mode's."""
        quanta = network.occupation + 0.5
        loss = np.array(network.loss)
        loss[port.mode] -= port.rate  # drawn apart, for it comes back in the output
        loss[loss < 1e-9 * network.loss] = 0.0
        kick = np.sqrt(loss * quanta * dt / 2)
        is_slow = network.loss * _SLOW * dt < _SLOW_LOSS
        slow = np.flatnonzero(is_slow & (loss > 0))
        fast = np.flatnonzero(~is_slow & (loss > 0))
        return cls(
            dt=dt,
            inner=Flow.of(network, _GAUSS * dt),
            outer=Flow.of(network, (1 - 2 * _GAUSS) * dt),
            half_outer=Flow.of(network, (0.5 - _GAUSS) * dt),
            pressure=np.ascontiguousarray(network.pressure),
            kerr=np.array(network.kerr),
            fast=fast,
            slow=slow,
            fast_kick=kick[fast],
            slow_kick=kick[slow] * np.sqrt(_SLOW),
            mode=port.mode,
            port_kick=float(np.sqrt(port.rate * quanta[port.mode] * dt / 2)),
            port_root=float(np.sqrt(port.rate)),
            reflected=complex(network.drive[port.mode] / np.sqrt(port.rate)),
            efficiency=efficiency,
        )

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
        matrix, push, _ = self.half_outer
        state[:] = matrix @ state + push[:, None]
        re, im = np.ascontiguousarray(state.real), np.ascontiguousarray(state.imag)
        total = np.zeros((2, LANES))
        # Vacuum: Re c_out has variance 1/(4 dt); twice it has the unit spectrum's 1/dt.
        oscillator = 2 * np.sqrt(self.efficiency) * np.exp(-1j * angle)
        lost = np.sqrt((1 - self.efficiency) / self.dt)
        columns = 2 * len(self.fast) + 3
        for start in range(0, len(current), _BLOCK):
            out = current[start : start + _BLOCK]
            fast = random.standard_normal((len(out), columns, LANES), dtype=np.float32)
            rows = (len(out) + _SLOW - 1) // _SLOW
            slow = random.standard_normal((rows, 2 * len(self.slow), LANES), dtype=np.float32)
            _steps(re, im, out, total, fast, slow, self._constants, oscillator, lost)
        state[:] = re + 1j * im
        # The last outer flow went half of itself too far; go back by the inverse.
        state[:] = np.linalg.solve(matrix, state - push[:, None])
        return (total[0] + 1j * total[1]) / len(current)

    @property
    def _constants(self):
        return (
            self.inner,
            self.outer,
            self.pressure,
            self.kerr,
            self.fast,
            self.slow,
            self.fast_kick,
            self.slow_kick,
            self.mode,
            (self.port_kick, self.port_root),
            self.reflected,
            self.dt,
        )


def step_length(network: BosonicNetwork, phonons: list[int]) -> float:
    """Step, s, that keeps line areas and frequencies right to a tenth of a percent."""
    slowest = float(np.abs(network.detuning[phonons]).min())
    return min(STEP_PHONON / slowest, STEP_DETUNING / float(np.abs(network.detuning).max()))


@njit(nogil=True, cache=True)
def _couple(re, im, pressure, kerr, tau):
    """Exact flow of radiation pressure and Kerr terms for a time tau (intensities are kept)."""
    for k in range(len(re)):
        presses = False
        for m in range(len(re)):
            presses = presses or pressure[k, m] != 0.0
        if not presses and kerr[k] == 0.0:
            continue
        for lane in range(LANES):
            x, y = re[k, lane], im[k, lane]
            # Weyl-ordered intensities: the truncated Wigner function's 1 and 1/2.
            n = x * x + y * y
            half = kerr[k] * (n - 1.0) * tau
            for m in range(len(re)):
                g = pressure[k, m] * tau
                half += g * re[m, lane]
                im[m, lane] -= g * (n - 0.5)
            # Cayley's form turns by 2 atan(tan(half)), unitary; the series is exact to half^7.
            square = half * half
            t = half * (1 + square * (1 / 3 + square * (2 / 15)))
            scale = 1 / (1 + t * t)
            cos, sin = (1 - t * t) * scale, -2 * t * scale
            re[k, lane] = x * cos - y * sin
            im[k, lane] = x * sin + y * cos


@njit(nogil=True, cache=True)
def _flow(re, im, flow, new_re, new_im):
    """Exact linear flow of all lanes."""
    if flow.diagonal:
        for k in range(len(re)):
            u, v = flow.matrix[k, k].real, flow.matrix[k, k].imag
            a, b = flow.push[k].real, flow.push[k].imag
            for lane in range(LANES):
                x, y = re[k, lane], im[k, lane]
                re[k, lane] = u * x - v * y + a
                im[k, lane] = u * y + v * x + b
        return
    for k in range(len(re)):
        for lane in range(LANES):
            new_re[k, lane], new_im[k, lane] = flow.push[k].real, flow.push[k].imag
        for m in range(len(re)):
            u, v = flow.matrix[k, m].real, flow.matrix[k, m].imag
            if u != 0.0 or v != 0.0:
                for lane in range(LANES):
                    new_re[k, lane] += u * re[m, lane] - v * im[m, lane]
                    new_im[k, lane] += u * im[m, lane] + v * re[m, lane]
    re[:], im[:] = new_re, new_im


@njit(nogil=True, cache=True)
def _steps(re, im, out, total, fast_normals, slow_normals, s_, oscillator, lost):
    """Advance all lanes by len(out) steps; out is their homodyne current, total the field's sum."""
    inner, outer, pressure, kerr, fast, slow, fast_kick, slow_kick, mode, port, reflected, dt = s_
    port_kick, port_root = port
    new_re, new_im = np.empty_like(re), np.empty_like(im)
    before_re, before_im = np.empty(LANES), np.empty(LANES)
    for s in range(len(out)):
        _couple(re, im, pressure, kerr, dt / 2)
        _flow(re, im, inner, new_re, new_im)
        for lane in range(LANES):
            before_re[lane], before_im[lane] = re[mode, lane], im[mode, lane]
        for i in range(len(fast)):
            for lane in range(LANES):
                re[fast[i], lane] += fast_kick[i] * fast_normals[s, 3 + 2 * i, lane]
                im[fast[i], lane] += fast_kick[i] * fast_normals[s, 4 + 2 * i, lane]
        if s % _SLOW == 0:
            for i in range(len(slow)):
                for lane in range(LANES):
                    re[slow[i], lane] += slow_kick[i] * slow_normals[s // _SLOW, 2 * i, lane]
                    im[slow[i], lane] += slow_kick[i] * slow_normals[s // _SLOW, 2 * i + 1, lane]
        for lane in range(LANES):
            arriving_re = port_kick * fast_normals[s, 0, lane]
            arriving_im = port_kick * fast_normals[s, 1, lane]
            re[mode, lane] += arriving_re
            im[mode, lane] += arriving_im
            back = 1 / (port_root * dt)
            field_re = port_root * (before_re[lane] + re[mode, lane]) / 2 - arriving_re * back
            field_im = port_root * (before_im[lane] + im[mode, lane]) / 2 - arriving_im * back
            field_re -= reflected.real
            field_im -= reflected.imag
            total[0, lane] += field_re
            total[1, lane] += field_im
            current = oscillator.real * field_re - oscillator.imag * field_im
            out[s, lane] = current + lost * fast_normals[s, 2, lane]
        _flow(re, im, inner, new_re, new_im)
        _couple(re, im, pressure, kerr, dt / 2)
        _flow(re, im, outer, new_re, new_im)
