"""Locking value, beat, slips and entropy of one record's phase difference, with 95 % intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import Interval
from phonosync.analysis.statistics.time_series import (
    block_count,
    block_jackknife,
    block_means,
    correlation_time,
)
from phonosync.theory.stochastic.phase_statistics import count_slips, poisson_interval

TWO_PI = 2 * np.pi
BINS = 24
"""Of the histogram of φ modulo 2π, for the entropy."""
MANY_SLIPS = 30
"""From so many slips on, the scatter of stretches tells their statistics."""
_FAR_FROM_ZERO = 5.0  # standard errors


@dataclass(frozen=True)
class Locking:
    """How a pair holds together. No number here means much without the others.

    Attributes:
        locking_value: |⟨e^{iφ}⟩| without the bias of a finite record and, where it is known,
            without the loss by imprecision: 1 locked, 0 free. A slipping pair can reach 0.85.
        raw_locking_value: the same of the samples as they are.
        effective_samples: N/(2τ), as many independent phases as the record is worth.
        phase_rad: where φ rests, arg⟨e^{iφ}⟩.
        beat_hz: ⟨dφ/dt⟩/2π: how much faster the first vibration is.
        slips: of 2π, forward and backward.
        slip_rate_hz: slips of either sign a second; Garwood's exact interval for a Poisson count.
            A free phase turns more regularly than that, and the interval is then too wide.
        entropy_index: (ln M − H)/ln M of φ's histogram with M bins: 1 sharp, 0 flat; unlike the
            locking value it sees two resting places. Imprecision lowers it.
    """

    locking_value: Interval
    raw_locking_value: float
    effective_samples: float
    phase_rad: float
    beat_hz: Interval
    slips: tuple[int, int]
    slip_rate_hz: Interval
    entropy_index: Interval


def locking_of(phases: ArrayLike, *, rate_hz: float, attenuation: float = 1.0) -> Locking:
    """Measure the locking of one record.

    With R = |mean e^{iφ}| the unbiased square is (N_eff R² − 1)/(N_eff − 1).

    Args:
        phases: φ, unwrapped, rad, shape (T,).
        rate_hz: samples a second.
        attenuation: by which imprecision multiplies ⟨e^{iφ}⟩; see `attenuation_by`.

    Source: Lachaux et al., doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C; Tass et
    al., doi:10.1103/PhysRevLett.81.3291 (entropy index); Garwood, doi:10.2307/2333958; Zou and
    Donner, doi:10.1002/sim.3095 (difference of two rates).
    """
    φ = np.asarray(phases, float)
    u = np.exp(1j * φ)
    pooled = complex(u.mean())
    τ = correlation_time(u)
    # What moves the modulus is slower where only slips do: the record is cut by the slowest.
    along = (u * np.exp(-1j * np.angle(pooled))).real
    blocks = block_count(len(φ), max(τ, correlation_time(along)))
    effective = len(φ) / (2 * τ)
    slips = count_slips(φ, float(np.angle(pooled)))
    seconds = (len(φ) - 1) / rate_hz
    low, high = poisson_interval(sum(slips))
    return Locking(
        locking_value=_locking_value(u, blocks, effective, attenuation),
        raw_locking_value=abs(pooled),
        effective_samples=effective,
        phase_rad=float(np.angle(pooled)),
        beat_hz=_beat(φ, slips, seconds, blocks),
        slips=slips,
        slip_rate_hz=Interval(sum(slips) / seconds, low / seconds, high / seconds),
        entropy_index=_entropy_index(φ, blocks),
    )


def attenuation_by(
    z: NDArray[np.complexfloating], noise: NDArray[np.complexfloating], mean_phasor: complex
) -> float:
    """Factor by which imprecision lowers |⟨e^{iφ}⟩|, from 0 to 1 (above, if shared noise helps).

    Gaussian noise of power N on an amplitude r multiplies ⟨e^{iθ}⟩ by √(πs)/2 e^{−s/2}
    [I₀(s/2) + I₁(s/2)] with s = r²/N; noise that both channels share gives some of it back, to
    first order by the factor exp(½ Re(N₁₂⟨e^{−iφ}⟩)/(r₁r₂)). Taken at r² = ⟨|z|²⟩ − N, so for
    amplitudes that keep their size: limit cycles.

    Args:
        z: record, shape (2, T).
        noise: ⟨n_j n_k*⟩, shape (2, 2).
        mean_phasor: ⟨e^{iφ}⟩.

    Returns:
        NaN where a vibration does not rise above its imprecision.
    """
    from scipy.special import i0e, i1e

    N = noise.diagonal().real
    energy = np.mean(np.abs(z) ** 2, axis=1) - N
    if not np.all(energy > 0):
        return float("nan")
    half = energy / np.maximum(N, 1e-9 * energy) / 2
    own = np.sqrt(np.pi * half / 2) * (i0e(half) + i1e(half))
    shared = (noise[0, 1] * np.conj(mean_phasor)).real / np.sqrt(np.prod(energy)) / 2
    return float(np.prod(own) * np.exp(shared))


def _locking_value(
    u: NDArray[np.complexfloating], blocks: int, effective: float, attenuation: float
) -> Interval:
    means = block_means(u, blocks)
    pooled = means.mean()
    R = abs(pooled)
    square = max(0.0, (effective * R**2 - 1) / max(effective - 1, 1e-9))
    # On the scale artanh R the error hardly depends on R; its jackknife runs along the mean.
    stretched = block_jackknife(means, lambda mean: np.arctanh(min(abs(mean), 1 - 1e-15)))
    spread = float(np.sqrt(np.sum(np.abs(means - pooled) ** 2) / blocks / (blocks - 1)))
    if spread * _FAR_FROM_ZERO < R:
        half = stretched.quantile * stretched.error
        centre = np.arctanh(min(np.sqrt(square), 1 - 1e-15))
        low, high = np.tanh(centre - half), np.tanh(centre + half)
    else:
        low, high = _rician_interval(R, spread)
    value, low, high = (min(float(x) / attenuation, 1.0) for x in (np.sqrt(square), low, high))
    return Interval(value, min(low, value), max(high, value))


def _rician_interval(R: float, spread: float) -> tuple[float, float]:
    """Modulus of a mean whose measured R scatters by `spread` (r.m.s. of both components)."""
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    x = 2 * (R / spread) ** 2 if spread > 0 else np.inf

    def solve(quantile: float) -> float:
        def excess(λ: float) -> float:
            return float(ncx2.cdf(x, 2, λ)) - quantile

        if excess(0.0) <= 0:
            return 0.0
        found: Any = brentq(excess, 0.0, (np.sqrt(x) + 8) ** 2)
        return spread * float(np.sqrt(found / 2))

    return solve(0.975), max(solve(0.025), spread / np.sqrt(2))


def _beat(φ: NDArray[np.floating], slips: tuple[int, int], seconds: float, blocks: int) -> Interval:
    """Turns a second. Few slips: as rare events; many: by the scatter of stretches."""
    value = float(φ[-1] - φ[0]) / TWO_PI / seconds
    if sum(slips) >= MANY_SLIPS:
        length = len(φ) // blocks
        ends = φ[: blocks * length + 1 : length]
        if len(ends) == blocks:  # the last stretch lacks its end
            ends = np.append(ends, φ[-1])
        scatter = float(np.std(np.diff(ends), ddof=1)) / TWO_PI * np.sqrt(blocks) / seconds
        half = block_jackknife(np.zeros(blocks), float).quantile * scatter
        return Interval(value, value - half, value + half)
    (up_low, up_high), (down_low, down_high) = (poisson_interval(count) for count in slips)
    up, down = slips
    # Within its resting place φ may end elsewhere than it began.
    jitter = 2 * float(np.std(np.angle(np.exp(1j * (φ - φ.mean()))))) / TWO_PI
    below = np.sqrt((up - up_low) ** 2 + (down_high - down) ** 2 + jitter**2)
    above = np.sqrt((up_high - up) ** 2 + (down - down_low) ** 2 + jitter**2)
    return Interval(value, value - below / seconds, value + above / seconds)


def _entropy_index(φ: NDArray[np.floating], blocks: int) -> Interval:
    """By the jackknife over blocks, which takes off the bias of correlated samples too."""
    cell = np.floor(np.mod(φ, TWO_PI) / TWO_PI * BINS).astype(int) % BINS
    length = len(φ) // blocks
    cut = cell[: blocks * length].reshape(blocks, length)
    shares = np.stack([np.bincount(own, minlength=BINS) for own in cut]) / length

    def index(share: NDArray[Any]) -> float:
        known = share[share > 0]
        return 1 + float(np.sum(known * np.log(known))) / np.log(BINS)

    found = block_jackknife(shares, index).interval()
    return Interval(*(float(np.clip(x, 0, 1)) for x in (found.value, found.low, found.high)))
