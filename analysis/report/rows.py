"""A run's numbers as rows: what, in which direction and at which setting, with its interval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.measured.frequency_axis import unit_of
from phonosync.analysis.report.model_rows import cavity_rows, network_rows, parameter_rows
from phonosync.analysis.report.row import CHI, DECIBEL, Row, at_place, places_of, scaled
from phonosync.analysis.report.truth import Truth
from phonosync.analysis.run.grid import interval_at
from phonosync.analysis.run.setting import settings_of, turned
from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis


def rows_of(analysis: RunAnalysis, truth: Truth | None = None) -> list[Row]:
    """All rows, in the order of a report.

    Args:
        analysis: of a run.
        truth: of a virtual device.
    """
    truth = Truth() if truth is None else truth
    found = [*network_rows(analysis, truth)]
    for setting, cavity in analysis.cavity.items():
        found += cavity_rows(setting, cavity, truth)
    found += [*_records(analysis), *_two_way(analysis), *_model_free(analysis)]
    for setting, cavity in analysis.cavity.items():
        found += parameter_rows(setting, cavity, truth)
    groups = list(dict.fromkeys(row.group for row in found))
    return sorted(found, key=lambda row: groups.index(row.group))


def _model_free(analysis: RunAnalysis) -> Iterator[Row]:
    if analysis.spectra is None:
        return
    group = "Noise power, without a model"
    for what, compared in analysis.spectra.compared.items():
        for at, _, where in places_of(analysis, compared, what):
            chi = interval_at(compared, "contrast", at)
            yield Row(group, f"contrast χ of excess noise, {what}", CHI, where, chi)
            for name, words in (
                ("p", "p-value, no difference"),
                ("q", "q-value over all settings"),
            ):
                if name in compared and not (name == "q" and compared["p"].size == 1):
                    yield Row(group, words, f"${name}$", where, interval_at(compared, name, at))
    yield from _crossed(analysis, group)
    for what, control in (analysis.spectra.control or {}).items():
        for number, (at, _, where) in enumerate(places_of(analysis, control, what)):
            if not number:  # one control for all settings
                found = interval_at(control, "control", at)
                yield Row(group, "isolation of the control", "$I_0$", "", found, DECIBEL)
            if "isolation" in control:
                found = interval_at(control, "isolation", at)
                words = "isolation less the control's"
                yield Row(group, words, "$I - I_0$", where, found, DECIBEL)


def _crossed(analysis: RunAnalysis, group: str) -> Iterator[Row]:
    """Main effects and interaction of light and field."""
    found = None if analysis.spectra is None else analysis.spectra.crossed
    if found is None:
        return
    said = {
        "light": "effect of light on excess noise",
        "field": "effect of field on excess noise",
        "interaction": "change of light's effect by the field",
    }
    for setting in settings_of(analysis.data):
        where = at_place(None, setting.label)
        for name, words in said.items():
            if name not in found:
                continue
            effect = interval_at(found, name, setting.at)
            yield Row(group, words, r"$\\Delta P$", where, effect, comment="shot noise = 1")
            p = interval_at(found, f"{name}_p", setting.at)
            yield Row(group, f"p-value, no {words}", "$p$", where, p)


def _records(analysis: RunAnalysis) -> Iterator[Row]:
    if analysis.records is None:
        return
    which, group = turned(analysis.data), "Phases"
    for (light, field, setting), one in analysis.records.records.items():
        where = at_place(Way.of(light, field, which), setting.label)
        comment = f"{len(one.records)} records, {one.state}"
        if one.locking_value is not None and one.beat_hz is not None and one.slip_rate_hz:
            yield Row(group, "locking value", "$R$", where, one.locking_value, comment=comment)
            for words, symbol, rate in (
                ("beat", r"$\Delta f$", one.beat_hz),
                ("slip rate", r"$r_\mathrm{slip}$", one.slip_rate_hz),
            ):
                scale, unit = unit_of(max(abs(rate.value), abs(rate.high), 1.0))
                yield Row(group, words, symbol, where, scaled(rate, scale), unit)
        for name, S in one.S.items():
            if not np.isnan([S.value, S.low]).all():
                symbol = {"S_c": r"$S_\mathrm{c}$", "S_p": r"$S_\mathrm{p}$"}
                yield Row(group, name, symbol.get(name, r"$S_\varphi$"), where, S)
    for one in analysis.records.compared:
        where = at_place(None, one.setting.label)
        if one.locking is not None:
            words = f"contrast χ of locking, {one.turned}"
            yield Row("Nonreciprocity", words, CHI, where, one.locking.contrast)
        if one.p_value is not None:
            yield Row(
                "Nonreciprocity",
                "p-value, no difference of locking",
                "$p$",
                where,
                Interval(one.p_value, np.nan, np.nan),
            )
    for row in analysis.records.tongues:
        where = at_place(Way.of(row.light, row.field, which), row.held.label)
        scale, unit = unit_of(abs(row.tongue.half_range_hz.high))
        found = scaled(row.tongue.half_range_hz, scale)
        if found.low <= 0:  # the bound, not the data, ends the interval
            found = Interval(np.nan, np.nan, found.high)
        along = row.along.replace("_", " ")
        yield Row("Phases", f"half locking range in {along}", r"$K/2\pi$", where, found, unit)


def _two_way(analysis: RunAnalysis) -> Iterator[Row]:
    if analysis.two_way is None:
        return
    which, group = turned(analysis.data), "Two-way transmission"
    for one in analysis.two_way.directions:
        where = at_place(Way.of(one.light, one.field, which), one.setting.label)
        found = one.isolation
        scale, unit = unit_of(found.peak_hz)
        passing = "S{}{} passes".format(*found.passing)
        words, comment = f"peak isolation, {passing}", f"at {found.peak_hz / scale:.4g} {unit}"
        yield Row(group, words, "$I$", where, found.peak_db, DECIBEL, comment=comment)
        loss = found.insertion_loss_db
        yield Row(group, "insertion loss at the peak", "$L$", where, loss, DECIBEL)
        if found.bandwidth_hz.high > 0 or np.isnan(found.bandwidth_hz.high):
            width = found.bandwidth_hz
            scale, unit = unit_of(np.nanmax([width.value, width.low, width.high, 1.0]))
            words = f"bandwidth above {found.level_db:g} dB"
            yield Row(group, words, "$B$", where, scaled(width, scale), unit)
