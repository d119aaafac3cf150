import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import block_diag

from phonosync.theory import (
    complete_synchronization,
    contrast,
    isolation_db,
    occupations,
    phase_synchronization,
    phi_synchronization,
    synchronization_error,
)

repeatable = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 10_000)
angles = st.floats(-np.pi, np.pi)
measures = st.floats(1e-6, 1.0)
MEANS = np.array([1.0, 1.0])


def rotation(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def squeezed_difference(r):
    """Two modes whose difference is squeezed in p and whose sum is as squeezed in q."""
    minus, plus = np.diag(np.exp([2 * r, -2 * r])) / 2, np.diag(np.exp([-2 * r, 2 * r])) / 2
    return np.block([[plus + minus, plus - minus], [plus - minus, plus + minus]]) / 2


@repeatable
@given(seed=seeds, modes=st.integers(2, 4))
def test_heisenberg_keeps_complete_synchronization_at_or_below_one(physical_state, seed, modes):
    V = physical_state(seed, modes)
    for i in range(modes):
        for j in range(i):
            S = complete_synchronization(V, i, j)
            assert 0 < S <= 1 + 1e-12
            assert pytest.approx(complete_synchronization(V, j, i), rel=1e-12) == S
            assert phi_synchronization(V, np.exp(1j * np.arange(modes)), i, j) <= 1 + 1e-12


def test_two_vacua_are_as_synchronized_as_quantum_mechanics_allows():
    V = np.eye(4) / 2
    assert complete_synchronization(V, 0, 1) == pytest.approx(1, rel=1e-15)
    for means in ([1, 1], [1, -1], [1j, 2 - 3j]):
        assert phase_synchronization(V, means, 0, 1) == pytest.approx(1, rel=1e-15)
        assert phi_synchronization(V, means, 0, 1) == pytest.approx(1, rel=1e-15)


@repeatable
@given(n1=st.floats(0, 1e4), n2=st.floats(0, 1e4))
def test_strangers_in_baths_are_synchronized_by_chance_only(n1, n2):
    V = np.diag([n1, n1, n2, n2]) + np.eye(4) / 2
    assert synchronization_error(V, 0, 1) == pytest.approx(n1 + n2 + 1)
    assert complete_synchronization(V, 0, 1) == pytest.approx(1 / (n1 + n2 + 1))
    np.testing.assert_allclose(occupations(V), [n1, n2], atol=1e-9)


def test_phonons_that_move_as_one_are_synchronized_however_hot():
    hot = np.kron(np.ones((2, 2)), np.eye(2)) * 1e4
    assert complete_synchronization(hot + np.eye(4) / 2, 0, 1) == pytest.approx(1)


@repeatable
@given(r=st.floats(0, 3))
def test_only_squeezing_lifts_phase_synchronization_above_one(r):
    V = squeezed_difference(r)
    assert phase_synchronization(V, MEANS, 0, 1) == pytest.approx(np.exp(2 * r))
    assert complete_synchronization(V, 0, 1) == pytest.approx(1 / np.cosh(2 * r))
    # A quarter turn of both means looks at the antisqueezed quadrature instead.
    assert phase_synchronization(V, 1j * MEANS, 0, 1) == pytest.approx(np.exp(-2 * r))


@repeatable
@given(seed=seeds, first=angles, second=angles)
def test_the_frames_of_the_oscillators_do_not_matter(physical_state, seed, first, second):
    V, c = physical_state(seed), np.array([1.0 + 0.5j, -0.7 + 2j])
    R = block_diag(rotation(first), rotation(second))
    turned, moved = R @ V @ R.T, c * np.exp(1j * np.array([first, second]))
    for measure in (phase_synchronization, phi_synchronization):
        assert measure(turned, moved, 0, 1) == pytest.approx(measure(V, c, 0, 1), rel=1e-9)


def test_oscillators_in_opposite_phase_are_synchronized_after_turning_one():
    opposite = np.kron([[1, -1], [-1, 1]], np.eye(2)) * 50 + np.eye(4) / 2
    assert complete_synchronization(opposite, 0, 1) == pytest.approx(1 / 201)
    assert phi_synchronization(opposite, [1, -1], 0, 1) == pytest.approx(1)
    assert phase_synchronization(opposite, [1, -1], 0, 1) == pytest.approx(1)


def test_a_batch_is_measured_as_its_states_one_by_one(physical_state):
    V = np.array([[physical_state(3 * a + b, modes=3) for b in range(3)] for a in range(2)])
    c = np.random.default_rng(0).normal(size=(2, 3, 3, 2)) @ [1, 1j]
    S_c, S_p = complete_synchronization(V, 0, 2), phase_synchronization(V, c, 0, 2)
    S_phi, n = phi_synchronization(V, c, 0, 2), occupations(V)
    for k in np.ndindex(2, 3):
        assert S_c[k] == pytest.approx(complete_synchronization(V[k], 0, 2), rel=1e-13)
        assert S_p[k] == pytest.approx(phase_synchronization(V[k], c[k], 0, 2), rel=1e-13)
        assert S_phi[k] == pytest.approx(phi_synchronization(V[k], c[k], 0, 2), rel=1e-13)
        np.testing.assert_allclose(n[k], occupations(V[k]))


@repeatable
@given(plus=measures, minus=measures)
def test_contrast_and_isolation_say_the_same_and_change_sign_with_direction(plus, minus):
    chi, isolation = contrast(plus, minus), isolation_db(plus, minus)
    # (r - 1)/(r + 1) = tanh(ln r / 2)
    assert chi == pytest.approx(np.tanh(isolation * np.log(10) / 20), abs=1e-12)
    assert contrast(minus, plus) == pytest.approx(-chi, abs=1e-15)
    assert isolation_db(minus, plus) == pytest.approx(-isolation, abs=1e-12)
    assert abs(chi) <= 1
