"""Figures of S_c and its contrast over two swept settings, as maps beside theory's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.figures.setting_map import (
    Panel,
    SettingAxis,
    draw_setting_map,
    setting_axis_of,
)
from phonosync.analysis.report.picture import Picture, in_caption, swept_alone
from phonosync.analysis.report.synchronization_pictures import (
    compared_turns,
    contrast_at,
    end_of,
    synchronization_at,
    way_at,
)
from phonosync.analysis.run.grid import direction, interval_at, other_direction
from phonosync.analysis.run.setting import Setting, directions_of, settings_of
from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis

_DARK = "#222222"
_FOUND, _FILE = "joint fit", "device file"
_MARKED = " Grey: limits alone, open intervals, or nothing."


def map_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """S_c of every direction over two settings, and its contrast; theory below each."""
    dims = swept_alone(analysis.data)
    if len(dims) != 2 or (analysis.network is None and not analysis.cavity):
        return
    axes = setting_axis_of(analysis.data[dims[0]]), setting_axis_of(analysis.data[dims[1]])
    by_branch: dict[str, list[Setting]] = {}
    for setting in settings_of(analysis.data):
        by_branch.setdefault(setting.branch, []).append(setting)
    for branch, settings in by_branch.items():
        alone = branch if len(by_branch) > 1 else None
        yield _of_directions(analysis, axes, settings, end_of(alone))
        for what in compared_turns(analysis):
            yield _of_contrast(analysis, what, axes, settings, alone)


def _of_directions(
    analysis: RunAnalysis,
    axes: tuple[SettingAxis, SettingAxis],
    settings: Sequence[Setting],
    end: str,
) -> Picture:
    ways = directions_of(analysis.data)
    names = [way_at(analysis, light, field) for light, field in ways]
    found = [
        _panel(
            axes,
            settings,
            f"{way.short}: {_found(analysis)}",
            way.colour,
            lambda s, at=place: synchronization_at(analysis, *at, s),
            lambda s, at=place: _measured(analysis, *at, s),
            lambda s, at=place: _silent(analysis, *at, s),
        )
        for place, way in zip(ways, names, strict=True)
    ]
    rows = [found]
    if analysis.network is not None:
        rows.append(
            [
                _theory_panel(
                    analysis,
                    axes,
                    settings,
                    f"{way.short}: {_FILE}",
                    way.colour,
                    "S_c_theory",
                    {"light": light, "field": field},
                )
                for (light, field), way in zip(ways, names, strict=True)
            ]
        )
    return Picture(
        f"synchronization_map{end}",
        "Synchronization",
        f"Complete synchronization of each direction{in_caption(end)}{_widest(found)}."
        f"{_below(analysis)}{_MARKED}",
        draw_setting_map(
            rows,
            *axes,
            quantity="complete synchronization $S_c$",
            bounds=(0.0, _top(rows)),
            cmap="viridis",
        ),
    )


def _of_contrast(
    analysis: RunAnalysis,
    what: str,
    axes: tuple[SettingAxis, SettingAxis],
    settings: Sequence[Setting],
    branch: str | None,
) -> Picture:
    other = other_direction(what)
    ways = analysis.data[other].values.tolist()

    def title(way: int, of: str) -> str:
        staying = f"{other} {way:+d}: ".replace("-", "−") if len(ways) > 1 else ""
        return f"{staying}{of}"

    def both(test: Callable[..., bool], join: Callable[..., bool], way: int, s: Setting) -> bool:
        return join(test(analysis, *direction(what, sign, way), s) for sign in (1, -1))

    found = [
        _panel(
            axes,
            settings,
            title(way, _found(analysis)),
            _DARK,
            lambda s, way=way: contrast_at(analysis, what, {**s.at, other: way}, s),
            lambda s, way=way: both(_measured, all, way, s),
            lambda s, way=way: both(_silent, any, way, s),
        )
        for way in ways
    ]
    rows = [found]
    if analysis.network is not None:
        rows.append(
            [
                _theory_panel(
                    analysis,
                    axes,
                    settings,
                    title(way, _FILE),
                    _DARK,
                    "contrast_theory",
                    {other: way},
                    what,
                )
                for way in ways
            ]
        )
    if len(ways) == 1:  # beside each other
        rows = [[panel for row in rows for panel in row]]
    end = end_of(branch)
    return Picture(
        f"contrast_map_{what}{end}",
        "Nonreciprocity",
        f"Contrast of S_c between the directions of {what}{in_caption(end)}{_widest(found)}."
        f"{_below(analysis)}{_MARKED}",
        draw_setting_map(
            rows, *axes, quantity=r"contrast $\chi$ of $S_c$", bounds=(-1, 1), cmap="RdBu"
        ),
    )


def _panel(
    axes: tuple[SettingAxis, SettingAxis],
    settings: Sequence[Setting],
    title: str,
    colour: str,
    number: Callable[[Setting], Interval],
    measured: Callable[[Setting], bool],
    silent: Callable[[Setting], bool],
) -> Panel:
    numbers = [number(setting) for setting in settings]
    value, low, high = (
        _grid(axes, [getattr(one, end) for one in numbers]) for end in ("value", "low", "high")
    )
    known = _grid(axes, [measured(setting) for setting in settings]).astype(bool)
    oscillates = _grid(axes, [silent(setting) for setting in settings]).astype(bool)
    return Panel(title, colour, value, low, high, known, oscillates)


def _theory_panel(
    analysis: RunAnalysis,
    axes: tuple[SettingAxis, SettingAxis],
    settings: Sequence[Setting],
    title: str,
    colour: str,
    name: str,
    at: dict[str, Any],
    what: str | None = None,
) -> Panel:
    """Theory of the device file as it was, before the fit."""
    assert analysis.network is not None
    data = analysis.network.settings if what is None else analysis.network.compared[what]
    values = [
        interval_at(data, name, {**setting.at, **at}).value if name in data else np.nan
        for setting in settings
    ]
    value = _grid(axes, values)
    nothing, known = np.full(value.shape, np.nan), np.isfinite(value)
    return Panel(title, colour, value, nothing, nothing, known, ~known, theory=True)


def _grid(axes: tuple[SettingAxis, SettingAxis], values: Sequence[Any]) -> NDArray[Any]:
    """Settings come with the last sweep fastest."""
    return np.array(values, float).reshape([len(axis.values) for axis in axes])


def _measured(analysis: RunAnalysis, light: int, field: int, setting: Setting) -> bool:
    if analysis.network is not None and (light, field, setting) in analysis.network.traces:
        return True
    if analysis.spectra is None:
        return setting in analysis.cavity
    at = {"light": light, "field": field, **setting.at}
    return interval_at(analysis.spectra.spectra, "averages", at).value > 0


def _silent(analysis: RunAnalysis, light: int, field: int, setting: Setting) -> bool:
    """Whether a measured spectrum is not in the fit, because the device has no stable state."""
    if analysis.network is None or (light, field, setting) in analysis.network.traces:
        return False
    return _measured(analysis, light, field, setting)


def _found(analysis: RunAnalysis) -> str:
    return _FOUND if analysis.network is not None else "fit of each setting"


def _below(analysis: RunAnalysis) -> str:
    if analysis.network is None:
        return ""
    return f" '{_FILE}' is what it says before the fit."


def _top(rows: Sequence[Sequence[Panel]]) -> float:
    """End of the scale: the largest value, up to the next tenth."""
    values = np.concatenate([panel.value[panel.coloured] for row in rows for panel in row])
    return float(np.clip(np.ceil(10 * values.max(initial=0.1)) / 10, 0.1, 1.0))


def _widest(panels: Sequence[Panel]) -> str:
    """How wide the intervals of coloured cells are at most."""
    widths = [np.where(p.coloured, (p.high - p.low) / 2, np.nan) for p in panels]
    if not np.isfinite(widths).any():
        return ""
    return f"; half widths of the 95 % intervals are at most {np.nanmax(widths):.2g}"
