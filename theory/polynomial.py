"""All solutions of the steady-state polynomials, by homotopy continuation."""

from __future__ import annotations

from functools import cache
from itertools import product
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_TRIES = 4
_NEAR = 8  # systems from which looking for a nearer start pays
_ONE_AT_A_TIME = (
    Lock()
)  # the paths run on threads of numba, which two of ours may not start at once
_AT_INFINITY = 1e-6
_CONJUGATE = 1e-4
_APART = 1e-6


def solve_real_cubic_systems(A, C, e, G, t, B, T) -> list[list[Array]]:
    """Every x with 0 = −A x − C x* − i x ∘ (t + Re(B x) + T|x|²) − i G|x|² + e, for P systems.

    x and its conjugate y are taken as 2M independent unknowns of 2M cubic equations, which have at
    most 9^M isolated solutions (Bézout). A random complex system with the same terms is solved once
    by a total-degree homotopy, γ(1−s)(z_k³ − z_0³) + s F(z) = 0, from the 9^M roots of its start;
    fewer solutions are finite: 3, 11, 45 for M = 1, 2, 3 driven modes with B = C = G = 0. From
    these a path through the coefficients leads to every isolated solution of each system, with
    probability one (coefficient-parameter theorem of Morgan and Sommese,
    doi:10.1016/0096-3003(89)90099-4). Many systems are reached from a random mixture of their own,
    which is nearer. Two paths that end at one solution mean a double solution or that a path
    jumped: then other ways are tried, and what all of them find is kept.

    Args:
        A, C, B, G: complex, shape (P, M, M).
        e: complex, shape (P, M).
        t: real, shape (P, M).
        T: real, shape (P, M, M).

    Returns:
        For each system the solutions with y = x*, each of shape (M,); accurate to about 1e-6.

    Source: Sommese and Wampler, doi:10.1142/5763, chapters 7 and 8.
    """
    M = e.shape[-1]
    scale = np.array([_scale(*each) for each in zip(A, e, T, strict=True)])
    row, column = scale[:, :, None], scale[:, None, :]
    systems = _flat(
        A * column / row,
        C * column / row,
        e / scale,
        G * column**2 / row,
        np.asarray(t, complex),
        B * column,
        T * column**2,
    )
    terms = np.any(systems != 0, axis=0).tobytes()
    found: list[list[Array]] = [[] for _ in systems]
    open_, random = np.arange(len(systems)), np.random.default_rng(20250816)
    for attempt in range(_TRIES):
        start, roots = _generic_member(M, terms, attempt)
        if len(open_) > _NEAR:
            start, roots = _generic_mixture(start, roots, systems[open_], random)
        z, doubtful = _arrive(start, roots, systems[open_], random)
        x, y = z[..., :M], z[..., M:]
        mirror = np.linalg.norm(y - x.conj(), axis=-1)
        for p, r in zip(*np.nonzero(mirror < _CONJUGATE * (1 + _norm(x))), strict=True):
            if all(_apart(x[p, r], s) for s in found[open_[p]]):
                found[open_[p]].append(x[p, r])
        open_ = open_[doubtful]
        if not len(open_):
            break
    return [[scale[p] * x for x in points] for p, points in enumerate(found)]


def _apart(x: Array, other: Array) -> bool:
    return bool(_norm(x - other) > _APART * _norm(x))


def _scale(A, e, T) -> NDArray[np.floating]:
    """Expected size of each |x|, so that the unknowns are of order one."""
    size = np.abs(np.linalg.solve(A, e))
    size = np.where(size > 1e-9 * size.max(initial=0), size, size.max(initial=0))
    strongest = np.abs(T).max(initial=0)
    if strongest > 0:
        size = np.minimum(size, (np.abs(e).max() / strongest) ** (1 / 3))
    return np.where(size > 0, size, 1.0)


def _flat(A, C, e, G, t, B, T) -> Array:
    """Coefficients (L, e, G, t, H, T) of all 2M equations, one row per system (see the kernel)."""
    P, M = e.shape
    L, H = np.zeros((P, 2 * M, 2 * M), complex), np.empty((P, 2 * M, 2 * M), complex)
    L[:, :M, :M], L[:, :M, M:] = A, C
    L[:, M:, M:], L[:, M:, :M] = A.conj(), C.conj()
    H[:, :M, :M] = H[:, M:, :M] = B / 2
    H[:, :M, M:] = H[:, M:, M:] = B.conj() / 2
    i = np.repeat([1j, -1j], M)
    G = np.concatenate([G, G.conj()], axis=1) * i[:, None]
    T = np.concatenate([T, T], axis=1) * i[:, None]
    e, t = np.concatenate([e, e.conj()], axis=1)[..., None], (np.tile(t, 2) * i)[..., None]
    parts = (L, e, G, t, H * i[:, None], T)
    size = np.abs(np.concatenate(parts, axis=-1)).max(axis=-1)[..., None]  # of each equation
    return np.concatenate([(part / size).reshape(P, -1) for part in parts], axis=1)


@cache
def _generic_member(M: int, terms: bytes, attempt: int) -> tuple[Array, Array]:
    """A random system with these terms and all its solutions (R, 2M), by total degree."""
    from phonosync.theory.kernels.polynomial import track

    present = np.frombuffer(terms, bool)
    random = np.random.default_rng([20250816, attempt])
    member = present * (random.standard_normal((len(present), 2)) @ [1, 1j])
    n = 2 * M
    thirds = np.exp(2j * np.pi * np.arange(3) / 3)
    roots = np.array([(*r, 1.0) for r in product(thirds, repeat=n)], complex)
    solutions: list[Array] = []
    for _ in range(2):  # a path that jumps in one homotopy does not in the other
        gamma, patch = np.exp(2j * np.pi * random.random()), _patch(n, random)
        reached = np.empty((1, len(roots)))
        start = roots / (roots @ patch)[:, None]
        with _ONE_AT_A_TIME:
            z = track(start, 0 * member, member[None], 0.0, gamma, patch, reached)[0]
        for x in _finite(z, reached[0]):
            if np.all(np.isfinite(x)) and all(_apart(x, s) for s in solutions):
                solutions.append(x)
    return member, np.array(solutions)


def _generic_mixture(
    start: Array, roots: Array, systems: Array, random: np.random.Generator
) -> tuple[Array, Array]:
    """A random complex mixture of the systems and all its finite solutions.

    It is a generic member of the linear family that they span: what they share (a coupling of rank
    one, say) it has too, so that no path from it to them need lead to infinity, and it is near.
    """
    weights = 1 / len(systems) + random.normal(size=(len(systems), 2)) @ [0.5, 0.5j] / np.sqrt(
        len(systems)
    )
    mixture = weights @ systems
    [ends], [met] = _arrive(start, roots, mixture[None], random)
    return (start, roots) if met else (mixture, ends[np.all(np.isfinite(ends), axis=-1)])


def _arrive(
    start: Array, roots: Array, systems: Array, random: np.random.Generator
) -> tuple[Array, NDArray[np.bool_]]:
    """Ends (P, R, 2M) of the paths from the roots of `start`, and where two of them met.

    A path that leads to infinity ends at NaN.
    """
    from phonosync.theory.kernels.polynomial import track

    patch = _patch(roots.shape[1], random)
    z = np.concatenate([roots, np.ones((len(roots), 1))], axis=1)
    z /= (z @ patch)[:, None]
    reached = np.empty((len(systems), len(roots)))
    with _ONE_AT_A_TIME:
        found = track(z, start, systems, random.normal(), 0j, patch, reached)
    ends = _finite(found, reached)
    near = _norm(ends[:, :, None] - ends[:, None]) <= _APART * _norm(ends)[:, None]
    return ends, np.asarray(np.any(np.triu(near, 1), axis=(-2, -1)))


def _finite(z: Array, reached: Array) -> Array:
    """(x, y) of homogeneous coordinates; NaN at infinity and where a path did not arrive."""
    here = (reached >= 1) & (np.abs(z[..., -1]) > _AT_INFINITY * _norm(z))
    with np.errstate(all="ignore"):
        return np.where(here[..., None], z[..., :-1] / z[..., -1:], np.nan)


def _norm(z: Array) -> NDArray[np.floating]:
    return np.linalg.norm(z, axis=-1)


def _patch(n: int, random: np.random.Generator) -> Array:
    return np.exp(2j * np.pi * random.random(n + 1)) / np.sqrt(n + 1)
