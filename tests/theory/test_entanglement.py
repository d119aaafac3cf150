import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import logarithmic_negativity

repeatable = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 10_000)


def two_mode_squeezed(r):
    c, s = np.cosh(2 * r) / 2, np.sinh(2 * r) / 2
    return np.block([[c * np.eye(2), s * np.diag([1, -1])], [s * np.diag([1, -1]), c * np.eye(2)]])


def prepared_apart(first, second):
    nothing = np.zeros((len(first), len(second)))
    return np.block([[first, nothing], [nothing.T, second]])


@repeatable
@given(r=st.floats(0, 4))
def test_the_two_mode_squeezed_vacuum_holds_twice_its_squeezing(r):
    # Ten digits of r = 4 are lost in the determinant of numbers near e^8.
    assert logarithmic_negativity(two_mode_squeezed(r), 0, 1) == pytest.approx(2 * r, abs=1e-6)


@repeatable
@given(seed=seeds)
def test_it_is_the_smallest_symplectic_eigenvalue_after_partial_transposition(
    physical_state, symplectic_form, seed
):
    V = physical_state(seed, quanta=0.1)
    flip = np.diag([1, 1, 1, -1])
    spectrum = np.linalg.eigvals(1j * symplectic_form(2) @ flip @ V @ flip)
    expected = max(0.0, -np.log(2 * np.abs(spectrum).min()))
    assert logarithmic_negativity(V, 0, 1) == pytest.approx(expected, abs=1e-7)
    assert logarithmic_negativity(V, 1, 0) == pytest.approx(expected, abs=1e-7)


@repeatable
@given(seed=seeds)
def test_states_prepared_apart_are_not_entangled(physical_state, seed):
    V = prepared_apart(physical_state(seed, modes=1), physical_state(seed + 1, modes=1))
    common_noise = np.kron(np.ones((2, 2)), np.eye(2))
    assert logarithmic_negativity(V, 0, 1) == pytest.approx(0, abs=1e-7)
    assert logarithmic_negativity(V + common_noise, 0, 1) == pytest.approx(0, abs=1e-7)


@repeatable
@given(seed=seeds)
def test_local_operations_leave_entanglement_as_it_is(physical_state, seed):
    V, random = physical_state(seed, quanta=0.1), np.random.default_rng(seed)
    local = []
    for _ in range(2):
        S = random.normal(size=(2, 2))
        S[0] *= np.sign(np.linalg.det(S))
        local.append(S / np.sqrt(np.linalg.det(S)))
    S = prepared_apart(*local)
    assert logarithmic_negativity(S @ V @ S.T, 0, 1) == pytest.approx(
        float(logarithmic_negativity(V, 0, 1)), abs=1e-6
    )


def test_the_pair_is_found_among_other_modes(physical_state):
    V = prepared_apart(physical_state(0, modes=1), two_mode_squeezed(0.5))
    np.testing.assert_allclose(
        [logarithmic_negativity(V, *pair) for pair in ((0, 1), (0, 2), (1, 2))],
        [0, 0, 1],
        atol=1e-7,
    )
    batch = np.stack([V, np.eye(6) / 2])
    np.testing.assert_allclose(logarithmic_negativity(batch, 1, 2), [1, 0], atol=1e-7)
