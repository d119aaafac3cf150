import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import diffusion, drift, steady_covariance
from phonosync.theory.errors import UnphysicalError
from phonosync.theory.gaussian_state import (
    check_physical,
    symplectic_eigenvalues,
    uncertainty_margin,
)

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 10_000)


def test_a_mixture_keeps_the_quanta_of_the_thermal_modes_it_was_made_of(physical_state):
    random = np.random.default_rng(3)
    hot = np.sort(0.5 + 2.0 * random.exponential(size=2))  # as physical_state draws them
    np.testing.assert_allclose(symplectic_eigenvalues(physical_state(3)), hot, rtol=1e-10)


@repeatable
@given(seed=seeds)
def test_every_state_made_by_squeezers_and_interferometers_is_physical(physical_state, seed):
    V = physical_state(seed)
    assert check_physical(V) is V
    assert symplectic_eigenvalues(V).min() >= 0.5 - 1e-9


def test_pure_states_lie_on_the_bound(physical_state):
    V = physical_state(1, quanta=0.0)
    np.testing.assert_allclose(symplectic_eigenvalues(V), 0.5, rtol=1e-9)
    assert uncertainty_margin(V) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("V", [0.49 * np.eye(2), np.diag([1.0, 0.2]), np.diag([-1.0, -1.0])])
def test_what_is_sharper_than_heisenberg_allows_is_refused(V):
    with pytest.raises(UnphysicalError, match=r"below Heisenberg's bound .* comes with its noise"):
        check_physical(np.stack([np.eye(2), V]))


@repeatable
@given(seed=seeds)
def test_every_stationary_state_of_a_network_is_physical(random_network, seed):
    network = random_network(seed, modes=2)
    A = drift(network, np.zeros(2))
    if np.linalg.eigvals(A).real.max() < -1e-3:
        check_physical(steady_covariance(A, diffusion(network)))
