"""A small plan, a bench whose spectra take no time, and rig files for labs on this computer."""

import contextlib
import socket
import sys
import threading
import time

import numpy as np
import pytest
from ruamel.yaml import YAML

from phonosync.analysis.schema import load_run
from phonosync.experiments import cli
from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.rig.file import load_rig
from phonosync.experiments.rig.rig import open_rig
from phonosync.experiments.rig.virtual import served_lab
from phonosync.experiments.run.start import measure_plan
from phonosync.instruments.virtual.lab import VirtualLab, station

PLAN = {
    "name": "small",
    "laser": {"power": "0.197284 mW", "wavelength": "1550 nm"},
    "spectrum": {
        "start": "9.4 MHz",
        "stop": "11.6 MHz",
        "points": 64,
        "resolution_bandwidth": "20 kHz",
        "averages": 1,
    },
    "quads": 8,
    "calibrations": {"shot_noise": {"averages": 2}},
}
SHOT_NOISE = 2.5e-15


class StillBench:
    """Light that is told to go somewhere, and spectra that take no time.

    Attributes:
        hold_at: the spectrum, counted from 1, that is never finished; `held` says that it began.
    """

    def __init__(self):
        self.laser = {"power_w": 0.0, "wavelength_m": 1550e-9, "on": False}
        self.direction, self.seen = 0, []
        self.hold_at, self.held = None, threading.Event()
        self._random = np.random.default_rng(0)

    @property
    def laser_monitor_w(self):
        return self.laser["power_w"] if self.laser["on"] else 0.0

    def set_laser(self, **setting):
        self.laser = setting

    def set_direction(self, direction):
        self.direction = direction

    def set_detector(self, *, joined):
        self.joined = joined

    def periodograms(self, frequencies_hz, resolution_bandwidth_hz, averages, window, should_stop):
        self.seen.append((self.direction, self.laser["on"], averages))
        while len(self.seen) == self.hold_at and not should_stop():
            self.held.set()
            time.sleep(0.01)
        height = 1 + (10 * self.direction + 20) * self.laser["on"]
        return SHOT_NOISE * height * self._random.exponential(size=(averages, len(frequencies_hz)))


@pytest.fixture
def bench():
    return StillBench()


@pytest.fixture
def lab(bench):
    with VirtualLab(bench) as lab:
        yield lab
        bench.hold_at = None


@pytest.fixture(scope="session")
def small_plan():
    """The small plan, with changes: small_plan(quads=9)."""
    return lambda **changes: Plan.model_validate({**PLAN, **changes})


@pytest.fixture(scope="session")
def measured():
    """Measure a plan with an open rig: the path of the run's file."""

    def run(plan, rig, folder, seed, watch=lambda step: None):
        return measure_plan(plan, rig, seed, out=folder, watch=watch).folder / "data.nc"

    return run


@pytest.fixture(scope="session")
def lab_run(tmp_path_factory):
    """Measure a plan (its content) on a device in a lab of its own, over the wire: the run."""

    def run(device, content, seed):
        plan, folder = Plan.model_validate(content), tmp_path_factory.mktemp("runs") / "run"
        lab = served_lab(device, seed, plan.roles, speed_up=100)
        with lab as rig_file, open_rig(rig_file) as rig:
            measure_plan(plan, rig, seed, out=folder)
        return load_run(folder / "data.nc")

    return run


@pytest.fixture
def write(tmp_path):
    """Write a mapping as YAML and return the path."""

    def to(name, content):
        path = tmp_path / name
        with path.open("w", encoding="utf-8") as file:
            YAML().dump(content, file)
        return path

    return to


@pytest.fixture
def plan_file(write):
    return write("plan.yaml", PLAN)


@pytest.fixture
def rig_content():
    """A rig file's content for addresses."""

    def of(addresses):
        return {**station(addresses), "calibration": {"detection_efficiency": 0.7}}

    return of


@pytest.fixture
def rig_file(lab, write, rig_content):
    return write("rig.yaml", rig_content(lab.addresses))


@pytest.fixture
def rig(rig_file):
    with open_rig(load_rig(rig_file)) as rig:
        yield rig


@pytest.fixture
def ask():
    """Ask an instrument over a connection of its own."""

    def question(address, query, terminator="\n"):
        port = int(address.split("::")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
            wire.sendall((query + terminator).encode())
            reply = b""
            while not reply.endswith(terminator.encode()):
                reply += wire.recv(4096)
        return reply.decode().strip()

    return question


@pytest.fixture
def laser_is_on(lab, ask):
    return lambda: ask(lab.addresses["laser"], ":POWer:STATe?", "\r") == "1"


@pytest.fixture
def phonosync(monkeypatch, capsys):
    """Run the command line in this process: exit code, standard output, standard error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["phonosync", *map(str, words)])
        code = 0
        with contextlib.ExitStack() as stack:
            stack.callback(capsys.readouterr)
            capsys.readouterr()
            try:
                cli.main()
            except SystemExit as end:
                code = end.code or 0
            out, err = capsys.readouterr()
        return code, out, err

    return run
