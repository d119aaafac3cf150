"""The Lyapunov equation A V + V Aᵀ + D = 0, for one matrix or for many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import UnstableError

_COMPILED_FROM = 64  # matrices from which loading the compiled path pays
_RESIDUAL = 1e-10  # relative; above it the pivoted numpy path takes over

Array = NDArray[np.floating]


def solve_lyapunov(A: Array, D: Array) -> Array:
    """Solve A V + V Aᵀ + D = 0 for stable A and symmetric D.

    Many matrices with D > 0 go through a compiled pivoted solve whose residual is checked at every
    point; single ones, and points that fail the check, through numpy.

    Args:
        A: shape (..., n, n).
        D: shape (..., n, n), broadcast against A.

    Raises:
        UnstableError: an eigenvalue of some A has a non-negative real part.
    """
    A, D = np.broadcast_arrays(A, D)
    shape, n = A.shape, A.shape[-1]
    points = A.size // (n * n)
    if points < _COMPILED_FROM or np.linalg.eigvalsh(D).min() <= 0:
        return _solve(A, D)
    from phonosync.theory.lyapunov_kernel import solve_batch

    A, D = (np.ascontiguousarray(x.reshape(points, n, n)) for x in (A, D))
    V, verdict = np.empty(A.shape), np.empty(points, np.int64)
    solve_batch(A, D, V, verdict, _RESIDUAL)
    doubtful = verdict != 0
    if np.any(doubtful):
        V[doubtful] = _solve(A[doubtful], D[doubtful])
    return V.reshape(shape)


def _solve(A: Array, D: Array) -> Array:
    """The same by numpy: (A ⊗ 1 + 1 ⊗ A) vec V = −vec D, on the symmetric part only."""
    growth = np.linalg.eigvals(A).real.max(axis=-1)
    if np.any(growth >= 0):
        worst = float(np.max(growth))
        raise UnstableError(
            f"the drift grows at {worst:.3g} (unit of the rates), so no stationary covariance "
            "exists. Take a stable steady state, lower the drive, or follow the motion in time."
        )
    n = A.shape[-1]
    rows, columns = np.triu_indices(n)
    eye = np.eye(n)
    full = np.einsum("...ik,jl->...ijkl", A, eye) + np.einsum("...jl,ik->...ijkl", A, eye)
    picked = full[..., rows, columns, :, :]
    system = picked[..., rows, columns] + np.where(rows == columns, 0.0, picked[..., columns, rows])
    right = -D[..., rows, columns, None]
    half = np.linalg.solve(system, right)
    half = half + np.linalg.solve(system, right - system @ half) + 0.0  # no minus zeros
    V = np.empty(A.shape)
    V[..., rows, columns] = half[..., 0]
    V[..., columns, rows] = half[..., 0]
    return V
