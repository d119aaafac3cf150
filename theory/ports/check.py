"""Whether ports fit a network: of a bath they take at most what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import AnyPort

_ROUNDING = 1e-9  # relative excess of ports over a bath that counts as rounding


def check_ports(network: BosonicNetwork, ports: Sequence[AnyPort]) -> None:
    """Raise InputError where ports take more loss than modes have, or bring more heat than baths.

    Both diag(κ) + Γ and the same weighted by the baths' occupations must stay positive when the
    ports' part is subtracted.
    """
    check_share(
        network.loss_matrix,
        network.loss_matrix * colder_bath(network.occupation),
        network.brownian,
        ports,
    )


def colder_bath(occupation: NDArray[np.floating]) -> NDArray[np.floating]:
    """Occupation that two modes' shared bath has, min(n_k, n_l), shape (..., N, N)."""
    return np.minimum(occupation[..., :, None], occupation[..., None, :])


def check_share(loss: Any, heat: Any, brownian: Any, ports: Sequence[AnyPort]) -> None:
    """`check_ports` on the loss and on the loss times occupation, each of shape (..., N, N)."""
    u = np.array([port.jump(loss.shape[-1]) for port in ports])
    taken = np.einsum("pk,pl->kl", u.conj(), u)
    brought = np.einsum("p,pk,pl->kl", [p.occupation for p in ports], u.conj(), u)
    kappa, own = (np.real(np.diagonal(x, axis1=-2, axis2=-1)) for x in (loss, heat))
    noise = own + kappa / 2
    for mode in np.flatnonzero(np.diagonal(taken)):
        rate, lost = taken[mode, mode].real, float(np.min(kappa[..., mode]))
        if rate > lost * (1 + _ROUNDING):
            raise InputError(
                f"the ports of mode {mode} take {rate:.4g}, more than its loss {lost:.4g}; "
                "lower their rates or raise the loss."
            )
        if np.any(brownian[..., mode]):
            raise InputError(
                f"mode {mode} has a port, but is damped on its momentum alone; "
                "set brownian to False for it: a port damps both quadratures."
            )
        excess = brought[mode, mode].real - own[..., mode]
        if np.any(excess > _ROUNDING * noise[..., mode]):
            raise InputError(
                f"the ports of mode {mode} bring {brought[mode, mode].real:.4g} quanta per time, "
                f"more than the {float(np.min(own[..., mode])):.4g} of its whole bath; cool the "
                "ports, or raise the mode's occupation in the network."
            )
    if not _positive(loss - taken, kappa):
        raise InputError(
            "a collective port takes loss that its modes do not share; add conj(u_k) u_l to "
            "shared_loss[k, l] of the network, with the same sign and phase."
        )
    if not _positive(heat - brought, noise):
        raise InputError(
            "a collective port is hotter than the bath its modes share, which holds the least of "
            "their occupations; cool the port, or raise the occupation of all its modes."
        )


def _positive(rest: Any, scale: Any) -> bool:
    """Whether a Hermitian matrix is positive to rounding, measured mode by mode in `scale`."""
    size = np.sqrt(np.maximum(scale, 0.0))
    inverse = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    scaled = inverse[..., :, None] * rest * inverse[..., None, :]
    return bool(np.linalg.eigvalsh(scaled).min() >= -_ROUNDING)
