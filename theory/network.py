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
          + Σ g_kl c_k†c_k (c_l + c_l†) + Σ_{k<l} X_kl c_k†c_k c_l†c_l + i Σ (E_k c_k† − h.c.)

    dc_k/dt = −(κ_k/2 + i D_k) c_k − 2i K_k |c_k|² c_k − i Σ_l J_kl c_l − i c_k Σ_l 2 g_kl Re c_l
              − i Σ_j g_jk |c_j|² − i c_k Σ_l X_kl |c_l|² − ½ Σ_l Γ_kl c_l + E_k + √κ_k c_in,k

    A mode may be damped in two ways: symmetrically, as above, or as a Brownian particle, on its
    momentum alone, where −(κ/2)c becomes −(κ/2)(c − c*); to first order in κ/ω both agree.

    Modes that lose into one bath (a waveguide) share the loss Γ_kl. With J_12 = iΓ_12/2 mode 1
    drives mode 2 and never the reverse: `cascade`.

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
        cross_kerr: X, real, symmetric, zero diagonal, shape (..., N, N).
        shared_loss: Γ, Hermitian, zero diagonal, shape (..., N, N), with diag(κ) + Γ ≥ 0.
        brownian: whether a mode is damped on its momentum alone, shape (..., N).

    Raises:
        InputError: shapes that do not fit, non-finite numbers, J or Γ not Hermitian, X not
            symmetric, κ ≤ 0, n < 0, more shared loss than loss, a Brownian mode that shares its.

    Source: the standard linear-plus-Kerr optomechanical network, e.g. Aspelmeyer, Kippenberg,
    Marquardt, doi:10.1103/RevModPhys.86.1391; magnon Kerr term: arXiv:2509.25985; cascaded
    systems: Gardiner, doi:10.1103/PhysRevLett.70.2269; Metelmann and Clerk,
    doi:10.1103/PhysRevX.5.021025.

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
    cross_kerr: Any = 0.0
    shared_loss: Any = 0.0
    brownian: Any = False

    def __post_init__(self) -> None:
        """Convert, broadcast and check the arrays."""
        modes = np.shape(self.detuning)[-1] if np.ndim(self.detuning) else 1
        for name in ("detuning", "loss", "kerr", "occupation"):
            self._store(name, np.asarray(getattr(self, name), float), (modes,))
        self._store("drive", np.asarray(self.drive, complex), (modes,))
        self._store("exchange", np.asarray(self.exchange, complex), (modes, modes))
        self._store("pressure", np.asarray(self.pressure, float), (modes, modes))
        self._store("cross_kerr", np.asarray(self.cross_kerr, float), (modes, modes))
        self._store("shared_loss", np.asarray(self.shared_loss, complex), (modes, modes))
        self._store("brownian", np.asarray(self.brownian, bool), (modes,))
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
        for name, letter in (("exchange", "J"), ("shared_loss", "Γ"), ("cross_kerr", "X")):
            J = getattr(self, name)
            if not np.allclose(J, np.conj(np.swapaxes(J, -1, -2)), rtol=1e-12, atol=0):
                raise InputError(
                    f"{name} is not Hermitian: {letter}[k, l] must be the conjugate of "
                    f"{letter}[l, k]; write every coupling in both places."
                )
        for name, advice in (
            ("exchange", "a frequency belongs in detuning"),
            ("pressure", "a mode cannot press on itself"),
            ("cross_kerr", "a mode's own Kerr term belongs in kerr"),
            ("shared_loss", "a mode's own loss belongs in loss"),
        ):
            if np.any(np.diagonal(getattr(self, name), axis1=-2, axis2=-1) != 0):
                raise InputError(f"{name} has a diagonal entry; {advice}.")
        if np.any(self.shared_loss):
            self._check_shared_loss()

    def _check_shared_loss(self) -> None:
        lowest = float(np.linalg.eigvalsh(self.loss_matrix).min())
        if lowest < -1e-9 * float(self.loss.max()):
            raise InputError(
                f"shared_loss makes a combination of modes gain {-lowest:.3g}: |Γ_kl| may be at "
                "most √(κ_k κ_l) of the losses; lower it, or raise the loss."
            )
        if np.any(self.brownian & np.any(self.shared_loss != 0, axis=-1)):
            raise InputError(
                "brownian: a mode that shares its loss with another is damped symmetrically; "
                "set brownian to False there."
            )

    @property
    def modes(self) -> int:
        """Number of modes N."""
        return self.detuning.shape[-1]

    @property
    def batch(self) -> tuple[int, ...]:
        """Leading dimensions common to all arrays."""
        return np.broadcast_shapes(
            *(getattr(self, f.name).shape[: -self._core(f.name)] for f in fields(self))
        )

    @property
    def loss_matrix(self) -> NDArray[np.complexfloating]:
        """diag(κ) + Γ, shape (..., N, N)."""
        return self.loss[..., None] * np.eye(self.modes) + self.shared_loss

    @property
    def rate_matrix(self) -> NDArray[np.complexfloating]:
        """Linear part R of dc/dt = −R c, symmetric damping: diag(κ/2 + iD) + Γ/2 + iJ."""
        own = self.loss / 2 + 1j * self.detuning
        return own[..., None] * np.eye(self.modes) + self.shared_loss / 2 + 1j * self.exchange

    @staticmethod
    def _core(name: str) -> int:
        """Number of dimensions of a field without its batch."""
        return 2 if name in ("exchange", "pressure", "cross_kerr", "shared_loss") else 1

    def each(self) -> Iterator[BosonicNetwork]:
        """Iterate over the single networks of a batch, in C order."""
        for index in range(int(np.prod(self.batch))):
            yield self.flat(index)

    def flat(self, index: Any) -> BosonicNetwork:
        """The network, or the networks (index an array), at flat positions of the batch."""
        batch = self.batch
        places = np.unravel_index(index, batch)
        chosen = object.__new__(BosonicNetwork)  # already checked
        for field in fields(self):
            value = getattr(self, field.name)
            core = value.shape[-self._core(field.name) :]
            if value.ndim > len(core):  # what all share stays shared
                value = np.broadcast_to(value, batch + core)[places]
            object.__setattr__(chosen, field.name, value)
        return chosen


def velocity(network: BosonicNetwork, amplitudes: ArrayLike) -> NDArray[Any]:
    """Mean-field velocity dc/dt without noise, shape (..., N), at the amplitudes c, shape (..., N).

    >>> velocity(BosonicNetwork(detuning=[2.0], loss=[1.0], drive=[3.0]), [1.0])
    array([2.5-2.j])
    """
    c: Any = np.asarray(amplitudes, complex)
    intensity = np.abs(c) ** 2
    g = network.pressure
    shift = (
        2 * network.kerr * intensity
        + 2 * np.einsum("...kl,...l->...k", g, c.real)
        + np.einsum("...kl,...l->...k", network.cross_kerr, intensity)
    )
    return (
        -np.einsum("...kl,...l->...k", network.rate_matrix, c)
        + np.where(network.brownian, network.loss / 2, 0.0) * c.conj()
        - 1j * shift * c
        - 1j * np.einsum("...jk,...j->...k", g, intensity)
        + network.drive
    )


def cascade(
    first: int, second: int, rates: tuple[float, float], phase: float, modes: int
) -> tuple[NDArray[np.complexfloating], NDArray[np.complexfloating]]:
    """Exchange and shared loss by which one mode's output drives another, one way.

    What leaves mode 1 through a port of rate κ_1 enters mode 2 through one of rate κ_2, turned by
    φ: c_in,2 = e^{iφ}(√κ_1 c_1 − c_in,1). Then Γ_21 = −√(κ_1κ_2) e^{iφ} and J_12 = iΓ_12/2, so that
    c_2 is driven by √(κ_1κ_2) e^{iφ} c_1 and c_1 by nothing of c_2.

    Args:
        first, second: indices of the modes.
        rates: κ_1 and κ_2 of the ports; multiply one by a power transmission between them.
        phase: φ, rad.
        modes: N.

    Returns:
        J and Γ, each of shape (N, N), to be added to a network's.

    Source: Gardiner, doi:10.1103/PhysRevLett.70.2269; Carmichael,
    doi:10.1103/PhysRevLett.70.2273.

    >>> J, shared = cascade(0, 1, (1.0, 4.0), 0.0, 2)
    >>> complex((shared / 2 + 1j * J)[1, 0]), complex((shared / 2 + 1j * J)[0, 1])
    ((-2+0j), 0j)
    """
    shared = np.zeros((modes, modes), complex)
    shared[second, first] = -np.sqrt(rates[0] * rates[1]) * np.exp(1j * phase)
    shared[first, second] = shared[second, first].conjugate()
    exchange = np.zeros((modes, modes), complex)
    exchange[first, second] = 0.5j * shared[first, second]
    exchange[second, first] = exchange[first, second].conjugate()
    return exchange, shared
