"""Figures of quadrature records: portraits, locking against a setting, tongues."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.figures.against_setting import draw_against_setting
from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.records import (
    draw_phase_difference,
    draw_phase_histogram,
    draw_portraits,
)
from phonosync.analysis.figures.tongue import draw_tongue, draw_tongue_map
from phonosync.analysis.measured.frequency_axis import unit_of
from phonosync.analysis.report.picture import Picture, in_words, swept_alone
from phonosync.analysis.run.records import measured_records
from phonosync.analysis.run.setting import directions_of, settings_of, turned
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.setting import Setting


def phase_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """Portraits where the directions differ most, locking and beat over a sweep, tongues."""
    records, data = analysis.records, analysis.data
    if records is None:
        return
    which, section = turned(data), "Phases"
    chosen = _telling_setting(analysis)
    if chosen is not None:
        setting, keys = chosen
        names = {sign: Way.of(*key, which).name for sign, key in keys.items()}
        some = {
            sign: next(iter(measured_records(setting.select(data).sel(light=k[0], field=k[1]))))[1]
            for sign, k in keys.items()
        }
        at = in_words(setting)
        for name, draw, caption in (
            ("portraits", draw_portraits, "Phase portraits with 1σ ellipses of the covariance"),
            ("phase_difference", draw_phase_difference, "Phase difference; a whole turn is a slip"),
            ("phase_histogram", draw_phase_histogram, "Distribution of the phase difference"),
        ):
            caption += f", first record of each direction{at}."
            yield Picture(name, section, caption, draw(some, names=names))
    dims = swept_alone(data)
    if len(dims) == 1:
        yield from _locking_over_settings(analysis, dims[0])
    yield from _tongues(analysis)


def _telling_setting(
    analysis: RunAnalysis,
) -> tuple[Setting, dict[int, tuple[int, int]]] | None:
    """The setting whose directions differ most in locking, and the directions' keys by sign."""
    if analysis.records is None or not analysis.records.compared:
        return None
    one = analysis.records.telling or analysis.records.compared[0]
    keys = {s: (s, one.other) if one.turned == "light" else (one.other, s) for s in (1, -1)}
    return one.setting, keys


def _locking_over_settings(analysis: RunAnalysis, along: str) -> Iterator[Picture]:
    records, data = analysis.records, analysis.data
    assert records is not None
    settings = [s for s in settings_of(data) if s.branch == str(data["branch"].values[0])]
    x = [dict(s.values)[along] for s in settings]
    unit = str(data[along].attrs.get("units", ""))

    def series(name: str, scale: float = 1.0) -> dict[Way, list[Interval]]:
        found: dict[Way, list[Interval]] = {}
        for light, field in directions_of(data):
            row = []
            for setting in settings:
                one = records.records.get((light, field, setting))  # type: ignore[union-attr]
                value: Interval | None = None if one is None else getattr(one, name)
                row.append(
                    UNKNOWN
                    if value is None
                    else Interval(value.value / scale, value.low / scale, value.high / scale)
                )
            found[Way.of(light, field, turned(data))] = row
        return found

    locking = series("locking_value")
    if not any(np.isfinite(i.value) for row in locking.values() for i in row):
        return
    yield Picture(
        "locking",
        "Phases",
        "Locking value of each direction with 95 % intervals.",
        draw_against_setting(
            x, locking, name=along, unit=unit, quantity="locking value", bounds=(-0.03, 1.05)
        ),
    )
    size = max(
        abs(i.value) for row in series("beat_hz").values() for i in row if np.isfinite(i.value)
    )
    scale, beat_unit = unit_of(max(size, 1.0))
    yield Picture(
        "beat",
        "Phases",
        "Frequency difference of the two vibrations with 95 % intervals.",
        draw_against_setting(
            x,
            series("beat_hz", scale),
            name=along,
            unit=unit,
            quantity=f"frequency difference ({beat_unit})",
            level=(0.0, "in step"),
        ),
    )


def _tongues(analysis: RunAnalysis) -> Iterator[Picture]:
    assert analysis.records is not None
    held: dict[Any, dict[int, Any]] = {}
    rows: dict[int, list[tuple[float, Any]]] = {}
    which = turned(analysis.data)
    by_field = which == ("field",)
    for row in analysis.records.tongues:
        sign = row.field if by_field else row.light
        held.setdefault(row.held, {})[sign] = row.tongue
        if len(row.held.values) == 1 and row.held.values[0][0].endswith("power"):
            rows.setdefault(sign, []).append((row.held.values[0][1], row.tongue))
    names = {s: Way.of(*((1, s) if by_field else (s, 1)), which).name for s in (1, -1)}
    for number, (setting, tongues) in enumerate(held.items()):
        at = in_words(setting)
        yield Picture(
            f"tongue_{number + 1}" if len(held) > 1 else "tongue",
            "Phases",
            f"Beats against detuning{at} with Adler's law; bars: locking range.",
            draw_tongue(tongues, names=names),
        )
    if rows and all(len(row) > 1 for row in rows.values()):
        yield Picture(
            "tongue_map",
            "Phases",
            "Frequency difference over detuning and power; white: fitted locking range.",
            draw_tongue_map(rows, names=names),
        )
