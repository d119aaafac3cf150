"""Two directions compared at every setting of a run, without a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.nonreciprocity.carry_over import carry_over
from phonosync.analysis.nonreciprocity.contrast import decibel_of_contrast
from phonosync.analysis.nonreciprocity.maps import significance_map
from phonosync.analysis.nonreciprocity.permutation import quad_differences
from phonosync.analysis.nonreciprocity.quad_contrast import quad_contrast
from phonosync.analysis.run.grid import Grid, other_direction, setting_dims
from phonosync.analysis.run.quads import Quads, quads_of
from phonosync.analysis.run.reference import Reference, in_shot_noise_units
from phonosync.analysis.run.setting import settings_of
from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

LEAST_QUADS = 8
"""With fewer the permutation test cannot reach p = 0.0078."""
_SURE = 0.95


@dataclass(frozen=True, eq=False)
class Cell:
    """One setting and one way of the other direction.

    Attributes:
        at: its coordinates.
        label: in words; "" where a run has one.
        quads: of it.
    """

    at: dict[str, Any]
    label: str
    quads: Quads


def cells_of(data: xarray.Dataset, reference: Reference, turned: str) -> Iterator[Cell]:
    """Every setting with its quads; spectra are read one setting at a time."""
    other = other_direction(turned)
    for setting in settings_of(data):
        here = setting.select(data)
        for way in data[other].values.tolist():
            alone = here.sel({other: way})
            power = in_shot_noise_units(alone, reference)
            said = [setting.label] if setting.label else []
            said += [f"{other} {way:+d}".replace("-", "−")] if data.sizes[other] > 1 else []
            yield Cell({**setting.at, other: way}, ", ".join(said), quads_of(alone, power, turned))


def compare(
    data: xarray.Dataset, reference: Reference, turned: str
) -> tuple[xarray.Dataset, tuple[str, ...]]:
    """Contrast, significance, memory and drift at every setting; see `SpectraAnalysis.compared`.

    Args:
        data: the run.
        reference: its unit.
        turned: "light" or "field".

    Returns:
        The dataset, and notes.
    """
    from scipy.stats import binom

    dims = (other_direction(turned), *setting_dims(data))
    grid, notes = Grid(data, dims), []
    differences: list[tuple[dict[str, Any], NDArray[Any]]] = []
    signs: list[NDArray[Any]] = []
    remembered, counted, cells, empty = [], 0, 0, 0
    for cell in cells_of(data, reference, turned):
        quads = cell.quads
        grid.put("quads", cell.at, float(len(quads.numbers)))
        cells += 1
        if not len(quads.numbers):
            grid.put("contrast", cell.at, UNKNOWN)
            grid.put("isolation", cell.at, UNKNOWN, unit="dB")
            empty += 1
            continue
        excess = quads.excess
        ways = [np.mean(excess[quads.signs == s].reshape(-1, 2), axis=1) for s in (1, -1)]
        contrast = quad_contrast(*ways, reference_error=reference.relative_error)
        grid.put("contrast", cell.at, contrast)
        grid.put("isolation", cell.at, _decibel(contrast), unit="dB")
        try:
            inside = carry_over(excess, quads.signs)
        except InputError as error:
            notes.append(f"memory and drift of {turned}: {error}")
        else:
            for name in ("effect", "memory", "drift", "curvature"):
                grid.put(name, cell.at, getattr(inside, name))
            counted += 1
            remembered += [f"{cell.label}: {note}" if cell.label else note for note in inside.notes]
        if quads.drawn and len(quads.numbers) >= LEAST_QUADS:
            differences.append((cell.at, quad_differences(quads.forward, quads.backward)))
            signs.append(quads.signs[:, 0])
        elif not quads.drawn:
            notes.append(
                f"no p-value for {turned}: the order of its directions was not drawn by chance, so "
                "drift can look like nonreciprocity; measure with 'order: quads'."
            )
        else:
            notes.append(
                f"no p-value for {turned} where there are fewer than {LEAST_QUADS} complete quads."
            )
    if empty:
        where = f" at {empty} of {cells} settings" if cells > 1 else ""
        notes.append(f"no quad of {turned} is complete{where}; nothing is compared there.")
    # One setting in twenty seems to remember by chance alone.
    if len(remembered) > binom.ppf(_SURE, counted, 0.05):
        notes += remembered[:1]
        if counted > 1:
            notes.append(f"{turned}: so at {len(remembered)} of {counted} settings.")
    if differences:
        notes += _significance(grid, differences, signs)
    found = grid.dataset()
    return found, tuple(dict.fromkeys(notes))


def _significance(
    grid: Grid, differences: list[tuple[dict[str, Any], NDArray[Any]]], signs: list[NDArray[Any]]
) -> list[str]:
    """p, q and p_family of all settings; their notes."""
    import xarray

    most = max(len(d) for _, d in differences)
    # A quad of no difference doubles every count of the permutation test: p stays exact.
    padded = np.array([np.pad(d, (0, most - len(d))) for _, d in differences])
    same = len({s.tobytes() for s in signs}) == 1
    found = significance_map(xarray.DataArray(padded, dims=("setting", "quad")), shared_signs=same)
    for k, (at, _) in enumerate(differences):
        for name in ("p", "q", "p_family"):
            grid.put(name, at, float(found[name][k]))
    note = found.attrs.get("note")
    return [note] if note and len(differences) > 1 else []


def _decibel(contrast: Interval) -> Interval:
    """Isolation of a contrast; what reaches ±1 is a limit."""
    value, low, high = (
        float(x) for x in decibel_of_contrast([contrast.value, contrast.low, contrast.high])
    )
    if np.isfinite([low, high]).all():
        return Interval(value, low, high)
    return Interval(
        np.nan, low if np.isfinite(low) else np.nan, high if np.isfinite(high) else np.nan
    )
