"""The Gaussian theory against master equations solved in small Fock spaces."""

from typing import Any

import numpy as np
import pytest

from phonosync.theory import BosonicNetwork, diffusion, drift, steady_covariance, steady_states
from phonosync.theory.network import cascade

qutip = pytest.importorskip("qutip")


def lowering(dimensions):
    """The modes' lowering operators in the joint Fock space."""
    return [
        qutip.tensor(
            [qutip.destroy(d) if k == mode else qutip.qeye(d) for k, d in enumerate(dimensions)]
        )
        for mode in range(len(dimensions))
    ]


def moments(state, c):
    """Mean fields and symmetrised covariance of a density matrix, quadratures q1, p1, ..."""
    x = []
    for a in c:
        x += [(a + a.dag()) / np.sqrt(2), (a - a.dag()) / (1j * np.sqrt(2))]
    mean = np.real([qutip.expect(q, state) for q in x])
    V = [[np.real(qutip.expect((q * p + p * q) / 2, state)) for p in x] for q in x]
    return np.array([qutip.expect(a, state) for a in c]), V - np.outer(mean, mean)


def steady(network, dimensions, displaced=(0.0, 0.0)):
    """Fock-space steady state of a network's own Hamiltonian and baths, round displaced fields."""
    c: Any = [a + d for a, d in zip(lowering(dimensions), displaced, strict=False)]
    n, H, jumps = network, 0, []
    for k, a in enumerate(c):
        H += n.detuning[k] * a.dag() * a + n.kerr[k] * a.dag() * a.dag() * a * a
        H += 1j * (n.drive[k] * a.dag() - np.conj(n.drive[k]) * a)
        for m, b in enumerate(c):
            H += n.pressure[k, m] * a.dag() * a * (b + b.dag())
            H += n.exchange[k, m] * a.dag() * b
            if k < m:
                H += n.cross_kerr[k, m] * a.dag() * a * b.dag() * b
    rates, modes = np.linalg.eigh(n.loss_matrix)
    assert np.ptp(n.occupation) == 0 or not np.any(n.shared_loss)
    for rate, u in zip(rates, modes.T, strict=True):
        if rate > 1e-12:
            L: Any = sum(w.conj() * a for w, a in zip(u, c, strict=True))
            quanta = float(np.abs(u) ** 2 @ n.occupation)
            jumps += [np.sqrt(rate * (quanta + 1)) * L]
            jumps += [np.sqrt(rate * quanta) * L.dag()] if quanta > 0 else []
    return moments(qutip.steadystate(H, jumps), c)


def gaussian(network):
    [state] = steady_states(network)
    c = state.amplitudes
    return c, steady_covariance(drift(network, c), diffusion(network))


def test_a_thermal_network_that_exchanges_and_shares_loss_is_exactly_gaussian():
    network = BosonicNetwork(
        detuning=[0.3, -0.2],
        loss=[1.0, 0.7],
        exchange=[[0, 0.4j], [-0.4j, 0]],
        shared_loss=[[0, 0.5 + 0.2j], [0.5 - 0.2j, 0]],
        drive=[0.2, 0.1j],
        occupation=[0.05, 0.05],
    )
    fields, V = steady(network, (8, 8))
    c, expected = gaussian(network)
    np.testing.assert_allclose(fields, c, atol=2e-5)
    np.testing.assert_allclose(V, expected, atol=2e-4)


def test_two_baths_of_different_heat_share_their_quanta_as_the_gaussian_theory_says():
    network = BosonicNetwork(
        detuning=[0.0, 0.5],
        loss=[1.0, 0.4],
        exchange=[[0, 0.6], [0.6, 0]],
        occupation=[0.0, 0.2],
    )
    _, V = steady(network, (7, 8))
    np.testing.assert_allclose(V, gaussian(network)[1], atol=1e-4)


def kerr_mode(kerr):
    """A driven Kerr mode whose linearised motion does not depend on K: K|c|² = 0.15."""
    c = np.sqrt(0.15 / kerr)
    return BosonicNetwork(
        detuning=[0.5], loss=[1.0], kerr=[kerr], drive=[(0.5 + 0.5j + 0.3j) * c]
    ), c


def test_the_error_of_the_gaussian_theory_grows_in_proportion_to_the_kerr_strength():
    strengths, errors = np.array([0.005, 0.01, 0.02]), []
    for kerr in strengths:
        network, field = kerr_mode(kerr)
        c, expected = gaussian(network)
        assert c[0] == pytest.approx(field)
        _, V = steady(network, (24,), displaced=(field,))
        errors.append(np.abs(V - expected).max())
    assert errors[0] < 0.02
    np.testing.assert_allclose(errors / strengths, errors[0] / strengths[0], rtol=0.15)


def test_in_a_cascade_the_second_mode_is_driven_by_the_squeezed_light_of_the_first():
    exchange, shared = cascade(0, 1, (1.0, 0.8), 0.6, modes=2)
    one, field = kerr_mode(0.003)
    drive = np.array([one.drive[0], -np.sqrt(0.8) * np.exp(0.6j) * field])  # keeps mode 2 empty
    network = BosonicNetwork(
        detuning=[0.5, 0.2],
        loss=[1.0, 0.8],
        kerr=[0.003, 0.0],
        exchange=exchange,
        shared_loss=shared,
        drive=drive,
    )
    c, expected = gaussian(network)
    np.testing.assert_allclose(c, [field, 0.0], atol=1e-9 * field)
    _, V = steady(network, (9, 7), displaced=(field, 0.0))
    assert np.abs(expected[:2, 2:]).max() > 0.05  # the modes are correlated
    np.testing.assert_allclose(V, expected, atol=0.02)
    np.testing.assert_allclose(expected[:2, :2], gaussian(one)[1], rtol=1e-9)


def test_radiation_pressure_cools_a_phonon_in_fock_space_as_in_the_gaussian_theory():
    def cooled(g):
        shift = 2 * g**2  # of the photon by the displaced phonon, at one photon
        return BosonicNetwork(
            detuning=[1.0 + shift, 1.0],
            loss=[0.4, 0.05],
            pressure=[[0, g], [0, 0]],
            drive=[0.2 + 1j, 0],
            occupation=[0.0, 0.3],
        )

    errors = []
    for g in (0.05, 0.1):
        network = cooled(g)
        c, expected = gaussian(network)
        _, V = steady(network, (5, 10), displaced=tuple(c))
        errors.append(np.abs(V - expected).max())
        assert expected[2, 2] < 0.79  # of 0.8 in the bath
    assert errors[0] < 0.01
    assert errors[1] / errors[0] == pytest.approx(4, rel=0.4)  # second order in g
