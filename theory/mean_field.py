"""Every steady state of a network, stable or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import complex_jacobian, drift
from phonosync.theory.network import BosonicNetwork, velocity
from phonosync.theory.polynomial import solve_real_cubic_systems
from phonosync.theory.reduction import Reduced, reduce

Array = NDArray[Any]
_ACCURACY = 1e-13
_STEPS = 50


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


@dataclass(frozen=True, eq=False)
class SteadyStates:
    """Every steady state of every network of a batch, in order of total intensity.

    Attributes:
        amplitudes: mean fields c, complex, shape (..., S, N), S the largest number of states that
            one network has; NaN where a network has fewer.
        growth: largest real part of the drift's eigenvalues, shape (..., S); NaN likewise.
    """

    amplitudes: NDArray[np.complexfloating]
    growth: NDArray[np.floating]

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Whether small deviations decay, shape (..., S); False where there is no state."""
        return self.growth < 0


def steady_states(network: BosonicNetwork) -> list[SteadyState]:
    """Find every steady state of one network, in order of total intensity.

    Modes without Kerr term that press on nothing respond linearly and are eliminated exactly. What
    is left is a system of polynomial equations of degree three in the amplitudes of the M nonlinear
    modes and their conjugates. By Bézout's theorem it has at most 9^M isolated complex solutions; a
    homotopy from a random complex system reaches each of them (`solve_real_cubic_systems`), and
    those in which the conjugates are conjugates are the steady states. One nonlinear mode is a
    cubic in its intensity and solved by its roots. A network that has no isolated steady states
    (a symmetry broken by none of its drives) is beyond this.

    Args:
        network: a single network (no batch dimensions).

    Returns:
        The steady states; at least one, stable or not.

    Raises:
        InputError: the network is a batch: `steady_states_of_many`.

    >>> [state] = steady_states(BosonicNetwork(detuning=[0.0], loss=[2.0], drive=[3.0]))
    >>> complex(state.amplitudes[0]), state.stable
    ((3+0j), True)
    """
    if network.batch:
        raise InputError(
            f"steady_states takes one network, this is a batch of shape {network.batch}; "
            "take steady_states_of_many."
        )
    all_of_them = steady_states_of_many(network)
    return [
        SteadyState(c, float(growth))
        for c, growth in zip(all_of_them.amplitudes, all_of_them.growth, strict=True)
    ]


def steady_states_of_many(network: BosonicNetwork) -> SteadyStates:
    """Find every steady state of every network of a batch (see `steady_states`).

    >>> kerr = BosonicNetwork(detuning=[3.0], loss=[1.0], kerr=[-0.5], drive=[[0.5], [2.0]])
    >>> steady_states_of_many(kerr).stable
    array([[ True, False, False],
           [ True, False,  True]])
    """
    reduced = reduce(network)
    c, owner = _candidates(network, reduced)
    # A kernel fresh from the compiler and one from the disk may differ in the last bit; from the
    # same start Newton's method ends the same everywhere.
    c = c.astype(np.complex64).astype(complex)
    one = _rows(network, owner)
    c, settled = refine_steady_states(one, c)
    c, owner = c[settled], owner[settled]
    # In order of network, then of intensity; two that agree are one.
    intensity = np.sum(np.abs(c) ** 2, axis=-1)
    order = np.lexsort((intensity, owner))
    c, owner, intensity = c[order], owner[order], intensity[order]
    fresh = _distinct(c, owner, intensity)
    c, owner = c[fresh], owner[fresh]
    growth = np.linalg.eigvals(drift(_rows(network, owner), c)).real.max(axis=-1)
    return _table(network, c, growth, owner)


def _candidates(network: BosonicNetwork, r: Reduced) -> tuple[Array, Array]:
    """Solutions of the reduced equations, completed: amplitudes (K, N) and whose they are (K,)."""
    points = int(np.prod(network.batch))
    M = len(r.nonlinear)

    def rows(array: Array, core: int) -> Array:
        shape = array.shape[array.ndim - core :]
        return np.broadcast_to(array, (*network.batch, *shape)).reshape(points, *shape)

    A, C, G, B, T = (rows(x, 2) for x in (r.A, r.C, r.G, r.B, r.T))
    e, t = rows(r.e, 1), rows(r.t, 1)
    if M == 0:
        x, owner = np.zeros((points, 0), complex), np.arange(points)
    elif M == 1 and not (np.any(B) or np.any(G) or np.any(C)):
        x, owner = _single(A[:, 0, 0], e[:, 0], t[:, 0], T[:, 0, 0])
    else:
        found = solve_real_cubic_systems(A, C, e, G, t, B, T)
        x = np.array([s for states in found for s in states], complex).reshape(-1, M)
        owner = np.repeat(np.arange(points), [len(states) for states in found])
    parts = {
        name: rows(getattr(r, name), core)[owner]
        for name, core in (("constant", 1), ("hop", 2), ("hop_conjugate", 2), ("push", 2))
    }
    return Reduced(**{**vars(r), **parts}).complete(x), owner


def _single(A: Array, e: Array, t: Array, T: Array) -> tuple[Array, Array]:
    """Solve 0 = −(A + i t + i T|x|²) x + e by the cubic in y = T|x|²; one equation per row."""
    rate, offset = np.real(A), np.imag(A) + t
    companion = np.zeros((len(A), 3, 3))
    companion[:, 1, 0] = companion[:, 2, 1] = 1.0
    companion[:, 0, 0] = -2 * offset
    companion[:, 0, 1] = -(rate**2 + offset**2)
    companion[:, 0, 2] = T * np.abs(e) ** 2
    y: Any = np.linalg.eigvals(companion).astype(complex)
    scale = np.abs(y).max(axis=-1, keepdims=True)
    real = (np.abs(y.imag) <= 1e-6 * scale) & (y.real * T[:, None] >= 0)
    owner, _ = np.nonzero(real)
    return (e[owner] / (rate[owner] + 1j * (offset[owner] + y[real].real)))[:, None], owner


def refine_steady_states(
    network: BosonicNetwork, start: Array
) -> tuple[NDArray[np.complexfloating], NDArray[np.bool_]]:
    """Newton's method on the full equations, from states that are nearly steady.

    Args:
        network: a batch of shape (K,), or one network for all.
        start: amplitudes c, complex, shape (K, N).

    Returns:
        c, shape (K, N), and whether each settled within a hundredth of its start, shape (K,).
    """
    c = start.copy()
    N = c.shape[-1]
    busy = np.arange(len(c))
    for _ in range(_STEPS):
        some = _rows(network, busy)
        residual = velocity(some, c[busy])
        P, Q = complex_jacobian(some, c[busy])
        top = np.concatenate([P, Q], axis=-1)
        full = np.concatenate([top, np.concatenate([Q.conj(), P.conj()], axis=-1)], axis=-2)
        step = _solve(full, np.concatenate([residual, residual.conj()], axis=-1))[:, :N]
        c[busy] -= step
        length = np.linalg.norm(step, axis=-1)
        busy = busy[length > _ACCURACY * (1e-300 + np.linalg.norm(c[busy], axis=-1))]
        if not len(busy):
            break
    moved = np.linalg.norm(c - start, axis=-1)
    return c, np.isfinite(moved) & (moved <= 1e-2 * (np.linalg.norm(start, axis=-1) + 1e-12))


def _solve(matrix: Array, right: Array) -> Array:
    """Solve in a batch; at a fold, where a matrix is singular, in the least-squares sense."""
    try:
        return np.linalg.solve(matrix, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return np.einsum("...kl,...l->...k", np.linalg.pinv(matrix), right)


def _distinct(c: Array, owner: Array, intensity: Array) -> NDArray[np.bool_]:
    """Mark the first of every group of equal states; rows sorted by owner and intensity."""
    fresh = np.ones(len(c), bool)
    for gap in range(1, len(c)):
        near = (owner[gap:] == owner[:-gap]) & np.isclose(
            intensity[gap:], intensity[:-gap], rtol=1e-5, atol=1e-16
        )
        if not np.any(near):
            break
        size = np.sqrt(intensity[gap:]) + 1e-9
        fresh[gap:] &= ~(near & (np.linalg.norm(c[gap:] - c[:-gap], axis=-1) < 1e-6 * size))
    return fresh


def _rows(network: BosonicNetwork, owner: Array) -> BosonicNetwork:
    """The networks at the flat batch positions `owner`, as a batch of shape (K,)."""
    return network.flat(owner) if network.batch else network


def _table(network: BosonicNetwork, c: Array, growth: Array, owner: Array) -> SteadyStates:
    """Sort states (K, N) of flat owners into an array with a dimension of states."""
    points = int(np.prod(network.batch))
    count = np.bincount(owner, minlength=points)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    most = int(count.max(initial=0))
    amplitudes = np.full((points, most, network.modes), np.nan, complex)
    rates = np.full((points, most), np.nan)
    amplitudes[owner, place], rates[owner, place] = c, growth
    return SteadyStates(
        amplitudes.reshape(*network.batch, most, network.modes),
        rates.reshape(*network.batch, most),
    )
