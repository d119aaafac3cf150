"""The Lyapunov equation A V + V Aᵀ + D = 0, for one matrix or for many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import UnstableError

_COMPILED_FROM = 64  # matrices from which the compiled path pays: one vector of lanes
_LARGEST = 24  # rows of A; the record of an elimination grows as their sixth power
_NUMBERS = 2**24  # held in memory at once, about
_RESIDUAL = 1e-14  # relative to |A| |V|; above it new pivots are chosen
_ROUNDING = 1e-9  # of the noise's largest entry; what lies this close below zero is not negative

Array = NDArray[np.floating]


def solve_lyapunov(A: Array, D: Array) -> Array:
    """Solve A V + V Aᵀ + D = 0 for stable A and symmetric D.

    Many matrices go through a compiled elimination whose pivots are chosen once for all; residual
    and stability are checked at every point. What fails goes round again with pivots of its own;
    few or very large matrices, and those that nothing helps, go through numpy and its eigenvalues.

    Args:
        A: shape (..., n, n).
        D: shape (..., n, n), broadcast against A.

    Raises:
        UnstableError: an eigenvalue of some A has a non-negative real part.
    """
    shape, n = np.broadcast_shapes(A.shape, D.shape), A.shape[-1]
    if D.size > n * n:
        D = np.broadcast_to(D, shape)
    V = _solve_many(np.broadcast_to(A, shape).reshape(-1, n, n), D.reshape(-1, n, n))
    return V.reshape(shape)


def _solve_many(A: Array, D: Array) -> Array:
    """The same for A of shape (P, n, n) and D of that shape or (1, n, n)."""
    if len(A) < _COMPILED_FROM or A.shape[-1] > _LARGEST:
        return _solve(A, D)
    from phonosync.theory.kernels.lyapunov import solve_batch

    # Always read-only and contiguous: one type, hence one compilation.
    A, D = (np.broadcast_to(np.ascontiguousarray(x), x.shape) for x in (A, D))
    rows, columns = np.array(np.nonzero(np.any(A, axis=0)))
    unknown = numbers_of_unknowns(A.shape[-1])
    V, solved = solve_batch(A, D, rows, columns, unknown, _RESIDUAL, _ROUNDING)
    if not np.all(solved):
        again = _solve_many if np.mean(solved) > 0.5 else _solve
        V[~solved] = again(A[~solved], np.broadcast_to(D, A.shape)[~solved])
    return V


def numbers_of_unknowns(n: int) -> NDArray[np.int64]:
    """Number of the unknown V_ij = V_ji, shape (n, n)."""
    rows, columns = np.triu_indices(n)
    unknown = np.empty((n, n), np.int64)
    unknown[rows, columns] = unknown[columns, rows] = np.arange(len(rows))
    return unknown


def _solve(A: Array, D: Array) -> Array:
    """The same by numpy, stable or not by the eigenvalues."""
    growth = np.linalg.eigvals(A).real.max(axis=-1)
    if np.any(growth >= 0):
        worst = float(np.max(growth))
        raise UnstableError(
            f"the drift grows at {worst:.3g} (unit of the rates), so no stationary covariance "
            "exists. Take a stable steady state, lower the drive, or follow the motion in time."
        )
    D, stride = np.broadcast_to(D, A.shape), max(1, _NUMBERS // A.shape[-1] ** 4)
    V = np.empty(A.shape)
    for p in range(0, len(A), stride):
        V[p : p + stride] = _solve_equations(A[p : p + stride], D[p : p + stride])
    return V


def _solve_equations(A: Array, D: Array) -> Array:
    """Solve the n (n + 1)/2 equations for V_ij, i <= j, the diagonal ones halved."""
    n = A.shape[-1]
    unknown = numbers_of_unknowns(n)
    rows, columns = np.triu_indices(n)
    system = np.zeros((len(A), len(rows), len(rows)))
    for i, k in np.ndindex(n, n):  # A_ik multiplies V_kj in equation (i, j)
        system[:, unknown[i], unknown[k]] += A[:, i, k, None]
    right = (-D * np.where(np.eye(n), 0.5, 1.0))[:, rows, columns, None]
    V = np.linalg.solve(system, right)
    V = V + np.linalg.solve(system, right - system @ V) + 0.0  # no minus zeros
    return V[:, unknown, 0]
