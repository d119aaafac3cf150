"""All solutions of the steady-state polynomials, by homotopy continuation."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_TRIES = 4
_AT_INFINITY = 1e-7


def solve_real_cubic_system(A, e, G, t, B, T) -> list[Array]:
    """Every x with 0 = −A x − i x ∘ (t + Re(B x) + T|x|²) − i G|x|² + e.

    x and its conjugate y are taken as 2M independent unknowns of 2M cubic equations. In projective
    coordinates the paths of γ(1−s)(z_k³ − z_0³) + s F(z) = 0 from its 9^M known roots at s = 0 lead
    to every isolated solution at s = 1, for almost every complex γ (Bertini's theorem). Two
    paths that end at one solution mean that a path jumped: then another γ is tried.

    Args:
        A: complex, shape (M, M).
        e: complex, shape (M,).
        G: complex, shape (M, M).
        t: real, shape (M,).
        B: complex, shape (M, M).
        T: real, shape (M, M).

    Returns:
        The solutions with y = x*, each of shape (M,); accurate to about 1e-6.

    Source: Sommese and Wampler, doi:10.1142/5763.
    """
    scale = _scale(A, e, T)
    cubic = _Cubic(
        A * scale / scale[:, None],
        e / scale,
        G * scale**2 / scale[:, None],
        np.asarray(t, complex),
        B * scale,
        T * scale**2,
    )
    solutions: list[Array] = []
    random = np.random.default_rng(20250816)  # γ needs to be generic, not unpredictable
    for _ in range(_TRIES):
        ends, jumped = _track(cubic, random)
        for z in ends:
            x, y = z[: len(e)], z[len(e) :]
            near = np.linalg.norm(y - x.conj()) < 1e-4 * (1 + np.linalg.norm(x))
            if near and all(np.linalg.norm(x - s) > 1e-6 * np.linalg.norm(x) for s in solutions):
                solutions.append(x)
        if not jumped:
            break
    return [scale * x for x in solutions]


def _scale(A, e, T) -> NDArray[np.floating]:
    """Expected size of each |x|, so that the unknowns are of order one."""
    size = np.abs(np.linalg.solve(A, e))
    size = np.where(size > 1e-9 * size.max(initial=0), size, size.max(initial=0))
    strongest = np.abs(T).max(initial=0)
    if strongest > 0:
        size = np.minimum(size, (np.abs(e).max() / strongest) ** (1 / 3))
    return np.where(size > 0, size, 1.0)


class _Cubic:
    """F(z) and its derivatives for the homogenised system; z = (x, y, z0), shape (P, 2M + 1)."""

    def __init__(self, A, e, G, t, B, T):
        self.A, self.e, self.G, self.t, self.B, self.T = A, e, G, t, B, T
        self.M = len(e)

    def __call__(self, z: Array) -> tuple[Array, Array]:
        M = self.M
        x, y, w = z[:, :M], z[:, M : 2 * M], z[:, 2 * M :]
        J = np.zeros((len(z), 2 * M, 2 * M + 1), complex)
        F = np.empty((len(z), 2 * M), complex)
        half = self.B / 2
        own = [(x, y, slice(0, M), slice(M, 2 * M), 1, self.A, self.G, self.e)]
        own += [
            (y, x, slice(M, 2 * M), slice(0, M), -1, self.A.conj(), self.G.conj(), self.e.conj())
        ]
        real_part = x @ half.T + y @ half.conj().T
        shift = self.t * w**2 + w * real_part + (x * y) @ self.T.T
        for u, v, mine, other, sign, A, G, e in own:
            mixed = half if sign > 0 else half.conj()
            mixed_other = half.conj() if sign > 0 else half
            linear = u @ A.T
            pushed = (x * y) @ G.T
            F[:, mine] = -linear * w**2 - sign * 1j * (u * shift + w * pushed) + e * w**3
            by_u = w[:, :, None] * mixed + v[:, None, :] * self.T
            by_v = w[:, :, None] * mixed_other + u[:, None, :] * self.T
            J[:, mine, mine] = (
                -A * w[:, :, None] ** 2
                - sign * 1j * (u[:, :, None] * by_u + w[:, :, None] * G * v[:, None, :])
                - sign * 1j * shift[:, :, None] * np.eye(M)
            )
            J[:, mine, other] = (
                -sign * 1j * (u[:, :, None] * by_v + w[:, :, None] * G * u[:, None, :])
            )
            J[:, mine, 2 * M] = (
                -2 * linear * w
                - sign * 1j * (u * (2 * self.t * w + real_part) + pushed)
                + 3 * e * w**2
            )
        return F, J


def _track(cubic: _Cubic, random: np.random.Generator) -> tuple[list[Array], bool]:
    """Follow every path; return the finite ends (x, y) and whether two paths met."""
    n = 2 * cubic.M
    gamma = np.exp(2j * np.pi * random.random())
    patch = np.exp(2j * np.pi * random.random(n + 1)) / np.sqrt(n + 1)
    roots = np.exp(2j * np.pi * np.arange(3) / 3)
    z = np.array([(*r, 1.0) for r in product(roots, repeat=n)], complex)
    z /= (z @ patch)[:, None]
    norm = np.abs(np.concatenate([c.ravel() for c in (cubic.A, cubic.e, cubic.T)])).max()

    def system(z: Array, s: NDArray[np.floating]) -> tuple[Array, Array, Array]:
        F, FJ = cubic(z)
        F, FJ = F / norm, FJ / norm
        start = gamma * (z[:, :n] ** 3 - z[:, n:] ** 3)
        SJ = np.zeros_like(FJ)
        index = np.arange(n)
        SJ[:, index, index] = gamma * 3 * z[:, :n] ** 2
        SJ[:, :, n] = -gamma * 3 * z[:, n:] ** 2
        s1 = s[:, None]
        H = np.concatenate([(1 - s1) * start + s1 * F, z @ patch[:, None] - 1], axis=1)
        J = np.empty((len(z), n + 1, n + 1), complex)
        J[:, :n] = (1 - s1[..., None]) * SJ + s1[..., None] * FJ
        J[:, n] = patch
        by_s = np.concatenate([F - start, np.zeros((len(z), 1))], axis=1)
        return H, J, by_s

    s, step = np.zeros(len(z)), np.full(len(z), 0.02)
    alive = np.ones(len(z), bool)
    while np.any(alive):
        k = np.flatnonzero(alive)
        ds = np.minimum(step[k], 1 - s[k])
        _, J, by_s = system(z[k], s[k])
        tangent = -_solve(J, by_s)
        middle = z[k] + tangent * ds[:, None] / 2
        _, J, by_s = system(middle, s[k] + ds / 2)
        trial = z[k] - _solve(J, by_s) * ds[:, None]
        correction = trial
        for _ in range(3):
            H, J, _ = system(trial, s[k] + ds)
            correction = _solve(J, H)
            trial = trial - correction
        good = np.linalg.norm(correction, axis=1) < 1e-9 * np.linalg.norm(trial, axis=1)
        z[k[good]], s[k[good]] = trial[good], s[k[good]] + ds[good]
        step[k] = np.where(good, np.minimum(step[k] * 1.6, 0.1), step[k] / 2)
        alive[k] = (s[k] < 1) & (step[k] > 1e-12)
    finite = np.abs(z[:, n]) > _AT_INFINITY * np.linalg.norm(z, axis=1)
    ends = [row[:n] / row[n] for row in z[(s >= 1 - 1e-9) & finite]]
    jumped = any(
        np.linalg.norm(a - b) < 1e-7 * np.linalg.norm(a)
        for i, a in enumerate(ends)
        for b in ends[:i]
    )
    return ends, jumped


def _solve(J: Array, right: Array) -> Array:
    """Batched solve that survives a singular matrix (its path is cut by the step control)."""
    try:
        return np.linalg.solve(J, right[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return (np.linalg.pinv(J) @ right[..., None])[..., 0]
