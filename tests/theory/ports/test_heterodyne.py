import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    Port,
    diffusion,
    drift,
    output_spectrum,
    steady_covariance,
)
from phonosync.theory.ports.heterodyne import heterodyne_spectrum

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 10_000)
OMEGA = np.array([-2.3, -1.0, 0.0, 0.4, 1.0, 1.7, 30.0])


def watched_phonon(occupation, coupling, damping="symmetric"):
    """A phonon of ω = 1 in light on resonance: drift, diffusion, its linewidth."""
    gamma = 1e-4
    network = BosonicNetwork(
        detuning=[0.0, 1.0],
        loss=[5.0, gamma],
        pressure=[[0, coupling], [0, 0]],
        occupation=[0.0, occupation],
        brownian=[False, damping == "momentum"],
    )
    return drift(network, [1.0, 0.0]), diffusion(network), gamma


@pytest.mark.parametrize("damping", ["symmetric", "momentum"])
@pytest.mark.parametrize("occupation", [0.2, 1.0, 30.0])
def test_a_phonon_watched_weakly_on_resonance_sends_sidebands_as_n_plus_one_to_n(
    occupation, damping
):
    A, D, gamma = watched_phonon(occupation, 1e-5, damping)
    span = np.linspace(-400, 400, 40_001) * gamma
    red, blue = (
        np.trapezoid(heterodyne_spectrum(A, D, Port(0, 5.0), side + span) - 1, span)
        for side in (-1, +1)
    )
    assert red / blue == pytest.approx((occupation + 1) / occupation, rel=2e-3)
    # Each is the rate at which light of that colour is made: 4 g²/κ within the cavity's band.
    rate = 4 * 1e-5**2 / 5.0 / (1 + (2 / 5.0) ** 2)
    assert blue / (2 * np.pi) == pytest.approx(rate * occupation, rel=2e-3)


def test_the_ground_state_gives_no_upper_sideband():
    A, D, _ = watched_phonon(0.0, 1e-5)
    red, blue = heterodyne_spectrum(A, D, Port(0, 5.0), [-1.0, 1.0]) - 1
    assert blue < 1e-3 * red
    assert red > 0


@repeatable
@given(seed=seeds, efficiency=st.floats(0, 1))
def test_a_local_oscillator_at_the_drive_sees_the_mean_of_all_homodyne_angles(
    cooled_network, seed, efficiency
):
    network, c = cooled_network(seed)
    A, D, port = drift(network, c), diffusion(network), Port(0, 0.25)
    one, other = (
        output_spectrum(A, D, port, OMEGA, angle=angle, efficiency=efficiency)
        for angle in (0.3, 0.3 + np.pi / 2)
    )
    S = heterodyne_spectrum(A, D, port, OMEGA, efficiency=efficiency, local_oscillator=0.0)
    np.testing.assert_allclose(S, (one + other) / 2, rtol=1e-9)


@repeatable
@given(seed=seeds, n=st.floats(0, 20), efficiency=st.floats(0, 1))
def test_thermal_light_is_heard_once_or_with_its_image_twice(linear_network, seed, n, efficiency):
    network = linear_network(seed, occupation=n)
    port = Port(0, 0.3 * network.loss[0], n)
    A, D = drift(network, np.zeros(3)), diffusion(network)
    once = heterodyne_spectrum(A, D, port, OMEGA, efficiency=efficiency)
    twice = heterodyne_spectrum(A, D, port, OMEGA, efficiency=efficiency, local_oscillator=-4.0)
    np.testing.assert_allclose(once, 1 + efficiency * n, rtol=1e-11)
    np.testing.assert_allclose(twice, 1 + 2 * efficiency * n, rtol=1e-11)


@repeatable
@given(seed=seeds, n=st.floats(0.1, 5), oscillator=st.floats(-3, 3))
def test_a_warm_cavity_glows_at_its_own_frequency_and_at_its_image(seed, n, oscillator):
    random = np.random.default_rng(seed)
    D, loss, share = random.uniform(-2, 2), random.uniform(0.1, 1), random.uniform(0.1, 1)
    network = BosonicNetwork(detuning=[D], loss=[loss], occupation=[n])
    port = Port(0, share * loss)
    A, noise = drift(network, [0]), diffusion(network)
    lorentzian = loss**2 / (loss**2 / 4 + (OMEGA - D) ** 2)
    image = loss**2 / (loss**2 / 4 + (OMEGA - (2 * oscillator - D)) ** 2)
    S = heterodyne_spectrum(A, noise, port, OMEGA)
    np.testing.assert_allclose(S, 1 + share * n * lorentzian, rtol=1e-10)
    S = heterodyne_spectrum(A, noise, port, OMEGA, local_oscillator=oscillator)
    np.testing.assert_allclose(S, 1 + share * n * (lorentzian + image), rtol=1e-10)


@repeatable
@given(seed=seeds)
def test_the_light_that_leaves_adds_up_to_the_rate_times_the_quanta_inside(seed):
    random = np.random.default_rng(seed)
    loss, K = random.uniform(0.5, 1), 0.1
    network = BosonicNetwork(detuning=[-0.6], loss=[loss], kerr=[K])
    A, D = drift(network, [1.0]), diffusion(network)
    x = np.linspace(-np.pi / 2, np.pi / 2, 4001)[1:-1]
    S = heterodyne_spectrum(A, D, Port(0, loss), np.tan(x)) - 1
    assert np.all(S > -1e-12)
    flux = np.trapezoid(S * (1 + np.tan(x) ** 2), x) / (2 * np.pi)
    quanta = (np.trace(steady_covariance(A, D)) - 1) / 2
    assert flux == pytest.approx(loss * quanta, rel=1e-3)


def test_a_batch_is_detected_as_its_networks_one_by_one(cooled_network):
    drawn = [cooled_network(seed) for seed in range(3)]
    A = np.stack([drift(n, c) for n, c in drawn])
    D = np.stack([diffusion(n) for n, _ in drawn])
    eta, port = np.array([0.3, 0.6, 1.0]), Port(0, 0.2)
    together = heterodyne_spectrum(A, D, port, OMEGA, efficiency=eta, local_oscillator=0.7)
    for k in range(3):
        alone = heterodyne_spectrum(
            A[k], D[k], port, OMEGA, efficiency=eta[k], local_oscillator=0.7
        )
        np.testing.assert_allclose(together[k], alone, rtol=1e-12)


def test_no_heterodyne_detector_is_better_than_perfect():
    with pytest.raises(InputError, match=r"efficiency is 1\.2; a detector's lies between 0 and 1"):
        heterodyne_spectrum(-np.eye(2), np.eye(2), Port(0, 0.1), OMEGA, efficiency=1.2)
