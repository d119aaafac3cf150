"""Which figures a run's report has: what the run holds decides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from phonosync.analysis.figures.reference import draw_reference
from phonosync.analysis.report.fit_pictures import fit_pictures
from phonosync.analysis.report.map_pictures import map_pictures
from phonosync.analysis.report.phase_pictures import phase_pictures
from phonosync.analysis.report.picture import Picture
from phonosync.analysis.report.sweep_pictures import sweep_pictures
from phonosync.analysis.report.synchronization_pictures import synchronization_pictures
from phonosync.analysis.report.transmission_pictures import transmission_pictures

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis


def pictures_of(analysis: RunAnalysis) -> Iterator[Picture]:
    """All figures that a run has data for, one after the other, so that few are held at a time."""
    yield from fit_pictures(analysis)
    yield from synchronization_pictures(analysis)
    yield from map_pictures(analysis)
    yield from sweep_pictures(analysis)
    yield from phase_pictures(analysis)
    yield from transmission_pictures(analysis)
    if analysis.spectra is not None and analysis.spectra.reference.level.size > 1:
        reference = analysis.spectra.reference
        yield Picture(
            "reference",
            "Calibrations and control",
            "Shot-noise references over the run; their change is that of the spectra's unit.",
            draw_reference(
                reference.level,
                reference.tone and reference.tone.gain,
                error=reference.error_of_each,
                tone_error=reference.tone.error if reference.tone else 0.0,
            ),
        )
