"""What theory expects of a device: every steady state of every direction, and its measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device import Device
from phonosync.theory.entanglement import logarithmic_negativity
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.gaussian_state import check_physical
from phonosync.theory.mean_field import steady_states
from phonosync.theory.synchronization import (
    complete_synchronization,
    occupations,
    phase_synchronization,
)


@dataclass(frozen=True, eq=False)
class Prediction:
    """One steady state for one direction.

    Attributes:
        light, field: the direction.
        stable: whether small deviations decay.
        amplitudes: mean fields c, shape (N,).
        occupations: fluctuation quanta per mode, shape (N,); None for an unstable state.
        S_c, S_p, E_N: of the phonon pair; None for an unstable state.
    """

    light: int
    field: int
    stable: bool
    amplitudes: NDArray[np.complexfloating]
    occupations: NDArray[np.floating] | None = None
    S_c: float | None = None
    S_p: float | None = None
    E_N: float | None = None


def predict(device: Device, *, power: float | None = None) -> list[Prediction]:
    """Predict all directions that the device distinguishes.

    The direction of the field is varied where a Kerr coefficient depends on it.

    Args:
        device: with exactly two phonons.
        power: W, of the laser, instead of the file's.

    Raises:
        InputError: not exactly two phonons.

    >>> from phonosync.theory import load_device
    >>> [round(p.S_c, 4) for p in predict(load_device("ring")) if p.stable]
    [0.6094, 0.0359]
    """
    if len(device.phonons) != 2:
        raise InputError(
            f"{device.name} has {len(device.phonons)} phonons; synchronization is of a pair."
        )
    i, j = device.phonons
    result = []
    for light in (+1, -1):
        for field in (+1, -1) if depends_on_field(device) else (+1,):
            network = device.network(light=light, field=field, power=power)
            for state in steady_states(network):
                c = state.amplitudes
                if not state.stable:
                    result.append(Prediction(light, field, False, c))
                    continue
                V = check_physical(steady_covariance(drift(network, c), diffusion(network)))
                result.append(
                    Prediction(
                        light,
                        field,
                        True,
                        c,
                        occupations(V),
                        float(complete_synchronization(V, i, j)),
                        float(phase_synchronization(V, c, i, j)),
                        float(logarithmic_negativity(V, i, j)),
                    )
                )
    return result


def depends_on_field(device: Device) -> bool:
    """Whether a Kerr coefficient of the device differs between the field's two directions."""
    plus, minus = device.network(field=+1), device.network(field=-1)
    return bool(np.any(plus.kerr != minus.kerr))
