"""What traces cannot tell of a device, in words, and the measurement that would tell it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.free import FreeEntry
from phonosync.analysis.models.information import Information, information
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.measures import measure, required_pair
from phonosync.analysis.models.observations import NoiseSpectrum, Observations
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import PhonosyncError

Array = NDArray[Any]
_LOOSE = 0.5  # relative standard error from which an entry counts as not told
_SHARE = 0.3  # of the largest weight: entries below are not named in a direction
_HELPS = 0.5  # a remedy at least halves the error


@dataclass(frozen=True)
class Remedy:
    """A further measurement, and what it would leave of the error.

    Attributes:
        measurement: in words.
        error: expected relative standard error of the loosest combination with it.
    """

    measurement: str
    error: float


@dataclass(frozen=True)
class Indistinct:
    """A combination of entries that the traces do not tell.

    Attributes:
        entries: name -> exponent: the entries may change together by these powers (a signed number
            or a frequency: by these shares of itself) and the traces stay nearly as they are.
        error: relative standard error along the combination; infinite where nothing tells.
        reason: in words.
        remedy: the best of the measurements that were tried; None where none helps.
    """

    entries: dict[str, float]
    error: float
    reason: str
    remedy: Remedy | None


def indistinct(fit: NetworkFit, *, remedies: bool = True) -> tuple[Indistinct, ...]:
    """Combinations of free entries known to worse than half of themselves, the worst first.

    The Fisher information of relative changes is diagonalised; each weak eigenvector is a change of
    entries that the traces hardly see, and is put in words. Candidates for a remedy (each spectrum
    once more at other powers, at the other quadrature, behind every other port) are judged by the
    information they would add.

    Args:
        fit: at its optimum.
        remedies: whether to look for them; it costs a few evaluations per trace.
    """
    return _indistinct(fit.model, fit.information, fit.parameters, remedies=remedies)


def _indistinct(
    model: JointModel, told: Information, parameters: Any, *, remedies: bool
) -> tuple[Indistinct, ...]:
    F = _relative(model, told, parameters)
    found = []
    values, vectors = np.linalg.eigh(F)
    for value, vector in zip(values, vectors.T, strict=True):
        error = 1 / np.sqrt(value) if value > 1e-12 * values[-1] else np.inf
        if error < _LOOSE:
            break
        direction = vector / vector[np.argmax(np.abs(vector))]
        named = {
            one.entry.name: float(weight)
            for one, weight in zip(model.chart.free, direction, strict=True)
            if abs(weight) >= _SHARE
        }
        best = _best_remedy(model, F, parameters, vector, error) if remedies else None
        found.append(Indistinct(named, float(error), _words(named, error), best))
    return tuple(found)


def _relative(model: JointModel, told: Information, parameters: Any) -> Array:
    """Information on relative changes of the entries, nuisances left to be fitted."""
    values = model.chart.values(parameters)
    at = [told.names.index(name) for name in model.chart.names]
    others = [k for k in range(len(told.names)) if k not in at]
    F = told.matrix
    own = F[np.ix_(at, at)]
    if others:
        across, rest = F[np.ix_(at, others)], F[np.ix_(others, others)]
        own = own - across @ np.linalg.pinv(rest, hermitian=True) @ across.T
    back = np.linalg.inv(model.chart.matrix)  # parameters by entries
    size = np.array([_size(one, float(v)) for v, one in zip(values, model.chart.free, strict=True)])
    J = back * size
    return J.T @ own @ J


def _size(one: FreeEntry, value: float) -> float:
    """What a change of an entry is compared with: itself, of few quanta half a quantum.

    An entry at zero has no relative change: its own step size stands in.
    """
    if one.entry.path[-1] == "occupation":
        return max(value, 0.5)
    return value or 1e5 * one.step(value)


def _words(entries: dict[str, float], error: float) -> str:
    names = list(entries)
    known = "nothing" if not np.isfinite(error) else f"only ± {100 * error:.0f} %"
    if len(names) == 1:
        return f"{known} is told of {names[0]}."
    if len(names) == 2:
        first, second = entries.values()
        if abs(abs(first) - abs(second)) < 0.2:
            kind = "product" if first * second < 0 else "ratio"
            return f"{names[0]} and {names[1]} enter only as a {kind}: {known} is told of the rest."
    powers = ", ".join(f"{name} ({power:+.2g})" for name, power in entries.items())
    return f"{known} is told of a common change of {powers}."


def _best_remedy(
    model: JointModel, F: Array, parameters: Any, vector: Array, error: float
) -> Remedy | None:
    best: Remedy | None = None
    for words, extra in _candidates(model):
        try:
            added = JointModel(model.device, model.chart, Observations((extra,)))
            told = information(added, added.parameters(_entries(model, parameters)))
            more = F + _relative(added, told, parameters)
        except PhonosyncError:
            continue  # no stable state there: nobody could measure it
        scale = max(float(vector @ more @ vector), 0.0)
        left = np.linalg.eigvalsh(more)
        weakest = 1 / np.sqrt(left[0]) if left[0] > 1e-12 * left[-1] else np.inf
        # Along the same combination, and not only somewhere else.
        now = max(1 / np.sqrt(scale) if scale > 0 else np.inf, min(weakest, error))
        if now < _HELPS * error and (best is None or now < best.error):
            best = Remedy(words, float(now))
    return best


def _entries(model: JointModel, parameters: Any) -> dict[str, float]:
    values = model.chart.values(parameters)
    return {one.entry.name: float(v) for one, v in zip(model.chart.free, values, strict=True)}


def _candidates(model: JointModel) -> list[tuple[str, NoiseSpectrum]]:
    """Measurements that a laboratory could add to each of its spectra."""
    device, found = model.device, []
    driven = device.drives[0].power if device.drives else 0.0
    for trace in model.observations.spectra:
        condition = trace.condition
        spectrum = f"a spectrum of {condition.name}"
        for factor in (0.5, 2.0):
            other = replace(condition, power=factor * (condition.power or driven))
            found.append((f"a spectrum of {other.name}", replace(trace, condition=other)))
        if condition.light:
            other = replace(trace, condition=replace(condition, light=-condition.light))
            found.append((f"the same with light {-condition.light:+d}", other))
        if device.detection is None:
            continue
        here = device.detection.angle if trace.angle is None else trace.angle
        found.append(
            (f"{spectrum} at the other quadrature", replace(trace, angle=here - np.pi / 2))
        )
        for port in device.ports:
            if port != (trace.port or device.detection.port):
                found.append((f"{spectrum} at port {port}", replace(trace, port=port)))
    return found


@dataclass(frozen=True)
class Limit:
    """What a fit says of synchronization where it says little.

    Attributes:
        condition: in words.
        S_c: value or limits.
        reason: why there is only a limit; empty where there is an interval.
        remedy: the measurement that would tell most.
    """

    condition: str
    S_c: Interval
    reason: str
    remedy: Remedy | None


def synchronization_limits(
    fit: NetworkFit, *, pair: tuple[str, str] | None = None
) -> tuple[Limit, ...]:
    """S_c of every condition by profile likelihood, as a limit where that is all there is.

    A dark mode that no spectrum shows may be as hot as it likes: X has no upper end, and S_c only
    an upper limit. Behind imprecision X may be zero: S_c has only a lower limit.

    Args:
        fit: at its optimum.
        pair: the two phonons; the first two by default.
    """
    phonons = required_pair(fit.model.device, pair)
    loose = indistinct(fit)
    found, seen = [], set()
    for k, trace in enumerate(fit.model.observations.traces):
        if id(trace.condition) in seen:
            continue
        seen.add(id(trace.condition))
        quantity = measure(fit.model, "X_c", k, phonons)
        S_c, notes = inverted(profile_interval(fit, quantity))
        open_ended = bool(np.isnan(S_c.low) or np.isnan(S_c.value))
        reasons = [*notes, *(one.reason for one in loose)] if open_ended else notes
        remedy = next((one.remedy for one in loose if one.remedy), None) if open_ended else None
        found.append(Limit(trace.condition.name, S_c, " ".join(reasons), remedy))
    return tuple(found)
