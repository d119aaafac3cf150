"""Every steady state of a network, stable or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import complex_jacobian, drift
from phonosync.theory.network import BosonicNetwork, velocity
from phonosync.theory.polynomial import solve_real_cubic_system

_ACCURACY = 1e-10


@dataclass(frozen=True, eq=False)
class SteadyState:
    """A solution of dc/dt = 0.

    Attributes:
        amplitudes: mean fields c, complex, shape (N,).
        growth: largest real part of the drift's eigenvalues, in the network's unit of rate.
    """

    amplitudes: NDArray[np.complexfloating]
    growth: float

    @property
    def stable(self) -> bool:
        """Whether small deviations decay."""
        return self.growth < 0


def steady_states(network: BosonicNetwork) -> list[SteadyState]:
    """Find every steady state of one network, in order of total intensity.

    Modes without Kerr term that press on nothing respond linearly and are eliminated exactly. What
    is left is a system of polynomial equations of degree three in the amplitudes of the M nonlinear
    modes and their conjugates. By Bézout's theorem it has at most 9^M isolated complex solutions. A
    total-degree homotopy with a random complex constant reaches each of them (with probability one;
    Sommese and Wampler, doi:10.1142/5763); those in which the conjugates are conjugates are the
    steady states. One nonlinear mode is a cubic in its intensity and solved by its roots.

    Args:
        network: a single network (no batch dimensions); use `network.each()` for a batch.

    Returns:
        The steady states; at least one, stable or not.

    Raises:
        InputError: the network is a batch.

    >>> [state] = steady_states(BosonicNetwork(detuning=[0.0], loss=[2.0], drive=[3.0]))
    >>> complex(state.amplitudes[0]), state.stable
    ((3+0j), True)
    """
    if network.batch:
        raise InputError(
            f"steady_states takes one network, this is a batch of shape {network.batch}; "
            "loop over network.each()."
        )
    presses = np.any(network.pressure != 0, axis=-1)
    nonlinear = np.flatnonzero((network.kerr != 0) | presses)
    linear = np.setdiff1d(np.arange(network.modes), nonlinear)
    system = _Reduced(network, nonlinear, linear)
    found = [system.complete(x) for x in system.solutions()]
    states: list[SteadyState] = []
    for amplitudes in found:
        c = _polish(network, amplitudes)
        if c is None or any(np.allclose(c, s.amplitudes, rtol=1e-6, atol=1e-9) for s in states):
            continue
        growth = float(np.linalg.eigvals(drift(network, c)).real.max())
        states.append(SteadyState(c, growth))
    return sorted(states, key=lambda s: float(np.sum(np.abs(s.amplitudes) ** 2)))


@dataclass(frozen=True, eq=False)
class _Reduced:
    """The steady-state equations of the nonlinear modes x, the linear ones eliminated.

    0 = −A x − i x ∘ (t + Re(B x) + T |x|²) − i G |x|² + e, with Re(B x) = (B x + B̄ x̄)/2.
    """

    network: BosonicNetwork
    nonlinear: NDArray[np.intp]
    linear: NDArray[np.intp]

    def _blocks(self):
        n, s, m = self.network, self.nonlinear, self.linear
        rate = np.diag(n.loss / 2 + 1j * n.detuning) + 1j * n.exchange
        # The linear modes follow: c_m = R (E_m − i J_ms c_s − i g_smᵀ |c_s|²).
        response = np.linalg.inv(rate[np.ix_(m, m)])
        constant = response @ n.drive[m]
        hop = -response @ rate[np.ix_(m, s)]
        push = -1j * response @ n.pressure[np.ix_(s, m)].T
        return rate, constant, hop, push

    def coefficients(self):
        n, s, m = self.network, self.nonlinear, self.linear
        rate, constant, hop, push = self._blocks()
        back = rate[np.ix_(s, m)]
        g_linear, g_self = n.pressure[np.ix_(s, m)], n.pressure[np.ix_(s, s)]
        A = rate[np.ix_(s, s)] + back @ hop
        e = n.drive[s] - back @ constant
        G = g_self.T - 1j * back @ push
        t = 2 * g_linear @ constant.real
        B = 2 * g_linear @ hop + 2 * g_self
        T = 2 * g_linear @ push.real + 2 * np.diag(n.kerr[s])
        return A, e, G, t, B, T

    def solutions(self) -> list[NDArray[np.complexfloating]]:
        if not len(self.nonlinear):
            return [np.zeros(0, complex)]
        A, e, G, t, B, T = self.coefficients()
        if len(self.nonlinear) == 1 and not np.any(B) and not np.any(G):
            return _single(A[0, 0], e[0], t[0], T[0, 0])
        return solve_real_cubic_system(A, e, G, t, B, T)

    def complete(self, x: NDArray[np.complexfloating]) -> NDArray[np.complexfloating]:
        _, constant, hop, push = self._blocks()
        c = np.zeros(self.network.modes, complex)
        c[self.nonlinear] = x
        c[self.linear] = constant + hop @ x + push @ np.abs(x) ** 2
        return c


def _single(A: complex, e: complex, t: float, T: float) -> list[NDArray[np.complexfloating]]:
    """Solve 0 = −(A + i t + i T|x|²) x + e by the cubic in |x|²."""
    rate, offset = A.real, A.imag + t
    if e == 0:
        return [np.zeros(1, complex)]
    if T == 0:
        return [np.array([e / (rate + 1j * offset)])]
    # y = T |x|² keeps the coefficients of like size.
    roots = np.roots([1.0, 2 * offset, rate**2 + offset**2, -T * abs(e) ** 2])
    scale = np.abs(roots).max()
    real = roots[np.abs(roots.imag) < 1e-6 * scale].real
    return [np.array([e / (rate + 1j * (offset + y))]) for y in real if y * T >= 0]


def _polish(
    network: BosonicNetwork, amplitudes: NDArray[np.complexfloating]
) -> NDArray[np.complexfloating] | None:
    """Newton's method on the full equations; None where it does not settle nearby."""
    c = amplitudes.copy()
    N = network.modes
    for _ in range(50):
        residual = velocity(network, c)
        direct, conjugate = complex_jacobian(network, c)
        full = np.block([[direct, conjugate], [conjugate.conj(), direct.conj()]])
        step = np.linalg.lstsq(full, np.concatenate([residual, residual.conj()]), rcond=None)[0]
        c = c - step[:N]
        if np.linalg.norm(step) <= _ACCURACY * 1e-3 * (1 + np.linalg.norm(c)):
            break
    moved = np.linalg.norm(c - amplitudes)
    if not np.all(np.isfinite(c)) or moved > 1e-2 * (np.linalg.norm(amplitudes) + 1e-12):
        return None
    return c
