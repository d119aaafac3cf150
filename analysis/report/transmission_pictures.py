"""Figures of two-way transmission."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from phonosync.analysis.figures.against_setting import draw_against_setting
from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.fitted_transmission import draw_fitted_transmission
from phonosync.analysis.figures.isolation import draw_signed_isolation
from phonosync.analysis.report.picture import Picture, of_each, swept_alone
from phonosync.analysis.run.setting import turned
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.fitted_responses import FittedResponse


def transmission_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """Isolation of at most four settings, its peak over a sweep, and what was fitted."""
    yield from _fitted(analysis)
    if analysis.two_way is None:
        return
    which = turned(analysis.data)
    by_setting: dict[Any, dict[Way, Any]] = {}
    for one in analysis.two_way.directions:
        way = Way.of(one.light, one.field, which)
        by_setting.setdefault(one.setting, {})[way] = one.isolation
    for name, at, found in of_each("isolation", list(by_setting.items())):
        yield Picture(
            name,
            "Two-way transmission",
            f"Isolation of the two ports{at} with 95 % intervals of the trace noise (the "
            "analyzer's own calibration is not in them); where the directions are mirror images of "
            "each other, it turns round.",
            draw_signed_isolation(found),
        )
    dims = swept_alone(analysis.data)
    if len(dims) == 1:
        yield _peaks(analysis, dims[0], by_setting)


def _fitted(analysis: RunAnalysis) -> Iterator[Picture]:
    """S-parameters of at most four settings with the fitted device's."""
    if analysis.network is None:
        return
    which = turned(analysis.data)
    by_setting: dict[Any, dict[Way, list[FittedResponse]]] = {}
    for one in analysis.network.responses:
        way = Way.of(one.light, one.field, which)
        by_setting.setdefault(one.setting, {}).setdefault(way, []).append(one)
    for name, at, found in of_each("transmission", list(by_setting.items())):
        yield Picture(
            name,
            "Spectra and fit",
            f"S-parameters{at}, means of the sweeps, with those of the device fitted to all of "
            "them together, a gain and a phase fitted to each; residuals of both parts in standard "
            "deviations of the trace noise.",
            draw_fitted_transmission(found),
        )


def _peaks(
    analysis: RunAnalysis, along: str, by_setting: Mapping[Any, Mapping[Way, Any]]
) -> Picture:
    ways = list(dict.fromkeys(way for found in by_setting.values() for way in found))
    settings = list(by_setting)

    def signed(one: Any) -> Interval:
        if one is None:
            return UNKNOWN
        peak = one.peak_db
        if one.passing == (2, 1):
            return peak
        return Interval(-peak.value, -peak.high, -peak.low)

    return Picture(
        "isolation_peak",
        "Two-way transmission",
        "Greatest isolation of each direction with 95 % intervals; below zero S12 passes.",
        draw_against_setting(
            [dict(s.values)[along] for s in settings],
            {way: [signed(by_setting[s].get(way)) for s in settings] for way in ways},
            name=along,
            unit=str(analysis.data[along].attrs.get("units", "")),
            quantity="peak isolation (dB)",
            level=(0.0, "no isolation"),
        ),
    )
