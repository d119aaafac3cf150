"""Adler's equation with noise, solved exactly: beat, locking value and slips of a phase difference.

    dφ = (Δ − K sin φ) dt + √(2D) dW

Two weakly coupled limit cycles reduce to it: Δ is their detuning, K half the locking range, D half
the diffusion rate of φ. All rates share one unit; results come in it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError

_NODES, _DEEP = 96, 40.0  # of the quadrature; exp(−40) of the integrand's peak is left out
_HALVINGS = 24  # towards where that is: the rest is covered in vain
_QUIET = 1e-9  # of the larger of |Δ| and K: less diffusion than this is none


def adler_beat(
    detuning: ArrayLike, coupling: ArrayLike, diffusion: ArrayLike
) -> NDArray[np.floating]:
    """Mean frequency difference ⟨dφ/dt⟩, noise included.

    ⟨dφ/dt⟩ = (D/π) sinh(πΔ/D)/|I_{iΔ/D}(K/D)|², I the modified Bessel function of imaginary order.
    Without noise this is Adler's 0 for |Δ| ≤ K and sign(Δ)√(Δ² − K²) beyond.

    Args:
        detuning: Δ, any shape.
        coupling: K, not negative, broadcast.
        diffusion: D, not negative, broadcast.

    Raises:
        InputError: a coupling or diffusion below zero.

    Source: Stratonovich, Topics in the Theory of Random Noise II (1967), chapter 9; the product of
    Bessel functions as an integral: NIST DLMF 10.32.15.

    >>> float(adler_beat(1.25, 0.75, 0.0))
    1.0
    >>> round(float(adler_beat(0.3, 0.0, 2.0)), 12)
    0.3
    """
    Δ, K, D = _checked(detuning, coupling, diffusion)
    quiet = _is_quiet(Δ, K, D)
    beyond = np.sqrt(np.maximum(Δ**2 - K**2, 0.0))
    noise = np.where(quiet, 1.0, D)
    ν, x = np.where(quiet, 0.0, np.abs(Δ) / noise), np.where(quiet, 0.0, K / noise)
    speed = noise / np.pi * np.exp(_log_sinh(np.pi * ν) - _log_bessel(ν, x))
    return np.sign(Δ) * np.where(quiet, beyond, speed)


def adler_locking(
    detuning: ArrayLike, coupling: ArrayLike, diffusion: ArrayLike
) -> NDArray[np.complexfloating]:
    """⟨e^{iφ}⟩ = I_{1−iΔ/D}(K/D)/I_{−iΔ/D}(K/D): its modulus is the locking value.

    From the Fourier components of the Fokker-Planck equation, ⟨e^{i(n−1)φ}⟩ − ⟨e^{i(n+1)φ}⟩ =
    2(nD − iΔ)/K ⟨e^{inφ}⟩, by backward recurrence. Without detuning φ follows a von Mises
    distribution and this is I₁(K/D)/I₀(K/D).

    Args, Raises, Source: as `adler_beat`.

    >>> from scipy.special import ive
    >>> round(abs(complex(adler_locking(0.0, 3.0, 1.0))) - float(ive(1, 3) / ive(0, 3)), 12)
    0.0
    """
    Δ, K, D = _checked(detuning, coupling, diffusion)
    quiet = _is_quiet(Δ, K, D) | (D * 1e5 < K)
    beyond = np.sqrt(np.maximum(Δ**2 - K**2, 0.0))
    within = np.sqrt(np.maximum(K**2 - Δ**2, 0.0))
    scale = np.where(K > 0, K, 1.0)
    noiseless = (within + 1j * (Δ - np.sign(Δ) * beyond)) / scale
    noise = np.where(quiet, 1.0, D)
    twice: Any = 2 * noise / scale
    last = 60 + int(40 * np.sqrt(np.max(np.where(quiet, 0.0, K / noise), initial=0.0)))
    ratio = np.zeros(np.broadcast(Δ, K, D).shape, complex)
    for n in range(last, 0, -1):
        ratio = 1 / (twice * (n - 1j * Δ / noise) + ratio)
    return np.where(K > 0, np.where(quiet, noiseless, ratio), 0.0)


def adler_slip_rate(
    detuning: ArrayLike, coupling: ArrayLike, diffusion: ArrayLike
) -> NDArray[np.floating]:
    """Slips of 2π per time, of either sign, as `phase_statistics.count_slips` counts them.

    From one resting place φ next arrives a whole turn up or down with odds e^{2πΔ/D}, so that
    slips of both signs together come at ⟨dφ/dt⟩/(2π) coth(πΔ/D): exact for weak noise (Kramers'
    escapes from a tilted washboard) and for free phases alike.

    Args, Raises, Source: as `adler_beat`.

    >>> from scipy.special import ive
    >>> rate = 0.1 / (2 * np.pi**2) / (ive(0, 10.0) * np.exp(10.0)) ** 2
    >>> round(float(adler_slip_rate(0.0, 1.0, 0.1)) / float(rate), 9)
    1.0
    """
    Δ, K, D = _checked(detuning, coupling, diffusion)
    quiet = _is_quiet(Δ, K, D)
    noise = np.where(quiet, 1.0, D)
    ν, x = np.where(quiet, 0.0, np.abs(Δ) / noise), np.where(quiet, 0.0, K / noise)
    # Speed times coth: the sinh of the speed cancels, which leaves a rate at Δ = 0.
    rate = noise / (2 * np.pi**2) * np.exp(_log_cosh(np.pi * ν) - _log_bessel(ν, x))
    return np.where(quiet, np.sqrt(np.maximum(Δ**2 - K**2, 0.0)) / (2 * np.pi), rate)


def _checked(*rates: ArrayLike) -> tuple[NDArray[np.floating], ...]:
    Δ, K, D = (np.asarray(rate, float) for rate in rates)
    for name, rate in (("coupling", K), ("diffusion", D)):
        if not np.all(rate >= 0):
            raise InputError(
                f"the {name} {np.min(rate):.3g} is below zero; give its size, and turn φ by π "
                "where a coupling pulls the phases apart."
            )
    return Δ, K, D


def _is_quiet(Δ: Any, K: Any, D: Any) -> Any:
    return np.maximum(np.abs(Δ), K) * _QUIET >= D


def _log_sinh(x: NDArray[np.floating]) -> Any:
    with np.errstate(divide="ignore"):
        return x + np.log(-np.expm1(-2 * x)) - np.log(2)


def _log_cosh(x: NDArray[np.floating]) -> Any:
    return x + np.log1p(np.exp(-2 * x)) - np.log(2)


def _log_bessel(ν: Any, x: Any) -> Any:
    """Logarithm of |I_{iν}(x)|², as (2/π) ∫₀^{π/2} I₀(2x cos θ) cosh(2νθ) dθ, ν and x not negative.

    The logarithm of e^{2x cos θ + 2νθ} is concave: the nodes cover what is not negligible.
    """
    from scipy.special import i0e

    ν, x = np.broadcast_arrays(ν, x)
    end = np.full(ν.shape, np.pi / 2)

    def height(θ: Any) -> Any:
        return 2 * (x * np.cos(θ) + ν * θ)

    peak = np.where(ν < x, np.arcsin(np.minimum(ν / np.where(x > 0, x, 1.0), 1.0)), end)
    limits = []
    for outer in (np.zeros(ν.shape), end):
        near, far = peak.copy(), outer
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            inside = height(middle) > height(peak) - _DEEP
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        limits.append(far)
    nodes, weights = _gauss_legendre()
    # θ = π/2 − u²: the nodes crowd where I₀ leaves its asymptote, at the end where cos θ vanishes.
    outer, inner = (np.sqrt(np.maximum(np.pi / 2 - limit, 0.0)) for limit in limits)
    half = (outer - inner) / 2
    u = inner + half * (nodes.reshape(-1, *[1] * ν.ndim) + 1)
    θ = np.pi / 2 - u**2
    even = (1 + np.exp(-4 * ν * θ)) / 2
    integrand = 2 * u * i0e(2 * x * np.sin(u**2)) * even * np.exp(height(θ) - height(peak))
    return np.log(2 / np.pi * half * np.tensordot(weights, integrand, 1)) + height(peak)


@cache
def _gauss_legendre() -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    return np.polynomial.legendre.leggauss(_NODES)
