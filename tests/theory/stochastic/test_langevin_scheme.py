from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov
from scipy.stats import kstest

from phonosync.theory import (
    BosonicNetwork,
    diffusion,
    drift,
    steady_covariance,
    steady_states,
)
from phonosync.theory.kernels.langevin import LANES, draw, fill_normals, kick
from phonosync.theory.stochastic import langevin as module
from phonosync.theory.stochastic.langevin import STEP, ensemble
from phonosync.theory.stochastic.langevin_scheme import (
    couplings,
    linear_flow,
    linear_rate,
    square_root,
)
from phonosync.theory.trajectory import follow, thermal_covariance

RARE = 1e-4  # a right result is this improbable or more so for one seed in ten thousand


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("time", [1e-3, 0.7, 100.0])
def test_a_linear_flow_moves_mean_and_covariance_as_the_equations_do(
    random_network, seed, time, quadratures
):
    network = replace(random_network(seed), kerr=0.0, pressure=0.0, cross_kerr=0.0)
    c, V = np.array([1.0, 2j, -1.0]), thermal_covariance(network) + 0.3
    run = follow(network, [0.0, time], amplitudes=c, covariance=V, rtol=1e-11)
    M, push, L = linear_flow(network, time)
    moved = M @ quadratures(c) + push
    np.testing.assert_allclose(moved, quadratures(run.amplitudes[-1]), rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(M @ V @ M.T + L @ L.T, run.covariance[-1], rtol=1e-8, atol=1e-9)


def stationary(network, x, length):
    """Covariance round x that steps of one length keep, by differences; fastest turning."""
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

    for _ in range(8):  # Newton's way to the scheme's own fixed point
        y = M @ x + push
        away = M @ kicked(y[:, None])[:, 0] + push - x
        x = x - np.linalg.solve(M @ jacobian(y) @ M - np.eye(len(x)), away)
    J = jacobian(M @ x + push)
    turned[:] = 0
    kicked((M @ x + push)[:, None])
    V = solve_discrete_lyapunov(M @ J @ M, M @ J @ L @ L.T @ J.T @ M.T + L @ L.T)
    return V, turned.max() / length


@pytest.mark.parametrize("seed", [None, 0, 1, 3, 4, 5])
def test_covariances_are_right_to_half_a_percent_and_to_second_order(
    random_network, seed, cooled_ring, weak, quadratures
):
    network = cooled_ring if seed is None else weak(random_network(seed), 1e4)
    checked = 0
    for state in (s for s in steady_states(network) if s.stable):
        c = state.amplitudes
        V = steady_covariance(drift(network, c), diffusion(network))
        scale = np.sqrt(np.outer(V.diagonal(), V.diagonal()))
        _, turning = stationary(network, quadratures(c), 0.01)
        default = STEP / (linear_rate(network) + turning)
        off = [
            np.abs((stationary(network, quadratures(c), step)[0] - V) / scale).max()
            for step in (default, default / 2)
        ]
        assert off[0] < 5e-3
        assert off[0] / off[1] == pytest.approx(4, rel=0.05)
        checked += 1
    assert checked > 0


def test_couplings_turn_by_any_angle_and_keep_every_intensity_that_they_turn_by(quadratures):
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


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_means_approach_the_mean_fields_with_the_square_of_the_step(random_network, seed, weak):
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


def test_a_square_root_squares_to_its_matrix_even_without_full_rank():
    random = np.random.default_rng(16)
    half = random.normal(size=(5, 3))
    L = square_root(half @ half.T)
    np.testing.assert_allclose(L @ L.T, half @ half.T, atol=1e-12)
    np.testing.assert_array_equal(L, np.tril(L))
