"""Compiled integration of mean fields and covariance: Dormand and Prince's 8th-order method.

The numpy path of the same equations is `network.velocity` and `fluctuations.drift`; tests hold the
two against each other.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, fastmath={"contract"})
def _jacobian(c, R, momentum, g, kerr, X, A):
    """Write the drift matrix into A and return dc/dt without the drive."""
    N = c.shape[0]
    speed = np.empty(N, np.complex128)
    for k in range(N):
        intensity = c[k].real ** 2 + c[k].imag ** 2
        shift = 2 * kerr[k] * intensity
        for m in range(N):
            if g[k, m] != 0.0 or X[k, m] != 0.0:
                shift += 2 * g[k, m] * c[m].real + X[k, m] * (c[m].real ** 2 + c[m].imag ** 2)
        rate = -1j * shift * c[k] + momentum[k] * c[k].conjugate()
        for m in range(N):
            direct = -R[k, m]
            rate += direct * c[m]
            conjugate = 0j
            if m == k:
                direct -= 1j * (shift + 2 * kerr[k] * intensity)
                conjugate += momentum[k] - 2j * kerr[k] * c[k] * c[k]
            if g[k, m] != 0.0 or X[k, m] != 0.0:
                direct -= 1j * c[k] * (g[k, m] + X[k, m] * c[m].conjugate())
                conjugate -= 1j * c[k] * (g[k, m] + X[k, m] * c[m])
            if g[m, k] != 0.0:
                rate -= 1j * g[m, k] * (c[m].real ** 2 + c[m].imag ** 2)
                direct -= 1j * g[m, k] * c[m].conjugate()
                conjugate -= 1j * g[m, k] * c[m]
            A[2 * k, 2 * m] = direct.real + conjugate.real
            A[2 * k, 2 * m + 1] = conjugate.imag - direct.imag
            A[2 * k + 1, 2 * m] = direct.imag + conjugate.imag
            A[2 * k + 1, 2 * m + 1] = direct.real - conjugate.real
        speed[k] = rate
    return speed


@njit(nogil=True, cache=True, fastmath={"contract"})
def _velocity(y, R, momentum, g, kerr, X, drive, diffusion, A, out):
    """d/dt of y = (Re c, Im c, V) with dV/dt = A V + V Aᵀ + D."""
    N = drive.shape[0]
    n = 2 * N
    c = y[:N] + 1j * y[N:n]
    speed = _jacobian(c, R, momentum, g, kerr, X, A)
    for k in range(N):
        out[k] = speed[k].real + drive[k].real
        out[N + k] = speed[k].imag + drive[k].imag
    for i in range(n):
        for j in range(n):
            out[n + i * n + j] = 0.0
    for i in range(n):
        for k in range(n):
            a = A[i, k]
            if a != 0.0:
                for j in range(n):
                    out[n + i * n + j] += a * y[n + k * n + j]
    for i in range(n):
        for j in range(i + 1):
            both = out[n + i * n + j] + out[n + j * n + i] + diffusion[i, j]
            out[n + i * n + j] = both
            out[n + j * n + i] = both


@njit(nogil=True, cache=True, fastmath={"contract"})
def integrate(y, times, rtol, atol, network, tableau):
    """Follow y from times[0] through all times; return the states there, or stop short.

    Args:
        y: start (Re c, Im c, V), shape (2N + 4N²,).
        times: increasing, shape (T,).
        rtol, atol: of the local error of each component.
        network: (R, the Brownian modes' κ/2, g, kerr, X, drive, diffusion).
        tableau: (A, B, E3, E5) of the method.

    Returns:
        States, shape (T, 2N + 4N²), and how many of them were reached: fewer when the step
        became too short to advance (the motion diverges).
    """
    R, momentum, g, kerr, X, drive, diffusion = network
    a, b, e3, e5 = tableau
    stages = b.shape[0]
    size = y.shape[0]
    n = 2 * drive.shape[0]
    A = np.zeros((n, n))
    K = np.zeros((stages + 1, size))
    trial, new = np.empty(size), y.copy()
    states = np.empty((times.shape[0], size))
    states[0] = y
    t, y = times[0], y.copy()
    _velocity(y, R, momentum, g, kerr, X, drive, diffusion, A, K[0])
    step = 1e-3 * np.sqrt(np.sum(y**2) + 1) / (np.sqrt(np.sum(K[0] ** 2)) + 1e-300)
    for index in range(1, times.shape[0]):
        while t < times[index]:
            if step < 1e-14 * max(abs(t), 1e-300) or not np.isfinite(step):
                return states, index
            h = min(step, times[index] - t)
            last = h < step
            for s in range(1, stages):
                trial[:] = y
                for r in range(s):
                    weight = a[s, r] * h
                    if weight != 0.0:
                        for i in range(size):
                            trial[i] += weight * K[r, i]
                _velocity(trial, R, momentum, g, kerr, X, drive, diffusion, A, K[s])
            new[:] = y
            for r in range(stages):
                weight = b[r] * h
                if weight != 0.0:
                    for i in range(size):
                        new[i] += weight * K[r, i]
            _velocity(new, R, momentum, g, kerr, X, drive, diffusion, A, K[stages])
            third, fifth = 0.0, 0.0
            for i in range(size):
                x3, x5 = 0.0, 0.0
                for r in range(stages + 1):
                    x3 += e3[r] * K[r, i]
                    x5 += e5[r] * K[r, i]
                scale = atol + rtol * max(abs(y[i]), abs(new[i]))
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
    return states, times.shape[0]
