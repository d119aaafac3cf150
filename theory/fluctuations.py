"""Gaussian fluctuations round a mean field: drift, diffusion and stationary covariance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.lyapunov import solve_lyapunov
from phonosync.theory.network import BosonicNetwork


def complex_jacobian(
    network: BosonicNetwork, amplitudes: ArrayLike
) -> tuple[NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """Derivatives of dc/dt by c and by c*, each of shape (..., N, N)."""
    c: Any = np.asarray(amplitudes, complex)
    eye = np.eye(network.modes)
    g, K, X = network.pressure, network.kerr, network.cross_kerr
    intensity = np.abs(c) ** 2
    shift = (
        4 * K * intensity
        + 2 * np.einsum("...kl,...l->...k", g, c.real)
        + np.einsum("...kl,...l->...k", X, intensity)
    )
    column, row = c[..., :, None], c[..., None, :]
    pressed, pressing = -1j * column * g, -1j * np.swapaxes(g, -1, -2)
    own = -1j * shift[..., None] * eye - network.rate_matrix
    direct = own + pressed + (pressing - 1j * column * X) * row.conj()
    momentum_only = np.where(network.brownian, network.loss / 2, 0.0)
    squeezing = momentum_only - 2j * K * c**2
    conjugate = squeezing[..., None] * eye + pressed + (pressing - 1j * column * X) * row
    return direct, conjugate


def drift(network: BosonicNetwork, amplitudes: ArrayLike) -> NDArray[np.floating]:
    """Drift matrix A of the quadratures' linearised motion, dx/dt = A x + noise.

    With δċ = P δc + Q δc*, and q = (c + c*)/√2, p = (c − c*)/(i√2), each 2 x 2 block of A is
    [[Re(P+Q), −Im(P−Q)], [Im(P+Q), Re(P−Q)]].

    Args:
        network: N modes, batch dimensions allowed.
        amplitudes: mean fields c, complex, shape (..., N).

    Returns:
        A, shape (..., 2N, 2N), quadratures q1, p1, q2, p2, ..., the network's unit of rate.

    Source: Vitali et al., doi:10.1103/PhysRevLett.98.030405.

    >>> drift(BosonicNetwork(detuning=[1.0], loss=[0.2]), [0.0])
    array([[-0.1,  1. ],
           [-1. , -0.1]])
    """
    P, Q = complex_jacobian(network, amplitudes)
    plus, minus = P + Q, P - Q
    N = network.modes
    A = np.empty((*plus.shape[:-2], N, 2, N, 2))
    A[..., :, 0, :, 0] = plus.real
    A[..., :, 0, :, 1] = -minus.imag
    A[..., :, 1, :, 0] = plus.imag
    A[..., :, 1, :, 1] = minus.real
    return A.reshape(*plus.shape[:-2], 2 * N, 2 * N) + 0.0


def diffusion(network: BosonicNetwork) -> NDArray[np.floating]:
    """Diffusion matrix D of dV/dt = A V + V Aᵀ + D, shape (..., 2N, 2N).

    A mode with its own bath has κ_k (n_k + 1/2) for q and for p; a Brownian one κ_k (2n_k + 1) for
    p alone. Modes that share the loss Γ_kl add the 2 x 2 blocks [[Re, −Im], [Im, Re]] of
    Γ_kl (n + 1/2), where n is the occupation of the colder of the two baths: the shared bath.

    >>> diffusion(BosonicNetwork(detuning=[1.0], loss=[0.2], occupation=[2.0])).diagonal()
    array([0.5, 0.5])
    """
    rate, n = network.loss, network.occupation + 0.5
    by_quadrature = np.stack(
        [np.where(network.brownian, 0.0, 1.0), np.where(network.brownian, 2.0, 1.0)], axis=-1
    )
    twice = (rate * n)[..., None] * by_quadrature
    N = network.modes
    D = twice.reshape(*twice.shape[:-2], 2 * N)[..., None] * np.eye(2 * N)
    if not np.any(network.shared_loss):
        return D
    shared = network.shared_loss * np.minimum(n[..., :, None], n[..., None, :])
    blocks = np.zeros((*shared.shape[:-2], N, 2, N, 2))
    blocks[..., :, 0, :, 0] = blocks[..., :, 1, :, 1] = shared.real
    blocks[..., :, 1, :, 0], blocks[..., :, 0, :, 1] = shared.imag, -shared.imag
    return D + blocks.reshape(*shared.shape[:-2], 2 * N, 2 * N)


def steady_covariance(drift: ArrayLike, diffusion: ArrayLike) -> NDArray[np.floating]:
    """Solve A V + V Aᵀ + D = 0 for the stationary covariance V.

    Args:
        drift: A, shape (..., 2N, 2N); quadratures q1, p1, q2, p2, ...
        diffusion: D, symmetric, shape (..., 2N, 2N), same unit of rate.

    Returns:
        V, shape (..., 2N, 2N), symmetric; the vacuum is I/2.

    Raises:
        UnstableError: an eigenvalue of A has a non-negative real part.
        InputError: shapes that do not fit, NaN or infinity.

    Source: Vitali et al., doi:10.1103/PhysRevLett.98.030405.

    >>> steady_covariance([[-0.5, 1.0], [-1.0, -0.5]], [[3.5, 0.0], [0.0, 3.5]])
    array([[3.5, 0. ],
           [0. , 3.5]])
    """
    A, D = np.asarray(drift, float), np.asarray(diffusion, float)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2] or D.shape[-2:] != A.shape[-2:]:
        raise InputError(
            f"drift has shape {A.shape} and diffusion {D.shape}; both need (..., 2N, 2N)."
        )
    if not (np.all(np.isfinite(A)) and np.all(np.isfinite(D))):
        raise InputError("drift or diffusion holds NaN or infinity; give finite numbers.")
    return solve_lyapunov(A, D)
