"""A run as one file: netCDF, or Zarr for large ones; written in pieces."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from phonosync.analysis.schema import as_stored
from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.folder import DATA
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

Format = Literal["netcdf", "zarr"]


def export(folder: Path, path: Path | None = None, format: Format = "netcdf") -> Path:
    """Write a run into one file (netCDF) or folder (Zarr); memory stays bounded.

    Args:
        folder: of the run, finished or not.
        path: where to; by default `data.nc` or `data.zarr` in the run's folder.
        format: "netcdf" or "zarr".

    Returns:
        The path.

    Raises:
        InputError: no run there, nothing measured yet, or the path cannot be written.
    """
    target = path or folder / (DATA if format == "netcdf" else "data.zarr")
    data = as_stored(open_dataset(folder))
    if not data.data_vars:
        raise InputError(f"nothing is measured yet in {folder}; resume the run first.")
    if target.is_dir():
        raise InputError(f"{target} is there already; give another path with --out.")
    # Written beside and then renamed: a file of this name is always whole.
    draft = target.with_name(target.name + ".part")
    try:
        _write(data, draft, format)
        os.replace(draft, target)
    except OSError as error:
        _discard(draft)
        raise InputError(
            f"{target} cannot be written ({error.strerror or error}); give another path."
        ) from error
    return target


def _discard(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _write(data: xarray.Dataset, path: Path, format: Format) -> None:
    if format == "zarr":
        whole = {name: variable for name, variable in data.variables.items() if variable.chunks}
        even = {
            name: {"chunks": tuple(sizes[0] for sizes in variable.chunks or ())}
            for name, variable in whole.items()
        }
        data.chunk(
            {
                dim: sizes[0]
                for variable in whole.values()
                for dim, sizes in zip(variable.dims, variable.chunks or (), strict=True)
            }
        ).to_zarr(path, mode="w", encoding=even, zarr_format=2, consolidated=True)
    else:
        data.to_netcdf(path, engine="h5netcdf")
