import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import BosonicNetwork, InputError, drift, velocity
from phonosync.theory.network import cascade

repeatable = settings(deadline=None, derandomize=True, max_examples=40)
seeds = st.integers(0, 10_000)


def classical_hamiltonian(n, c):
    """H/ħ of the amplitudes, term by term as the model is written."""
    H = np.sum(n.detuning * abs(c) ** 2 + n.kerr * abs(c) ** 4)
    for k in range(n.modes):
        H += 2 * np.imag(n.drive[k].conj() * c[k])
        for m in range(n.modes):
            H += 2 * n.pressure[k, m] * abs(c[k]) ** 2 * c[m].real
            if k < m:
                H += 2 * np.real(n.exchange[k, m] * c[k].conj() * c[m])
                H += n.cross_kerr[k, m] * abs(c[k] * c[m]) ** 2
    return H


@repeatable
@given(seed=seeds)
def test_the_velocity_is_hamiltons_equation_and_damping(random_network, seed):
    network, h = random_network(seed), 1e-4
    c = np.random.default_rng(seed + 1).normal(size=(3, 2)) @ [1, 1j]
    by_conjugate = np.empty(3, complex)
    for k, e in enumerate(np.eye(3) * h):
        rise = [
            classical_hamiltonian(network, c + d) - classical_hamiltonian(network, c - d)
            for d in (e, 1j * e)
        ]
        by_conjugate[k] = (rise[0] + 1j * rise[1]) / (4 * h)
    # A Brownian mode loses twice the imaginary part, another one both parts.
    damped = np.where(network.brownian, 2j * c.imag, c)
    expected = -1j * by_conjugate - network.loss / 2 * damped - network.shared_loss @ c / 2
    np.testing.assert_allclose(velocity(network, c), expected, atol=1e-6)


def test_a_brownian_phonon_rings_at_the_frequency_of_a_damped_pendulum():
    network = BosonicNetwork(detuning=[1.0], loss=[0.6], brownian=[True])
    ringing = np.linalg.eigvals(drift(network, [0.0]))
    np.testing.assert_allclose(sorted(ringing.imag), [-np.sqrt(0.91), np.sqrt(0.91)])
    np.testing.assert_allclose(ringing.real, -0.3)


def test_in_a_cascade_the_second_mode_follows_the_first_and_never_the_reverse():
    exchange, shared = cascade(0, 1, (0.4, 0.9), 0.7, modes=2)
    network = BosonicNetwork(
        detuning=[0.2, -0.3], loss=[0.4, 0.9], exchange=exchange, shared_loss=shared
    )
    by_first = velocity(network, [1.0, 0.0])
    np.testing.assert_allclose(by_first, [-0.2 - 0.2j, 0.6 * np.exp(0.7j)], atol=1e-15)
    by_second = velocity(network, [0.0, 1.0])
    np.testing.assert_allclose(by_second, [0.0, -0.45 + 0.3j], atol=1e-15)


@repeatable
@given(seed=seeds)
def test_neither_pressure_nor_kerr_nor_detuning_changes_how_fast_light_decays(seed):
    random = np.random.default_rng(seed)
    g = np.zeros((3, 3))
    g[0, 1:] = random.normal(size=2)
    network = BosonicNetwork(
        detuning=random.normal(size=3), loss=[0.7, 0.1, 0.2], pressure=g, kerr=random.normal(size=3)
    )
    c = random.normal(size=(3, 2)) @ [1, 1j]
    decay = 2 * np.real(c[0].conj() * velocity(network, c)[0])
    assert decay == pytest.approx(-0.7 * abs(c[0]) ** 2, rel=1e-12)


@repeatable
@given(seed=seeds)
def test_exchange_moves_quanta_but_makes_none(linear_network, seed):
    network = linear_network(seed)
    c = np.random.default_rng(seed).normal(size=(3, 2)) @ [1, 1j]
    change = 2 * np.real(np.sum(c.conj() * velocity(network, c)))
    assert change == pytest.approx(-np.sum(network.loss * abs(c) ** 2), rel=1e-12)


def test_a_batch_moves_as_its_networks_one_by_one(random_network):
    single = random_network(5)
    kerr = np.linspace(-1, 1, 4)[:, None, None] * np.ones(3)
    detuning = single.detuning + np.arange(2)[:, None]
    changed = {"detuning": detuning, "kerr": kerr}
    same = {name: value for name, value in vars(single).items() if name not in changed}
    batch = BosonicNetwork(**changed, **same)
    assert batch.batch == (4, 2)
    c = np.random.default_rng(0).normal(size=(4, 2, 3, 2)) @ [1, 1j]
    together = velocity(batch, c).reshape(-1, 3)
    networks = list(batch.each())
    assert len(networks) == 8
    assert all(n.batch == () for n in networks)
    for n, start, moved in zip(networks, c.reshape(-1, 3), together, strict=True):
        np.testing.assert_allclose(velocity(n, start), moved, rtol=1e-13)
    np.testing.assert_array_equal(networks[5].kerr, kerr[2, 0])
    np.testing.assert_array_equal(networks[5].detuning, detuning[1])


def test_one_number_stands_for_every_mode():
    network = BosonicNetwork(detuning=[1.0, 2.0], loss=0.5, drive=3.0)
    np.testing.assert_array_equal(network.loss, [0.5, 0.5])
    np.testing.assert_array_equal(network.drive, [3.0, 3.0])
    assert BosonicNetwork(detuning=1.0, loss=0.5).modes == 1


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"loss": [0.1, 0.0]}, "positive energy decay rate"),
        ({"loss": [0.1, 0.2, 0.3]}, r"last dimensions must be \(2,\)"),
        ({"drive": [1.0, np.nan]}, "give finite numbers"),
        ({"occupation": [0.0, -1.0]}, "0 or more"),
        ({"exchange": [[0, 1j], [1j, 0]]}, "write every coupling in both places"),
        ({"exchange": [[1, 0], [0, 0]]}, "belongs in detuning"),
        ({"pressure": [[0, 0], [0, 1]]}, "cannot press on itself"),
        ({"pressure": [0.0, 1.0]}, r"last dimensions must be \(2, 2\)"),
        ({"cross_kerr": [[0, 1], [2, 0]]}, "write every coupling in both places"),
        ({"cross_kerr": [[1, 0], [0, 0]]}, "own Kerr term belongs in kerr"),
        ({"shared_loss": [[0, 1j], [1j, 0]]}, "write every coupling in both places"),
        ({"shared_loss": [[0, 0.2], [0.2, 0]]}, "gain 0.05.*lower it, or raise the loss"),
        ({"shared_loss": [[0, 0.1], [0.1, 0]], "brownian": True}, "set brownian to False"),
    ],
)
def test_a_network_that_cannot_exist_is_refused_with_advice(wrong, advice):
    with pytest.raises(InputError, match=advice):
        BosonicNetwork(**{"detuning": [1.0, 1.0], "loss": [0.1, 0.2], **wrong})
