"""Theory's curves in the figures of a run: of the fitted device, and of the file it began with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.figures.band import Band, Theory
from phonosync.analysis.figures.direction import Way

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.run.analysis import RunAnalysis

FITTED = (
    "Points and solid line are of one fit to all settings together, so they agree by construction; "
    "compare the line with the contrast of noise power, which needs no fit. Dashed: the device "
    "file before the fit."
)
FITTED_WITHOUT_BATHS = (
    "Points and solid line are of one fit to all settings together, so they agree by construction, "
    "and both have the baths of the device file, which S-parameters do not tell. Dashed: the "
    "device file before the fit."
)
_DRAWN = (("fit", "fitted device", "-"), ("file", "device file", "--"))


def synchronization_theory(
    analysis: RunAnalysis, along: str, ways: Mapping[tuple[int, int, str], Way]
) -> list[Theory]:
    """S_c along a sweep, of the fitted device and of the device file.

    Args:
        analysis: of a run.
        along: the swept quantity.
        ways: (light, field, branch) -> as it is drawn.
    """
    curves = {
        way: {"light": light, "field": field, "branch": branch}
        for (light, field, branch), way in ways.items()
    }
    return _theories(analysis, along, lambda one: one.settings, "S_c", curves)


def contrast_theory(
    analysis: RunAnalysis, what: str, along: str, at: dict[str, Any]
) -> list[Theory]:
    """The contrast of S_c along a sweep, likewise; `at`: the other direction and the branch."""
    return _theories(analysis, along, lambda one: one.compared[what], "contrast", {what: at})


def noise_theory(analysis: RunAnalysis, what: str, at: dict[str, Any], along: str) -> list[Theory]:
    """The contrast of noise power that the fitted device expects.

    Args:
        analysis: of a run.
        what: "light" or "field".
        at: the other direction and the branch.
        along: the swept quantity.
    """
    if analysis.network is None or "contrast" not in analysis.network.noise.get(what, ()):
        return []
    found = analysis.network.noise[what]
    here = {dim: value for dim, value in at.items() if dim in found.dims}
    band = _band(found.sel(here, drop=True), "contrast", along)
    return [Theory("fitted device", {what: band}, of="the fit")]


def noise_map_theory(
    analysis: RunAnalysis, what: str, at: dict[str, Any]
) -> xarray.DataArray | None:
    """The same over two settings; None without a fitted device."""
    if analysis.network is None or "contrast" not in analysis.network.noise.get(what, ()):
        return None
    found = analysis.network.noise[what]["contrast"]
    here = {dim: value for dim, value in at.items() if dim in found.dims}
    return found.sel(here, drop=True).squeeze(drop=True)


def _theories(
    analysis: RunAnalysis, along: str, part: Any, name: str, curves: dict[Any, dict[str, Any]]
) -> list[Theory]:
    if analysis.network is None:
        return []
    found = []
    for key, words, line in _DRAWN:
        prediction = analysis.network.predictions[key]
        data = part(prediction)
        if name not in data:
            continue
        bands = {curve: _band(data.sel(at, drop=True), name, along) for curve, at in curves.items()}
        found.append(Theory(words, bands, line, prediction.band))
    return found


def _band(data: xarray.Dataset, name: str, along: str) -> Band:
    """One curve over the swept quantity, its bands beside it."""
    data = data.squeeze([dim for dim in data.dims if dim != along], drop=True)
    ends = {
        level: tuple(
            np.asarray(data[f"{name}{suffix}{end}"].values, float) for end in ("_low", "_high")
        )
        for level, suffix in ((95, ""), (68, "_68"))
        if f"{name}{suffix}_low" in data
    }
    return Band(data[along].values, data[name].values, ends)  # pyright: ignore[reportArgumentType]
