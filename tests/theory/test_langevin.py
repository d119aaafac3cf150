from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov
from scipy.stats import chi2, kstest

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    complete_synchronization,
    diffusion,
    drift,
    phase_synchronization,
    steady_covariance,
    steady_states,
)
from phonosync.theory import langevin as module
from phonosync.theory.ensemble import Ensemble, estimate
from phonosync.theory.langevin import STEP, ensemble
from phonosync.theory.langevin_kernel import LANES, draw, fill_normals, kick
from phonosync.theory.langevin_scheme import couplings, linear_flow, linear_rate, square_root
from phonosync.theory.published import optomechanical_cells
from phonosync.theory.trajectory import follow, thermal_covariance

RARE = 1e-4  # a right result is this improbable or more so for one seed in ten thousand


def weak(network, size):
    """The same linearised motion round amplitudes `size` times larger: noise matters less."""
    return replace(
        network,
        drive=network.drive * size,
        pressure=network.pressure / size,
        kerr=network.kerr / size**2,
        cross_kerr=network.cross_kerr / size**2,
    )


def quadratures(c):
    return np.sqrt(2) * np.stack([np.real(c), np.imag(c)], -1).reshape(*np.shape(c)[:-1], -1)


def probability(found, expected, trajectories):
    """Of a worse likelihood ratio, if the covariance is the expected one (Wishart)."""
    n = len(expected)
    ratio = np.linalg.solve(expected, found)
    deviance = np.trace(ratio) - np.linalg.slogdet(ratio)[1] - n
    return chi2.sf((trajectories - 1) * deviance, n * (n + 1) / 2)


def deviation(samples, expected):
    """Distance of a mean from what is expected, in standard errors, real and imaginary part."""
    away = samples.mean() - expected
    errors = np.array([samples.real.std(), samples.imag.std()]) / np.sqrt(samples.size)
    return np.abs([away.real, away.imag]) / errors


# ---- linear networks: exact -----------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("time", [1e-3, 0.7, 100.0])
def test_a_linear_flow_moves_mean_and_covariance_as_the_equations_do(random_network, seed, time):
    network = replace(random_network(seed), kerr=0.0, pressure=0.0, cross_kerr=0.0)
    c, V = np.array([1.0, 2j, -1.0]), thermal_covariance(network) + 0.3
    run = follow(network, [0.0, time], amplitudes=c, covariance=V, rtol=1e-11)
    M, push, L = linear_flow(network, time)
    moved = M @ quadratures(c) + push
    np.testing.assert_allclose(moved, quadratures(run.amplitudes[-1]), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(M @ V @ M.T + L @ L.T, run.covariance[-1], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("occupation", [0.0, 7.0])
@pytest.mark.parametrize("kerr", [0.0, 0.3])
def test_an_undriven_mode_takes_its_baths_quanta_and_half_a_quantum_more(occupation, kerr):
    network = BosonicNetwork(detuning=[1.0], loss=[0.5], kerr=[kerr], occupation=[occupation])
    run = ensemble(network, [0, 20], trajectories=4000, covariance=3 * np.eye(2), seed=1)
    quanta = np.abs(run.amplitudes[-1, :, 0]) ** 2  # exponentially distributed
    mean = occupation + 0.5
    assert abs(quanta.mean() - mean) < 4 * mean / np.sqrt(4000)
    assert kstest(quanta, "expon", args=(0, mean)).pvalue > RARE


def test_two_thermal_modes_keep_the_occupation_of_their_baths_when_they_exchange_quanta():
    network = BosonicNetwork(
        detuning=[1.0, 1.3], loss=[0.1, 0.3], exchange=[[0, 0.4], [0.4, 0]], occupation=4.0
    )
    run = ensemble(network, [0, 3, 200], trajectories=4000, seed=2)
    for V in run.covariance:
        assert probability(V, 4.5 * np.eye(4), 4000) > RARE


@pytest.mark.parametrize("seed", [0, 1])
def test_shared_loss_and_brownian_damping_bring_the_covariance_to_lyapunovs(random_network, seed):
    network = replace(random_network(seed), kerr=0.0, pressure=0.0, cross_kerr=0.0)
    A = drift(network, np.zeros(3))
    end = -30 / np.linalg.eigvals(A).real.max()
    run = ensemble(network, [0, end / 7, end], trajectories=5000, seed=seed)
    expected = steady_covariance(A, diffusion(network))
    assert probability(run.covariance[-1], expected, 5000) > RARE
    away = quadratures(run.mean[-1]) + np.linalg.solve(A, quadratures(network.drive))
    assert chi2.sf(5000 * away @ np.linalg.solve(expected, away), 6) > RARE


# ---- the order of operators -----------------------------------------------------------------


def test_a_coherent_state_turns_in_a_kerr_medium_as_quantum_mechanics_says():
    # ⟨c⟩ = α exp(|α|² (e^{−2iKt} − 1)), and the truncated Wigner function's Gaussian average.
    network = BosonicNetwork(detuning=[0.0], loss=[1e-9], kerr=[0.01])
    alpha, t = 3.0, 1.5
    run = ensemble(network, [0, t], amplitudes=[alpha], trajectories=20000, seed=3, step=0.2)
    turn = 2 * 0.01 * t
    quantum = alpha * np.exp(alpha**2 * (np.exp(-1j * turn) - 1))
    s = 1 + 0.5j * turn
    wigner = alpha / s**2 * np.exp(1j * turn - 1j * turn * alpha**2 / s)
    assert abs(quantum - wigner) < 1e-3
    assert np.all(deviation(run.amplitudes[-1, :, 0], quantum) < 4)


@pytest.mark.parametrize("occupation", [0.0, 2.0])
def test_cross_kerr_turns_a_mode_by_its_neighbours_quanta_and_not_by_its_vacuum(occupation):
    # ⟨e^{−iτ(|c|² − 1/2)}⟩ = e^{iτ/2}/(1 + iτ(n + 1/2)) for a thermal neighbour.
    network = BosonicNetwork(
        detuning=[0.0, 0.0],
        loss=1e-9,
        cross_kerr=[[0, 0.1], [0.1, 0]],
        occupation=[0, occupation],
    )
    run = ensemble(network, [0, 2], amplitudes=[5, 0], trajectories=10000, seed=4, step=0.1)
    turned = 5 * np.exp(0.1j) / (1 + 0.2j * (occupation + 0.5))
    assert np.all(deviation(run.amplitudes[-1, :, 0], turned) < 4)


@pytest.mark.parametrize("occupation", [0.0, 3.0])
def test_thermal_light_presses_with_its_quanta_and_vacuum_does_not(occupation):
    network = BosonicNetwork(
        detuning=[0.0, 1.0],
        loss=[0.5, 0.5],
        pressure=[[0, 0.3], [0, 0]],
        occupation=[occupation, 0],
    )
    run = ensemble(network, [0, 30], trajectories=5000, seed=5)
    displaced = -0.3j * occupation / (0.25 + 1j)
    assert np.all(deviation(run.amplitudes[-1, :, 1], displaced) < 4)


# ---- the scheme -----------------------------------------------------------------------------


def stationary(network, c, length):
    """Covariance that steps of one length keep, linearised by differences; fastest turning."""
    M, push, L = linear_flow(network, length / 2)
    modes, *rates = couplings(network)
    turned = np.zeros(LANES)

    def kicked(x):
        lanes = np.zeros((len(x), LANES))
        lanes[:, : x.shape[1]] = x
        kerr, cross, pressure = (rate * length for rate in rates)
        kick(lanes, modes, kerr, cross, pressure, np.empty(LANES), np.empty(LANES), turned)
        return lanes[:, : x.shape[1]]

    def jacobian(y):
        shift = 1e-6 * max(1.0, np.abs(y).max()) * np.eye(len(y))
        ends = kicked(np.hstack([y[:, None] + shift, y[:, None] - shift]))
        return (ends[:, : len(y)] - ends[:, len(y) :]) / (2 * shift[0, 0])

    x = quadratures(c)
    for _ in range(8):  # Newton's way to the scheme's own fixed point
        y = M @ x + push
        away = M @ kicked(y[:, None])[:, 0] + push - x
        x = x - np.linalg.solve(M @ jacobian(y) @ M - np.eye(len(x)), away)
    J = jacobian(M @ x + push)
    turned[:] = 0
    kicked((M @ x + push)[:, None])
    V = solve_discrete_lyapunov(M @ J @ M, M @ J @ L @ L.T @ J.T @ M.T + L @ L.T)
    return V, turned.max() / length


def cooled_ring():
    return BosonicNetwork(
        detuning=[1.5, 1.0, 1.1],
        loss=[0.2, 5e-3, 5e-3],
        pressure=[[0, 1e-4, 1e-4], [0, 0, 0], [0, 0, 0]],
        drive=[1000.0, 0, 0],
        occupation=[0, 20, 20],
    )


@pytest.mark.parametrize("seed", [None, 0, 1, 3, 4, 5])
def test_covariances_are_right_to_half_a_percent_and_to_second_order(random_network, seed):
    network = cooled_ring() if seed is None else weak(random_network(seed), 1e4)
    checked = 0
    for state in (s for s in steady_states(network) if s.stable):
        c = state.amplitudes
        V = steady_covariance(drift(network, c), diffusion(network))
        scale = np.sqrt(np.outer(V.diagonal(), V.diagonal()))
        _, turning = stationary(network, c, 0.01)
        default = STEP / (linear_rate(network) + turning)
        off = [
            np.abs((stationary(network, c, step)[0] - V) / scale).max()
            for step in (default, default / 2)
        ]
        assert off[0] < 5e-3
        assert off[0] / off[1] == pytest.approx(4, rel=0.05)
        checked += 1
    assert checked > 0


def test_couplings_turn_by_any_angle_and_keep_every_intensity_that_they_turn_by():
    random = np.random.default_rng(20)
    c = random.normal(size=(3, LANES)) + 1j * random.normal(size=(3, LANES))
    network = BosonicNetwork(
        detuning=[0, 0, 0],
        loss=1.0,
        kerr=[2.0, 0, 0],
        cross_kerr=[[0, 3.0, 0], [3.0, 0, 0], [0, 0, 0]],
        pressure=[[0, 0, 5.0], [0, 0, 0], [0, 0, 0]],
    )
    x, work = np.ascontiguousarray(quadratures(c.T).T), np.zeros((3, LANES))
    kick(x, *couplings(network), *work)
    n = np.abs(c) ** 2
    angle = np.array([4 * (n[0] - 1) + 3 * (n[1] - 0.5) + 10 * c[2].real, 3 * (n[0] - 0.5)])
    turned = np.vstack([c[:2] * np.exp(-1j * angle), c[2] - 5j * (n[0] - 0.5)])
    np.testing.assert_allclose(x, quadratures(turned.T).T, atol=1e-10)
    np.testing.assert_allclose(work[2], np.abs(angle).max(axis=0), rtol=1e-12)
    assert work[2].max() > 20


def test_the_default_step_follows_the_turning_that_the_motion_meets():
    network = BosonicNetwork(detuning=[0.0], loss=[0.1], kerr=[0.01], drive=[10.0])
    run = ensemble(network, np.linspace(0, 20, 400), trajectories=64, seed=21)
    turning = 0.02 * (np.abs(run.amplitudes).max() ** 2 - 1)
    assert turning > 20 * linear_rate(network)
    step = ensemble(network, [0, 20], trajectories=1, seed=22).step
    assert step == pytest.approx(STEP / (linear_rate(network) + turning), rel=0.2)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_means_approach_the_mean_fields_with_the_square_of_the_step(random_network, seed):
    network = weak(random_network(seed), 1e9)
    times, c = np.array([0.0, 0.4, 2.0]), 1e9 * np.array([2.0, 1j, -1.0])
    exact = follow(network, times, amplitudes=c, rtol=1e-11).amplitudes
    off = [
        np.abs(
            ensemble(network, times, amplitudes=c, trajectories=1, seed=0, step=step).mean - exact
        ).max()
        for step in (0.02, 0.01, 0.005)
    ]
    np.testing.assert_allclose(np.divide(off[:-1], off[1:]), 4, rtol=0.05)


# ---- weak noise: the covariance equations ---------------------------------------------------


def test_in_weak_noise_a_cooled_ring_comes_to_lyapunovs_covariance():
    network = cooled_ring()
    c = next(s for s in steady_states(network) if s.stable).amplitudes
    A = drift(network, c)
    end = -8 / np.linalg.eigvals(A).real.max()
    run = ensemble(network, [0, end], amplitudes=c, trajectories=3000, seed=6)
    V = steady_covariance(A, diffusion(network))
    assert probability(run.covariance[-1], V, 3000) > RARE
    S_c = estimate(run, lambda V, _: complete_synchronization(V, 0, 1), [1, 2])
    assert abs(S_c.value[-1] - complete_synchronization(V, 1, 2)) < 4 * S_c.error[-1]


def test_in_weak_noise_a_limit_cycle_carries_the_covariance_of_its_linearised_motion():
    network = weak(optomechanical_cells(0.02), 1e3)
    times = 2 * np.pi * np.array([0, 3, 8, 15])
    # The start-up amplifies deviations, the scheme's too: half the default step.
    run = ensemble(network, times, trajectories=3000, seed=7, step=0.016)
    expected = follow(network, times)
    for found, V in zip(run.covariance, expected.covariance, strict=True):
        assert probability(found, V, 3000) > RARE
    S_c = estimate(run, lambda V, _: complete_synchronization(V, 0, 1), [1, 3])
    S_p = estimate(run, lambda V, c: phase_synchronization(V, c, 0, 1), [1, 3])
    V, c = expected.covariance, expected.amplitudes
    assert np.all(np.abs(S_c.value - complete_synchronization(V, 1, 3)) < 4 * S_c.error)
    # At the start the means are small against their errors and have no phase.
    away = np.abs(S_p.value - phase_synchronization(V, c, 1, 3)) / S_p.error
    assert np.all(away[1:] < 4)


# ---- random numbers -------------------------------------------------------------------------


def test_every_lane_draws_the_words_of_numpys_sfc64():
    streams = np.random.default_rng(8).integers(0, 2**64, (4, LANES), dtype=np.uint64)
    before = streams.copy()
    u, v = np.empty((2, 5 * LANES))
    draw(streams, u, v)
    for lane in range(LANES):
        numpys = np.random.SFC64()
        numpys.state = {**numpys.state, "state": {"state": before[:, lane].copy()}}
        words = numpys.random_raw(5)
        np.testing.assert_array_equal(u[lane::LANES], ((words & 0xFFFFFFFF) + 0.5) / 2**32)
        np.testing.assert_array_equal(v[lane::LANES], ((words >> 32) + 0.5) / 2**32 - 0.5)
        np.testing.assert_array_equal(numpys.state["state"]["state"], streams[:, lane])


def test_a_lane_is_seeded_as_numpy_seeds_its_own_sfc64():
    class Words(np.random.SeedSequence):
        def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
            return np.arange(7, 7 + n_words, dtype=dtype)

    streams = module._streams(Words())  # lane 0 takes the words 0, LANES and 2 LANES
    seed = 7 + np.array([0, LANES, 2 * LANES], np.uint64)

    class Chosen(np.random.SeedSequence):
        def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
            return seed

    expected = np.random.SFC64(Chosen()).state["state"]["state"]
    np.testing.assert_array_equal(streams[:, 0], expected)


def test_normals_are_box_and_mullers():
    random = np.random.default_rng(8)
    n = 1 << 18
    u, v = random.uniform(size=n), random.uniform(-0.5, 0.5, n)
    u[:3], v[:3] = [2.0**-33, 1 - 2.0**-33, 0.5], [-0.5, 0.5, 0.0]
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    out = np.empty(2 * n)
    fill_normals(u, v, np.empty(n), out)
    expected = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    np.testing.assert_allclose(out, expected, atol=2e-12)
    assert kstest(out, "norm").pvalue > RARE


def test_a_seed_gives_the_same_trajectories_whatever_the_threads_and_their_number():
    network, times = cooled_ring(), [0.0, 1.0, 2.5]
    whole = ensemble(network, times, trajectories=200, seed=9)
    threaded = ensemble(network, times, trajectories=200, seed=9, threads=2)
    fewer = ensemble(network, times, trajectories=70, seed=9)
    np.testing.assert_array_equal(threaded.amplitudes, whole.amplitudes)
    np.testing.assert_array_equal(fewer.amplitudes, whole.amplitudes[:, :70])


def test_another_seed_gives_other_trajectories_and_blocks_share_no_noise():
    network = BosonicNetwork(detuning=[1.0], loss=[0.5])
    run = ensemble(network, [0, 20], trajectories=2 * LANES, seed=10).amplitudes[-1, :, 0]
    other = ensemble(network, [0, 20], trajectories=2 * LANES, seed=11).amplitudes[-1, :, 0]
    assert not np.any(run == other)
    assert len(np.unique(run)) == 2 * LANES


def test_a_seed_that_was_not_given_is_kept_so_that_the_run_can_be_repeated():
    network = BosonicNetwork(detuning=[1.0], loss=[0.5])
    first = ensemble(network, [0, 1], trajectories=3)
    again = ensemble(network, [0, 1], trajectories=3, seed=first.seed)
    np.testing.assert_array_equal(again.amplitudes, first.amplitudes)


def test_a_run_goes_on_from_where_another_ended():
    network = BosonicNetwork(detuning=[1.0], loss=[1e-9])
    first = ensemble(network, [0, 1], trajectories=70, seed=12)
    second = ensemble(network, [1, 3], trajectories=70, seed=13, amplitudes=first.amplitudes[-1])
    np.testing.assert_array_equal(second.amplitudes[0], first.amplitudes[-1])
    turned = first.amplitudes[-1] * np.exp(-2j)
    np.testing.assert_allclose(second.amplitudes[-1], turned, atol=1e-3)


# ---- estimates ------------------------------------------------------------------------------


def test_the_error_of_s_c_is_that_of_an_exponentially_distributed_mean():
    # q_−² + p_−² of two thermal modes is exponential: S_c has the relative error 1/√R.
    network = BosonicNetwork(detuning=[1.0, 1.0], loss=[0.5, 0.5], occupation=2.0)
    run = ensemble(network, [0, 20, 40], trajectories=4000, seed=14)
    S_c = estimate(run, lambda V, _: complete_synchronization(V, 0, 1), [0, 1])
    np.testing.assert_allclose(S_c.error, 0.2 / np.sqrt(4000), rtol=0.1)
    assert np.all(np.abs(S_c.value - 0.2) < 4 * S_c.error)
    # Times far apart are independent: the average of three is √3 better.
    average = estimate(run, lambda V, _: complete_synchronization(V, 0, 1), [0, 1], average=True)
    assert average.value == pytest.approx(S_c.value.mean())
    assert average.error == pytest.approx(0.2 / np.sqrt(3 * 4000), rel=0.1)


def test_estimates_leave_out_trajectories_exactly():
    random = np.random.default_rng(15)
    c = random.normal(size=(1, 7, 2)) + 1j * random.normal(size=(1, 7, 2))

    def measure(V, c):
        return phase_synchronization(V, c, 0, 1)

    def of(part):
        run = Ensemble(np.zeros(1), part, seed=0, step=1.0)
        return measure(run.covariance, run.mean)[0]

    left_out = np.array([of(np.delete(c, r, axis=1)) for r in range(7)])
    found = estimate(Ensemble(np.zeros(1), c, seed=0, step=1.0), measure, [0, 1])
    assert found.value[0] == pytest.approx(of(c))
    assert found.error[0] == pytest.approx(np.sqrt(6 * left_out.var()))


# ---- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"times": [0.0]}, "increase"),
        ({"times": [0.0, 1.0, 1.0]}, "increase"),
        ({"times": [0.0, np.nan]}, "increase"),
        ({"trajectories": 0}, "positive"),
        ({"threads": 0}, "positive"),
        ({"step": -1.0}, "positive"),
        ({"amplitudes": [1.0, 2.0]}, "amplitudes has shape"),
        ({"covariance": np.eye(4)}, "symmetric matrix"),
        ({"covariance": [[1.0, 2.0], [2.0, 1.0]]}, "negative eigenvalue -1"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings, message):
    network = BosonicNetwork(detuning=[1.0], loss=[0.5])
    with pytest.raises(InputError, match=message):
        ensemble(network, **{"times": [0.0, 1.0], "trajectories": 5, **settings})


def test_a_batch_is_refused():
    with pytest.raises(InputError, match="one network"):
        ensemble(BosonicNetwork(detuning=[[1.0], [2.0]], loss=[1.0]), [0.0, 1.0])


def test_too_long_a_step_is_refused_and_the_advised_one_taken():
    network = BosonicNetwork(detuning=[0.0], loss=[0.1], kerr=[0.5])
    with pytest.raises(InputError, match="pass step=") as refusal:
        ensemble(network, [0, 2], amplitudes=[3.0], trajectories=100, seed=0, step=0.5)
    advised = float(str(refusal.value).split("step=")[1].rstrip("."))
    run = ensemble(network, [0, 2], amplitudes=[3.0], trajectories=100, seed=0, step=advised)
    assert run.step <= advised


def test_a_motion_without_bounds_is_called_so():
    network = BosonicNetwork(detuning=[0.0], loss=[0.1], kerr=[1.0])
    with pytest.raises(InputError, match="diverges before t = 1"):
        ensemble(network, [0, 1], amplitudes=[1e200], trajectories=5, seed=0, step=0.1)


def test_a_turning_that_no_default_step_can_follow_is_told():
    network = BosonicNetwork(detuning=[0.0], loss=[0.1], kerr=[1.0])
    with pytest.raises(InputError, match="pass a step of your own"):
        ensemble(network, [0, 1], amplitudes=[1e6], trajectories=5, seed=0)


def test_a_square_root_squares_to_its_matrix_even_without_full_rank():
    random = np.random.default_rng(16)
    half = random.normal(size=(5, 3))
    L = square_root(half @ half.T)
    np.testing.assert_allclose(L @ L.T, half @ half.T, atol=1e-12)
    np.testing.assert_array_equal(L, np.tril(L))
