from dataclasses import replace

import numpy as np
import pytest
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
from phonosync.theory.kernels.langevin import LANES
from phonosync.theory.stochastic.ensemble import Ensemble, estimate
from phonosync.theory.stochastic.langevin import STEP, ensemble
from phonosync.theory.stochastic.langevin_scheme import linear_rate
from phonosync.theory.trajectory import follow
from phonosync.theory.verification.published import optomechanical_cells

RARE = 1e-4  # a right result is this improbable or more so for one seed in ten thousand


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
def test_shared_loss_and_brownian_damping_bring_the_covariance_to_lyapunovs(
    random_network, seed, quadratures
):
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


def test_the_default_step_follows_the_turning_that_the_motion_meets():
    network = BosonicNetwork(detuning=[0.0], loss=[0.1], kerr=[0.01], drive=[10.0])
    run = ensemble(network, np.linspace(0, 20, 400), trajectories=64, seed=21)
    turning = 0.02 * (np.abs(run.amplitudes).max() ** 2 - 1)
    assert turning > 20 * linear_rate(network)
    step = ensemble(network, [0, 20], trajectories=1, seed=22).step
    assert step == pytest.approx(STEP / (linear_rate(network) + turning), rel=0.2)


# ---- weak noise: the covariance equations ---------------------------------------------------


def test_in_weak_noise_a_cooled_ring_comes_to_lyapunovs_covariance(cooled_ring):
    network = cooled_ring
    c = next(s for s in steady_states(network) if s.stable).amplitudes
    A = drift(network, c)
    end = -8 / np.linalg.eigvals(A).real.max()
    run = ensemble(network, [0, end], amplitudes=c, trajectories=3000, seed=6)
    V = steady_covariance(A, diffusion(network))
    assert probability(run.covariance[-1], V, 3000) > RARE
    S_c = estimate(run, lambda V, _: complete_synchronization(V, 0, 1), [1, 2])
    assert abs(S_c.value[-1] - complete_synchronization(V, 1, 2)) < 4 * S_c.error[-1]


def test_in_weak_noise_a_limit_cycle_carries_the_covariance_of_its_linearised_motion(weak):
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


def test_maris_published_synchronization_comes_out_of_trajectories():
    # S_c = 0.2824 and S_p = 0.1715 at µ = 0.02, averaged over the last 63 of 200 periods.
    times = 2 * np.pi * np.concatenate([[0.0], np.linspace(137, 200, 64)])
    run = ensemble(optomechanical_cells(0.02), times, trajectories=400, seed=23)
    late = Ensemble(times[1:], run.amplitudes[1:], seed=run.seed, step=run.step)
    S_c = estimate(late, lambda V, _: complete_synchronization(V, 0, 1), [1, 3], average=True)
    S_p = estimate(late, lambda V, c: phase_synchronization(V, c, 0, 1), [1, 3], average=True)
    assert S_c.error < 0.006
    assert abs(S_c.value - 0.2824) < 4 * S_c.error
    assert S_p.error < 0.004
    assert abs(S_p.value - 0.1715) < 4 * S_p.error


# ---- random numbers -------------------------------------------------------------------------


def test_a_seed_gives_the_same_trajectories_whatever_the_number_of_threads_and_trajectories(
    cooled_ring,
):
    network, times = cooled_ring, [0.0, 1.0, 2.5]
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
