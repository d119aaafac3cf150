"""Mean fields and covariance along a trajectory, below and above threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.dynamics.mean_motion import to_complex, to_real
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.gaussian_state import check_physical
from phonosync.theory.lyapunov import numbers_of_unknowns
from phonosync.theory.network import BosonicNetwork


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What happens to a network in time.

    Attributes:
        times: shape (T,), the inverse of the network's unit of rate.
        amplitudes: mean fields c(t), complex, shape (T, N).
        covariance: V(t), shape (T, 2N, 2N), vacuum I/2.
    """

    times: NDArray[np.floating]
    amplitudes: NDArray[np.complexfloating]
    covariance: NDArray[np.floating]


def thermal_covariance(network: BosonicNetwork) -> NDArray[np.floating]:
    """Every mode in equilibrium with its own bath: V = diag(n_k + 1/2), twice per mode.

    >>> thermal_covariance(BosonicNetwork(detuning=[1.0], loss=[0.1], occupation=[2.0]))
    array([[2.5, 0. ],
           [0. , 2.5]])
    """
    quanta = np.repeat(network.occupation + 0.5, 2, axis=-1)
    return quanta[..., None] * np.eye(2 * network.modes)


def follow(
    network: BosonicNetwork,
    times: ArrayLike,
    *,
    amplitudes: ArrayLike | None = None,
    covariance: ArrayLike | None = None,
    rtol: float = 1e-9,
) -> Trajectory:
    """Integrate dc/dt (see BosonicNetwork) and dV/dt = A V + V Aᵀ + D along it.

    Dormand and Prince's method of order 8 with error control on every component, compiled; the
    first call compiles for some seconds.

    Args:
        network: a single network.
        times: increasing, shape (T,); the first is the start.
        amplitudes: c at the start, shape (N,); zero by default.
        covariance: V at the start; each mode in equilibrium with its bath by default.
        rtol: relative error allowed per step.

    Raises:
        InputError: a batch, times that do not increase, or a motion that diverges.
        UnphysicalError: the covariance falls below Heisenberg's bound.

    Source: Hairer, Nørsett, Wanner, doi:10.1007/978-3-540-78862-1, section II.5; equations as in
    Mari et al., doi:10.1103/PhysRevLett.111.103605.
    """
    from scipy.integrate import DOP853

    from phonosync.theory.kernels.trajectory import integrate, list_terms

    t = np.asarray(times, float)
    if network.batch:
        raise InputError(f"follow takes one network, this is a batch of shape {network.batch}.")
    if t.ndim != 1 or len(t) < 2 or np.any(np.diff(t) <= 0):
        raise InputError("times must increase, from the start to the end.")
    N = network.modes
    c: Any = np.zeros(N, complex) if amplitudes is None else np.asarray(amplitudes, complex)
    V = thermal_covariance(network) if covariance is None else np.asarray(covariance, float)
    unknown = numbers_of_unknowns(2 * N)
    triangle = np.triu_indices(2 * N)
    start = np.concatenate([to_real(c), V[triangle]])
    L, D = drift(network, np.zeros(N)), diffusion(network)
    g, W = network.pressure.copy(), 2 * np.diag(network.kerr) + network.cross_kerr
    model = (to_real(network.drive).copy(), L, g, W, D[triangle])
    tableau = (DOP853.A, DOP853.B, DOP853.E3, DOP853.E5)
    floor = np.full(len(start), 1e-3 * rtol)
    states, reached = integrate(start, t, rtol, floor, model, list_terms(L, g, W), tableau)
    if reached < len(t):
        raise InputError(
            f"the motion diverges at t = {t[reached]:.4g}: lower the drive or look for a mode "
            "without enough loss."
        )
    fields, V = to_complex(states[:, : 2 * N]), states[:, 2 * N + unknown]
    return Trajectory(t, fields, check_physical(V, max(1e-9, 100 * rtol)))
