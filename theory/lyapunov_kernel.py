"""Compiled Lyapunov equations: many small matrices, one after the other."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, fastmath={"contract"})
def _eliminate(M, size):
    """Solve the augmented system M = [matrix | right] in place; partial pivoting.

    Rows of a Lyapunov system are mostly zero: rows without an entry under the pivot are skipped,
    and of each row only the columns up to its last entry are touched.

    Returns:
        False for a singular matrix.
    """
    for k in range(size):
        pivot, largest = k, abs(M[k, k])
        for r in range(k + 1, size):
            if abs(M[r, k]) > largest:
                pivot, largest = r, abs(M[r, k])
        if not largest > 0.0:
            return False
        if pivot != k:
            for c in range(k, size + 1):
                M[k, c], M[pivot, c] = M[pivot, c], M[k, c]
        inverse = 1.0 / M[k, k]
        for r in range(k + 1, size):
            if M[r, k] != 0.0:
                factor = M[r, k] * inverse
                for c in range(k + 1, size + 1):
                    M[r, c] -= factor * M[k, c]
    for k in range(size - 1, -1, -1):
        total = M[k, size]
        for c in range(k + 1, size):
            total -= M[k, c] * M[c, size]
        M[k, size] = total / M[k, k]
    return True


@njit(nogil=True, cache=True, fastmath={"contract"})
def _positive(V, work):
    """Whether a symmetric matrix is positive definite, by Cholesky's decomposition."""
    n = V.shape[0]
    for i in range(n):
        for j in range(i + 1):
            total = V[i, j]
            for k in range(j):
                total -= work[i, k] * work[j, k]
            if i == j:
                if not total > 0.0:
                    return False
                work[i, i] = np.sqrt(total)
            else:
                work[i, j] = total / work[j, j]
    return True


@njit(nogil=True, cache=True, fastmath={"contract"})
def solve_batch(A, D, V, verdict, tolerance):
    """Solve A V + V Aᵀ + D = 0 for every matrix of a batch.

    Args:
        A, D: shape (P, n, n), D symmetric and positive definite.
        V: shape (P, n, n); written.
        verdict: shape (P,); written: 0 solved, 1 not stable, 2 residual above the tolerance.
        tolerance: of the residual, relative to the size of its terms.

    By Lyapunov's theorem, with D > 0 the drift is stable if and only if V > 0: no eigenvalues.
    """
    points, n = A.shape[0], A.shape[1]
    size = n * (n + 1) // 2
    index = np.empty((n, n), np.int64)
    row = 0
    for i in range(n):
        for j in range(i, n):
            index[i, j] = index[j, i] = row
            row += 1
    M = np.empty((size, size + 1))
    work = np.empty((n, n))
    for p in range(points):
        M[:] = 0.0
        for i in range(n):
            for j in range(i, n):
                row = index[i, j]
                for k in range(n):
                    M[row, index[k, j]] += A[p, i, k]
                    M[row, index[i, k]] += A[p, j, k]
                M[row, size] = -D[p, i, j]
        if not _eliminate(M, size):
            verdict[p] = 1
            continue
        for i in range(n):
            for j in range(n):
                V[p, i, j] = M[index[i, j], size]
        verdict[p] = 0 if _positive(V[p], work) else 1
        worst, scale = 0.0, 0.0
        for i in range(n):
            for j in range(i, n):
                residual, terms = D[p, i, j], abs(D[p, i, j])
                for k in range(n):
                    first, second = A[p, i, k] * V[p, k, j], V[p, i, k] * A[p, j, k]
                    residual += first + second
                    terms += abs(first) + abs(second)
                worst, scale = max(worst, abs(residual)), max(scale, terms)
        if verdict[p] == 0 and not worst <= tolerance * scale:
            verdict[p] = 2
