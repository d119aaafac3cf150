"""Fluctuations round cycles: an exact oscillator, full covariance runs, trajectories, a table."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import brentq, fsolve
from scipy.special import jv

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    UnstableError,
    complete_synchronization,
    diffusion,
    velocity,
)
from phonosync.theory.dynamics.cycle_fluctuations import (
    cycle_fluctuations,
    cycle_synchronization,
    separate_phase,
)
from phonosync.theory.dynamics.limit_cycle import LimitCycle, refine_cycle
from phonosync.theory.dynamics.settling import limit_cycle
from phonosync.theory.trajectory import follow
from phonosync.theory.verification.published import optomechanical_cells


def cell(drive=48.0, *, gamma=0.01, occupation=0.0):
    return BosonicNetwork(
        detuning=[-1.0, 1.0],
        loss=[0.3, gamma],
        pressure=[[0, -0.005], [0, 0]],
        drive=[drive, 0],
        occupation=[0, occupation],
    )


@pytest.fixture(scope="module")
def cells():
    """Two locked cells of unequal frequency, their cycle and its fluctuations."""
    network = optomechanical_cells(0.02, second_frequency=1.005)
    cycle = limit_cycle(network)
    return network, cycle, cycle_fluctuations(network, cycle)


def test_the_exactly_solvable_oscillator_has_its_exact_fluctuations():
    # ż = (µ + iΩ) z − (1 + iα)|z|² z with noise of variance d dt on either quadrature:
    # on the circle r² = µ, in the frame that turns at ω = Ω − αµ, the motion is linear with
    # constant coefficients: ρ̇ = −2µρ + ξ_ρ, r φ̇ = −2αµρ + ξ_φ.
    mu, alpha, omega, d, S = 0.3, 0.7, 1.9, 0.05, 24
    r, T = np.sqrt(mu), 2 * np.pi / omega
    turning = np.array([[-2 * mu, 0.0], [-2 * alpha * mu, 0.0]])
    angles = omega * T * np.arange(S + 1) / S
    frames = np.array([[[np.cos(x), -np.sin(x)], [np.sin(x), np.cos(x)]] for x in angles])
    step = T / S
    # ∫ e^{As} d e^{Aᵀs} ds by Van Loan's block exponential.
    block = expm(step * np.block([[-turning, d * np.eye(2)], [np.zeros((2, 2)), turning.T]]))
    grown = block[2:, 2:].T @ block[:2, 2:]
    parts = [frames[j + 1] @ expm(step * turning) @ frames[j].T for j in range(S)]
    noise = [frames[j + 1] @ grown @ frames[j + 1].T for j in range(S)]
    radial, tangential = frames[:-1, :, 0], frames[:-1, :, 1]
    multipliers = np.array([1.0, np.exp(-2 * mu * T)], complex)
    orbit = LimitCycle(T, step * np.arange(S), np.ones((S, 1), complex), multipliers)
    found = separate_phase(orbit, np.array(parts), np.array(noise), r * omega * tangential)
    assert found.phase_diffusion == pytest.approx(d * (1 + alpha**2) / (2 * mu), rel=1e-9)
    across = radial + alpha * tangential
    expected = d / (4 * mu) * across[:, :, None] * across[:, None, :]
    np.testing.assert_allclose(found.transverse, expected, atol=1e-10)
    mixed = -alpha * d / (2 * mu * r * omega) * across
    np.testing.assert_allclose(found.correlation, mixed, atol=1e-10)
    kick = (tangential - alpha * radial) / (r * omega)
    np.testing.assert_allclose(found.response, kick, atol=1e-10)


def test_far_from_its_start_the_covariance_is_what_grew_along_the_orbit_and_the_periodic_rest(
    cells,
):
    network, cycle, found = cells
    periods = 200
    times = np.concatenate([[0.0], periods * cycle.period + cycle.times])
    V = follow(network, times, amplitudes=cycle.amplitudes[0], rtol=1e-11).covariance[1:]
    v, w = found.tangent, found.response
    # What the start left in the phase stays there; all else has decayed.
    left = np.einsum("si,sij,sj->s", w, V - found.covariance(periods), w)
    np.testing.assert_allclose(left, left.mean(), rtol=1e-4)
    rest = V - found.covariance(periods) - left.mean() * v[:, :, None] * v[:, None, :]
    assert np.abs(rest).max() < 1e-6 * np.abs(found.transverse).max()
    # The transverse part alone, without any of the phase.
    P = np.eye(8) - v[:, :, None] * w[:, None, :]
    np.testing.assert_allclose(P @ V @ np.swapaxes(P, 1, 2), found.transverse, atol=1e-6)
    mixed = np.einsum("sij,sjk,sk->si", P, V, w)
    scale = np.abs(found.correlation).max()
    np.testing.assert_allclose(mixed, found.correlation, atol=1e-6 * scale)


def test_the_phase_diffuses_at_the_rate_at_which_the_covariance_grows(cells):
    network, cycle, found = cells
    times = cycle.period * np.array([0.0, 150.0, 350.0])
    V = follow(network, times, amplitudes=cycle.amplitudes[0], rtol=1e-11).covariance
    growth = (V[2] - V[1]) / (times[2] - times[1])
    v = found.tangent[0]
    expected = 2 * found.time_diffusion * np.outer(v, v)
    np.testing.assert_allclose(growth, expected, atol=1e-5 * np.abs(expected).max())
    assert found.linewidth == pytest.approx(2 * cycle.frequency**2 * found.time_diffusion)


def test_tangent_and_response_are_floquet_vectors(cells):
    network, cycle, found = cells
    np.testing.assert_allclose(np.sum(found.tangent * found.response, axis=1), 1, rtol=1e-10)
    # A kick by the response's definition advances the motion: follow it until it has relaxed.
    kick = 0.3 * np.exp(0.7j) * np.array([0, 1, 0, 0])
    advance = found.response[0] @ (np.sqrt(2) * kick.view(float))
    times = [0.0, 150 * cycle.period]
    kicked, plain = (
        follow(network, times, amplitudes=cycle.amplitudes[0] + k, rtol=1e-11).amplitudes[1]
        for k in (kick, 0 * kick)
    )
    moved = advance * velocity(network, plain)
    np.testing.assert_allclose(kicked - plain, moved, atol=0.01 * np.abs(moved).max())


def test_trajectories_with_noise_spread_as_predicted():
    network = cell(occupation=20.0)
    cycle = limit_cycle(network)
    found = cycle_fluctuations(network, cycle)
    random, M, per_period, periods = np.random.default_rng(1), 2000, 160, 12
    h = cycle.period / per_period
    spread = np.sqrt(np.diagonal(diffusion(network))[::2] * h)
    c = np.tile(cycle.amplitudes[0], (M, 1))
    shift = []

    def quadratures(c):
        return np.sqrt(2) * (c - cycle.amplitudes[0]).view(float)

    for step in range(per_period * periods):
        kick = random.normal(size=(M, 2, 2)) @ [1, 1j] / np.sqrt(2) * spread
        first = velocity(network, c)
        c = c + kick + h / 2 * (first + velocity(network, c + h * first + kick))
        if (step + 1) % per_period == 0:
            shift.append(np.var(quadratures(c) @ found.response[0]))
    expected = 2 * found.time_diffusion * cycle.period * np.arange(1, periods + 1)
    np.testing.assert_allclose(shift[-4:], expected[-4:], rtol=0.15)  # five standard errors
    x = quadratures(c)
    y = x - np.outer(x @ found.response[0], found.tangent[0])
    V = found.transverse[0]
    values, vectors = np.linalg.eigh(V)
    for value, direction in zip(values[1:], vectors.T[1:], strict=True):
        assert np.var(y @ direction) == pytest.approx(value, rel=0.16)


@pytest.mark.parametrize(("gamma", "accuracy"), [(1e-3, 0.01), (1e-4, 2e-3)])
def test_a_phonon_laser_has_the_linewidth_of_schawlow_townes_and_henry(gamma, accuracy):
    # Thermal noise γ(n + 1/2) on a weakly coupled phonon: D_φ = γ(n + 1/2)/(4B²) · (1 + α²), with
    # α the pull of the amplitude on the frequency, from the sidebands (PRL 96, 103901).
    n, g, kappa, quanta = np.arange(-60, 61), -0.005, 0.3, 1e6
    drive = 48.0 * np.sqrt(gamma / 0.01)

    def phonon(B):
        def force(frequency, rest):
            sidebands = drive * jv(n, 2 * g * B / frequency)
            sidebands = sidebands / (kappa / 2 + 1j * (-1 + 2 * g * rest + n * frequency))
            return np.sum(abs(sidebands) ** 2), np.sum(sidebands[:-1] * sidebands[1:].conj())

        def still(z):
            steady, turning = force(*z)
            return [z[0] - 1 - g * turning.real / B, z[1] + g * steady]

        solve: Any = fsolve
        frequency, rest = solve(still, [1.0, 0.0], xtol=1e-11)
        return g * force(frequency, rest)[1].imag - gamma / 2 * B, frequency

    find: Any = brentq
    B = find(lambda B: phonon(B)[0], 100, 650)
    (up, fast), (down, slow) = phonon(B + 0.1), phonon(B - 0.1)
    alpha = B * (fast - slow) / (up - down)
    expected = gamma * (quanta + 0.5) / (4 * B**2) * (1 + alpha**2)
    network = cell(drive, gamma=gamma, occupation=quanta)
    found = cycle_fluctuations(network, limit_cycle(network, [0, B]))
    assert found.phase_diffusion == pytest.approx(expected, rel=accuracy)


@pytest.mark.parametrize(
    ("coupling", "complete", "phase"),
    [
        (0.004, 0.1228, 0.0641),
        (0.008, 0.1997, 0.1087),
        (0.02, 0.2824, 0.1715),
        (0.028, 0.2752, 0.1776),
        (0.04, 0.2248, 0.1561),
    ],
)
def test_the_published_synchronization_is_that_of_the_transverse_part(coupling, complete, phase):
    # Mari et al.: averages over the end of a long run of two equal cells.
    network = optomechanical_cells(coupling)
    found = cycle_synchronization(cycle_fluctuations(network, limit_cycle(network)), 1, 3)
    assert found.mean[:2] == pytest.approx((complete, phase), abs=1e-3 * complete + 1e-4)
    # The common phase moves equal cells alike, so nothing of it is missed.
    np.testing.assert_allclose(found.left_out, 0, atol=1e-20)
    assert found.phase_diffusion > 0


@pytest.mark.parametrize(("occupation", "complete"), [(2, 0.1961), (10, 0.0883), (20, 0.0524)])
def test_thermal_phonons_synchronize_less_as_published(occupation, complete):
    network = optomechanical_cells(0.02, occupation=occupation)
    found = cycle_synchronization(cycle_fluctuations(network, limit_cycle(network)), 1, 3)
    assert found.mean[0] == pytest.approx(complete, rel=2e-3)


def test_the_published_drift_of_unequal_cells_is_what_the_phase_adds(cells):
    # S_c = 0.2543 after 200 and 0.2206 after 800 mechanical periods.
    _, _, found = cells
    added = cycle_synchronization(found, 1, 3).left_out[0] * 600 * 2 * np.pi
    assert added == pytest.approx(1 / 0.2206 - 1 / 0.2543, rel=0.02)


def test_what_is_left_out_is_how_fast_each_error_grows(cells):
    _, cycle, found = cells
    report = cycle_synchronization(found, 1, 3)
    early, late = (found.covariance(periods) for periods in (100, 300))
    later = 200 * cycle.period
    growth = np.mean(
        1 / complete_synchronization(late, 1, 3) - 1 / complete_synchronization(early, 1, 3)
    )
    assert growth / later == pytest.approx(report.left_out[0], rel=1e-9)
    np.testing.assert_allclose(report.amplitudes, cycle.oscillation[[1, 3]])


def test_twice_the_noise_is_twice_the_fluctuation():
    quiet, loud = cell(occupation=0.0), cell(occupation=0.5)
    loud = replace(loud, occupation=[0.5, 0.5])
    cycle = limit_cycle(quiet)
    one, two = cycle_fluctuations(quiet, cycle), cycle_fluctuations(loud, cycle)
    assert two.phase_diffusion == pytest.approx(2 * one.phase_diffusion, rel=1e-9)
    np.testing.assert_allclose(two.transverse, 2 * one.transverse, rtol=1e-7, atol=1e-12)


def test_fast_decay_within_one_sample_is_resolved():
    # A third mode, coupled to nothing, decays by e^{−10} from one of few samples to the next.
    cycle = limit_cycle(cell())
    network = BosonicNetwork(
        detuning=[-1.0, 1.0, 0.0],
        loss=[0.3, 0.01, 60.0],
        pressure=[[0, -0.005, 0], [0, 0, 0], [0, 0, 0]],
        drive=[48.0, 0, 0],
        occupation=[0, 0, 3.0],
    )
    alone = cycle_fluctuations(cell(), refine_cycle(cell(), cycle.amplitudes[0], cycle.period))
    orbit = refine_cycle(network, np.append(cycle.amplitudes[0], 0), cycle.period, samples=16)
    found = cycle_fluctuations(network, orbit)
    np.testing.assert_allclose(
        found.transverse[:, 4:, 4:], np.tile(3.5 * np.eye(2), (16, 1, 1)), rtol=1e-6, atol=1e-9
    )
    assert found.phase_diffusion == pytest.approx(alone.phase_diffusion, rel=1e-7)


def test_an_orbit_without_restoring_force_has_no_transverse_part():
    network = optomechanical_cells(0.0)
    with pytest.raises(UnstableError, match="phases run freely"):
        cycle_fluctuations(network, limit_cycle(network))


def test_the_cycle_of_another_network_is_refused(cells):
    _, cycle, _ = cells
    with pytest.raises(InputError, match="another network"):
        cycle_fluctuations(optomechanical_cells(0.02), cycle)
