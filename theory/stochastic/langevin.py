"""Langevin trajectories of a network in the truncated-Wigner sense, thousands at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.stochastic.ensemble import Ensemble
from phonosync.theory.stochastic.langevin_scheme import (
    Scheme,
    is_nonlinear,
    linear_rate,
    prepare,
    square_root,
)
from phonosync.theory.trajectory import thermal_covariance

STEP = 0.15  # the default step, of the inverse of the fastest rate
_MOST_STEPS = 1e9  # of default length: some 20 minutes for 64 trajectories of 4 modes
_LIMIT = 1.0  # rad that couplings may turn a mode by in one step


def ensemble(
    network: BosonicNetwork,
    times: ArrayLike,
    *,
    trajectories: int = 1000,
    seed: int | None = None,
    amplitudes: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    step: float | None = None,
    threads: int = 1,
) -> Ensemble:
    """Integrate the truncated-Wigner Langevin equations of a network.

    The Weyl symbols of c†c and c†c†cc are |c|² − 1/2 and |c|⁴ − 2|c|² + 1/2. With them, and without
    the third derivatives that Kerr and pressure terms add to the Wigner function's equation of
    motion, the mean-field equation of `BosonicNetwork` becomes

    dc_k = [−(κ_k/2 + i D_k) c_k − 2i K_k (|c_k|² − 1) c_k − i Σ_l J_kl c_l
            − i c_k Σ_l 2 g_kl Re c_l − i Σ_j g_jk (|c_j|² − ½)
            − i c_k Σ_l X_kl (|c_l|² − ½) − ½ Σ_l Γ_kl c_l + E_k] dt + dW_k

    with ⟨dW_k* dW_l⟩ = [κ_k (n_k + ½) δ_kl + Γ_kl (½ + min(n_k, n_l))] dt, that is `diffusion`
    (a Brownian mode's damping and noise act on its momentum). Averages over trajectories are those
    of symmetrically ordered operators: ⟨|c|²⟩ = ⟨c†c⟩ + ½. Exact for linear networks, else good
    where quanta are many or couplings weak against losses.

    One step is half a step of linear flow with its noise, the couplings, and linear flow again,
    each solved exactly: weak order 2, and exact for a linear network. Every trajectory has its own
    generator SFC64, seeded through numpy's SeedSequence: trajectory r is the same whatever the
    number of threads and of trajectories.

    Args:
        network: a single network of N modes.
        times: increasing, shape (T,); the first is the start. States are kept at these alone:
            T · R · N complex numbers. A longer run goes on from `amplitudes=run.amplitudes[-1]`
            with another seed.
        trajectories: R.
        seed: of the random numbers; a new one by default, kept in the result.
        amplitudes: c at the start, shape (N,), zero by default; or of every trajectory, (R, N).
        covariance: V at the start, from which Gaussian starts are drawn; by default each mode in
            equilibrium with its bath, or nothing where every trajectory's start is given.
        step: longest step. By default 0.15 over the sum of the fastest rate of the linear part and
            the fastest turning by couplings that the first 64 trajectories meet: this keeps
            stationary covariances right to some 0.3 %; a growing transient needs less.
        threads: how many blocks of 64 trajectories run at once.

    Raises:
        InputError: a batch, times that do not increase, shapes that do not fit, negative
            variances, a motion that diverges, a step too long for the motion.

    Source: Drummond and Hardman, doi:10.1209/0295-5075/21/3/005; Polkovnikov,
    doi:10.1016/j.aop.2010.02.006; splitting: Strang, doi:10.1137/0705041.

    >>> warm = BosonicNetwork(detuning=[1.0], loss=[0.1], occupation=[2.0])
    >>> ensemble(warm, [0.0, 1.0], trajectories=100, seed=1).amplitudes.shape
    (2, 100, 1)
    """
    t = np.asarray(times, float)
    if network.batch:
        raise InputError(f"ensemble takes one network, this is a batch of shape {network.batch}.")
    if t.ndim != 1 or len(t) < 2 or not np.all(np.diff(t) > 0):
        raise InputError("times must increase, from the start to the end.")
    if trajectories < 1 or threads < 1 or (step is not None and not step > 0):
        raise InputError(
            f"trajectories is {trajectories}, threads {threads} and step {step}: "
            "give positive numbers."
        )
    center, spread = _start(network, trajectories, amplitudes, covariance)
    blocks = center.shape[0]
    sequence = np.random.SeedSequence(seed)
    entropy: Any = sequence.entropy
    streams = sequence.spawn(blocks)
    if step is None:
        step = _resolving_step(network, t, center[0], spread, streams[0])
    scheme = prepare(network, np.diff(t), step)
    recorded = np.empty((len(t), trajectories, network.modes), complex)

    def work(block: int) -> None:
        x, _ = _run(network, t, scheme, center[block], spread, streams[block])
        lanes = x.shape[-1]
        part = recorded[:, block * lanes : (block + 1) * lanes]
        part[:] = np.swapaxes(x[:, 0::2] + 1j * x[:, 1::2], 1, 2)[:, : part.shape[1]] / np.sqrt(2)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(blocks)))
    return Ensemble(t, recorded, seed=entropy, step=float(scheme.lengths.max()))


def _start(
    network: BosonicNetwork, trajectories: int, amplitudes: Any, covariance: Any
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Mean start of each block's lanes, shape (blocks, 2N, lanes), and the root of its spread."""
    from phonosync.theory.kernels.langevin import LANES

    N = network.modes
    c: Any = np.zeros(N, complex) if amplitudes is None else np.asarray(amplitudes, complex)
    given = c.shape == (trajectories, N)
    if not (given or c.shape == (N,)):
        raise InputError(
            f"amplitudes has shape {c.shape}; give ({N},) for all trajectories or "
            f"({trajectories}, {N}) for each."
        )
    if covariance is not None:
        V = np.asarray(covariance, float)
    else:
        V = np.zeros((2 * N, 2 * N)) if given else thermal_covariance(network)
    if V.shape != (2 * N, 2 * N) or not np.allclose(V, V.T):
        raise InputError(
            f"covariance has shape {V.shape}; give a symmetric matrix, shape ({2 * N}, {2 * N})."
        )
    blocks = -(-trajectories // LANES)
    # The last block's idle lanes repeat the last trajectory's start.
    lanes = np.minimum(np.arange(blocks * LANES), trajectories - 1).reshape(blocks, LANES)
    each: Any = np.broadcast_to(c, (trajectories, N))[lanes]
    x = np.sqrt(2) * np.stack([each.real, each.imag], axis=-1).reshape(blocks, LANES, 2 * N)
    return np.swapaxes(x, 1, 2), square_root(V)


def _run(
    network: BosonicNetwork,
    times: NDArray[np.floating],
    scheme: Scheme,
    center: NDArray[np.floating],
    spread: NDArray[np.floating],
    stream: np.random.SeedSequence,
    *,
    limit: float = _LIMIT,
) -> tuple[NDArray[np.floating], float]:
    """Quadratures of one block at all times, (T, 2N, lanes), and its fastest turning, rad/time."""
    from phonosync.theory.kernels.langevin import advance, draw, fill_normals

    streams = _streams(stream)
    u, v, powers = np.empty((3, center.size // 2))
    normals = np.empty(center.shape)
    draw(streams, u, v)
    fill_normals(u, v, powers, normals.reshape(-1))
    x = center + spread @ normals
    recorded = np.empty((len(times), *x.shape))
    recorded[0] = x
    reached, angle, rate = advance(
        np.concatenate([x, normals]),  # room for the next ones
        streams,
        recorded,
        scheme.flows,
        scheme.kicks,
        scheme.steps,
        scheme.kinds,
        scheme.lengths,
        limit,
    )
    last = min(reached, len(times) - 1)  # the end, or the time that was not reached
    if not (np.isfinite(angle) and np.all(np.isfinite(recorded[last]))):
        raise InputError(
            f"the motion diverges before t = {times[last]:.4g}: lower the drive or the "
            "start, pass a shorter step, or look for a mode without enough loss."
        )
    if angle > limit:
        raise InputError(
            f"the couplings turn a mode by {angle:.2g} rad in one step of "
            f"{scheme.lengths.max():.3g}; pass step={_step(network, rate):.2g}."
        )
    return recorded, rate


def _streams(sequence: np.random.SeedSequence) -> NDArray[np.unsignedinteger]:
    """Generators SFC64 of one block, shape (4, lanes), seeded and run in as numpy does."""
    from phonosync.theory.kernels.langevin import LANES, draw

    seeds = sequence.generate_state(3 * LANES, np.uint64).reshape(3, LANES)
    streams = np.concatenate([seeds, np.ones((1, LANES), np.uint64)])
    draw(streams, np.empty(12 * LANES), np.empty(12 * LANES))
    return streams


def _step(network: BosonicNetwork, turning: float) -> float:
    return STEP / (linear_rate(network) + turning)


def _resolving_step(network: BosonicNetwork, times: NDArray[np.floating], *block: Any) -> float:
    """Step for the turning that a first block of trajectories meets, found by running it."""
    if not is_nonlinear(network):
        return np.inf
    step, finer = np.inf, _step(network, 0.0)
    while finer < 0.7 * step:  # too coarse a run meets too much turning, or too little
        step = finer
        scheme = prepare(network, np.diff(times), step)
        _, turning = _run(network, times, scheme, *block, limit=np.inf)
        finer = _step(network, turning)
        if times[-1] - times[0] > _MOST_STEPS * finer:
            raise InputError(
                f"the couplings turn a mode at the rate {turning:.3g}, which takes "
                f"{(times[-1] - times[0]) / finer:.0e} steps to follow: lower the drive or the "
                "start, or pass a step of your own."
            )
    return finer
