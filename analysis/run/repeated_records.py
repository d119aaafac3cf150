"""Repeated records of one direction and setting, joined: their scatter is the error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity, nonreciprocity
from phonosync.analysis.nonreciprocity.permutation import permutation_p_value
from phonosync.analysis.records.locking import MANY_SLIPS
from phonosync.analysis.records.moments import Moments, Variance
from phonosync.analysis.records.record import PhaseRecord
from phonosync.analysis.statistics.interval import (
    SIGMAS_95,
    UNKNOWN,
    Interval,
    mean_interval,
)
from phonosync.theory.stochastic.phase_statistics import poisson_interval

LEAST_QUADS = 8
_NUMBERS = re.compile(r"[-+−]?\d[\d.e+-]*")
MEASURES = {"S_c": "complete", "S_p": "phase", "S_phi": "phi"}


@dataclass(frozen=True, eq=False)
class RepeatedRecords:
    """What the records of one direction and setting say together.

    Attributes:
        quads: of each record.
        records: one by one.
        state: "oscillating" if the pair was in every record, "not oscillating" if in none,
            "undecided" between.
        locking_value: mean of the records', Student's interval from their scatter; None where no
            record has one.
        beat_hz: likewise.
        slips: forward and backward, of all records.
        slip_rate_hz: of either sign, exact for a Poisson count.
        entropy_index: as the locking value.
        p_value: of two vibrations that do not know of each other: twice the median of the records'
            own, which holds however they depend on each other (doi:10.1093/biomet/asaa027).
        S: of "S_c", "S_p", "S_phi": mean of 1/S over the records, turned over.
        notes: what limits the numbers, by kind, with the number of records that it was said of.
    """

    quads: tuple[float, ...]
    records: tuple[PhaseRecord, ...]
    state: str
    locking_value: Interval | None
    beat_hz: Interval | None
    slips: tuple[int, int]
    slip_rate_hz: Interval | None
    entropy_index: Interval | None
    p_value: float | None
    S: Mapping[str, Interval]
    notes: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Numbers, intervals and notes as JSON knows them."""

        def plain(interval: Interval | None) -> Any:
            return None if interval is None else interval.to_json()

        return {
            "n_records": len(self.records),
            "duration_s": sum(one.duration_s for one in self.records),
            "state": self.state,
            "locking_value": plain(self.locking_value),
            "beat_hz": plain(self.beat_hz),
            "slips": list(self.slips),
            "slip_rate_hz": plain(self.slip_rate_hz),
            "entropy_index": plain(self.entropy_index),
            "p_value": self.p_value,
            **{name: interval.to_json() for name, interval in self.S.items()},
            "notes": list(self.notes.values()),
        }


def joined(records: Sequence[tuple[float, PhaseRecord]]) -> RepeatedRecords:
    """Join records of one direction and setting.

    Locking values and entropies are the mean of the records' own (each freed of its own bias) with
    Student's interval of their scatter, which holds whatever moves between records, or that of
    their own errors where it is wider. Slips are counted together; while they are few, the beat's
    interval is theirs. Of S it is 1/S that is averaged, and turned over. One record keeps its own.

    Args:
        records: (quad, record), at least one.
    """
    quads, found = tuple(quad for quad, _ in records), tuple(one for _, one in records)
    locked = [one.locking for one in found if one.locking is not None]
    states = {one.state for one in found}
    forward, backward = (sum(one.slips[k] for one in locked) for k in (0, 1))
    seconds = sum(one.duration_s for one in found if one.locking is not None)
    slip_rate = None
    if locked:
        ends = poisson_interval(forward + backward)
        slip_rate = Interval(*(n / seconds for n in (forward + backward, *ends)))
    p = [one.p_value for one in found if one.p_value is not None]
    return RepeatedRecords(
        quads=quads,
        records=found,
        state=states.pop() if len(states) == 1 else "undecided",
        locking_value=_share([one.locking_value for one in locked]),
        beat_hz=_beat([one.beat_hz for one in locked], (forward, backward), seconds),
        slips=(forward, backward),
        slip_rate_hz=slip_rate,
        entropy_index=_share([one.entropy_index for one in locked]),
        p_value=min(1.0, 2 * float(np.median(p))) if p else None,
        S={name: _joined_measure(found, name) for name in MEASURES},
        notes=_notes(found),
    )


def locking_contrast(
    plus: RepeatedRecords, minus: RepeatedRecords
) -> tuple[Nonreciprocity | None, dict[str, Nonreciprocity], float | None]:
    """Compare two directions at one setting.

    Returns:
        Contrast of the locking values; of every S with an interval, the calibration's common
        factor dropped out; p-value of no difference in locking over the quads, None below 8.
    """
    locking = None
    if plus.locking_value is not None and minus.locking_value is not None:
        locking = _contrast(plus.locking_value, minus.locking_value)
    measures = {}
    for name in MEASURES:
        ends = [_scatter(one.records, name) for one in (plus, minus)]
        if all(end is not None for end in ends):
            X = [end for end in ends if end is not None]
            # S = 1/X has the contrast of the X with their directions exchanged.
            measures[name] = _contrast(X[1], X[0])
    return locking, measures, _p_value(plus, minus)


def _contrast(forward: Interval, backward: Interval) -> Nonreciprocity:
    errors = [(i.high - i.low) / 2 / SIGMAS_95 for i in (forward, backward)]
    return nonreciprocity(forward.value, backward.value, np.diag(np.square(errors)))


def _share(parts: Sequence[Interval]) -> Interval | None:
    """Mean of numbers from 0 to 1."""
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    found = mean_interval([one.value for one in parts])
    # Values that stop at a bound scatter less than they are uncertain: their own errors count.
    below, above = (
        float(np.sqrt(np.mean(np.square(side)) / len(parts)))
        for side in ([p.value - p.low for p in parts], [p.high - p.value for p in parts])
    )
    low, high = min(found.low, found.value - below), max(found.high, found.value + above)
    return Interval(found.value, max(low, 0.0), min(high, 1.0))


def _beat(parts: Sequence[Interval], slips: tuple[int, int], seconds: float) -> Interval | None:
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    found = mean_interval([one.value for one in parts])
    if sum(slips) >= MANY_SLIPS:
        return found
    # Slips that a few records do not show are rare, not absent.
    (up, down), (few_up, few_down) = slips, map(poisson_interval, slips)
    below = float(np.hypot(up - few_up[0], few_down[1] - down)) / seconds
    above = float(np.hypot(few_up[1] - up, down - few_down[0])) / seconds
    low, high = min(found.low, found.value - below), max(found.high, found.value + above)
    return Interval(found.value, low, high)


def _variances(records: Sequence[PhaseRecord], name: str) -> list[Variance]:
    def of(moments: Moments | None) -> Variance | None:
        return None if moments is None else getattr(moments, MEASURES[name])

    found = [of(one.moments) for one in records]
    # S_c of unlike references is not defined, though its variance is there.
    return [
        v for v, one in zip(found, records, strict=True) if v is not None and _defined(one, name)
    ]


def _defined(record: PhaseRecord, name: str) -> bool:
    S: Interval = getattr(record, name)
    return not (np.isnan(S.value) and np.isnan(S.low))


def _scatter(records: Sequence[PhaseRecord], name: str) -> Interval | None:
    """Mean X = 1/S with Student's interval of its scatter; None of fewer than two."""
    X = [one.X for one in _variances(records, name)]
    return mean_interval(X) if len(X) > 1 else None


def _joined_measure(records: Sequence[PhaseRecord], name: str) -> Interval:
    found = _variances(records, name)
    if not found:
        return UNKNOWN
    if len(found) == 1:
        return found[0].S
    X = mean_interval([one.X for one in found])
    common = np.mean([one.common for one in found], axis=0)
    half = float(np.hypot((X.high - X.low) / 2, SIGMAS_95 * np.hypot(*common)))
    low = 1 / (X.value + half) if X.value + half > 0 else np.nan
    if not X.value - half > 0:
        return Interval(np.nan, low, np.nan)
    return Interval(1 / X.value, low, 1 / (X.value - half))


def _p_value(plus: RepeatedRecords, minus: RepeatedRecords) -> float | None:
    """By permutation: the quads' signs were drawn, so that their differences may change sign."""

    def means(one: RepeatedRecords) -> dict[float, float]:
        by_quad: dict[float, list[float]] = {}
        for quad, record in zip(one.quads, one.records, strict=True):
            if record.locking is not None:
                by_quad.setdefault(quad, []).append(record.locking.locking_value.value)
        return {quad: float(np.mean(values)) for quad, values in by_quad.items()}

    forward, backward = means(plus), means(minus)
    both = sorted(set(forward) & set(backward))
    if len(both) < LEAST_QUADS:
        return None
    return permutation_p_value(np.array([forward[q] - backward[q] for q in both]))


def _notes(records: Sequence[PhaseRecord]) -> dict[str, str]:
    """Notes that differ in their numbers alone are one; the first stands for all."""
    first: dict[str, str] = {}
    count: dict[str, int] = {}
    for record in records:
        for note in record.notes:
            first.setdefault(_NUMBERS.sub("#", note), note)
        for kind in {_NUMBERS.sub("#", note) for note in record.notes}:
            count[kind] = count.get(kind, 0) + 1
    return {
        kind: note
        if count[kind] == len(records)
        else f"{count[kind]} of {len(records)} records: {note}"
        for kind, note in first.items()
    }
