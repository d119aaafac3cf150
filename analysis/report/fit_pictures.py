"""Figures of what was fitted: spectra with residuals, synchronization, contrast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from phonosync.analysis.figures.against_setting import draw_against_setting
from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.nonreciprocity import draw_contrast
from phonosync.analysis.figures.run import (
    FittedSpectrum,
    draw_fitted_spectra,
    draw_spectra,
    draw_synchronization,
)
from phonosync.analysis.figures.setting_axis import setting_axis
from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.report.picture import MOST, Picture, some_of, swept_alone
from phonosync.analysis.report.rows import at_place, interval_at, other_direction
from phonosync.analysis.run.setting import directions_of, settings_of, turned
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.setting import Setting


def fit_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """Spectra of at most four settings with what was fitted to them, and residuals."""
    yield from _network_spectra(analysis)
    every = list(analysis.cavity.items())
    for number, (setting, found) in enumerate(some_of(every)):
        at = f" at {at_place(None, setting.label)}" if setting.label else ""
        end = f"_{number + 1}" if len(every) > 1 else ""
        some = f" ({MOST} of {len(every)} settings are drawn.)" if number == 0 else ""
        yield Picture(
            f"spectra{end}",
            "Spectra and fit",
            f"Noise spectra{at} with the joint fit of both directions, and deviance residuals in "
            "standard deviations." + (some if len(every) > MOST else ""),
            draw_spectra(found.fit),
        )
        if len(every) == 1:
            yield Picture(
                "synchronization",
                "Synchronization",
                "Complete synchronization with 95 % intervals.",
                draw_synchronization(found),
            )


def _network_spectra(analysis: RunAnalysis) -> Iterator[Picture]:
    """Spectra of some settings with the fitted device's."""
    network = analysis.network
    if network is None:
        return
    which, model = turned(analysis.data), network.fit.model
    by_setting: dict[Any, list[FittedSpectrum]] = {}
    for (light, field, setting, *_), k in network.traces.items():
        trace = model.observations.traces[k]
        if isinstance(trace, NoiseSpectrum):
            way = Way.of(light, field, which)
            fitted = model.expected(network.fit.parameters, k)
            by_setting.setdefault(setting, []).append(
                FittedSpectrum(
                    trace.frequency_hz, trace.power, fitted, trace.averages, way.name, way.colour
                )
            )
    every = list(by_setting.items())
    for number, (setting, shown) in enumerate(some_of(every)):
        at = f" at {at_place(None, setting.label)}" if setting.label else ""
        yield Picture(
            f"spectra_{number + 1}" if len(every) > 1 else "spectra",
            "Spectra and fit",
            f"Noise spectra{at} with the device fitted to all of them together, and deviance "
            "residuals in standard deviations.",
            draw_fitted_spectra(shown),
        )


def synchronization_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """S_c and its contrast against a swept quantity, beside theory where a device was given."""
    data = analysis.data
    dims = swept_alone(data)
    if len(dims) != 1 or data.sizes.get("branch", 1) > 1:
        return
    (along,) = dims
    unit = str(data[along].attrs.get("units", ""))
    settings = settings_of(data)
    x = [dict(s.values)[along] for s in settings]
    found = _synchronization(analysis, settings)
    theory = _theory(analysis, settings)
    if found:
        yield Picture(
            "synchronization",
            "Synchronization",
            "Complete synchronization of each direction with 95 % intervals; open triangles are "
            "limits." + (" Dashed: the device file before the fit." if theory else ""),
            draw_against_setting(
                x,
                found,
                name=along,
                unit=unit,
                quantity="complete synchronization $S_c$",
                theory=theory,
                bounds=(0, 1.05),
                level=(1.0, "Heisenberg limit"),
            ),
        )
    scaled, label = setting_axis(x, along, unit)
    for what, contrast, predicted in _contrasts(analysis, settings):
        band = None if predicted is None else (scaled, predicted, predicted, predicted)
        yield Picture(
            f"contrast_{what}",
            "Nonreciprocity",
            f"Contrast of S_c between the directions of {what} with 95 % intervals.",
            draw_contrast(scaled, contrast, label=label, quantity="S_c", theory=band),
        )


def _synchronization(
    analysis: RunAnalysis, settings: Sequence[Setting]
) -> dict[Way, list[Interval]]:
    which, found = turned(analysis.data), {}
    for light, field in directions_of(analysis.data):
        way = Way.of(light, field, which)
        if analysis.network is not None:
            sets = analysis.network.settings
            found[way] = [
                interval_at(sets, "S_c", {"light": light, "field": field, **s.at}) for s in settings
            ]
        elif analysis.cavity:
            found[way] = [
                next((e.S_c for e in analysis.cavity[s].directions if e.light == light), UNKNOWN)
                if s in analysis.cavity
                else UNKNOWN
                for s in settings
            ]
    return found


def _theory(analysis: RunAnalysis, settings: Sequence[Setting]) -> dict[Way, list[float]] | None:
    if analysis.network is None or "S_c_theory" not in analysis.network.settings:
        return None
    which, sets = turned(analysis.data), analysis.network.settings
    return {
        Way.of(light, field, which): [
            interval_at(sets, "S_c_theory", {"light": light, "field": field, **s.at}).value
            for s in settings
        ]
        for light, field in directions_of(analysis.data)
    }


def _contrasts(
    analysis: RunAnalysis, settings: Sequence[Setting]
) -> Iterator[tuple[str, list[Interval], list[float] | None]]:
    """(what was turned, contrast of S_c by setting, theory's)."""
    if analysis.network is not None:
        for what, found in analysis.network.compared.items():
            other = other_direction(what)
            if found.sizes.get(other, 1) > 1:
                continue
            one = found.isel({other: 0}) if other in found.dims else found
            theory = None
            if "contrast_theory" in one:
                theory = [interval_at(one, "contrast_theory", s.at).value for s in settings]
            yield what, [interval_at(one, "contrast", s.at) for s in settings], theory
    elif analysis.cavity:
        yield (
            "light",
            [
                analysis.cavity[s].nonreciprocity.contrast if s in analysis.cavity else UNKNOWN
                for s in settings
            ],
            None,
        )
