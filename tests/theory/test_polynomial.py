from itertools import product

import numpy as np
import pytest

from phonosync.theory.polynomial import solve_real_cubic_systems

ZERO = np.zeros((2, 2))


def solutions_of_one(A, e, G, t, B, T, C=ZERO):
    systems = (np.asarray(x)[None] for x in (A, C, e, G, t, B, T))
    return solve_real_cubic_systems(*systems)[0]


def one_mode(rate, push, shift, kerr):
    """x of (rate + i shift + i kerr |x|²) x = push, by the real cubic of kerr |x|²."""
    offset = rate.imag + shift
    roots = np.roots([1, 2 * offset, rate.real**2 + offset**2, -kerr * abs(push) ** 2])
    real = roots[np.abs(roots.imag) < 1e-8 * np.abs(roots).max()].real
    return [push / (rate.real + 1j * (offset + y)) for y in real]


def sorted_by_size(solutions):
    return np.array(sorted(solutions, key=lambda x: (round(abs(x[0]), 6), round(abs(x[1]), 6))))


def test_modes_that_ignore_each_other_have_the_product_of_their_solutions():
    rates, e = np.array([0.5 - 2j, 0.4 + 3j]), np.array([2.2, 30.0 + 10j])
    t, T = np.array([0.1, -0.2]), np.array([0.2, -3e-3])
    each = [one_mode(*mode) for mode in zip(rates, e, t, T, strict=True)]
    assert [len(x) for x in each] == [3, 3]
    found = solutions_of_one(np.diag(rates), e, ZERO, t, ZERO, np.diag(T))
    assert len(found) == 9
    expected = [np.array(pair) for pair in product(*each)]
    np.testing.assert_allclose(sorted_by_size(found), sorted_by_size(expected), rtol=1e-6)


def test_without_any_nonlinear_term_the_one_solution_is_the_linear_one():
    A = np.array([[1 + 1j, 0.3], [-0.2j, 0.5 - 1j]])
    e = np.array([1.0, 2j])
    [x] = solutions_of_one(A, e, ZERO, np.zeros(2), ZERO, ZERO)
    np.testing.assert_allclose(A @ x, e, atol=1e-8)


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_the_solutions_do_not_depend_on_the_unit_of_amplitude(unit):
    A, e = np.array([[0.5 - 2j, 0.6j], [0.6j, 0.5 - 2j]]), np.array([4.0, 3.0])
    T = 0.2 * np.eye(2)
    plain = solutions_of_one(A, e, ZERO, np.zeros(2), ZERO, T)
    other = solutions_of_one(A, e * unit, ZERO, np.zeros(2), ZERO, T / unit**2)
    assert len(other) == len(plain) > 1
    np.testing.assert_allclose(
        sorted_by_size([x / unit for x in other]), sorted_by_size(plain), rtol=1e-6
    )


@pytest.mark.parametrize("seed", range(3))
def test_every_solution_is_a_zero(seed):
    random = np.random.default_rng(seed)
    A = np.diag([0.5, 0.3] + 1j * random.normal(size=2)) + 0.3j * (1 - np.eye(2))
    e, t, T = 3 * random.normal(size=2), random.normal(size=2), 0.1 * random.normal(size=(2, 2))
    B, G, C = 0.1 * (random.normal(size=(3, 2, 2, 2)) @ [1, 1j])
    found = solutions_of_one(A, e, G, t, B, T, C)
    assert found
    for x in found:
        n = np.abs(x) ** 2
        zero = -A @ x - C @ x.conj() - 1j * x * (t + (B @ x).real + T @ n) - 1j * G @ n + e
        assert np.abs(zero).max() < 1e-5 * np.abs(e).max()


def test_many_systems_at_once_have_the_solutions_that_each_has_alone():
    random = np.random.default_rng(5)
    A = np.eye(2) * (0.5 - 2j) + 0.6j * (1 - np.eye(2)) * random.uniform(0.5, 1.5, (6, 1, 1))
    e, T = random.uniform(2, 5, (6, 2)).astype(complex), np.broadcast_to(0.2 * np.eye(2), (6, 2, 2))
    zero, t = np.zeros((6, 2, 2)), np.zeros((6, 2))
    together = solve_real_cubic_systems(A, zero, e, zero, t, zero, T)
    for p, states in enumerate(together):
        alone = solutions_of_one(A[p], e[p], ZERO, t[p], ZERO, T[p])
        assert len(states) == len(alone)
        np.testing.assert_allclose(sorted_by_size(states), sorted_by_size(alone), rtol=1e-6)
