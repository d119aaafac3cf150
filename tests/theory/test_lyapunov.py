import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov

from phonosync.theory import BosonicNetwork, UnstableError, diffusion, drift, lyapunov
from phonosync.theory.lyapunov import solve_lyapunov


def stiff_batch(seed, modes, points, dense=False, brownian=False):
    """Stable networks with rates over five decades: light loses 0.1 to 1, phonons 1e-5 to 1e-3."""
    random = np.random.default_rng(seed)
    light = modes // 2
    bonds = np.triu(random.random((modes, modes)) < (1.0 if dense else 0.4), 1)
    J = 0.05 * random.normal(size=(points, modes, modes, 2)) @ [1, 1j] * bonds
    g = np.zeros((points, modes, modes))
    g[:, :light, light:] = random.uniform(0, 0.02, (points, light, modes - light))
    g *= dense or random.random((modes, modes)) < 0.6
    phonons = modes - light
    quiet = 10 ** random.uniform(-5, -3, (points, phonons))
    network = BosonicNetwork(
        detuning=random.uniform(0.7, 1.3, (points, modes)),
        loss=np.concatenate([random.uniform(0.1, 1, (points, light)), quiet], axis=-1),
        exchange=J + np.conj(np.swapaxes(J, -1, -2)),
        pressure=g,
        occupation=np.concatenate(
            [np.zeros((points, light)), 10 ** random.uniform(0, 4, (points, phonons))], axis=-1
        ),
        brownian=brownian & (np.arange(modes) >= light),
    )
    amplitudes = 0.5 * random.normal(size=(points, modes, 2)) @ [1, 1j]
    A, D = drift(network, amplitudes * (np.arange(modes) < light)), diffusion(network)
    stable = np.linalg.eigvals(A).real.max(axis=-1) < 0
    return A[stable], D[stable]


def growing(A, D, growth):
    """The same motion with its fastest growth moved to the one given."""
    now = np.linalg.eigvals(A).real.max(axis=-1)
    return A + (growth - now)[..., None, None] * np.eye(A.shape[-1]), D


@pytest.fixture
def numpy_points(monkeypatch):
    """How many points were left to the numpy path, call by call."""
    counts, plain = [], lyapunov._solve

    def counted(A, D):
        counts.append(len(A))
        return plain(A, D)

    monkeypatch.setattr(lyapunov, "_solve", counted)
    return counts


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("brownian", [False, True])
@pytest.mark.parametrize("modes", [3, 4, 5, 6])
def test_drift_and_noise_balance_whatever_the_rates(numpy_points, modes, dense, brownian):
    A, D = stiff_batch(modes, modes, 300, dense, brownian)
    assert len(A) >= 100
    V = solve_lyapunov(A, D)
    np.testing.assert_array_equal(V, np.swapaxes(V, -1, -2))
    drained = A @ V
    residual = np.abs(drained + np.swapaxes(drained, -1, -2) + D).max(axis=(-1, -2))
    size = np.abs(A).max(axis=(-1, -2)) * np.abs(V).max(axis=(-1, -2))
    assert np.max(residual / size) < 1e-13
    for a, d, v in zip(A[:20], D[:20], V[:20], strict=True):
        expected = solve_continuous_lyapunov(a, -d)
        quanta = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
        np.testing.assert_allclose(v / quanta, expected / quanta, atol=1e-9)
    assert sum(numpy_points) <= 0.02 * len(A)


@pytest.mark.parametrize("seed", range(4))
def test_the_compiled_path_agrees_with_the_plain_one(seed):
    A, D = stiff_batch(seed, 4, 200, dense=seed % 2 == 0)
    plain = lyapunov._solve(A, D)
    quanta = np.sqrt(np.einsum("pi,pj->pij", *2 * [np.diagonal(plain, axis1=1, axis2=2)]))
    np.testing.assert_allclose(solve_lyapunov(A, D) / quanta, plain / quanta, atol=1e-10)


@pytest.mark.parametrize("occupation", [0.0, 7.0])
def test_modes_in_equal_baths_keep_the_bath_s_quanta_at_every_point_of_a_map(occupation):
    detuning = np.linspace(-1, 1, 12)
    D1, D2 = np.meshgrid(detuning, detuning, indexing="ij")
    J = np.array([[0, 0.3, 0], [0.3, 0, 0.2j], [0, -0.2j, 0]])
    network = BosonicNetwork(
        detuning=np.stack([D1, D2, 0 * D1], axis=-1),
        loss=[0.5, 0.1, 1e-4],
        exchange=J,
        occupation=occupation,
    )
    V = solve_lyapunov(drift(network, np.zeros(3)), diffusion(network))
    expected = np.broadcast_to((occupation + 0.5) * np.eye(6), V.shape)
    np.testing.assert_allclose(V, expected, atol=1e-10 * (occupation + 0.5))


def test_pivots_that_vanish_on_a_line_of_the_map_do_no_harm(numpy_points):
    # Two detunings cross in the map, and the exchange vanishes on another line.
    side = np.linspace(-1, 1, 41)
    first, J = np.meshgrid(side, side, indexing="ij")
    exchange = np.zeros((41, 41, 2, 2))
    exchange[..., 0, 1] = exchange[..., 1, 0] = J
    network = BosonicNetwork(
        detuning=np.stack([first, 0 * first], axis=-1),
        loss=[1e-3, 1e-4],
        exchange=exchange,
        occupation=[0.0, 100.0],
    )
    A, D = drift(network, np.zeros(2)), diffusion(network)
    V = solve_lyapunov(A, D).reshape(-1, 4, 4)
    assert not numpy_points
    np.testing.assert_allclose(V, lyapunov._solve(A.reshape(-1, 4, 4), D), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("frequency", [0.0, 1e-18, 1e-12, 1e-6])
def test_a_point_unlike_all_others_is_solved_as_well(numpy_points, frequency):
    # Pivots are chosen by a sample of the points; where ω << γ those of ω >> γ are bad.
    omega = np.ones(1000)
    omega[500] = frequency
    A = omega[:, None, None] * [[0.0, 1.0], [-1.0, 0.0]] - 1e-3 * np.eye(2)
    V = solve_lyapunov(A, np.diag([0.0, 0.004]))
    expected = [[omega[500] ** 2, omega[500] * 1e-3], [omega[500] * 1e-3, omega[500] ** 2 + 2e-6]]
    np.testing.assert_allclose(V[500], np.array(expected) / (omega[500] ** 2 + 1e-6), atol=1e-14)
    assert sum(numpy_points) <= 1


@pytest.mark.parametrize("seed", [6, 43, 63, 79, 207])
def test_a_motion_with_other_rates_among_a_thousand_equal_ones_is_solved_as_well(seed):
    # The sample never sees it, and pivots chosen for the others are bad for it.
    random = np.random.default_rng(seed)
    usual, other = random.normal(size=(2, 4, 4))
    other *= 10 ** random.uniform(-12, 0, (4, 4))
    A = np.array([usual] * 1000)
    A[500] = other
    A, D = growing(A, np.eye(4), np.where(np.arange(1000) == 500, -1e-2, -0.1))
    expected = solve_continuous_lyapunov(A[500], -D)
    V = solve_lyapunov(A, D)[500]
    np.testing.assert_allclose(V, expected, atol=1e-11 * np.abs(expected).max())


def test_drift_and_diffusion_may_vary_along_different_axes_of_a_map():
    A, D = stiff_batch(1, 3, 12)
    V = solve_lyapunov(A[:, None], D[None, :9])
    assert V.shape == (len(A), 9, 6, 6)
    np.testing.assert_allclose(V[3, 5], solve_lyapunov(A[3], D[5]), rtol=1e-9, atol=1e-9)
    common = solve_lyapunov(np.broadcast_to(A[0], (70, 6, 6)), D[0])
    np.testing.assert_allclose(common[69], solve_lyapunov(A[0], D[0]), rtol=1e-9, atol=1e-9)
    many = solve_lyapunov(A[0], np.concatenate(8 * [D]))
    np.testing.assert_allclose(many[7], solve_lyapunov(A[0], D[7]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("brownian", [False, True])
@pytest.mark.parametrize("growth", [1e-2, 1e-6, 1e-10])
def test_one_growing_motion_among_many_is_found(growth, brownian):
    A, D = stiff_batch(5, 3, 300, brownian=brownian)
    slow = np.full(len(A), -1e-3)
    solve_lyapunov(*growing(A, D, slow))
    slow[17] = growth
    with pytest.raises(UnstableError, match=f"grows at {growth:.3g}"):
        solve_lyapunov(*growing(A, D, slow))


def test_a_covariance_that_only_a_negative_noise_balances_does_not_make_a_motion_stable():
    A = np.array([[0.1, 1.0], [-1.0, -0.3]]) + 0.2 * np.eye(2)
    D = -(A + A.T)  # so that V = 1 solves the equation
    assert np.linalg.eigvals(A).real.max() > 0
    with pytest.raises(UnstableError, match=r"grows at 0\.1 "):
        solve_lyapunov(np.broadcast_to(A, (100, 2, 2)), D)


def test_many_large_matrices_are_solved_some_at_a_time(monkeypatch):
    monkeypatch.setattr(lyapunov, "_NUMBERS", 3 * 26**4)
    random = np.random.default_rng(1)
    A, D = growing(random.normal(size=(70, 26, 26)), np.eye(26), np.full(70, -0.3))
    V = solve_lyapunov(A, D)
    for p in (0, 2, 3, 69):
        expected = solve_continuous_lyapunov(A[p], -D)
        np.testing.assert_allclose(V[p], expected, atol=1e-10 * np.abs(expected).max())


def test_a_motion_without_any_damping_has_no_stationary_state():
    A = np.broadcast_to([[0.0, 1.0], [-1.0, 0.0]], (100, 2, 2))
    with pytest.raises(UnstableError, match="grows at 0"):
        solve_lyapunov(A, np.eye(2))


def test_a_damped_mode_without_noise_comes_to_rest(numpy_points):
    A = np.array([[-0.1, 1.0, 0, 0], [-1.0, -0.1, 0, 0], [0, 0, -0.2, 3.0], [0, 0, -3.0, -0.2]])
    D = np.diag([0.3, 0.3, 0.0, 0.0])
    V = solve_lyapunov(np.broadcast_to(A, (80, 4, 4)), D)
    np.testing.assert_allclose(V[0], np.diag([1.5, 1.5, 0, 0]), atol=1e-15)
    assert numpy_points == [80]  # no noise, hence no V > 0: eigenvalues decide


def test_a_drift_that_is_nothing_has_no_stationary_state():
    with pytest.raises(UnstableError):
        solve_lyapunov(np.zeros((100, 4, 4)), np.eye(4))
