"""Held against Adler's equation dφ = (Δ − ε sin φ) dt + √(2Q) dW, solved by quadrature."""

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.special import i0, i1
from scipy.stats import poisson

from phonosync.theory import BosonicNetwork, InputError
from phonosync.theory.stochastic.langevin import ensemble
from phonosync.theory.stochastic.phase_statistics import (
    count_slips,
    oscillation,
    phase_difference,
    phase_locking,
    poisson_interval,
)
from phonosync.theory.verification.published import optomechanical_cells


def adler(detuning, pull, noise, end, *, trajectories=400, step=0.02, every=10, seed=0):
    """Heun's method, written plainly; pull 1 sets the unit of time."""
    random = np.random.default_rng(seed)
    steps = int(end / step)
    phi = random.vonmises(0, pull / noise, trajectories)
    phases = [phi]
    for k in range(1, steps + 1):
        kick = np.sqrt(2 * noise * step) * random.standard_normal(trajectories)
        slope = detuning - pull * np.sin(phi)
        ahead = phi + slope * step + kick
        phi = phi + (slope + detuning - pull * np.sin(ahead)) * step / 2 + kick
        if k % every == 0:
            phases.append(phi)
    return step * every * np.arange(len(phases)), np.array(phases)


def adler_beat(detuning, pull, noise):
    """⟨dφ/dt⟩ of the stationary current (Stratonovich, Topics in the theory of random noise)."""

    def weight(y, x):
        difference = -detuning * y - pull * (np.cos(x + y) - np.cos(x))
        return np.exp(difference / noise)

    integral = dblquad(weight, 0, 2 * np.pi, 0, 2 * np.pi)[0]
    return 2 * np.pi * noise * (1 - np.exp(-2 * np.pi * detuning / noise)) / integral


def test_the_locking_value_of_equal_oscillators_is_a_ratio_of_bessel_functions():
    t, phi = adler(0.0, 1.0, 0.6, 60)
    found = phase_locking(t, phi)
    expected = i1(1 / 0.6) / i0(1 / 0.6)
    assert abs(found.locking_value - expected) < 4 * found.locking_error
    assert found.locking_error < 0.01
    assert abs(found.phase) < 0.05
    assert abs(found.beat) < 4 * found.beat_error


def test_slips_of_equal_oscillators_diffuse_as_lifson_and_jackson_say():
    # Slips of ±2π, each way r/2 times per time, spread as (2π)² r = 2D with D = Q/I0²(ε/Q).
    t, phi = adler(0.0, 1.0, 0.4, 300)
    found = phase_locking(t, phi)
    expected = 2 * 0.4 / i0(1 / 0.4) ** 2 / (2 * np.pi) ** 2
    low, high = poisson_interval(sum(found.slips), 1 - 1e-4)
    assert low < expected * 400 * 300 < high
    assert found.slip_rate == pytest.approx(sum(found.slips) / (400 * t[-1]))
    assert found.slip_interval[0] < expected < found.slip_interval[1]


def test_a_detuned_pair_beats_and_slips_as_stratonovich_says():
    # Slips one way and the other are as e^{2πΔ/Q} to 1; their difference is the beat.
    detuning, noise = 0.3, 0.4
    t, phi = adler(detuning, 1.0, noise, 200, seed=1)
    found = phase_locking(t, phi)
    beat = adler_beat(detuning, 1.0, noise)
    assert abs(found.beat - beat) < 4 * found.beat_error
    assert found.beat_error < 0.05 * beat
    rate = beat / (2 * np.pi) / np.tanh(np.pi * detuning / noise)
    low, high = poisson_interval(sum(found.slips), 1 - 1e-4)
    assert low < rate * 400 * t[-1] < high
    forward, backward = found.slips
    assert backward / forward == pytest.approx(np.exp(-2 * np.pi * detuning / noise), abs=0.005)


def test_a_slipping_pair_still_shows_a_high_locking_value():
    t, phi = adler(0.0, 1.0, 0.25, 1000, step=0.05, seed=2)
    found = phase_locking(t, phi)
    assert found.locking_value > 0.85
    assert sum(found.slips) > 20
    assert found.slip_interval[0] > 0


def test_free_oscillators_show_no_more_than_the_floor():
    # Phases of free oscillators diffuse from random starts; each trajectory has its own average.
    random = np.random.default_rng(3)
    values, floors = [], []
    for _ in range(300):
        start = random.uniform(-np.pi, np.pi, 20)
        phi = start + np.cumsum(0.3 * random.standard_normal((50, 20)), axis=0)
        found = phase_locking(np.arange(50.0), phi)
        values.append(found.locking_value)
        floors.append(found.locking_floor)
    assert np.sqrt(np.mean(np.square(values))) == pytest.approx(np.mean(floors), rel=0.1)


def test_the_locking_error_is_the_scatter_of_repeated_ensembles():
    found = [phase_locking(*adler(0.0, 1.0, 0.6, 10, trajectories=30, seed=s)) for s in range(40)]
    scatter = np.std([f.locking_value for f in found], ddof=1)
    assert np.mean([f.locking_error for f in found]) == pytest.approx(scatter, rel=0.35)


def test_excursions_over_the_barrier_that_come_back_are_no_slips():
    assert count_slips([0.0, 4.0, 0.1, -5.0, 0.0], 0.0) == (0, 0)
    assert count_slips([0.0, 4.0, 6.4, 5.0, 6.4], 0.0) == (1, 0)
    assert count_slips([10.0, 3.0, -2.6], 10.0 - 4 * np.pi) == (0, 2)
    assert count_slips([[0.0, 0.0], [13.0, -6.3]], 0.0) == (2, 1)


@pytest.mark.parametrize("mean", [0.3, 2.0, 30.0])
def test_the_poisson_interval_covers_at_least_what_it_promises(mean):
    counts = np.arange(int(poisson.isf(1e-9, mean)) + 1)
    covered = [low <= mean <= high for low, high in map(poisson_interval, counts.tolist())]
    assert 0.95 <= np.sum(poisson.pmf(counts, mean)[covered]) < 0.99 + 0.01 * (mean < 1)


def test_a_displaced_limit_cycle_shows_its_phase_only_about_its_centre():
    t = np.linspace(0, 200, 4001)[:, None, None]
    centre = np.array([40.0, -60.0j])
    c = centre + np.array([5.0, 3.0]) * np.exp(-1j * np.array([1.02, 1.0]) * t)
    phi = phase_difference(c, 0, 1, centre=c.mean(axis=(0, 1)))
    assert phi[-1, 0] - phi[0, 0] == pytest.approx(0.02 * 200, abs=0.1)
    assert phase_locking(t[:, 0, 0], phi).beat == pytest.approx(0.02, abs=1e-3)
    assert abs(np.ptp(phase_difference(c, 0, 1))) < 0.5


def test_too_few_samples_for_the_beat_are_refused():
    t = np.linspace(0, 100, 51)[:, None]
    with pytest.raises(InputError, match="turns get lost"):
        phase_difference(np.exp(-1j * t * [1.0, 0.1]), 0, 1)


@pytest.mark.parametrize("shape", [(3,), (4, 2, 2), (4, 0)])
def test_phases_that_do_not_fit_their_times_are_refused(shape):
    with pytest.raises(InputError, match="phases has shape"):
        phase_locking(np.arange(4.0), np.zeros(shape))


def test_a_single_record_has_no_standard_errors():
    found = phase_locking(np.arange(4.0), [0.0, 0.1, 0.0, 0.1])
    assert np.isnan(found.locking_error)
    assert np.isnan(found.beat_error)
    assert found.locking_value == pytest.approx(np.cos(0.05))


def test_thermal_motion_bunches_and_a_limit_cycle_does_not():
    thermal = BosonicNetwork(detuning=[1.0], loss=[0.5], occupation=[20.0])
    run = ensemble(thermal, [0, 20], trajectories=20000, seed=4)
    found = oscillation(run.amplitudes, 0)
    assert found.amplitude == pytest.approx(np.sqrt(20.5), rel=0.03)
    assert found.bunching == pytest.approx(2, rel=0.05)
    cycle = 3.0 + 5.0 * np.exp(-1j * np.linspace(0, 2 * np.pi, 64, endpoint=False))
    found = oscillation(cycle[:, None, None], 0, centre=[3.0])
    assert (found.amplitude, found.bunching) == pytest.approx((5.0, 1.0))


@pytest.mark.parametrize(("coupling", "beat"), [(0.0, -0.005), (0.02, 0.0)])
def test_two_phonon_lasers_beat_at_their_frequency_difference_until_they_are_coupled(
    coupling, beat
):
    network = optomechanical_cells(coupling, second_frequency=1.005)
    run = ensemble(network, np.arange(0, 1200, 0.7), trajectories=30, seed=5)
    settled = run.amplitudes[run.times > 300]
    centre = settled.mean(axis=(0, 1))
    phi = phase_difference(settled, 1, 3, centre=centre)
    found = phase_locking(run.times[run.times > 300], phi)
    assert found.beat == pytest.approx(beat, abs=2e-4)
    assert (found.locking_value > 0.99) == (coupling > 0)
    assert oscillation(settled, 1, centre=centre).amplitude > 300
    assert oscillation(settled, 1, centre=centre).bunching < 1.01
