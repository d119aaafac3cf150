"""Compiled motion of mean fields and covariance.

In u = Re c, v = Im c the model is a linear flow, one shift of each frequency and one push:

    d(u_k, v_k)/dt = (L y + e)_k + shift_k (v_k, −u_k) − push_k (0, 1)
    shift_k = Σ_l 2 g_kl u_l + W_kl |c_l|²,   W = 2 diag(K) + X,   push_k = Σ_l g_lk |c_l|²

Whatever is linear (detuning, loss, exchange, shared loss, Brownian damping) stands in L. Of the
drift A and of dV/dt = A V + V Aᵀ + D only what is not zero is computed, and of V one triangle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.kernels.compilation import compiled
from phonosync.theory.kernels.dormand_prince import change_of_step, relative_error, weighted_sum
from phonosync.theory.lyapunov import numbers_of_unknowns

Array = NDArray[np.floating]


def list_terms(L: Array, g: Array, W: Array) -> tuple[NDArray[np.uint32], ...]:
    """The terms A_ik V_kj of dV_u/dt, u numbering the V_ij, i <= j; only where A_ik is not zero.

    Args:
        L: drift at c = 0, shape (2N, 2N).
        g, W: pressure and Kerr shifts, shape (N, N).

    Returns:
        dV_u/dt has the terms start[u] to start[u + 1]; the place in A of each, and that in y.
    """
    filled = L != 0
    for k, m in 2 * np.argwhere(g):
        filled[k, k + 1] = filled[k + 1, k] = filled[k : k + 2, m] = True
        filled[m + 1, k : k + 2] = True
    for k, m in 2 * np.argwhere(W):
        filled[k, k + 1] = filled[k + 1, k] = filled[k : k + 2, m : m + 2] = True
    n, unknown = len(L), numbers_of_unknowns(len(L))
    i, k = np.nonzero(filled)
    # A_ik V_kj belongs to dV_ij/dt; where i = j it comes twice, from A V and from V Aᵀ.
    twice = 1 + (i[:, None] == np.arange(n)).ravel()
    changed = np.repeat(unknown[i].ravel(), twice)
    order = np.argsort(changed, kind="stable")
    start = np.searchsorted(changed[order], np.arange(unknown.max() + 2))
    entry = np.repeat(np.repeat(i * n + k, n), twice)[order]
    source = np.repeat(n + unknown[k].ravel(), twice)[order]
    # Unsigned: numba need not ask whether such an index counts from the end.
    return start.astype(np.uint32), entry.astype(np.uint32), source.astype(np.uint32)


@compiled()
def _velocity(y, e, L, g, W, D, start, entry, source, A, out):
    """Write d/dt of y = (u_1, v_1, u_2, ...; V_u) into out, and the drift into A, row by row."""
    n = len(e)
    for k in range(0, n, 2):
        x, p = y[k], y[k + 1]
        du, dv, shift = e[k], e[k + 1], 0.0
        for m in range(0, n, 2):
            u, v = y[m], y[m + 1]
            press, pressed, kerr = 2 * g[k // 2, m // 2], 2 * g[m // 2, k // 2], W[k // 2, m // 2]
            quanta = u * u + v * v
            shift += press * u + kerr * quanta
            du += L[k, m] * u + L[k, m + 1] * v
            dv += L[k + 1, m] * u + L[k + 1, m + 1] * v - pressed / 2 * quanta
            by_u, by_v = press + 2 * kerr * u, 2 * kerr * v
            a = k * n + m
            A[a] = L[k, m] + p * by_u
            A[a + 1] = L[k, m + 1] + p * by_v
            A[a + n] = L[k + 1, m] - x * by_u - pressed * u
            A[a + n + 1] = L[k + 1, m + 1] - x * by_v - pressed * v
        A[k * n + k + 1] += shift
        A[(k + 1) * n + k] -= shift
        out[k], out[k + 1] = du + shift * p, dv - shift * x
    for u in range(len(D)):
        total = D[u]
        for term in range(start[u], start[u + 1]):
            total += A[entry[term]] * y[source[term]]
        out[n + u] = total


@compiled()
def integrate(y, times, rtol, floor, model, terms, tableau):
    """Follow y from times[0] through all times; return the states there, or stop short.

    Args:
        y: start (u_1, v_1, u_2, ...; V_u), shape (2N + N (2N + 1),).
        times: increasing, shape (T,).
        rtol, floor: error allowed per step: floor + rtol |y|; floor has the shape of y.
        model: (e, L, g, W, D_u).
        terms: see `list_terms`.
        tableau: (A, B, E3, E5) of Dormand and Prince's method.

    Returns:
        States, shape (T, ...), and how many of them were reached: fewer when the step became too
        short to advance (the motion diverges).
    """
    a, b, e3, e5 = tableau
    stages, size = len(b), len(y)
    e, L, g, W, D = model
    start, entry, source = terms
    A = np.empty(L.size)
    K = np.zeros((stages + 1, size))
    new, work = np.empty(size), np.zeros((3, size))
    states = np.empty((len(times), size))
    states[0] = y
    t, y = times[0], y.copy()
    _velocity(y, e, L, g, W, D, start, entry, source, A, K[0])
    step = 1e-3 * np.sqrt(np.sum(y**2) + 1) / (np.sqrt(np.sum(K[0] ** 2)) + 1e-300)
    for index in range(1, len(times)):
        while t < times[index]:
            if step < 1e-14 * max(abs(t), 1e-300) or not np.isfinite(step):
                return states, index
            h = min(step, times[index] - t)
            last = h < step
            for s in range(1, stages):
                weighted_sum(y, h, a[s, :s], K, new)
                _velocity(new, e, L, g, W, D, start, entry, source, A, K[s])
            weighted_sum(y, h, b, K, new)
            _velocity(new, e, L, g, W, D, start, entry, source, A, K[stages])
            error = relative_error(h, K, e3, e5, y, new, rtol, floor, work)
            proposed = h * change_of_step(error)
            if not error <= 1.0:  # NaN too
                step = proposed
                continue
            t = times[index] if last else t + h
            for i in range(size):
                y[i], K[0, i] = new[i], K[stages, i]
            step = max(step, proposed) if last else proposed
        states[index] = y
    return states, len(times)
