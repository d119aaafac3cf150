"""The measurement loop: every setting read back, every exit safe, every status true."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.rig.rig import Rig
from phonosync.experiments.run.record import export, measurement, recording
from phonosync.instruments.errors import InstrumentError
from phonosync.theory.errors import InputError, PhonosyncError

if TYPE_CHECKING:
    import xarray
    from qcodes.dataset.measurements import DataSaver

_LOG = logging.getLogger(__name__)


class RunStoppedError(PhonosyncError):
    """A run that did not finish; what it had measured is in its file."""

    exit_code = 3


class StopSignal(BaseException):
    """SIGTERM or its like asked the run to end."""


@dataclass(frozen=True)
class Point:
    """A finished point, for whoever watches: how many of how many, and what was measured."""

    done: int
    total: int
    direction: int
    spectrum: xarray.DataArray


def measure(
    plan: Plan,
    rig: Rig,
    folder: Path,
    seed: int,
    *,
    watch: Callable[[Point], None] = lambda point: None,
) -> Path:
    """Run a plan and write `data.nc` (and QCoDeS's `run.db`) into the folder.

    Args:
        plan: what to measure.
        rig: open instruments.
        folder: output; it must not hold a run already.
        seed: of the order of directions.
        watch: called after each point; total counts the shot-noise reference too.

    Returns:
        Path of the netCDF file.

    Raises:
        InputError: the folder holds a run already.
        RunStoppedError: an instrument failed or the run was interrupted; says what is kept.
    """
    path = folder / "data.nc"
    if path.exists():
        raise InputError(f"{path} holds a run already; give another folder with --out.")
    order = plan.order(np.random.default_rng([seed, 1]))
    status, cause = "failed", None
    trace: dict[str, Any] = {}
    with recording(measurement(plan, rig, folder)) as saver:
        with _stop_on_signals():
            try:
                _loop(plan, rig, saver, order, watch, trace)
                status = "complete"
            except (KeyboardInterrupt, StopSignal) as error:
                status, cause = "interrupted", error
            except PhonosyncError as error:
                cause = error
            except Exception as error:
                _LOG.exception("The run failed.")
                cause = error
            finally:
                rig.make_safe()
        saver.dataset.add_metadata("phonosync_status", status)
        data = export(saver, plan, rig, seed, status, trace)
    data.to_netcdf(path, engine="h5netcdf")
    if cause is not None:
        raise RunStoppedError(_report(cause, status, data, len(order), path, rig)) from cause
    return path


def _loop(
    plan: Plan,
    rig: Rig,
    saver: DataSaver,
    order: list[int],
    watch: Callable[[Point], None],
    trace: dict[str, Any],
) -> None:
    """Measure the reference with the laser off, then every direction in its turn.

    `trace` takes the attributes of the analyzer's traces, for a run that stops half-way too.
    """
    total = len(order) + 1
    rig.laser.off()
    rig.direction_switch.set(order[0])
    dark = _spectrum(plan, rig, plan.shot_noise_reference.averages)
    saver.add_result(("frequency", dark["frequency"].values), ("shot_noise_psd", dark.values))
    trace.update(dark.attrs)
    watch(Point(1, total, 0, dark))
    rig.laser.set_wavelength(plan.laser.wavelength)
    rig.laser.set_power(plan.laser.power)
    rig.laser.on()
    repeats = {1: 0, -1: 0}
    for position, direction in enumerate(order):
        if position % 4 == 0 and (position == 0 or order[position - 1] != direction):
            # A spectrum that nobody keeps: now each direction follows each once in the quad, and a
            # memory of the last setting falls on both alike.
            _settled_spectrum(plan, rig, direction)
        spectrum = _settled_spectrum(plan, rig, direction)
        laser, routed = rig.laser.read(), rig.direction_switch.read()
        if not laser.on:
            raise InstrumentError(
                "the laser went off during the run (its own read-back says so). Look at its "
                "interlock and alerts, then run again."
            )
        if routed != direction:
            raise InstrumentError(
                f"the switch reads direction {routed} after a spectrum of {direction:+d}. Find out "
                "who else controls it, then run again."
            )
        setting = (("direction", direction), ("repeat", repeats[direction]))
        saver.add_result(
            *setting, ("frequency", spectrum["frequency"].values), ("psd", spectrum.values)
        )
        values = {
            "quad": position // 4,
            "position": position,
            "measured_at": time.time(),
            "laser_power": laser.power_w,
            "laser_wavelength": laser.wavelength_m,
            "switch_direction": routed,
        }
        for name, value in values.items():
            saver.add_result(*setting, (name, value))
        repeats[direction] += 1
        watch(Point(position + 2, total, direction, spectrum))


def _settled_spectrum(plan: Plan, rig: Rig, direction: int) -> xarray.DataArray:
    rig.direction_switch.set(direction)
    time.sleep(plan.settling_time)
    return _spectrum(plan, rig, plan.spectrum.averages)


def _spectrum(plan: Plan, rig: Rig, averages: int) -> xarray.DataArray:
    setting = plan.spectrum
    return rig.spectrum_analyzer.psd(
        setting.start,
        setting.stop,
        points=setting.points,
        rbw_hz=setting.resolution_bandwidth,
        averages=averages,
    )


@contextmanager
def _stop_on_signals() -> Iterator[None]:
    """Turn SIGTERM (and a closed console) into one exception, so that safety code runs."""
    former = {}

    def stop(number: int, frame: object) -> None:
        for other in former:
            signal.signal(other, signal.SIG_IGN)
        raise StopSignal(signal.Signals(number).name)

    for name in ("SIGTERM", "SIGBREAK", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            with suppress(ValueError):  # not the main thread: signals do not arrive here
                former[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _report(
    cause: BaseException, status: str, data: xarray.Dataset, total: int, path: Path, rig: Rig
) -> str:
    kept = int(data["psd"].notnull().any("frequency").sum()) if "psd" in data else 0
    if isinstance(cause, KeyboardInterrupt):
        why = "Ctrl-C"
    elif isinstance(cause, PhonosyncError):
        why = str(cause)
    else:
        why = f"{type(cause).__name__}: {cause}"
    return f"run {status}: {why} {kept} of {total} spectra are kept in {path}. {rig.safety}"
