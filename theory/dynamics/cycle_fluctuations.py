"""Fluctuations round a limit cycle: a diffusing phase, and deviations across that stay small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.dynamics.limit_cycle import LimitCycle
from phonosync.theory.dynamics.mean_motion import Complex, Real, deviations, to_complex, to_real
from phonosync.theory.errors import InputError, UnstableError
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.network import BosonicNetwork, velocity
from phonosync.theory.synchronization import (
    complete_synchronization,
    phase_synchronization,
    phi_synchronization,
)


@dataclass(frozen=True, eq=False)
class CycleFluctuations:
    """Gaussian fluctuations δx(t) = v(t) θ(t) + y(t) round a stable limit cycle.

    θ is a shift in time along the orbit, v = dx/dt the tangent, and y the deviation that has no
    part in θ: what is left of any deviation long after is v θ. So θ = w·δx with the left Floquet
    vector w of the multiplier 1, w·v = 1, and y = (1 − v wᵀ) δx, an oblique projection. θ diffuses,
    ⟨θ²⟩ = 2 D_θ t, plus a ripple within each period; ⟨y yᵀ⟩ and ⟨y θ⟩ are periodic.

    Attributes:
        cycle: the orbit.
        tangent: v at cycle.times, quadratures per unit of time, shape (S, 2N).
        response: w at these times, shape (S, 2N): by how much a kick advances the motion.
        time_diffusion: D_θ, unit of time.
        shift_variance: ⟨θ²⟩ at these times within the first period from a sharp θ, shape (S,).
        transverse: ⟨y yᵀ⟩, shape (S, 2N, 2N), vacuum I/2.
        correlation: ⟨y θ⟩, shape (S, 2N).
    """

    cycle: LimitCycle
    tangent: NDArray[np.floating]
    response: NDArray[np.floating]
    time_diffusion: float
    shift_variance: NDArray[np.floating]
    transverse: NDArray[np.floating]
    correlation: NDArray[np.floating]

    @property
    def phase_diffusion(self) -> float:
        """D_φ of the phase φ = ωθ, with ⟨φ²⟩ = 2 D_φ t: rad² per unit of time."""
        return self.cycle.frequency**2 * self.time_diffusion

    @property
    def linewidth(self) -> float:
        """Full width at half maximum of the oscillator's line, 2 D_φ, unit of angular frequency.

        ⟨e^{iφ(t)}⟩ = e^{−D_φ t} makes the line at the fundamental Lorentzian; the n-th harmonic's
        is n² times as wide.
        """
        return 2 * self.phase_diffusion

    def covariance(self, periods: float) -> NDArray[np.floating]:
        """V at cycle.times so many periods after the phase was sharp, shape (S, 2N, 2N)."""
        variance = self.shift_variance + 2 * self.time_diffusion * periods * self.cycle.period
        v, C = self.tangent[:, :, None], self.correlation[:, None, :]
        mixed = v * C
        along = variance[:, None, None] * v * self.tangent[:, None, :]
        return along + mixed + np.swapaxes(mixed, 1, 2) + self.transverse


def cycle_fluctuations(
    network: BosonicNetwork, cycle: LimitCycle, *, rtol: float = 1e-10
) -> CycleFluctuations:
    """Separate the phase's diffusion from the transverse fluctuations of a stable limit cycle.

    One period maps the covariance to M V Mᵀ + Q, with the monodromy matrix M and Q the covariance
    that grows from nothing. D_θ = wᵀ Q w/(2T), and on the complement of the tangent, where M
    contracts, the periodic ⟨y yᵀ⟩ solves the discrete Lyapunov equation.

    Args:
        network: the network whose cycle it is, a single one.
        cycle: a stable limit cycle of it.
        rtol: relative error allowed per step of the integrations.

    Raises:
        InputError: the cycle is not one of this network.
        UnstableError: deviations across the cycle do not decay.

    Source: Lax, doi:10.1103/PhysRev.160.290; Demir, Mehrotra, Roychowdhury, doi:10.1109/81.847872;
    Floquet vectors of a covariance: Navarrete-Benlloch et al., doi:10.1103/PhysRevLett.119.133601.
    """
    if not cycle.stable:
        second = np.sort(np.abs(cycle.multipliers))[-2]
        raise UnstableError(
            f"the cycle's second multiplier is {second:.9f}, so deviations across it do not decay: "
            "take a stable cycle, or couple the parts whose phases run freely."
        )
    c, propagators, noise = _propagated(network, cycle, rtol)
    tangent = np.sqrt(2) * to_real(velocity(network, c))
    return separate_phase(cycle, propagators, noise, tangent)


def _propagated(
    network: BosonicNetwork, cycle: LimitCycle, rtol: float
) -> tuple[Complex, Real, Real]:
    """The motion from each of cycle.times to the next: c, propagator, covariance that grows.

    ∫ Φ(t, s) D Φ(t, s)ᵀ ds by Gauss's rule of four nodes, in intervals in which no rate makes much
    of an exponent.
    """
    T, S, start = cycle.period, len(cycle.times), cycle.amplitudes[0]
    size = cycle.oscillation + 1e-4 * np.abs(cycle.amplitudes).max(axis=0) + 1e-300
    fastest = np.abs(np.linalg.eigvals(drift(network, cycle.amplitudes))).max()
    parts = int(np.ceil(fastest * T / S))
    nodes, weights = np.polynomial.legendre.leggauss(4)
    within = np.append((nodes + 1) / 2, 1.0)
    step = T / (S * parts)
    times = step * (np.arange(S * parts)[:, None] + within).ravel()
    c, pieces = deviations(network, np.append(0.0, times), start, rtol=rtol, size=size)
    if np.max(np.abs(c[-1] - start) / size) > 1e-5:
        raise InputError(
            "the motion does not come back after the cycle's period: the cycle belongs to another "
            "network; take limit_cycle() of this one."
        )
    n = 2 * network.modes
    pieces, D = pieces[1:].reshape(S, parts, 5, n, n), diffusion(network)
    propagators, noise = np.broadcast_to(np.eye(n), (S, n, n)), np.zeros((S, n, n))
    for part in range(parts):
        after, grown = np.eye(n), np.zeros((S, n, n))
        for node in (3, 2, 1, 0):
            after = after @ pieces[:, part, node + 1]
            grown = grown + step * weights[node] / 2 * after @ D @ np.swapaxes(after, 1, 2)
        whole = after @ pieces[:, part, 0]
        noise = whole @ noise @ np.swapaxes(whole, 1, 2) + grown
        propagators = whole @ propagators
    return c[: -1 : 5 * parts], propagators, noise


def separate_phase(
    cycle: LimitCycle, propagators: Real, noise: Real, tangent: Real
) -> CycleFluctuations:
    """Split the covariance round a cycle by the Floquet vectors of the multiplier 1.

    Args:
        cycle: the orbit, sampled at S times.
        propagators: of deviations, from each sample to the next, shape (S, 2N, 2N).
        noise: covariance that grows from nothing from each sample to the next, same shape.
        tangent: v = dx/dt of the quadratures, shape (S, 2N).
    """
    from scipy.linalg import solve_discrete_lyapunov

    S, n = tangent.shape
    since, grown = np.empty((S + 1, n, n)), np.zeros((S + 1, n, n))
    since[0] = np.eye(n)
    for j, (step, Q) in enumerate(zip(propagators, noise, strict=True)):
        since[j + 1] = step @ since[j]
        grown[j + 1] = step @ grown[j] @ step.T + Q
    monodromy, Q = since[-1], grown[-1]
    eigen: Any = np.linalg.eig(monodromy.T)
    w = eigen.eigenvectors[:, np.argmin(np.abs(eigen.eigenvalues - 1))].real
    # Backwards the left vector of the multiplier 1 wins over all that decay forwards.
    response = np.empty_like(tangent)
    for j in reversed(range(S)):
        w = w @ propagators[j]
        w = w / (w @ tangent[j])
        response[j] = w
    across = np.eye(n) - tangent[:, :, None] * response[:, None, :]
    w, P = response[0], across[0]
    contracted = P @ monodromy @ P
    transverse = solve_discrete_lyapunov(contracted, P @ Q @ P.T, method="direct")
    correlation = np.linalg.solve(np.eye(n) - contracted, P @ Q @ w)
    since, grown = since[:-1], grown[:-1]
    spread = across @ (since @ transverse @ np.swapaxes(since, 1, 2) + grown)
    mixed = since @ correlation + np.einsum("sij,sj->si", grown, response)
    return CycleFluctuations(
        cycle=cycle,
        tangent=tangent,
        response=response,
        time_diffusion=float(w @ Q @ w) / (2 * cycle.period),
        shift_variance=np.einsum("si,sij,sj->s", response, grown, response),
        transverse=spread @ np.swapaxes(across, 1, 2),
        correlation=np.einsum("sij,sj->si", across, mixed),
    )


@dataclass(frozen=True, eq=False)
class CycleSynchronization:
    """Measures of synchronization of two modes on a limit cycle, their common phase left out.

    Attributes:
        complete: S_c over one period, shape (S,).
        phase: S_p, shape (S,).
        phi: S_φ, shape (S,).
        amplitudes: each of the two oscillations' r.m.s. excursion, shape (2,).
        phase_diffusion: D_φ of the common phase, which is left out: rad² per unit of time.
        left_out: by how much that phase would raise the errors 1/S_c, 1/S_p and 1/S_φ per unit of
            time, averaged over the period, shape (3,). Zero where it moves both modes alike.
    """

    complete: NDArray[np.floating]
    phase: NDArray[np.floating]
    phi: NDArray[np.floating]
    amplitudes: NDArray[np.floating]
    phase_diffusion: float
    left_out: NDArray[np.floating]

    @property
    def mean(self) -> tuple[float, float, float]:
        """S_c, S_p and S_φ averaged over the period."""
        return float(self.complete.mean()), float(self.phase.mean()), float(self.phi.mean())


def cycle_synchronization(fluctuations: CycleFluctuations, i: int, j: int) -> CycleSynchronization:
    """S_c, S_p and S_φ from the transverse covariance of a limit cycle.

    With the phase's diffusion the errors 1/S would grow for ever unless the two modes move alike;
    the transverse part is what stays. As one direction is projected out, it is not the covariance
    of a quantum state by itself, and S_c may exceed 1 where the orbits are only a few quanta wide.

    Args:
        fluctuations: of the cycle, see `cycle_fluctuations`.
        i, j: the two modes.

    Source: measures: Mari et al., doi:10.1103/PhysRevLett.111.103605, and arXiv:2001.10793.
    """
    V, c = fluctuations.transverse, fluctuations.cycle.amplitudes
    velocities = to_complex(fluctuations.tangent)[:, [i, j]]
    turned = velocities * np.exp(-1j * np.angle(c[:, [i, j]]))
    apart, turned_apart = np.diff(velocities, axis=1), np.diff(turned, axis=1)
    growth = [np.abs(apart) ** 2 / 2, turned_apart.imag**2, np.abs(turned_apart) ** 2 / 2]
    return CycleSynchronization(
        complete=complete_synchronization(V, i, j),
        phase=phase_synchronization(V, c, i, j),
        phi=phi_synchronization(V, c, i, j),
        amplitudes=fluctuations.cycle.oscillation[[i, j]],
        phase_diffusion=fluctuations.phase_diffusion,
        left_out=2 * fluctuations.time_diffusion * np.mean(growth, axis=(1, 2)),
    )
