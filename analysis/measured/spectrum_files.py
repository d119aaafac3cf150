"""What a file of a voltage trace or of a power spectrum holds, as arrays in V, s, Hz and V^2/Hz."""

import csv
import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.theory.errors import InputError

# A name may carry its unit: frequency_hz, frequency (kHz), psd_v2_per_hz, voltage [mV].
_COLUMNS = {
    "frequency": ("frequency|freq|f", {"": 1.0, "hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9}),
    "psd": ("psd", {"": 1.0, "v2/hz": 1.0, "mv2/hz": 1e-6, "uv2/hz": 1e-12, "nv2/hz": 1e-18}),
    "time": ("time|t", {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}),
    "voltage": ("voltage|v", {"": 1.0, "v": 1.0, "mv": 1e-3, "uv": 1e-6, "nv": 1e-9}),
}
_HEADERS = ("frequency_hz", "psd", "time_s", "voltage")
_EXPECTED = "frequency_hz,psd or time_s,voltage"


@dataclass(frozen=True)
class Trace:
    """An evenly sampled voltage."""

    voltage: NDArray
    sample_interval_s: float


@dataclass(frozen=True)
class Spectrum:
    """Power against frequency; `averages` is None where the file does not say."""

    frequency_hz: NDArray
    psd: NDArray
    averages: float | None
    units: str
    window: str | None = None


def read_measurement(path: Path) -> Trace | Spectrum:
    """Read CSV or netCDF, told apart by their first bytes.

    Raises:
        InputError: the file is missing, empty, damaged, of another kind, or lacks what is needed.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a CSV or netCDF file.")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        raise InputError(f"{path} does not exist. Check the path.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror}). Check its rights.") from None
    if not head:
        raise InputError(f"{path} is empty. Export the measurement again.")
    if head.startswith(b"CDF"):
        return _read_netcdf(path, "scipy")
    if head.startswith(b"\x89HDF"):
        return _read_netcdf(path, "h5netcdf")
    return _read_csv(path)


def check_finite(name: str, values: NDArray) -> None:
    """Refuse NaN and infinity."""
    if not np.all(np.isfinite(values)):
        bad = int(np.argmin(np.isfinite(values)))
        raise InputError(
            f"{name} holds {values[bad]} at point {bad + 1} of {values.size}, which is no "
            "measurement. Remove or repair it."
        )


def check_even(name: str, values: NDArray, unit: str, *, tolerance: float) -> float:
    """Return the step of an increasing, evenly spaced axis; `tolerance` is in steps."""
    if values.size < 2:
        raise InputError(f"{values.size} points are too few for a spectrum. Measure longer.")
    steps = np.diff(values)
    step = (values[-1] - values[0]) / (values.size - 1)
    odd = ~(np.abs(steps - step) <= tolerance * abs(step)) | (steps <= 0)
    if np.any(odd):
        first = int(np.argmax(odd))
        raise InputError(
            f"the {name} steps are not even: {steps[first]:.6g} {unit} after point {first + 1}, "
            f"{np.median(steps):.6g} {unit} in the middle. Resample to even steps in rising order."
        )
    return float(step)


def _read_csv(path: Path) -> Trace | Spectrum:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(
            f"{path} is neither text nor netCDF. Export it as CSV with the columns {_EXPECTED}."
        )
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise InputError(f"{path} holds no numbers. Export the measurement again.")
    delimiter = next((mark for mark in ",;\t" if mark in lines[0][1]), ",")
    rows = list(csv.reader((line for _, line in lines), delimiter=delimiter))
    names = [name.strip() for name in rows[0]]
    if all(_is_number(name) for name in names):
        raise InputError(
            f"{path} starts with the numbers {', '.join(names)[:60]}, but its first line must name "
            f"the columns: {_EXPECTED}."
        )
    columns = {}
    for quantity in ("frequency", "psd", "time", "voltage"):
        for index, name in enumerate(names):
            scale = _scale(quantity, name)
            if scale is not None and quantity not in columns:
                columns[quantity] = (index, name, scale)
    wanted = ("frequency", "psd") if {"frequency", "psd"} <= set(columns) else ("time", "voltage")
    if not set(wanted) <= set(columns):
        raise InputError(
            f"{path} has the columns {', '.join(names)[:200]}, but {_EXPECTED} are expected."
            + _nearest(names, [_HEADERS[list(_COLUMNS).index(found)] for found in columns])
        )
    arrays = []
    for index, name, scale in (columns[quantity] for quantity in wanted):
        cells = [
            _number(path, number, name, row[index] if index < len(row) else "")
            for (number, _), row in zip(lines[1:], rows[1:], strict=True)
        ]
        arrays.append(scale * np.asarray(cells, float))
    if wanted[0] == "time":
        return Trace(arrays[1], check_even("time", arrays[0], "s", tolerance=0.1))
    return Spectrum(arrays[0], arrays[1], averages=None, units="V^2/Hz")


def _read_netcdf(path: Path, engine: Literal["scipy", "h5netcdf"]) -> Trace | Spectrum:
    try:
        with xr.open_dataset(path, engine=engine, decode_times=False) as opened:
            dataset = opened.load()
    except Exception as error:  # Damaged files raise nearly anything, TypeError included.
        raise InputError(
            f"{path} is a damaged or incomplete netCDF file ({type(error).__name__}). "
            "Copy or export it again."
        ) from None
    if "psd" in dataset and "frequency" in dataset["psd"].dims and "frequency" in dataset.coords:
        psd, units = _values(path, dataset, "psd")
        frequency, _ = _values(path, dataset, "frequency")
        averages = dataset["psd"].attrs.get("averages", dataset.attrs.get("averages"))
        known = None if averages is None else _attribute(path, "averages", averages)
        window = dataset["psd"].attrs.get("window")
        return Spectrum(frequency, psd, known, units or "V^2/Hz", window)
    if "voltage" not in dataset:
        raise InputError(
            f"{path} has the variables {', '.join(map(str, dataset.variables))[:200] or '(none)'}, "
            "but voltage(time) or psd(frequency) with its coordinate is expected."
            + _nearest([str(name) for name in dataset.variables], [])
        )
    voltage, _ = _values(path, dataset, "voltage")
    attributes = {**dataset.attrs, **dataset["voltage"].attrs}
    if "sample_rate_hz" in attributes:
        interval = 1 / _attribute(path, "sample_rate_hz", attributes["sample_rate_hz"])
    elif "sample_interval_s" in attributes:
        interval = _attribute(path, "sample_interval_s", attributes["sample_interval_s"])
    elif "time" in dataset.coords:
        interval = check_even("time", _values(path, dataset, "time")[0], "s", tolerance=0.1)
    else:
        raise InputError(
            f"{path} does not say how fast the voltage was sampled. "
            "Add the attribute sample_rate_hz or a coordinate time in seconds."
        )
    return Trace(voltage, interval)


def _values(path: Path, dataset: xr.Dataset, name: str) -> tuple[NDArray, str]:
    variable = dataset[name].squeeze()
    if variable.ndim != 1:
        raise InputError(
            f"{name} in {path} has the dimensions {variable.dims}, but one trace is expected. "
            "Select one of them, for example with isel(), and save it."
        )
    units = str(variable.attrs.get("units", ""))
    scale = _COLUMNS[name][1].get(_plain(units))
    try:
        values = np.asarray(variable.values, float)
    except (TypeError, ValueError):
        raise InputError(f"{name} in {path} does not hold numbers. Export it again.") from None
    if scale is not None:
        return scale * values, ""
    if name == "psd":
        return values, units  # Some other unit, such as shot-noise units: areas follow it.
    raise InputError(
        f"{name} in {path} has the units {units!r}, but one of "
        f"{', '.join(filter(None, _COLUMNS[name][1]))} is expected. Correct the attribute."
    )


def _attribute(path: Path, name: str, value: object) -> float:
    try:
        number = float(np.asarray(value).item())  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        number = np.nan
    if not (np.isfinite(number) and number > 0):
        raise InputError(
            f"the attribute {name} in {path} is {value!r}, but a positive number is expected. "
            "Correct it."
        )
    return number


def _plain(unit: str) -> str:
    unit = re.sub(r"[\s\^*()\[\]]", "", unit.lower()).replace("²", "2").replace("µ", "u")
    unit = unit.replace("μ", "u").replace("_per_", "/").replace("hz-1", "/hz")
    return {"seconds": "s", "second": "s", "volts": "v", "volt": "v"}.get(unit, unit)


def _scale(quantity: str, name: str) -> float | None:
    names, units = _COLUMNS[quantity]
    match = re.fullmatch(rf"(?:{names})(?:[_\s]*[(\[\s_](.*?)[)\]]?)?", name.strip(), re.IGNORECASE)
    return units.get(_plain(match[1] or "")) if match else None


def _nearest(names: list[str], present: list[str]) -> str:
    missing = [header for header in _HEADERS if header not in present]
    for name in names:
        if near := difflib.get_close_matches(name.lower(), missing, n=1, cutoff=0.5):
            return f" Rename {name!r} to {near[0]!r}?"
    return ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(path: Path, line: int, name: str, cell: str) -> float:
    if not cell.strip():
        raise InputError(f"{path}, line {line}: no value for {name}. Complete or delete this line.")
    try:
        number = float(cell)
    except ValueError:
        raise InputError(
            f"{path}, line {line}: {cell.strip()[:60]!r} in column {name} is not a number. "
            "Write numbers like 1.5e-9."
        ) from None
    if not np.isfinite(number):
        raise InputError(
            f"{path}, line {line}: {cell.strip()} in column {name} is no measurement. "
            "Remove or repair it."
        )
    return number
