"""Numbers that are exact: limits, conservation laws, symmetries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from phonosync.theory.device import load_device
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.gaussian_state import uncertainty_margin
from phonosync.theory.mean_field import steady_states
from phonosync.theory.network import BosonicNetwork, cascade
from phonosync.theory.ports import CollectivePort, Port, output_amplitude
from phonosync.theory.ports.scattering import amplitude_scattering, scattering_matrix
from phonosync.theory.synchronization import (
    complete_synchronization,
    occupations,
    phase_synchronization,
)
from phonosync.theory.trajectory import follow
from phonosync.theory.verification.checked_number import Check

EXACT = "exact"
COOLING = "Wilson-Rae 2007, PRL 99, 093901"


def limits() -> Iterator[Check]:
    """The vacuum, baths, cooling, and what a direction without effect must not change."""
    vacuum = np.eye(4) / 2
    yield Check("vacuum: S_c", EXACT, 1.0, float(complete_synchronization(vacuum, 0, 1)), 1e-12)
    S_p = float(phase_synchronization(vacuum, [1.0, 1j], 0, 1))
    yield Check("vacuum: S_p", EXACT, 1.0, S_p, 1e-12)
    margin = float(uncertainty_margin(vacuum))
    yield Check("vacuum: least eigenvalue of V + iΩ/2", EXACT, 0.0, margin, 1e-12)
    pressure = np.zeros((3, 3))
    pressure[0, 1:] = 1e-4
    for n in (0, 1, 5):
        twins = BosonicNetwork(
            detuning=[1, 1, 1],
            loss=[0.2, 5e-4, 5e-4],
            pressure=pressure,
            drive=[700, 0, 0],
            occupation=[0, n, n],
        )
        # The bright mode is cooled to X_b; only the dark one is in q_−.
        S_c = float(complete_synchronization(_stable(twins)[1], 1, 2))
        yield Check(f"two identical phonons, n = {n}: S_c", EXACT, 1 / (2 * n + 1), S_c, 1e-9)
    lone = BosonicNetwork(detuning=[1.3], loss=[0.1], occupation=[3.7])
    quanta = float(occupations(_stable(lone)[1])[0])
    yield Check("a lone mode takes its bath's quanta", EXACT, 3.7, quanta, 1e-9)
    both = float(occupations(_stable(_pair())[1])[1])
    yield Check("two joined modes keep equal baths", EXACT, 2.0, both, 1e-9)
    yield _sideband_cooling()
    ring = load_device("reciprocal")
    forward, backward = (_stable(ring.network(light=light))[1] for light in (+1, -1))
    apart = float(np.abs(forward - backward).max())
    yield Check("no rotation, no Kerr: V of both directions", EXACT, 0.0, apart, 0.0)


def _sideband_cooling() -> Check:
    """A phonon, one phonon frequency below a cavity that it is coupled to weakly."""
    kappa, gamma, G, n_th = 0.1, 1e-9, 5e-5, 50.0
    network = BosonicNetwork(
        detuning=[1, 1],
        loss=[kappa, gamma],
        pressure=[[0, 1e-8], [0, 0]],
        drive=[G / 1e-8 * abs(kappa / 2 + 1j), 0],
        occupation=[0, n_th],
    )
    lowest = (kappa / 4) ** 2
    cooling = 4 * G**2 / kappa / (1 + lowest)
    expected = (gamma * n_th + cooling * lowest) / (gamma + cooling)
    quanta = float(occupations(_stable(network)[1])[1])
    # The rate equation is the first order in (2G/κ)² = 1e-6.
    return Check("weak sideband cooling: n_f", COOLING, expected, quanta, 1e-5 * expected)


def waves() -> Iterator[Check]:
    """Scattering of networks without other losses than their ports."""
    pair = _pair()
    S = scattering_matrix(pair, [0, 0], [Port(0, 0.1, 2.0), Port(1, 0.2, 2.0)], [1.4])[0]
    form = np.kron(np.eye(2), [[0, 1], [-1, 0]])
    broken = float(np.abs(S @ form @ S.conj().T - form).max())
    yield Check("lossless ports: S Ω S† − Ω", EXACT, 0.0, broken, 1e-12)
    S21, S12 = amplitude_scattering(S, 1, 0), amplitude_scattering(S, 0, 1)
    yield Check("no drive, no rotation: |S21 − S12|", EXACT, 0.0, float(abs(S21 - S12)), 1e-12)


def cascades() -> Iterator[Check]:
    """Two cells on a waveguide: light +1 carries the first one's light to the second, none back."""
    device = load_device("optical_pair_one_way")
    what = "no back action: first cell's"
    # Below threshold, where a steady state is: a thousandth of the power.
    quiet = device.network(power=0.463818e-6)
    c, V = _stable(quiet)
    c_alone, V_alone = _stable(_first_cell(quiet))
    yield Check(f"{what} amplitudes", EXACT, 0.0, _apart(c[:2], c_alone), 1e-12)
    yield Check(f"{what} covariance", EXACT, 0.0, _apart(V[:4, :4], V_alone), 1e-9)
    # Above it, along 30 periods of the first phonon.
    network = device.network()
    times = np.linspace(0, 60 * np.pi / network.detuning[1], 7)
    run, alone = (follow(n, times, rtol=1e-10) for n in (network, _first_cell(network)))
    moved = _apart(run.amplitudes[:, :2], alone.amplitudes)
    yield Check(f"{what} motion above threshold", EXACT, 0.0, moved, 1e-7)
    spread = _apart(run.covariance[:, :4, :4], alone.covariance)
    yield Check(f"{what} covariance above threshold", EXACT, 0.0, spread, 1e-7)
    joined = float(np.abs(device.network(light=-1).shared_loss).max())
    yield Check("an isolator: coupling for light = −1", EXACT, 0.0, joined, 0.0)
    # Nothing is lost on the way past two cavities whose only losses are the waveguide's.
    J, shared = cascade(0, 1, (0.4, 0.9), 0.7, 2)
    bus = CollectivePort.chain([Port(0, 0.4), Port(1, 0.9)], phases=[0.7])
    line = BosonicNetwork(
        detuning=[0.3, -0.2],
        loss=[0.4, 0.9],
        exchange=J,
        shared_loss=shared,
        drive=2.0 * np.conj(bus.jump(2)),
    )
    [state] = steady_states(line)
    power = float(abs(output_amplitude(line, state.amplitudes, bus)) ** 2)
    yield Check("a lossless cascade passes all power", EXACT, 4.0, power, 1e-12)


def _pair() -> BosonicNetwork:
    return BosonicNetwork(
        detuning=[1, 2], loss=[0.1, 0.2], exchange=[[0, 0.3], [0.3, 0]], occupation=[2, 2]
    )


def _stable(network: BosonicNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Amplitudes and covariance of the first stable state."""
    state = next(s for s in steady_states(network) if s.stable)
    A = drift(network, state.amplitudes)
    return state.amplitudes, steady_covariance(A, diffusion(network))


def _first_cell(network: BosonicNetwork) -> BosonicNetwork:
    """The first two modes by themselves; what the shared bath takes of the first stays its loss."""
    return BosonicNetwork(
        detuning=network.detuning[:2],
        loss=network.loss[:2],
        pressure=network.pressure[:2, :2],
        drive=network.drive[:2],
        occupation=network.occupation[:2],
    )


def _apart(ours: np.ndarray, alone: np.ndarray) -> float:
    """Largest deviation, relative to the largest value."""
    return float(np.abs(ours - alone).max() / np.abs(alone).max())
