"""A run as one dataset: direction, settings, branch and repeat are dimensions; read lazily."""

from __future__ import annotations

import io
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.schema import RUN_SCHEMA
from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import CALIBRATIONS, Point, repeats, schedule
from phonosync.experiments.run.acquire import VARIABLES, variables
from phonosync.experiments.run.folder import DATABASE, Run, open_run
from phonosync.experiments.run.journal import Finished, History
from phonosync.experiments.run.operate import READINGS
from phonosync.experiments.run.rows import forget_lost, snapshot, tables
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import dask.array
    import xarray

_BLOCK_BYTES = 32e6  # of arrays that are read together
_COUNTED = {
    "position": "number of the point in the order of measurement",
    "quad": "which quad of directions the point belongs to",
    "field_quad": "which quad of directions of the field it belongs to",
}


class _Grid:
    """Where the points of a kind stand in the dataset.

    Args:
        dims: its dimensions -> their coordinates.
        names: prefix of its variables.
    """

    def __init__(self, dims: dict[str, NDArray[Any]], names: str = ""):
        self.dims, self.names = dims, names
        self.shape = tuple(len(values) for values in dims.values())
        self.places: list[tuple[int, ...]] = []
        self.points: list[tuple[Point, Finished]] = []

    def take(self, place: tuple[int, ...], point: Point, finished: Finished) -> None:
        """Put a finished point into its place."""
        self.places.append(place)
        self.points.append((point, finished))

    def filled(self, values: Sequence[float]) -> NDArray[np.floating]:
        """An array of these dimensions; NaN where nothing was measured."""
        array = np.full(self.shape, np.nan)
        if self.places:
            array[tuple(np.transpose(self.places))] = values
        return array


def open_dataset(folder: Path) -> xarray.Dataset:
    """Open a run, finished or not; spectra are read when they are asked for.

    Args:
        folder: of the run.

    Returns:
        Data over (light, field, swept quantities, branch, repeat) and the dimensions of each
        array; calibrations and controls beside them. What was not measured is NaN.

    Raises:
        InputError: no run there, or a damaged database.
    """
    import xarray

    run = open_run(folder)
    history, plan = run.history, Plan.from_record(run.history.header["plan"])
    arrays = variables(plan)
    try:
        forget_lost(folder / DATABASE, history)
        places = tables(folder / DATABASE, history)
    except sqlite3.DatabaseError as error:
        raise _damaged(folder / DATABASE, error) from error
    content: dict[str, Any] = {}
    coordinates: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for grid in _grids(plan, history):
        coordinates |= {dim: values for dim, values in grid.dims.items() if len(values)}
        for name in arrays if not grid.names else ("psd",) * ("psd" in arrays):
            trace = history.traces.get(name)
            if trace is None or not grid.points:
                continue
            inner = {dim: np.asarray(trace["coordinates"][dim]) for dim in VARIABLES[name].dims}
            shape = tuple(len(values) for values in inner.values())
            data = _lazy(folder / DATABASE, places, grid, name, shape)
            attributes = {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].label}
            content[grid.names + name] = ((*grid.dims, *inner), data, attributes)
            coordinates |= inner
        if grid.points:
            counts[grid.names] = len(grid.points)
            content |= _readings(grid)
    data = xarray.Dataset(content, coordinates)
    for dim, unit in _units(plan).items():
        if dim in data.coords and unit:
            data[dim].attrs["units"] = unit
    records = history.traces.get("quadratures", {}).get("coordinates", {})
    if (reference := records.get("reference")) is not None:
        data = data.assign_coords(reference=("channel", reference, {"units": "Hz"}))
    return data.assign_attrs(_attributes(run, plan, counts))


def _grids(plan: Plan, history: History) -> list[_Grid]:
    """All grids, with every finished point in its place."""
    lights = [1, -1] if plan.turns_light else [plan.light or 0]
    fields = [1, -1] if plan.turns_field else [1]
    directions = {"light": np.array(lights), "field": np.array(fields)}
    swept = {axis.what.dimension: np.array(axis.ascending) for axis in plan.sweep}
    data = _Grid(
        {
            **directions,
            **swept,
            "branch": np.array(plan.branches),
            "repeat": np.arange(repeats(plan)),
        }
    )
    counted: dict[str, list[tuple[Point, Finished]]] = {k: [] for k in (*CALIBRATIONS, "control")}
    for point in schedule(plan, int(history.header["seed"])):
        finished = history.points.get(point.number)
        if finished is None or finished.missing or not point.kept:
            continue
        if point.kind != "data":
            counted[point.kind].append((point, finished))
            continue
        here = point.setting
        place = (lights.index(here.light), fields.index(here.field), *point.index)
        branch = plan.branches.index(point.branch) if point.branch in plan.branches else 0
        data.take((*place, branch, point.repeat), point, finished)
    grids = [data]
    for kind, found in counted.items():
        size = max((point.repeat for point, _ in found), default=-1) + 1
        own = directions if kind == "control" else {}
        grid = _Grid({**own, f"{kind}_repeat": np.arange(size)}, f"{kind}_")
        for point, finished in found:
            here = point.setting
            at = (lights.index(here.light), fields.index(here.field)) if own else ()
            grid.take((*at, point.repeat), point, finished)
        grids.append(grid)
    return grids


def _readings(grid: _Grid) -> dict[str, Any]:
    """Everything that was read back, and the place of every point in the order."""
    dims = tuple(grid.dims)
    found: dict[str, Any] = {}
    crossed = any(point.quad != point.field_quad for point, _ in grid.points)
    for name, label in _COUNTED.items():
        if name == "field_quad" and not crossed:
            continue
        values = [
            float(getattr(p, "number" if name == "position" else name)) for p, _ in grid.points
        ]
        found[grid.names + name] = (dims, grid.filled(values), {"long_name": label})
    for name, (unit, label) in READINGS.items():
        values = [finished.values.get(name, np.nan) for _, finished in grid.points]
        if not np.all(np.isnan(values)):
            attributes = {"units": unit, "long_name": label}
            found[grid.names + name] = (dims, grid.filled(values), attributes)
    return found


def _lazy(
    database: Path, places: list[str], grid: _Grid, name: str, inner: tuple[int, ...]
) -> dask.array.Array:
    """The arrays of a variable; each block is read from the database when it is computed."""
    import dask.array

    dtype = np.dtype(VARIABLES[name].dtype)
    rows = np.full((*grid.shape, 2), -1, dtype=np.int64)
    for place, (_, finished) in zip(grid.places, grid.points, strict=True):
        rows[place] = (finished.session, finished.rows[name])
    at_once = max(1, int(_BLOCK_BYTES // (max(1, int(np.prod(inner))) * dtype.itemsize)))
    chunks: list[int] = []
    for size in reversed(grid.shape):
        chunks.append(max(1, min(size, at_once)))
        at_once = max(1, at_once // max(1, size))
    index: Any = dask.array.from_array(rows, chunks=(*reversed(chunks), 2))  # pyright: ignore[reportArgumentType]
    outer = len(grid.shape)
    return dask.array.map_blocks(
        _read,
        index,
        database=str(database),
        tables=places,
        variable=name,
        inner=inner,
        dtype=dtype,
        drop_axis=outer,
        new_axis=list(range(outer, outer + len(inner))),
        chunks=(*index.chunks[:-1], *((size,) for size in inner)),
        meta=np.empty((0,) * (outer + len(inner)), dtype),
    )


def _read(
    rows: NDArray[np.integer],
    *,
    database: str,
    tables: list[str],
    variable: str,
    inner: tuple[int, ...],
) -> NDArray[Any]:
    found = np.full((*rows.shape[:-1], *inner), np.nan, VARIABLES[variable].dtype)
    try:
        with closing(sqlite3.connect(database)) as connection:
            for place in np.ndindex(rows.shape[:-1]):
                session, row = (int(number) for number in rows[place])
                if row < 0:
                    continue
                query = f'SELECT "{variable}" FROM "{tables[session]}" WHERE id = ?'
                (blob,) = connection.execute(query, (row,)).fetchone()
                found[place] = np.load(io.BytesIO(blob)).reshape(inner)
    except sqlite3.DatabaseError as error:
        raise _damaged(Path(database), error) from error
    return found


def _damaged(database: Path, error: Exception) -> InputError:
    return InputError(f"{database} is damaged ({error}); restore it from a copy.")


def _units(plan: Plan) -> dict[str, str]:
    inner = {d: unit for name in variables(plan) for d, unit in VARIABLES[name].dims.items()}
    return inner | {axis.what.dimension: axis.what.unit for axis in plan.sweep}


def _attributes(run: Run, plan: Plan, counts: dict[str, int]) -> dict[str, Any]:
    history = run.history
    header, rig = history.header, history.header["rig"]
    calibration = {k: v for k, v in rig.get("calibration", {}).items() if v is not None}
    last = history.sessions[-1] if history.sessions else {}
    attributes: dict[str, Any] = {
        "schema": RUN_SCHEMA,
        "run_id": header["id"],
        "plan_name": plan.name,
        "plan": json.dumps(header["plan"]),
        "plan_text": header["plan_text"],
        "direction": plan.direction,
        "status": run.status,
        "why": history.why,
        "ended_early": history.ended_early,
        "seed": str(header["seed"]),
        "who": header["who"],
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(header["created_at"])),
        "rig": json.dumps(rig),
        "virtual_device": rig.get("virtual", {}).get("device", ""),
        "device_file": header["device_file"],
        "sessions": json.dumps(history.sessions),
        "versions": json.dumps(last.get("versions", {})),
        "git_commit": last.get("git_commit", ""),
        "snapshot": snapshot(run.folder / DATABASE, last.get("guid", "")),
        "detection_efficiency": np.nan,
        **calibration,
    }
    if plan.spectrum is not None:
        attributes["averages"] = plan.spectrum.averages
    if plan.shot_noise is not None:
        attributes["shot_noise_averages"] = plan.shot_noise.averages * counts.get("shot_noise_", 0)
    for trace in history.traces.values():
        attributes |= trace["attributes"]
    return attributes
