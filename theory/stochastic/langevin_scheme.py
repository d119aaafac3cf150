"""How a Langevin trajectory advances: linear flow with its noise, and the couplings, both exact."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.network import BosonicNetwork


@dataclass(frozen=True, eq=False)
class Scheme:
    """A network prepared for the kernel, for all the intervals between recorded times.

    Attributes:
        flows: terms and pushes as `langevin_kernel.advance` wants them.
        kicks: modes and rates of `langevin_kernel.kick`, the rates with a dimension of kinds.
        steps: kicks in each interval, shape (T − 1,).
        kinds: which flows and kicks belong to each interval, shape (T − 1,).
        lengths: of one step of each kind.
    """

    flows: tuple[Any, ...]
    kicks: tuple[Any, ...]
    steps: NDArray[np.integer]
    kinds: NDArray[np.integer]
    lengths: NDArray[np.floating]


def prepare(network: BosonicNetwork, intervals: NDArray[np.floating], step: float) -> Scheme:
    """Flows and kicks for all intervals, no step longer than `step`; none without couplings."""
    # Equal intervals differ in their last digits and are one kind.
    relative, kinds = np.unique(np.round(intervals / intervals.max(), 12), return_inverse=True)
    lengths = relative * intervals.max()
    if is_nonlinear(network):
        steps = np.ceil(lengths / step * (1 - 1e-9)).astype(np.int64)
        lengths = lengths / steps
        ends = lengths / 2
    else:
        steps = np.zeros(len(lengths), np.int64)
        ends = lengths
    pairs = [[linear_flow(network, t) for t in pair] for pair in zip(ends, lengths, strict=True)]
    M, push, L = (np.array([[flow[i] for flow in pair] for pair in pairs]) for i in range(3))
    modes, *rates = couplings(network)
    scaled = (np.multiply.outer(lengths, rate) for rate in rates)
    flows = (*_terms(np.concatenate([M, L], axis=-1)), push)
    return Scheme(flows, (modes, *scaled), steps[kinds], kinds.astype(np.int64), lengths)


def _terms(matrix: NDArray[np.floating]) -> tuple[Any, Any, Any]:
    """The entries of each row that are not zero, in groups of four: groups, columns, weights."""
    groups = -(-np.count_nonzero(matrix, axis=-1) // 4)
    terms = 4 * int(groups.max())
    # A stable sort brings the entries to the front; zeros fill the last group up.
    padded = np.concatenate([matrix, np.zeros((*matrix.shape[:-1], 4))], axis=-1)
    columns = np.argsort(padded == 0, axis=-1, kind="stable")[..., :terms]
    weights = np.take_along_axis(padded, columns, axis=-1)
    return groups, np.where(weights == 0, 0, columns), weights


def is_nonlinear(network: BosonicNetwork) -> bool:
    """Whether any mode turns by its own or another mode's state."""
    return bool(np.any(network.kerr) or np.any(network.pressure) or np.any(network.cross_kerr))


def linear_flow(network: BosonicNetwork, time: float) -> tuple[Any, Any, Any]:
    """Damping, detuning, exchange, drive and noise for a time: x -> M x + push + L ξ, ξ normal.

    M = e^{At}, push = ∫ e^{As} ds E and L Lᵀ = ∫ e^{As} D e^{Aᵀs} ds over 0 < s < t, with A and D
    of the network without its couplings.

    Source: Van Loan, doi:10.1109/TAC.1978.1101743.
    """
    from scipy.linalg import expm

    linear = replace(network, kerr=0.0, pressure=0.0, cross_kerr=0.0)
    n = 2 * network.modes
    A, D = drift(linear, np.zeros(network.modes)), diffusion(linear)
    drive = np.sqrt(2) * np.stack([network.drive.real, network.drive.imag], axis=-1).ravel()
    # Van Loan's exponentials hold e^{−At}: take a time short enough for them and double it.
    doublings = max(0, int(np.ceil(np.log2(max(1.0, np.abs(A).sum(axis=1).max() * time)))))
    short = time / 2**doublings
    noise = np.asarray(expm(np.block([[-A, D], [np.zeros((n, n)), A.T]]) * short))
    forced = np.asarray(expm(np.block([[A, drive[:, None]], [np.zeros((1, n + 1))]]) * short))
    M, push = forced[:n, :n], forced[:n, n]
    Q = M @ noise[:n, n:]
    for _ in range(doublings):
        Q, push, M = Q + M @ Q @ M.T, push + M @ push, M @ M
    return np.where(np.abs(M) < 1e-16, 0.0, M), push, square_root(Q)


def square_root(V: NDArray[np.floating]) -> NDArray[np.floating]:
    """Lower triangular L with L Lᵀ = V, for a V that may lack full rank (a bath without noise).

    Raises:
        InputError: V has a negative direction.

    >>> square_root(np.array([[4.0, 2.0], [2.0, 1.0]]))
    array([[2., 0.],
           [1., 0.]])
    """
    scale = np.sqrt(np.maximum(np.diagonal(V), 0.0))
    L = np.zeros(V.shape)
    rest = np.array(V, float)
    for k in range(len(V)):
        pivot = rest[k, k]
        if pivot > 1e-13 * scale[k] ** 2:
            L[k:, k] = rest[k:, k] / np.sqrt(pivot)
            rest[k:, k:] -= np.outer(L[k:, k], L[k:, k])
    L[np.abs(L) < 1e-15 * scale[:, None]] = 0.0
    if np.any(np.abs(L @ L.T - V) > 1e-9 * np.outer(scale, scale)):
        lowest = float(np.linalg.eigvalsh(V)[0])
        raise InputError(
            f"a covariance has the negative eigenvalue {lowest:.3g}; variances cannot be negative: "
            "give a symmetric matrix with V ≥ 0."
        )
    return L


def couplings(network: BosonicNetwork) -> tuple[NDArray[np.integer], Any, Any, Any]:
    """The sequence of elementary couplings of one step: modes, K, X, g per unit of time.

    Each is solved exactly: the intensity of the mode that turns and the position of the modes it
    presses on stay. Where a pressed mode turns too, the order matters, and the sequence is run
    through forward for half the step and backward for the other half.
    """
    K, X, g = network.kerr, network.cross_kerr, network.pressure
    own = np.flatnonzero((K != 0) | np.any(X != 0, axis=-1))
    pressing = np.flatnonzero(np.any(g != 0, axis=-1))
    turning = np.union1d(own, pressing)
    if not np.any(g[:, turning]):
        return turning, K[turning], X[turning], g[turning]
    modes = np.concatenate([own, pressing])
    is_own = np.arange(len(modes)) < len(own)
    kerr = np.where(is_own, K[modes], 0.0)
    cross = np.where(is_own[:, None], X[modes], 0.0)
    pressure = np.where(is_own[:, None], 0.0, g[modes])
    there_and_back = np.concatenate([np.arange(len(modes)), np.arange(len(modes))[-2::-1]])
    weight = np.where(there_and_back == len(modes) - 1, 1.0, 0.5)
    return (
        modes[there_and_back],
        weight * kerr[there_and_back],
        weight[:, None] * cross[there_and_back],
        weight[:, None] * pressure[there_and_back],
    )


def linear_rate(network: BosonicNetwork) -> float:
    """Bound on the rates of the linear part: max over modes of |D| + κ/2 + Σ|J| + Σ|Γ|/2.

    >>> linear_rate(BosonicNetwork(detuning=[-2.0], loss=[1.0]))
    2.5
    """
    between = np.abs(network.exchange) + np.abs(network.shared_loss) / 2
    own = np.abs(network.detuning) + network.loss / 2
    return float(np.max(own + between.sum(axis=-1)))
