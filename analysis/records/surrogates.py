"""Is the locking real? Against the same two records, shifted in time against each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SURROGATES = 999
_APART = 0.05  # of the record: closer to none than this, shifts keep some of the pair's relation


def locking_p_value(z: NDArray[np.complexfloating]) -> float:
    """p-value of two vibrations that do not know of each other.

    A circular shift keeps each vibration as it is (amplitude, frequency, diffusion of its phase)
    and takes away what relates the two; p is the share of up to 999 evenly spaced shifts that reach
    the measured |⟨e^{iφ}⟩|, the measured one counted in. Two lines that are sharp over the whole
    record stay in step when shifted: p is then large, for such a record cannot tell locking from
    equal frequencies. (Surrogates of randomised Fourier phases would be thermal, not limit cycles.)

    Args:
        z: both records in one frame, shape (2, T).

    Source: Andrzejak et al., doi:10.1103/PhysRevE.68.066202; Davison and Hinkley,
    doi:10.1017/CBO9780511802843, section 4.2.
    """
    T = z.shape[1]
    first, second = np.fft.fft(np.exp(1j * np.angle(z)))
    # |Σ_t u₁(t + s) u₂*(t)| of every shift s at once.
    R = np.abs(np.fft.ifft(first * second.conj()))
    apart = np.arange(int(_APART * T), int((1 - _APART) * T))
    shifted = R[apart[:: max(1, -(-len(apart) // SURROGATES))]]
    return float((1 + np.sum(shifted >= R[0])) / (1 + len(shifted)))
