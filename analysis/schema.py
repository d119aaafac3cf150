"""What a run's file must hold: dimensions, units, attributes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

RUN_SCHEMA = "phonosync run 2"
DIRECTIONS = ("light", "field")
LAZY_BYTES = 200e6
"""Files beyond this size are read piece by piece; others at once, and closed."""
NOT_SWEPT = (*DIRECTIONS, "branch", "repeat")
LEAST_POINTS, MOST_POINTS = 8, 1_000_000
_UNITS = {"psd": "W/Hz", "shot_noise_psd": "W/Hz", "frequency": "Hz"}
_POSITIVE = ("averages", "shot_noise_averages", "resolution_bandwidth_hz")
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


def check_schema(data: xarray.Dataset, source: str) -> xarray.Dataset:
    """Return the dataset if it is a run of phonosync.

    Raises:
        InputError: it is something else.
    """
    if data.attrs.get("schema") != RUN_SCHEMA:
        raise InputError(
            f"{source} is not a run of phonosync (its attribute 'schema' is "
            f"{data.attrs.get('schema')!r}, expected {RUN_SCHEMA!r}); give the data.nc of a run."
        )
    return data


def check_run(data: xarray.Dataset, source: str) -> xarray.Dataset:
    """Return the dataset if it is a run whose spectra can be analysed.

    Spectra have the dimensions (light, field, swept quantities, branch, repeat, frequency); a
    repetition that was not measured is NaN as a whole.

    Raises:
        InputError: not a run, a missing variable or attribute, a wrong unit, a band that is none,
            no spectrum at all or none of a direction, a power that is NaN inside a spectrum or not
            positive.
    """
    check_schema(data, source)
    if "psd" not in data or not {*NOT_SWEPT, "frequency"} <= set(data["psd"].dims):
        raise InputError(f"{source} holds no spectrum with a direction; the run ended before one.")
    for name, unit in _UNITS.items():
        if name not in data.variables:
            raise InputError(f"{source} has no {name!r}; the run ended before it was measured.")
        found = data[name].attrs.get("units")
        if found != unit:
            raise InputError(f"{source}: {name} is in {found!r}, expected {unit!r}; convert it.")
        if data[name].dtype.kind not in "fiu":
            raise InputError(f"{source}: {name} does not hold real numbers; export it again.")
    _check_attributes(data, source)
    for name, what in {"quad": "the quad", "position": "the place in the order"}.items():
        if name not in data:
            raise InputError(f"{source} has no {name!r}, {what} of each spectrum; add it.")
    for name in DIRECTIONS:
        ways = data[name].values.tolist()
        if not {float(way) for way in ways} <= {1.0, -1.0, 0.0}:
            raise InputError(f"{source}: {name} is {ways}; a direction is +1, −1, or 0 for none.")
    if data.attrs["quadrature"] not in _QUADRATURES:
        raise InputError(
            f"{source}: the quadrature is {data.attrs['quadrature']!r}; write one of "
            f"{', '.join(_QUADRATURES)}."
        )
    _check_frequencies(data, source)
    if not bool((data["shot_noise_psd"] > 0).all()):
        raise InputError(
            f"{source}: shot_noise_psd has points that are not positive numbers; measure the "
            "reference again."
        )
    _check_powers(data["psd"], source)
    return data


def _check_attributes(data: xarray.Dataset, source: str) -> None:
    """Refuse a run that does not say what its analysis needs, or says what cannot be."""
    missing = [name for name in _ATTRIBUTES if name not in data.attrs]
    if missing:
        raise InputError(f"{source} lacks the attribute {missing[0]!r}; add it with its value.")
    for name in (*_POSITIVE, "detection_efficiency"):
        try:
            value = float(data.attrs[name])
        except (TypeError, ValueError):
            value = None
        if value is None or (name in _POSITIVE and not 0 < value < np.inf):
            said = "a number" if name not in _POSITIVE else "a positive number"
            raise InputError(f"{source}: {name} is {data.attrs[name]}, not {said}; correct it.")
    try:
        plan = json.loads(data.attrs.get("plan") or "{}")
    except (TypeError, ValueError):
        plan = None
    if not isinstance(plan, dict):
        raise InputError(f"{source}: its 'plan' is no JSON of a plan; write it again, or drop it.")


def _check_frequencies(data: xarray.Dataset, source: str) -> None:
    """Refuse what is no even, rising band of a size that can be fitted."""
    points = data.sizes["frequency"]
    if not LEAST_POINTS <= points <= MOST_POINTS:
        raise InputError(
            f"{source} has {points} frequencies; between {LEAST_POINTS} and {MOST_POINTS} are "
            "fitted. Measure another band, or cut this one."
        )
    f = data["frequency"].values
    step = (f[-1] - f[0]) / (points - 1)
    if not (step > 0 and np.all(np.abs(np.diff(f) - step) < 0.5 * step)):
        raise InputError(f"{source}: the frequencies do not rise in even steps; sort or resample.")


def _check_powers(psd: xarray.DataArray, source: str) -> None:
    """Refuse broken spectra, and directions without any."""
    import xarray

    # NaN is neither: what was not measured does not count. All in one reading of a long run.
    there = psd.notnull().sum("frequency")
    unlike = ((psd <= 0) | (psd == np.inf)).any("frequency")
    looked = xarray.Dataset({"there": there, "unlike": unlike}).compute()
    found, wrong = looked["there"], int(looked["unlike"].sum())
    if wrong:
        raise InputError(
            f"{source} has powers that are not positive numbers in {wrong} spectra; find out what "
            "wrote them, and drop these spectra."
        )
    broken = int(((found > 0) & (found < psd.sizes["frequency"])).sum())
    if broken:
        raise InputError(f"{source} has NaN inside {broken} spectra; drop these.")
    if not bool((found > 0).any()):
        raise InputError(f"{source} holds no complete spectrum; it ended before one. Resume it.")
    for name in DIRECTIONS:
        for way in psd[name].values.tolist():
            if not bool((found.sel({name: way}) > 0).any()):
                said = f"{name} {way:+d}".replace("-", "−")
                raise InputError(
                    f"{source} holds no spectrum for {said}, so that its directions cannot be "
                    "compared; resume the run."
                )


def swept(data: xarray.Dataset) -> tuple[str, ...]:
    """Dimensions of the quantities that a run sweeps."""
    inner = {d for d in data.dims if str(d).endswith("_repeat")}
    outer = data["quad"].dims if "quad" in data else ()
    return tuple(str(d) for d in outer if d not in NOT_SWEPT and d not in inner)


def load_run(path: str | Path) -> xarray.Dataset:
    """Open a run's file (netCDF, or a Zarr folder); arrays are read when they are asked for.

    Raises:
        InputError: missing file, another kind of file, or no run.
    """
    import xarray

    path = Path(path)
    if not path.exists():
        raise InputError(f"no file at {path}; check the name.")
    engine = "zarr" if path.is_dir() else "h5netcdf"
    try:
        data = xarray.open_dataset(path, engine=engine, chunks={})
        data = check_schema(as_measured(data), str(path))
        if data.nbytes > LAZY_BYTES:
            return data
        with data:
            return data.load()
    except (OSError, ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a readable netCDF file: {error}.") from error


def as_stored(data: xarray.Dataset) -> xarray.Dataset:
    """The dataset without complex numbers, which netCDF does not know: real and imaginary part."""
    import xarray

    for name, array in data.data_vars.items():
        if np.iscomplexobj(array.dtype.type()):
            parts = xarray.concat([array.real, array.imag], dim="part").transpose(..., "part")
            data = data.assign({name: parts.assign_attrs(array.attrs)})
            data = data.assign_coords(part=["real", "imaginary"])
    return data


def as_measured(data: xarray.Dataset) -> xarray.Dataset:
    """Undo `as_stored`."""
    for name, array in data.data_vars.items():
        if "part" in array.dims:
            whole = array.sel(part="real", drop=True) + 1j * array.sel(part="imaginary", drop=True)
            data = data.assign({name: whole.assign_attrs(array.attrs)})
    return data.drop_vars("part", errors="ignore")
