"""The steady-state equations of a network's nonlinear modes, the linear ones eliminated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.network import BosonicNetwork

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Reduced:
    """0 = −A x − C x* − i x ∘ (t + Re(B x) + T|x|²) − i G|x|² + e for the M nonlinear modes x.

    The linear ones follow: constant + hop x + hop* x* + push |x|². Every array has the batch
    dimensions of the network in front.
    """

    nonlinear: NDArray[np.intp]
    linear: NDArray[np.intp]
    A: Array
    C: Array
    e: Array
    G: Array
    t: Array
    B: Array
    T: Array
    constant: Array
    hop: Array
    hop_conjugate: Array
    push: Array

    def complete(self, x: Array) -> Array:
        """All mode amplitudes c, shape (..., N), from those of the nonlinear modes."""
        c = np.zeros((*x.shape[:-1], len(self.nonlinear) + len(self.linear)), complex)
        c[..., self.nonlinear] = x
        c[..., self.linear] = (
            self.constant
            + _apply(self.hop, x)
            + _apply(self.hop_conjugate, x.conj())
            + _apply(self.push, np.abs(x) ** 2)
        )
        return c


def reduce(network: BosonicNetwork) -> Reduced:
    """Eliminate the modes without Kerr term that press on nothing: they respond linearly.

    A linear mode obeys 0 = −R c + (κ/2) c* [if Brownian] + s with the sources s = E − R_ms x −
    i gᵀ|x|²; solved with its conjugate, c = U s + W s*.
    """
    presses = np.any(network.pressure != 0, axis=-1)
    turns = (network.kerr != 0) | np.any(network.cross_kerr != 0, axis=-1)
    either = (presses | turns).reshape(-1, network.modes).any(axis=0)
    s, m = np.flatnonzero(either), np.flatnonzero(~either)
    R, g = network.rate_matrix, network.pressure
    momentum_only = np.where(network.brownian, network.loss / 2, 0.0)

    def block(matrix: Array, rows: Array, columns: Array) -> Array:
        return matrix[..., rows[:, None], columns]

    own = block(R, m, m)
    loss = momentum_only[..., m, None] * np.eye(len(m))
    both = np.linalg.inv(_join(own, -loss))
    U, W = both[..., : len(m), : len(m)], both[..., : len(m), len(m) :]
    Rms, Rsm, gsm = block(R, m, s), block(R, s, m), block(g, s, m)
    pull = np.swapaxes(gsm, -1, -2)
    E = network.drive[..., m]
    constant = _apply(U, E) + _apply(W, E.conj())
    hop, hop_conjugate = -U @ Rms, -W @ Rms.conj()
    push = -1j * (U - W) @ pull
    gss, turn = block(g, s, s), network.kerr[..., s, None] * np.eye(len(s))
    return Reduced(
        nonlinear=s,
        linear=m,
        A=block(R, s, s) + Rsm @ hop,
        C=Rsm @ hop_conjugate - momentum_only[..., s, None] * np.eye(len(s)),
        e=network.drive[..., s] - _apply(Rsm, constant),
        G=np.swapaxes(gss, -1, -2) - 1j * Rsm @ push,
        t=2 * _apply(gsm, np.real(constant)),
        B=2 * gsm @ (hop + hop_conjugate.conj()) + 2 * gss,
        T=2 * gsm @ np.real(push) + 2 * turn + block(network.cross_kerr, s, s),
        constant=constant,
        hop=hop,
        hop_conjugate=hop_conjugate,
        push=push,
    )


def _apply(matrix: Array, vector: Array) -> Array:
    return np.einsum("...kl,...l->...k", matrix, vector)


def _join(own: Array, loss: Array) -> Array:
    """[[own, loss], [loss, own*]]: the modes beside their conjugates."""
    loss = np.broadcast_to(loss, np.broadcast_shapes(own.shape, loss.shape)).astype(complex)
    own = np.broadcast_to(own, loss.shape)
    top = np.concatenate([own, loss], axis=-1)
    return np.concatenate([top, np.concatenate([loss, own.conj()], axis=-1)], axis=-2)
