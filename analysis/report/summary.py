"""One paragraph on a run, as a physicist would tell a colleague."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.setting_axis import shown_value
from phonosync.analysis.measured.frequency_axis import in_words, unit_of
from phonosync.analysis.report.provenance import provenance_of, quads_of_run
from phonosync.analysis.report.row import at_place, places_of
from phonosync.analysis.run.grid import direction, interval_at, other_direction
from phonosync.analysis.run.setting import turned
from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis

SIGNIFICANT = 0.05


def summary_of(analysis: RunAnalysis) -> str:
    """What was found, how sure it is, and what is missing: plain sentences."""
    return " ".join(
        [
            _measured(analysis),
            *_synchronization(analysis),
            *_noise(analysis),
            *_phases(analysis),
            *_isolation(analysis),
            *_missing(analysis),
        ]
    )


def in_sentence(interval: Interval, unit: str = "") -> str:
    """A number with its interval inside a sentence.

    >>> in_sentence(Interval(0.609, 0.600, 0.618))
    '0.6090 [0.6000, 0.6180]'
    """
    value, ends = interval.text()
    unit = f" {unit}" if unit else ""
    bracket = f" [{ends.replace(' … ', ', ')}]" if "…" in ends else ""
    return f"{value}{unit}{bracket}".replace("-", "−")


def _measured(analysis: RunAnalysis) -> str:
    data = analysis.data
    what = " and ".join(turned(data))
    taken = {
        "psd": "noise spectra",
        "s_parameters": "S-parameters",
        "quadratures": "quadrature records",
    }
    every = [words for name, words in taken.items() if name in data]
    named = " and ".join([*([", ".join(every[:-1])] if every[1:] else []), every[-1]])
    settings = int(
        np.prod([n for d, n in data["quad"].sizes.items() if d not in _OUTER])
        if "quad" in data
        else 1
    )
    at = f" at each of {settings} settings" if settings > 1 else ""
    facts = provenance_of(data)
    of = f"the virtual device {facts.device}" if facts.device else "the sample"
    quads = quads_of_run(data)
    turning = {
        0: "in one direction",
        1: f"with the direction of {what} turned round in {quads} quads",
        2: f"with the directions of {what} turned round, in {quads} quads of light within those of "
        "the field",
    }[len(turned(data))]
    first = f"{named} of {of} were taken {turning}{at}."
    return first[:1].upper() + first[1:]


_OUTER = ("light", "field", "repeat")


def _synchronization(analysis: RunAnalysis) -> Iterator[str]:
    known = [
        (setting, found)
        for setting, found in analysis.cavity.items()
        if not np.isnan(found.nonreciprocity.contrast.low)
        or not np.isnan(found.nonreciprocity.contrast.high)
    ]
    if analysis.network is not None:
        yield (
            f"The device {analysis.network.fit.model.device.name} was fitted to all directions and "
            "settings together."
        )
        if not analysis.network.fit.model.observations.spectra:
            yield "S-parameters do not meet the baths: their quanta are not of this fit."
        yield from _fitted_contrast(analysis)
    if not known:
        return

    def size(pair: Any) -> float:
        chi = pair[1].nonreciprocity.contrast
        return abs(chi.value) if not np.isnan(chi.value) else 0.0

    setting, found = max(known, key=size)
    label = at_place(None, setting.label)
    where = f"At {label} " if label else ""
    states = " and ".join(
        f"{in_sentence(e.S_c)} for {Way.of(e.light, 1, ('light',)).short}" for e in found.directions
    )
    subject = "the two phonons" if where else "The two phonons"
    yield f"{where}{subject} reach a complete synchronization S_c of {states}."
    non = found.nonreciprocity
    p = "" if found.p_value is None else f"; whole spectra differ with p = {found.p_value:.2g}"
    most = "the largest of all settings, " if len(known) > 1 else ""
    yield (
        f"The contrast is {most}χ = {in_sentence(non.contrast)}, an isolation of "
        f"{in_sentence(non.isolation_db, 'dB')}{p}."
    )


def _fitted_contrast(analysis: RunAnalysis) -> Iterator[str]:
    """The largest contrast of S_c that the fitted device shows, and its two S_c."""
    network = analysis.network
    assert network is not None
    found = [
        (interval_at(compared, "contrast", at), what, at, where)
        for what, compared in network.compared.items()
        for at, _, where in places_of(analysis, compared, what)
    ]
    known = [one for one in found if not np.isnan(one[0].value)]
    if not known:
        return
    chi, what, at, where = max(known, key=lambda one: abs(one[0].value))
    ways = [direction(what, sign, int(at.get(other_direction(what), 1))) for sign in (1, -1)]
    S = [
        interval_at(network.settings, "S_c", {**at, "light": light, "field": field})
        for light, field in ways
    ]
    which = turned(analysis.data)
    states = " and ".join(
        f"{in_sentence(one)} for {Way.of(*way, which).short}"
        for one, way in zip(S, ways, strict=True)
    )
    most_of = "The largest contrast" if len(known) > 1 else "The contrast"
    between = f" between the directions of {what}" if len(network.compared) > 1 else ""
    place = f" at {where}" if where else ""
    yield f"{most_of} of S_c{between} is χ = {in_sentence(chi)}{place}, from an S_c of {states}."


def _noise(analysis: RunAnalysis) -> Iterator[str]:
    if analysis.spectra is None:
        return
    for what, found in analysis.spectra.compared.items():
        if "q" not in found or found["q"].size < 2:
            continue
        q = found["q"].values
        tested = int(np.isfinite(q).sum())
        crossed = found.sizes.get(other_direction(what), 1) > 1
        if tested:
            yield (
                f"Without any model, the directions of {what} differ "
                f"{'in' if crossed else 'at'} {int((q <= SIGNIFICANT).sum())} of {tested} "
                f"{'comparisons' if crossed else 'settings'} (q ≤ {SIGNIFICANT:g}, "
                "permutation of quads, false discoveries controlled)."
            )


def _phases(analysis: RunAnalysis) -> Iterator[str]:
    if analysis.records is None:
        return
    which = turned(analysis.data)
    most = analysis.records.telling
    if most is None:
        return
    words = []
    for sign in (1, -1):
        light, field = (sign, most.other) if most.turned == "light" else (most.other, sign)
        one = analysis.records.records[light, field, most.setting]
        name = Way.of(light, field, which).short
        if one.state != "oscillating":
            words.append(f"for {name} the pair is {one.state}")
        elif one.locking_value is not None and one.beat_hz is not None:
            slips = sum(one.slips)
            duration = shown_value(sum(record.duration_s for record in one.records), "", "s")
            slipped = f"{slips} slips" if slips else "no slip"
            words.append(
                f"for {name} the phases have a locking value of {in_sentence(one.locking_value)}, "
                f"a beat of {_in_hertz(one.beat_hz)} and {slipped} in {duration}"
            )
    where = (
        f"At {at_place(None, most.setting.label)} " if at_place(None, most.setting.label) else ""
    )
    p = "" if most.p_value is None else f" (p = {most.p_value:.2g} of no difference)"
    text = f"{where}{'; '.join(words)}{p}."
    yield text[:1].upper() + text[1:]


def _in_hertz(interval: Interval) -> str:
    ends = [abs(x) for x in (interval.value, interval.low, interval.high) if not np.isnan(x)]
    scale, unit = unit_of(max(ends, default=1.0))
    scaled = Interval(interval.value / scale, interval.low / scale, interval.high / scale)
    return in_sentence(scaled, unit)


def _isolation(analysis: RunAnalysis) -> Iterator[str]:
    if analysis.two_way is None:
        return
    best = max(
        analysis.two_way.directions, key=lambda one: np.nan_to_num(one.isolation.peak_db.low)
    )
    found = best.isolation
    where = (
        f" at {at_place(None, best.setting.label)}" if at_place(None, best.setting.label) else ""
    )
    yield (
        f"The greatest isolation between the ports is {in_sentence(found.peak_db, 'dB')} at "
        f"{in_words(found.peak_hz)}{where}, with an insertion loss of "
        f"{in_sentence(found.insertion_loss_db, 'dB')}."
    )
    turns = analysis.two_way.turns
    if turns:
        round_ = sum(turn.answer == "turns round" for turn in turns)
        yield (
            f"Its sense turns round with the direction of {' and '.join(turned(analysis.data))} at "
            f"{round_} of {len(turns)} settings."
        )


def _missing(analysis: RunAnalysis) -> Iterator[str]:
    facts = provenance_of(analysis.data)
    if facts.status != "complete" or facts.missing:
        why = f" ({facts.why})" if facts.why else ""
        yield (
            f"The run is {facts.status}{why}: {facts.missing} of {facts.planned} points are "
            "missing."
        )
