"""Whether a covariance is that of a quantum state."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import UnphysicalError

_ROUNDING = 1e-9  # of the largest variance


def symplectic_form(modes: int) -> NDArray[np.floating]:
    """Ω of the commutators [x_i, x_j] = iΩ_ij, quadratures q1, p1, q2, p2, ..., shape (2N, 2N)."""
    return np.kron(np.eye(modes), [[0.0, 1.0], [-1.0, 0.0]])


def symplectic_eigenvalues(V: ArrayLike) -> NDArray[np.floating]:
    """Symplectic eigenvalues ν of a covariance, ascending, shape (..., N); 1/2 for a pure state.

    Args:
        V: covariance, positive definite, shape (..., 2N, 2N), vacuum I/2.

    Source: Williamson's theorem; Weedbrook et al., doi:10.1103/RevModPhys.84.621.

    >>> symplectic_eigenvalues(np.diag([1.0, 0.25, 2.5, 2.5]))
    array([0.5, 2.5])
    """
    V = np.asarray(V, float)
    values = np.linalg.eigvals(symplectic_form(V.shape[-1] // 2) @ V)
    return np.sort(np.abs(values.imag), axis=-1)[..., ::2]


def uncertainty_margin(V: ArrayLike) -> NDArray[np.floating]:
    """Smallest eigenvalue of V + iΩ/2, shape (...): not negative for a quantum state.

    Source: Simon, Mukunda, Dutta, doi:10.1103/PhysRevA.49.1567.

    >>> float(uncertainty_margin(np.eye(2)))
    0.5
    """
    V = np.asarray(V, float)
    form = symplectic_form(V.shape[-1] // 2)
    return np.asarray(np.linalg.eigvalsh(V + 0.5j * form))[..., 0]


def check_physical(V: ArrayLike, tolerance: float = _ROUNDING) -> NDArray[np.floating]:
    """Return the covariance, having checked V + iΩ/2 ≥ 0 up to rounding.

    Damping on the momentum alone is not of Lindblad's form: to the order κ/ω its states may lie
    below the bound (doi:10.1103/PhysRevD.45.2843), and then are refused too.

    Args:
        V: covariance, shape (..., 2N, 2N), vacuum I/2.
        tolerance: part of the largest variance by which the bound may be missed.

    Raises:
        UnphysicalError: Heisenberg's uncertainty is violated.

    Source: Simon, Mukunda, Dutta, doi:10.1103/PhysRevA.49.1567.
    """
    covariance: Any = np.asarray(V, float)
    if covariance.size == 0:
        return covariance
    largest = np.abs(covariance).max(axis=(-2, -1))
    worst = float(np.min(uncertainty_margin(covariance) / largest))
    if not worst >= -tolerance:
        raise UnphysicalError(
            f"the covariance is below Heisenberg's bound by {-worst:.2g} of its largest variance. "
            "Check that each loss comes with its noise; where a mode is damped on its momentum "
            "alone (brownian), damp it symmetrically, or raise its temperature."
        )
    return covariance
