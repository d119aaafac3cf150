from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from phonosync.theory import BosonicNetwork, InputError, drift, steady_states, velocity
from phonosync.theory.fluctuations import complex_jacobian
from phonosync.theory.mean_field import steady_states_of_many
from phonosync.theory.network import cascade
from phonosync.theory.verification.published import kerr_magnomechanics

repeatable = settings(deadline=None, derandomize=True, max_examples=50)
seeds = st.integers(0, 10_000)


def intensities(states, mode=0):
    return np.sort([abs(s.amplitudes[mode]) ** 2 for s in states])


def positive_roots(coefficients):
    roots = np.roots(coefficients)
    return np.sort(roots[np.abs(roots.imag) < 1e-7 * np.abs(roots).max()].real)


# One nonlinear mode: its intensity solves a cubic that can be written by hand.


@repeatable
@given(
    detuning=st.floats(-5, 5),
    loss=st.floats(0.1, 2),
    kerr=st.floats(1e-6, 1).map(lambda k: -k) | st.floats(1e-6, 1),
    drive=st.floats(0.1, 100),
)
def test_a_kerr_mode_has_the_intensities_of_its_cubic(detuning, loss, kerr, drive):
    states = steady_states(
        BosonicNetwork(detuning=[detuning], loss=[loss], kerr=[kerr], drive=[drive])
    )
    # n [(κ/2)² + (D + 2Kn)²] = E², for y = 2Kn of either sign
    cubic = [1, 2 * detuning, detuning**2 + loss**2 / 4, -2 * kerr * drive**2]
    gaps = np.diff(np.roots(np.polyder(cubic)))
    edges = np.polyval(cubic, np.roots(np.polyder(cubic)).real)
    assume(np.all(np.abs(edges) > 1e-4 * abs(cubic[3])) or np.any(np.abs(gaps.imag) > 1e-3))
    expected = np.sort(positive_roots(cubic) / (2 * kerr))
    np.testing.assert_allclose(intensities(states), expected, rtol=1e-6)


@repeatable
@given(seed=seeds)
def test_light_on_a_spring_has_the_intensities_of_its_cubic(seed):
    random = np.random.default_rng(seed)
    D, E = random.uniform(-2, 2), 10 ** random.uniform(0, 3)
    omega, gamma, g = np.array([1.0, 1.1]), np.array([1e-3, 1e-2]), random.normal(size=2) * 1e-2
    pressure = np.zeros((3, 3))
    pressure[0, 1:] = g
    network = BosonicNetwork(
        detuning=[D, *omega], loss=[0.4, *gamma], pressure=pressure, drive=[E, 0, 0]
    )
    # A force -g n bends the springs: 2 g Re b = -(2 g² ω/(ω² + γ²/4)) n.
    bend = np.sum(2 * g**2 * omega / (omega**2 + gamma**2 / 4))
    expected = positive_roots([bend**2, -2 * bend * D, D**2 + 0.04, -(E**2)])
    assume(len(expected) == 1 or np.min(np.diff(expected) / expected[1:]) > 1e-3)
    np.testing.assert_allclose(intensities(steady_states(network)), expected, rtol=1e-8)


@repeatable
@given(
    loss=st.floats(0.1, 10),
    kerr=st.floats(1e-9, 1),
    fraction=st.floats(0.5, 0.999) | st.floats(1.001, 3),
)
def test_a_kerr_mode_is_bistable_only_beyond_root_three_halves_of_its_linewidth(
    loss, kerr, fraction
):
    detuning = -fraction * np.sqrt(3) / 2 * loss
    # At the inflection of the cubic, y = 2Kn = -2D/3, the drive is the most favourable one.
    y = -2 * detuning / 3
    drive = np.sqrt(y * ((detuning + y) ** 2 + loss**2 / 4) / (2 * kerr))
    states = steady_states(
        BosonicNetwork(detuning=[detuning], loss=[loss], kerr=[kerr], drive=[drive])
    )
    assert [s.stable for s in states] == ([True, False, True] if fraction > 1 else [True])


# Symmetries, for several nonlinear modes.


def two_kerr_modes(seed, **changes):
    random = np.random.default_rng(seed)
    J = random.uniform(0.1, 1) * np.exp(2j * np.pi * random.random())
    network = {
        "detuning": random.uniform(-3, 3, 2),
        "loss": random.uniform(0.1, 1, 2),
        "exchange": np.array([[0, J], [J.conjugate(), 0]]),
        "kerr": random.uniform(-1, 1, 2) * 10 ** random.uniform(-4, 0),
    }
    network["drive"] = (
        10 ** random.uniform(0, 0.7)
        * (random.uniform(-1, 1, (2, 2)) @ [1, 1j])
        / np.sqrt(np.abs(network["kerr"]).max())
    )
    return BosonicNetwork(**{**network, **changes})


def equal_pair(_random=None):
    return BosonicNetwork(
        detuning=[-2.0, -2.0],
        loss=[1.0, 1.0],
        exchange=[[0, 0.6], [0.6, 0]],
        kerr=[0.1, 0.1],
        drive=[4.0, 4.0],
    )


def test_an_undriven_network_rests(random_network):
    quiet = BosonicNetwork(
        detuning=[1, 1.2], loss=[0.2, 0.3], exchange=[[0, 0.3], [0.3, 0]], kerr=[1e-3, -2e-3]
    )
    for network in (quiet, random_network(3, modes=2, drive=0.0)):
        still = [s for s in steady_states(network) if np.allclose(s.amplitudes, 0, atol=1e-9)]
        assert len(still) == 1


def test_a_linear_network_responds_with_its_susceptibility(linear_network):
    base = linear_network(8)
    E = np.array([1.0, 2j, -0.5])
    network = BosonicNetwork(
        detuning=base.detuning, loss=base.loss, exchange=base.exchange, drive=E
    )
    [state] = steady_states(network)
    rate = np.diag(base.loss / 2 + 1j * base.detuning) + 1j * base.exchange
    np.testing.assert_allclose(rate @ state.amplitudes, E, atol=1e-14)
    assert state.stable


@pytest.mark.parametrize("seed", [1, 10, 12])
def test_the_mirrored_hamiltonian_has_the_conjugate_steady_states(seed):
    network = two_kerr_modes(seed)
    mirrored = BosonicNetwork(
        detuning=-network.detuning,
        loss=network.loss,
        exchange=-network.exchange.conj(),
        kerr=-network.kerr,
        drive=network.drive.conj(),
    )
    states, images = steady_states(network), steady_states(mirrored)
    assert len(states) == len(images)
    for state, image in zip(states, images, strict=True):
        np.testing.assert_allclose(image.amplitudes.conj(), state.amplitudes, rtol=1e-9)
        assert image.growth == pytest.approx(state.growth, rel=1e-6)


@pytest.mark.parametrize("phase", [0.7, -2.0])
def test_the_phase_of_the_drive_turns_the_light_and_leaves_the_phonon(phase):
    g = [[0, 2e-2], [0, 0]]
    make = {"detuning": [-1.0, 1.0], "loss": [0.2, 1e-3], "pressure": g, "kerr": [1e-4, 0]}
    plain = steady_states(BosonicNetwork(**make, drive=[20.0, 0]))
    turned = steady_states(BosonicNetwork(**make, drive=[20.0 * np.exp(1j * phase), 0]))
    for a, b in zip(plain, turned, strict=True):
        np.testing.assert_allclose(
            b.amplitudes, a.amplitudes * [np.exp(1j * phase), 1], rtol=1e-9, atol=1e-9
        )


def test_two_equal_modes_break_their_symmetry_in_mirror_pairs():
    amplitudes = [s.amplitudes for s in steady_states(equal_pair())]
    assert sum(not np.isclose(*c, rtol=1e-3) for c in amplitudes) == 6
    for c in amplitudes:
        assert any(np.allclose(c[::-1], other, rtol=1e-8) for other in amplitudes)


# No steady state is missed.


def hybrid(random):
    """A photon that exchanges with a Kerr magnon; both press on two phonons."""
    J, g = np.zeros((4, 4)), np.zeros((4, 4))
    J[0, 1] = J[1, 0] = random.uniform(0.1, 0.6)
    g[0, 2:] = random.uniform(0.5e-4, 2e-4, 2)
    g[1, 2] = random.choice([0, 1e-4])
    return BosonicNetwork(
        detuning=[*random.uniform(-2, 2, 2), 1, random.uniform(1, 1.2)],
        loss=[0.2, random.uniform(0.05, 0.3), 5e-4, 5e-4],
        exchange=J,
        pressure=g,
        kerr=[0, random.uniform(-3e-5, 3e-5), 0, 0],
        drive=[10 ** random.uniform(1, 3.2), 0, 0, 0],
    )


def counter_propagating(random):
    """Two directions of light joined by backscattering press on the same two joined phonons."""
    J, g = np.zeros((4, 4)), np.zeros((4, 4))
    J[0, 1] = J[1, 0] = random.uniform(0, 0.3)
    J[2, 3] = J[3, 2] = random.uniform(0, 0.1)
    g[:2, 2:] = random.uniform(-2e-4, 2e-4, (2, 2))
    return BosonicNetwork(
        detuning=[*random.uniform(-2, 2, 2), 1, random.uniform(1, 1.2)],
        loss=[0.2, 0.2, 5e-4, 5e-4],
        exchange=J,
        pressure=g,
        drive=[10 ** random.uniform(1, 3.2), 0, 0, 0],
    )


def hardening_spring(random):
    """A Kerr photon presses on a pushed phonon with a Kerr term of its own."""
    return BosonicNetwork(
        detuning=[random.uniform(-2, 2), 1],
        loss=[0.2, 1e-2],
        pressure=[[0, random.uniform(5e-4, 2e-3)], [0, 0]],
        kerr=[random.uniform(-1e-5, 1e-5), random.uniform(-1e-4, 1e-4)],
        drive=[10 ** random.uniform(1, 2.5), random.uniform(0, 3)],
    )


def cross_kerr_pair(random):
    """A driven magnon and a phonon that turn each other, as two YIG spheres' modes do."""
    X, g = np.zeros((3, 3)), np.zeros((3, 3))
    X[1, 2] = X[2, 1] = random.uniform(-2e-3, 2e-3)
    g[1, 2] = random.uniform(-2e-2, 2e-2)
    J = np.zeros((3, 3))
    J[0, 1] = J[1, 0] = 0.3
    return BosonicNetwork(
        detuning=[*random.uniform(-2, 2, 2), 1],
        loss=[0.2, 0.2, 1e-2],
        exchange=J,
        pressure=g,
        kerr=[0, random.uniform(-1e-2, 1e-2), 0],
        cross_kerr=X,
        drive=[0, 10 ** random.uniform(0.5, 1.5), 0],
    )


def brownian_spring(random):
    """The hardening spring with its phonon damped as a heavy particle is."""
    spring = hardening_spring(random)
    return replace(spring, brownian=[False, True], loss=[0.2, 0.3])


def cascaded_kerr(random):
    """The output of one Kerr mode drives the next."""
    exchange, shared = cascade(0, 1, (0.4, 0.5), random.uniform(0, 6), modes=2)
    return BosonicNetwork(
        detuning=-random.uniform(0.5, 2, 2),
        loss=[0.4, 0.5],
        exchange=exchange,
        shared_loss=shared,
        kerr=random.uniform(0, 0.1, 2),
        drive=[random.uniform(1, 4), random.uniform(0, 2)],
    )


def kerr_pair(random):
    return two_kerr_modes(int(random.integers(10_000)))


def newton_from_everywhere(network, random, starts=400):
    """Zeros of the velocity that Newton's method finds from amplitudes of all sizes and phases."""
    N = network.modes
    size = np.abs(np.linalg.solve(network.rate_matrix, network.drive))
    size = np.maximum(size, 1e-3 * size.max()) * 10 ** random.uniform(-2, 1.5, (starts, N))
    c = size * np.exp(2j * np.pi * random.random((starts, N)))
    step = c
    for _ in range(120):
        v = velocity(network, c)
        P, Q = complex_jacobian(network, c)
        full = np.block([[P, Q], [Q.conj(), P.conj()]])
        right = np.concatenate([v, v.conj()], axis=-1)[..., None]
        step = np.linalg.solve(full, right)[:, :N, 0]
        c = c - step
    settled = np.linalg.norm(step, axis=1) < 1e-9 * np.linalg.norm(c, axis=1)
    return c[settled]


@pytest.mark.parametrize(
    ("family", "seed", "count"),
    [
        (hybrid, 0, 3),
        (hybrid, 1, 1),
        (hybrid, 9, 3),
        (counter_propagating, 0, 1),
        (counter_propagating, 12, 3),
        (hardening_spring, 2, 3),
        (hardening_spring, 4, 3),
        (kerr_pair, 0, 1),
        (kerr_pair, 4, 3),
        (kerr_pair, 10, 3),
        (equal_pair, 0, 7),
        (cross_kerr_pair, 2, 3),
        (cross_kerr_pair, 8, 5),
        (cross_kerr_pair, 24, 5),
        (brownian_spring, 4, 3),
        (brownian_spring, 7, 5),
        (brownian_spring, 15, 5),
        (cascaded_kerr, 3, 3),
        (cascaded_kerr, 4, 5),
        (cascaded_kerr, 29, 7),
    ],
)
def test_no_search_finds_a_steady_state_that_was_missed(family, seed, count):
    random = np.random.default_rng(seed)
    network = family(random)
    states = steady_states(network)
    assert len(states) == count
    for state in states:
        v = velocity(network, state.amplitudes)
        assert np.abs(v).max() <= 1e-10 * np.abs(network.drive).max()
    found = newton_from_everywhere(network, random)
    assert len(found) > 50
    known = np.array([s.amplitudes for s in states])
    distance = np.linalg.norm(found[:, None] - known, axis=-1).min(axis=1)
    assert np.all(distance < 1e-6 * np.linalg.norm(found, axis=1))
    # Far out every motion points inwards, so the indices of the steady states sum to one.
    indices = [np.sign(np.linalg.det(drift(network, c))) for c in known]
    assert sum(indices) == 1


def test_a_stable_state_is_where_the_motion_ends():
    network = BosonicNetwork(detuning=[-2.0], loss=[1.0], kerr=[0.1], drive=[2.2])
    low, middle, high = steady_states(network)
    for offset, end in ((-0.05, low), (0.05, high)):
        start = middle.amplitudes[0] + offset * (high.amplitudes[0] - low.amplitudes[0])
        path = solve_ivp(lambda _, c: velocity(network, c), (0, 150), [start], rtol=1e-9)
        assert path.y[0, -1] == pytest.approx(end.amplitudes[0], abs=1e-6)


def test_a_batch_of_networks_is_taken_one_by_one():
    batch = BosonicNetwork(detuning=[[1.0], [2.0]], loss=[0.1], drive=[1.0])
    with pytest.raises(InputError, match="steady_states_of_many"):
        steady_states(batch)
    found = [steady_states(n)[0].amplitudes[0] for n in batch.each()]
    np.testing.assert_allclose(found, 1 / (0.05 + 1j * np.array([1.0, 2.0])))
    together = steady_states_of_many(batch)
    np.testing.assert_allclose(together.amplitudes[:, 0, 0], found)


@pytest.mark.parametrize(
    "family", [hybrid, cascaded_kerr, brownian_spring, counter_propagating, cross_kerr_pair]
)
def test_many_networks_at_once_have_the_states_that_each_has_alone(family):
    networks = [family(np.random.default_rng(seed)) for seed in range(16)]
    batch = BosonicNetwork(
        **{name: np.stack([getattr(n, name) for n in networks]) for name in vars(networks[0])}
    )
    together = steady_states_of_many(batch)
    assert together.amplitudes.shape[-2] > 1
    for n, network in enumerate(networks):
        alone = steady_states(network)
        assert np.sum(np.isfinite(together.growth[n])) == len(alone)
        for s, state in enumerate(alone):
            np.testing.assert_allclose(together.amplitudes[n, s], state.amplitudes, rtol=1e-9)
            assert together.growth[n, s] == pytest.approx(state.growth, rel=1e-6)


# Gupta et al., PRA 110, 063504: a Kerr magnon between a photon and a phonon. Their amplitude rates
# are half of ours; their phonon is damped on its momentum alone, which moves no steady state by
# more than (γ/ω)² and changes only the fluctuations.


def test_the_published_kerr_magnon_is_bistable_at_50_mw():
    states = steady_states(kerr_magnomechanics(50e-3))
    np.testing.assert_allclose(
        intensities(states, mode=1), [6.331e13, 3.456e14, 6.489e14], rtol=2e-4
    )
    assert [s.stable for s in states] == [True, False, True]


@pytest.mark.parametrize(("power_mw", "count"), [(13.7, 1), (14.3, 3), (81.7, 3), (82.3, 1)])
def test_the_published_kerr_magnon_is_bistable_from_14_to_82_mw(power_mw, count):
    assert len(steady_states(kerr_magnomechanics(power_mw * 1e-3))) == count


@pytest.mark.parametrize(("power_mw", "stable"), [(126.2, True), (126.6, False)])
def test_the_published_upper_branch_starts_to_oscillate_at_126_mw(power_mw, stable):
    assert steady_states(kerr_magnomechanics(power_mw * 1e-3))[-1].stable is stable


@pytest.mark.parametrize("power_mw", [0.2, 14.0, 50.0, 82.0, 126.4, 200.0])
def test_the_field_along_the_other_axis_leaves_one_stable_branch(power_mw):
    [state] = steady_states(kerr_magnomechanics(power_mw * 1e-3, sign=-1))
    assert state.stable
