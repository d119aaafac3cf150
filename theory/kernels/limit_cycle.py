"""Compiled motion of the mean fields and of small deviations from them, without covariance.

In u = Re c, v = Im c the model is a linear flow, one shift of each frequency and one push:

    d(u_k, v_k)/dt = (L y + e)_k + shift_k (v_k, −u_k) + push_k (0, −1)
    shift_k = Σ_l 2 g_kl u_l + W_kl |c_l|²,   W = 2 diag(K) + X,   push_k = Σ_l g_lk |c_l|²

Whatever is linear (detuning, loss, exchange, shared loss, Brownian damping) stands in L. Tests hold
this against `network.velocity` and `fluctuations.drift`.
"""

from __future__ import annotations

import numpy as np

from phonosync.theory.kernels.compilation import compiled


@compiled()
def _velocity(y, columns, L, e, g, W, A, out):
    """Write d/dt of y = (u_1, v_1, u_2, ...; Φ row by row) into out, with dΦ/dt = A Φ."""
    n = e.shape[0]
    N = n // 2
    for i in range(n):
        rate = e[i]
        for j in range(n):
            rate += L[i, j] * y[j]
        out[i] = rate
    for k in range(N):
        shift, push = 0.0, 0.0
        for m in range(N):
            u, v = y[2 * m], y[2 * m + 1]
            shift += 2 * g[k, m] * u + W[k, m] * (u * u + v * v)
            push += g[m, k] * (u * u + v * v)
        out[2 * k] += shift * y[2 * k + 1]
        out[2 * k + 1] -= shift * y[2 * k] + push
        if columns:
            for m in range(N):
                u, v = y[2 * m], y[2 * m + 1]
                by_u, by_v = 2 * g[k, m] + 2 * W[k, m] * u, 2 * W[k, m] * v
                A[2 * k, 2 * m] = L[2 * k, 2 * m] + y[2 * k + 1] * by_u
                A[2 * k, 2 * m + 1] = L[2 * k, 2 * m + 1] + y[2 * k + 1] * by_v
                A[2 * k + 1, 2 * m] = L[2 * k + 1, 2 * m] - y[2 * k] * by_u - 2 * g[m, k] * u
                A[2 * k + 1, 2 * m + 1] = (
                    L[2 * k + 1, 2 * m + 1] - y[2 * k] * by_v - 2 * g[m, k] * v
                )
            A[2 * k, 2 * k + 1] += shift
            A[2 * k + 1, 2 * k] -= shift
    if columns:
        for i in range(n):
            row = n + i * columns
            for j in range(columns):
                out[row + j] = 0.0
            for m in range(n):
                a = A[i, m]
                if a != 0.0:
                    for j in range(columns):
                        out[row + j] += a * y[n + m * columns + j]


@compiled()
def advance(y, columns, renew, times, rtol, floor, network, tableau):
    """Follow y from times[0] through all times; return the states there, or stop short.

    Dormand and Prince's method of order 8, with its error estimate of orders 5 and 3.

    Args:
        y: start (u_1, v_1, u_2, ...; Φ row by row), shape (2N + 2N columns,).
        columns: of Φ, 0 to leave it away.
        renew: begin again with Φ = 1 after every output (then Φ has 2N columns).
        times: increasing, shape (T,).
        rtol, floor: error allowed per step: floor + rtol |y|; floor has the shape of y.
        network: (L, e, g, W).
        tableau: (A, B, E3, E5) of the method.

    Returns:
        States, shape (T, ...), and how many of them were reached: fewer when the step became too
        short to advance (the motion diverges).
    """
    L, e, g, W = network
    a, b, e3, e5 = tableau
    stages, size, n = b.shape[0], y.shape[0], e.shape[0]
    A = np.zeros((n, n))
    K = np.zeros((stages + 1, size))
    trial, new = np.empty(size), y.copy()
    states = np.empty((times.shape[0], size))
    states[0] = y
    t, y = times[0], y.copy()
    _velocity(y, columns, L, e, g, W, A, K[0])
    fastest = 0.0
    for i in range(size):
        fastest = max(fastest, abs(K[0, i]) / (floor[i] / rtol + abs(y[i])))
    step = 0.05 / fastest if fastest > 0.0 else times[1] - times[0]
    for index in range(1, times.shape[0]):
        while t < times[index]:
            if step < 1e-14 * max(abs(t), 1e-300) or not np.isfinite(step):
                return states, index
            h = min(step, times[index] - t)
            last = step >= times[index] - t
            for s in range(1, stages):
                trial[:] = y
                for r in range(s):
                    weight = a[s, r] * h
                    if weight != 0.0:
                        for i in range(size):
                            trial[i] += weight * K[r, i]
                _velocity(trial, columns, L, e, g, W, A, K[s])
            new[:] = y
            for r in range(stages):
                weight = b[r] * h
                if weight != 0.0:
                    for i in range(size):
                        new[i] += weight * K[r, i]
            _velocity(new, columns, L, e, g, W, A, K[stages])
            third, fifth = 0.0, 0.0
            for i in range(size):
                x3, x5 = 0.0, 0.0
                for r in range(stages + 1):
                    x3 += e3[r] * K[r, i]
                    x5 += e5[r] * K[r, i]
                scale = floor[i] + rtol * max(abs(y[i]), abs(new[i]))
                third += (x3 / scale) ** 2
                fifth += (x5 / scale) ** 2
            error = 0.0
            if fifth > 0.0:
                error = h * fifth / np.sqrt((fifth + 0.01 * third) * size)
            if not error <= 1.0:  # NaN too
                step = h * max(0.2, 0.9 * error ** (-0.125)) if error > 0.0 else 0.2 * h
                continue
            t = times[index] if last else t + h
            y[:] = new
            K[0] = K[stages]
            factor = 10.0 if error == 0.0 else min(10.0, 0.9 * error ** (-0.125))
            step = max(step, h * factor) if last else h * factor
        states[index] = y
        if renew:
            for i in range(n):
                for j in range(columns):
                    y[n + i * columns + j] = 1.0 if i == j else 0.0
            _velocity(y, columns, L, e, g, W, A, K[0])
    return states, times.shape[0]
