"""Averaged power spectra from files: a voltage trace or a finished spectrum, CSV or netCDF.

A spectrum is an `xarray.DataArray` named `psd` over the coordinate `frequency` (Hz), one-sided,
with the attributes `units`, `averages` (K of Gamma(K, S/K)) and, where known, `window`.
"""

from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from phonosync.analysis.measured.spectrum_files import (
    Trace,
    check_even,
    check_finite,
    read_measurement,
)
from phonosync.theory.errors import InputError

DEFAULT_AVERAGES = 10
SMALLEST_SPECTRUM = 32


def read_spectrum(path: str | Path, *, averages: float | None = None) -> xr.DataArray:
    """Read a file and return its averaged power spectrum.

    Args:
        path: CSV with a header line and the columns `frequency_hz,psd` or `time_s,voltage`; or
            netCDF with `voltage(time)` and the attribute `sample_rate_hz` or `sample_interval_s`
            (or a coordinate `time` in seconds), or with `psd(frequency)` and the attribute
            `averages`.
        averages: K. A trace is cut into this many segments (10 if not given); for a finished
            spectrum it says how many periodograms were averaged, and wins over the file.

    Returns:
        `psd(frequency)` as the module describes it, V^2/Hz.

    Raises:
        InputError: the file is missing, damaged, of another kind, or its numbers cannot be a
            spectrum; the message names the place.
    """
    measured = read_measurement(Path(path))
    if isinstance(measured, Trace):
        return averaged_periodogram(
            measured.voltage,
            sample_rate_hz=1 / measured.sample_interval_s,
            averages=DEFAULT_AVERAGES if averages is None else averages,
        )
    averages = measured.averages if averages is None else averages
    if averages is None:
        raise InputError(
            f"{path} holds a power spectrum but not how many periodograms were averaged, and the "
            "errors depend on it. Give --averages."
        )
    spectrum = power_spectrum(
        measured.frequency_hz, measured.psd, averages=averages, units=measured.units
    )
    if measured.window:
        spectrum.attrs["window"] = measured.window
    return spectrum


def averaged_periodogram(
    voltage: ArrayLike, *, sample_rate_hz: float, averages: float = DEFAULT_AVERAGES
) -> xr.DataArray:
    """Mean periodogram of K equal segments, boxcar window, no overlap.

        P(f_m) = 2 dt/n |sum_t v_t exp(-2 pi i m t/n)|^2, mean over segments

    Args:
        voltage: evenly sampled trace, V; samples after the last full segment are left out.
        sample_rate_hz: 1/dt.
        averages: K.

    Returns:
        `psd(frequency)`, one-sided, V^2/Hz, without zero frequency (an offset) and without the
        Nyquist frequency (it scatters like half an average).

    Raises:
        InputError: not finite, all constant, or too short for K segments.
    """
    voltage = np.asarray(voltage, float)
    if not 1 <= averages < np.inf or averages != np.floor(averages):
        raise InputError(
            f"averages = {averages:g} cannot cut a trace: take a whole number from 1 upwards."
        )
    if not (np.isfinite(sample_rate_hz) and sample_rate_hz > 0):
        raise InputError(f"the sample rate {sample_rate_hz:g} Hz must be positive. Correct it.")
    check_finite("voltage", voltage)
    length = voltage.size // int(averages)
    if (length - 1) // 2 < SMALLEST_SPECTRUM:
        raise InputError(
            f"{voltage.size} samples cut into {averages:g} segments leave {length} samples each, "
            f"too few for {SMALLEST_SPECTRUM} frequencies. Lower --averages or measure longer."
        )
    segments = voltage[: length * int(averages)].reshape(int(averages), length)
    if np.ptp(segments) == 0:
        raise InputError(
            f"the voltage is {voltage.flat[0]:g} V throughout, so there is no power. "
            "Check that the input was connected."
        )
    # Without its mean a large offset does not cost digits in the neighbouring bins.
    amplitude = np.fft.rfft(segments - segments.mean(), axis=1)[:, 1 : (length + 1) // 2]
    psd = 2 / (sample_rate_hz * length) * np.mean(np.abs(amplitude) ** 2, axis=0)
    frequency = np.arange(1, psd.size + 1) * (sample_rate_hz / length)
    spectrum = power_spectrum(frequency, psd, averages=averages)
    spectrum.attrs["window"] = "boxcar"
    return spectrum


def power_spectrum(
    frequency_hz: ArrayLike, psd: ArrayLike, *, averages: float, units: str = "V^2/Hz"
) -> xr.DataArray:
    """Check that numbers can be an averaged one-sided power spectrum, and label them.

    Args:
        frequency_hz: evenly spaced and increasing; a point at zero frequency is dropped.
        psd: power at each frequency, positive.
        averages: K, how many independent periodograms were averaged; a fraction is allowed.
        units: unit of `psd`.

    Raises:
        InputError: what is wrong, and at which frequency.
    """
    frequency, power = np.asarray(frequency_hz, float), np.asarray(psd, float)
    check_finite("frequency", frequency)
    check_finite("psd", power)
    if not (np.isfinite(averages) and averages > 0):
        raise InputError(f"averages = {averages:g} must be a positive number. Give --averages.")
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
            "points), but power is positive. Give linear units (not dB) and enough digits."
        )
    return xr.DataArray(
        power,
        coords={"frequency": ("frequency", frequency, {"units": "Hz"})},
        name="psd",
        attrs={"units": units, "averages": float(averages), "long_name": "power spectral density"},
    )
