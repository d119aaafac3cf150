"""Synchronization and nonreciprocity from a fitted device, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.bootstrap import REPLICAS, bootstrap_intervals
from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.models.measures import (
    MEASURES,
    Quantity,
    log_ratio,
    measure,
    required_pair,
)
from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.models.planning import reversed_pairs
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.nonreciprocity.contrast import of_log_ratio
from phonosync.analysis.statistics.interval import UNKNOWN, Interval, Method, around, limited

Array = NDArray[Any]
_ANYTHING = np.log(1000.0)  # |ln X_−/X_+|: a contrast from −0.998 to 0.998 is not known


@dataclass(frozen=True, eq=False)
class StateSynchronization:
    """What a fit says of the state under one condition.

    Attributes:
        condition: under which.
        S_c, S_p, S_phi: synchronization; each interval was put on X = 1/S and inverted.
        occupations: fluctuation quanta of the two phonons.
        E_N: logarithmic negativity; 0 where the value or an end is not entangled.
        notes: what the data cannot tell, and what breaks a bound.
    """

    condition: Condition
    S_c: Interval
    S_p: Interval
    S_phi: Interval
    occupations: tuple[Interval, Interval]
    E_N: Interval
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class DirectionContrast:
    """χ = (S_+ − S_−)/(S_+ + S_−) and 10 log10(S_+/S_−) of S_c, of conditions + and −."""

    forward: Condition
    backward: Condition
    contrast: Interval
    isolation_db: Interval


@dataclass(frozen=True, eq=False)
class NetworkSynchronization:
    """All states of a fit, and every pair of them that differs in one direction alone.

    Attributes:
        states: one of each condition.
        contrasts: of the pairs.
        method: by which all their intervals were found.
    """

    states: tuple[StateSynchronization, ...]
    contrasts: tuple[DirectionContrast, ...]
    method: Method


def network_synchronization(
    fit: NetworkFit,
    *,
    pair: tuple[str, str] | None = None,
    method: Method = "curvature",
    replicas: int = REPLICAS,
    seed: int = 0,
) -> NetworkSynchronization:
    """Synchronization under every condition of a fit.

    Free calibrations are parameters like others, so their errors are in every interval and, being
    common, cancel from contrasts as far as they do.

    Args:
        fit: at its optimum.
        pair: the two phonons; the first two by default.
        method: intervals of X (and of ln X_−/X_+) from the information at the optimum, from the
            profile likelihood, or from a parametric bootstrap. Curvature is exact for many
            averages and costs nothing; the profile costs a few evaluations of the model per number.
        replicas, seed: of the bootstrap.
    """
    phonons = required_pair(fit.model.device, pair)
    at = _conditions(fit)
    of_states = {(k, name): measure(fit.model, name, k, phonons) for k in at for name in MEASURES}
    pairs = reversed_pairs([fit.model.observations.traces[k].condition for k in at])
    ratios = {
        (at[i], at[j]): log_ratio(of_states[at[i], "X_c"], of_states[at[j], "X_c"])
        for i, j in pairs
    }
    quantities: dict[Any, Quantity] = {**of_states, **ratios}
    found = dict(
        zip(
            quantities,
            _intervals(fit, list(quantities.values()), method, replicas, seed),
            strict=True,
        )
    )
    states = tuple(_state(fit, k, found) for k in at)
    contrasts = tuple(_contrast(fit, ways, found[ways]) for ways in ratios)
    return NetworkSynchronization(states, contrasts, method)


def _conditions(fit: NetworkFit) -> list[int]:
    """The first trace of every condition."""
    first: dict[int, int] = {}
    for k, trace in enumerate(fit.model.observations.traces):
        first.setdefault(id(trace.condition), k)
    return list(first.values())


def _intervals(
    fit: NetworkFit, quantities: list[Quantity], method: Method, replicas: int, seed: int
) -> list[Interval]:
    if method == "profile":
        return [profile_interval(fit, quantity) for quantity in quantities]
    if method == "bootstrap":
        return bootstrap_intervals(fit, quantities, replicas=replicas, seed=seed)
    at = [quantity(fit.parameters) for quantity in quantities]
    C = fit.information.propagated(np.array([slopes for _, slopes in at]))
    values = [value for value, _ in at]
    return [around(v, s) for v, s in zip(values, np.sqrt(np.diag(C)), strict=True)]


def _state(fit: NetworkFit, k: int, found: dict[Any, Interval]) -> StateSynchronization:
    S, notes = {}, []
    for name, bounded in (("X_c", True), ("X_p", False), ("X_phi", True)):
        S[name], said = inverted(found[k, name], bounded=bounded)
        if name == "X_c":
            notes += said
    z, trace = fit.deviance_z.get(k, 0.0), fit.model.observations.traces[k]
    condition = trace.condition
    # The misfit of an S-parameter is in the interval already.
    if abs(z) > 4 and isinstance(trace, NoiseSpectrum):
        notes.append(
            f"the model misses the spectrum of {condition.name} (deviance {z:+.1f} sigma), so the "
            "interval is too narrow; look at the residuals."
        )
    signed = limited(found[k, "E_N"])
    # In this order NaN stays what it is.
    E_N = Interval(*(max(x, 0.0) for x in (signed.value, signed.low, signed.high)))
    quanta = (_not_negative(found[k, "n_1"]), _not_negative(found[k, "n_2"]))
    return StateSynchronization(
        condition, S["X_c"], S["X_p"], S["X_phi"], quanta, E_N, tuple(notes)
    )


def _not_negative(quanta: Interval) -> Interval:
    """An upper limit alone where zero cannot be excluded."""
    quanta = limited(quanta)
    return Interval(np.nan, np.nan, quanta.high) if quanta.low < 0 else quanta


def _contrast(fit: NetworkFit, ways: tuple[int, int], ratio: Interval) -> DirectionContrast:
    forward, backward = (fit.model.observations.traces[k].condition for k in ways)
    ratio = limited(ratio)
    if ratio.low < -_ANYTHING and ratio.high > _ANYTHING:
        return DirectionContrast(forward, backward, UNKNOWN, UNKNOWN)
    both = of_log_ratio(ratio)
    return DirectionContrast(forward, backward, both.contrast, both.isolation_db)
