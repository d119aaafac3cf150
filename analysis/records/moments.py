"""S_c, S_p and S_φ from a record's second moments, imprecision taken off, cross terms included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.measured.calibration import Calibration
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval
from phonosync.analysis.statistics.time_series import (
    block_count,
    block_jackknife,
    block_means,
    correlation_time,
)


@dataclass(frozen=True)
class Variance:
    """X of one measure in quanta, S = 1/X, with its two kinds of error kept apart.

    Attributes:
        X: for S_c it is ⟨q_−² + p_−²⟩, at least 1 by Heisenberg.
        error: standard error from the finite record and the noise reference.
        quantile: Student's t of a 95 % interval of `error`.
        common: what one standard error of each calibration adds to X, with its sign, shape (2,):
            the same for all records that share the calibrations.
    """

    X: float
    error: float
    quantile: float
    common: tuple[float, float]

    @property
    def S(self) -> Interval:  # noqa: N802 - the field's symbol
        """1/X: the interval is put on X and turned over; where X may be 0, a lower limit."""
        half = float(np.hypot(self.quantile * self.error, SIGMAS_95 * np.hypot(*self.common)))
        low = 1 / (self.X + half) if self.X + half > 0 else np.nan
        if not self.X - half > 0:
            return Interval(np.nan, low, np.nan)
        return Interval(1 / self.X, low, 1 / (self.X - half))


@dataclass(frozen=True)
class Moments:
    """The three measures of one record.

    Attributes:
        complete, phase, phi: variances behind S_c, S_p, S_φ; S_p and S_φ need oscillations.
        steadiness: |⟨z⟩|²/⟨|z|²⟩ of the two, the lesser: 1 where the common phase stands still over
            the record, 0 where it went round.
    """

    complete: Variance
    phase: Variance | None
    phi: Variance | None
    steadiness: float


def moments_of(
    z: NDArray[np.complexfloating],
    *,
    noise: NDArray[np.complexfloating],
    noise_samples: float,
    calibrations: tuple[Calibration, Calibration],
    shared_calibration: bool,
    oscillating: bool,
) -> Moments:
    """Second moments about the means, in quanta.

    With c = √C z, q and p its quadratures of vacuum variance ½: 1/S_c = ⟨|δc₁ − δc₂|²⟩.

    S_p and S_φ are taken in the frame that moves with the pair's common phase, which otherwise
    diffuses until no mean is left: with χ = arg⟨c₁c₂*⟩ and e^{iΘ(t)} along c₁e^{−iχ} + c₂,
    d = (c₁e^{−iχ} − c₂)e^{−iΘ}, 1/S_φ = ⟨|δd|²⟩ and 1/S_p = 2⟨(Im δd)²⟩. For equal radii that is
    theory's S_φ and S_p; for others it leaves out the growth at 2D_φ(r₁ − r₂)² by diffusion.

    Imprecision N = ⟨n n†⟩ adds N₁₁ + N₂₂ − 2 Re(N₁₂ e^{−iχ}) (χ = 0 for S_c) to each.

    Args:
        z: V, shape (2, T), in one frame in which a locked pair stands still.
        noise: ⟨n_j n_k*⟩, V², shape (2, 2); zeros for none.
        noise_samples: as many independent samples it was averaged over.
        calibrations: of the channels.
        shared_calibration: both are one calibration, whose error they share.
        oscillating: both vibrations oscillate, so that their means have phases.

    Source: Mari et al., doi:10.1103/PhysRevLett.111.103605; arXiv:2001.10793.
    """
    roots = np.sqrt([c.quanta_per_v2 for c in calibrations])
    c, N = roots[:, None] * z, roots[:, None] * noise * roots
    errors = (calibrations[0].relative_error, calibrations[1].relative_error)
    between = float(np.angle(np.mean(c[0] * c[1].conj())))
    unturned, turned = np.ones(2, complex), np.exp(-1j * np.array([between, 0.0]))
    moving = np.exp(-1j * np.angle(turned @ c))

    def variance(
        signal: NDArray[np.complexfloating], turn: NDArray[np.complexfloating], *, across: bool
    ) -> Variance:
        parts: Any = signal * turn[:, None] * [[1], [-1]]
        shared: Any = N * np.outer(turn, turn.conj()) * [[1, -1], [-1, 1]]
        if across:
            # 2⟨Im²⟩: of circular noise half the power lies across.
            parts, shared = np.sqrt(2) * parts.imag, shared.real
        return _variance(parts, shared, noise_samples, errors, shared_calibration)

    energy = np.mean(np.abs(c) ** 2, axis=1)
    return Moments(
        complete=variance(c, unturned, across=False),
        phase=variance(c * moving, turned, across=True) if oscillating else None,
        phi=variance(c * moving, turned, across=False) if oscillating else None,
        steadiness=float(np.min(np.abs(c.mean(axis=1)) ** 2 / energy)),
    )


def _variance(
    parts: NDArray[Any],
    noise: NDArray[Any],
    noise_samples: float,
    errors: tuple[float, float],
    shared_calibration: bool,
) -> Variance:
    """Of the sum of two signed parts, shape (2, T), with their noise's second moments."""
    total = parts.sum(axis=0)
    centred = np.abs(total - total.mean()) ** 2
    blocks = block_count(len(total), max(correlation_time(total), correlation_time(centred)))
    means = block_means(np.stack([np.abs(total) ** 2, total]), blocks)
    found = block_jackknife(means, lambda m: float(m[0].real - abs(m[1]) ** 2))
    taken_off = float(noise.sum().real)
    error = float(np.hypot(found.error, taken_off / np.sqrt(max(noise_samples, 1.0))))
    covariance = np.cov(parts, bias=True) - noise
    # ∂X/∂ln C of the two calibrations C; their sum is X.
    first, second = (float(covariance[k].sum().real) for k in (0, 1))
    if shared_calibration:
        common = (errors[0] * (first + second), 0.0)
    else:
        common = (errors[0] * first, errors[1] * second)
    return Variance(found.value - taken_off, error, found.quantile, common)
