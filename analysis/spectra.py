"""Averaged power spectra from files: a voltage trace or a finished spectrum, CSV or netCDF.

A spectrum is an `xarray.DataArray` named `psd` over the coordinate `frequency` (Hz), one-sided, with
attributes `units`, `averages` (K of Gamma(K, S/K)) and, where it came from a trace, `window`.
"""

import csv
import difflib
import re
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.errors import InputError

DEFAULT_AVERAGES = 10
SMALLEST_SPECTRUM = 32

_PREFIX = {"": 1.0, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}
_NAMES = {
    "frequency": r"(?:frequency|freq|f)",
    "psd": r"(?:psd|power_spectral_density)",
    "time": r"(?:time|t)",
    "voltage": r"(?:voltage|v)",
}
# A unit follows the name: frequency_hz, frequency_khz, frequency (Hz), voltage [mV], psd_v2_per_hz.
_UNITS = {
    "frequency": {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    "psd": {"v^2/hz": 1.0, "mv^2/hz": 1e-6, "uv^2/hz": 1e-12, "nv^2/hz": 1e-18},
    "time": {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9},
    "voltage": {"v": 1.0, "mv": 1e-3, "uv": 1e-6, "nv": 1e-9},
}
_EXPECTED = "frequency_hz,psd or time_s,voltage"


def read_spectrum(path: str | Path, *, averages: float | None = None) -> xr.DataArray:
    """Read a file and return its averaged power spectrum.

    Args:
        path: CSV with a header line and the columns `frequency_hz,psd` or `time_s,voltage`; or netCDF
            with `voltage(time)` and the attribute `sample_rate_hz` or `sample_interval_s` (or a
            coordinate `time` in seconds), or with `psd(frequency)` and the attribute `averages`.
        averages: K. A trace is cut into this many segments (10 if not given); for a finished
            spectrum it says how many periodograms were averaged, and wins over the file.

    Returns:
        `psd(frequency)` as the module describes it, V^2/Hz.

    Raises:
        InputError: the file is missing, damaged, of another kind, or its numbers cannot be a
            spectrum; the message names the place.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a CSV or netCDF file in it.")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the path.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Check its rights.") from None
    if not head:
        raise InputError(f"{path} is empty. Export the measurement again.")
    if head.startswith(b"CDF"):
        return _from_dataset(_open_netcdf(path, engine="scipy"), path, averages)
    if head.startswith(b"\x89HDF"):
        return _from_dataset(_open_netcdf(path, engine="h5netcdf"), path, averages)
    return _from_csv(path, averages)


def averaged_periodogram(
    voltage: ArrayLike, *, sample_rate_hz: float, averages: int = DEFAULT_AVERAGES
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
    if averages < 1 or averages != int(averages):
        raise InputError(
            f"averages = {averages:g} cannot cut a trace: take a whole number from 1 upwards."
        )
    if not (np.isfinite(sample_rate_hz) and sample_rate_hz > 0):
        raise InputError(f"the sample rate {sample_rate_hz:g} Hz must be positive. Correct it.")
    _check_finite("voltage", voltage)
    length = voltage.size // int(averages)
    if (length - 1) // 2 < SMALLEST_SPECTRUM:
        raise InputError(
            f"{voltage.size} samples cut into {averages:g} segments leave {length} samples each, "
            f"too few for {SMALLEST_SPECTRUM} frequencies. Lower --averages or measure longer."
        )
    segments = voltage[: length * int(averages)].reshape(int(averages), length)
    if np.ptp(segments) == 0:
        raise InputError(
            f"the voltage is {voltage.flat[0]:g} V throughout, so there is no power. Check the input."
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
    _check_finite("frequency", frequency)
    _check_finite("psd", power)
    if not (np.isfinite(averages) and averages > 0):
        raise InputError(f"averages = {averages:g} must be a positive number. Give --averages.")
    _check_steps("frequency", frequency, "Hz", tolerance=0.5)
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
        raise InputError("the power is zero at every frequency. Check that the input was connected.")
    if np.any(power <= 0):
        bad = int(np.argmax(power <= 0))
        raise InputError(
            f"the power at {frequency[bad]:g} Hz is {power[bad]:g} ({np.sum(power <= 0)} such points), "
            "but power is positive. Give linear units (not dB) and enough digits."
        )
    return xr.DataArray(
        power,
        coords={"frequency": ("frequency", frequency, {"units": "Hz"})},
        name="psd",
        attrs={"units": units, "averages": float(averages), "long_name": "power spectral density"},
    )


def _from_trace(voltage: NDArray, step: float, averages: float | None) -> xr.DataArray:
    K = DEFAULT_AVERAGES if averages is None else averages
    return averaged_periodogram(voltage, sample_rate_hz=1 / step, averages=K)  # pyright: ignore[reportArgumentType]


def _from_spectrum(
    frequency: NDArray, psd: NDArray, averages: float | None, units: str
) -> xr.DataArray:
    if averages is None:
        raise InputError(
            "the file holds a power spectrum but not how many periodograms were averaged, "
            "and the errors depend on it. Give --averages."
        )
    return power_spectrum(frequency, psd, averages=averages, units=units)
