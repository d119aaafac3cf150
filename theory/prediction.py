"""What theory expects of a device: every steady state of every direction, and its measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device import Device
from phonosync.theory.entanglement import logarithmic_negativity
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.gaussian_state import check_physical
from phonosync.theory.mean_field import SteadyState, steady_states
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.synchronization import (
    complete_synchronization,
    occupations,
    phase_synchronization,
    phi_synchronization,
)

Pair = tuple[int, int]
Direction = tuple[int, int]
"""Direction of the light and of the field."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """One steady state for one direction.

    Attributes:
        light, field: the direction.
        stable: whether small deviations decay. Then the phonons are at rest: they do not oscillate,
            and the measures are those of their fluctuations.
        amplitudes: mean fields c, shape (N,).
        occupations: fluctuation quanta per mode, shape (N,); None for an unstable state.
        S_c, S_p, E_N: of the phonon pair; None for an unstable state or without a pair.
        S_phi: φ-synchronization of the pair, likewise.
        negativities: E_N of every pair of modes; None for an unstable state.
        covariance: V, shape (2N, 2N), vacuum I/2; None for an unstable state.
        growth: largest real part of the drift's eigenvalues, rad/s.
    """

    light: int
    field: int
    stable: bool
    amplitudes: NDArray[np.complexfloating]
    occupations: NDArray[np.floating] | None = None
    S_c: float | None = None
    S_p: float | None = None
    E_N: float | None = None
    S_phi: float | None = None
    negativities: dict[Pair, float] | None = None
    covariance: NDArray[np.floating] | None = None
    growth: float = np.nan


def predict(
    device: Device,
    *,
    power: float | None = None,
    pair: tuple[str, str] | None = None,
    directions: Iterable[Direction] | None = None,
) -> list[Prediction]:
    """Predict the steady states of all directions, stable or not, by increasing intensity.

    A direction without a stable state oscillates: `oscillations`.

    Args:
        device: any device; S_c and S_p need two phonons.
        power: W, of the laser, instead of the file's.
        pair: names of the two phonons; the first two by default.
        directions: (light, field) of each; those that the device distinguishes by default.

    Raises:
        InputError: a pair that is not two of the device's phonons.

    >>> from phonosync.theory import load_device
    >>> [round(p.S_c, 4) for p in predict(load_device("ring")) if p.stable]
    [0.6094, 0.0359]
    """
    phonons = phonon_pair(device, pair)
    result = []
    for light, field in distinguished(device) if directions is None else directions:
        network = device.network(light=light, field=field, power=power)
        for state in steady_states(network):
            measured = _measures(network, state, phonons) if state.stable else {}
            result.append(
                Prediction(
                    light,
                    field,
                    state.stable,
                    state.amplitudes,
                    growth=state.growth,
                    **measured,
                )
            )
    return result


def _measures(network: BosonicNetwork, state: SteadyState, pair: Pair | None) -> dict[str, Any]:
    c = state.amplitudes
    V = check_physical(steady_covariance(drift(network, c), diffusion(network)))
    every = {
        (i, j): float(logarithmic_negativity(V, i, j))
        for i, j in combinations(range(network.modes), 2)
    }
    measures: dict[str, Any] = {
        "occupations": occupations(V),
        "negativities": every,
        "covariance": V,
    }
    if pair is not None:
        measures |= {
            "S_c": float(complete_synchronization(V, *pair)),
            "S_p": float(phase_synchronization(V, c, *pair)),
            "S_phi": float(phi_synchronization(V, c, *pair)),
            "E_N": every[min(pair), max(pair)],
        }
    return measures


def phonon_pair(device: Device, names: tuple[str, str] | None = None) -> Pair | None:
    """Positions of the two phonons whose synchronization is asked for.

    Args:
        device: any device.
        names: of the two; the first two phonons by default.

    Returns:
        The pair; None where no names are given and the device has fewer than two phonons.

    Raises:
        InputError: names that are not two phonons of the device.
    """
    if names is None:
        return (device.phonons[0], device.phonons[1]) if len(device.phonons) > 1 else None
    known = [list(device.modes)[i] for i in device.phonons]
    listed = f"{device.name} has {', '.join(known) or 'none'}"
    if len(names) != 2 or names[0] == names[-1]:
        raise InputError(
            f"{', '.join(names)!r} is not a pair: synchronization is of two different phonons; "
            f"{listed}."
        )
    for name in names:
        if name not in known:
            raise InputError(f"{name!r} is not a phonon of the device: {listed}.")
    return device.index(names[0]), device.index(names[1])


def distinguished(device: Device) -> list[Direction]:
    """The directions (light, field) that the device can tell apart.

    Both of light where the device has a `sagnac` entry, be it a null control's of 0 Hz, or anything
    else that depends on it; both of the field where a Kerr coefficient depends on it.
    """
    lights = (+1, -1) if device.sagnac is not None or depends_on_light(device) else (+1,)
    field_directions = (+1, -1) if depends_on_field(device) else (+1,)
    return [(light, s) for light in lights for s in field_directions]


def direction_name(direction: Direction, directions: list[Direction]) -> str:
    """Name a direction by what differs between the device's directions.

    >>> direction_name((1, -1), [(1, 1), (1, -1)])
    'field −1'
    """
    parts = [
        f"{word} {value:+d}".replace("-", "−")
        for word, value, all_of in zip(
            ("light", "field"), direction, zip(*directions, strict=True), strict=True
        )
        if len(set(all_of)) > 1
    ]
    return ", ".join(parts) or "either direction"


def depends_on_light(device: Device) -> bool:
    """Whether a term of the device's model differs between the light's two directions."""
    plus, minus = device.network(light=+1), device.network(light=-1)
    return any(np.any(getattr(plus, f.name) != getattr(minus, f.name)) for f in fields(plus))


def depends_on_field(device: Device) -> bool:
    """Whether a Kerr coefficient of the device differs between the field's two directions."""
    plus, minus = device.network(field=+1), device.network(field=-1)
    return bool(np.any(plus.kerr != minus.kerr))
