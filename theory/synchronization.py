"""Measures of quantum synchronization of two modes, and their nonreciprocity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _difference(V: NDArray[np.floating], i: int, j: int, turn: NDArray[np.floating]):
    """Covariance of (q_−, p_−), the modes' frames turned by the angles `turn`, shape (..., 2)."""
    select = np.zeros((*turn.shape[:-1], 2, V.shape[-1]))
    for mode, angle, sign in ((i, turn[..., 0], 1), (j, turn[..., 1], -1)):
        cos, sin = np.cos(angle), np.sin(angle)
        select[..., 0, 2 * mode] = sign * cos
        select[..., 0, 2 * mode + 1] = sign * sin
        select[..., 1, 2 * mode] = -sign * sin
        select[..., 1, 2 * mode + 1] = sign * cos
    return select @ V @ np.swapaxes(select, -1, -2) / 2


def synchronization_error(V: ArrayLike, i: int, j: int) -> NDArray[np.floating]:
    """X = ⟨q_−² + p_−²⟩ with q_− = (q_i − q_j)/√2, p_− likewise; at least 1 by Heisenberg.

    Args:
        V: covariance, shape (..., 2N, 2N), vacuum I/2.
        i, j: the two modes.

    Source: Mari et al., doi:10.1103/PhysRevLett.111.103605.
    """
    V = np.asarray(V, float)
    return np.trace(_difference(V, i, j, np.zeros(2)), axis1=-2, axis2=-1)


def complete_synchronization(V: ArrayLike, i: int, j: int) -> NDArray[np.floating]:
    """Complete synchronization S_c = 1/⟨q_−² + p_−²⟩, at most 1.

    Args:
        V: covariance, shape (..., 2N, 2N), quadratures q1, p1, ...; vacuum I/2.
        i, j: the two modes.

    Returns:
        S_c, shape (...); 1 for two vacua, 1/(2n + 1) for two uncorrelated thermal modes.

    Source: Mari et al., doi:10.1103/PhysRevLett.111.103605.

    >>> float(complete_synchronization(np.eye(4) / 2, 0, 1))
    1.0
    """
    return 1 / synchronization_error(V, i, j)


def phase_synchronization(
    V: ArrayLike, amplitudes: ArrayLike, i: int, j: int
) -> NDArray[np.floating]:
    """Phase synchronization S_p = 1/(2⟨p′_−²⟩).

    p′ is the quadrature across each oscillator's own mean amplitude: p′ = −q sin φ + p cos φ with
    φ the phase of its mean field. Above 1 only with squeezing.

    Args:
        V: covariance, shape (..., 2N, 2N), vacuum I/2.
        amplitudes: mean fields c, complex, shape (..., N).
        i, j: the two modes.

    Source: Mari et al., doi:10.1103/PhysRevLett.111.103605.

    >>> float(phase_synchronization(np.eye(4) / 2, [1.0, 1j], 0, 1))
    1.0
    """
    phases = np.angle(np.asarray(amplitudes, complex))[..., [i, j]]
    return 1 / (2 * _difference(np.asarray(V, float), i, j, phases)[..., 1, 1])


def phi_synchronization(
    V: ArrayLike, amplitudes: ArrayLike, i: int, j: int
) -> NDArray[np.floating]:
    """φ-synchronization: S_c after turning each mode's frame by the phase of its mean field.

    It sees anti-synchronization (φ = π), and a common phase that diffuses moves it only as far as
    the two radii r differ: 1/S_φ grows at 2D_φ(r₁ − r₂)², where 1/S_c does at 2D_φ|r₁e^{−iφ₁} −
    r₂e^{−iφ₂}|².

    Source: arXiv:2001.10793.

    >>> float(phi_synchronization(np.eye(4) / 2, [1.0, -1.0], 0, 1))
    1.0
    """
    phases = np.angle(np.asarray(amplitudes, complex))[..., [i, j]]
    turned = _difference(np.asarray(V, float), i, j, phases)
    return 1 / np.trace(turned, axis1=-2, axis2=-1)


def contrast(forward: ArrayLike, backward: ArrayLike) -> NDArray[np.floating]:
    """Signed nonreciprocity χ = (S_+ − S_−)/(S_+ + S_−), between −1 and 1.

    >>> float(contrast(0.75, 0.25))
    0.5
    """
    plus, minus = np.asarray(forward, float), np.asarray(backward, float)
    return (plus - minus) / (plus + minus)


def isolation_db(forward: ArrayLike, backward: ArrayLike) -> NDArray[np.floating]:
    """Isolation 10 log10(S_+/S_−) in dB.

    >>> float(isolation_db(0.5, 0.05))
    10.0
    """
    return 10 * np.log10(np.asarray(forward, float) / np.asarray(backward, float))


def occupations(V: ArrayLike) -> NDArray[np.floating]:
    """Mean fluctuation quanta per mode, ⟨δc†δc⟩ = (V_qq + V_pp − 1)/2, shape (..., N).

    >>> occupations(np.eye(2) * 2.5)
    array([2.])
    """
    diagonal = np.diagonal(np.asarray(V, float), axis1=-2, axis2=-1)
    return (diagonal[..., 0::2] + diagonal[..., 1::2] - 1) / 2
