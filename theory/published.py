"""Published systems in the project's terms; each says what of its conventions was converted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.network import BosonicNetwork
from phonosync.theory.thermal import HBAR, bath_occupation

TWO_PI = 2 * np.pi


def optomechanical_cells(
    coupling: float, *, occupation: float = 0.0, second_frequency: float = 1.0
) -> BosonicNetwork:
    """Two cells, each a driven cavity and a phonon; the phonons exchange quanta at −µ.

    In units of the first phonon's frequency. Converted: amplitude rates κ = 0.15 and γ = 0.005 are
    half of our losses; their coupling −g a†a (b + b†) is our pressure −g; their detuning
    Δ_j = ω_j (blue) is our −ω_j. Order: cavity 1, phonon 1, cavity 2, phonon 2.

    Source: Mari et al., doi:10.1103/PhysRevLett.111.103605.
    """
    pressure, exchange = np.zeros((4, 4)), np.zeros((4, 4))
    pressure[0, 1] = pressure[2, 3] = -0.005
    exchange[1, 3] = exchange[3, 1] = -coupling
    return BosonicNetwork(
        detuning=[-1.0, 1.0, -second_frequency, second_frequency],
        loss=[0.3, 0.01, 0.3, 0.01],
        exchange=exchange,
        pressure=pressure,
        drive=[320 * 0.15, 0, 320 * 0.15, 0],
        occupation=[0, occupation, 0, occupation],
    )


def magnomechanics(
    enhanced_coupling_hz: float, *, temperature: float = 0.010, cavity_detuning: float = -1.0
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Linearised photon, magnon and phonon: drift and diffusion as printed, rad/s.

    The phonon's damping acts on its momentum alone (Brownian). Amplitude rates; quadratures
    X = (a + a†)/√2, so the vacuum is I/2 as here.

    Args:
        enhanced_coupling_hz: G/2π.
        temperature: K.
        cavity_detuning: Δ_a in units of the phonon's frequency; the magnon's is 0.9.

    Source: Li, Zhu, Agarwal, doi:10.1103/PhysRevLett.121.203601.
    """
    wa, wb = TWO_PI * 10e9, TWO_PI * 10e6
    k, gb, g = TWO_PI * 1e6, TWO_PI * 100, TWO_PI * 3.2e6
    G, Da, Dm = TWO_PI * enhanced_coupling_hz, cavity_detuning * wb, 0.9 * wb
    A = np.array(
        [
            [-k, Da, 0, g, 0, 0],
            [-Da, -k, -g, 0, 0, 0],
            [0, g, -k, Dm, -G, 0],
            [-g, 0, -Dm, -k, 0, 0],
            [0, 0, 0, 0, 0, wb],
            [0, 0, 0, G, -wb, -gb],
        ]
    )
    photon, phonon = (float(bath_occupation(w, temperature)) for w in (wa, wb))
    hot = k * (2 * photon + 1)
    return A, np.diag([hot, hot, hot, hot, 0, gb * (2 * phonon + 1)])


def kerr_magnomechanics(power: float, *, sign: int = +1) -> BosonicNetwork:
    """Photon, driven Kerr magnon and phonon, in units of the phonon's 10 MHz.

    Converted: amplitude rates κ_a = κ_m = 0.1 and κ_b = 1e-5 are half of our losses; the drive
    enters as √(2κ_m P/ħω_d), which is our √(loss P/ħω_d). Their phonon's damping acts on its
    momentum alone, which moves a steady state by (γ/ω)² and is not kept here.

    Args:
        power: W.
        sign: of the Kerr coefficient: the bias field's axis.

    Source: Gupta et al., doi:10.1103/PhysRevA.110.063504.
    """
    unit = TWO_PI * 10e6
    exchange, pressure = np.zeros((3, 3)), np.zeros((3, 3))
    exchange[0, 1] = exchange[1, 0] = 0.32
    pressure[1, 2] = 1e-3 / 10e6
    drive_frequency = (1000 + 0.9) * unit  # ω_a − Δ_a
    drive = np.sqrt(0.2 * unit * power / (HBAR * drive_frequency)) / unit
    return BosonicNetwork(
        detuning=[-0.9, -0.8, 1.0],
        loss=[0.2, 0.2, 2e-5],
        exchange=exchange,
        pressure=pressure,
        kerr=[0, sign * 6.5e-9 / 10e6, 0],
        drive=[0, drive, 0],
    )
