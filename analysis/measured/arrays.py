"""Tables in binary files: netCDF, HDF5 and NumPy's own; pickles are refused."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from phonosync.analysis.measured.table import Table
from phonosync.theory.errors import InputError

LARGEST_ARRAY = 100_000_000
"""Numbers: 800 MB as they are used; a longer trace is cut before it is read."""


def read_netcdf(
    path: Path, engine: Literal["scipy", "h5netcdf"], *, column: str | None = None
) -> Table:
    """Read the one-dimensional variables of a netCDF or HDF5 file, with units and attributes.

    Raises:
        InputError: damaged, or too large.
    """
    group = column.rpartition("/")[0] if column and engine == "h5netcdf" else ""
    options: dict[str, Any] = {"group": group} if group else {}
    if engine == "h5netcdf":
        options["phony_dims"] = "access"  # plain HDF5 names no dimensions
    try:
        with xr.open_dataset(path, engine=engine, decode_times=False, **options) as opened:
            large = [name for name, v in opened.variables.items() if v.size > LARGEST_ARRAY]
            dataset = opened if large else opened.load()
    except Exception as error:  # Damaged files raise nearly anything, TypeError included.
        kind = "HDF5 or netCDF" if engine == "h5netcdf" else "netCDF"
        raise InputError(
            f"{path} is a damaged or incomplete {kind} file ({type(error).__name__}). "
            "Copy or export it again."
        ) from None
    _limit(path, LARGEST_ARRAY + 1 if large else 0)
    table = Table(path, {}, attributes=dict(dataset.attrs))
    for name, variable in dataset.variables.items():
        full, flat = f"{group}/{name}" if group else str(name), variable.squeeze()
        if flat.ndim == 1:
            table.columns[full] = flat.values
        elif flat.ndim > 1:
            table.unusable[full] = (
                f"{name} in {path} has the dimensions {variable.dims}, but one trace is expected. "
                "Select one of them, for example with isel(), and save it."
            )
        table.units[full] = str(variable.attrs.get("units", ""))
        own = {k: v for k, v in variable.attrs.items() if k not in ("units", "long_name")}
        table.attributes.update(own)
    return table


def read_npy(path: Path) -> Table:
    """Read one array: shape (N,) is a column `values`, (N, 2) or (2, N) an axis and `values`.

    Raises:
        InputError: a pickle, damaged, too large, or of another shape.
    """
    array = _open(path, path)
    if array.ndim == 2 and 2 in array.shape:
        pair = array if array.shape[0] == 2 else array.T
        return Table(path, {"axis": np.asarray(pair[0]), "values": np.asarray(pair[1])})
    if array.ndim == 1 and array.dtype.names:
        return Table(path, {name: np.asarray(array[name]) for name in array.dtype.names})
    if array.ndim != 1:
        raise InputError(
            f"{path} holds an array of shape {array.shape}, but (N,), (N, 2) or (2, N) is expected."
            " Save one trace or spectrum."
        )
    return Table(path, {"values": np.asarray(array)})


def read_npz(path: Path) -> Table:
    """Read the named arrays of an archive; those of one number count as attributes.

    Raises:
        InputError: as for `read_npy`.
    """
    columns, attributes = {}, {}
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {i.filename: i.file_size for i in archive.infolist()}
        _limit(path, max(sizes.values(), default=0) // 8)
        with np.load(path, allow_pickle=False) as loaded:
            for name in loaded.files:
                array = loaded[name]
                if array.ndim == 0 or array.size == 1:
                    attributes[name] = array.item()
                else:
                    columns[name] = array
    except InputError:
        raise
    except Exception as error:
        raise _damaged(path, error) from None
    return Table(path, columns, {}, attributes)


def _open(path: Path, source: Path) -> NDArray:
    try:
        # Mapped, not read: the header says the size before any of it is touched.
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:
        raise _damaged(source, error) from None
    _limit(path, array.size)
    return array


def _damaged(path: Path, error: Exception) -> InputError:
    if "pickle" in str(error).lower() or "object" in str(error).lower():
        return InputError(
            f"{path} holds Python objects (a pickle), which would run as a program; it is not "
            "opened. Save plain numbers with numpy.save."
        )
    return InputError(
        f"{path} is a damaged or incomplete NumPy file ({type(error).__name__}). Save it again."
    )


def _limit(path: Path, size: int) -> None:
    if size > LARGEST_ARRAY:
        raise InputError(
            f"{path} holds more than {LARGEST_ARRAY:.0e} numbers. Cut the trace or the band first."
        )
