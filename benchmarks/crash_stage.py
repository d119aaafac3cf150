"""A virtual lab, the uninterrupted run in it, and all that a trial of `crash.py` asks of a run."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any

import numpy as np
import xarray
from qcodes.dataset import Measurement  # noqa: F401
from qcodes.station import Station  # noqa: F401

from phonosync.experiments.plan.plan import load_plan
from phonosync.experiments.plan.schedule import schedule
from phonosync.experiments.rig.virtual import virtual_rig_content, write_rig_file
from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.folder import DATA, open_run
from phonosync.experiments.run.journal import ENDINGS, JOURNAL, read_history
from phonosync.experiments.run.start import begin  # noqa: F401
from phonosync.experiments.run.watchdog import WATCHDOG_LOG
from phonosync.instruments.virtual.bench.bench import Bench
from phonosync.instruments.virtual.faults import Faults
from phonosync.instruments.virtual.lab import VirtualLab
from phonosync.instruments.virtual.scpi.server import answer
from phonosync.theory.device import load_device
from phonosync.theory.quantities import parse_quantity

SEED, SPEED_UP = 5, 2000.0
PATIENCE_S = 180.0
WATCHED = (  # role, question, answers of an instrument that is safe
    ("laser", ":POW:STAT?", ("+0", "0")),
    ("microwave_source", "OUTP?", ("0",)),
    ("magnet", "STATE?", ("2", "3", "7", "8")),  # holding, paused, quenched, at zero: no ramp
)
_FORKED = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
CONTEXT: Any = get_context(_FORKED)
if _FORKED == "forkserver":
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # where the server finds this module
    own = ("santec_tsl570", "polatis", "ami4303d")
    CONTEXT.set_forkserver_preload(
        [
            "crash_stage",
            "phonosync.experiments.screens.measure",
            "qcodes.instrument_drivers.Keysight",
            "pyvisa_py",
            *(f"phonosync.instruments.drivers.{name}" for name in own),
        ]
    )
parse_quantity("1 Hz", "Hz", "a frequency", "1 Hz")  # units are read before a process forks


class TrialError(AssertionError):
    """A trial has shown something that must not be."""


class Stage:
    """One lab, served by this process, and the run that is to be equalled.

    Args:
        folder: for everything.
        device: in the lab.
        plan: its text.

    Attributes:
        points: of the plan.
        heard: role -> how many messages it heard in the uninterrupted run.
        struck_at: how many points were finished when something struck.
        safe_after_s: how long after it the instruments were safe.
    """

    patience_s = PATIENCE_S

    def __init__(self, folder: Path, device: str, plan: str):
        folder.mkdir(parents=True)
        self._folder, self._device = folder, device
        self._plan = folder / "plan.yaml"
        self._plan.write_text(plan, encoding="utf-8")
        self._rig = folder / "rig.yaml"
        self.roles = load_plan(self._plan).roles
        self.points = sum(1 for _ in schedule(load_plan(self._plan), SEED))
        self.struck_at: list[int] = []
        self.safe_after_s: list[float] = []
        self.lab = self._open()
        whole = folder / "uninterrupted"
        # The second run: what a new microwave source is tuned to while it is off is read back, too.
        for _ in range(2 if "microwave_source" in self.roles else 1):
            shutil.rmtree(whole, ignore_errors=True)
            counters = {role: Faults() for role in self.lab.servers}
            for role, counter in counters.items():
                self.lab.servers[role].answer = counter.answer
            began = time.monotonic()
            with self.measuring(whole) as process:
                process.join(PATIENCE_S)
        for server in self.lab.servers.values():
            server.answer = answer
        self.heard = {role: counter.heard for role, counter in counters.items()}
        self.expect(
            open_run(whole).status == "complete", f"no run at all: {self.last_words(whole)}"
        )
        times = [f.values["measured_at"] for f in read_history(whole).points.values()]
        self._point_s = (times[-1] - times[0]) / (self.points - 1)
        self._opening_s = time.monotonic() - began - (times[-1] - times[0])
        self.reference = open_dataset(whole).load()

    def _open(self) -> VirtualLab:
        device = load_device(self._device)
        lab = VirtualLab(Bench(device, 1), self.roles, speed_up=SPEED_UP).start()
        write_rig_file(self._rig, virtual_rig_content(device, lab))
        return lab

    def rebuild(self) -> None:
        """Let the lab die, and build another one at other addresses."""
        self.lab.stop()
        self.lab = self._open()

    def close(self) -> None:
        """Close the lab."""
        self.lab.stop()

    # What a user does

    @contextmanager
    def measuring(self, run: Path, *, watchdog: bool = False, hook: tuple = ()) -> Iterator[Any]:
        """`phonosync measure`; whatever is left of the process at the end is killed."""
        words = ["measure", str(self._plan), "--rig", str(self._rig), "--seed", str(SEED)]
        with self._process([*words, "--out", str(run)], run, watchdog, hook) as process:
            yield process

    @contextmanager
    def resuming(self, run: Path, *, watchdog: bool = False) -> Iterator[Any]:
        """`phonosync resume`."""
        words = ["resume", str(run), "--rig", str(self._rig)]
        with self._process(words, run, watchdog, ()) as process:
            yield process

    @contextmanager
    def _process(self, words: list[str], run: Path, watchdog: bool, hook: tuple) -> Iterator[Any]:
        words = [*words, "--watchdog"] if watchdog else words
        output = str(run.with_suffix(".out"))
        process = CONTEXT.Process(target=command, args=(words, output, hook))
        process.start()
        try:
            yield process
        finally:
            process.join(5)  # some were killed just now
            overdue = process.is_alive()
            process.kill()
            process.join()
        if overdue:
            raise TrialError("did not end by itself")

    def wait_for_a_moment(self, process: Any, run: Path, random: np.random.Generator) -> None:
        """Wait until a random point is finished, and then a random part of the next."""
        here = len(self.finished(run))
        until = int(random.integers(here, self.points + 1))
        if until == here:
            time.sleep(random.uniform(0, self._opening_s))
        else:
            wait_until(lambda: len(self.finished(run)) >= until or not process.is_alive())
        time.sleep(random.uniform(0, self._point_s))
        self.struck_at.append(len(self.finished(run)))

    # What is left

    def expect(self, right: bool, said: str) -> None:
        """Let the trial fail unless this is right."""
        if not right:
            raise TrialError(said)

    def has_begun(self, run: Path) -> bool:
        """Whether there is a run, of which the journal tells."""
        journal = run / JOURNAL
        return journal.exists() and b"\n" in journal.read_bytes()

    def finished(self, run: Path) -> set[int]:
        """Points that the journal tells of at this moment."""
        return set(read_history(run).points) if self.has_begun(run) else set()

    def wait_for_the_watchdog(self, run: Path) -> None:
        """Wait until the watchdogs are done of all sessions that were killed."""
        if not self.has_begun(run):
            return
        history = read_history(run)
        killed = len(history.sessions) - (history.status in ENDINGS)
        if not killed:
            return
        began, log = time.monotonic(), run / WATCHDOG_LOG

        def done() -> bool:
            said = log.read_text(encoding="utf-8") if log.exists() else ""
            ends = said.count("instruments are safe") + said.count("Given up")
            return ends >= max(killed, said.count("process of the run is dead"))

        wait_until(done)
        self.safe_after_s.append(time.monotonic() - began)

    def ask(self, key: str, question: str) -> str:
        """Ask an instrument over a connection of its own; "" where it answers nothing."""
        instrument = self.lab.servers[key].instrument
        address = ("127.0.0.1", self.lab.servers[key].port)
        end = instrument.reply_terminator
        with socket.create_connection(address, timeout=30) as wire:
            heard = b""
            while not heard.endswith(instrument.greeting or b""):
                heard += wire.recv(4096)
            wire.sendall(question.encode() + b"\r\n")
            heard = b""
            while "?" in question and not heard.endswith(end):
                heard += wire.recv(4096)
            return heard.decode().strip()

    def check_safe(self) -> None:
        """Every instrument that can do harm says over the wire that it does none."""
        for role, question, safe in WATCHED:
            for key in self.lab.servers:
                if key.partition(".")[0] == role:
                    said = self.ask(key, question)
                    self.expect(said in safe, f"{key} answers {said!r} to {question}")

    def check_stopped(
        self, run: Path, known: set[int], statuses: tuple[str, ...], *, watchdog: bool = True
    ) -> None:
        """What a stopped run left: a true status, every finished point, a safe rig."""
        if watchdog:
            self.wait_for_the_watchdog(run)
        self.check_safe()
        if not self.has_begun(run):
            self.expect(not known, "the journal is gone")
            return
        found = open_run(run)
        over = {"planned"} if not found.history.sessions else set()
        over |= {"complete"} if len(found.history.points) == self.points else set()
        self.expect(found.status in {*statuses, *over}, f"status {found.status}")
        lost = known - set(found.history.points)
        self.expect(not lost, f"points {sorted(lost)} are lost")
        if found.history.points:
            self._compare(open_dataset(run).load(), whole=False, points=len(found.history.points))

    def finish(self, run: Path) -> None:
        """Resume, and compare with the uninterrupted run."""
        if not self.has_begun(run):
            return  # struck before the run had a folder: nothing was measured, nothing moved
        for _ in range(10):
            if open_run(run).status == "complete" and (run / DATA).exists():
                break
            with self.resuming(run) as process:
                process.join(PATIENCE_S)
                code = process.exitcode
            if code == 0:
                break
            said = self.last_words(run)
            self.expect("in use by the watchdog" in said, f"resume: exit code {code}")
            time.sleep(1)  # the message says: wait
        self.check_complete(run)
        self.check_safe()

    def check_complete(self, run: Path) -> None:
        """A complete run, equal to the uninterrupted one, also in its file."""
        found = open_run(run)
        self.expect(found.status == "complete", f"status {found.status} at the end")
        missing = [n for n, point in found.history.points.items() if point.missing]
        self.expect(not missing, f"points {missing} are missing")
        self._compare(open_dataset(run).load(), whole=True, points=self.points)
        with xarray.open_dataset(run / DATA, engine="h5netcdf") as file:
            same = np.array_equal(file["psd"].values, self.reference["psd"].values)
            self.expect(same and file.attrs["status"] == "complete", "data.nc is another run")

    def _compare(self, found: xarray.Dataset, *, whole: bool, points: int) -> None:
        taken = int(found["position"].notnull().sum()) if "position" in found else 0
        for name, expected in self.reference.data_vars.items():
            if name not in found:
                self.expect(not whole, f"{name} is not there")
                continue
            if str(name).endswith("measured_at"):
                continue
            have, want = found[name], expected
            if not whole:
                have, want = xarray.align(have, want, join="inner")
                want = want.where(have.notnull())
            equal = np.array_equal(have.values, want.values, equal_nan=True)
            self.expect(equal, f"{name} differs from the uninterrupted run's")
        if whole:
            self.expect(taken == int(self.reference["position"].count()), f"{taken} data points")

    def last_words(self, run: Path) -> str:
        """What the run's processes have said last."""
        said = run.with_suffix(".out")
        return said.read_text(encoding="utf-8")[-600:] if said.exists() else ""


def wait_until(happened: Any) -> None:
    """Look every few milliseconds.

    Raises:
        TrialError: it does not happen.
    """
    end = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > end:
            raise TrialError(f"waited {PATIENCE_S:g} s in vain")
        time.sleep(0.005)


def command(words: list[str], output: str, hook: tuple) -> None:
    """Be `phonosync`, with a hook that lets this process die within a line of its journal."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stream = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(stream, standard)
    if hook:
        _die_in_line(*hook)
    from phonosync.experiments.cli import main

    sys.argv = ["phonosync", *words]
    main()


def _die_in_line(number: int, share: float) -> None:
    """Die when this point's line is due, a share of it written."""
    import json

    from phonosync.experiments.run.journal import Journal

    append = Journal.append

    def dying(self: Any, event: str, **values: Any) -> None:
        if event == "point" and values["number"] == number:
            line = json.dumps({"event": event, **values}).encode()
            self._file.write(line[: int(share * len(line))])
            self._file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        append(self, event, **values)

    Journal.append = dying
