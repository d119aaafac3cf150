"""Synchronization, occupations and entanglement of a state, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.expected import State
from phonosync.analysis.models.joint import JointModel
from phonosync.theory.device import Device
from phonosync.theory.entanglement import signed_negativity
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import steady_covariance
from phonosync.theory.prediction import phonon_pair
from phonosync.theory.synchronization import (
    occupations,
    phase_synchronization,
    phi_synchronization,
    synchronization_error,
)

Array = NDArray[Any]
Pair = tuple[int, int]
Quantity = Callable[[Parameters], tuple[float, Array]]
"""A number that follows from the parameters, and its derivatives by those that vary."""

MEASURES: dict[str, Callable[[Array, Array, Pair], Array]] = {
    "X_c": lambda V, c, pair: synchronization_error(V, *pair),
    "X_p": lambda V, c, pair: 1 / phase_synchronization(V, c, *pair),
    "X_phi": lambda V, c, pair: 1 / phi_synchronization(V, c, *pair),
    "n_1": lambda V, c, pair: occupations(V)[..., pair[0]],
    "n_2": lambda V, c, pair: occupations(V)[..., pair[1]],
    "E_N": lambda V, c, pair: signed_negativity(V, *pair),
}
"""From (V, c, pair). X = ⟨q_−² + p_−²⟩ = 1/S: nearly normal in error, which S is not. E_N with its
sign (`signed_negativity`), for the same reason."""


def required_pair(device: Device, names: tuple[str, str] | None = None) -> Pair:
    """Positions of the two phonons.

    Raises:
        InputError: the device has not two, or the names are not of two.
    """
    pair = phonon_pair(device, names)
    if pair is None:
        raise InputError(f"{device.name} has no two phonons, and synchronization is of two.")
    return pair


def measures(state: State, pair: Pair) -> dict[str, tuple[float, Array]]:
    """Every measure of a state with neighbours, and its derivatives by the free entries (P,)."""
    motion = state.motion
    V = steady_covariance(motion.A, motion.D)
    found = {name: of(V, motion.amplitudes, pair) for name, of in MEASURES.items()}
    return {name: (float(values[0]), state.slope(values)) for name, values in found.items()}


def measure(model: JointModel, name: str, index: int, pair: Pair) -> Quantity:
    """A measure of the state under which a trace was taken, as a function of the parameters."""

    def quantity(parameters: Parameters) -> tuple[float, Array]:
        state = model.states(parameters, slopes=True)[index]
        value, by_entry = measures(state, pair)[name]
        return value, by_parameter(model, parameters, by_entry)

    return quantity


def entry(model: JointModel, name: str) -> Quantity:
    """A free entry of the device file as a function of the parameters."""
    row = np.eye(len(model.chart.free))[model.position(name)]

    def quantity(parameters: Parameters) -> tuple[float, Array]:
        value = float(row @ model.chart.values(parameters))
        return value, by_parameter(model, parameters, row)

    return quantity


def log_ratio(first: Quantity, second: Quantity) -> Quantity:
    """ln(second/first), as of X: ln(S_first/S_second)."""

    def quantity(parameters: Parameters) -> tuple[float, Array]:
        (a, da), (b, db) = first(parameters), second(parameters)
        return float(np.log(b / a)), db / b - da / a

    return quantity


def logarithm(of: Quantity) -> Quantity:
    """Natural logarithm of a positive number."""

    def quantity(parameters: Parameters) -> tuple[float, Array]:
        value, slopes = of(parameters)
        return float(np.log(value)), slopes / value

    return quantity


def by_parameter(model: JointModel, parameters: Parameters, by_entry: Array) -> Array:
    """Derivatives by the varied parameters from those by the free entries (..., P)."""
    slopes = dict(zip(model.chart.names, (by_entry @ model.chart.matrix).T, strict=True))
    nothing = np.zeros(by_entry.shape[:-1])
    varied = [name for name in parameters if parameters[name].vary]
    return np.stack([slopes.get(name, nothing) for name in varied], axis=-1)
