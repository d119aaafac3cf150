"""From QCoDeS's dataset of a run to one netCDF file that says everything about it."""

from __future__ import annotations

import contextlib
import io
import json
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.schema import RUN_SCHEMA, check_run
from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.rig.rig import Rig

if TYPE_CHECKING:
    import xarray
    from qcodes.dataset.measurements import DataSaver, Measurement

WRITE_PERIOD_S = 0.25  # QCoDeS keeps 5 s of data in memory unless told otherwise
SETTINGS = {
    "quad": ("", "which quad of directions the spectrum belongs to"),
    "position": ("", "position in the order of measurement"),
    "measured_at": ("s", "end of the measurement, seconds since 1970 UTC"),
    "laser_power": ("W", "power by the laser's own monitor"),
    "laser_wavelength": ("m", "vacuum wavelength read back from the laser"),
    "switch_direction": ("", "direction read back from the switch"),
}


def measurement(plan: Plan, rig: Rig, folder: Path) -> Measurement:
    """Prepare the QCoDeS measurement of a plan in the folder's database."""
    from qcodes.dataset import Measurement, initialise_or_create_database_at
    from qcodes.dataset.experiment_container import load_or_create_experiment

    folder.mkdir(parents=True, exist_ok=True)
    initialise_or_create_database_at(folder / "run.db")
    sample = rig.virtual or "sample"
    run = Measurement(
        exp=load_or_create_experiment(plan.name, sample_name=sample),
        station=rig.station,
        name=plan.name,
    )
    run.write_period = WRITE_PERIOD_S
    run.register_custom_parameter("direction", label="direction of light")
    run.register_custom_parameter("repeat", label="repetition")
    run.register_custom_parameter("frequency", unit="Hz", paramtype="array")
    run.register_custom_parameter(
        "psd", unit="W/Hz", setpoints=("direction", "repeat", "frequency"), paramtype="array"
    )
    run.register_custom_parameter(
        "shot_noise_psd", unit="W/Hz", setpoints=("frequency",), paramtype="array"
    )
    for name, (unit, label) in SETTINGS.items():
        run.register_custom_parameter(
            name, unit=unit, label=label, setpoints=("direction", "repeat")
        )
    return run


@contextmanager
def recording(run: Measurement) -> Iterator[DataSaver]:
    """Run a QCoDeS measurement without its line on the terminal."""
    with contextlib.ExitStack() as stack:
        with contextlib.redirect_stdout(io.StringIO()):
            saver = stack.enter_context(run.run())
        yield saver


def export(
    saver: DataSaver, plan: Plan, rig: Rig, seed: int, status: str, trace: dict[str, Any]
) -> xarray.Dataset:
    """One dataset with direction and repeat as dimensions; what was not measured is NaN.

    Args:
        saver: of the finished or interrupted measurement.
        plan, rig, seed: of the run.
        status: complete, interrupted or failed.
        trace: attributes of the analyzer's traces.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        saver.flush_data_to_database(block=True)
        data = saver.dataset.to_xarray_dataset(use_multi_index="never")
    if "direction" in data.dims:
        data = data.reindex(direction=[1, -1], repeat=np.arange(2 * plan.quads))
        data = data.assign_coords(
            direction=data["direction"].astype(int), repeat=data["repeat"].astype(int)
        )
    for variable in data.variables.values():
        # QCoDeS writes numbers of its own per parameter; units and labels are what a reader needs.
        variable.attrs = {
            key: variable.attrs[key]
            for key in ("units", "long_name")
            if variable.attrs.get(key) not in (None, "")
        }
    kept = ("guid", "run_timestamp", "snapshot", "run_description")
    data.attrs = {key: data.attrs[key] for key in kept if data.attrs.get(key) is not None}
    data.attrs.update(
        schema=RUN_SCHEMA,
        plan_name=plan.name,
        plan=plan.model_dump_json(),
        status=status,
        finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
        seed=str(seed),
        averages=plan.spectrum.averages,
        shot_noise_averages=plan.shot_noise_reference.averages,
        detection_efficiency=rig.calibration.detection_efficiency or np.nan,
        detection_efficiency_error=rig.calibration.detection_efficiency_error,
        escape_efficiency=rig.calibration.escape_efficiency,
        quadrature=rig.calibration.quadrature,
        virtual_device=rig.virtual or "",
        versions=json.dumps(versions()),
        git_commit=git_commit(),
        **{key: trace[key] for key in sorted(trace) if key not in ("units", "averages")},
    )
    if status == "complete":
        check_run(data, "this run")
    return data


def versions() -> dict[str, str]:
    """Versions of what shaped the numbers."""
    packages = ("phonosync", "numpy", "scipy", "numba", "lmfit", "xarray", "qcodes", "pyvisa-py")
    found = {name: metadata.version(name) for name in packages}
    return {"python": platform.python_version(), **found}


def git_commit() -> str:
    """Commit of the source tree, with "+changes" if it was changed; "" outside a checkout."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, timeout=10, check=True
        )
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != here.parent:
            return ""  # an installation inside somebody else's checkout
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return ""
