"""Limit cycles: periodic orbits of the mean fields, found by shooting, with Floquet multipliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.dynamics.mean_motion import (
    Complex,
    Real,
    deviations,
    follow_mean,
    to_complex,
    to_real,
)
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import drift
from phonosync.theory.network import BosonicNetwork, velocity

_SAMPLES, _PER_TURN = 256, 40
_ITERATIONS = 15
_TURNS = 64


@dataclass(frozen=True, eq=False)
class LimitCycle:
    """A periodic orbit c(t + T) = c(t) = Σ_n h_n e^{−inωt}, ω = 2π/T, stable or not.

    Attributes:
        period: T, the inverse of the network's unit of rate.
        times: shape (S,), evenly from 0 to just before T.
        amplitudes: mean fields c at these times, complex, shape (S, N).
        multipliers: Floquet multipliers, complex, shape (2N,), the largest first: by how much
            deviations have grown after one period. One of them, for a shift along the orbit, is 1.
    """

    period: float
    times: NDArray[np.floating]
    amplitudes: NDArray[np.complexfloating]
    multipliers: NDArray[np.complexfloating]

    @property
    def frequency(self) -> float:
        """ω = 2π/T, in the network's unit of angular frequency."""
        return 2 * np.pi / self.period

    @property
    def mean(self) -> Complex:
        """Mean fields averaged over the period, shape (N,)."""
        return self.harmonic(0)

    @property
    def oscillation(self) -> Real:
        """Each mode's r.m.s. excursion from its mean, √(Σ_{n≠0} |h_n|²), shape (N,).

        The radius of a circular motion, which a phonon's nearly is.
        """
        return np.std(self.amplitudes, axis=0)

    @property
    def fundamental(self) -> Real:
        """Each mode's amplitude at ω, √(|h_1|² + |h_−1|²): a cavity has both sidebands."""
        return np.hypot(np.abs(self.harmonic(1)), np.abs(self.harmonic(-1)))

    def harmonic(self, order: int) -> Complex:
        """Fourier amplitude h_n of every mode, shape (N,)."""
        return self._harmonics[order]

    @cached_property
    def _harmonics(self) -> Complex:
        return np.fft.ifft(self.amplitudes, axis=0)

    @cached_property
    def _others(self) -> Complex:
        return np.delete(self.multipliers, np.argmin(np.abs(self.multipliers - 1)))

    @property
    def accuracy(self) -> float:
        """Distance of the trivial multiplier from 1: what the multipliers can be trusted to."""
        return float(np.abs(self.multipliers - 1).min())

    @property
    def stable(self) -> bool:
        """Whether every deviation decays, but for the shift along the orbit."""
        return bool(np.abs(self._others).max() < 1 - self._resolution)

    @property
    def unstable(self) -> bool:
        """Whether some deviation grows. Neither stable nor unstable: a second neutral direction.

        That happens with a symmetry that no drive breaks, as of two cells without coupling.
        """
        return bool(np.abs(self._others).max() > 1 + self._resolution)

    @property
    def _resolution(self) -> float:
        return max(10 * self.accuracy, 1e-9)


def refine_cycle(
    network: BosonicNetwork,
    amplitudes: ArrayLike,
    period: float,
    *,
    rtol: float = 1e-11,
    samples: int | None = None,
) -> LimitCycle:
    """Find the periodic orbit, stable or not, that passes near a state, by shooting.

    Newton's method for c(T) = c(0) and T, the start moving across the orbit only; the derivative
    comes from the variational equation dΦ/dt = A(c(t)) Φ, A the drift. Where the period found
    holds several turns of a shorter one, the orbit has the shorter one.

    Args:
        network: a single network.
        amplitudes: c near the orbit, shape (N,).
        period: guess of T.
        rtol: relative error allowed per step of the integration.
        samples: S of the result; by default 256, or more where the orbit has many turns.

    Raises:
        InputError: no periodic orbit was found from there.

    Source: shooting: Parker and Chua, doi:10.1007/978-1-4612-3486-9.
    """
    cycle = shoot(network, amplitudes, period, rtol=rtol, samples=samples)
    if cycle is None:
        raise InputError(
            f"no periodic orbit of period near {period:.6g} passes near the given amplitudes; "
            "follow the motion for longer first, or take settle(), which finds the period itself."
        )
    return cycle


def shoot(
    network: BosonicNetwork,
    amplitudes: ArrayLike,
    period: float,
    *,
    rtol: float = 1e-11,
    samples: int | None = None,
) -> LimitCycle | None:
    """`refine_cycle`, with None where it finds nothing."""
    x, T = to_real(amplitudes).copy(), float(period)
    size = _swing(follow_mean(network, np.linspace(0, T, 65), amplitudes=to_complex(x)))
    s = np.repeat(size, 2)
    last = np.inf
    for _ in range(_ITERATIONS):
        states, (_, monodromy) = deviations(
            network, [0, T], to_complex(x), np.eye(len(x)), rtol=rtol, size=size
        )
        here, there = (to_real(velocity(network, c)) / s for c in states)
        gap = (to_real(states[1]) - x) / s
        phase = here / (np.linalg.norm(here) + 1e-300)
        matrix = np.block(
            [
                [monodromy * s / s[:, None] - np.eye(len(x)), T * there[:, None]],
                [phase[None, :], np.zeros((1, 1))],
            ]
        )
        # Least squares: a symmetry that adds a neutral direction leaves the matrix singular.
        step = np.linalg.lstsq(matrix, np.append(-gap, 0.0), rcond=1e-9)[0]
        length = float(np.linalg.norm(step))
        if not np.isfinite(length) or abs(step[-1]) > 0.5 or length > 30:
            return None
        x, T = x + s * step[:-1], T * (1 + step[-1])
        if length < 1e-9 or (length < 1e-6 and length > 0.3 * last):
            return _sampled(network, x, T, size, rtol, samples)
        last = length
    return None


def _swing(amplitudes: Complex) -> Real:
    """Each mode's r.m.s. excursion, bounded below where a mode hardly moves."""
    moved = np.std(amplitudes, axis=0)
    size = moved + 1e-4 * np.abs(amplitudes).max(axis=0)
    return size + 1e-9 * size.max() + 1e-300


def _sampled(
    network: BosonicNetwork, x: Real, T: float, size: Real, rtol: float, samples: int | None
) -> LimitCycle | None:
    """The orbit through x, or None if it is a point or does not close."""
    parts = T / np.arange(_TURNS, 0, -1)
    back = follow_mean(
        network, np.append(0.0, parts), amplitudes=to_complex(x), rtol=rtol, size=size
    )
    away = np.max(np.abs(back[1:] - back[0]) / size, axis=1)
    returned = (away < 1e-6) & (np.maximum.accumulate(away) > 0.01)
    if not returned[-1]:
        return None
    T = float(parts[np.argmax(returned)])  # of several turns of one orbit, the first
    if samples is None:
        fastest = np.abs(np.linalg.eigvals(drift(network, back[0]))).max()
        turns = _PER_TURN * T * fastest / (2 * np.pi)
        samples = max(_SAMPLES, 2 ** int(np.ceil(np.log2(turns))))
    times = np.linspace(0, T, samples + 1)
    c, propagators = deviations(network, times, to_complex(x), rtol=rtol, size=size)
    monodromy = np.eye(len(x))
    for propagator in propagators[1:]:
        monodromy = propagator @ monodromy
    multipliers = np.linalg.eigvals(monodromy).astype(complex)
    order = np.argsort(-np.abs(multipliers), kind="stable")
    return LimitCycle(T, times[:-1], c[:-1], multipliers[order])


def same_orbit(one: LimitCycle, other: LimitCycle, tolerance: float = 1e-3) -> bool:
    """Whether two cycles are one orbit, whatever the phase at which each was sampled.

    The r.m.s. distance at the best shift in time, relative to the orbit's r.m.s. excursion. Of two
    mirror images with the same amplitudes, as in-phase and antiphase locking, none is the other.
    """
    if abs(one.period - other.period) > tolerance * one.period:
        return False
    size = _swing(np.concatenate([one.amplitudes, other.amplitudes]))
    from scipy.optimize import minimize_scalar

    S = max(len(one.times), len(other.times))
    a, b = (_spectrum(cycle.amplitudes / size, S) for cycle in (one, other))
    order = np.fft.fftfreq(S, 1 / S)

    def distance(shift: float) -> float:
        return float(np.sum(np.abs(a - b * np.exp(-2j * np.pi * order * shift / S)[:, None]) ** 2))

    product = np.sum(a * b.conj(), axis=1)
    coarse = int(np.argmax(np.fft.ifft(product).real))
    best: Any = minimize_scalar(
        distance, bounds=(coarse - 1, coarse + 1), method="bounded", options={"xatol": 1e-6}
    )
    return bool(best.fun < tolerance**2 * np.sum(np.abs(a[1:]) ** 2))


def _spectrum(amplitudes: Complex, samples: int) -> Complex:
    """Harmonics in the order of an FFT of so many samples, zero where too few were given."""
    narrow, half = np.fft.ifft(amplitudes, axis=0), len(amplitudes) // 2
    wide = np.zeros((samples, amplitudes.shape[1]), complex)
    wide[:half], wide[-half:] = narrow[:half], narrow[-half:]
    return wide
