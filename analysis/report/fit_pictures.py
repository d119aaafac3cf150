"""Figures of what was fitted: spectra with residuals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.run import (
    FittedSpectrum,
    draw_fitted_spectra,
    draw_spectra,
    draw_synchronization,
)
from phonosync.analysis.models.observations import NoiseSpectrum
from phonosync.analysis.report.picture import MOST, Picture, of_each
from phonosync.analysis.run.setting import turned

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis


def fit_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """Spectra of at most four settings with what was fitted to them, and residuals."""
    yield from _network_spectra(analysis)
    every = list(analysis.cavity.items())
    some = f" ({MOST} of {len(every)} settings are drawn.)" if len(every) > MOST else ""
    for name, at, found in of_each("spectra", every):
        yield Picture(
            name,
            "Spectra and fit",
            f"Noise spectra{at} with the joint fit of both directions, and deviance residuals in "
            "standard deviations." + some,
            draw_spectra(found.fit),
        )
        some = ""  # said once
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
    for name, at, shown in of_each("spectra", list(by_setting.items())):
        yield Picture(
            name,
            "Spectra and fit",
            f"Noise spectra{at} with the device fitted to all of them together, and deviance "
            "residuals in standard deviations.",
            draw_fitted_spectra(shown),
        )
