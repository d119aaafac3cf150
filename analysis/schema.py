"""What a run's file must hold: dimensions, units, attributes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

RUN_SCHEMA = "phonosync direction run 1"
_UNITS = {"psd": "W/Hz", "shot_noise_psd": "W/Hz", "frequency": "Hz"}
_QUADRATURES = ("phase", "amplitude")
_ATTRIBUTES = (
    "plan_name",
    "averages",
    "shot_noise_averages",
    "resolution_bandwidth_hz",
    "window",
    "detector",
    "averaging",
    "detection_efficiency",
    "quadrature",
    "status",
    "seed",
    "versions",
)


def check_run(data: xarray.Dataset, source: str) -> xarray.Dataset:
    """Return the dataset if it is a run whose spectra can be analysed.

    Spectra have the dimensions (direction, repeat, frequency); a repetition that was not measured
    is NaN as a whole.

    Raises:
        InputError: not a run, a missing variable or attribute, a wrong unit, no spectrum at all,
            NaN inside a spectrum, or a shot-noise reference that is not positive.
    """
    if data.attrs.get("schema") != RUN_SCHEMA:
        raise InputError(
            f"{source} is not a direction run of phonosync (its attribute 'schema' is "
            f"{data.attrs.get('schema')!r}); give the data.nc of a run."
        )
    if "psd" not in data or set(data["psd"].dims) != {"direction", "repeat", "frequency"}:
        raise InputError(f"{source} holds no spectrum with a direction; the run ended before one.")
    for name, unit in _UNITS.items():
        if name not in data.variables:
            raise InputError(f"{source} has no {name!r}; the run ended before it was measured.")
        found = data[name].attrs.get("units")
        if found != unit:
            raise InputError(f"{source}: {name} is in {found!r}, expected {unit!r}; convert it.")
    missing = [name for name in _ATTRIBUTES if name not in data.attrs]
    if missing:
        raise InputError(f"{source} lacks the attribute {missing[0]!r}; add it with its value.")
    if "quad" not in data:
        raise InputError(f"{source} has no 'quad', the quad of each spectrum; add it.")
    if data.attrs["quadrature"] not in _QUADRATURES:
        raise InputError(
            f"{source}: the quadrature is {data.attrs['quadrature']!r}; write one of "
            f"{', '.join(_QUADRATURES)}."
        )
    if not bool((data["shot_noise_psd"] > 0).all()):
        raise InputError(
            f"{source}: shot_noise_psd has points that are not positive numbers; measure the "
            "reference again."
        )
    whole = data["psd"].notnull().sum("frequency")
    broken = (whole > 0) & (whole < data.sizes["frequency"])
    if bool(broken.any()):
        raise InputError(f"{source} has NaN inside {int(broken.sum())} spectra; drop these.")
    return data


def load_run(path: str | Path) -> xarray.Dataset:
    """Open a run's netCDF file.

    Raises:
        InputError: missing file, another kind of file, or an incomplete run (see `check_run`).
    """
    import xarray

    path = Path(path)
    if not path.exists():
        raise InputError(f"no file at {path}; check the name.")
    try:
        with xarray.open_dataset(path, engine="h5netcdf") as data:
            return check_run(data.load(), str(path))
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a readable netCDF file: {error}.") from error
