"""Noise that leaves the ports, as homodyne detectors see it, one by one or two together.

Shot noise is 1: a port that lets out vacuum gives 1 in every detection, and one in thermal
equilibrium at occupation n gives 2n + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.ports import AnyPort, quadrature_couplings
from phonosync.theory.ports.check import check_share
from phonosync.theory.ports.scattering import resolvent_rows


def output_spectrum(
    drift: ArrayLike,
    diffusion: ArrayLike,
    port: AnyPort,
    omega: ArrayLike,
    *,
    angle: ArrayLike,
    efficiency: ArrayLike = 1.0,
) -> NDArray[np.floating]:
    """Noise spectrum of the homodyne current behind a port, in shot-noise units (vacuum is 1).

    The detected quadrature is Y = √η (w x − x_θ,in) + √(1−η) x_vac, with x_θ = q cos θ + p sin θ
    and w the row of x_θ of the port's L (√κ_p x_θ for one mode). With M(ω) = (−iω − A)⁻¹, D the
    diffusion and n_p the occupation of what enters,

        S(ω) = 1 + 2η [w M D M† wᵀ − (2n_p + 1) Re w M wᵀ + n_p].

    Args:
        drift: A, shape (..., 2N, 2N).
        diffusion: D, shape (..., 2N, 2N).
        port: the port.
        omega: angular frequency from the drive, shape (F,) or (..., F).
        angle: θ, rad, relative to the drive's phase; one or of shape (...).
        efficiency: η, between 0 and 1; one or of shape (...).

    Returns:
        S, shape (..., F); even in ω.

    Raises:
        InputError: an efficiency outside 0 ... 1, a port with more loss or heat than its mode.

    Source: Gardiner and Collett, doi:10.1103/PhysRevA.31.3761; Clerk et al.,
    doi:10.1103/RevModPhys.82.1155.
    """
    angle, efficiency = np.asarray(angle, float)[..., None], np.asarray(efficiency, float)
    return cross_spectra(
        drift, diffusion, [port], omega, angles=angle, efficiency=efficiency[..., None]
    )[..., 0, 0].real


def cross_spectra(
    drift: ArrayLike,
    diffusion: ArrayLike,
    ports: Sequence[AnyPort],
    omega: ArrayLike,
    *,
    angles: ArrayLike,
    efficiency: ArrayLike = 1.0,
) -> NDArray[np.complexfloating]:
    """Spectra and cross-spectra of the homodyne currents behind several ports.

    S_pq(ω) δ(ω − ω') = ⟨{Y_p(ω), Y_q(ω')†}⟩/2 in shot-noise units, Y as in `output_spectrum`:
    Hermitian in p, q, positive semidefinite, `output_spectrum` on its diagonal; S(−ω) = S(ω)*.

    Args:
        drift: A, shape (..., 2N, 2N).
        diffusion: D, shape (..., 2N, 2N).
        ports: P different ports.
        omega: angular frequency from the drive, shape (F,) or (..., F).
        angles: θ of each detector, rad, shape (P,) or (..., P).
        efficiency: η of each, between 0 and 1; one, (P,) or (..., P).

    Returns:
        S, shape (..., F, P, P).

    Raises:
        InputError: an efficiency outside 0 ... 1, a port with more loss or heat than its modes.

    Source: Gardiner and Collett, doi:10.1103/PhysRevA.31.3761.
    """
    A, D = np.asarray(drift, float), np.asarray(diffusion, float)
    occupation = _enters(A, D, ports)
    rows = _detected(ports, np.asarray(angles, float), A.shape[-1] // 2)
    return _lossy(_spectral_matrix(A, D, rows, occupation, omega), efficiency)


def output_noise(
    drift: ArrayLike,
    diffusion: ArrayLike,
    ports: Sequence[AnyPort],
    omega: ArrayLike,
    *,
    efficiency: ArrayLike = 1.0,
) -> NDArray[np.complexfloating]:
    """Spectra of both quadratures of several ports at once, order q1, p1, q2, p2, ...

    `cross_spectra` at any angles is e_θ S e_θ'ᵀ of its 2 x 2 blocks, e_θ = (cos θ, sin θ). At each
    ω, S is the covariance, in units of the vacuum's, of a Gaussian state of light.

    Args:
        drift, diffusion, ports, omega, efficiency: as for `cross_spectra`.

    Returns:
        S, shape (..., F, 2P, 2P).

    Raises:
        InputError: an efficiency outside 0 ... 1, a port with more loss or heat than its modes.
    """
    A, D = np.asarray(drift, float), np.asarray(diffusion, float)
    occupation = np.repeat(_enters(A, D, ports), 2)
    rows = quadrature_couplings(ports, A.shape[-1] // 2)
    S = _spectral_matrix(A, D, rows, occupation, omega)
    return _lossy(S, np.repeat(_for_each(efficiency, len(ports)), 2, axis=-1))


def output_poles(
    drift: ArrayLike, covariance: ArrayLike, port: AnyPort, *, angle: float, efficiency: float = 1.0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """`output_spectrum` as a sum over the network's poles, 1 + 2η n_p + Re Σ_j a_j/(−iω − λ_j).

    In the steady state M D M† = M V + V M†, so that the sum is 4η Re w M (V − n_p − 1/2) wᵀ. The
    poles λ are the eigenvalues of A; such a sum can be convolved with an analyzer's window exactly.

    Args:
        drift: A, shape (2N, 2N).
        covariance: V of the steady state, shape (2N, 2N).
        port, angle, efficiency: as for `output_spectrum`.

    Returns:
        λ and a, each of shape (2N,).

    Source: quantum regression; Gardiner and Zoller, Quantum Noise, section 5.2.
    """
    A, V = np.asarray(drift, float), np.asarray(covariance, float)
    eta = float(checked_efficiency(efficiency))
    w = _detected([port], np.array([float(angle)]), A.shape[-1] // 2)[0]
    values, R = np.linalg.eig(A)
    right = np.linalg.solve(R, V @ w - (port.occupation + 0.5) * w)
    return values, 4 * eta * (w @ R) * right


def checked_efficiency(efficiency: ArrayLike) -> NDArray[np.floating]:
    """η as an array; raise InputError outside 0 ... 1."""
    eta = np.asarray(efficiency, float)
    if not np.all((eta >= 0) & (eta <= 1)):
        wrong = eta[~((eta >= 0) & (eta <= 1))].flat[0]
        raise InputError(f"efficiency is {wrong:g}; a detector's lies between 0 and 1.")
    return eta


def _spectral_matrix(
    A: Any, D: Any, rows: Any, occupation: Any, omega: ArrayLike
) -> NDArray[np.complexfloating]:
    """Spectra of rows·x − x_in: 2 [W M D M† Wᵀ − W M Wᵀ N − N W M† Wᵀ + N], N = n + 1/2."""
    WM = resolvent_rows(A, omega, rows)
    W, N = rows[..., None, :, :], occupation + 0.5
    inside = WM @ D[..., None, :, :] @ WM.conj().swapaxes(-1, -2)
    echo = WM @ W.swapaxes(-1, -2) * N
    S = 2 * (inside - echo - echo.conj().swapaxes(-1, -2) + np.diag(N))
    return (S + S.conj().swapaxes(-1, -2)) / 2


def _lossy(S: Any, efficiency: ArrayLike) -> NDArray[np.complexfloating]:
    """Mix every row with vacuum: √η S √η + 1 − η."""
    root = np.sqrt(_for_each(efficiency, S.shape[-1]))[..., None, :]
    vacuum = np.eye(S.shape[-1])
    return (root[..., :, None] * root[..., None, :]) * (S - vacuum) + vacuum


def _detected(ports: Sequence[AnyPort], angles: NDArray[np.floating], modes: int):
    """Rows of x_θ of each port's L, shape (..., P, 2N)."""
    C = quadrature_couplings(ports, modes).reshape(len(ports), 2, 2 * modes)
    return np.cos(angles)[..., None] * C[:, 0] + np.sin(angles)[..., None] * C[:, 1]


def _enters(A: NDArray[Any], D: NDArray[Any], ports: Sequence[AnyPort]) -> NDArray[np.floating]:
    """Occupations of what enters the ports, after checking that A and D have room for them.

    Loss is what A does to the commutators, −(A + Ω Aᵀ Ωᵀ); D holds it times (n + 1/2).
    """
    turn = np.kron(np.eye(A.shape[-1] // 2), [[0.0, 1.0], [-1.0, 0.0]])
    loss = _hermitian_part(-(A + turn @ A.swapaxes(-1, -2) @ turn.T))
    noise = _hermitian_part(D)
    momentum_only = np.diagonal(D, axis1=-2, axis2=-1)[..., 0::2] == 0
    check_share(loss, noise - loss / 2, momentum_only, ports)
    return np.array([port.occupation for port in ports])


def _hermitian_part(X: NDArray[Any]) -> NDArray[np.complexfloating]:
    """The phase-insensitive part of a matrix on quadratures, shape (..., N, N)."""
    straight = X[..., 0::2, 0::2] + X[..., 1::2, 1::2]
    return (straight + 1j * (X[..., 1::2, 0::2] - X[..., 0::2, 1::2])) / 2


def _for_each(efficiency: ArrayLike, channels: int) -> NDArray[np.floating]:
    """Checked efficiency of every channel, shape (..., channels)."""
    eta = checked_efficiency(efficiency)
    return np.broadcast_to(eta, (*eta.shape[:-1], channels))
