"""Averaged power spectra from files: a voltage trace or a finished spectrum, in any known format.

A spectrum is an `xarray.DataArray` named `psd` over the coordinate `frequency` (Hz), one-sided,
with the attributes `units`, `averages` (K of Gamma(K, S/K), overlap counted), `averaging` ("power"
or "log") and, where known, of its resolution: `window` with `segment_duration_s` and
`segment_overlap`, or with `resolution_bandwidth_hz`. `assumed` lists what nobody had said.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from phonosync.analysis.measured.attributes import from_attributes
from phonosync.analysis.measured.axis import check_even, check_finite
from phonosync.analysis.measured.detector import behind, detector_response
from phonosync.analysis.measured.files import read_table
from phonosync.analysis.measured.measurement import (
    Spectrum,
    Trace,
    interpret,
)
from phonosync.analysis.measured.metadata import Metadata, said_of
from phonosync.analysis.measured.resolution import Resolution, attributes_of
from phonosync.analysis.measured.table import Table
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory.errors import InputError

DEFAULT_AVERAGES = 10
SMALLEST_SPECTRUM = 32
LARGEST_SPECTRUM = 1_000_000
"""Bins of a fit: more are refused, since averaging neighbours would broaden narrow lines unseen."""


def read_spectrum(
    path: str | Path, *, band_hz: tuple[float, float] | None = None, **stated: Any
) -> xr.DataArray:
    """Read a file and return its averaged power spectrum.

    Args:
        path: CSV, netCDF, HDF5 or NumPy; told by content. A sidecar `PATH.meta.yaml` and the
            file's own attributes say what its numbers do not; `stated` wins over both.
        band_hz: keep only these frequencies.
        stated: fields of `metadata.Metadata`, as text with units: `unit="dBm"`,
            `resolution_bandwidth="2 kHz"`. `averages` of a trace are the segments that it is cut
            into (10 if nobody says).

    Returns:
        `psd(frequency)` as the module describes it.

    Raises:
        InputError: the file is missing, damaged or of another kind, its numbers cannot be a
            spectrum, or something needed was not said; the message names the place and the flag.
    """
    path = Path(path)
    said = said_of(path, stated)
    table = read_table(path, column=said.column)
    said = said_of(path, {**from_attributes(table), **said.in_words()})
    if said.detector == "peak":
        raise InputError(
            f"{path} was taken with the peak detector, which shows the highest of the noise and "
            "not its power. Measure with the sample or the r.m.s. detector."
        )
    spectrum = _read(path, table, said, band_hz)
    if said.response is None:
        return spectrum
    return behind(spectrum, detector_response(said.response, beside=path))


def _read(
    path: Path, table: Table, said: Metadata, band_hz: tuple[float, float] | None
) -> xr.DataArray:
    measured = interpret(table, said)
    if isinstance(measured, Trace):
        spectrum = averaged_periodogram(
            measured.voltage,
            sample_rate_hz=1 / measured.sample_interval_s,
            averages=DEFAULT_AVERAGES if said.averages is None else said.averages,
            window=said.window or "boxcar",
            overlap=said.overlap or 0.0,
        )
        if said.averages is None:
            spectrum.attrs["assumed"] = f"{DEFAULT_AVERAGES} segments"
        return _cut(spectrum, band_hz)
    return _finished(path, measured, said, table.attributes, band_hz)


def _finished(
    path: Path,
    measured: Spectrum,
    said: Metadata,
    attributes: dict[str, Any],
    band_hz: tuple[float, float] | None,
) -> xr.DataArray:
    if said.averages is None:
        raise InputError(
            f"{path} holds a power spectrum but not how many periodograms were averaged, and the "
            "errors depend on it. Give --averages (or 'averages:' in the sidecar)."
        )
    f, P = measured.frequency_hz, measured.psd
    if band_hz is not None:
        inside = (f >= band_hz[0]) & (f <= band_hz[1])
        f, P = f[inside], P[inside]
    resolution, averages, assumed = None, said.averages, list(measured.assumed)
    if said.window == "gaussian" or (said.window is None and said.resolution_bandwidth):
        if said.resolution_bandwidth is None:
            raise InputError(
                f"{path} was taken through a gaussian filter of a bandwidth that it does not say. "
                "Give --rbw '2 kHz'."
            )
        resolution = GaussianFilter(said.resolution_bandwidth)
    elif said.window is not None and f.size > 1:
        duration = float(attributes.get("segment_duration_s", (f.size - 1) / (f[-1] - f[0])))
        overlap = float(said.overlap or attributes.get("segment_overlap", 0.0))
        resolution = SegmentWindow(said.window, duration, overlap)
        if said.overlap:
            averages = resolution.effective_averages(max(1, round(averages)))
    else:
        assumed.append("independent points (no --window, no --rbw)")
    spectrum = power_spectrum(
        f,
        P,
        averages=averages,
        units=measured.units,
        resolution=resolution,
        averaging=said.averaging or "power",
    )
    if assumed:
        spectrum.attrs["assumed"] = "; ".join(assumed)
    return spectrum


def averaged_periodogram(
    voltage: ArrayLike,
    *,
    sample_rate_hz: float,
    averages: float = DEFAULT_AVERAGES,
    window: str = "boxcar",
    overlap: float = 0.0,
) -> xr.DataArray:
    """Mean periodogram of K equal segments (Bartlett's, or Welch's with a window and overlap).

        P(f_m) = 2 dt/sum w^2 |sum_t w_t v_t exp(-2 pi i m t/n)|^2, mean over segments

    Args:
        voltage: evenly sampled trace, V; samples after the last full segment are left out.
        sample_rate_hz: 1/dt.
        averages: number of segments; the attribute `averages` counts their overlap.
        window: scipy's name. Narrow lines keep their own width under any of them, since the fit
            knows the window; a window other than boxcar keeps strong tones from leaking.
        overlap: of neighbouring segments, 0.5 for 50 %.

    Returns:
        `psd(frequency)`, one-sided, V^2/Hz, without zero frequency (an offset) and without the
        Nyquist frequency (it scatters like half an average).

    Raises:
        InputError: not finite, all constant, or too short for K segments.
    """
    from scipy.signal import welch

    voltage = np.asarray(voltage, float)
    if not 1 <= averages < np.inf or averages != np.floor(averages):
        raise InputError(
            f"averages = {averages:g} cannot cut a trace: take a whole number from 1 upwards."
        )
    if not (np.isfinite(sample_rate_hz) and sample_rate_hz > 0):
        raise InputError(f"the sample rate {sample_rate_hz:g} Hz must be positive. Correct it.")
    check_finite("voltage", voltage)
    resolution = SegmentWindow(window, 1.0, overlap)
    length = int(voltage.size / (1 + (averages - 1) * (1 - overlap)))
    if (length - 1) // 2 < SMALLEST_SPECTRUM:
        raise InputError(
            f"{voltage.size} samples cut into {averages:g} segments leave {length} samples each, "
            f"too few for {SMALLEST_SPECTRUM} frequencies. Lower --averages or measure longer."
        )
    repeated = min(length - 1, length - int(length * (1 - overlap)))
    used = voltage[: length + (int(averages) - 1) * (length - repeated)]
    if np.ptp(used) == 0:
        raise InputError(
            f"the voltage is {voltage.flat[0]:g} V throughout, so there is no power. "
            "Check that the input was connected."
        )
    # Without its mean a large offset does not cost digits in the neighbouring bins.
    frequency, psd = welch(
        used - used.mean(),
        sample_rate_hz,
        window=window,
        nperseg=length,
        noverlap=repeated,
        detrend=False,  # pyright: ignore[reportArgumentType]
    )
    kept = slice(1, (length + 1) // 2)
    return power_spectrum(
        frequency[kept],
        psd[kept],
        averages=resolution.effective_averages(int(averages)),
        resolution=SegmentWindow(window, length / sample_rate_hz, overlap),
    )


def power_spectrum(
    frequency_hz: ArrayLike,
    psd: ArrayLike,
    *,
    averages: float,
    units: str = "V^2/Hz",
    resolution: Resolution | None = None,
    averaging: str = "power",
) -> xr.DataArray:
    """Check that numbers can be an averaged one-sided power spectrum, and label them.

    Args:
        frequency_hz: evenly spaced and increasing; a point at zero frequency is dropped.
        psd: power at each frequency, positive.
        averages: K, how many independent periodograms were averaged; a fraction is allowed.
        units: unit of `psd`.
        resolution: window of the segments or filter of the analyzer, where known.
        averaging: "power", or "log" where decibels were averaged.

    Raises:
        InputError: what is wrong, and at which frequency; more than 10^6 points.
    """
    frequency, power = np.asarray(frequency_hz, float), np.asarray(psd, float)
    if power.shape != frequency.shape:
        raise InputError(
            f"{frequency.size} frequencies and {power.size} powers do not belong together. "
            "Export both again."
        )
    if power.size > LARGEST_SPECTRUM:
        raise InputError(
            f"{power.size} points are more than the {LARGEST_SPECTRUM} that are fitted. Cut the "
            "band around the modes with --band '140 kHz..160 kHz' (or cut a trace into more "
            "segments with --averages)."
        )
    check_finite("frequency", frequency)
    check_finite("psd", power)
    if not (np.isfinite(averages) and averages > 0):
        raise InputError(f"averages = {averages:g} must be a positive number. Give --averages.")
    if averaging not in ("power", "log"):
        raise InputError(f"averaging = {averaging!r} is not known; give 'power' or 'log'.")
    check_even("frequency", frequency, "Hz", tolerance=0.5)
    frequency, power = frequency[frequency != 0], power[frequency != 0]
    if frequency.size < SMALLEST_SPECTRUM:
        raise InputError(
            f"the spectrum has {frequency.size} points, too few to tell a line from noise. "
            f"Give at least {SMALLEST_SPECTRUM}."
        )
    if frequency[0] < 0:
        raise InputError(
            f"the frequencies start at {frequency[0]:g} Hz, but a one-sided spectrum is expected. "
            "Keep the positive frequencies and double their power."
        )
    if np.all(power == 0):
        raise InputError(
            "the power is zero at every frequency. Check that the input was connected."
        )
    if np.any(power <= 0):
        bad = int(np.argmax(power <= 0))
        raise InputError(
            f"the power at {frequency[bad]:g} Hz is {power[bad]:g} ({np.sum(power <= 0)} such "
            "points), but power is positive. Give enough digits, or --unit dBm for decibels."
        )
    return xr.DataArray(
        power,
        coords={"frequency": ("frequency", frequency, {"units": "Hz"})},
        name="psd",
        attrs={
            "units": units,
            "averages": float(averages),
            "averaging": averaging,
            "sides": "one",
            "long_name": "power spectral density",
            **attributes_of(resolution),
        },
    )


def _cut(spectrum: xr.DataArray, band_hz: tuple[float, float] | None) -> xr.DataArray:
    if band_hz is None:
        return spectrum
    part = spectrum.sel(frequency=slice(*band_hz))
    if part.size < SMALLEST_SPECTRUM:
        raise InputError(
            f"the band holds {part.size} points, too few to tell a line from noise. Widen --band."
        )
    return part
