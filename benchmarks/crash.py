"""Runs that are killed, interrupted, cut off and quenched at random moments, and then resumed.

    python benchmarks/crash.py [--kinds "kill -9" quench] [--share 0.1] [--first 0] [--workers 2]

Every trial measures a small plan with `phonosync measure` in a process of its own against a virtual
lab in another one, strikes once at a random moment, looks at what is left, and lets `phonosync
resume` finish. It fails if a finished point is lost or differs from that of the uninterrupted run
in one bit of a spectrum or reading (times apart), if the status is not true, if an instrument is
not safe, or if the resumed run is not complete or not equal to the uninterrupted one.

Processes are forked from one that has imported everything, where the system can fork.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from crash_stage import Stage

from phonosync.experiments.run.folder import DATABASE, open_run
from phonosync.experiments.run.journal import JOURNAL
from phonosync.instruments.virtual.faults import Faults, Kind
from phonosync.instruments.virtual.scpi.server import DroppedError, answer

# The `ring` at a tenth of its frequencies, with short-lived phonons: quick to settle.
DEVICE = """
name: slow_ring
modes:
  cavity: {kind: photon, wavelength: 1550 nm, linewidth: 200 kHz, detuning: 1.5 MHz}
  phonon_1: {kind: phonon, frequency: 1.0 MHz, linewidth: 50 kHz, occupation: 20}
  phonon_2: {kind: phonon, frequency: 1.1 MHz, linewidth: 50 kHz, occupation: 20}
ports: {bus: {mode: cavity, rate: 200 kHz}}
couplings:
  - {kind: radiation_pressure, modes: [cavity, phonon_1], rate: 100 Hz}
  - {kind: radiation_pressure, modes: [cavity, phonon_2], rate: 100 Hz}
sagnac: {mode: cavity, shift: -500 kHz}
drives: [{mode: cavity, port: bus, power: 0.2 mW, transmission: 0.01}]
detection: {port: bus, quadrature: phase, efficiency: 0.7}
"""
RING = """
name: crash
direction: light
laser: {power: 0.2 mW, wavelength: 1550 nm}
spectrum: {start: 0.9 MHz, stop: 1.2 MHz, points: 101, resolution_bandwidth: 10 kHz, averages: 2}
calibrations: {shot_noise: {averages: 4, every: 4}}
retries: 5
"""
# The `yig_pair` with slower and short-lived phonons.
MAGNETIC_DEVICE = """
name: slow_spheres
modes:
  cavity: {kind: photon, frequency: 10 GHz, linewidth: 2 MHz, detuning: 6 MHz}
  magnon_1:
    kind: magnon
    frequency: 9.993 GHz
    linewidth: 2 MHz
    detuning: -1 MHz
    kerr: {along_100: 6.5 nHz, along_110: -6.5 nHz}
  phonon_1: {kind: phonon, frequency: 1.0 MHz, linewidth: 50 kHz}
  phonon_2: {kind: phonon, frequency: 1.1 MHz, linewidth: 50 kHz}
ports:
  antenna: {mode: magnon_1, rate: 2 MHz}
  probe: {mode: cavity, rate: 1 MHz}
couplings:
  - {kind: exchange, modes: [cavity, magnon_1], rate: 3.2 MHz}
  - {kind: magnetostriction, modes: [magnon_1, phonon_1], rate: 1 mHz}
  - {kind: magnetostriction, modes: [magnon_1, phonon_2], rate: 1 mHz}
drives: [{mode: magnon_1, port: antenna, power: 10 mW}]
detection: {port: probe, quadrature: phase, efficiency: 0.5}
temperature: 10 mK
"""
SPHERES = """
name: crash
direction: field
microwave: {power: 10 mW, frequency: 9.994 GHz}
field: {size: 300 mT}
spectrum: {start: 0.9 MHz, stop: 1.2 MHz, points: 101, resolution_bandwidth: 10 kHz, averages: 1}
"""
Random = np.random.Generator


def killed(stage: Stage, random: Random, folder: Path) -> None:
    """SIGKILL; the watchdog makes the rig safe."""
    with stage.measuring(folder, watchdog=True) as process:
        stage.wait_for_a_moment(process, folder, random)
        known = stage.finished(folder)
        process.kill()
    stage.check_stopped(folder, known, ("killed",))
    stage.finish(folder)


def killed_again(stage: Stage, random: Random, folder: Path) -> None:
    """SIGKILL of the run and then of up to three processes that resume it."""
    with stage.measuring(folder, watchdog=True) as process:
        stage.wait_for_a_moment(process, folder, random)
        process.kill()
    for _ in range(random.integers(1, 4)):
        stage.wait_for_the_watchdog(folder)
        if not stage.has_begun(folder) or open_run(folder).status == "complete":
            break
        with stage.resuming(folder, watchdog=True) as process:
            stage.wait_for_a_moment(process, folder, random)
            known = stage.finished(folder)
            process.kill()
        stage.check_stopped(folder, known, ("killed",))
    stage.finish(folder)


def killed_before_its_line(stage: Stage, random: Random, folder: Path) -> None:
    """SIGKILL between the commit to the database and the journal's line, or within that line."""
    at = int(random.integers(stage.points))
    share = float(random.choice([0.0, random.random()]))
    with stage.measuring(folder, watchdog=True, hook=(at, share)) as process:
        process.join(stage.patience_s)
    stage.check_stopped(folder, set(range(at)), ("killed",))
    stage.finish(folder)


def power_cut(stage: Stage, random: Random, folder: Path) -> None:
    """SIGKILL, then the ends of journal and database's log are gone, as on a disk that lies."""
    with stage.measuring(folder, watchdog=True) as process:
        stage.wait_for_a_moment(process, folder, random)
        process.kill()
    stage.check_stopped(folder, set(), ("killed",))
    journal, log = folder / JOURNAL, folder / f"{DATABASE}-wal"
    if stage.has_begun(folder):
        header = len(journal.read_bytes().partition(b"\n")[0]) + 1
        if random.random() < 0.5:
            os.truncate(journal, random.integers(header, journal.stat().st_size + 1))
        if log.exists():
            os.truncate(log, random.integers(log.stat().st_size + 1))
    stage.finish(folder)


def signalled(numbers: tuple[int, ...]) -> Callable[[Stage, Random, Path], None]:
    """The signals, one after the other."""

    def trial(stage: Stage, random: Random, folder: Path) -> None:
        with stage.measuring(folder) as process:
            stage.wait_for_a_moment(process, folder, random)
            known = stage.finished(folder)
            for number in numbers:
                if process.pid is not None and process.is_alive():
                    os.kill(process.pid, number)
                time.sleep(random.uniform(0, 0.3))
            process.join(stage.patience_s)
            code = process.exitcode
        if not stage.has_begun(folder) or open_run(folder).status == "complete":
            stage.expect(code in (0, 3, 130, 143, -15, -2), f"exit code {code}")
            stage.check_safe()
            stage.finish(folder)
            return
        stage.expect(code in (3, 130, -15), f"exit code {code}")
        stage.check_stopped(folder, known, ("interrupted", "planned"), watchdog=False)
        stage.finish(folder)

    return trial


def dropped(stage: Stage, random: Random, folder: Path) -> None:
    """One connection is dropped at one message; the run goes on, or fails and says so."""
    role = str(random.choice(list(stage.heard)))
    at = int(random.integers(1, stage.heard[role] + 1))
    faults = Faults(int(random.integers(2**31)), plan={at: Kind.DROP})
    stage.lab.servers[role].answer = faults.answer
    _goes_on_or_fails(stage, folder)
    stage.expect(bool(faults.happened), f"nothing struck message {at} of the {role}")


def unplugged(stage: Stage, random: Random, folder: Path) -> None:
    """All instruments are cut off for up to two seconds."""

    def refuse(instrument: Any, message: str) -> bytes | None:
        raise DroppedError

    def unplug(process: Any) -> None:
        stage.wait_for_a_moment(process, folder, random)
        for server in stage.lab.servers.values():
            server.answer = refuse
        time.sleep(random.uniform(0, 2))
        for server in stage.lab.servers.values():
            server.answer = answer

    _goes_on_or_fails(stage, folder, unplug)


def _goes_on_or_fails(
    stage: Stage, folder: Path, strike: Callable[[Any], None] = lambda process: None
) -> None:
    try:
        with stage.measuring(folder) as process:
            strike(process)
            process.join(stage.patience_s)
            code = process.exitcode
    finally:
        for server in stage.lab.servers.values():
            server.answer = answer
    stage.expect(code in (0, 2, 3), f"exit code {code}")
    if code == 0:
        stage.check_complete(folder)
    elif stage.has_begun(folder):
        stage.check_stopped(folder, set(), ("failed", "planned"), watchdog=False)
    stage.finish(folder)


def moved(stage: Stage, random: Random, folder: Path) -> None:
    """The whole lab dies, and the run is resumed in another one at other addresses."""
    with stage.measuring(folder) as process:
        stage.wait_for_a_moment(process, folder, random)
        known = stage.finished(folder)
        stage.rebuild()
        process.join(stage.patience_s)
    if stage.has_begun(folder) and open_run(folder).status != "complete":
        stage.check_stopped(folder, known, ("failed", "planned"), watchdog=False)
    stage.finish(folder)


def quenched(stage: Stage, random: Random, folder: Path) -> None:
    """A coil of the magnet quenches."""
    twins = {key: s.instrument for key, s in stage.lab.servers.items() if key.startswith("magnet")}
    with stage.measuring(folder) as process:
        stage.wait_for_a_moment(process, folder, random)
        strongest = max(twins.values(), key=lambda twin: abs(twin.coil.magnet_a))
        strongest.quench()
        process.join(stage.patience_s)
        code = process.exitcode
    run = open_run(folder) if stage.has_begun(folder) else None
    if run is not None and run.status != "complete":  # it may have been over
        stage.expect(code == 3, f"exit code {code}")
        stage.expect(run.status == "failed", f"status {run.status}")
        stage.expect("quench" in run.history.why, f"why: {run.history.why}")
    stage.check_safe()
    time.sleep(0.2)  # thousands of the coil's own time
    for key in twins:
        stage.ask(key, "QU 0")
    stage.finish(folder)


KINDS: dict[str, tuple[Callable[[Stage, Random, Path], None], int]] = {
    "kill -9": (killed, 200),
    "kill -9, and again while resuming": (killed_again, 20),
    "kill -9 between database and journal": (killed_before_its_line, 20),
    "power cut: torn journal and database log": (power_cut, 20),
    "SIGTERM": (signalled((signal.SIGTERM,)), 40),
    "SIGTERM twice": (signalled((signal.SIGTERM, signal.SIGTERM)), 10),
    "Ctrl-C": (signalled((signal.SIGINT,)), 30),
    "Ctrl-C twice": (signalled((signal.SIGINT, signal.SIGINT)), 20),
    "connection dropped": (dropped, 35),
    "all connections cut for a while": (unplugged, 15),
    "lab dead, resumed in another": (moved, 5),
    "quench": (quenched, 20),
}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--share", type=float, default=1.0, help="of the full counts")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    print(f"{'what strikes':<42} trials  failed  points when struck  safe after/s  seconds each")
    failed = False
    with tempfile.TemporaryDirectory(prefix="phonosync_crash_") as place:
        for name in arguments.kinds:
            trial, full = KINDS[name]
            count = max(1, round(full * arguments.share))
            failed |= _strike(name, trial, count, arguments, Path(place))
    sys.exit(failed)


def _strike(name: str, trial: Any, count: int, arguments: Any, place: Path) -> bool:
    """All trials of a kind; prints a line and every failure."""
    text, plan = (MAGNETIC_DEVICE, SPHERES) if name == "quench" else (DEVICE, RING)
    device = place / "device.yaml"
    device.write_text(text, encoding="utf-8")
    seeds = iter(range(arguments.first, arguments.first + count))
    guard = threading.Lock()
    failures: list[str] = []
    stages: list[Stage] = []
    began = time.monotonic()

    def work(number: int) -> None:
        folder = place / f"{name.replace(' ', '_').replace(':', '')}_{number}"
        with closing(Stage(folder, str(device), plan)) as stage:
            stages.append(stage)
            while True:
                with guard:
                    seed = next(seeds, None)
                if seed is None:
                    return
                run = folder / f"run_{seed}"
                try:
                    trial(stage, np.random.default_rng([seed, len(name)]), run)
                except Exception as error:
                    failures.append(f"    seed {seed}: {type(error).__name__}: {error}")
                    print(failures[-1], stage.last_words(run), flush=True)
                    stage.rebuild()

    with ThreadPoolExecutor(arguments.workers) as pool:
        list(pool.map(work, range(min(arguments.workers, count))))
    struck = [n for stage in stages for n in stage.struck_at]
    safe = [s for stage in stages for s in stage.safe_after_s]
    middle = (
        f"{min(struck, default=0)} to {max(struck, default=0)}, mean {np.mean(struck or [0]):.0f}"
    )
    print(
        f"{name:<42} {count:6d}  {len(failures):6d}  {middle:>18}  "
        f"{max(safe, default=0):12.1f}  {(time.monotonic() - began) / count:12.1f}",
        flush=True,
    )
    return bool(failures)


if __name__ == "__main__":
    main()
