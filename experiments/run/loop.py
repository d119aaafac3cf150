"""The measurement loop: every setting read back, every point on disk, every exit safe."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import Point, schedule
from phonosync.experiments.rig.rig import Rig
from phonosync.experiments.rig.signals import StopSignal, answered_by
from phonosync.experiments.run import provenance
from phonosync.experiments.run.acquire import acquire, trace_of
from phonosync.experiments.run.folder import DATABASE
from phonosync.experiments.run.interlock import InterlockError, Interlocks
from phonosync.experiments.run.journal import History, Journal, read_history
from phonosync.experiments.run.live import EarlyEnd, LiveContrast
from phonosync.experiments.run.operate import (
    DarkLaserError,
    DriveError,
    Operator,
    read_back,
    tuning_of,
)
from phonosync.experiments.run.record import Record, recording
from phonosync.experiments.run.rows import discard_unused, forget_lost
from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.theory.errors import PhonosyncError

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.statistics.interval import Interval

_LOG = logging.getLogger(__name__)


class RunStoppedError(PhonosyncError):
    """A run that did not finish; what it had measured is in its folder."""

    exit_code = 3


@dataclass(frozen=True)
class Step:
    """A finished point, for whoever watches.

    Attributes:
        point: what was measured.
        done, total: points.
        arrays: as they were taken; none for a missing point.
        contrast: of the noise power at this setting so far.
    """

    point: Point
    done: int
    total: int
    arrays: dict[str, xarray.DataArray]
    contrast: Interval


Watch = Callable[[Step], None]


def measure(folder: Path, rig: Rig, *, watch: Watch = lambda step: None) -> None:
    """Measure what is left of a run; the rig is safe when this returns or raises.

    Args:
        folder: with the run's journal.
        rig: open instruments.
        watch: called after each point.

    Raises:
        RunStoppedError: an instrument failed, or the run was interrupted; says what is kept.
    """
    history = read_history(folder)
    discard_unused(folder / DATABASE, history)
    forget_lost(folder / DATABASE, history)
    plan = Plan.from_record(history.header["plan"])
    status, cause = "failed", None
    with Journal(folder) as journal, recording(plan, rig, folder / DATABASE) as record:
        record.describe(history.header)
        try:
            journal.append("session", **provenance.session(record.guid))
            _Session(folder, rig, history, journal, record, watch).run()
            status = "complete"
        except (KeyboardInterrupt, StopSignal, InterlockError) as error:
            status, cause = "interrupted", error
        except PhonosyncError as error:
            cause = error
        except Exception as error:
            _LOG.exception("The run failed.")
            cause = error
        finally:
            rig.make_safe()
        why = "" if cause is None else _why(cause)
        with answered_by(signal.SIG_IGN):
            journal.append("end", status=status, why=why, at=time.time())
            record.end(status)
    if cause is not None:
        kept = sum(not point.missing for point in read_history(folder).points.values())
        raise RunStoppedError(
            f"run {status}: {why} {kept} points are kept in {folder}; 'phonosync resume {folder}' "
            f"goes on. {rig.safety}"
        ) from cause


class _Session:
    """What one process measures of a run."""

    def __init__(
        self,
        folder: Path,
        rig: Rig,
        history: History,
        journal: Journal,
        record: Record,
        watch: Watch,
    ):
        plan = Plan.from_record(history.header["plan"])
        self._folder = folder
        self._plan, self._rig, self._history = plan, rig, history
        self._journal, self._record, self._watch = journal, record, watch
        self._seed, self._number = int(history.header["seed"]), len(history.sessions)
        self._tuning = tuning_of(plan)
        self._operator = Operator(rig, plan.settling_time)
        self._interlocks = Interlocks(plan, rig, self._operator.drives_off, say=_LOG.warning)
        self._live = LiveContrast(plan)
        self._early_end = EarlyEnd(plan, self._live, self._analyse)
        self._missing_in_a_row = 0

    def run(self) -> None:
        """Measure every point that is not finished."""
        total = sum(1 for _ in schedule(self._plan, self._seed))
        points = self._history.points
        newest = max((n for n, point in points.items() if not point.missing), default=-1)
        trail: list[Point] = []
        led = False
        for point in schedule(self._plan, self._seed):
            if trail and point.walk != trail[-1].walk:
                del trail[:-1]
            # Points that were missed just before a run stopped fell to what stopped it.
            known = points.get(point.number) if point.number <= newest else None
            if known is not None:
                self._live.take(point, known.values.get("mean_psd"))
            else:
                if not led:
                    self._lead_back(trail, point)
                    led = True
                arrays, mean_psd = self._measure(point, trail)
                self._live.take(point, mean_psd)
                contrast = self._live.interval(self._live.cell(point))
                self._watch(Step(point, point.number + 1, total, arrays, contrast))
            trail.append(point)
            # An earlier look saw fewer data than there are now, and did not end the run.
            if point.number >= newest and (why := self._early_end.look(point)):
                self._journal.append("ended_early", why=why, at=time.time())
                return

    def _lead_back(self, trail: list[Point], point: Point) -> None:
        """Before the first point of a resumed run, or after a hold: the way there, without data.

        A sweep is gone through from its beginning, so that the device is on its branch; any other
        point is led in by the one before it, whose memory it would have had.
        """
        sweep = [former for former in trail if former.walk == point.walk]
        for former in sweep or trail[-1:]:
            self._go_to(former)

    def _go_to(self, point: Point) -> None:
        if self._plan.sweeps_inside and point.walk == point.number and point.kind == "data":
            self._operator.drives_off()  # every sweep begins from a device at rest
        if self._rig.lab_control is not None:
            self._rig.lab_control.begin_point(self._seed, point.number)
        self._operator.to(point.setting)

    def _measure(
        self, point: Point, trail: list[Point]
    ) -> tuple[dict[str, xarray.DataArray], float | None]:
        """Take a point, again where that fails, and finish it in the journal.

        A hold has switched the drives off: the way to the point is gone again.
        """
        attempt, led = 0, True
        while True:
            try:
                if not led:
                    self._lead_back(trail, point)
                    led = True
                self._go_to(point)
                arrays = acquire(self._plan, self._rig, point)
                values = read_back(self._rig, point.setting, tuning=self._tuning)
                if self._interlocks.look(values):
                    led = False
                    continue  # what was taken while a bound was violated is taken again
            except QuenchError:
                raise
            except InstrumentError as error:
                self._operator.forget()
                if isinstance(error, DriveError):
                    if isinstance(error, DarkLaserError) and self._interlocks.relock(error):
                        led = False
                        continue
                    raise
                attempt += 1
                _LOG.warning("Point %d, attempt %d: %s", point.number, attempt, error)
                if attempt > self._plan.retries:
                    return self._miss(point, error)
            else:
                return arrays, self._finish(point, arrays, values)

    def _miss(self, point: Point, error: InstrumentError) -> tuple[dict[str, Any], None]:
        """Mark a point as missing; too many of them in a row end the run."""
        self._missing_in_a_row += 1
        how = {"number": point.number, "session": self._number, "missing": str(error)}
        self._journal.append("missing", **how, at=time.time())
        if self._missing_in_a_row >= self._plan.missing_in_a_row:
            raise error
        return {}, None

    def _finish(
        self, point: Point, arrays: dict[str, xarray.DataArray], values: dict[str, Any]
    ) -> float | None:
        self._missing_in_a_row = 0
        for name, array in arrays.items():
            self._check_trace(name, array)
        mean_psd = float(arrays["psd"].mean()) if "psd" in arrays else None
        now = time.time()
        values = {**values, "measured_at": now}
        if mean_psd is not None:
            values["mean_psd"] = mean_psd
        rows = self._record.keep(point.number, arrays if point.kept else {}, values)
        self._journal.append(
            "point", number=point.number, session=self._number, rows=rows, values=values, at=now
        )
        return mean_psd

    def _check_trace(self, name: str, array: xarray.DataArray) -> None:
        """Write down once what the arrays of a variable share; all others must agree with it."""
        found = trace_of(name, array)
        known = self._history.traces.get(name)
        if known is None:
            self._journal.append("trace", variable=name, **found)
            self._history.traces[name] = found
        elif known["coordinates"] != found["coordinates"]:
            raise InstrumentError(
                f"the coordinates of {name} are no longer those of the run's first one. Find out "
                "who changed the instrument, then resume."
            )

    def _analyse(self, quantity: str) -> list[Interval]:
        """95 % intervals of what the joint fit of all data so far says."""
        from phonosync.analysis.run.cavity import analyse_cavity
        from phonosync.experiments.run.dataset import open_dataset

        try:
            analysis = analyse_cavity(open_dataset(self._folder).load())
        except PhonosyncError as error:
            _LOG.warning("No fit of the data so far: %s", error)
            return []
        if quantity == "contrast":
            return [analysis.nonreciprocity.contrast]
        return [entry.S_c for entry in analysis.directions]


def _why(cause: BaseException) -> str:
    if isinstance(cause, KeyboardInterrupt):
        return "Ctrl-C."
    if isinstance(cause, PhonosyncError):
        return str(cause)
    return f"{type(cause).__name__}: {cause}".strip(": ") + "."
