"""Is the difference between directions real? A permutation test over quads."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EXACT = 16  # up to so many quads all sign patterns are counted
_DRAWN = 100_000


def quad_differences(forward: ArrayLike, backward: ArrayLike) -> NDArray[np.floating]:
    """One number per quad for how its two directions' spectra differ.

    The relative differences r = (P_+ − P_−)/(P_+ + P_−) of all quads, weighted by the share of the
    power that is not shot noise, are projected on their own main pattern (the first right singular
    vector). Swapping the directions of a quad turns its number over and leaves pattern and weights
    as they are, so that a permutation test of these numbers is exact. No model is fitted: one that
    saw the directions' names would bend towards their difference.

    Args:
        forward, backward: spectra in shot-noise units, shape (quads, F).
    """
    plus, minus = np.asarray(forward, float), np.asarray(backward, float)
    weight = np.maximum(1 - 2 / (plus + minus).mean(axis=0), 0)
    return main_pattern(weight * (plus - minus) / (plus + minus))


def main_pattern(differences: ArrayLike) -> NDArray[np.floating]:
    """One number per quad: its difference's share of the pattern that all quads share most.

    The pattern is the first right singular vector, which no change of a quad's sign alters.

    Args:
        differences: shape (quads, F).
    """
    r = np.asarray(differences, float)
    return r @ np.linalg.svd(r, full_matrices=False)[2][0]


@lru_cache(maxsize=4)
def sign_patterns(quads: int, *, seed: int = 0) -> tuple[NDArray[np.floating], int]:
    """The sign patterns to compare with, and how many to add for the measured one.

    Returns:
        All 2ⁿ patterns of n quads and 0; beyond 16 quads 100 000 drawn ones and 1. Shape (m, n).
    """
    if quads <= _EXACT:
        return np.array(list(product((1.0, -1.0), repeat=quads))), 0
    return np.random.default_rng(seed).choice([1.0, -1.0], size=(_DRAWN, quads)), 1


def permutation_p_value(differences: ArrayLike, *, seed: int = 0) -> float:
    """Two-sided p-value of no difference between directions.

    A quad's sign (ABBA or BAAB) was drawn by chance. If direction does not matter, the difference
    of each quad is as likely d as −d, whatever drift or memory of one step there is; p is the share
    of the sign patterns whose |Σ d| reaches the measured one. The smallest possible value for n
    quads is 2/2ⁿ.

    Args:
        differences: forward minus backward, one per quad, any unit.
        seed: for the sampled patterns beyond 16 quads.

    >>> permutation_p_value([1.0, 2.0, 1.5, 1.1, 0.7, 1.2, 0.9, 1.4])
    0.0078125
    """
    d = np.asarray(differences, float)
    measured = abs(d.sum())
    signs, added = sign_patterns(len(d), seed=seed)
    reached = np.abs(signs @ d) >= measured * (1 - 1e-12)
    return float((reached.sum() + added) / (len(signs) + added))
