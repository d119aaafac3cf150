"""What `phonosync lab` does and prints."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from phonosync.experiments.rig.virtual import as_yaml, virtual_rig_content, write_rig_file
from phonosync.experiments.screens.assignments import assignments
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.instruments.virtual.bench.clock import Clock
    from phonosync.instruments.virtual.lab import VirtualLab
    from phonosync.theory.device import Device

NONE = "none"
FAULT_RATE = 0.01
ACCELERATED, REAL = "accelerated", "real"


def lab(
    device_name: str,
    seed: int | None,
    rig: Path | None,
    as_json: bool,
    *,
    models: Mapping[str, str | None] | None = None,
    speed_up: float = 1.0,
    faults: int | None = None,
    imperfection: Sequence[str] = (),
    clock: str = ACCELERATED,
    pause: str | None = None,
) -> None:
    """Serve a device's virtual instruments until Ctrl-C or SIGTERM.

    Args:
        device_name: a shipped device or a device file.
        seed: of the bench.
        rig: where to write a rig file; it is printed if None.
        as_json: print the addresses as one line of JSON instead.
        models: role -> name of its model, "none" to leave it out, None for the default.
        speed_up: how much faster than real ones the instruments ramp, tune and settle.
        faults: seed of faults that strike one message in a hundred; None for no faults.
        imperfection: of the bench, "name=value with unit", as `ImperfectionEntries` takes them.
        clock: "accelerated" or "real".
        pause: lab time that passes after every acquisition by the accelerated clock, "1 min".

    Raises:
        InputError: no such device, model, imperfection or clock, or a device that cannot stand in
            the lab.
    """
    from phonosync.instruments.virtual.bench.bench import Bench
    from phonosync.instruments.virtual.bench.imperfection_entries import imperfections
    from phonosync.instruments.virtual.lab import VirtualLab
    from phonosync.theory.device import load_device

    device = load_device(device_name)
    chosen = _chosen(device, models or {})
    entries = assignments(imperfection, "--imperfection", "power_drift=3 %/h")
    bench = Bench(
        device,
        seed,
        imperfections=imperfections(entries, "--imperfection"),
        clock=_clock(clock, pause),
    )
    with (
        _stopped_by_signals() as stop,
        VirtualLab(bench, chosen, chosen, speed_up=speed_up) as served,
    ):
        content = virtual_rig_content(device, served)
        if rig is not None:
            write_rig_file(rig, content)
        if faults is not None:
            served.disturb(faults, rate=FAULT_RATE)
        if as_json:
            print(json.dumps(served.addresses), flush=True)
        else:
            _show(device, served, content, rig)
            if entries:
                said = ", ".join(f"{name} {value}" for name, value in entries.items())
                print(f"The bench has imperfections: {said}.")
            if clock == REAL:
                print("The clock is real: data take as long as in the lab.")
            elif pause is not None:
                print(f"After every acquisition {pause} of the lab's time pass.")
            if faults is not None:
                print(f"Faults strike one message in {1 / FAULT_RATE:.0f} (seed {faults}).")
            print("Serving on this computer only; Ctrl-C ends it.", flush=True)
        wait_for_the_end(stop)


def wait_for_the_end(stop: threading.Event) -> None:
    """Serve on until a signal sets `stop`, or Ctrl-C."""
    try:
        while not stop.wait(0.2):
            pass
    except KeyboardInterrupt:
        print("The virtual lab is closed.", file=sys.stderr)


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and its like set."""
    stop, former = threading.Event(), {}
    for name in ("SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            former[number] = signal.signal(number, lambda *_: stop.set())
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _chosen(device: Device, models: Mapping[str, str | None]) -> dict[str, str]:
    """Role -> model of all roles that are to be served."""
    from phonosync.instruments.virtual.catalogue import MODELS, roles_of, spare_roles

    fits = roles_of(device)
    asked = [role for role, name in models.items() if name not in (None, NONE)]
    spare = [role for role in spare_roles(device) if role in asked]
    for role, name in models.items():
        if role in asked and role not in (*fits, *spare):
            raise InputError(
                f"{device.name} has nothing for a {role} to act on; leave {name!r} away, or choose "
                f"a device that has. Its roles are {', '.join(fits)}."
            )
    return {
        role: models.get(role) or next(iter(MODELS[role]))
        for role in (*fits, *spare)
        if models.get(role) != NONE
    }


def _clock(name: str, pause: str | None) -> Clock:
    """The lab's clock."""
    from phonosync.instruments.virtual.bench.clock import AcceleratedClock, RealClock
    from phonosync.theory.quantities import parse_quantity

    if name not in (ACCELERATED, REAL):
        raise InputError(f"--clock is {name!r}; choose {ACCELERATED} or {REAL}.")
    if pause is None:
        return RealClock() if name == REAL else AcceleratedClock()
    if name == REAL:
        raise InputError("--pause is for the accelerated clock; leave it or --clock real away.")
    try:
        pause_s = parse_quantity(pause, "s", "a time", "1 min")
    except ValueError as error:
        raise InputError(f"--pause: {error}.") from None
    if pause_s < 0:
        raise InputError(f"--pause is {pause!r}; give a time that passes.")
    return AcceleratedClock(pause_s)


def _show(device: Device, served: VirtualLab, content: dict, rig: Path | None) -> None:
    table = Table(title=f"Virtual lab: {device.name}", title_justify="left")
    for column in ("role", "model", "VISA address"):
        table.add_column(column)
    for key, address in served.addresses.items():
        role = key.partition(".")[0]
        table.add_row(key, served.identities[role].model, address)
    Console().print(table)
    if rig is None:
        print("Station file ('--rig FILE' writes it):\n")
        print(as_yaml(content))
    else:
        print(f"Station file: {rig}. Check it with 'phonosync check {rig}'.")
