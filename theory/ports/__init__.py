"""Ports: where waveguides meet the modes of a network, and what enters through them.

Every port couples by a jump operator L = Σ_k u_k c_k, |u_k|² a rate, and gives the modes

    dc_k/dt = ... − ½ u_k* Σ_l u_l c_l + u_k* c_in,        c_out = L − c_in.

A network's losses and baths are totals. Of the losses κ_k and Γ_kl the ports take Σ_p u_pk* u_pl,
and of the noise κ_k (n_k + ½) that reaches a mode they bring Σ_p |u_pk|² (n_p + ½). The rest of
both is absorption that nobody looks at, and neither may be negative. A port's occupation therefore
changes no motion, only what leaves: κ n quanta per time reach the mode in all, and those that do
not come through the port come from the absorption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork

_ROUNDING = 1e-9  # of the drive: a wave that misses the modes' drives by less is theirs


@dataclass(frozen=True)
class Port:
    """A coupling of one mode to a waveguide, L = √κ_p c.

    Attributes:
        mode: index of the mode.
        rate: κ_p, the part of the mode's loss that leaves through this port, the network's unit.
        occupation: n_p, mean thermal occupation of what enters; 0 is vacuum, as for light at any
            temperature of a laboratory. A microwave line's is `bath_occupation`. At most what
            the network's own occupation leaves room for: Σ κ_p n_p ≤ κ n over a mode's ports.

    Raises:
        InputError: a rate that is not positive, a negative occupation.
    """

    mode: int
    rate: float
    occupation: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no port can have."""
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise InputError(f"the rate of a port is {self.rate:g}; give a finite, positive rate.")
        _refuse_negative(self.occupation)

    def jump(self, modes: int) -> NDArray[np.complexfloating]:
        """Coefficients u of L = Σ u_k c_k among N modes, shape (N,)."""
        return _spread((self.mode,), (np.sqrt(self.rate),), modes)


@dataclass(frozen=True)
class CollectivePort:
    """A waveguide that passes several modes, L = Σ u_k c_k.

    The network must hold the loss that its modes share, Γ_kl = u_k* u_l; a drive through the port
    is E_k = u_k* c_in. Where one mode feeds the next, as in `cascade`, it must hold their J too.

    Attributes:
        modes: indices of the modes.
        couplings: u_k, complex, |u_k|² a rate of the network's unit.
        occupation: n_p, as for `Port`.

    Raises:
        InputError: not one coupling per mode, a mode twice, a negative occupation.

    Source: Gardiner and Collett, doi:10.1103/PhysRevA.31.3761; Combes, Kerckhoff, Sarovar,
    doi:10.1080/23746149.2017.1343097.
    """

    modes: tuple[int, ...]
    couplings: tuple[complex, ...]
    occupation: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no port can have."""
        _refuse_negative(self.occupation)
        if len(self.modes) != len(self.couplings) or len(set(self.modes)) < len(self.modes):
            raise InputError(
                f"a collective port of modes {self.modes} has couplings {self.couplings}; name "
                "every mode once and give one coupling for each."
            )

    @classmethod
    def chain(cls, ports: Sequence[Port], phases: Sequence[float]) -> CollectivePort:
        """The far end of modes in a row, each driven by what left the one before.

        With c_in,j+1 = e^{iφ_j} c_out,j, as in `cascade`, u_j = (−1)^(j−1) √κ_j e^{−i(φ_1 + ...)}.
        The output is that of the last mode turned by the phase of its u.

        Args:
            ports: one of each mode, downstream order, all of one occupation. Where a line loses
                power, the rate before it is τκ, τ its transmission, and a second port of rate
                (1−τ)κ takes the rest; a wave s that enters there is √τ s and √(1−τ) s.
            phases: φ, rad, one for each of the links between them.

        Raises:
            InputError: not one phase per link, ports of unequal occupation.

        >>> port = CollectivePort.chain([Port(0, 1.0), Port(1, 4.0)], phases=[0.0])
        >>> [complex(u) for u in port.couplings]
        [(1+0j), (-2+0j)]
        """
        if len(phases) != len(ports) - 1 or len({p.occupation for p in ports}) != 1:
            raise InputError(
                f"a chain of {len(ports)} ports has {len(phases)} phases and occupations "
                f"{[p.occupation for p in ports]}; give one phase per link and one occupation."
            )
        sign = (-1.0) ** np.arange(len(ports))
        u = sign * np.sqrt([p.rate for p in ports]) * np.exp(-1j * np.cumsum([0.0, *phases]))
        return cls(tuple(p.mode for p in ports), tuple(u.tolist()), ports[0].occupation)

    def jump(self, modes: int) -> NDArray[np.complexfloating]:
        """Coefficients u of L = Σ u_k c_k among N modes, shape (N,)."""
        return _spread(self.modes, self.couplings, modes)


AnyPort = Port | CollectivePort


def output_amplitude(
    network: BosonicNetwork, amplitudes: ArrayLike, port: AnyPort, *, driven: bool = True
) -> NDArray[np.complexfloating]:
    """Mean output field L − c_in of a port, shape (...): √κ_p c − E/√κ_p for one mode.

    Args:
        network: N modes.
        amplitudes: mean fields, shape (..., N).
        port: the port.
        driven: whether the drive E enters through it.

    Raises:
        InputError: the drive of a collective port's modes is not u_k* c_in of one wave c_in.
    """
    u = port.jump(network.modes)
    c = np.asarray(amplitudes, complex)
    if not driven:
        return c @ u
    incoming = np.asarray(network.drive @ u / np.vdot(u, u).real)
    stray = np.where(u != 0, network.drive - u.conj() * incoming[..., None], 0.0)
    if np.abs(stray).max() > _ROUNDING * np.abs(network.drive).max():
        raise InputError(
            f"modes {np.flatnonzero(u).tolist()} are driven by no single wave through their port; "
            "set the drive to conj(u_k) times the wave's amplitude, or say driven=False."
        )
    return c @ u - incoming


def quadrature_couplings(ports: Sequence[AnyPort], modes: int) -> NDArray[np.floating]:
    """Rows C of the ports' L in quadratures, 2 x 2 blocks [[Re u, −Im u], [Im u, Re u]].

    Returns:
        C, shape (2P, 2N): the quadratures of c_out are C x − x_in, those of the noise in x Cᵀ x_in.
    """
    u = np.array([port.jump(modes) for port in ports])
    C = np.empty((len(ports), 2, modes, 2))
    C[:, 0, :, 0] = C[:, 1, :, 1] = u.real
    C[:, 1, :, 0], C[:, 0, :, 1] = u.imag, -u.imag
    return C.reshape(2 * len(ports), 2 * modes)


def _refuse_negative(occupation: float) -> None:
    if not (np.isfinite(occupation) and occupation >= 0):
        raise InputError(f"what enters a port has occupation {occupation:g}; give 0 or more.")


def _spread(places: tuple[int, ...], couplings: Any, modes: int) -> NDArray[np.complexfloating]:
    """Couplings at their modes, zero elsewhere."""
    if not all(0 <= place < modes for place in places):
        raise InputError(f"a port leads to modes {places}, but the network has 0 ... {modes - 1}.")
    u = np.zeros(modes, complex)
    u[list(places)] = couplings
    return u
