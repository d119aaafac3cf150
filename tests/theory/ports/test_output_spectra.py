import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad_vec
from scipy.linalg import expm

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    Port,
    diffusion,
    drift,
    output_poles,
    output_spectrum,
    scattering_matrix,
    steady_covariance,
)
from phonosync.theory.network import cascade
from phonosync.theory.ports import CollectivePort
from phonosync.theory.ports.output_spectra import cross_spectra, output_noise

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 10_000)
angles = st.floats(-np.pi, np.pi)
OMEGA = np.array([-2.3, -1.0, 0.0, 0.4, 1.0, 1.7, 30.0])


def all_losses(network):
    return [Port(k, float(rate)) for k, rate in enumerate(network.loss)]


def some_amplitudes(seed, modes=3):
    return np.random.default_rng(seed).normal(size=(modes, 2)) @ [1, 1j]


def motion(network, amplitudes=None):
    c = np.zeros(network.modes) if amplitudes is None else amplitudes
    return drift(network, c), diffusion(network)


def amplifier(seed):
    """Light on its way to an instability with a phonon whose loss is a port too; it stays below."""
    random = np.random.default_rng(seed)
    kappa, gamma = random.uniform(0.5, 1, 2)
    g = random.uniform(0.2, 0.45) * np.sqrt(kappa * gamma)
    network = BosonicNetwork(
        detuning=[random.uniform(-1.5, -0.5), 1.0],
        loss=[kappa, gamma],
        pressure=[[0, g], [0, 0]],
        occupation=[0.0, random.uniform(0, 3)],
    )
    ports = [
        Port(0, random.uniform(0.3, 1) * kappa),
        Port(1, 0.6 * gamma, occupation=float(network.occupation[1])),
    ]
    return *motion(network, [np.exp(1j * random.uniform(-3, 3)), 0]), ports


# Homodyne spectra


@repeatable
@given(seed=seeds, angle=angles)
def test_vacuum_in_a_lossless_cavity_comes_out_as_vacuum(linear_network, seed, angle):
    network = linear_network(seed)
    spectrum = output_spectrum(
        drift(network, np.zeros(3)),
        diffusion(network),
        Port(0, float(network.loss[0])),
        OMEGA,
        angle=angle,
    )
    np.testing.assert_allclose(spectrum, 1, atol=1e-12)


@repeatable
@given(seed=seeds, angle=angles, efficiency=st.floats(0, 1))
def test_the_spectrum_adds_up_what_every_port_lets_in(random_network, seed, angle, efficiency):
    base = random_network(seed)
    occupation = np.array([0.0, *base.occupation[1:]])
    network = BosonicNetwork(
        detuning=base.detuning,
        loss=base.loss,
        exchange=base.exchange,
        pressure=base.pressure,
        kerr=base.kerr,
        occupation=occupation,
    )
    c = 0.3 * some_amplitudes(seed)
    ports = all_losses(network)
    S = scattering_matrix(network, c, ports, OMEGA)
    row = np.cos(angle) * S[:, 0] + np.sin(angle) * S[:, 1]
    noise = np.repeat(2 * occupation + 1, 2)
    expected = 1 - efficiency + efficiency * np.sum(np.abs(row) ** 2 * noise, axis=-1)
    spectrum = output_spectrum(
        drift(network, c), diffusion(network), ports[0], OMEGA, angle=angle, efficiency=efficiency
    )
    np.testing.assert_allclose(spectrum, expected, rtol=1e-10, atol=1e-10)


@repeatable
@given(seed=seeds, angle=angles, efficiency=st.floats(0, 1))
def test_a_cooled_networks_spectrum_is_the_sum_over_its_poles(
    cooled_network, seed, angle, efficiency
):
    network, c = cooled_network(seed)
    A, D = drift(network, c), diffusion(network)
    assume(np.linalg.eigvals(A).real.max() < -1e-5)
    V, port = steady_covariance(A, D), Port(0, 0.25)
    direct = output_spectrum(A, D, port, OMEGA, angle=angle, efficiency=efficiency)
    poles, residues = output_poles(A, V, port, angle=angle, efficiency=efficiency)
    summed = 1 + np.sum(residues / (-1j * OMEGA[:, None] - poles), axis=-1).real
    np.testing.assert_allclose(summed, direct, rtol=1e-7, atol=1e-7 * direct.max())
    np.testing.assert_allclose(
        direct, output_spectrum(A, D, port, -OMEGA, angle=angle, efficiency=efficiency), rtol=1e-9
    )


@repeatable
@given(seed=seeds, angle=angles)
def test_quadratures_at_right_angles_obey_the_uncertainty_relation(cooled_network, seed, angle):
    network, c = cooled_network(seed)
    A, D, port = drift(network, c), diffusion(network), Port(0, float(network.loss[0]))
    one, other = (
        output_spectrum(A, D, port, OMEGA, angle=angle + turn, efficiency=1.0)
        for turn in (0, np.pi / 2)
    )
    assert np.all(one * other >= 1 - 1e-9)


@repeatable
@given(seed=seeds, efficiency=st.floats(0, 1))
def test_a_poorer_detector_shows_its_share_of_the_signal(cooled_network, seed, efficiency):
    network, c = cooled_network(seed)
    A, D, port = drift(network, c), diffusion(network), Port(0, 0.2)
    full, part, blind = (
        output_spectrum(A, D, port, OMEGA, angle=1.0, efficiency=eta)
        for eta in (1.0, efficiency, 0.0)
    )
    np.testing.assert_allclose(part - 1, efficiency * (full - 1), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(blind, np.ones(len(OMEGA)))


@pytest.mark.parametrize(("occupation", "efficiency"), [(0.0, 1.0), (20.0, 0.7), (1e3, 0.2)])
def test_the_area_of_a_phonons_line_tells_its_occupation(occupation, efficiency):
    # Fast resonant light: p_out = -(4 g a/κ) √κ q, measured at the rate 4 g² a²/κ.
    kappa, coupling, gamma = 100.0, 0.5, 1e-3
    network = BosonicNetwork(
        detuning=[0.0, 1.0],
        loss=[kappa, gamma],
        pressure=[[0, coupling], [0, 0]],
        occupation=[0.0, occupation],
    )
    measurement = 4 * coupling**2 / kappa
    q_variance = occupation + 0.5 + measurement / gamma
    A, D, port = drift(network, [1.0, 0.0]), diffusion(network), Port(0, kappa)
    omega = 1 + np.linspace(-400, 400, 100_001) * gamma
    excess = output_spectrum(A, D, port, omega, angle=np.pi / 2, efficiency=efficiency) - 1
    area = 2 * np.trapezoid(excess, omega) / (2 * np.pi)
    expected = efficiency * 8 * measurement * q_variance
    assert area == pytest.approx(expected, rel=5e-3)
    flat = output_spectrum(A, D, port, omega, angle=0.0, efficiency=efficiency)
    np.testing.assert_allclose(flat, 1, atol=1e-3)


def test_a_batch_of_spectra_is_that_of_its_networks_one_by_one(cooled_network):
    drawn = [cooled_network(seed) for seed in range(3)]
    A = np.stack([drift(n, c) for n, c in drawn])
    D = np.stack([diffusion(n) for n, _ in drawn])
    port = Port(0, 0.2)
    together = output_spectrum(A, D, port, OMEGA, angle=0.3)
    for k in range(3):
        np.testing.assert_allclose(
            together[k], output_spectrum(A[k], D[k], port, OMEGA, angle=0.3), rtol=1e-12
        )


# Thermal ports


@repeatable
@given(seed=seeds, n=st.floats(0, 20))
def test_a_network_in_equilibrium_lets_out_what_comes_in_and_nothing_correlated(
    linear_network, seed, n
):
    network = linear_network(seed, occupation=n)
    ports = [Port(0, 0.6 * network.loss[0], n), Port(0, 0.4 * network.loss[0], n)]
    ports += [Port(2, 0.1 * network.loss[2], n)]
    S = output_noise(*motion(network), ports, OMEGA)
    np.testing.assert_allclose(
        S, (2 * n + 1) * np.eye(6) * np.ones((7, 1, 1)), rtol=1e-12, atol=1e-11
    )


@repeatable
@given(n=st.floats(0, 20), phase=angles)
def test_modes_in_a_row_in_equilibrium_let_out_what_comes_in(n, phase):
    J, shared = cascade(0, 1, (0.5, 2.0), phase, 2)
    network = BosonicNetwork(
        detuning=[0.3, -0.4], loss=[0.5, 2.5], exchange=J, shared_loss=shared, occupation=n
    )
    chain = CollectivePort.chain([Port(0, 0.5, n), Port(1, 2.0, n)], [phase])
    S = output_noise(*motion(network), [chain, Port(1, 0.5, n)], OMEGA)
    np.testing.assert_allclose(
        S, (2 * n + 1) * np.eye(4) * np.ones((7, 1, 1)), rtol=1e-12, atol=1e-11
    )


@repeatable
@given(seed=seeds, theta=angles, phi=angles)
def test_a_passive_network_mixes_the_heat_of_its_ports_as_a_beam_splitter(
    linear_network, seed, theta, phi
):
    n = np.random.default_rng(seed).uniform(0, 5, 3)
    network = linear_network(seed, occupation=n)
    ports = [Port(k, rate, n[k]) for k, rate in enumerate(network.loss)]
    S = cross_spectra(*motion(network), ports[:2], OMEGA, angles=[theta, phi])

    def correlation(omega):
        """⟨c_out c_out†⟩ of light that a unitary T mixes."""
        R = np.diag(network.loss / 2 + 1j * network.detuning) + 1j * network.exchange
        root = np.diag(np.sqrt(network.loss))
        T = root @ np.linalg.inv(R - 1j * omega * np.eye(3)) @ root - np.eye(3)
        return T @ np.diag(2 * n + 1) @ T.conj().T

    turn = np.exp(1j * np.array([theta, phi]))
    for k, omega in enumerate(OMEGA):
        X, Y = correlation(omega)[:2, :2], correlation(-omega)[:2, :2]
        expected = (turn.conj()[:, None] * X * turn + turn[:, None] * Y.conj() * turn.conj()) / 2
        np.testing.assert_allclose(S[k], expected, rtol=1e-11, atol=1e-11)


@repeatable
@given(share=st.floats(0.05, 0.9), n=st.floats(0, 10), warmth=st.floats(0, 1))
def test_a_port_and_the_absorption_behind_it_share_their_modes_bath(share, n, warmth):
    loss, D = 0.7, 0.4
    cold = warmth * n / share
    absorbed = (n - share * cold) / (1 - share)
    network = BosonicNetwork(detuning=[D], loss=[loss], occupation=[n])
    S = output_spectrum(*motion(network), Port(0, share * loss, cold), OMEGA, angle=0.0)

    def returned(omega):
        return np.abs(share * loss / (loss / 2 + 1j * (D - omega)) - 1) ** 2

    def noise(R):
        return R * (2 * cold + 1) + (1 - R) * (2 * absorbed + 1)

    expected = (noise(returned(OMEGA)) + noise(returned(-OMEGA))) / 2
    np.testing.assert_allclose(S, expected, rtol=1e-11)


# Spectra of two ports


@repeatable
@given(seed=seeds, theta=angles, phi=angles, eta=st.floats(0, 1), other=st.floats(0, 1))
def test_cross_spectra_form_a_positive_matrix_with_the_spectra_on_its_diagonal(
    seed, theta, phi, eta, other
):
    A, D, ports = amplifier(seed)
    S = cross_spectra(A, D, ports, OMEGA, angles=[theta, phi], efficiency=[eta, other])
    np.testing.assert_array_equal(S, S.conj().swapaxes(-1, -2))
    assert np.all(np.linalg.eigvalsh(S) > 0)
    for k, (angle, efficiency) in enumerate([(theta, eta), (phi, other)]):
        alone = output_spectrum(A, D, ports[k], OMEGA, angle=angle, efficiency=efficiency)
        np.testing.assert_allclose(S[:, k, k], alone, rtol=1e-12)
    mirrored = cross_spectra(A, D, ports, -OMEGA, angles=[theta, phi], efficiency=[eta, other])
    np.testing.assert_allclose(mirrored, S.conj(), rtol=1e-10, atol=1e-12)
    both = output_noise(A, D, ports, OMEGA, efficiency=[eta, other])
    e = np.array([[np.cos(theta), np.sin(theta), 0, 0], [0, 0, np.cos(phi), np.sin(phi)]])
    np.testing.assert_allclose(e @ both @ e.T, S, rtol=1e-10, atol=1e-12)


@settings(deadline=None, derandomize=True, max_examples=5)
@given(seed=seeds, theta=angles, phi=angles)
def test_a_cross_spectrum_is_the_transform_of_the_correlation_in_time(seed, theta, phi):
    A, D, ports = amplifier(seed)
    e = np.array([[np.cos(theta), np.sin(theta), 0, 0], [0, 0, np.cos(phi), np.sin(phi)]])
    W = np.zeros((2, 4))
    for k, port in enumerate(ports):
        W[k, 2 * k : 2 * k + 2] = np.sqrt(port.rate) * e[k, 2 * k : 2 * k + 2]
    n = np.array([port.occupation for port in ports])
    # For t > 0: ⟨Y_p(t) Y_q(0)⟩ = w_p e^{At} (V w_q − (n_q + 1/2) w_q), the noise in x(0) included.
    start = steady_covariance(A, D) @ W.T - W.T * (n + 0.5)
    slowest = -np.linalg.eigvals(A).real.max()
    for omega in (0.0, 0.7):
        half, _ = quad_vec(
            lambda t, w=omega: np.exp(1j * w * t) * (W @ expm(A * t) @ start),
            0,
            35 / slowest,
            epsrel=1e-9,
        )
        expected = np.diag(2 * n + 1) + 2 * (half + half.conj().T)
        S = cross_spectra(A, D, ports, [omega], angles=[theta, phi])[0]
        np.testing.assert_allclose(S, expected, rtol=1e-7, atol=1e-7)


@settings(deadline=None, derandomize=True, max_examples=5)
@given(seed=seeds)
def test_the_area_of_spectra_is_the_covariance_of_what_sends_them(seed):
    A, D, ports = amplifier(seed)
    n = np.repeat([port.occupation for port in ports], 2)

    def excess(x):
        # ω = tan x brings all frequencies into reach.
        omega = np.tan(x)
        S = output_noise(A, D, ports, [omega])[0] - np.diag(2 * n + 1)
        return S.real * (1 + omega**2) / (2 * np.pi)

    area, _ = quad_vec(excess, -np.pi / 2 + 1e-9, np.pi / 2 - 1e-9, epsrel=1e-9)
    C = np.diag(np.repeat(np.sqrt([port.rate for port in ports]), 2))
    V = steady_covariance(A, D)
    both = n[:, None] + n + 1
    np.testing.assert_allclose(area, C @ (2 * V - both * np.eye(4)) @ C, atol=1e-6)


@repeatable
@given(strength=st.floats(0.01, 0.9), phase=angles)
def test_two_modes_amplified_together_leave_as_a_two_mode_squeezed_pair(strength, phase):
    # ċ_1 = −κ/2 c_1 − i ε c_2†: cross-Kerr with its shifts and its exchange taken off.
    kappa, X = 2.0, 0.5
    c = np.sqrt(strength * kappa / 2 / X) * np.exp(1j * np.array([phase, 0.3]))
    shift = X * np.abs(c) ** 2
    J = np.array([[0, -X * c[0] * c[1].conj()], [-X * c[1] * c[0].conj(), 0]])
    network = BosonicNetwork(
        detuning=-shift[::-1], loss=[kappa] * 2, exchange=J, cross_kerr=[[0, X], [X, 0]]
    )
    A, D = motion(network, c)
    ports = all_losses(network)
    S = output_noise(A, D, ports, [0.0])[0]
    epsilon = strength * kappa / 2
    gain = ((kappa**2 / 4 + epsilon**2) / (kappa**2 / 4 - epsilon**2)) ** 2
    np.testing.assert_allclose(np.diagonal(S), 2 * gain - 1, rtol=1e-9)
    # The squeezed and the stretched sum of the two currents.
    quiet = ((kappa / 2 - epsilon) / (kappa / 2 + epsilon)) ** 2
    np.testing.assert_allclose(
        np.linalg.eigvalsh(S), [quiet, quiet, 1 / quiet, 1 / quiet], rtol=1e-6
    )
    # Their angles add up to the phase of −i ε at most and least correlated.
    most = phase + 0.3 - np.pi / 2
    pair = cross_spectra(A, D, ports, [0.0], angles=[0.2, most - 0.2])[0]
    assert pair[0, 1] == pytest.approx(2 * np.sqrt(gain * (gain - 1)), rel=1e-9)
    none = cross_spectra(A, D, ports, [0.0], angles=[0.2, most - 0.2 + np.pi / 2])[0]
    assert none[0, 1] == pytest.approx(0, abs=1e-9 * gain)


@repeatable
@given(seed=seeds)
def test_vacuum_in_all_ports_leaves_as_a_pure_state(random_network, seed):
    base = random_network(seed)
    network = BosonicNetwork(
        detuning=base.detuning, loss=base.loss, pressure=base.pressure, kerr=base.kerr
    )
    S = output_noise(*motion(network, some_amplitudes(seed)), all_losses(network), OMEGA)
    values = np.linalg.eigvalsh(S)
    # Squeezed and stretched in pairs, as every pure Gaussian state; the largest one rounds.
    rounded = values.max(axis=-1, keepdims=True) ** 2
    np.testing.assert_allclose((values * values[:, ::-1] - 1) / rounded, 0, atol=1e-13)
    assert np.median(rounded) < 1e4


@repeatable
@given(seed=seeds, angle=angles, efficiency=st.floats(0, 1))
def test_a_warm_waveguides_spectrum_is_its_background_and_the_poles(seed, angle, efficiency):
    random = np.random.default_rng(seed)
    n, phase = random.uniform(0, 3), random.uniform(-3, 3)
    J, shared = cascade(0, 1, (0.5, 2.0), phase, 2)
    network = BosonicNetwork(
        detuning=[0.3, -0.4],
        loss=[0.8, 2.5],
        exchange=J,
        shared_loss=shared,
        kerr=[0.05, 0.0],
        occupation=n + 1,
    )
    A, D = motion(network, [1.0, 1j])
    port = CollectivePort.chain([Port(0, 0.5, n), Port(1, 2.0, n)], [phase])
    direct = output_spectrum(A, D, port, OMEGA, angle=angle, efficiency=efficiency)
    poles, residues = output_poles(
        A, steady_covariance(A, D), port, angle=angle, efficiency=efficiency
    )
    summed = np.sum(residues / (-1j * OMEGA[:, None] - poles), axis=-1).real
    np.testing.assert_allclose(1 + 2 * efficiency * n + summed, direct, rtol=1e-9)


def test_a_batch_of_cross_spectra_takes_its_own_angles_and_frequencies():
    drawn = [amplifier(seed) for seed in range(3)]
    A, D = np.stack([d[0] for d in drawn]), np.stack([d[1] for d in drawn])
    ports = [Port(0, 0.2), Port(1, 0.2)]
    theta = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    eta = np.array([[0.9, 1.0], [0.8, 0.7], [0.6, 0.5]])
    omega = np.linspace(-1, 1, 12).reshape(3, 4)
    together = cross_spectra(A, D, ports, omega, angles=theta, efficiency=eta)
    single = output_spectrum(A, D, ports[0], omega, angle=theta[:, 0], efficiency=eta[:, 0])
    both = output_noise(A, D, ports, omega, efficiency=eta)
    assert together.shape == (3, 4, 2, 2)
    assert both.shape == (3, 4, 4, 4)
    for k in range(3):
        alone = cross_spectra(A[k], D[k], ports, omega[k], angles=theta[k], efficiency=eta[k])
        np.testing.assert_allclose(together[k], alone, rtol=1e-12)
        np.testing.assert_allclose(single[k], alone[:, 0, 0].real, rtol=1e-12)
        np.testing.assert_allclose(
            both[k], output_noise(A[k], D[k], ports, omega[k], efficiency=eta[k]), rtol=1e-12
        )


# What cannot be


@pytest.mark.parametrize("efficiency", [-0.1, 1.01])
def test_no_detector_is_better_than_perfect(efficiency):
    A, D = -np.eye(2), np.eye(2)
    with pytest.raises(InputError, match="between 0 and 1"):
        output_spectrum(A, D, Port(0, 0.1), OMEGA, angle=0.0, efficiency=efficiency)
