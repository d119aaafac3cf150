"""A run's numbers as rows: what, in which direction and at which setting, with its interval."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.measured.frequency_axis import unit_of
from phonosync.analysis.run.grid import interval_at, other_direction
from phonosync.analysis.run.setting import settings_of, turned
from phonosync.analysis.statistics.interval import UNKNOWN, Interval, around
from phonosync.theory.device.entries import find_entry
from phonosync.theory.synchronization import contrast, isolation_db

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.cavity import CavityAnalysis
    from phonosync.analysis.run.setting import Setting

Truth = Sequence[Mapping[str, Any]]
CHI, DECIBEL, DEVICE = r"$\chi$", "dB", "Device"


@dataclass(frozen=True)
class Row:
    """One number.

    Attributes:
        group: heading under which it stands.
        quantity: in words; "phonon 1, quanta".
        symbol: the same in LaTeX.
        where: direction and setting in words; "" for what concerns the whole run.
        interval: in `unit`; of a p-value the value alone.
        unit: "" where there is none.
        truth: of a virtual device.
        comment: how it was found, where that needs saying.
    """

    group: str
    quantity: str
    symbol: str
    where: str
    interval: Interval
    unit: str = ""
    truth: float | None = None
    comment: str = ""

    def text(self) -> tuple[str, str]:
        """Value and interval in words; a probability has no interval."""
        if self.is_probability:
            p = self.interval.value
            return ("not given" if np.isnan(p) else f"{p:.2g}"), ""
        return self.interval.text()

    @property
    def is_probability(self) -> bool:
        """Whether it is a p- or q-value."""
        return self.symbol in ("$p$", "$q$")


def rows_of(analysis: RunAnalysis, truth: Truth | None = None) -> list[Row]:
    """All rows, in the order of a report.

    Args:
        analysis: of a run.
        truth: of a virtual device with a single setting: `light`, `S_c`, `occupations`.
    """
    found = [*_network(analysis)]
    for setting, cavity in analysis.cavity.items():
        found += _cavity(setting, cavity, truth if len(analysis.cavity) == 1 else None)
    found += [*_records(analysis), *_two_way(analysis), *_model_free(analysis)]
    for setting, cavity in analysis.cavity.items():
        found += _parameters(setting, cavity)
    groups = list(dict.fromkeys(row.group for row in found))
    return sorted(found, key=lambda row: groups.index(row.group))


def at_place(way: Way | None, *said: str) -> str:
    """Direction and setting in words."""
    words = [] if way is None else [way.short]
    # Settings are written in ASCII, as device files are.
    settings = [re.sub(r"(?<=\d )u(?=[A-Z])", "µ", part) for part in said if part]
    return ", ".join([*words, *settings])


def _cavity(setting: Setting, found: CavityAnalysis, truth: Truth | None) -> Iterator[Row]:
    group, known = "Synchronization", {entry["light"]: entry for entry in truth or ()}
    for entry in found.directions:
        where = at_place(Way.of(entry.light, 1, ("light",)), setting.label)
        of = known.get(entry.light, {})
        S_c = r"$S_\mathrm{c}$"
        yield Row(group, "complete synchronization S_c", S_c, where, entry.S_c, truth=of.get("S_c"))
        for j, n in enumerate(entry.occupations, start=1):
            quanta = of.get("occupations")
            yield Row(
                group,
                f"quanta of phonon {j}",
                rf"$\bar n_{j}$",
                where,
                n,
                truth=quanta[j - 1] if quanta else None,
            )
    both: list[float | None] = [None, None]
    if len(known) == 2:
        plus, minus = known[1]["S_c"], known[-1]["S_c"]
        both = [float(contrast(plus, minus)), float(isolation_db(plus, minus))]
    group, at = "Nonreciprocity", at_place(None, setting.label)
    chi, isolation = found.nonreciprocity.contrast, found.nonreciprocity.isolation_db
    yield Row(group, "contrast χ of S_c", CHI, at, chi, truth=both[0])
    yield Row(group, "isolation of S_c", "$I$", at, isolation, DECIBEL, truth=both[1])
    p = np.nan if found.p_value is None else found.p_value
    n = len(found.quads)
    comment = f"{n} quads permuted" if found.p_value is not None else "fewer than 8 quads"
    yield Row(
        group,
        "p-value, no difference of spectra",
        "$p$",
        at,
        Interval(p, np.nan, np.nan),
        comment=comment,
    )


def _parameters(setting: Setting, found: CavityAnalysis) -> Iterator[Row]:
    for name, parameter in found.fit.parameters.items():
        value = float(parameter.value)
        scale, unit = unit_of(value) if name.endswith("_hz") else (1.0, "")
        said = name.removesuffix("_hz").replace("_", " ")
        if not parameter.vary:
            interval, comment = Interval(value / scale, np.nan, np.nan), "calibrated, held"
        elif not parameter.stderr:
            interval, comment = Interval(np.nan, np.nan, np.nan), ""
        else:
            interval, comment = around(value / scale, parameter.stderr / scale), ""
        where = at_place(None, setting.label)
        yield Row(DEVICE, said, said, where, interval, unit, comment=comment)


def _network(analysis: RunAnalysis) -> Iterator[Row]:
    network = analysis.network
    if network is None:
        return
    said = {
        "S_c": ("complete synchronization S_c", r"$S_\mathrm{c}$"),
        "occupation_1": ("quanta of phonon 1", r"$\bar n_1$"),
        "occupation_2": ("quanta of phonon 2", r"$\bar n_2$"),
        "E_N": ("logarithmic negativity E_N", r"$E_\mathcal{N}$"),
    }
    which = turned(analysis.data)
    for light, field, setting in network.conditions:
        at = {"light": light, "field": field, **setting.at}
        where = at_place(Way.of(light, field, which), setting.label)
        for name, (words, symbol) in said.items():
            if name in network.settings:
                found = interval_at(network.settings, name, at)
                if not np.isnan([found.value, found.low, found.high]).all():
                    yield Row("Synchronization", words, symbol, where, found)
    for what, compared in network.compared.items():
        for at, where in _places(analysis, compared, what):
            chi = interval_at(compared, "contrast", at)
            yield Row("Nonreciprocity", f"contrast χ of S_c, {what}", CHI, where, chi)
            found = interval_at(compared, "isolation", at)
            yield Row("Nonreciprocity", f"isolation of S_c, {what}", "$I$", where, found, DECIBEL)
    for name, found in network.entries.items():
        if 0 <= found.low < 1e-3 * found.high:  # three decades: nothing is known of it
            found = UNKNOWN
        unit = find_entry(network.fit.model.device, name).unit.removeprefix("1")
        scale = 1.0
        if unit == "Hz":
            scale, unit = unit_of(np.nanmax(np.abs([found.value, found.low, found.high, 1.0])))
        yield Row(DEVICE, name, name, "", _scaled(found, scale), unit)


def _model_free(analysis: RunAnalysis) -> Iterator[Row]:
    if analysis.spectra is None:
        return
    group = "Noise power, without a model"
    for what, compared in analysis.spectra.compared.items():
        for at, where in _places(analysis, compared, what):
            chi = interval_at(compared, "contrast", at)
            yield Row(group, f"contrast χ of excess noise, {what}", CHI, where, chi)
            for name, words in (
                ("p", "p-value, no difference"),
                ("q", "q-value over all settings"),
            ):
                if name in compared and not (name == "q" and compared["p"].size == 1):
                    yield Row(group, words, f"${name}$", where, interval_at(compared, name, at))
    for what, control in (analysis.spectra.control or {}).items():
        for number, (at, where) in enumerate(_places(analysis, control, what)):
            if not number:  # one control for all settings
                found = interval_at(control, "control", at)
                yield Row(group, "isolation of the control", "$I_0$", "", found, DECIBEL)
            if "isolation" in control:
                found = interval_at(control, "isolation", at)
                words = "isolation less the control's"
                yield Row(group, words, "$I - I_0$", where, found, DECIBEL)


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
                yield Row(group, words, symbol, where, _scaled(rate, scale), unit)
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
        found = _scaled(row.tongue.half_range_hz, scale)
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
            yield Row(group, words, "$B$", where, _scaled(width, scale), unit)


def _places(
    analysis: RunAnalysis, found: xarray.Dataset, what: str
) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place of a comparison, with the direction that stayed and the setting in words."""
    other = other_direction(what)
    for way in found[other].values.tolist() if other in found.dims else [None]:
        for setting in settings_of(analysis.data):
            said = f"{other} {way:+d}".replace("-", "−") if found.sizes.get(other, 1) > 1 else ""
            at = {**setting.at, **({} if way is None else {other: way})}
            yield at, at_place(None, said, setting.label)


def _scaled(interval: Interval, scale: float) -> Interval:
    return Interval(interval.value / scale, interval.low / scale, interval.high / scale)
