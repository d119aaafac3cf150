"""The model: a network of driven, damped, coupled bosonic modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError


@dataclass(frozen=True, eq=False)
class BosonicNetwork:
    """N bosonic modes c_k (photons, magnons, phonons) in the frame of their drives.

    H/ħ = Σ D_k c_k†c_k + Σ K_k c_k†c_k†c_k c_k + Σ_{k<l} (J_kl c_k†c_l + h.c.)
          + Σ g_kl c_k†c_k (c_l + c_l†) + i Σ (E_k c_k† − h.c.)

    dc_k/dt = −(κ_k/2 + i D_k) c_k − 2i K_k |c_k|² c_k − i Σ_l J_kl c_l − i c_k Σ_l 2 g_kl Re c_l
              − i Σ_j g_jk |c_j|² + E_k + √κ_k c_in,k

    Every array may carry leading batch dimensions; they broadcast against each other. All rates are
    in one consistent unit of angular frequency (rad/s inside the project).

    Args:
        detuning: D = ω_mode − ω_drive, shape (..., N); a phonon's own frequency.
        loss: κ, the full energy decay rate (FWHM), shape (..., N), positive.
        exchange: J, Hermitian, shape (..., N, N): beam-splitter coupling, hopping, backscattering.
        pressure: g, shape (..., N, N); g[k, l]: mode k presses on mode l (radiation pressure,
            magnetostriction).
        kerr: K of the normally ordered Kerr term, shape (..., N).
        drive: E, complex, shape (..., N).
        occupation: mean thermal occupation n of each mode's bath, shape (..., N), not negative.

    Raises:
        InputError: shapes that do not fit, non-finite numbers, J not Hermitian, κ ≤ 0, n < 0.

    Source: the standard linear-plus-Kerr optomechanical network, e.g. Aspelmeyer, Kippenberg,
    Marquardt, doi:10.1103/RevModPhys.86.1391; magnon Kerr term: arXiv:2509.25985.

    >>> ring = BosonicNetwork(detuning=[1.0, 1.0], loss=[0.2, 1e-3], pressure=[[0, 1e-4], [0, 0]])
    >>> ring.modes, ring.batch
    (2, ())
    """

    detuning: Any
    loss: Any
    exchange: Any = 0.0
    pressure: Any = 0.0
    kerr: Any = 0.0
    drive: Any = 0.0
    occupation: Any = 0.0

    def __post_init__(self) -> None:
        """Convert, broadcast and check the arrays."""
        modes = np.shape(self.detuning)[-1] if np.ndim(self.detuning) else 1
        for name in ("detuning", "loss", "kerr", "occupation"):
            self._store(name, np.asarray(getattr(self, name), float), (modes,))
        self._store("drive", np.asarray(self.drive, complex), (modes,))
        self._store("exchange", np.asarray(self.exchange, complex), (modes, modes))
        self._store("pressure", np.asarray(self.pressure, float), (modes, modes))
        self._check()

    def _store(self, name: str, value: NDArray[Any], core: tuple[int, ...]) -> None:
        """Give `value` the core shape; a scalar stands for the same value in every place."""
        if value.ndim == 0:
            value = np.full(core, value)
        if value.shape[-len(core) :] != core:
            raise InputError(
                f"{name} has shape {value.shape}, but detuning says {core[-1]} modes: "
                f"its last dimensions must be {core}."
            )
        object.__setattr__(self, name, value)

    def _check(self) -> None:
        for field in fields(self):
            if not np.all(np.isfinite(getattr(self, field.name))):
                raise InputError(f"{field.name} holds NaN or infinity; give finite numbers.")
        if np.any(self.loss <= 0):
            raise InputError(
                f"loss has the value {self.loss.min():.3g}; every mode needs a positive energy "
                "decay rate, or its bath cannot bring it to a steady state."
            )
        if np.any(self.occupation < 0):
            raise InputError(
                f"occupation has the value {self.occupation.min():.3g}; a bath holds 0 or more."
            )
        J = self.exchange
        if not np.allclose(J, np.conj(np.swapaxes(J, -1, -2)), rtol=1e-12, atol=0):
            raise InputError(
                "exchange is not Hermitian: J[k, l] must be the conjugate of J[l, k]; "
                "write every coupling in both places."
            )
        if np.any(np.diagonal(J, axis1=-2, axis2=-1) != 0):
            raise InputError("exchange has a diagonal entry; a frequency belongs in detuning.")
        if np.any(np.diagonal(self.pressure, axis1=-2, axis2=-1) != 0):
            raise InputError("pressure has a diagonal entry; a mode cannot press on itself.")

    @property
    def modes(self) -> int:
        """Number of modes N."""
        return self.detuning.shape[-1]

    @property
    def batch(self) -> tuple[int, ...]:
        """Leading dimensions common to all arrays."""
        vectors = (self.detuning, self.loss, self.kerr, self.drive, self.occupation)
        matrices = (self.exchange, self.pressure)
        return np.broadcast_shapes(
            *(v.shape[:-1] for v in vectors), *(m.shape[:-2] for m in matrices)
        )

    def each(self) -> Iterator[BosonicNetwork]:
        """Iterate over the single networks of a batch, in C order."""
        full = {}
        for field in fields(self):
            value = getattr(self, field.name)
            core = value.shape[-2:] if field.name in ("exchange", "pressure") else value.shape[-1:]
            full[field.name] = np.broadcast_to(value, self.batch + core)
        for index in np.ndindex(*self.batch):
            yield BosonicNetwork(**{name: value[index] for name, value in full.items()})


def velocity(network: BosonicNetwork, amplitudes: ArrayLike) -> NDArray[Any]:
    """Mean-field velocity dc/dt without noise, shape (..., N), at the amplitudes c, shape (..., N).

    >>> velocity(BosonicNetwork(detuning=[2.0], loss=[1.0], drive=[3.0]), [1.0])
    array([2.5-2.j])
    """
    c: Any = np.asarray(amplitudes, complex)
    intensity = np.abs(c) ** 2
    J, g = network.exchange, network.pressure
    shift = 2 * network.kerr * intensity + 2 * np.einsum("...kl,...l->...k", g, c.real)
    return (
        -(network.loss / 2 + 1j * (network.detuning + shift)) * c
        - 1j * np.einsum("...kl,...l->...k", J, c)
        - 1j * np.einsum("...jk,...j->...k", g, intensity)
        + network.drive
    )
