import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from phonosync.theory import (
    BosonicNetwork,
    InputError,
    Port,
    amplitude_scattering,
    diffusion,
    drift,
    output_amplitude,
    output_poles,
    output_spectrum,
    scattering_matrix,
    steady_covariance,
    steady_states,
)

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 10_000)
angles = st.floats(-np.pi, np.pi)
OMEGA = np.array([-2.3, -1.0, 0.0, 0.4, 1.0, 1.7, 30.0])


def all_losses(network):
    return [Port(k, float(rate)) for k, rate in enumerate(network.loss)]


def some_amplitudes(seed, modes=3):
    return np.random.default_rng(seed).normal(size=(modes, 2)) @ [1, 1j]


def as_matrix(network, omega=OMEGA):
    S = scattering_matrix(network, np.zeros(3), all_losses(network), omega)
    T = np.array([[amplitude_scattering(S, p, q) for q in range(3)] for p in range(3)])
    return np.moveaxis(T, -1, 0)


# Scattering


@repeatable
@given(seed=seeds)
def test_a_network_whose_losses_are_all_ports_scatters_symplectically(
    random_network, symplectic_form, seed
):
    network = random_network(seed)
    c = some_amplitudes(seed)
    S = scattering_matrix(network, c, all_losses(network), OMEGA)
    W = symplectic_form(3)
    scale = np.abs(S).max(axis=(-1, -2), keepdims=True) ** 2
    np.testing.assert_allclose((S @ W @ S.conj().swapaxes(-1, -2) - W) / scale, 0, atol=1e-10)


@repeatable
@given(seed=seeds)
def test_a_passive_network_returns_all_that_enters(linear_network, seed):
    T = as_matrix(linear_network(seed))
    np.testing.assert_allclose(
        T @ T.conj().swapaxes(-1, -2), np.eye(3) * np.ones((7, 1, 1)), atol=1e-12
    )


@repeatable
@given(seed=seeds)
def test_without_drive_and_rotation_scattering_is_reciprocal(linear_network, seed):
    T = as_matrix(linear_network(seed, real=True))
    np.testing.assert_allclose(T, T.swapaxes(-1, -2), atol=1e-12)


@repeatable
@given(seed=seeds)
def test_reversing_the_flux_through_a_loop_exchanges_source_and_receiver(linear_network, seed):
    network = linear_network(seed)
    reversed_flux = BosonicNetwork(
        detuning=network.detuning, loss=network.loss, exchange=network.exchange.conj()
    )
    T, R = as_matrix(network), as_matrix(reversed_flux)
    np.testing.assert_allclose(T, R.swapaxes(-1, -2), atol=1e-12)


@repeatable
@given(detuning=st.floats(-3, 3), loss=st.floats(0.05, 3), share=st.floats(0.01, 1))
def test_a_cavity_reflects_with_its_lorentzian(detuning, loss, share):
    network = BosonicNetwork(detuning=[detuning], loss=[loss])
    S = scattering_matrix(network, [0.0], [Port(0, share * loss)], OMEGA)
    expected = share * loss / (loss / 2 - 1j * (OMEGA - detuning)) - 1
    np.testing.assert_allclose(amplitude_scattering(S, 0, 0), expected, atol=1e-12)


def test_critical_coupling_absorbs_everything_on_resonance():
    network = BosonicNetwork(detuning=[1.0], loss=[0.2])
    S = scattering_matrix(network, [0.0], [Port(0, 0.1)], [1.0])
    assert amplitude_scattering(S, 0, 0) == pytest.approx(0, abs=1e-14)


@repeatable
@given(
    detuning=st.floats(-3, 3),
    kerr=st.floats(-0.1, 0.1),
    drive=st.floats(0.1, 10),
)
def test_a_mode_with_one_port_sends_back_every_photon(detuning, kerr, drive):
    network = BosonicNetwork(detuning=[detuning], loss=[0.5], kerr=[kerr], drive=[drive])
    port = Port(0, 0.5)
    for state in steady_states(network):
        out = output_amplitude(network, state.amplitudes, port)
        assert abs(out) ** 2 == pytest.approx(drive**2 / 0.5, rel=1e-6)


def test_a_port_that_is_not_driven_lets_out_what_the_mode_loses():
    network = BosonicNetwork(detuning=[0.0], loss=[0.5], drive=[3.0])
    out = output_amplitude(network, [2j], Port(0, 0.1), driven=False)
    assert abs(out) ** 2 == pytest.approx(0.1 * 4)


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


# What cannot be


@pytest.mark.parametrize("efficiency", [-0.1, 1.01])
def test_no_detector_is_better_than_perfect(efficiency):
    A, D = -np.eye(2), np.eye(2)
    with pytest.raises(InputError, match="between 0 and 1"):
        output_spectrum(A, D, Port(0, 0.1), OMEGA, angle=0.0, efficiency=efficiency)


def test_ports_faster_than_their_modes_loss_are_refused():
    network = BosonicNetwork(detuning=[0.0, 1.0], loss=[0.5, 1.0])
    ports = [Port(0, 0.3), Port(1, 0.3), Port(0, 0.3)]
    with pytest.raises(InputError, match=r"ports of mode 0 take 0\.6, more than its loss 0\.5"):
        scattering_matrix(network, np.zeros(2), ports, OMEGA)


def test_two_ports_of_one_mode_pass_light_on(symplectic_form):
    network = BosonicNetwork(detuning=[0.5], loss=[0.4])
    S = scattering_matrix(network, [0.0], [Port(0, 0.1), Port(0, 0.3)], OMEGA)
    there, back = amplitude_scattering(S, 1, 0), amplitude_scattering(S, 0, 1)
    np.testing.assert_allclose(there, back, atol=1e-14)
    np.testing.assert_allclose(
        abs(there) ** 2 + abs(amplitude_scattering(S, 0, 0)) ** 2, 1, atol=1e-12
    )
    W = symplectic_form(2)
    np.testing.assert_allclose(
        S @ W @ S.conj().swapaxes(-1, -2), np.broadcast_to(W, S.shape), atol=1e-12
    )
