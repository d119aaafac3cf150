"""The unit of a run's spectra: its shot-noise references, freed of dark noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.run.calibrations import CHANCE, ToneGain, tone_gain
from phonosync.analysis.run.conditions import plan_of
from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.analysis.statistics.windows import point_inflation
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True, eq=False)
class Reference:
    """The shot-noise references, which give the spectra their unit.

    Attributes:
        level: mean over the band of each reference, dark noise taken off and divided by `gain`
            where there is one, W/Hz; dimension shot_noise_repeat, coordinate `measured_at` (s)
            where it is known.
        error_of_each: relative standard error of one reference.
        relative_error: standard error of the unit, common to all spectra: of shot noise, of dark
            noise, and of the tone where it is followed.
        drift_per_hour: relative change; unknown with fewer than three references.
        interpolated: whether each spectrum's unit is interpolated between its neighbours in time,
            as is done where the references scatter by more than their noise; otherwise all share
            the mean, which is less noisy.
        dark: dark noise over shot noise; None without a dark trace.
        tone: the calibration tone's power; None without one that tells something.
        gain: the tone, where every spectrum's unit follows it.
        notes: each said once.
    """

    level: xarray.DataArray
    error_of_each: float
    relative_error: float
    drift_per_hour: Interval
    interpolated: bool
    dark: float | None = None
    tone: ToneGain | None = None
    gain: ToneGain | None = None
    notes: tuple[str, ...] = ()


def reference_of(data: xarray.Dataset) -> Reference:
    """Look at a run's shot-noise references, and at the tone between them.

    Where the tone's power moved, and the references moved with it, every spectrum's unit follows
    the tone. Where they did not, the tone's source moved and not the detection.

    Args:
        data: as checked by `schema.check_run`.

    Raises:
        InputError: no reference, or one that is below the dark noise.
    """
    if "shot_noise_psd" not in data:
        raise InputError(
            "the run has no shot-noise reference, the unit of all spectra; measure one with "
            "'calibrations: {shot_noise: ...}'."
        )
    raw = data["shot_noise_psd"].mean("frequency").compute()
    raw = raw[np.isfinite(raw.values)]
    if "shot_noise_measured_at" in data:
        raw = raw.assign_coords(measured_at=data["shot_noise_measured_at"])
    tone, said = tone_gain(data)
    notes = [*said]
    levels, dark = _freed_of_dark(data, raw, None)
    n = len(levels)
    each = _error_of_each(data, n, dark)
    gain = None
    if tone is not None and tone.moved:
        known = tone.timed and {"measured_at", "shot_noise_measured_at"} <= set(data.variables)
        followed, of_dark = _freed_of_dark(data, raw, tone) if known else (None, None)
        gain, note = _followed(tone, levels, followed, each)
        notes.append(note)
        if gain is not None and followed is not None:
            levels, dark = followed, of_dark
    timed = "measured_at" in levels.coords and "measured_at" in data
    scatters = gain is None and _scatters(levels.values, each)
    if scatters:
        used = (
            "the unit of every spectrum is interpolated between them in time"
            if timed
            else "no times were recorded, so that all spectra share their mean"
        )
        scatter = np.std(levels.values, ddof=1) / float(levels.mean())
        notes.append(
            f"the {n} shot-noise references scatter by {scatter:.2g} of themselves, {each:.1g} is "
            f"their noise: {used}."
        )
    followed_error = 0.0 if gain is None else gain.error * np.sqrt(1 / n + 1 / gain.gain.size)
    parts = (each / np.sqrt(n), _dark_error(data, dark), followed_error)
    return Reference(
        levels.assign_attrs(units="W/Hz"),
        each,
        float(np.sqrt(np.sum(np.square(parts)))),
        _drift(levels),
        scatters and timed,
        dark,
        tone,
        gain,
        tuple(notes),
    )


def in_shot_noise_units(data: xarray.Dataset, reference: Reference) -> xarray.DataArray:
    """Spectra of a run (or a part of it) with dark noise taken off, in units of the shot noise.

    Args:
        data: with `psd`, and `measured_at` where the unit is interpolated or follows the tone.
        reference: of the run.
    """
    mean = float(reference.level.mean())
    psd: Any = data["psd"]
    if reference.gain is not None:
        psd = psd / _over(data["measured_at"], reference.gain.at)
    if reference.dark is not None:
        psd = psd - reference.dark * mean
    if not reference.interpolated:
        return psd / mean
    times = np.asarray(reference.level["measured_at"].values, float)
    order = np.argsort(times)
    levels = reference.level.values[order]
    return psd / _over(data["measured_at"], lambda t: np.interp(t, times[order], levels))


def effective_averages(data: xarray.Dataset, reference: Reference) -> float:
    """K of one spectrum; fewer where dark noise was taken off, which leaves its scatter behind."""
    return float(data.attrs["averages"]) / (1 + (reference.dark or 0.0)) ** 2


def independent_points(data: xarray.Dataset) -> float:
    """How many independent points a spectrum's correlated ones are worth for its mean."""
    f = data["frequency"].values
    inflation = point_inflation(
        str(data.attrs["window"]),
        float(data.attrs["resolution_bandwidth_hz"]),
        float(f[1] - f[0]),
    )
    return len(f) / inflation


def _over(times: xarray.DataArray, of: Callable[[Any], Any]) -> xarray.DataArray:
    """A function of time at every spectrum's own."""
    return times.copy(data=of(times.values.ravel()).reshape(times.shape))


def _freed_of_dark(
    data: xarray.Dataset, raw: xarray.DataArray, gain: ToneGain | None
) -> tuple[xarray.DataArray, float | None]:
    """Levels without dark noise, over the gain where it is followed; and dark over shot noise."""
    levels = raw if gain is None else raw / gain.at(raw["measured_at"].values)
    if "dark_psd" not in data:
        return levels, None
    dark = data["dark_psd"].mean("frequency")
    if gain is not None and "dark_measured_at" in data:
        dark = dark / gain.at(data["dark_measured_at"].values)
    offset = float(dark.mean())
    if not np.isfinite(offset):
        return levels, None
    levels = levels - offset
    if not bool((levels > 0).all()):
        raise InputError(
            "a shot-noise reference lies below the dark trace; measure both again, and look "
            "whether the local oscillator was on."
        )
    return levels, offset / float(levels.mean())


def _error_of_each(data: xarray.Dataset, n: int, dark: float | None) -> float:
    """Relative standard error of one reference: noise of the whole, in units of what is left."""
    averages = float(data.attrs["shot_noise_averages"]) / n
    return (1 + (dark or 0.0)) / float(np.sqrt(averages * independent_points(data)))


def _dark_error(data: xarray.Dataset, dark: float | None) -> float:
    """What the dark trace's own noise leaves in the unit."""
    if dark is None:
        return 0.0
    asked = (plan_of(data).get("calibrations") or {}).get("dark") or {}
    traces = int(data["dark_psd"].notnull().all("frequency").sum())
    averages = traces * float(asked.get("averages", data.attrs["averages"]))
    return dark / float(np.sqrt(averages * independent_points(data)))


def _scatters(levels: NDArray[np.floating], error: float) -> bool:
    """Whether levels scatter by more than their relative standard error."""
    from scipy.stats import chi2

    if len(levels) < 2:
        return False
    scatter = float(np.sum((levels / levels.mean() - 1) ** 2)) / error**2
    return bool(chi2.sf(scatter, len(levels) - 1) < CHANCE)


def _followed(
    tone: ToneGain, levels: xarray.DataArray, followed: xarray.DataArray | None, each: float
) -> tuple[ToneGain | None, str]:
    """The tone if the spectra's unit is to follow it, and why or why not."""
    moved = f"the calibration tone's power moved by {float(np.ptp(tone.gain.values)):.1%}"
    if followed is None:
        return None, f"{moved}; no times were recorded, so that no spectrum's unit follows it."
    if not _scatters(followed.values, float(np.hypot(each, tone.error))):
        alone = len(levels) < 2
        checked = (
            "a single shot-noise reference cannot confirm it; measure one as often as the tone."
            if alone
            else f"the {len(levels)} shot-noise references moved with it."
        )
        return tone, (
            f"{moved}, by its noise it is known to {tone.error:.1g} of itself: the unit of every "
            f"spectrum follows it; {checked}"
        )
    if not _scatters(levels.values, each):
        return None, (
            f"{moved}, but shot noise stayed: the tone's source is not steady, and the unit does "
            "not follow it."
        )
    return None, (
        f"{moved}, and shot noise moved otherwise: the unit follows the shot-noise references "
        "alone."
    )


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
