"""Gaussian elimination of many matrices with the same zeros, recorded once and played for all.

A cell of the matrix is a row of LANES numbers, one for each of LANES matrices, side by side in
memory: the compiler turns a loop over them into vector instructions. Which cells an elimination
combines, and in which order, is the same for every matrix; `record` finds it out on a sample and
writes it down as a tape of four operations, `play` repeats it. The pivots are therefore only as
good as the sample: whoever solves must check the residual at every matrix.
"""

from __future__ import annotations

import numpy as np

from phonosync.theory.kernels.compilation import compiled

LANES = 64
SUBTRACT_PRODUCT, MULTIPLY, INVERT = 0, 1, 2
_SMALL = 0.2  # a pivot below this part of its column's largest entry is taken only in need


@compiled()
def play(tape, cells):
    """Do what the tape says in every lane of the cells, shape (cells, LANES)."""
    for step in range(len(tape)):
        kind, y, a, x = tape[step]
        if kind == SUBTRACT_PRODUCT:
            for lane in range(LANES):
                cells[y, lane] -= cells[a, lane] * cells[x, lane]
        elif kind == MULTIPLY:
            for lane in range(LANES):
                cells[y, lane] *= cells[a, lane]
        else:
            for lane in range(LANES):
                value = cells[y, lane]
                cells[y, lane] = 1.0 / value if value != 0.0 else np.inf


@compiled()
def _least_ratio(entry, largest):
    """The smallest |entry| / largest of all lanes; a lane of zeros or NaN has no say."""
    least = 1.0
    for lane in range(LANES):
        if abs(entry[lane]) < least * largest[lane]:
            least = abs(entry[lane]) / largest[lane]
    return least


@compiled()
def _choose_pivot(cells, cell, pattern, row_left, column_left):
    """The place of a pivot that brings few new entries and is not small in any lane."""
    m = len(pattern)
    in_row = np.array([np.sum(pattern[r] & column_left) for r in range(m)])
    largest = np.empty(LANES)
    best, place = -np.inf, (0, 0)
    for c in range(m):
        if not column_left[c]:
            continue
        candidates = np.flatnonzero(pattern[:, c] & row_left)
        largest[:] = 0.0
        for r in candidates:
            for lane in range(LANES):
                largest[lane] = max(largest[lane], abs(cells[cell[r, c], lane]))
        for r in candidates:
            fill = (in_row[r] - 1) * (len(candidates) - 1)
            if 1.1 / (1 + fill) > best:
                ratio = _least_ratio(cells[cell[r, c]], largest)
                score = (1 + ratio / 10) / (1 + fill) if ratio >= _SMALL else ratio - 1
                if score > best:
                    best, place = score, (r, c)
    return place, best > -1


@compiled()
def record(cells, cell, pattern):
    """Write down the solution of [matrix | right-hand side], pivots by Markowitz's rule.

    Args:
        cells: a sample of LANES matrices, shape (m (m + 1), LANES); overwritten.
        cell: number of the cell of row r and column c, shape (m, m + 1); the last column is the
            right-hand side.
        pattern: where any matrix has an entry, shape (m, m); entries that arise are added.

    Returns:
        The tape, shape (steps, 4): what to do to cell y with cells a and x; the cells renumbered,
        only those that it visits; and the cell where it leaves each unknown, shape (m,). An empty
        tape if there are no pivots: every matrix is singular.

    Source: Markowitz, doi:10.1287/mnsc.3.3.255; Duff, Erisman, Reid,
    doi:10.1093/acprof:oso/9780198508380.001.0001.
    """
    m = len(pattern)
    tape = np.empty((m * (m + 1) * (2 * m + 10) // 6, 4), np.int32)
    steps = 0
    row_left, column_left = np.ones(m, np.bool_), np.ones(m, np.bool_)
    solution, order = np.empty(m, np.int64), np.empty((m, 2), np.int64)
    for k in range(m):
        (p, q), found = _choose_pivot(cells, cell, pattern, row_left, column_left)
        if not found:
            return tape[:0], cell, solution
        order[k], solution[q] = (p, q), cell[p, m]
        row_left[p] = column_left[q] = False
        right = np.flatnonzero(pattern[p] & column_left)
        start = steps
        tape[steps] = INVERT, cell[p, q], cell[p, q], cell[p, q]
        steps += 1
        for r in np.flatnonzero(pattern[:, q] & row_left):
            factor = cell[r, q]
            tape[steps] = MULTIPLY, factor, cell[p, q], factor
            tape[steps + 1] = SUBTRACT_PRODUCT, cell[r, m], factor, cell[p, m]
            steps += 2
            for c in right:
                pattern[r, c] = True
                tape[steps] = SUBTRACT_PRODUCT, cell[r, c], factor, cell[p, c]
                steps += 1
        play(tape[start:steps], cells)
    column_left[:] = False
    for p, q in order[::-1]:
        for c in np.flatnonzero(pattern[p] & column_left):
            tape[steps] = SUBTRACT_PRODUCT, cell[p, m], cell[p, c], solution[c]
            steps += 1
        tape[steps] = MULTIPLY, cell[p, m], cell[p, q], cell[p, m]
        steps += 1
        column_left[q] = True
    return _renumber(tape[:steps], cell, solution)


@compiled()
def _renumber(tape, cell, solution):
    """Number the cells that the tape visits from 0 on: together they fit into a nearer cache."""
    number = np.full(cell.size, -1)
    visited = 0
    for step in range(len(tape)):
        for operand in range(1, 4):
            old = tape[step, operand]
            if number[old] < 0:
                number[old] = visited
                visited += 1
            tape[step, operand] = number[old]
    return tape, number[cell.ravel()].reshape(cell.shape), number[solution]
