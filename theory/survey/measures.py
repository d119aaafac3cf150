"""What a survey can measure of a steady state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.checked_file import hint
from phonosync.theory.entanglement import logarithmic_negativity
from phonosync.theory.errors import InputError, UnstableError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.mean_field import SteadyStates, steady_states_of_many
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.synchronization import (
    complete_synchronization,
    occupations,
    phase_synchronization,
    phi_synchronization,
)

Array = NDArray[Any]


@dataclass(frozen=True)
class Measure:
    """A measure of one steady state.

    Attributes:
        long_name: in words.
        units: "1" for a pure number.
        compute: from (V, c, i, j): covariance (..., 2N, 2N), mean fields (..., N), phonon pair.
        per_mode: whether it has a value for every mode.
    """

    long_name: str
    units: str
    compute: Callable[[Array, Array, int, int], Array]
    per_mode: bool = False


OF_A_STATE = {
    "S_c": Measure(
        "complete synchronization", "1", lambda V, c, i, j: complete_synchronization(V, i, j)
    ),
    "S_p": Measure("phase synchronization", "1", phase_synchronization),
    "S_phi": Measure("phi-synchronization", "1", phi_synchronization),
    "E_N": Measure(
        "logarithmic negativity", "1", lambda V, c, i, j: logarithmic_negativity(V, i, j)
    ),
    "occupation": Measure(
        "fluctuation quanta", "1", lambda V, c, i, j: occupations(V), per_mode=True
    ),
    "intensity": Measure("mean quanta |c|²", "1", lambda V, c, i, j: np.abs(c) ** 2, per_mode=True),
}
"""NaN where no steady state is stable."""

OF_TWO_DIRECTIONS = {"contrast": "1", "isolation": "dB"}
"""Derived from S_c of both directions, of light and of the field; contrasts are always there."""

ALWAYS = ("growth", "stable_states")
"""Growth rate of the state (of the least unstable one if none is stable); how many are stable."""

BRANCHES = ("lower", "upper")


def check_measures(names: Sequence[str]) -> tuple[str, ...]:
    """The measures, S_c among them, in the table's order.

    Raises:
        InputError: an unknown one; the nearest known is named.
    """
    known = [*OF_A_STATE, *OF_TWO_DIRECTIONS, *ALWAYS]
    for name in names:
        if name not in known:
            raise InputError(f"no measure is called {name!r}; {hint(name, known, 'known are')}")
    return tuple(name for name in known if name in ("S_c", *names))


def measure_states(
    network: BosonicNetwork, pair: tuple[int, int], measures: Sequence[str], branch: str
) -> dict[str, Array]:
    """Measure the chosen stable steady state of every network of a batch.

    Args:
        network: batch of shape (P,).
        pair: the two phonons.
        measures: names of `OF_A_STATE`; others are ignored.
        branch: "lower": the stable state of lowest total intensity, where a drive that is switched
            on slowly leads as long as no state on its way oscillates; "upper": of the highest.

    Returns:
        For each measure, and for `ALWAYS`, an array of shape (P,) or, per mode, (P, N); `growth` in
        the network's unit of rate.

    Raises:
        UnstableError: no network of the batch has an isolated steady state.
    """
    states = steady_states_of_many(network)
    if states.growth.shape[-1] == 0:
        raise UnstableError(
            "no steady state is isolated, so none can be measured; drive the device, or break the "
            "symmetry that leaves a phase free."
        )
    chosen = _choose(states, branch)
    places = np.arange(len(chosen))
    growth = states.growth[places, chosen]
    stable = np.flatnonzero(growth < 0)
    asked = {name: OF_A_STATE[name] for name in measures if name in OF_A_STATE}
    found: dict[str, Array] = {
        name: np.full((len(chosen), network.modes) if m.per_mode else len(chosen), np.nan)
        for name, m in asked.items()
    }
    if len(stable):
        some = network.flat(stable)
        c = states.amplitudes[places, chosen][stable]
        V = steady_covariance(drift(some, c), diffusion(some))
        for name, measure in asked.items():
            found[name][stable] = measure.compute(V, c, *pair)
    return {**found, "growth": growth, "stable_states": states.stable.sum(axis=-1)}


def _choose(states: SteadyStates, branch: str) -> Array:
    """Position of the state in the order of intensity; the least unstable if none is stable."""
    stable = states.stable
    if branch == "upper":
        place = stable.shape[-1] - 1 - np.argmax(stable[:, ::-1], axis=-1)
    else:
        place = np.argmax(stable, axis=-1)
    least = np.argmin(np.where(np.isnan(states.growth), np.inf, states.growth), axis=-1)
    return np.where(np.any(stable, axis=-1), place, least)
