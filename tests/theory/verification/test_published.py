"""Every published system of the device files against its network, written here by hand."""

from dataclasses import fields, replace

import numpy as np
import pytest

from phonosync.theory import (
    BosonicNetwork,
    bath_occupation,
    diffusion,
    drift,
    load_device,
    logarithmic_negativity,
    steady_covariance,
    steady_states,
)
from phonosync.theory.thermal import HBAR
from phonosync.theory.verification.published import (
    kerr_magnomechanics,
    magnomechanics,
    optomechanical_cells,
)

TWO_PI = 2 * np.pi


def assert_same(network, expected, **tolerance):
    """Every entry of every array of two networks, relative to the array's largest."""
    for field in fields(BosonicNetwork):
        ours, theirs = (np.asarray(getattr(n, field.name), complex) for n in (network, expected))
        limit = tolerance.get(field.name, 1e-9) * np.abs(theirs).max()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=limit, err_msg=field.name)


def matrix(size, **entries):
    """A symmetric matrix of the entries kl=value."""
    M = np.zeros((size, size))
    for place, value in entries.items():
        k, m = (int(digit) for digit in place[1:])
        M[k, m] = M[m, k] = value
    return M


# Mari et al., PRL 111, 103605, in units of the first phonon's frequency; the file's is 2π 1 MHz.


def mari_by_hand(mu, *, n=0.0, second=1.0):
    kappa, gamma, g = 0.15, 0.005, 0.005
    return BosonicNetwork(
        detuning=[-1.0, 1.0, -second, second],
        loss=[2 * kappa, 2 * gamma, 2 * kappa, 2 * gamma],
        pressure=[[0, -g, 0, 0], [0, 0, 0, 0], [0, 0, 0, -g], [0, 0, 0, 0]],
        exchange=matrix(4, _13=-mu),
        drive=[320 * kappa, 0, 320 * kappa, 0],
        occupation=[0, n, 0, n],
    )


def test_the_file_of_the_two_cells_says_what_the_paper_says_in_megahertz():
    cells = load_device("mari_cells").network()
    unit = TWO_PI * 1e6
    in_units = {
        name: getattr(cells, name) / unit
        for name in ("detuning", "loss", "pressure", "exchange", "drive")
    }
    assert_same(BosonicNetwork(**in_units), mari_by_hand(0.02))
    assert_same(load_device("mari_cells").network(light=-1, field=-1), cells)


@pytest.mark.parametrize(("mu", "n", "second"), [(0.0, 0.0, 1.0), (0.036, 6.0, 1.005)])
def test_the_two_cells_vary_as_in_the_paper(mu, n, second):
    varied = optomechanical_cells(mu, occupation=n, second_frequency=second)
    assert_same(varied, mari_by_hand(mu, n=n, second=second))


# Gupta et al., PRA 110, 063504, in units of the phonon's frequency.


def gupta_by_hand(power, sign):
    unit, kappa = TWO_PI * 10e6, 0.1
    drive_frequency = (1000 + 0.9) * unit  # ω_a − Δ_a
    bath = [1000, 1000.1, 1]  # ω_m = ω_d + Δ_m
    return BosonicNetwork(
        detuning=[-0.9, -0.8, 1.0],
        loss=[2 * kappa, 2 * kappa, 2e-5],
        exchange=matrix(3, _01=0.32),
        pressure=[[0, 0, 0], [0, 0, 1e-3 / 10e6], [0, 0, 0]],
        kerr=[0, sign * 6.5e-9 / 10e6, 0],
        drive=[0, np.sqrt(2 * kappa * unit * power / (HBAR * drive_frequency)) / unit, 0],
        occupation=bath_occupation(np.array(bath) * unit, 0.010),
    )


@pytest.mark.parametrize("power", [0.2e-3, 50e-3])
@pytest.mark.parametrize("sign", [+1, -1])
def test_the_kerr_magnon_is_the_published_one_for_either_axis(power, sign):
    assert_same(kerr_magnomechanics(power, sign=sign), gupta_by_hand(power, sign))


def test_the_file_of_the_kerr_magnon_is_driven_with_50_milliwatts():
    device = load_device("gupta_kerr")
    np.testing.assert_array_equal(
        device.network().drive, device.network(microwave_power=50e-3).drive
    )
    assert len(steady_states(device.network())) == 3
    assert len(steady_states(device.network(field=-1))) == 1


# Li, Zhu, Agarwal, PRL 121, 203601: a photon, a magnon and a phonon share entanglement. Their
# X = (a + a†)/√2 with amplitude rates k and diffusion k (2N + 1) has vacuum variance 1/2, so that
# the project's functions apply to their matrices as printed.

WA, WB = TWO_PI * 10e9, TWO_PI * 10e6
K, GB, G_MA = TWO_PI * 1e6, TWO_PI * 100, TWO_PI * 3.2e6
DA, DM = -WB, 0.9 * WB

TABLE = [
    (3.2e6, 0.010, (0.1172, 0.0765, 0.2038)),
    (4.8e6, 0.010, (0.1619, 0.1407, 0.1394)),
    (4.8e6, 0.100, (0.1384, 0.1054, 0.1123)),
    (4.8e6, 0.150, (0.0701, 0.0318, 0.0425)),
    (4.8e6, 0.200, (0.0, 0.0, 0.0)),
]


def printed(G_hz, T):
    """Drift and diffusion as printed, in units of ω_b."""
    G = TWO_PI * G_hz
    A = np.array(
        [
            [-K, DA, 0, G_MA, 0, 0],
            [-DA, -K, -G_MA, 0, 0, 0],
            [0, G_MA, -K, DM, -G, 0],
            [-G_MA, 0, -DM, -K, 0, 0],
            [0, 0, 0, 0, 0, WB],
            [0, 0, 0, G, -WB, -GB],
        ]
    )
    photon, phonon = (float(2 * bath_occupation(w, T) + 1) for w in (WA, WB))
    D = np.diag([K * photon, K * photon, K * photon, K * photon, 0, GB * phonon])
    return A / WB, D / WB


def linearised(network):
    """Drift and diffusion round the state of the smallest amplitudes."""
    state = steady_states(network)[0]
    assert state.stable
    return drift(network, state.amplitudes), diffusion(network)


def negativities(A, D):
    V = steady_covariance(A, D)
    return [float(logarithmic_negativity(V, *pair)) for pair in ((0, 1), (1, 2), (0, 2))]


@pytest.mark.parametrize(("G_hz", "T", "published"), TABLE)
def test_the_printed_matrices_give_the_published_entanglement(G_hz, T, published):
    # The table was computed from them: to the last of its digits.
    np.testing.assert_allclose(negativities(*printed(G_hz, T)), published, atol=1.01e-4)


@pytest.mark.parametrize(("G_hz", "T", "published"), TABLE)
def test_photon_magnon_and_phonon_are_entangled_round_the_nonlinear_state(G_hz, T, published):
    network = magnomechanics(G_hz, temperature=T)
    # The magnon's bath is 20 MHz above the photon's, which theirs is not: up to 5e-4 at 150 mK.
    np.testing.assert_allclose(negativities(*linearised(network)), published, atol=1e-3)


@pytest.mark.parametrize(("G_hz", "T", "published"), TABLE)
def test_how_the_phonon_is_damped_matters_as_little_as_its_bath_heats(G_hz, T, published):
    brownian = magnomechanics(G_hz, temperature=T)
    symmetric = replace(brownian, brownian=False)
    # G is half the phonon's frequency: in less than a period the bath's noise reaches the magnon,
    # and it is not the same in q as in p. It is γ n of the κ with which the others are cooled.
    heating = float(brownian.loss[2] * brownian.occupation[2] / brownian.loss[1])
    np.testing.assert_allclose(
        negativities(*linearised(symmetric)),
        negativities(*linearised(brownian)),
        rtol=0,
        atol=0.1 * heating,
    )
    assert heating < 0.03


@pytest.mark.parametrize("G_hz", [3.2e6, 4.8e6])
def test_the_nonlinear_state_has_the_printed_drift_and_diffusion(G_hz):
    A, D = linearised(magnomechanics(G_hz, temperature=0.1))
    expected_A, expected_D = printed(G_hz, 0.1)
    # The file holds power and phase to ten digits.
    np.testing.assert_allclose(A, expected_A, rtol=0, atol=2e-10)
    # The magnon's bath is that of the file's frequency, 20 MHz above the photon's.
    magnon = 2 * bath_occupation(TWO_PI * 10.020152e9, 0.1) + 1
    expected_D[2, 2] = expected_D[3, 3] = K / WB * magnon
    np.testing.assert_allclose(D, expected_D, rtol=0, atol=1e-12)


def test_the_file_of_the_entangled_magnon_is_the_published_system():
    device = load_device("li_magnomechanics")
    expected = BosonicNetwork(
        # The phonon's mean displacement takes G²/2ω_b from the bare detuning of the magnon.
        detuning=[DA, DM + (TWO_PI * 4.8e6) ** 2 / (2 * WB), WB],
        loss=[2 * K, 2 * K, GB],
        exchange=matrix(3, _01=G_MA),
        pressure=[[0, 0, 0], [0, 0, TWO_PI * 0.2 / np.sqrt(2)], [0, 0, 0]],
        # |m| = 4.8e6/(√2 0.2); the photon's part of the response by elimination.
        drive=[0, -1j * 4.8e6 / (np.sqrt(2) * 0.2) * (K + 1j * DM + G_MA**2 / (K + 1j * DA)), 0],
        occupation=[0, 0, bath_occupation(WB, 0.010)],
        brownian=[False, False, True],
    )
    assert_same(device.network(), expected)


# Huang et al., PRL 121, 153601: a Kerr resonator that spins.


def test_the_file_of_the_spinning_resonator_has_the_published_rates():
    for light in (+1, -1):
        U, gamma = 4.76440e6, 2.43052e5
        expected = BosonicNetwork(
            detuning=[-U / 2 + light * 83.3897 * 29e3],
            loss=[gamma],
            kerr=[U],
            drive=[np.sqrt(gamma * 2e-17 / (HBAR * TWO_PI * 299792458 / 1550e-9))],
        )
        network = load_device("huang_resonator").network(light=light)
        # Six published digits; the detuning is the small difference of two of them.
        assert_same(network, expected, detuning=1e-4, loss=1e-6, kerr=1e-6, drive=1e-6)


@pytest.mark.parametrize(("light", "blockaded"), [(+1, True), (-1, False)])
def test_one_direction_of_light_passes_photons_singly_and_the_other_in_pairs(light, blockaded):
    qutip = pytest.importorskip("qutip")
    n = load_device("huang_resonator").network(light=light)
    D, kappa, U, E = (float(np.real(x[0])) for x in (n.detuning, n.loss, n.kerr, n.drive))
    a = qutip.destroy(8)
    H = D * a.dag() * a + U * a.dag() * a.dag() * a * a + 1j * E * (a.dag() - a)
    rho = qutip.steadystate(H / kappa, [a])
    mean, pairs = (qutip.expect(x, rho) for x in (a.dag() * a, a.dag() ** 2 * a**2))
    # Weak drive: the two-photon amplitude is off by 2D + 2U, the one-photon one by D.
    weak = (D**2 + kappa**2 / 4) / ((D + U) ** 2 + kappa**2 / 4)
    assert pairs / mean**2 == pytest.approx(weak, rel=0.05)
    assert weak < 1e-3 if blockaded else weak > 1e3
