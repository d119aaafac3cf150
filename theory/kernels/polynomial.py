"""Compiled path tracking for the steady-state polynomials.

Equation k of n = 2M, in homogeneous coordinates z = (x, y, w) with p_l = x_l y_l:

    F_k(z) = e_k w³ − w² (L z)_k − z_k (t_k w² + w (H z)_k + (T p)_k) − w (G p)_k
"""

from __future__ import annotations

import numpy as np
from numba import prange

from phonosync.theory.kernels.compilation import compiled

_ACCEPTED = 1e-7  # relative size of the last Newton step on a path
_SHORTEST = 1e-12


@compiled()
def _evaluate(z, L, e, G, t, H, T, F, J):
    """Add F(z) to F and its derivatives by z to J, unless J is empty."""
    n = e.shape[0]
    M = n // 2
    w = z[n]
    for k in range(n):
        linear, mixed, turned, pushed = 0j, 0j, 0j, 0j
        for j in range(n):
            linear += L[k, j] * z[j]
            mixed += H[k, j] * z[j]
        for m in range(M):
            p = z[m] * z[m + M]
            turned += T[k, m] * p
            pushed += G[k, m] * p
        shift = t[k] * w * w + w * mixed + turned
        F[k] += e[k] * w * w * w - w * w * linear - z[k] * shift - w * pushed
        if J.shape[0] == 0:
            continue
        for j in range(n):
            partner = z[j + M] if j < M else z[j - M]
            m = j if j < M else j - M
            J[k, j] -= (
                w * w * L[k, j] + z[k] * (w * H[k, j] + T[k, m] * partner) + w * G[k, m] * partner
            )
        J[k, k] -= shift
        J[k, n] += 3 * e[k] * w * w - 2 * w * linear - z[k] * (2 * t[k] * w + mixed) - pushed


@compiled()
def _solve(M, right):
    """Solve M x = right in place by Gaussian elimination; False for a singular matrix."""
    size = right.shape[0]
    for k in range(size):
        pivot, largest = k, abs(M[k, k].real) + abs(M[k, k].imag)
        for r in range(k + 1, size):
            candidate = abs(M[r, k].real) + abs(M[r, k].imag)
            if candidate > largest:
                pivot, largest = r, candidate
        if not largest > 1e-300:
            return False
        if pivot != k:
            for c in range(k, size):
                M[k, c], M[pivot, c] = M[pivot, c], M[k, c]
            right[k], right[pivot] = right[pivot], right[k]
        inverse = 1.0 / M[k, k]
        for r in range(k + 1, size):
            factor = M[r, k] * inverse
            if factor != 0:
                for c in range(k + 1, size):
                    M[r, c] -= factor * M[k, c]
                right[r] -= factor * right[k]
    for k in range(size - 1, -1, -1):
        for c in range(k + 1, size):
            right[k] -= M[k, c] * right[c]
        right[k] /= M[k, k]
    return True


@compiled()
def _blend(start, end, s, bend, out):
    """Coefficients on the way: start + σ (end − start), σ = s + i b s (1 − s); return dσ/ds."""
    sigma = s + 1j * bend * s * (1 - s)
    for k in range(start.shape[0]):
        out[k] = start[k] + sigma * (end[k] - start[k])
    return 1 + 1j * bend * (1 - 2 * s)


@compiled()
def _unpack(flat, n):
    M = n // 2
    a = n * n
    b = a + n
    c = b + n * M
    d = c + n
    f = d + n * n
    return (
        flat[:a].reshape(n, n),
        flat[a:b],
        flat[b:c].reshape(n, M),
        flat[c:d],
        flat[d:f].reshape(n, n),
        flat[f:].reshape(n, M),
    )


@compiled()
def _newton_or_tangent(z, s, start, end, bend, power, patch, flat, F, J, tangent):
    """Write −H's Newton step, or the path's dz/ds, into F; False where J is singular."""
    n = z.shape[0] - 1
    speed = _blend(start, end, s, bend, flat)
    F[:] = 0
    J[:] = 0
    L, e, G, t, H, T = _unpack(flat, n)
    _evaluate(z, L, e, G, t, H, T, F, J)
    for k in range(n):
        J[k, k] += (1 - s) * power * 3 * z[k] ** 2
        J[k, n] -= (1 - s) * power * 3 * z[n] ** 2
    for j in range(n + 1):
        J[n, j] = patch[j]
    if tangent:
        for k in range(flat.shape[0]):
            flat[k] = (end[k] - start[k]) * speed
        F[:] = 0
        _evaluate(z, L, e, G, t, H, T, F, J[:0])
        for k in range(n):
            F[k] -= power * (z[k] ** 3 - z[n] ** 3)
    else:
        total = -1.0 + 0j
        for j in range(n + 1):
            total += patch[j] * z[j]
        F[n] = total
        for k in range(n):
            F[k] += (1 - s) * power * (z[k] ** 3 - z[n] ** 3)
    for k in range(n + 1):
        F[k] = -F[k]
    return _solve(J, F)


@compiled()
def _norm(z):
    total = 0.0
    for k in range(z.shape[0]):
        total += z[k].real ** 2 + z[k].imag ** 2
    return np.sqrt(total)


@compiled()
def _follow(z, start, end, bend, power, patch):
    """Follow one path from s = 0 in place; return how far it came."""
    n = z.shape[0] - 1
    flat = np.empty_like(end)
    F = np.empty(n + 1, np.complex128)
    J = np.empty((n + 1, n + 1), np.complex128)
    trial = np.empty_like(z)
    slope = np.empty((4, n + 1), np.complex128)
    s, step = 0.0, 0.1
    while s < 1.0:
        h = min(step, 1.0 - s)
        good = True
        for stage in range(4):
            part = 0.0 if stage == 0 else (1.0 if stage == 3 else 0.5)
            trial[:] = z
            if stage > 0:
                trial += part * h * slope[stage - 1]
            good = good and _newton_or_tangent(
                trial, s + part * h, start, end, bend, power, patch, flat, F, J, True
            )
            slope[stage] = F
        trial[:] = z + h / 6 * (slope[0] + 2 * slope[1] + 2 * slope[2] + slope[3])
        moved = np.inf
        if good:
            for _ in range(3):
                if not _newton_or_tangent(
                    trial, s + h, start, end, bend, power, patch, flat, F, J, False
                ):
                    moved = np.inf
                    break
                trial += F
                moved = _norm(F) / _norm(trial)
                if moved < _ACCEPTED * 1e-3:
                    break
        if moved < _ACCEPTED:
            z[:] = trial
            s = 1.0 if h == 1.0 - s else s + h
            step = h * 2.0
        else:
            step = h / 2
            if step < _SHORTEST:
                break
    return s


@compiled(parallel=True)
def track(roots, start, ends, bend, power, patch, reached):
    """Follow every root of the start system to every end system.

    Args:
        roots: (R, n + 1) solutions of the start on the patch.
        start: its coefficients, flat (L, e, G, t, H, T).
        ends: coefficients of P systems, shape (P, size).
        bend: b of the way σ(s) = s + i b s (1 − s) through the coefficients.
        power: γ of the term γ (1 − s) (z_k³ − w³); zero where `start` alone has the roots.
        patch: the plane Σ patch_j z_j = 1 of the projective coordinates.
        reached: (P, R); written: s where each path stopped, 1 at the end.

    Returns:
        Ends of the paths, shape (P, R, n + 1).
    """
    P, R = ends.shape[0], roots.shape[0]
    found = np.empty((P, R, roots.shape[1]), np.complex128)
    for job in prange(P * R):
        p, r = job // R, job % R
        z = roots[r].copy()
        reached[p, r] = _follow(z, start, ends[p], bend, power, patch)
        found[p, r] = z
    return found
