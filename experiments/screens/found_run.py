"""A run by whatever name `phonosync fit` is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray


_ZARR = (".zmetadata", "zarr.json")  # of versions 2 and 3


def found_run(path: Path) -> tuple[xarray.Dataset, Path] | None:
    """A run by its id, folder, file or Zarr folder, and where its results go; None: no run.

    A run that was not ended properly has no `data.nc`, or that of an earlier end; it is read from
    its database.

    Raises:
        InputError: several runs of this id, or a damaged one.
    """
    from phonosync.analysis.schema import RUN_SCHEMA, load_run
    from phonosync.experiments.run.dataset import open_dataset
    from phonosync.experiments.run.folder import DATA, DATABASE, find_run, list_runs, open_run
    from phonosync.experiments.run.journal import JOURNAL

    if path.suffix == ".nc" and path.is_file():
        import h5netcdf

        try:
            with h5netcdf.File(path) as file:
                if file.attrs.get("schema") != RUN_SCHEMA:
                    return None
        except (OSError, ValueError, KeyError):
            return None
        return load_run(path), path.parent
    if path.is_file():
        return None
    if any((path / name).exists() for name in _ZARR):
        return load_run(path), path.parent
    if path.is_dir():
        if not (path / JOURNAL).exists():
            if not (path / DATA).exists():
                raise InputError(f"{path} holds no run; give the folder of one.")
            return load_run(path / DATA), path
        run = open_run(path)
    else:
        called = [run for run in list_runs() if run.id.startswith(str(path))]
        if not called:
            return None
        run = called[0] if len(called) == 1 else find_run(str(path))  # it says which there are
    folder, database = run.folder, run.folder / DATABASE
    if (folder / DATA).exists():
        data = load_run(folder / DATA)
        sessions = json.loads(data.attrs.get("sessions", "[]"))
        if (data.attrs.get("status"), sessions) == (run.status, run.history.sessions):
            return data, folder
    if run.history.points and not (database.exists() and database.stat().st_size):
        raise InputError(
            f"{database} is gone or empty, which held the run; restore it from a copy."
        )
    return open_dataset(folder), folder
