"""Left (−iω − A)⁻¹ right behind a filter, for a motion and its derivatives by parameters.

Every spectrum and every S-parameter of a linear network has this form. With A = R Λ R⁻¹ it is a sum
over poles; and since dM = M dA M for M = (−iω − A)⁻¹, its derivative is one over pairs of poles,
exact wherever A can be diagonalised.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.observations import Window
from phonosync.analysis.models.pole_profiles import divided_differences, pole_profiles

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Poles:
    """A drift in its eigenbasis.

    Attributes:
        A: shape (n, n), rad/s.
        values: λ, shape (n,).
        R: right eigenvectors, columns, shape (n, n).
        inverse: R⁻¹.
    """

    A: Array
    values: Array
    R: Array
    inverse: Array

    @classmethod
    def of(cls, A: Array) -> Poles:
        """Diagonalise a drift."""
        values, R = np.linalg.eig(A)
        return cls(A, values, R, np.linalg.inv(R))

    def covariance_slopes(self, V: Array, dA: Array, dD: Array) -> Array:
        """Derivatives of V in A V + V Aᵀ + D = 0 by those of A and D, each (P, n, n)."""
        push = dA @ V + V @ dA.swapaxes(-1, -2) + dD
        inside = self.inverse @ push @ self.inverse.T
        dV = self.R @ (-inside / (self.values[:, None] + self.values)) @ self.R.T
        return (dV.real + dV.real.swapaxes(-1, -2)) / 2


@dataclass(frozen=True, eq=False)
class Profiles:
    """The poles of a motion as an analyzer shows them.

    Attributes:
        single: 1/(−iω − λ_j), shape (F, n).
        slope: its derivative by λ_j, shape (F, n).
    """

    poles: Poles
    single: Array
    slope: Array

    @classmethod
    def of(cls, poles: Poles, frequency_hz: Array, window: Window | None) -> Profiles:
        """Profiles of all poles at these frequencies."""
        single, slope = pole_profiles(2 * np.pi * frequency_hz, poles.values, window)
        return cls(poles, single, slope)

    def between(self, left: Array, right: Array) -> Array:
        """Value of left (−iω − A)⁻¹ right, shape (F,)."""
        weights = (left @ self.poles.R) * (self.poles.inverse @ right)
        # Not by BLAS, whose threads cost more than so small a product.
        return np.einsum("fj,j->f", self.single, weights)

    def slopes(self, left: Array, right: Array, change: tuple[Array, Array, Array]) -> Array:
        """Its derivatives for changes of left (P, n), A (P, n, n) and right (P, n): (F, P)."""
        d_left, dA, d_right = change
        b, a = left @ self.poles.R, self.poles.inverse @ right
        direct = (d_left @ self.poles.R) * a + b * (d_right @ self.poles.inverse.T)
        pair = b[:, None] * (self.poles.inverse @ dA @ self.poles.R) * a
        j, k = np.triu_indices(len(b))
        pair = np.where(j == k, pair[:, j, k], pair[:, j, k] + pair[:, k, j])
        both = divided_differences(self.poles.values, self.single, self.slope, (j, k))
        return np.einsum("fj,pj->fp", self.single, direct) + np.einsum("fj,pj->fp", both, pair)
