"""Devices above threshold: published numbers, and an integrator that knows nothing of cycles."""

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from phonosync.theory import load_device, velocity
from phonosync.theory.checked_file import check, read_yaml
from phonosync.theory.device import Device
from phonosync.theory.dynamics.self_oscillation import oscillations


def file_of_cells():
    path = resources.files("phonosync.theory") / "devices" / "mari_cells.yaml"
    return read_yaml(Path(str(path)), "device file")


@pytest.fixture(scope="module")
def published():
    motion: Any
    [motion] = oscillations(load_device("mari_cells"))
    return motion


def test_two_coupled_cells_synchronize_round_their_cycle_as_published(published):
    """Mari et al., doi:10.1103/PhysRevLett.111.103605, mu = 0.02."""
    assert published.kind == "limit cycle"
    assert published.S_c == pytest.approx(0.2824, abs=1e-3)
    assert published.S_p == pytest.approx(0.1715, abs=1e-3)


def test_identical_cells_move_in_step_and_alike(published):
    phonons = load_device("mari_cells").phonons
    assert published.phase_difference == pytest.approx(0, abs=1e-6)
    first, second = published.excursion[phonons]
    assert first == pytest.approx(second, rel=1e-9)
    # Then turning both frames by their phases changes nothing.
    assert published.S_phi == pytest.approx(published.S_c, rel=1e-9)


def test_the_cycle_is_the_one_that_plain_integration_ends_on(published):
    device = load_device("mari_cells")
    network = device.network()
    unit = 2 * np.pi * 1e6

    def motion(_, y):
        c = y[: network.modes] + 1j * y[network.modes :]
        dc = velocity(network, c) / unit
        return np.concatenate([dc.real, dc.imag])

    start, stop = 2 * np.pi * 150, 2 * np.pi * 200
    times = np.linspace(start, stop, 4001)
    found = solve_ivp(
        motion, (0, stop), np.zeros(2 * network.modes), t_eval=times, rtol=1e-6, method="DOP853"
    )
    b = found.y[device.phonons[0]] + 1j * found.y[network.modes + device.phonons[0]]
    away = b - published.mean[device.phonons[0]]
    frequency = -np.polyfit(times, np.unwrap(np.angle(away)), 1)[0] * unit
    assert published.frequency == pytest.approx(frequency, rel=1e-4)
    rms = np.sqrt(np.mean(np.abs(away) ** 2))
    assert published.excursion[device.phonons[0]] == pytest.approx(rms, rel=1e-2)


def test_period_frequency_and_orbit_are_of_one_motion(published):
    assert published.period * published.frequency == pytest.approx(2 * np.pi)
    about = published.orbit - published.mean
    assert np.sqrt(np.mean(np.abs(about) ** 2, axis=0)) == pytest.approx(published.excursion)
    assert np.abs(about.mean(axis=0)).max() < 1e-9 * np.abs(about).max()
    assert published.linewidth > 0


def test_more_phonon_heat_makes_the_oscillation_less_coherent_and_less_synchronized(published):
    content = file_of_cells()
    for phonon in ("phonon_1", "phonon_2"):
        content["modes"][phonon]["occupation"] = 10.0
    [warm] = oscillations(check(content, Device, "here"))
    assert warm.linewidth > published.linewidth
    assert warm.S_c == pytest.approx(0.0883, abs=1e-3)  # published for 10 quanta
    assert warm.frequency == pytest.approx(published.frequency, rel=1e-9)  # a mean field's


def test_light_that_couples_one_way_locks_for_one_direction_only():
    found = {o.light: o for o in oscillations(load_device("optical_pair_one_way"))}
    assert found[1].kind == "limit cycle"
    assert found[1].S_c
    assert found[-1].kind == "quasi-periodic"
    assert found[-1].S_c is found[-1].frequency is found[-1].phase_difference is None
    assert np.all(found[-1].excursion[load_device("optical_pair_one_way").phonons] > 1e3)


@pytest.mark.parametrize("name", ["ring", "reciprocal", "huang_resonator", "gupta_kerr"])
def test_a_device_with_a_stable_state_does_not_oscillate(name):
    assert oscillations(load_device(name)) == []


def test_a_single_cell_oscillates_alone_and_nobody_speaks_of_synchronization():
    content = file_of_cells()
    content["modes"] = {n: m for n, m in content["modes"].items() if n.endswith("1")}
    content["ports"] = {"fibre_1": content["ports"]["fibre_1"]}
    content["couplings"] = content["couplings"][:1]
    content["drives"] = content["drives"][:1]
    [motion] = oscillations(check(content, Device, "here"))
    assert motion.kind == "limit cycle"
    assert motion.S_c is motion.S_p is motion.S_phi is motion.phase_difference is None
    assert motion.linewidth
    assert motion.linewidth > 0
