"""Numbers that others have published, recomputed from the device files of their systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.optimize import brentq

from phonosync.theory.device import load_device
from phonosync.theory.entanglement import logarithmic_negativity
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.kerr import optical_kerr
from phonosync.theory.mean_field import steady_states
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.sagnac import optical_frequency, sagnac_fizeau_shift
from phonosync.theory.synchronization import complete_synchronization, phase_synchronization
from phonosync.theory.trajectory import follow
from phonosync.theory.verification import published
from phonosync.theory.verification.checked_number import Check

HUANG = "Huang 2018, PRL 121, 153601"
LI = "Li 2018, PRL 121, 203601"
GUPTA = "Gupta 2024, PRA 110, 063504"
MARI = "Mari 2013, PRL 111, 103605"
_TRAJECTORY = 1e-8  # relative error per step of the published trajectories


def sagnac_and_kerr() -> Iterator[Check]:
    """The spinning resonator: by formula, and as the device file has it."""
    shift = sagnac_fizeau_shift(index=1.4, radius=30e-6, rotation=1.0, wavelength=1550e-9)
    yield Check("Sagnac shift per angular velocity", HUANG, 83.3897, float(shift), 8e-5)
    loss = float(optical_frequency(1550e-9)) / 5e9
    yield Check("linewidth of Q = 5e9 (1/s)", HUANG, 2.43052e5, loss, 0.5)
    U = optical_kerr(wavelength=1550e-9, nonlinear_index=3e-14, index=1.4, volume=150e-18)
    yield Check("optical Kerr rate (1/s)", HUANG, 4.76440e6, float(U), 5.0)
    forward, backward = (load_device("huang_resonator").network(light=light) for light in (1, -1))
    apart = float(forward.detuning[0] - backward.detuning[0])
    yield Check("device: directions apart (1/s)", HUANG, 2 * 29e3 * 83.3897, apart, 5.0)
    yield Check("device: linewidth (1/s)", HUANG, 2.43052e5, float(forward.loss[0]), 0.5)
    yield Check("device: Kerr rate (1/s)", HUANG, 4.76440e6, float(forward.kerr[0]), 5.0)
    # Published as 29e3, two digits.
    rotation = 29e3 * float(forward.kerr[0]) / apart
    yield Check("device: rotation at which 2 dF = U (rad/s)", HUANG, 29e3, rotation, 500.0)


def entanglement() -> Iterator[Check]:
    """Photon-magnon, magnon-phonon and photon-phonon entanglement round the nonlinear state."""
    pairs = {"am": (0, 1), "mb": (1, 2), "ab": (0, 2)}
    table = [
        (3.2e6, 0.010, (0.1172, 0.0765, 0.2038)),
        (4.8e6, 0.010, (0.1619, 0.1407, 0.1394)),
        (4.8e6, 0.100, (0.1384, 0.1054, 0.1123)),
        (4.8e6, 0.150, (0.0701, 0.0318, 0.0425)),
        (4.8e6, 0.200, (0.0, 0.0, 0.0)),
    ]
    for G, T, row in table:
        network = published.magnomechanics(G, temperature=T)
        c = steady_states(network)[0].amplitudes
        V = steady_covariance(drift(network, c), diffusion(network))
        for (name, pair), value in zip(pairs.items(), row, strict=True):
            what = f"E_{name}, G/2π = {G / 1e6:.1f} MHz, {T * 1e3:.0f} mK"
            # The paper's magnon bath is at the photon's frequency, the device's 20 MHz above it:
            # colder by 0.3 %, which moves E_mb by 5e-4 where it vanishes with temperature.
            yield Check(what, LI, value, float(logarithmic_negativity(V, *pair)), 1e-3)
        if T == 0.010:
            found = 2 * float(network.pressure[1, 2] * abs(c[1])) * 10e6
            what = f"nonlinear state at {G / 1e6:.1f} MHz: G/2π (Hz)"
            yield Check(what, LI, G, found, 1e-8 * G)


def bistability() -> Iterator[Check]:
    """The Kerr magnon: branches, their edges, the onset of oscillation."""

    def states(power: float, sign: int = 1):
        return steady_states(published.kerr_magnomechanics(power, sign=sign))

    at_50 = states(50e-3)
    # To half of the last published digit.
    branches = (("lower", 6.331e13, 5e9), ("middle", 3.456e14, 5e10), ("upper", 6.489e14, 5e10))
    for state, (name, value, digit) in zip(at_50, branches, strict=False):
        magnons = float(abs(state.amplitudes[1]) ** 2)
        yield Check(f"magnons at 50 mW, {name} branch", GUPTA, value, magnons, digit)
    kinds = float("".join(str(int(s.stable)) for s in at_50))
    yield Check("stability at 50 mW (101: stable, unstable, stable)", GUPTA, 101, kinds, 0)
    low = 1e3 * _edge(lambda P: len(states(P)) > 1, 5e-3, 30e-3)
    yield Check("bistable from (mW)", GUPTA, 14.0, low, 0.2)
    high = 1e3 * _edge(lambda P: len(states(P)) == 1, 60e-3, 100e-3)
    yield Check("bistable to (mW)", GUPTA, 82.0, high, 0.2)
    # Where the upper branch's growth rate crosses zero.
    onset: Any = brentq(lambda P: states(P)[-1].growth, 100e-3, 160e-3, xtol=1e-7)
    yield Check("upper branch oscillates from (mW)", GUPTA, 126.4, 1e3 * onset, 0.2)
    for power in (0.2e-3, 50e-3, 200e-3):
        stable = float(len(states(power, -1)) == 1 and states(power, -1)[0].stable)
        what = f"one stable branch for K < 0 at {power * 1e3:g} mW"
        yield Check(what, GUPTA, 1.0, stable, 0)


def synchronization() -> Iterator[Check]:
    """Two optomechanical cells above threshold: S_c, S_p against coupling and temperature."""
    couplings = np.arange(0, 0.041, 0.004)
    S_c = (0.0026, 0.1228, 0.1997, 0.2462, 0.2714, 0.2824, 0.2825, 0.2752, 0.2619, 0.2449, 0.2248)
    S_p = (0.0013, 0.0641, 0.1087, 0.1394, 0.1594, 0.1715, 0.1771, 0.1776, 0.1736, 0.1662, 0.1561)
    for coupling, complete, phase in zip(couplings, S_c, S_p, strict=True):
        found = window_average(published.optomechanical_cells(coupling))
        yield Check(f"two cells, µ = {coupling:.3f}: S_c", MARI, complete, found[0], 1e-4)
        yield Check(f"two cells, µ = {coupling:.3f}: S_p", MARI, phase, found[1], 1e-4)
    hot = {2: 0.1961, 4: 0.1503, 6: 0.1218, 8: 0.1024, 10: 0.0883, 20: 0.0524}
    for n, value in hot.items():
        found = window_average(published.optomechanical_cells(0.02, occupation=n))
        yield Check(f"two cells, µ = 0.020, n = {n}: S_c", MARI, value, found[0], 1e-4)


def window_average(
    network: BosonicNetwork, *, periods: int = 200, window: int = 63, samples: int = 10
) -> tuple[float, float]:
    """S_c and S_p of the cells' phonons, averaged over the last `window` mechanical periods.

    The run starts from rest in thermal equilibrium; the average is the mean of `samples` values a
    period. With 630 of them every published value comes out to its last digit. The integral over
    the same 63 periods differs by up to 1.1e-4: a slow beat is not averaged out, and the first
    sample lies a tenth of a period inside the window.
    """
    end = 2 * np.pi * periods
    times = end - 2 * np.pi / samples * np.arange(window * samples)[::-1]
    run = follow(network, np.concatenate([[0.0], times]), rtol=_TRAJECTORY)
    V, c = run.covariance[1:], run.amplitudes[1:]
    S_c, S_p = complete_synchronization(V, 1, 3), phase_synchronization(V, c, 1, 3)
    return float(S_c.mean()), float(S_p.mean())


def _edge(beyond: Callable[[float], bool], low: float, high: float) -> float:
    """Bisect for where `beyond` becomes true, to a thousandth of the interval."""
    while high - low > 1e-3 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return (low + high) / 2
