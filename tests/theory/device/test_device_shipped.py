"""The devices that no paper describes: their numbers, and what their descriptions promise."""

from dataclasses import replace

import numpy as np
import pytest

from phonosync.theory import (
    BosonicNetwork,
    complete_synchronization,
    diffusion,
    drift,
    load_device,
    occupations,
    phi_synchronization,
    shipped_devices,
    steady_covariance,
    steady_states,
)
from phonosync.theory.thermal import HBAR
from phonosync.theory.trajectory import follow

TWO_PI = 2 * np.pi
MHZ = TWO_PI * 1e6
DIRECTIONS = [(light, field) for light in (+1, -1) for field in (+1, -1)]


def only(shape, **entries):
    """A matrix of the entries kl=value, zero elsewhere."""
    M = np.zeros((shape, shape))
    for place, value in entries.items():
        M[int(place[1]), int(place[2])] = value
    return M


def both(M):
    return M + M.T


def fluctuations(network):
    """Amplitudes and covariance of the only stable state."""
    [state] = [s for s in steady_states(network) if s.stable]
    A = drift(network, state.amplitudes)
    return state.amplitudes, steady_covariance(A, diffusion(network))


def S_c(network):
    *_, first, second = range(network.modes)
    return float(complete_synchronization(fluctuations(network)[1], first, second))


@pytest.mark.parametrize("name", shipped_devices())
def test_every_shipped_device_is_a_network_for_every_direction(name):
    device = load_device(name)
    for light, field in DIRECTIONS:
        network = device.network(light=light, field=field)
        assert network.modes == len(device.modes)
        assert np.any(network.drive)
    assert not np.any(device.network(light=0, microwave_power=0.0).drive)


@pytest.mark.parametrize("name", shipped_devices())
def test_every_shipped_device_says_how_much_made_devices_differ(name):
    device = load_device(name)
    assert device.disorder is not None
    assert 0 < device.disorder.frequency < device.disorder.linewidth < 0.2
    assert "order of magnitude" in device.description or "orders of magnitude" in device.description


def test_what_is_not_verified_says_so_first():
    assert load_device("shen_sphere").description.startswith("Unverified")


# Two cells coupled by light


def cells(**changes):
    """Cells of 10 and 10.05 MHz; as Mari's in units of the frequency: κ 0.3, γ 0.01, gE 0.24."""
    return BosonicNetwork(
        **{
            "detuning": MHZ * np.array([-10, 10, -10.05, 10.05]),
            "loss": MHZ * np.array([3, 0.1, 3, 0.1]),
            "pressure": MHZ * only(4, _01=1e-3, _23=1e-3),
            "drive": MHZ * np.array([24e3, 0, 24e3, 0]),
            **changes,
        }
    )


def assert_rates(network, expected):
    for name in ("detuning", "loss", "pressure", "exchange", "shared_loss", "kerr", "cross_kerr"):
        theirs = getattr(expected, name)
        limit = 1e-9 * np.abs(theirs).max()
        np.testing.assert_allclose(getattr(network, name), theirs, atol=limit, err_msg=name)
    # Powers in the files have six digits.
    np.testing.assert_allclose(network.drive, expected.drive, rtol=2e-6, atol=1e-3)


def test_the_pair_of_cells_hops_photons_alike_for_both_directions_of_light():
    hopping = MHZ * 1j * (only(4, _02=1.0) - only(4, _20=1.0))
    for light in (+1, -1):
        network = load_device("optical_pair").network(light=light)
        assert_rates(network, cells(exchange=hopping))


def test_the_one_way_pair_is_driven_downstream_only():
    network = load_device("optical_pair_one_way").network(light=+1)
    # dc_2/dt gains √(κ_1κ_2 T) e^{iφ} c_1, of ports of 2 MHz, T = 0.9, φ = −45°.
    arriving = 2 * MHZ * np.sqrt(0.9) * np.exp(-0.25j * np.pi)
    joined = network.rate_matrix - np.diag(np.diag(network.rate_matrix))
    np.testing.assert_allclose(joined, -arriving * only(4, _20=1.0), atol=1.0)
    uncoupled = replace(network, exchange=0.0, shared_loss=0.0)
    assert_rates(uncoupled, cells())
    assert_rates(load_device("optical_pair_one_way").network(light=-1), cells())


def lock(network, periods=150, window=40):
    """Slip of the phonons' phases over the window, and the mean of S_φ there."""
    times = (TWO_PI * periods - TWO_PI / 20 * np.arange(window * 20)[::-1]) / network.detuning[1]
    run = follow(network, np.concatenate([[0.0], times]), rtol=1e-9)
    motion = run.amplitudes[1:] - run.amplitudes[1:].mean(axis=0)
    apart = np.unwrap(np.angle(motion[:, 1] * motion[:, 3].conj()))
    S_phi = phi_synchronization(run.covariance[1:], motion, 1, 3)
    return np.ptp(apart), float(S_phi.mean())


def test_one_way_light_locks_the_second_phonon_to_the_first():
    device = load_device("optical_pair_one_way")
    slip, synchronized = lock(device.network(light=+1))
    assert slip < 0.1
    free, apart = lock(device.network(light=-1))
    # Uncoupled, they part by 0.005 turns a period.
    assert free == pytest.approx(TWO_PI * 0.005 * 40, rel=0.05)
    assert synchronized > 50 * apart


def test_hopping_photons_lock_the_pair():
    network = load_device("optical_pair").network()
    slip, synchronized = lock(network)
    assert slip < 0.1
    free, apart = lock(replace(network, exchange=0.0))
    assert free > 1.0
    assert synchronized > 50 * apart


# A ring that scatters light back


@pytest.mark.parametrize(("light", "driven", "counter"), [(+1, 10, 20), (-1, 20, 10)])
def test_the_scattering_ring_has_both_circulating_modes(light, driven, counter):
    expected = BosonicNetwork(
        detuning=MHZ * np.array([driven, counter, 10, 11]),
        loss=MHZ * np.array([2, 2, 5e-3, 5e-3]),
        exchange=MHZ * both(only(4, _01=0.5)),
        pressure=MHZ * only(4, _02=1e-3, _03=1e-3, _12=1e-3, _13=1e-3),
        drive=MHZ * np.array([7e3, 0, 0, 0]),
    )
    assert_rates(load_device("ring_backscattering").network(light=light), expected)


def test_without_scattering_the_counter_mode_only_watches():
    for light in (+1, -1):
        scattering = load_device("ring_backscattering").network(light=light)
        ring = load_device("ring").network(light=light)
        assert S_c(replace(scattering, exchange=0.0)) == pytest.approx(S_c(ring), rel=1e-9)


def test_scattering_spoils_the_isolation():
    device = load_device("ring_backscattering")
    isolation = [
        S_c(replace(device.network(light=+1), exchange=J))
        / S_c(replace(device.network(light=-1), exchange=J))
        for J in (MHZ * rate * both(only(4, _01=1.0)) for rate in (0.0, 0.5, 1.0, 2.0))
    ]
    assert np.all(np.diff(isolation) < 0)
    assert isolation[0] == pytest.approx(0.6094 / 0.0359, rel=5e-3)
    assert device.disorder is not None
    assert device.disorder.backscattering == 200e3


# YIG spheres


@pytest.mark.parametrize("field", [+1, -1])
def test_the_two_spheres_share_one_cavity(field):
    E = np.sqrt(2 * MHZ * 75e-3 / (HBAR * 9994 * MHZ))
    expected = BosonicNetwork(
        detuning=MHZ * np.array([6, -1, -1, 10, 10.2]),
        loss=MHZ * np.array([2, 2, 2, 20e-6, 20e-6]),
        exchange=MHZ * both(only(5, _01=3.2, _02=3.2)),
        pressure=TWO_PI * only(5, _13=1e-3, _24=1e-3),
        kerr=field * TWO_PI * 6.5e-9 * np.array([0, 1, 1, 0, 0]),
        drive=[0, E, E, 0, 0],
    )
    assert_rates(load_device("yig_pair").network(field=field), expected)


def test_the_axis_of_the_field_cools_the_two_spheres_into_step_or_leaves_them_hot():
    device = load_device("yig_pair")
    cold, hot = (
        occupations(fluctuations(device.network(field=field))[1])[3:] for field in (+1, -1)
    )
    baths = device.network().occupation[3:]
    assert np.all(cold < 0.1 * baths)
    assert np.all(hot > 0.9 * baths)
    # The magnons' own intensity lifts them: 4 K |m|² of the linearised motion.
    c, _ = fluctuations(device.network(field=+1))
    lifted = -1 + 4 * 6.5e-15 * np.abs(c[1:3]) ** 2
    np.testing.assert_allclose(lifted, 10, atol=3)


def test_the_sphere_is_bistable_for_one_axis_of_the_field():
    device = load_device("shen_sphere")
    along_100, along_110 = (steady_states(device.network(field=field)) for field in (+1, -1))
    assert [s.stable for s in along_100] == [True, False, True]
    assert [s.stable for s in along_110] == [True]


def test_the_sphere_has_its_three_nonlinearities():
    E = np.sqrt(2.2 * MHZ * 0.1 / (HBAR * 7643 * MHZ))
    expected = BosonicNetwork(
        detuning=MHZ * np.array([10, -5, 11]),
        loss=MHZ * np.array([2.8, 2.2, 550e-6]),
        exchange=MHZ * both(only(3, _01=7.4)),
        pressure=TWO_PI * only(3, _12=1.2e-3),
        cross_kerr=TWO_PI * both(only(3, _12=-5.4e-12)),
        kerr=TWO_PI * np.array([0, 6.4e-9, 0]),
        drive=[0, E, 0],
    )
    assert_rates(load_device("shen_sphere").network(), expected)


def test_cross_kerr_pulls_the_spheres_vibration_by_the_magnons_it_holds():
    network = load_device("shen_sphere").network(field=-1)
    [with_it] = steady_states(network)
    without = replace(network, cross_kerr=0.0)
    pulled = []
    for n in (network, without):
        ringing = np.linalg.eigvals(drift(n, with_it.amplitudes))
        slowest = ringing[np.argsort(-ringing.real)[:2]]
        pulled.append(float(np.abs(slowest.imag).max()))
    magnons = float(abs(with_it.amplitudes[1]) ** 2)
    assert pulled[0] - pulled[1] == pytest.approx(-TWO_PI * 5.4e-12 * magnons, rel=1e-2)
