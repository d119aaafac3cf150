from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from phonosync.theory import (
    BosonicNetwork,
    Port,
    amplitude_scattering,
    scattering_matrix,
    steady_states,
    velocity,
)
from phonosync.theory.network import cascade
from phonosync.theory.ports import CollectivePort
from phonosync.theory.ports.scattering import driven_response, s_parameters

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 10_000)
OMEGA = np.array([-2.3, -1.0, 0.0, 0.4, 1.0, 1.7, 30.0])


def all_losses(network):
    return [Port(k, float(rate)) for k, rate in enumerate(network.loss)]


def every_channel(network):
    """Ports that together take all that the modes lose, each alone or with others."""
    rates, vectors = np.linalg.eigh(network.loss_matrix)
    modes = tuple(range(network.modes))
    return [
        CollectivePort(modes, tuple(np.sqrt(rate) * v.conj()))
        for rate, v in zip(rates, vectors.T, strict=True)
    ]


def some_amplitudes(seed, modes=3):
    return np.random.default_rng(seed).normal(size=(modes, 2)) @ [1, 1j]


def as_matrix(network, omega=OMEGA):
    return driven_response(network, np.zeros(3), all_losses(network), omega).signal


def all_pass(loss, detuning, omega=OMEGA):
    """Reflection of a cavity that loses through its port alone."""
    return loss / (loss / 2 - 1j * (omega - detuning)) - 1


def in_a_row(detuning, loss, phases, **terms):
    """Cavities each of which is driven by what the one before lets out."""
    modes = len(detuning)
    J, shared = np.zeros((2, modes, modes), complex)
    for late in range(modes):
        for early in range(late):
            # What passes the cavities between is turned by π at each.
            phase = sum(phases[early:late]) + np.pi * (late - early - 1)
            exchange, loss_too = cascade(early, late, (loss[early], loss[late]), phase, modes)
            J, shared = J + exchange, shared + loss_too
    return BosonicNetwork(
        detuning=detuning,
        loss=np.asarray(loss) + terms.pop("absorption", 0.0),
        exchange=J,
        shared_loss=shared,
        **terms,
    )


# Scattering


@repeatable
@given(seed=seeds)
def test_a_network_whose_losses_are_all_ports_scatters_symplectically(
    random_network, symplectic_form, seed
):
    network = replace(random_network(seed), brownian=False)
    S = scattering_matrix(network, some_amplitudes(seed), every_channel(network), OMEGA)
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


def test_a_linewidth_ten_million_million_times_narrower_than_the_cavitys_is_resolved():
    kappa, gamma = 1e10, 1e-3
    J = np.sqrt(kappa * gamma) / 2
    network = BosonicNetwork(detuning=[0, 0], loss=[kappa, gamma], exchange=[[0, J], [J, 0]])
    omega = gamma * np.linspace(-5, 5, 21)
    T = driven_response(network, [0, 0], [Port(0, kappa)], omega).signal[:, 0, 0]
    window = J**2 / (gamma / 2 - 1j * omega)
    textbook = kappa / (kappa / 2 - 1j * omega + window) - 1
    np.testing.assert_allclose(T, textbook, atol=1e-12)


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


def test_a_batch_scatters_as_its_networks_one_by_one_each_at_its_own_frequencies(random_network):
    networks = [replace(random_network(seed), brownian=False) for seed in range(3)]
    c, omega = (
        np.stack([some_amplitudes(k) for k in range(3)]),
        np.linspace(-1, 1, 12).reshape(3, 4),
    )
    port = [Port(0, 0.05)]
    together = BosonicNetwork(
        **{f.name: np.stack([getattr(n, f.name) for n in networks]) for f in fields(BosonicNetwork)}
    )
    S = driven_response(together, c, port, omega)
    for k, network in enumerate(networks):
        alone = driven_response(network, c[k], port, omega[k])
        np.testing.assert_allclose(S.signal[k], alone.signal, rtol=1e-12)
        np.testing.assert_allclose(S.idler[k], alone.idler, rtol=1e-12)


# Waveguides that pass several modes


@repeatable
@given(seed=seeds, modes=st.integers(2, 4))
def test_cavities_in_a_row_turn_the_wave_one_after_the_other(seed, modes):
    random = np.random.default_rng(seed)
    detuning, loss = random.uniform(-2, 2, modes), random.uniform(0.1, 2, modes)
    phases = random.uniform(-np.pi, np.pi, modes - 1)
    network = in_a_row(detuning, loss, phases)
    port = CollectivePort.chain([Port(k, rate) for k, rate in enumerate(loss)], phases=phases)
    T = driven_response(network, np.zeros(modes), [port], OMEGA).signal[:, 0, 0]
    one_by_one = np.prod([all_pass(*each) for each in zip(loss, detuning, strict=True)], axis=0)
    # The far end's own wave is T turned by the phase of its jump operator's last part.
    last = port.jump(modes)[-1]
    there = T * (last.conj() / abs(last))
    np.testing.assert_allclose(there, one_by_one * np.exp(1j * sum(phases)), atol=1e-12)


@repeatable
@given(seed=seeds, kept=st.floats(0.05, 0.95))
def test_a_line_that_loses_power_between_two_cavities_passes_its_share(seed, kept):
    random = np.random.default_rng(seed)
    detuning, loss = random.uniform(-2, 2, 2), random.uniform(0.1, 2, 2)
    phase = [random.uniform(-np.pi, np.pi)]
    passed, lost = kept * loss[0], (1 - kept) * loss[0]
    J, shared = cascade(0, 1, (passed, loss[1]), phase[0], 2)
    network = BosonicNetwork(detuning=detuning, loss=loss, exchange=J, shared_loss=shared)
    chain = CollectivePort.chain([Port(0, passed), Port(1, loss[1])], phase)
    T = driven_response(network, [0, 0], [chain, Port(0, lost)], OMEGA).signal[:, 0]
    through = T @ np.sqrt([kept, 1 - kept])
    both = np.prod([all_pass(*each) for each in zip(loss, detuning, strict=True)], axis=0)
    np.testing.assert_allclose(through, -np.sqrt(kept) * both, atol=1e-12)


@repeatable
@given(seed=seeds)
def test_no_signal_goes_up_the_stream(seed):
    random = np.random.default_rng(seed)
    detuning, loss = random.uniform(-2, 2, 2), random.uniform(0.1, 2, 2)
    phase = [random.uniform(-np.pi, np.pi)]
    network = in_a_row(detuning, loss, phase, absorption=0.3)
    side = [Port(0, 0.3), Port(1, 0.3)]
    chain = CollectivePort.chain([Port(0, loss[0]), Port(1, loss[1])], phase)
    T = driven_response(network, np.zeros(2), [*side, chain], OMEGA).signal
    up, down = T[:, 0, 1], T[:, 1, 0]
    np.testing.assert_allclose(up, 0, atol=1e-13)
    first, second = (
        1 / ((k + 0.3) / 2 - 1j * (OMEGA - D)) for k, D in zip(loss, detuning, strict=True)
    )
    np.testing.assert_allclose(
        np.abs(down), 0.3 * np.sqrt(loss[0] * loss[1]) * np.abs(first * second), rtol=1e-12
    )
    np.testing.assert_allclose(
        T @ T.conj().swapaxes(-1, -2), np.eye(3) * np.ones((7, 1, 1)), atol=1e-12
    )


# Clockwise and counter-clockwise modes between two waveguides

RING = [Port(0, 0.2), Port(1, 0.2), Port(0, 0.1), Port(1, 0.1)]
ENDS = [(0, 1), (1, 0), (2, 3), (3, 2)]


def ring(backscattering, sagnac=0.0, absorption=0.0):
    J = [[0, backscattering], [np.conj(backscattering), 0]]
    return BosonicNetwork(
        detuning=[0.5 + sagnac, 0.5 - sagnac], loss=[0.3 + absorption] * 2, exchange=J
    )


def of_the_ends(network, omega=OMEGA):
    return s_parameters(driven_response(network, [0, 0], RING, omega).signal, ENDS)


@repeatable
@given(J=st.complex_numbers(max_magnitude=1), absorption=st.floats(0, 1))
def test_a_ring_at_rest_sends_as_much_forward_as_backward(J, absorption):
    S = of_the_ends(ring(J, absorption=absorption))
    np.testing.assert_allclose(S, S.swapaxes(-1, -2), atol=1e-13)


@repeatable
@given(J=st.complex_numbers(max_magnitude=1), shift=st.floats(-1, 1))
def test_a_turning_ring_loses_no_energy_but_its_reciprocity(J, shift):
    S = of_the_ends(ring(J, shift))
    np.testing.assert_allclose(
        S @ S.conj().swapaxes(-1, -2), np.eye(4) * np.ones((7, 1, 1)), atol=1e-13
    )
    plus, minus = (1 / (0.15 - 1j * (OMEGA - 0.5 + s * shift)) for s in (-1, +1))
    dressed = 1 + abs(J) ** 2 * plus * minus
    np.testing.assert_allclose(S[:, 1, 0], 0.2 * plus / dressed - 1, atol=1e-12)
    np.testing.assert_allclose(S[:, 0, 1], 0.2 * minus / dressed - 1, atol=1e-12)


def test_a_fast_turning_ring_isolates_where_light_is_absorbed_one_way():
    # Critical coupling: the co-turning mode takes everything, the other is ten linewidths away.
    network = BosonicNetwork(detuning=[0.0, 4.0], loss=[0.4, 0.4])
    response = driven_response(network, [0, 0], [Port(0, 0.2), Port(1, 0.2)], [0.0]).signal
    S = s_parameters(response, [(0, 1), (1, 0)])[0]
    assert abs(S[1, 0]) == pytest.approx(0, abs=1e-15)
    assert abs(S[0, 1]) ** 2 == pytest.approx(1 - 0.2**2 / (0.2**2 + 4**2))
    assert S[0, 0] == S[1, 1] == 0


# Driven


def omit(seed):
    """A cavity that presses on a Brownian phonon, and its rates: κ, κ_e, D, γ, g|a|."""
    random = np.random.default_rng(seed)
    kappa, share, D = random.uniform(0.1, 3), random.uniform(0.1, 1), random.uniform(-2, 2)
    gamma, g = random.uniform(1e-3, 0.3), random.uniform(0.01, 0.4)
    a = 2.0 * np.exp(1j * random.uniform(-3, 3))
    network = BosonicNetwork(
        detuning=[D, 1.0],
        loss=[kappa, gamma],
        pressure=[[0, g / 2], [0, 0]],
        brownian=[False, True],
    )
    return network, np.array([a, 0]), (kappa, share * kappa, D, gamma, g)


@repeatable
@given(seed=seeds)
def test_a_driven_cavity_transmits_as_weis_and_coworkers_write_it(seed):
    network, c, (kappa, port, D, gamma, g) = omit(seed)
    response = driven_response(network, c, [Port(0, port)], OMEGA)
    # ħ G² ā² χ(Ω) = 2 Ω_m g² / (Ω_m² − Ω² − iΩΓ_m); their detuning is that of the laser.
    spring = 2 * g**2 / (1 - OMEGA**2 - 1j * OMEGA * gamma)
    upper, lower = kappa / 2 + 1j * (D - OMEGA), kappa / 2 - 1j * (D + OMEGA)
    f = spring / lower
    inside = (1 + 1j * f) / (upper - 2 * D * f)
    np.testing.assert_allclose(response.signal[:, 0, 0], port * inside - 1, rtol=1e-10)
    # Their lower sideband, A⁺* = −i f A⁻/(1 + i f), in a frame where the mean field is real.
    frame = c[0] / abs(c[0])
    idler = port * (-1j * f * inside / (1 + 1j * f)).conj() * frame**2
    np.testing.assert_allclose(response.idler[:, 0, 0], idler, rtol=1e-10, atol=1e-13)


def test_in_resolved_sidebands_the_window_is_that_of_electromagnetically_induced_transparency():
    def deviation(kappa):
        g, gamma, port = 0.1 * kappa, 1e-3 * kappa, 0.4 * kappa
        network = BosonicNetwork(
            detuning=[1.0, 1.0], loss=[kappa, gamma], pressure=[[0, g], [0, 0]]
        )
        offset = kappa * np.linspace(-1, 1, 41)
        T = driven_response(network, [1.0, 0], [Port(0, port)], 1 + offset).signal[:, 0, 0]
        window = g**2 / (gamma / 2 - 1j * offset)
        textbook = 1 - port / (kappa / 2 - 1j * offset + window)
        cooperativity = 4 * g**2 / (kappa * gamma)
        assert textbook[20] == pytest.approx(1 - 2 * 0.4 / (1 + cooperativity))
        return np.abs(-T - textbook).max()

    # What the rotating-wave approximation drops is of the order of κ/Ω_m.
    assert deviation(1e-2) < 1e-2
    assert deviation(1e-4) / deviation(1e-3) == pytest.approx(0.1, rel=0.05)


@repeatable
@given(seed=seeds, swing=st.floats(0.0, 0.45), turn=st.floats(-np.pi, np.pi))
def test_a_kerr_amplifier_has_the_gain_of_a_degenerate_parametric_one(seed, swing, turn):
    random = np.random.default_rng(seed)
    kappa, D = random.uniform(0.5, 2), random.uniform(-1, 1)
    c, K = np.sqrt(swing * kappa) * np.exp(1j * turn), 1.0
    # The drive's own frequency shift, 4 K |c|², is taken off the detuning.
    network = BosonicNetwork(detuning=[D - 4 * K * abs(c) ** 2], loss=[kappa], kerr=[K])
    response = driven_response(network, [c], [Port(0, kappa)], OMEGA)
    squeezing = -2j * K * c**2
    determinant = (kappa / 2 - 1j * OMEGA) ** 2 + D**2 - abs(squeezing) ** 2
    signal = kappa * (kappa / 2 - 1j * (OMEGA + D)) / determinant - 1
    idler = kappa * squeezing / determinant.conj()
    np.testing.assert_allclose(response.signal[:, 0, 0], signal, rtol=1e-9)
    np.testing.assert_allclose(response.idler[:, 0, 0], idler, rtol=1e-9, atol=1e-15)
    gain = np.abs(response.signal) ** 2 - np.abs(response.idler) ** 2
    np.testing.assert_allclose(gain, 1, rtol=1e-9 * np.abs(signal).max() ** 2)


@repeatable
@given(seed=seeds)
def test_every_quantum_that_a_lossless_device_adds_to_the_signals_it_adds_to_the_idlers(
    random_network, seed
):
    network = replace(random_network(seed), brownian=False)
    response = driven_response(network, some_amplitudes(seed), every_channel(network), OMEGA)
    signal, idler = (np.sum(np.abs(x) ** 2, axis=-2) for x in (response.signal, response.idler))
    np.testing.assert_allclose(
        (signal - idler - 1) / signal.max(axis=-1, keepdims=True), 0, atol=1e-10
    )


@repeatable
@given(seed=seeds)
def test_without_drives_there_is_no_idler(linear_network, seed):
    network = linear_network(seed)
    response = driven_response(network, np.zeros(3), all_losses(network), OMEGA)
    np.testing.assert_allclose(response.idler, 0, atol=1e-13)


def test_a_weak_wave_in_the_nonlinear_motion_leaves_as_signal_and_idler():
    ports = [Port(0, 0.5), Port(1, 0.2)]
    network = BosonicNetwork(
        detuning=[0.8, 1.0],
        loss=[1.6, 0.8],
        exchange=[[0, 0.1j], [-0.1j, 0]],
        pressure=[[0, 0.1], [0, 0]],
        kerr=[0.02, 0.0],
        drive=[1.0 + 0.5j, 0.0],
    )
    rest = steady_states(network)[0]
    assert rest.stable
    weak, omega = 1e-3 * np.exp(0.7j), 0.6
    turn = 2 * np.pi / omega

    def motion(t, c):
        wave = [np.sqrt(0.5) * weak * np.exp(-1j * omega * t), 0]
        return velocity(network, c) + wave

    ticks = np.linspace(5 * turn, 6 * turn, 32, endpoint=False)
    run = solve_ivp(motion, (0, 6 * turn), rest.amplitudes, "DOP853", ticks, rtol=1e-9, atol=1e-11)
    moved = run.y - rest.amplitudes[:, None]
    upper = np.mean(moved * np.exp(1j * omega * ticks), axis=-1) / weak
    lower = np.mean(moved * np.exp(-1j * omega * ticks), axis=-1) / weak.conjugate()
    response = driven_response(network, rest.amplitudes, ports, [omega])
    root = np.sqrt([0.5, 0.2])
    # Linear response leaves out the wave's cube, 1e-6 of the wave itself.
    np.testing.assert_allclose(response.signal[0, :, 0], root * upper - [1, 0], atol=1e-6)
    np.testing.assert_allclose(response.idler[0, :, 0], root * lower, atol=1e-6)
    assert np.abs(response.idler[0, :, 0]).min() > 1e-3
