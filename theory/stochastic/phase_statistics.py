"""Phase difference of two modes along trajectories: locking, beat and slips, reported together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError

_COARSE = 1.0  # rad between samples, on average: beyond, turns get lost


@dataclass(frozen=True)
class PhaseLocking:
    """How two oscillators hold together: three numbers that mean little without each other.

    A pair that slips now and then still shows a locking value of 0.85.

    Attributes:
        locking_value: |⟨e^{iφ}⟩| over all samples: 1 locked, 0 free. Never quite 0 in a finite
            sample.
        locking_error: its standard error, from the scatter between trajectories.
        locking_floor: what R free trajectories of this kind would show: the root mean square of
            |Σ_r z_r|/R with trajectories' own averages z_r of random phase. A locking value is
            seen only well above it.
        phase: arg ⟨e^{iφ}⟩, rad: 0 in step, ±π against each other.
        beat: ⟨dφ/dt⟩, rad per time: how much faster the first oscillator is.
        beat_error: its standard error.
        slips: number of slips of 2π, forward and backward.
        slip_rate: slips of either sign, per trajectory and time.
        slip_interval: confidence interval of the rate, slips being rare and independent.
    """

    locking_value: float
    locking_error: float
    locking_floor: float
    phase: float
    beat: float
    beat_error: float
    slips: tuple[int, int]
    slip_rate: float
    slip_interval: tuple[float, float]


@dataclass(frozen=True)
class Oscillation:
    """Whether a mode oscillates at all; without this no statement on synchronization is complete.

    Attributes:
        amplitude: √⟨|c − centre|²⟩; √(n + 1/2) for thermal motion.
        bunching: ⟨|c − centre|⁴⟩/⟨|c − centre|²⟩²: 1 on a limit cycle, 2 for thermal motion.
    """

    amplitude: float
    bunching: float


def oscillation(amplitudes: ArrayLike, mode: int, *, centre: ArrayLike = 0.0) -> Oscillation:
    """Size and steadiness of one mode's oscillation, over all times and trajectories.

    Args:
        amplitudes: complex, shape (..., N).
        mode: which one.
        centre: of each mode's circle, as in `phase_difference`.

    >>> oscillation([[1.0], [1j], [-1.0]], 0)
    Oscillation(amplitude=1.0, bunching=1.0)
    """
    away = (np.asarray(amplitudes, complex) - np.asarray(centre, complex))[..., mode]
    intensity = np.abs(away) ** 2
    mean = float(np.mean(intensity))
    return Oscillation(float(np.sqrt(mean)), float(np.mean(intensity**2)) / mean**2)


def phase_difference(
    amplitudes: ArrayLike, i: int, j: int, *, centre: ArrayLike = 0.0
) -> NDArray[np.floating]:
    """Phase difference φ = θ_i − θ_j of two modes, unwrapped in time, rad.

    A mode turns as c ∝ e^{−iωt}; its phase θ = −arg(c − centre) grows at its frequency.

    Args:
        amplitudes: complex, shape (T, ..., N).
        i, j: the two modes.
        centre: of each mode's circle, shape (N,). A phonon's limit cycle runs about a point that
            the light's pressure displaces: give `amplitudes.mean(axis=(0, 1))` over whole periods.
            In a frame in which the oscillation stands still that mean is the signal: keep 0.

    Returns:
        φ, shape (T, ...).

    Raises:
        InputError: φ moves by more than 1 rad between samples on average: turns would get lost.

    >>> t = np.linspace(0, 50, 200)[:, None]
    >>> phi = phase_difference(np.exp(-1j * t * [1.5, 1.0]), 0, 1)
    >>> round(float(phi[-1]), 6)
    25.0
    """
    c = np.asarray(amplitudes, complex) - np.asarray(centre, complex)
    phases = np.unwrap(-np.angle(c[..., i] * c[..., j].conj()), axis=0)
    if len(phases) > 1 and not np.mean(np.abs(np.diff(phases, axis=0))) <= _COARSE:
        moved = float(np.mean(np.abs(np.diff(phases, axis=0))))
        raise InputError(
            f"the phase difference moves by {moved:.2g} rad between samples: turns get lost. "
            "Record more times, or check that both modes oscillate about the stated centre."
        )
    return phases


def phase_locking(times: ArrayLike, phases: ArrayLike, *, confidence: float = 0.95) -> PhaseLocking:
    """Locking value, beat and slips of unwrapped phase differences.

    A slip is counted when φ arrives one whole turn from the place where it last rested, places
    being arg⟨e^{iφ}⟩ + 2πn: excursions over the barrier that come back are none. The interval of
    the rate is Garwood's for a Poisson count.

    Args:
        times: shape (T,), increasing.
        phases: φ, unwrapped, shape (T,) or (T, R), R independent trajectories.
        confidence: of the slip rate's interval.

    Returns:
        PhaseLocking; errors are NaN for a single trajectory.

    Source: Pikovsky, Rosenblum, Kurths, doi:10.1017/CBO9780511755743; Lachaux et al.,
    doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C; Garwood, doi:10.2307/2333958.

    >>> t = np.linspace(0, 10, 101)
    >>> found = phase_locking(t, 0.3 * np.sin(t))
    >>> found.slips, round(found.slip_interval[1], 3)
    ((0, 0), 0.369)
    """
    t, phi = np.asarray(times, float), np.asarray(phases, float)
    if t.ndim != 1 or len(t) < 2 or phi.shape[:1] != t.shape or phi.ndim > 2 or phi.size == 0:
        raise InputError(
            f"phases has shape {phi.shape} for {t.size} times; give (T,) or (T, R), T at least 2."
        )
    phi = phi.reshape(len(t), -1)
    R, duration = phi.shape[1], float(t[-1] - t[0])
    own: NDArray[np.complexfloating] = np.exp(1j * phi).mean(axis=0)
    pooled = complex(own.mean())
    left_out = np.abs(R * pooled - own) / (R - 1) if R > 1 else np.array([np.nan])
    beats = (phi[-1] - phi[0]) / duration
    forward, backward = count_slips(phi, float(np.angle(pooled)))
    low, high = poisson_interval(forward + backward, confidence)
    exposure = R * duration
    return PhaseLocking(
        locking_value=abs(pooled),
        locking_error=float(np.sqrt((R - 1) * np.var(left_out))),
        locking_floor=float(np.sqrt(np.sum(np.abs(own) ** 2)) / R),
        phase=float(np.angle(pooled)),
        beat=float(beats.mean()),
        beat_error=float(np.std(beats, ddof=1) / np.sqrt(R)) if R > 1 else float("nan"),
        slips=(forward, backward),
        slip_rate=(forward + backward) / exposure,
        slip_interval=(low / exposure, high / exposure),
    )


def count_slips(phases: ArrayLike, rest: float) -> tuple[int, int]:
    """Slips forward and backward: arrivals at rest + 2π(n ± 1) after rest + 2πn.

    Args:
        phases: unwrapped, shape (T, ...).
        rest: where φ rests, rad, modulo 2π.

    >>> count_slips(np.array([0.0, 4.0, 0.0, 6.5, 13.0, 6.0]), 0.0)
    (2, 1)
    """
    turns = (np.asarray(phases, float) - rest) / (2 * np.pi)
    place = np.round(turns[0])
    forward = backward = 0
    for now in turns[1:]:
        # Towards zero: only whole turns away from the last place count.
        moved = np.trunc(now - place)
        if not np.any(moved):
            continue
        forward += int(np.sum(moved[moved > 0]))
        backward -= int(np.sum(moved[moved < 0]))
        place = place + moved
    return forward, backward


def poisson_interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact central confidence interval of a Poisson mean from one count.

    Source: Garwood, doi:10.2307/2333958.

    >>> low, high = poisson_interval(0)
    >>> low, round(high, 3)
    (0.0, 3.689)
    """
    from scipy.stats import chi2

    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * count)) / 2 if count else 0.0
    return low, float(chi2.ppf(1 - tail, 2 * count + 2)) / 2
