"""Noise that leaves a port as a heterodyne detector sees it, sideband by sideband."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.ports import AnyPort
from phonosync.theory.ports.output_spectra import checked_efficiency, output_noise


def heterodyne_spectrum(
    drift: ArrayLike,
    diffusion: ArrayLike,
    port: AnyPort,
    omega: ArrayLike,
    *,
    efficiency: ArrayLike = 1.0,
    local_oscillator: float | None = None,
) -> NDArray[np.floating]:
    """Noise spectrum of the heterodyne current behind a port, sideband by sideband.

    A local oscillator at the frequency Δ from the drive beats with the light at ω to a current at
    |ω − Δ|, where the image band at 2Δ − ω appears too. With n_out(ω) the mean number of quanta
    that leave per unit of time and bandwidth at the drive's frequency plus ω,

        S(ω) = 1 + η [n_out(ω) + n_out(2Δ − ω)].

    Shot noise (1) holds half a quantum of each band; by default the image band is in vacuum. In
    contrast to homodyne detection ω < 0 and ω > 0 differ: drawn from a phonon that light on
    resonance watches weakly, the lower sideband weighs n + 1 and the upper n.

    Args:
        drift: A, shape (..., 2N, 2N).
        diffusion: D, shape (..., 2N, 2N).
        port: the port.
        omega: signed angular frequency from the drive, shape (F,) or (..., F).
        efficiency: η, between 0 and 1; one or of shape (...).
        local_oscillator: Δ, the unit of ω; None where the image band holds vacuum.

    Returns:
        S, shape (..., F).

    Raises:
        InputError: an efficiency outside 0 ... 1, a port with more loss or heat than its mode.

    Source: Clerk et al., doi:10.1103/RevModPhys.82.1155; Weinstein et al.,
    doi:10.1103/PhysRevX.4.041003.
    """
    eta = checked_efficiency(efficiency)[..., None]
    w = np.atleast_1d(np.asarray(omega, float))
    quanta = _flux(output_noise(drift, diffusion, [port], w))
    if local_oscillator is not None:
        image = 2 * local_oscillator - w
        quanta = quanta + _flux(output_noise(drift, diffusion, [port], image))
    return 1 + eta * quanta


def _flux(S: NDArray[np.complexfloating]) -> NDArray[np.floating]:
    """n_out from one port's quadratures: 2 n_out + 1 = (S_qq + S_pp)/2 + Im S_qp."""
    symmetric = (S[..., 0, 0].real + S[..., 1, 1].real) / 2 + S[..., 0, 1].imag
    return (symmetric - 1) / 2
