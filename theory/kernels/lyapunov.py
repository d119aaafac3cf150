"""Compiled Lyapunov equations A V + V Aᵀ + D = 0: many small matrices with the same zeros.

The unknowns are V_ij with i <= j; `unknown[i, j] = unknown[j, i]` is the number of V_ij and of its
equation. An entry A_ik multiplies V_kj in equation (i, j), for every j; so that this is all, the
equations (i, i) are halved.
"""

from __future__ import annotations

import numpy as np

from phonosync.theory.kernels.compilation import compiled
from phonosync.theory.kernels.elimination import LANES, play, record


@compiled()
def _load(A, D, points, rows, columns, unknown, a, d):
    """Copy the points' entries of A, and D with its diagonal halved, into the lanes of a and d."""
    n = len(unknown)
    for lane in range(LANES):
        p = points[lane]
        for e in range(len(rows)):
            a[e, lane] = A[p, rows[e], columns[e]]
        q = p if len(D) > 1 else 0
        for i in range(n):
            d[unknown[i, i], lane] = D[q, i, i] / 2
            for j in range(i + 1, n):
                d[unknown[i, j], lane] = D[q, i, j]


@compiled()
def _assemble(a, d, rows, columns, unknown, cell, cells):
    """Write the equations, [matrix | right-hand side], into the cells."""
    cells[:] = 0.0
    for e in range(len(rows)):
        for j in range(len(unknown)):
            y = cell[unknown[rows[e], j], unknown[columns[e], j]]
            for lane in range(LANES):
                cells[y, lane] += a[e, lane]
    for u in range(len(d)):
        y = cell[u, -1]
        for lane in range(LANES):
            cells[y, lane] = -d[u, lane]


@compiled()
def _add_cells(x, cells, solution):
    """Add the cells of the solution to x, shape (m, LANES)."""
    for u in range(len(x)):
        y = solution[u]
        for lane in range(LANES):
            x[u, lane] += cells[y, lane]


@compiled()
def _largest(values):
    """The largest size of the values, shape (..., LANES), in each lane."""
    largest = np.zeros(LANES)
    for i in range(len(values)):
        for lane in range(LANES):
            largest[lane] = max(largest[lane], abs(values[i, lane]))
    return largest


@compiled()
def _require_positive(x, unknown, solved):
    """Clear `solved` where x is not positive definite, by Cholesky's decomposition in place."""
    n = len(unknown)
    for i in range(n):
        for j in range(i + 1):
            y = unknown[i, j]
            for k in range(j):
                left, above = unknown[i, k], unknown[j, k]
                for lane in range(LANES):
                    x[y, lane] -= x[left, lane] * x[above, lane]
            if i == j:
                for lane in range(LANES):
                    positive = x[y, lane] > 0.0
                    solved[lane] &= positive
                    x[y, lane] = 1.0 / np.sqrt(x[y, lane]) if positive else 0.0
            else:
                above = unknown[j, j]
                for lane in range(LANES):
                    x[y, lane] *= x[above, lane]


@compiled()
def _check(a, d, x, rows, columns, unknown, tolerance, rounding, work):
    """Whether x solves the equations, in each lane, and is the covariance of a stable motion.

    Returns it together with the residual, which is what a correction of x has to balance.

    If w is a left eigenvector of A to λ, then 2 Re λ w†V w = −w†N w, where N = −(A V + V Aᵀ) is the
    noise that V really balances. With V > 0 and N >= 0 none has Re λ > 0, and Re λ = 0 would have
    made the equations singular: no eigenvalues are needed.
    """
    noise = work
    noise[:] = 0.0
    for e in range(len(rows)):
        for j in range(len(unknown)):
            y, z = unknown[rows[e], j], unknown[columns[e], j]
            for lane in range(LANES):
                noise[y, lane] -= a[e, lane] * x[z, lane]
    residual = noise - d
    solved = _largest(residual) <= tolerance * _largest(a) * _largest(x)
    least = rounding * _largest(d)
    for i in range(len(unknown)):
        y = unknown[i, i]
        for lane in range(LANES):
            noise[y, lane] = 2 * noise[y, lane] + least[lane]
    _require_positive(noise, unknown, solved)
    work[:] = x
    _require_positive(work, unknown, solved)
    return solved, residual


@compiled()
def solve_batch(A, D, rows, columns, unknown, tolerance, rounding):
    """Solve A V + V Aᵀ + D = 0 for every matrix of a batch.

    Args:
        A: shape (P, n, n).
        D: symmetric, shape (P, n, n), or (1, n, n) if all have the same.
        rows, columns: the places where any A has an entry.
        unknown: number of the unknown V_ij, shape (n, n).
        tolerance: of the residual, relative to the largest |A| times the largest |V|.
        rounding: how far below zero the noise may be, relative to its largest entry.

    Returns:
        V, shape (P, n, n), and whether it is the covariance of a stable motion, shape (P,); if
        not, the pivots, chosen for the whole batch, may have been bad for this matrix.
    """
    points, n = A.shape[0], A.shape[1]
    m = n * (n + 1) // 2
    V, solved = np.empty(A.shape), np.zeros(points, np.bool_)
    a, d = np.empty((len(rows), LANES)), np.empty((m, LANES))
    x, work = np.empty((m, LANES)), np.empty((m, LANES))

    sample = np.arange(LANES) * (points - 1) // (LANES - 1)
    cell = np.arange(m * (m + 1)).reshape(m, m + 1)
    cells = np.empty((m * (m + 1), LANES))
    _load(A, D, sample, rows, columns, unknown, a, d)
    _assemble(a, d, rows, columns, unknown, cell, cells)
    pattern = np.zeros((m, m), np.bool_)
    for e in range(len(rows)):
        for j in range(n):
            pattern[unknown[rows[e], j], unknown[columns[e], j]] = True
    tape, cell, solution = record(cells, cell, pattern)
    if len(tape) == 0:
        return V, solved
    cells = cells[: cell.max() + 1]
    right = cell[:, -1]
    changes_right = np.zeros(len(cells), np.bool_)
    changes_right[right] = True
    substitution = tape[np.flatnonzero(changes_right[tape[:, 1]])]

    for first in range(0, points, LANES):
        here = np.minimum(np.arange(first, first + LANES), points - 1)
        _load(A, D, here, rows, columns, unknown, a, d)
        _assemble(a, d, rows, columns, unknown, cell, cells)
        play(tape, cells)
        x[:] = 0.0
        _add_cells(x, cells, solution)
        good, residual = _check(a, d, x, rows, columns, unknown, tolerance, rounding, work)
        if not np.all(good):  # one step of iterative refinement; the cells hold the factors
            for u in range(m):
                cells[right[u]] = residual[u]
            play(substitution, cells)
            _add_cells(x, cells, solution)
            good, _ = _check(a, d, x, rows, columns, unknown, tolerance, rounding, work)
        for lane in range(LANES):
            p = here[lane]
            solved[p] = good[lane]
            for i in range(n):
                for j in range(n):
                    V[p, i, j] = x[unknown[i, j], lane]
    return V, solved
