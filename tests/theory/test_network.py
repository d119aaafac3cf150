import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonosync.theory import BosonicNetwork, InputError, velocity

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
    expected = -1j * by_conjugate - network.loss / 2 * c
    np.testing.assert_allclose(velocity(network, c), expected, atol=1e-6)


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
    fields = ("loss", "exchange", "pressure", "drive", "occupation")
    same = {name: getattr(single, name) for name in fields}
    batch = BosonicNetwork(detuning=detuning, kerr=kerr, **same)
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
    ],
)
def test_a_network_that_cannot_exist_is_refused_with_advice(wrong, advice):
    with pytest.raises(InputError, match=advice):
        BosonicNetwork(**{"detuning": [1.0, 1.0], "loss": [0.1, 0.2], **wrong})
