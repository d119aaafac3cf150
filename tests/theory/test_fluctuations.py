import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_continuous_lyapunov

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    UnstableError,
    complete_synchronization,
    diffusion,
    drift,
    load_device,
    occupations,
    phase_synchronization,
    steady_covariance,
    steady_states,
    velocity,
)

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 10_000)


def quadratures(c):
    return np.sqrt(2) * np.stack([c.real, c.imag], axis=-1).reshape(*c.shape[:-1], -1)


def stationary(network, amplitudes):
    return steady_covariance(drift(network, amplitudes), diffusion(network))


# Drift and diffusion


@repeatable
@given(seed=seeds)
def test_the_drift_is_the_slope_of_the_velocity(random_network, seed):
    network, h = random_network(seed), 1e-5
    c = np.random.default_rng(seed).normal(size=(3, 2)) @ [1, 1j]
    slope = np.empty((6, 6))
    for mode in range(3):
        for part, unit in enumerate((1, 1j)):
            d = np.eye(3)[mode] * unit * h / np.sqrt(2)
            rise = quadratures(velocity(network, c + d)) - quadratures(velocity(network, c - d))
            slope[:, 2 * mode + part] = rise / (2 * h)
    np.testing.assert_allclose(drift(network, c), slope, atol=1e-8)


def test_a_batch_fluctuates_as_its_networks_one_by_one(random_network):
    one = random_network(4)
    batch = BosonicNetwork(
        detuning=one.detuning + np.linspace(0, 1, 5)[:, None],
        loss=one.loss,
        exchange=one.exchange,
        pressure=one.pressure,
        kerr=one.kerr,
        occupation=[[[0.0] * 3], [[1.0] * 3]],
    )
    c = 0.1 * np.random.default_rng(1).normal(size=(2, 5, 3, 2)) @ [1, 1j]
    A, D, V = drift(batch, c), diffusion(batch), stationary(batch, c)
    assert A.shape == V.shape == (2, 5, 6, 6)
    D = np.broadcast_to(D, A.shape).reshape(-1, 6, 6)
    for k, (n, start) in enumerate(zip(batch.each(), c.reshape(-1, 3), strict=True)):
        np.testing.assert_allclose(A.reshape(-1, 6, 6)[k], drift(n, start), atol=1e-14)
        np.testing.assert_allclose(D[k], diffusion(n), atol=1e-14)
        np.testing.assert_allclose(V.reshape(-1, 6, 6)[k], stationary(n, start), rtol=1e-11)


# The Lyapunov equation


@repeatable
@given(seed=seeds)
def test_the_covariance_balances_drift_and_diffusion(cooled_network, seed):
    network, c = cooled_network(seed)
    A, D = drift(network, c), diffusion(network)
    assume(np.linalg.eigvals(A).real.max() < -1e-6)
    V = steady_covariance(A, D)
    residual = np.abs(A @ V + V @ A.T + D).max()
    assert residual <= 1e-10 * np.abs(A @ V).max()
    np.testing.assert_array_equal(V, V.T)


@repeatable
@given(seed=seeds, modes=st.integers(1, 4))
def test_the_covariance_is_that_of_the_bartels_stewart_algorithm(seed, modes):
    random = np.random.default_rng(seed)
    A = random.normal(size=(2 * modes, 2 * modes))
    A -= (np.linalg.eigvals(A).real.max() + 0.1) * np.eye(2 * modes)
    D = random.normal(size=A.shape)
    D = D @ D.T
    expected = solve_continuous_lyapunov(A, -D)
    np.testing.assert_allclose(
        steady_covariance(A, D), expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max()
    )


def test_growing_motion_has_no_stationary_covariance_but_the_advice_leads_to_one():
    def heated(power):
        g = [[0, 0.1], [0, 0]]
        n = BosonicNetwork(detuning=[-1.0, 1.0], loss=[0.2, 1e-3], pressure=g)
        return drift(n, [np.sqrt(power), 0]), diffusion(n)

    with pytest.raises(UnstableError, match=r"the drift grows at 0\.0\d+ .*lower the drive"):
        steady_covariance(*heated(1.0))
    steady_covariance(*heated(1e-4))


def test_undamped_motion_has_no_stationary_covariance():
    with pytest.raises(UnstableError, match="no stationary covariance"):
        steady_covariance([[0.0, 1.0], [-1.0, 0.0]], np.eye(2))


@pytest.mark.parametrize(
    ("A", "D", "message"),
    [
        (np.eye(2), np.eye(4), "both need"),
        (np.ones(3), np.ones(3), "both need"),
        (np.full((2, 2), np.nan), np.eye(2), "finite"),
    ],
)
def test_matrices_that_cannot_belong_together_are_refused(A, D, message):
    with pytest.raises(InputError, match=message):
        steady_covariance(A, D)


# Thermal states


@repeatable
@given(
    detuning=st.floats(-10, 10),
    loss=st.floats(1e-3, 10),
    occupation=st.floats(0, 1e6),
)
def test_a_lone_mode_takes_the_occupation_of_its_bath(detuning, loss, occupation):
    network = BosonicNetwork(detuning=[detuning], loss=[loss], occupation=[occupation])
    V = stationary(network, [0.0])
    np.testing.assert_allclose(V, (occupation + 0.5) * np.eye(2), rtol=1e-9, atol=1e-9)


@repeatable
@given(seed=seeds, occupation=st.floats(0, 1e3))
def test_coupled_modes_with_equal_baths_keep_their_occupation(linear_network, seed, occupation):
    V = stationary(linear_network(seed, occupation=occupation), np.zeros(3))
    np.testing.assert_allclose(V, (occupation + 0.5) * np.eye(6), atol=1e-9 * (1 + occupation))


@repeatable
@given(seed=seeds)
def test_what_one_bath_gives_the_others_take(linear_network, seed):
    network = linear_network(seed, occupation=[0.0, 3.0, 10.0])
    excess = occupations(stationary(network, np.zeros(3))) - network.occupation
    assert np.sum(network.loss * excess) == pytest.approx(0, abs=1e-10)
    assert np.all(occupations(stationary(network, np.zeros(3))) <= 10 + 1e-9)


# Driven networks


@repeatable
@given(seed=seeds)
def test_fluctuations_obey_the_uncertainty_relation(random_network, symplectic_form, seed):
    every = random_network(seed, modes=2)
    network = BosonicNetwork(  # with one mode that presses, a cubic gives the steady states
        detuning=every.detuning,
        loss=every.loss,
        pressure=every.pressure * [[1], [0]],
        kerr=every.kerr * [1, 0],
        drive=every.drive * [1, 0],
        occupation=every.occupation,
    )
    for state in steady_states(network):
        if not state.stable:
            continue
        V = stationary(network, state.amplitudes)
        least = np.linalg.eigvalsh(V + 0.5j * symplectic_form(2)).min()
        assert least > -1e-10 * np.abs(V).max()
        assert complete_synchronization(V, 0, 1) <= 1 + 1e-12


@pytest.mark.parametrize("occupation", [0, 1, 5])
@pytest.mark.parametrize(("detuning", "drive"), [(1.0, 10.0), (0.3, 2.0), (2.0, 60.0)])
def test_the_dark_mode_of_two_identical_phonons_stays_hot(occupation, detuning, drive):
    network = BosonicNetwork(
        detuning=[detuning, 1.0, 1.0],
        loss=[0.2, 5e-4, 5e-4],
        pressure=[[0, 1e-3, 1e-3], [0, 0, 0], [0, 0, 0]],
        drive=[drive, 0, 0],
        occupation=[0, occupation, occupation],
    )
    [state] = [s for s in steady_states(network) if s.stable]
    V = stationary(network, state.amplitudes)
    expected = 1 / (2 * occupation + 1)
    assert complete_synchronization(V, 1, 2) == pytest.approx(expected, rel=1e-9)
    assert phase_synchronization(V, state.amplitudes, 1, 2) == pytest.approx(expected, rel=1e-9)


def optical_damping(detuning, omega, kappa, coupling):
    """Rates at which light of amplitude coupling g·a takes and gives phonons."""
    take = coupling**2 * kappa / (kappa**2 / 4 + (detuning - omega) ** 2)
    give = coupling**2 * kappa / (kappa**2 / 4 + (detuning + omega) ** 2)
    return take - give, give


@pytest.mark.parametrize("detuning", [1.0, 0.8, 1.3])
@pytest.mark.parametrize(("kappa", "n_th"), [(0.1, 100.0), (0.5, 30.0), (2.0, 1000.0)])
def test_weak_light_cools_a_phonon_by_its_sidebands(detuning, kappa, n_th):
    gamma, coupling = 1e-7, 2e-4
    network = BosonicNetwork(
        detuning=[detuning, 1.0],
        loss=[kappa, gamma],
        pressure=[[0, coupling], [0, 0]],
        occupation=[0, n_th],
    )
    V = stationary(network, [1.0, 0.0])
    G_opt, give = optical_damping(detuning, 1.0, kappa, coupling)
    expected = (gamma * n_th + give) / (gamma + G_opt)
    assert occupations(V)[1] == pytest.approx(expected, rel=2e-3)
    growth = np.linalg.eigvals(drift(network, [1.0, 0.0])).real.max()
    assert growth == pytest.approx(-(gamma + G_opt) / 2, rel=2e-3)


def test_a_resolved_sideband_cools_to_a_sixteenth_of_its_ratio_squared():
    kappa, coupling = 0.02, 1e-4
    network = BosonicNetwork(
        detuning=[1.0, 1.0], loss=[kappa, 1e-16], pressure=[[0, coupling], [0, 0]]
    )
    n_min = occupations(stationary(network, [1.0, 0.0]))[1]
    assert n_min == pytest.approx((kappa / 4) ** 2, rel=1e-2)


def test_without_rotation_and_kerr_both_directions_agree():
    device = load_device("reciprocal")
    forward, backward = (device.network(light=light) for light in (+1, -1))
    there, back = (
        next(s for s in steady_states(n) if s.stable).amplitudes for n in (forward, backward)
    )
    np.testing.assert_array_equal(there, back)
    np.testing.assert_array_equal(stationary(forward, there), stationary(backward, back))
