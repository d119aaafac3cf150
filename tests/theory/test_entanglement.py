import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import (
    BosonicNetwork,
    bath_occupation,
    diffusion,
    drift,
    logarithmic_negativity,
    steady_covariance,
)
from phonosync.theory.published import magnomechanics

repeatable = settings(deadline=None, derandomize=True, max_examples=60)
seeds = st.integers(0, 10_000)


def two_mode_squeezed(r):
    c, s = np.cosh(2 * r) / 2, np.sinh(2 * r) / 2
    return np.block([[c * np.eye(2), s * np.diag([1, -1])], [s * np.diag([1, -1]), c * np.eye(2)]])


def prepared_apart(first, second):
    nothing = np.zeros((len(first), len(second)))
    return np.block([[first, nothing], [nothing.T, second]])


@repeatable
@given(r=st.floats(0, 4))
def test_the_two_mode_squeezed_vacuum_holds_twice_its_squeezing(r):
    # Ten digits of r = 4 are lost in the determinant of numbers near e^8.
    assert logarithmic_negativity(two_mode_squeezed(r), 0, 1) == pytest.approx(2 * r, abs=1e-6)


@repeatable
@given(seed=seeds)
def test_it_is_the_smallest_symplectic_eigenvalue_after_partial_transposition(
    physical_state, symplectic_form, seed
):
    V = physical_state(seed, quanta=0.1)
    flip = np.diag([1, 1, 1, -1])
    spectrum = np.linalg.eigvals(1j * symplectic_form(2) @ flip @ V @ flip)
    expected = max(0.0, -np.log(2 * np.abs(spectrum).min()))
    assert logarithmic_negativity(V, 0, 1) == pytest.approx(expected, abs=1e-7)
    assert logarithmic_negativity(V, 1, 0) == pytest.approx(expected, abs=1e-7)


@repeatable
@given(seed=seeds)
def test_states_prepared_apart_are_not_entangled(physical_state, seed):
    V = prepared_apart(physical_state(seed, modes=1), physical_state(seed + 1, modes=1))
    common_noise = np.kron(np.ones((2, 2)), np.eye(2))
    assert logarithmic_negativity(V, 0, 1) == pytest.approx(0, abs=1e-7)
    assert logarithmic_negativity(V + common_noise, 0, 1) == pytest.approx(0, abs=1e-7)


@repeatable
@given(seed=seeds)
def test_local_operations_leave_entanglement_as_it_is(physical_state, seed):
    V, random = physical_state(seed, quanta=0.1), np.random.default_rng(seed)
    local = []
    for _ in range(2):
        S = random.normal(size=(2, 2))
        S[0] *= np.sign(np.linalg.det(S))
        local.append(S / np.sqrt(np.linalg.det(S)))
    S = prepared_apart(*local)
    assert logarithmic_negativity(S @ V @ S.T, 0, 1) == pytest.approx(
        float(logarithmic_negativity(V, 0, 1)), abs=1e-6
    )


def test_the_pair_is_found_among_other_modes(physical_state):
    V = prepared_apart(physical_state(0, modes=1), two_mode_squeezed(0.5))
    np.testing.assert_allclose(
        [logarithmic_negativity(V, *pair) for pair in ((0, 1), (0, 2), (1, 2))],
        [0, 0, 1],
        atol=1e-7,
    )
    batch = np.stack([V, np.eye(6) / 2])
    np.testing.assert_allclose(logarithmic_negativity(batch, 1, 2), [1, 0], atol=1e-7)


# Li, Zhu, Agarwal, PRL 121, 203601: a photon, a magnon and a phonon share entanglement. Their
# X = (a + a†)/√2 with amplitude rates k and diffusion k (2N + 1) has vacuum variance 1/2, so that
# the project's functions apply to their matrices as printed.

TWO_PI = 2 * np.pi
WA, WB = TWO_PI * 10e9, TWO_PI * 10e6
KA, GB, G_MA = TWO_PI * 1e6, TWO_PI * 100, TWO_PI * 3.2e6
DA, DM = -WB, 0.9 * WB

TABLE = [
    (3.2e6, 0.010, (0.1172, 0.0765, 0.2038)),
    (4.8e6, 0.010, (0.1619, 0.1407, 0.1394)),
    (4.8e6, 0.100, (0.1384, 0.1054, 0.1123)),
    (4.8e6, 0.150, (0.0701, 0.0318, 0.0425)),
    (4.8e6, 0.200, (0.0, 0.0, 0.0)),
]


def as_network(G, T):
    """The same in our terms: energy rates; the phonon's damping acts on q and p alike."""
    J = np.zeros((3, 3))
    J[0, 1] = J[1, 0] = G_MA
    g = np.zeros((3, 3))
    g[1, 2] = 1.0
    # Their G q m† m is g (b + b†) m† m: G = 2 g |m| at a mean magnon amplitude of phase -i.
    amplitudes = np.array([0, -1j * G / 2, 0])
    network = BosonicNetwork(
        detuning=[DA, DM, WB],
        loss=[2 * KA, 2 * KA, GB],
        exchange=J,
        pressure=g,
        occupation=bath_occupation([WA, WA, WB], T),
    )
    return network, amplitudes


def negativities(V):
    return [float(logarithmic_negativity(V, *pair)) for pair in ((0, 1), (1, 2), (0, 2))]


@pytest.mark.parametrize(("G_hz", "T", "published"), TABLE)
def test_photon_magnon_and_phonon_are_entangled_as_published(G_hz, T, published):
    V = steady_covariance(*magnomechanics(G_hz, temperature=T))
    np.testing.assert_allclose(negativities(V), published, atol=1e-3)


@pytest.mark.parametrize(("G_hz", "T", "published"), TABLE)
def test_a_phonon_damped_in_both_quadratures_is_entangled_alike(G_hz, T, published):
    network, amplitudes = as_network(TWO_PI * G_hz, T)
    V = steady_covariance(drift(network, amplitudes), diffusion(network))
    np.testing.assert_allclose(negativities(V), published, atol=1e-3)


def test_the_printed_drift_is_the_networks_but_for_the_phonons_damping():
    G = TWO_PI * 4.8e6
    damping = np.zeros((6, 6))
    damping[4, 4], damping[5, 5] = -GB / 2, GB / 2
    ours = drift(*as_network(G, 0.01))
    np.testing.assert_allclose(ours - damping, magnomechanics(4.8e6)[0], atol=1e-6)
