"""Input-output: what the ports of a network let out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import drift
from phonosync.theory.network import BosonicNetwork


@dataclass(frozen=True)
class Port:
    """A coupling of one mode to a waveguide.

    Attributes:
        mode: index of the mode.
        rate: κ_p, the part of the mode's loss that leaves through this port, the network's unit.
    """

    mode: int
    rate: float


def output_amplitude(
    network: BosonicNetwork, amplitudes: ArrayLike, port: Port, *, driven: bool = True
) -> NDArray[np.complexfloating]:
    """Mean output field √κ_p c − E/√κ_p of a port, shape (...); `driven`: E enters through it."""
    c = np.asarray(amplitudes, complex)[..., port.mode]
    incoming = network.drive[..., port.mode] / np.sqrt(port.rate) if driven else 0.0
    return np.sqrt(port.rate) * c - incoming


def _resolvent(A: NDArray[np.floating], omega: ArrayLike) -> NDArray[np.complexfloating]:
    """(−iω − A)⁻¹, shape (..., frequencies, 2N, 2N)."""
    w = np.atleast_1d(np.asarray(omega, float))
    eye = np.eye(A.shape[-1])
    return np.linalg.inv(-1j * w[:, None, None] * eye - A[..., None, :, :])


def scattering_matrix(
    network: BosonicNetwork, amplitudes: ArrayLike, ports: list[Port], omega: ArrayLike
) -> NDArray[np.complexfloating]:
    """Scattering between ports in quadratures, c_out = √κ_p c − c_in, linearised round c.

    With M(ω) = (−iω − A)⁻¹, S_pq(ω) = √(κ_p κ_q) M_pq(ω) − δ_pq, a 2 x 2 block per pair of ports in
    (q, p). A network whose losses are all ports has a symplectic S: S Ω S† = Ω.

    Args:
        network: N modes.
        amplitudes: mean fields, shape (..., N).
        ports: P ports; the rates of one mode's ports may not exceed its loss.
        omega: angular frequency from the drive, shape (F,), the network's unit.

    Returns:
        S, shape (..., F, 2P, 2P).

    Raises:
        InputError: a mode's ports are together faster than its loss.

    Source: Gardiner and Collett, doi:10.1103/PhysRevA.31.3761.
    """
    check_ports(network, ports)
    M = _resolvent(drift(network, amplitudes), omega)
    index = np.concatenate([[2 * p.mode, 2 * p.mode + 1] for p in ports])
    root = np.sqrt(np.repeat([p.rate for p in ports], 2))
    return root[:, None] * M[..., index[:, None], index] * root - np.eye(len(index))


def amplitude_scattering(S: ArrayLike, p: int, q: int) -> NDArray[np.complexfloating]:
    """S-parameter from port q to port p for c itself (not c†): what a network analyzer reads.

    For c = (q + ip)/√2 it is [S_qq + S_pp + i(S_pq − S_qp)]/2 of the 2 x 2 block.
    """
    block = np.asarray(S)[..., 2 * p : 2 * p + 2, 2 * q : 2 * q + 2]
    straight = block[..., 0, 0] + block[..., 1, 1]
    return (straight + 1j * (block[..., 1, 0] - block[..., 0, 1])) / 2


def output_spectrum(
    drift: ArrayLike,
    diffusion: ArrayLike,
    port: Port,
    omega: ArrayLike,
    *,
    angle: float,
    efficiency: float = 1.0,
) -> NDArray[np.floating]:
    """Noise spectrum of the homodyne current behind a port, in shot-noise units (vacuum is 1).

    The detected quadrature is Y = √η (√κ_p x_θ − x_θ,in) + √(1−η) x_vac with
    x_θ = q cos θ + p sin θ. With M(ω) = (−iω − A)⁻¹, u the unit vector of x_θ, and D the diffusion,

        S(ω) = 1 + 2η κ_p [u M D M† uᵀ − Re u M uᵀ].

    What enters the port is vacuum, as it is for light at any temperature of a laboratory.

    Args:
        drift: A, shape (..., 2N, 2N).
        diffusion: D, shape (..., 2N, 2N).
        port: the port.
        omega: angular frequency from the drive, shape (F,).
        angle: θ, rad, relative to the drive's phase.
        efficiency: η, between 0 and 1.

    Returns:
        S, shape (..., F); even in ω.

    Raises:
        InputError: an efficiency outside 0 ... 1.

    Source: Gardiner and Collett, doi:10.1103/PhysRevA.31.3761; Clerk et al.,
    doi:10.1103/RevModPhys.82.1155.
    """
    A, D = np.asarray(drift, float), np.asarray(diffusion, float)
    u = _quadrature(A, port, angle, efficiency)
    row = np.einsum("i,...fij->...fj", u, _resolvent(A, omega))
    inside = np.einsum("...fi,...ij,...fj->...f", row, D, row.conj()).real
    echo = np.einsum("...fi,i->...f", row, u).real
    return 1 + 2 * efficiency * port.rate * (inside - echo)


def output_poles(
    drift: ArrayLike, covariance: ArrayLike, port: Port, *, angle: float, efficiency: float = 1.0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The same spectrum as a sum over the network's poles, S(ω) = 1 + Re Σ_j a_j/(−iω − λ_j).

    In the steady state M D M† = M V + V M†, so that S(ω) = 1 + 4η κ_p Re u M (V − 1/2) uᵀ. The
    poles λ are the eigenvalues of A; such a sum can be convolved with an analyzer's window exactly.

    Args:
        drift: A, shape (2N, 2N).
        covariance: V of the steady state, shape (2N, 2N).
        port, angle, efficiency: as for `output_spectrum`.

    Returns:
        λ and a, each of shape (2N,).

    Source: quantum regression; Gardiner and Zoller, Quantum Noise, section 5.2.
    """
    A, V = np.asarray(drift, float), np.asarray(covariance, float)
    u = _quadrature(A, port, angle, efficiency)
    values, R = np.linalg.eig(A)
    right = np.linalg.solve(R, V @ u - u / 2)
    return values, 4 * efficiency * port.rate * (u @ R) * right


def _quadrature(A: NDArray[np.floating], port: Port, angle: float, efficiency: float):
    """Unit vector u of x_θ of the port's mode."""
    if not 0 <= efficiency <= 1:
        raise InputError(f"efficiency is {efficiency:g}; a detector's lies between 0 and 1.")
    u = np.zeros(A.shape[-1])
    u[2 * port.mode : 2 * port.mode + 2] = np.cos(angle), np.sin(angle)
    return u


def check_ports(network: BosonicNetwork, ports: list[Port]) -> None:
    """Raise InputError where the ports of a mode are together faster than its loss."""
    for mode in {p.mode for p in ports}:
        total = sum(p.rate for p in ports if p.mode == mode)
        loss = float(np.min(network.loss[..., mode]))
        if total > loss * (1 + 1e-9):
            raise InputError(
                f"the ports of mode {mode} take {total:.4g}, more than its loss {loss:.4g}; "
                "lower their rates or raise the loss."
            )
