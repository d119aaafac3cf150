"""Entanglement of two modes of a Gaussian state."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def logarithmic_negativity(V: ArrayLike, i: int, j: int) -> NDArray[np.floating]:
    """Logarithmic negativity E_N = max(0, −ln 2ν_−), in natural units.

    ν_− is the smaller symplectic eigenvalue of the partially transposed covariance of the modes i
    and j: 2ν_−² = Σ − √(Σ² − 4 det V_ij) with V_ij = [[α, γ], [γᵀ, β]] and
    Σ = det α + det β − 2 det γ.

    Args:
        V: covariance, shape (..., 2N, 2N), vacuum I/2.
        i, j: the two modes.

    Source: Vidal and Werner, doi:10.1103/PhysRevA.65.032314; Adesso et al.,
    doi:10.1103/PhysRevA.70.022318.

    >>> float(logarithmic_negativity(np.eye(4) / 2, 0, 1))
    0.0
    """
    return np.maximum(signed_negativity(V, i, j), 0.0) + 0.0


def signed_negativity(V: ArrayLike, i: int, j: int) -> NDArray[np.floating]:
    """−ln 2ν_−: E_N where positive, and below zero how far the modes are from entangled.

    Smooth where E_N has its corner, so that an error can be carried through it.

    Args:
        V, i, j: as for `logarithmic_negativity`.
    """
    V = np.asarray(V, float)
    a, b = slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2)
    alpha, beta, gamma = V[..., a, a], V[..., b, b], V[..., a, b]
    pair = np.concatenate(
        [
            np.concatenate([alpha, gamma], axis=-1),
            np.concatenate([np.swapaxes(gamma, -1, -2), beta], axis=-1),
        ],
        axis=-2,
    )
    sigma = np.linalg.det(alpha) + np.linalg.det(beta) - 2 * np.linalg.det(gamma)
    root = np.sqrt(np.maximum(sigma**2 - 4 * np.linalg.det(pair), 0))
    # 2ν² = Σ − root, written without the cancellation.
    nu_squared = 2 * np.linalg.det(pair) / (sigma + root)
    return -0.5 * np.log(4 * nu_squared)
