"""Rows of what was fitted to a run: synchronization, nonreciprocity, the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.measured.frequency_axis import unit_of
from phonosync.analysis.report.row import (
    CHI,
    DECIBEL,
    DEVICE,
    Row,
    at_place,
    places_of,
    scaled,
)
from phonosync.analysis.report.truth import Truth
from phonosync.analysis.run.grid import direction, interval_at, other_direction
from phonosync.analysis.run.setting import turned
from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.theory.device.entries import find_entry

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.cavity import CavityAnalysis
    from phonosync.analysis.run.network import NetworkAnalysis
    from phonosync.analysis.run.setting import Setting


def cavity_rows(setting: Setting, found: CavityAnalysis, truth: Truth) -> Iterator[Row]:
    """Of the joint fit of both directions at one setting."""
    group = "Synchronization"
    for entry in found.directions:
        where = at_place(Way.of(entry.light, 1, ("light",)), setting.label)
        of = truth.state(entry.light, 1, setting)
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
    both = truth.compared((1, 1), (-1, 1), setting)
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


def parameter_rows(setting: Setting, found: CavityAnalysis, truth: Truth) -> Iterator[Row]:
    """Parameters of that fit."""
    for name, parameter in found.fit.parameters.items():
        value = float(parameter.value)
        scale, unit = unit_of(value) if name.endswith("_hz") else (1.0, "")
        said = name.removesuffix("_hz").replace("_", " ")
        if not parameter.vary:
            interval, comment = Interval(value / scale, np.nan, np.nan), "calibrated, held"
        else:
            interval, comment = scaled(found.parameters[name], scale), ""
        where = at_place(None, setting.label)
        true = truth.parameters.get(name)
        true = None if true is None else true / scale
        yield Row(DEVICE, said, said, where, interval, unit, truth=true, comment=comment)


def network_rows(analysis: RunAnalysis, truth: Truth) -> Iterator[Row]:
    """Of the device fitted to all settings."""
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
    comment = "" if network.fit.model.observations.spectra else "baths not measured"
    separable = _separable(network)
    for light, field, setting in network.conditions:
        at = {"light": light, "field": field, **setting.at}
        where = at_place(Way.of(light, field, which), setting.label)
        of = truth.state(light, field, setting)
        known = dict(of) | {
            f"occupation_{j}": n for j, n in enumerate(of.get("occupations", ()), start=1)
        }
        for name, (words, symbol) in said.items():
            if name in network.settings and not (name == "E_N" and separable):
                found = interval_at(network.settings, name, at)
                if not np.isnan([found.value, found.low, found.high]).all():
                    true = known.get(name)
                    yield Row(
                        "Synchronization", words, symbol, where, found, truth=true, comment=comment
                    )
    if separable:
        words, symbol = said["E_N"]
        none = [state["E_N"] for state in truth.states if "E_N" in state]
        yield Row(
            "Synchronization",
            words,
            symbol,
            "every direction and setting",
            Interval(0.0, 0.0, 0.0),
            truth=max(none) if none else None,
            comment=", ".join(part for part in ("no state is entangled", comment) if part),
        )
    for what, compared in network.compared.items():
        for at, setting, where in places_of(analysis, compared, what):
            ways = [direction(what, sign, at.get(other_direction(what), 1)) for sign in (1, -1)]
            true = truth.compared(ways[0], ways[1], setting)
            chi = interval_at(compared, "contrast", at)
            words = f"contrast χ of S_c, {what}"
            yield Row("Nonreciprocity", words, CHI, where, chi, truth=true[0])
            found = interval_at(compared, "isolation", at)
            words = f"isolation of S_c, {what}"
            yield Row("Nonreciprocity", words, "$I$", where, found, DECIBEL, truth=true[1])
    for name, found in network.entries.items():
        if 0 <= found.low < 1e-3 * found.high:  # three decades: nothing is known of it
            found = UNKNOWN
        unit = find_entry(network.fit.model.device, name).unit.removeprefix("1")
        scale = 1.0
        if unit == "Hz":
            scale, unit = unit_of(np.nanmax(np.abs([found.value, found.low, found.high, 1.0])))
        true = truth.entries.get(name)
        true = None if true is None else true / scale
        yield Row(DEVICE, name, name, "", scaled(found, scale), unit, truth=true)


def _separable(network: NetworkAnalysis) -> bool:
    """Whether no state can be entangled, its interval included."""
    highest = network.settings.get("E_N_high")
    if highest is None:
        return False
    known = np.isfinite(highest.values)
    return bool(known.sum() == len(network.traces) and np.all(highest.values[known] == 0))
