"""QCoDeS's record of one session of a run: a row per array, on disk when a point is finished."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.rig.rig import Rig
from phonosync.experiments.run.acquire import VARIABLES, variables
from phonosync.experiments.run.operate import READINGS
from phonosync.theory.errors import PhonosyncError

if TYPE_CHECKING:
    import xarray
    from qcodes.dataset.measurements import DataSaver

WRITE_PERIOD_S = 3600.0  # QCoDeS's own; every point is flushed, once, by `Record.keep`


class NotWrittenError(PhonosyncError):
    """A point is not in the database."""

    exit_code = 3


class Record:
    """One QCoDeS dataset: every array and every reading of a point over the point's number.

    Args:
        saver: of the running QCoDeS measurement.
    """

    def __init__(self, saver: DataSaver):
        self._saver = saver
        self._dataset: Any = saver.dataset
        self._last_row = 0
        self._table = self._dataset.table_name  # asked once: QCoDeS looks it up in the database

    @property
    def guid(self) -> str:
        """QCoDeS's identifier of the dataset."""
        return self._dataset.guid

    def describe(self, header: Mapping[str, Any]) -> None:
        """Keep what the run is in QCoDeS's own metadata."""
        self._dataset.add_metadata("phonosync", json.dumps(header))

    def end(self, status: str) -> None:
        """Say how the session ended."""
        self._dataset.add_metadata("phonosync_status", status)

    def keep(
        self, number: int, arrays: Mapping[str, xarray.DataArray], values: Mapping[str, Any]
    ) -> dict[str, int]:
        """Write a point; it is on disk when this returns.

        Returns:
            Variable -> row of its array in the dataset's table.
        """
        for name, array in arrays.items():
            inner = tuple(VARIABLES[name].dims)
            data = array.transpose(*inner)
            grid = np.meshgrid(*(_numbers(data[dim]) for dim in inner), indexing="ij")
            self._saver.add_result(
                ("point", number), *zip(inner, grid, strict=True), (name, data.values)
            )
        self._saver.add_result(("point", number), *values.items())
        self._saver.flush_data_to_database(block=True)
        before, self._last_row = self._last_row, self._newest_row("point", self._last_row)
        return {name: self._newest_row(name, before) for name in arrays}

    def _newest_row(self, name: str, after: int = 0) -> int:
        query = f'SELECT max(id) FROM "{self._table}" WHERE id > ?'
        query += f' AND "{name}" IS NOT NULL'
        (row,) = self._dataset.conn.execute(query, (after,)).fetchone()
        if row is None:  # QCoDeS only logs that it could not write
            raise NotWrittenError(
                f"{name} could not be written to the database {self._dataset.path_to_db}. See that "
                "its disk is not full and nobody else has locked it, then resume."
            )
        return int(row)


@contextmanager
def recording(plan: Plan, rig: Rig, database: Path) -> Iterator[Record]:
    """A QCoDeS measurement of this session in the run's database, without its line of text."""
    from qcodes.dataset import Measurement, initialise_or_create_database_at
    from qcodes.dataset.experiment_container import load_or_create_experiment

    initialise_or_create_database_at(database)
    run = Measurement(
        exp=load_or_create_experiment(plan.name, sample_name=rig.virtual or "sample"),
        station=rig.station,
        name=plan.name,
    )
    run.write_period = WRITE_PERIOD_S
    run.register_custom_parameter("point", label="number of the point")
    inner = {dim: unit for name in variables(plan) for dim, unit in VARIABLES[name].dims.items()}
    for dim, unit in inner.items():
        run.register_custom_parameter(dim, unit=unit, paramtype="array")
    for name in variables(plan):
        what = VARIABLES[name]
        run.register_custom_parameter(
            name,
            unit=what.unit,
            label=what.label,
            setpoints=("point", *what.dims),
            paramtype="array",
        )
    for name, (unit, label) in READINGS.items():
        run.register_custom_parameter(name, unit=unit, label=label, setpoints=("point",))
    with contextlib.ExitStack() as stack:
        with contextlib.redirect_stdout(io.StringIO()):
            # QCoDeS's cache would keep every array in memory, and copy all of them at every point.
            saver = stack.enter_context(run.run(in_memory_cache=False))
        yield Record(saver)


def _numbers(coordinate: xarray.DataArray) -> np.ndarray:
    """A coordinate as numbers: names (of quadratures) by their position."""
    values = coordinate.values
    return values if np.issubdtype(values.dtype, np.number) else np.arange(len(values))
