"""The unit of a run's spectra: its shot-noise references, freed of dark noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.analysis.statistics.windows import point_inflation
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

_CHANCE = 0.001  # scatter of references that this rare by chance is a drift


@dataclass(frozen=True, eq=False)
class Reference:
    """The shot-noise references, which give the spectra their unit.

    Attributes:
        level: mean over the band of each reference, dark noise taken off, W/Hz; dimension
            shot_noise_repeat, coordinate `measured_at` (s) where it is known.
        relative_error: standard error of the unit, common to all spectra.
        drift_per_hour: relative change; unknown with fewer than three references.
        interpolated: whether each spectrum's unit is interpolated between its neighbours in time,
            as is done where the references scatter by more than their noise; otherwise all share
            the mean, which is less noisy.
        dark: dark noise over shot noise; None without a dark trace.
        notes: each said once.
    """

    level: xarray.DataArray
    relative_error: float
    drift_per_hour: Interval
    interpolated: bool
    dark: float | None = None
    notes: tuple[str, ...] = ()


def reference_of(data: xarray.Dataset) -> Reference:
    """Look at a run's shot-noise references.

    Args:
        data: as checked by `schema.check_run`.

    Raises:
        InputError: no reference, or one that is below the dark noise.
    """
    from scipy.stats import chi2

    if "shot_noise_psd" not in data:
        raise InputError(
            "the run has no shot-noise reference, the unit of all spectra; measure one with "
            "'calibrations: {shot_noise: ...}'."
        )
    dark = _band_mean(data, "dark_psd")
    levels = data["shot_noise_psd"].mean("frequency").compute()
    levels = levels[np.isfinite(levels.values)]
    offset = float(dark.mean()) if dark is not None else 0.0
    levels = levels - offset
    if not bool((levels > 0).all()):
        raise InputError(
            "a shot-noise reference lies below the dark trace; measure both again, and look "
            "whether the local oscillator was on."
        )
    if "shot_noise_measured_at" in data:
        levels = levels.assign_coords(measured_at=data["shot_noise_measured_at"])
    level, n = levels.values, len(levels)
    each = 1 / np.sqrt(float(data.attrs["shot_noise_averages"]) / n * _independent_points(data))
    scatter = float(np.sum((level / level.mean() - 1) ** 2)) / each**2
    timed = "measured_at" in levels.coords and "measured_at" in data
    drifts = n > 1 and bool(chi2.sf(scatter, n - 1) < _CHANCE)
    notes = []
    drift = _drift(levels)
    if drifts:
        used = (
            "the unit of every spectrum is interpolated between them in time"
            if timed
            else "no times were recorded, so that all spectra share their mean"
        )
        notes.append(
            f"the {n} shot-noise references scatter by {np.std(level, ddof=1) / level.mean():.2g} "
            f"of themselves, {each:.1g} is their noise: {used}."
        )
    elif n > 1:
        notes.append(f"the {n} shot-noise references agree; all spectra share their mean.")
    ratio = offset / float(level.mean()) if dark is not None else None
    return Reference(
        levels.assign_attrs(units="W/Hz"),
        float(each / np.sqrt(n)),
        drift,
        drifts and timed,
        ratio,
        tuple(notes),
    )


def in_shot_noise_units(data: xarray.Dataset, reference: Reference) -> xarray.DataArray:
    """Spectra of a run (or a part of it) with dark noise taken off, in units of the shot noise.

    Args:
        data: with `psd`, and `measured_at` where the unit is interpolated.
        reference: of the run.
    """
    mean = float(reference.level.mean())
    psd: Any = data["psd"]
    if reference.dark is not None:
        psd = psd - reference.dark * mean
    if not reference.interpolated:
        return psd / mean
    times = np.asarray(reference.level["measured_at"].values, float)
    order = np.argsort(times)
    unit = np.interp(
        data["measured_at"].values.ravel(), times[order], reference.level.values[order]
    )
    return psd / data["measured_at"].copy(data=unit.reshape(data["measured_at"].shape))


def effective_averages(data: xarray.Dataset, reference: Reference) -> float:
    """K of one spectrum; fewer where dark noise was taken off, which leaves its scatter behind."""
    return float(data.attrs["averages"]) / (1 + (reference.dark or 0.0)) ** 2


def _independent_points(data: xarray.Dataset) -> float:
    f = data["frequency"].values
    inflation = point_inflation(
        str(data.attrs["window"]),
        float(data.attrs["resolution_bandwidth_hz"]),
        float(f[1] - f[0]),
    )
    return len(f) / inflation


def _band_mean(data: xarray.Dataset, name: str) -> NDArray[np.floating] | None:
    if name not in data:
        return None
    values = data[name].mean("frequency").values
    values = values[np.isfinite(values)]
    return values if len(values) else None


def _drift(levels: xarray.DataArray) -> Interval:
    """Slope of the references in time, a part of their mean per hour, Student's interval."""
    from scipy.stats import linregress, t

    if "measured_at" not in levels.coords or len(levels) < 3:
        return UNKNOWN
    hours = (levels["measured_at"].values - float(levels["measured_at"].min())) / 3600
    if not np.ptp(hours) > 0:
        return UNKNOWN
    line: Any = linregress(hours, levels.values / levels.values.mean())
    half = float(t.ppf(0.975, len(levels) - 2) * line.stderr)
    return Interval(float(line.slope), float(line.slope) - half, float(line.slope) + half)
