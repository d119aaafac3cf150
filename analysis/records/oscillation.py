"""Does a vibration oscillate, or is it noise? Without this locking values mean little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.analysis.statistics.time_series import (
    block_count,
    block_jackknife,
    block_means,
    correlation_time,
)

THRESHOLD_BUNCHING = np.pi / 2
"""Bunching of an oscillator exactly at threshold: its energy follows half a Gaussian."""


@dataclass(frozen=True)
class Oscillation:
    """One vibration: its size, and what its energy's distribution says.

    Attributes:
        energy: ⟨|z|²⟩ less imprecision, V² (quanta n + ½ with a calibration).
        bunching: ⟨|z|⁴⟩/⟨|z|²⟩² less imprecision: 2 where the energy is exponential (thermal), 1 on
            a ring, π/2 at threshold.
        state: "oscillating" (bunching below π/2 with confidence), "not oscillating" (above), or
            "undecided". A tone that leaks into the channel passes for an oscillation.
    """

    energy: Interval
    bunching: Interval
    state: str


def oscillation_of(z: NDArray[np.complexfloating], imprecision: float = 0.0) -> Oscillation:
    """Energy and bunching of a record, imprecision taken off both.

    With Gaussian imprecision N = ⟨|n|²⟩ and moments M_k = ⟨|z|^{2k}⟩ the vibration's own are
    S = M₁ − N and S₂ = M₂ − 4SN − 2N²; the bunching is S₂/S².

    Args:
        z: complex, shape (T,).
        imprecision: N.

    Source: Risken, The Fokker-Planck Equation (1989), chapter 12 (laser at threshold).
    """
    N, I = imprecision, np.abs(z) ** 2  # noqa: E741 - intensity
    blocks = block_count(len(z), max(correlation_time(I), correlation_time(I**2)))
    means = block_means(np.stack([I, I**2]), blocks)

    def bunching(m: NDArray[Any]) -> float:
        S = m[0] - N
        return (m[1] - 4 * S * N - 2 * N**2) / S**2

    energy = block_jackknife(means[:, 0] - N, float).interval()
    # The jackknife needs a denominator well away from zero.
    if not energy.low > 0:
        return Oscillation(energy, UNKNOWN, "undecided")
    g2 = block_jackknife(means, bunching).interval()
    if g2.high < THRESHOLD_BUNCHING:
        return Oscillation(energy, g2, "oscillating")
    return Oscillation(
        energy, g2, "not oscillating" if g2.low > THRESHOLD_BUNCHING else "undecided"
    )
