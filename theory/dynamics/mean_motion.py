"""Motion of the mean fields alone, and of small deviations from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import drift
from phonosync.theory.network import BosonicNetwork

Real = NDArray[np.floating]
Complex = NDArray[np.complexfloating]


def to_real(amplitudes: ArrayLike) -> Real:
    """(Re c_1, Im c_1, Re c_2, ...), shape (..., 2N); quadratures are √2 times these.

    >>> to_real([1 + 2j, 3.0])
    array([1., 2., 3., 0.])
    """
    c: Any = np.ascontiguousarray(amplitudes, complex)
    return c.view(float)


def to_complex(real: Real) -> Complex:
    """The inverse of `to_real`, shape (..., N)."""
    return np.ascontiguousarray(real).view(complex)


def follow_mean(
    network: BosonicNetwork,
    times: ArrayLike,
    *,
    amplitudes: ArrayLike | None = None,
    rtol: float = 1e-9,
    size: ArrayLike = 1.0,
) -> Complex:
    """Integrate dc/dt (see BosonicNetwork) without noise; compiled.

    Args:
        network: a single network.
        times: increasing, shape (T,); the first is the start.
        amplitudes: c at the start, shape (N,); zero by default.
        rtol: relative error allowed per step.
        size: each mode's typical |c|, shape (N,): below 1e-3 of it an error does not matter.

    Returns:
        c(t), shape (T, N).

    Raises:
        InputError: a batch, times that do not increase, or a motion that diverges.

    >>> decay = follow_mean(BosonicNetwork(detuning=[0.0], loss=[2.0]), [0, 1], amplitudes=[1.0])
    >>> float(round(decay[-1, 0].real, 6))
    0.367879
    """
    c = np.zeros(network.modes, complex) if amplitudes is None else amplitudes
    states = _advance(network, times, to_real(c), 0, False, rtol, size)
    return to_complex(states)


def deviations(
    network: BosonicNetwork,
    times: ArrayLike,
    amplitudes: ArrayLike,
    vectors: Real | None = None,
    *,
    rtol: float = 1e-11,
    size: ArrayLike = 1.0,
) -> tuple[Complex, Real]:
    """Integrate dc/dt and, along it, dΦ/dt = A(c(t)) Φ with the drift A.

    Args:
        network, times, amplitudes, rtol, size: as for `follow_mean`.
        vectors: Φ at the start, shape (2N, m). By default Φ begins as the identity at every one of
            the times: then row j is the propagator from times[j − 1] to times[j], well conditioned
            however strong the damping.

    Returns:
        c(t), shape (T, N), and Φ(t), shape (T, 2N, m).

    Raises:
        InputError: as for `follow_mean`.
    """
    n = 2 * network.modes
    renew = vectors is None
    columns = np.eye(n) if vectors is None else vectors
    start = np.concatenate([to_real(amplitudes), columns.ravel()])
    states = _advance(network, times, start, columns.shape[1], renew, rtol, size)
    return to_complex(states[:, :n]), states[:, n:].reshape(-1, *columns.shape)


def _advance(
    network: BosonicNetwork,
    times: ArrayLike,
    start: Real,
    columns: int,
    renew: bool,
    rtol: float,
    size: ArrayLike,
) -> Real:
    from scipy.integrate import DOP853

    from phonosync.theory.kernels.limit_cycle import advance

    t = np.asarray(times, float)
    if network.batch:
        raise InputError(
            f"a motion is that of one network, this is a batch of shape {network.batch}; "
            "loop over network.each()."
        )
    if t.ndim != 1 or len(t) < 2 or np.any(np.diff(t) <= 0):
        raise InputError("times must increase, from the start to the end.")
    s = np.repeat(np.broadcast_to(np.asarray(size, float), network.modes), 2)
    floor = 1e-3 * rtol * s
    if columns == len(s):  # Φ_ij takes the unit of j to that of i
        floor = np.concatenate([floor, (rtol * s[:, None] / s).ravel()])
    elif columns:
        floor = np.concatenate([floor, np.repeat(rtol * s / s.max(), columns)])
    arrays = (
        drift(network, np.zeros(network.modes)),
        to_real(network.drive).copy(),
        network.pressure,
        2 * np.diag(network.kerr) + network.cross_kerr,
    )
    tableau = (DOP853.A, DOP853.B, DOP853.E3, DOP853.E5)
    states, reached = advance(start, columns, renew, t, rtol, floor, arrays, tableau)
    if reached < len(t):
        raise InputError(
            f"the motion diverges at t = {t[reached]:.4g}: lower the drive or look for a mode "
            "without enough loss."
        )
    return states
