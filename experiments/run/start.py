"""Begin a run, or go on with one: instruments reserved and opened, journal held, rig left safe."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.rig.file import RigFile
from phonosync.experiments.rig.limits import check_plan, check_reach, check_roles
from phonosync.experiments.rig.reservation import reserved
from phonosync.experiments.rig.rig import Rig, open_rig
from phonosync.experiments.rig.signals import stop_on_signals
from phonosync.experiments.rig.virtual import served_lab
from phonosync.experiments.run.export import export
from phonosync.experiments.run.folder import (
    DATA,
    LOG,
    Run,
    held,
    new_folder,
    new_id,
    open_run,
    refuse_taken,
)
from phonosync.experiments.run.journal import Journal, read_history
from phonosync.experiments.run.loop import Watch, measure
from phonosync.experiments.run.provenance import NOTHING_ELSE, Provenance, header, who
from phonosync.experiments.run.watchdog import guarded
from phonosync.theory.checked_file import check
from phonosync.theory.device import device_from_text, load_device
from phonosync.theory.device.text import device_text
from phonosync.theory.errors import InputError, PhonosyncError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class VirtualChoice:
    """A virtual lab that lives in the measuring process.

    Attributes:
        device: a shipped device or a device file.
        speed_up: how much faster than real ones its instruments ramp, tune and settle.
        models: role -> model, where it is not the first that plays the role.
        device_file: text of the device's file, where that at `device` may have changed since.
    """

    device: str
    speed_up: float = 100.0
    models: Mapping[str, str] = field(default_factory=dict)
    device_file: str = ""


Choice = RigFile | VirtualChoice


def measure_plan(
    plan: Plan,
    rig: Rig,
    seed: int,
    *,
    out: Path | None = None,
    provenance: Provenance = NOTHING_ELSE,
    watchdog: bool = False,
    watch: Watch = lambda step: None,
) -> Run:
    """Measure a plan with an open rig; the run is a folder, and in it `data.nc` at the end.

    Args:
        plan: what to measure.
        rig: open instruments; safe when this returns or raises.
        seed: of the order of directions, and of the virtual lab.
        out: folder of the run; a new one in `runs` by default.
        provenance: what else is kept with the run.
        watchdog: make the rig safe if this process dies.
        watch: called after each point.

    Raises:
        InputError: the folder holds a run already, or the rig lacks an instrument.
        RunStoppedError: what was measured is kept, also in `data.nc`.
    """
    check_roles(plan, provenance.plan_file, rig.file)
    check_reach(plan, provenance.plan_file, rig, seed)
    folder = plan_run(plan, rig.file.record(), seed, out=out, provenance=provenance)
    with stop_on_signals():
        return _measure(folder, rig, watchdog, watch)


def begin(
    plan: Plan,
    choice: Choice,
    seed: int,
    *,
    out: Path | None = None,
    provenance: Provenance = NOTHING_ELSE,
    watchdog: bool = False,
    watch: Watch = lambda step: None,
) -> Run:
    """Reserve and open the instruments, measure a plan, and close them.

    Args:
        plan, seed, out, provenance, watchdog, watch: as for `measure_plan`.
        choice: a checked rig file, or a virtual lab.

    Raises:
        InputError: nothing was moved.
        RunStoppedError: what was measured is kept.
    """
    if out is not None:
        refuse_taken(out)
    holder = f"a run of {plan.name}"
    file = provenance.plan_file
    with stop_on_signals(), _opened(choice, plan, seed, holder, file) as (rig, virtual):
        said = {**rig.file.record(), **virtual}
        folder = plan_run(plan, said, seed, out=out, provenance=provenance)
        return _measure(folder, rig, watchdog, watch)


def plan_run(
    plan: Plan,
    rig: dict[str, Any],
    seed: int,
    *,
    out: Path | None = None,
    provenance: Provenance = NOTHING_ELSE,
) -> Path:
    """Make the folder of a run that is to be measured, now or later; returns it.

    Raises:
        InputError: the folder holds a run already, or cannot be made.
    """
    run_id = new_id()
    folder = new_folder(plan.name, run_id, out)
    with Journal(folder) as journal:
        journal.append("run", **header(plan, rig, seed, run_id, provenance))
    return folder


def resume(
    run: Run,
    *,
    choice: RigFile | None = None,
    watchdog: bool = False,
    watch: Watch = lambda step: None,
) -> Run:
    """Go on with a run that stopped, exactly where it did.

    Args:
        run: planned, interrupted, failed or killed.
        choice: a rig file, where the addresses are no longer those of the beginning.
        watchdog, watch: as for `begin`.

    Raises:
        InputError: the run is complete or being measured; nothing was moved.
        RunStoppedError: it stopped again.
    """
    if run.status == "complete" and not (run.folder / DATA).exists():
        _export(run.folder)  # the process was killed after its last point
        return run
    if run.status in ("complete", "running"):
        raise InputError(f"run {run.id} is {run.status}; there is nothing to go on with.")
    said = run.history.header
    plan = Plan.from_record(said["plan"])
    holder = f"run {run.id} of {plan.name}"
    chosen = choice or recorded_choice(said["rig"], said["device_file"])
    with stop_on_signals(), _opened(chosen, plan, said["seed"], holder) as (rig, _):
        return _measure(run.folder, rig, watchdog, watch)


def recorded_choice(rig: dict[str, Any], device_file: str) -> Choice:
    """The instruments that a run began with; a virtual device as its file was then."""
    if "virtual_lab" in rig:
        return replace(VirtualChoice(**rig["virtual_lab"]), device_file=device_file)
    known = {name: rig[name] for name in RigFile.model_fields if name in rig}
    return check(known, RigFile, "the rig that the run began with")


@contextmanager
def _opened(
    choice: Choice, plan: Plan, seed: int, holder: str, plan_file: Path | None = None
) -> Iterator[tuple[Rig, dict[str, Any]]]:
    """The rig, and what a run's journal must know to open its virtual lab again."""
    with ExitStack() as stack:
        virtual: dict[str, Any] = {}
        file = choice
        if isinstance(file, VirtualChoice):
            text = file.device_file
            device = device_from_text(text, file.device) if text else load_device(file.device)
            virtual = {
                "virtual_lab": asdict(replace(file, device_file="")),
                "device_file": text or device_text(file.device),
            }
            file = stack.enter_context(
                served_lab(device, seed, plan.roles, file.models, speed_up=file.speed_up)
            )
        check_roles(plan, plan_file, file)
        check_plan(plan, plan_file, file, seed)
        stack.enter_context(reserved(file.addresses, holder=f"{holder} by {who()}"))
        rig = stack.enter_context(open_rig(file))
        check_reach(plan, plan_file, rig, seed)
        yield rig, virtual


def _measure(folder: Path, rig: Rig, watchdog: bool, watch: Watch) -> Run:
    with held(folder), _logged(folder), guarded(rig if watchdog else None, folder):
        try:
            measure(folder, rig, watch=watch)
        except PhonosyncError:
            try:
                _export(folder)
            except PhonosyncError:  # what stopped the run says more
                _LOG.exception("The run could not be written into one file.")
            raise
        _export(folder)
    return open_run(folder)


def _export(folder: Path) -> None:
    """The run as a file, also of a run that stopped; one that measured nothing has none."""
    if any(not point.missing for point in read_history(folder).points.values()):
        export(folder)


@contextmanager
def _logged(folder: Path) -> Iterator[None]:
    """Everything that is worth knowing later, in a file beside the data."""
    handler = logging.FileHandler(folder / LOG, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log = logging.getLogger("phonosync")
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        handler.close()
