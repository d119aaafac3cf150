"""Figures of S_c and its contrast: against what was swept, or direction beside direction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from phonosync.analysis.figures.against_setting import draw_against_setting
from phonosync.analysis.figures.by_direction import draw_by_direction
from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.nonreciprocity import draw_contrast
from phonosync.analysis.report.picture import Picture, in_caption, swept_alone
from phonosync.analysis.report.theory import (
    FITTED,
    FITTED_WITHOUT_BATHS,
    contrast_theory,
    synchronization_theory,
)
from phonosync.analysis.run.grid import interval_at, other_direction
from phonosync.analysis.run.setting import directions_of, settings_of, turned
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.setting import Setting

_JOINT = " Points and solid line are of one fit to all settings."


def synchronization_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """S_c and its contrast against a swept quantity, with theory's bands where there is one."""
    if analysis.network is None and not analysis.cavity:
        return
    dims, data = swept_alone(analysis.data), analysis.data
    if not dims and data.sizes.get("branch", 1) == 1:
        yield from _at_one_setting(analysis)
    if len(dims) != 1:
        return
    (along,) = dims
    by_branch: dict[str, list[Setting]] = {}
    for setting in settings_of(data):
        by_branch.setdefault(setting.branch, []).append(setting)
    # A hysteresis is seen where both ways lie in one figure; four directions are enough for one.
    together = len(by_branch) > 1 and len(turned(data)) == 1
    groups = [list(by_branch)] if together else [[branch] for branch in by_branch]
    for branches in groups:
        end = end_of(None, branches[0] if len(groups) > 1 else None)
        yield from _against(analysis, along, {b: by_branch[b] for b in branches}, end)
    for what in compared_turns(analysis):
        for branch, settings in by_branch.items():
            yield from _contrasts(analysis, along, what, settings, branch, len(by_branch) > 1)


def _against(
    analysis: RunAnalysis, along: str, by_branch: Mapping[str, list[Setting]], end: str
) -> Iterator[Picture]:
    """S_c of every direction over the sweep."""
    data = analysis.data
    settings = next(iter(by_branch.values()))
    ways = {
        (light, field, branch): way_at(analysis, light, field, branch if len(by_branch) > 1 else "")
        for branch in by_branch
        for light, field in directions_of(data)
    }
    found = {
        way: [synchronization_at(analysis, light, field, s) for s in by_branch[branch]]
        for (light, field, branch), way in ways.items()
    }
    loop = " Filled: on the way up; open: on the way down." if len(by_branch) > 1 else ""
    yield Picture(
        f"synchronization{end}",
        "Synchronization",
        "Complete synchronization of each direction with 95 % intervals; triangles are limits."
        f"{loop}{_said(analysis)}",
        draw_against_setting(
            [dict(s.values)[along] for s in settings],
            found,
            name=along,
            unit=str(data[along].attrs.get("units", "")),
            quantity="complete synchronization $S_c$",
            theory=synchronization_theory(analysis, along, ways),
            bounds=(0, 1.05),
            level=(1.0, "Heisenberg limit"),
        ),
    )


def _contrasts(
    analysis: RunAnalysis,
    along: str,
    what: str,
    settings: Sequence[Setting],
    branch: str,
    several: bool,
) -> Iterator[Picture]:
    """The contrast of S_c over the sweep, for each of the other directions."""
    data, other = analysis.data, other_direction(what)
    ways = data[other].values.tolist()
    for way in ways:
        end = end_of(f"{other}{way:+d}" if len(ways) > 1 else None, branch if several else None)
        at = {other: way, "branch": branch}
        yield Picture(
            f"contrast_{what}{end}",
            "Nonreciprocity",
            f"Contrast of S_c between the directions of {what}{in_caption(end)} with 95 % "
            "intervals." + (_JOINT if analysis.network is not None else ""),
            draw_contrast(
                [dict(s.values)[along] for s in settings],
                [contrast_at(analysis, what, {**s.at, **at}, s) for s in settings],
                name=along,
                unit=str(data[along].attrs.get("units", "")),
                quantity="S_c",
                measured="joint fit" if analysis.network is not None else "measured",
                theory=contrast_theory(analysis, what, along, at),
            ),
        )


def _at_one_setting(analysis: RunAnalysis) -> Iterator[Picture]:
    """S_c of the fitted device, direction beside direction, with the device file's."""
    if analysis.network is None:
        return
    (setting,) = settings_of(analysis.data)
    places = directions_of(analysis.data)
    ways = {way_at(analysis, light, field): (light, field) for light, field in places}
    theory = {}
    for way, (light, field) in ways.items():
        at = {"light": light, "field": field, **setting.at}
        file = analysis.network.predictions["file"].settings
        theory[way] = interval_at(file, "S_c", at) if "S_c" in file else UNKNOWN
    band = analysis.network.predictions["file"].band
    yield Picture(
        "synchronization",
        "Synchronization",
        "Complete synchronization of the fitted device with 95 % intervals, beside what the device "
        "file says before the fit" + (f" (bar: 95 % of {band})." if band else "."),
        draw_by_direction(
            {way: synchronization_at(analysis, *place, setting) for way, place in ways.items()},
            quantity="complete synchronization $S_c$",
            theory=theory,
            bounds=(0, 1.05),
            level=(1.0, "Heisenberg limit"),
        ),
    )


def compared_turns(analysis: RunAnalysis) -> list[str]:
    """What was turned round, and is compared."""
    if analysis.network is not None:
        return list(analysis.network.compared)
    return ["light"]


def way_at(analysis: RunAnalysis, light: int, field: int, branch: str = "") -> Way:
    """A direction as it is drawn."""
    way = Way.of(light, field, turned(analysis.data))
    return way.on_the_way(branch) if branch else way


def synchronization_at(analysis: RunAnalysis, light: int, field: int, setting: Setting) -> Interval:
    """S_c of a direction at a setting."""
    if analysis.network is not None:
        at = {"light": light, "field": field, **setting.at}
        return interval_at(analysis.network.settings, "S_c", at)
    found = analysis.cavity.get(setting)
    entries = () if found is None else found.directions
    return next((one.S_c for one in entries if one.light == light), UNKNOWN)


def contrast_at(analysis: RunAnalysis, what: str, at: dict[str, Any], setting: Setting) -> Interval:
    """The contrast of S_c at a setting; `at`: it with the other direction."""
    if analysis.network is not None:
        return interval_at(analysis.network.compared[what], "contrast", at)
    found = analysis.cavity.get(setting)
    return UNKNOWN if found is None else found.nonreciprocity.contrast


def _said(analysis: RunAnalysis) -> str:
    if analysis.network is None:
        return ""
    return f" {FITTED if analysis.spectra is not None else FITTED_WITHOUT_BATHS}"


def end_of(*parts: str | None) -> str:
    """The end of a figure's name."""
    return "".join(f"_{part}" for part in parts if part)
