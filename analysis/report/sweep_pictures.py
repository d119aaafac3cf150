"""Figures of spectra over a sweep, and of their contrast, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.nonreciprocity import draw_contrast, draw_contrast_map
from phonosync.analysis.figures.waterfall import draw_spectral_map, draw_waterfall
from phonosync.analysis.report.picture import Picture, in_caption, swept_alone
from phonosync.analysis.report.theory import noise_map_theory, noise_theory
from phonosync.analysis.run.grid import interval_at, other_direction
from phonosync.analysis.run.setting import directions_of, turned
from phonosync.analysis.schema import swept

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.run.analysis import RunAnalysis


def sweep_pictures(analysis: RunAnalysis) -> Iterator[Picture]:
    """Waterfall and map of a sweep; contrast of noise power over one or two settings."""
    if analysis.spectra is None:
        return
    found = analysis.spectra
    dims = swept_alone(analysis.data)
    if len(dims) == 1:
        ways = ways_of(analysis.data)
        for branch in found.spectra["branch"].values.tolist():
            power = (
                found.spectra["power"]
                .sel(branch=branch, drop=True)
                .squeeze([d for d in swept(analysis.data) if d not in dims], drop=True)
            )
            end = f"_{branch}" if found.spectra.sizes["branch"] > 1 else ""
            said = f", {branch} sweep" if end else ""
            yield Picture(
                f"waterfall{end}",
                "Spectra over the sweep",
                f"Noise power over shot noise, one curve a setting{said}.",
                draw_waterfall(power, ways),
            )
            yield Picture(
                f"map{end}",
                "Spectra over the sweep",
                f"The same as a map{said}; grey was not measured.",
                draw_spectral_map(power, ways),
            )
    for what, compared in found.compared.items():
        yield from _noise_contrast(analysis, what, compared, dims)


def _noise_contrast(
    analysis: RunAnalysis, what: str, compared: xarray.Dataset, dims: list[str]
) -> Iterator[Picture]:
    other = other_direction(what)
    for way in compared[other].values.tolist() if other in compared.dims else [None]:
        for branch in compared["branch"].values.tolist():
            at: dict[str, Any] = {"branch": branch} | ({} if way is None else {other: way})
            here = compared.sel(at, drop=True)
            end = (f"_{other}{way:+d}" if compared.sizes.get(other, 1) > 1 else "") + (
                f"_{branch}" if compared.sizes["branch"] > 1 else ""
            )
            said = in_caption(end)
            if len(dims) == 2 and "q" in here:
                expected = noise_map_theory(analysis, what, at)
                beside = "" if expected is None else " Right: what the fitted device expects."
                measured, q = (here[name].squeeze(drop=True) for name in ("contrast", "q"))
                yield Picture(
                    f"noise_contrast_{what}{end}",
                    "Nonreciprocity",
                    f"Contrast of the excess noise power between the directions of {what}{said}, "
                    "without any model; inside the line the directions differ, false discoveries "
                    f"controlled; grey: undetermined.{beside}",
                    draw_contrast_map(measured, q, theory=expected),
                )
            elif len(dims) == 1:
                (along,) = dims
                here = here.squeeze([d for d in here.dims if d != along], drop=True)
                values = [
                    interval_at(here, "contrast", {along: v}) for v in here[along].values.tolist()
                ]
                theory = noise_theory(analysis, what, at, along)
                beside = " The line is what the fitted device expects." if theory else ""
                yield Picture(
                    f"noise_contrast_{what}{end}",
                    "Nonreciprocity",
                    f"Contrast of the excess noise power between the directions of {what}{said}; "
                    f"the points are without any model.{beside}",
                    draw_contrast(
                        here[along].values,
                        values,
                        name=along,
                        unit=str(here[along].attrs.get("units", "")),
                        quantity="P",
                        theory=theory,
                    ),
                )


def ways_of(data: xarray.Dataset) -> list[Way]:
    """Every direction of a run as it is drawn."""
    return [Way.of(light, field, turned(data)) for light, field in directions_of(data)]
