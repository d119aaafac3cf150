import numpy as np
import pytest

from phonosync.theory.kernels.elimination import LANES, play, record


def solve(matrices, right):
    """Record on these matrices, shape (LANES, m, m), and play the tape for them: x and the tape."""
    m = right.shape[-1]
    dense = np.concatenate([matrices, right[..., None]], axis=-1).reshape(LANES, -1).T.copy()
    places = np.arange(m * (m + 1)).reshape(m, m + 1)
    tape, cell, solution = record(dense.copy(), places, np.any(matrices != 0, axis=0))
    if len(tape) == 0:
        return np.full(right.shape, np.nan), tape
    cells = np.zeros((cell.max() + 1, LANES))
    cells[cell[cell >= 0]] = dense[places[cell >= 0]]
    play(tape, cells)
    return cells[solution].T, tape


@pytest.mark.parametrize("seed", range(5))
def test_the_tape_solves_what_numpy_solves(seed):
    random = np.random.default_rng(seed)
    m = 12
    pattern = (random.random((m, m)) < 0.25) | np.eye(m, dtype=bool)[random.permutation(m)]
    matrices = random.normal(size=(LANES, m, m)) * pattern
    right = random.normal(size=(LANES, m))
    x, _ = solve(matrices, right)
    expected = np.linalg.solve(matrices, right[..., None])[..., 0]
    size = np.abs(expected).max(axis=-1, keepdims=True)
    condition = np.linalg.cond(matrices)[:, None]
    assert np.all(np.abs(x - expected) <= 1e-14 * condition * size)


def test_a_pivot_may_stand_anywhere():
    x, _ = solve(np.broadcast_to([[0.0, 2.0], [4.0, 0.0]], (LANES, 2, 2)), np.ones((LANES, 2)))
    np.testing.assert_array_equal(x, np.broadcast_to([0.25, 0.5], (LANES, 2)))


def test_a_pivot_that_is_small_in_one_lane_is_avoided():
    matrices = np.tile([[1.0, 1.0], [1.0, -1.0]], (LANES, 1, 1))
    matrices[3, 0, 0] = 1e-20
    x, _ = solve(matrices, np.tile([1.0, 0.0], (LANES, 1)))
    np.testing.assert_allclose(x[3], [1.0, 1.0], rtol=1e-15)
    np.testing.assert_allclose(x[4], [0.5, 0.5], rtol=1e-15)


def test_an_arrow_matrix_is_solved_without_new_entries():
    # The full row and column first would fill the matrix; last, nothing fills.
    m = 10
    arrow = np.eye(m) * 4
    arrow[0] = arrow[:, 0] = 1.0
    arrow[0, 0] = 4.0
    x, tape = solve(np.tile(arrow, (LANES, 1, 1)), np.ones((LANES, m)))
    np.testing.assert_allclose(x[0], np.linalg.solve(arrow, np.ones(m)), rtol=1e-14)
    assert tape[:, 1:].max() + 1 == m + 2 * (m - 1) + m  # diagonal, arrow, right-hand side


def test_matrices_without_pivots_give_an_empty_tape():
    singular = np.tile([[1.0, 1.0], [0.0, 0.0]], (LANES, 1, 1))
    _, tape = solve(singular, np.ones((LANES, 2)))
    assert len(tape) == 0
