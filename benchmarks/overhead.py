"""What does a run cost beside bare QCoDeS, and does its memory stay bounded?

    python benchmarks/overhead.py [--quads 16] [--rounds 3] [--spectra 100000] [--profile]

1. Time per point of `measure_plan` over that of a bare QCoDeS `Measurement` with the same write
   period, which sets the same instruments of a virtual lab, takes the same spectra and asks for the
   same read-backs; both in turns. Once with the `ring` (16 averages of 1001 points), once with
   instruments whose spectra take no time at all.
2. Resident memory during a run of many small spectra from instruments without a wire, and while it
   is opened and exported.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import io
import itertools
import logging
import pstats
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import xarray

from phonosync.experiments.faults.jobs import StillBench
from phonosync.experiments.plan.plan import Plan, load_plan
from phonosync.experiments.plan.schedule import schedule
from phonosync.experiments.rig.file import DIRECTION_OF_LIGHT, RigFile
from phonosync.experiments.rig.rig import Rig, open_rig
from phonosync.experiments.run.journal import read_history
from phonosync.experiments.run.start import measure_plan
from phonosync.instruments.roles import LaserReading
from phonosync.instruments.virtual.bench.bench import Bench
from phonosync.instruments.virtual.lab import VirtualLab, station
from phonosync.theory.checked_file import check
from phonosync.theory.device import load_device

SEED, SAMPLE, WRITE_PERIOD_S = 1, 5000, 0.25
SMALL = {
    "name": "small",
    "laser": {"power": "0.2 mW", "wavelength": "1550 nm"},
    "spectrum": {
        "start": "1 MHz",
        "stop": "2 MHz",
        "points": 101,
        "resolution_bandwidth": "10 kHz",
        "averages": 1,
    },
}


@contextmanager
def rig_round(bench: Any) -> Iterator[Rig]:
    """The instruments of a direction experiment, open."""
    with (
        VirtualLab(bench, DIRECTION_OF_LIGHT, speed_up=1e4) as lab,
        open_rig(check(station(lab.addresses, lab.models), RigFile, "overhead")) as rig,
    ):
        yield rig


def bare(plan: Plan, rig: Rig, folder: Path) -> list[float]:
    """The same points by a plain QCoDeS script; the end of every point, s."""
    from qcodes.dataset import (
        Measurement,
        initialise_or_create_database_at,
        load_or_create_experiment,
    )

    assert plan.laser is not None
    assert plan.spectrum is not None
    folder.mkdir()
    initialise_or_create_database_at(folder / "bare.db")
    run = Measurement(load_or_create_experiment("bare", "sample"), station=rig.station)
    run.write_period = WRITE_PERIOD_S
    run.register_custom_parameter("point")
    run.register_custom_parameter("frequency", unit="Hz", paramtype="array")
    run.register_custom_parameter(
        "psd", unit="W/Hz", setpoints=("point", "frequency"), paramtype="array"
    )
    readings = ("laser_power", "laser_wavelength", "direction", "measured_at")
    for name in readings:
        run.register_custom_parameter(name, setpoints=("point",))
    setting, band, light, ends = plan.laser, plan.spectrum, 0, []
    with contextlib.redirect_stdout(io.StringIO()), run.run() as saver:
        rig.laser.set_wavelength(setting.wavelength)
        rig.laser.set_power(setting.power)
        for point in schedule(plan, SEED):
            if point.kind == "shot_noise":
                rig.laser.off()
            elif not ends or len(ends) == 1:
                rig.laser.on()
            if point.setting.light != light:
                rig.direction_switch.set(point.setting.light)
                light = point.setting.light
            if plan.settling_time:
                time.sleep(plan.settling_time)
            averages = band.averages
            if point.kind == "shot_noise" and plan.shot_noise is not None:
                averages = plan.shot_noise.averages
            psd = rig.spectrum_analyzer.psd(
                band.start,
                band.stop,
                points=band.points,
                rbw_hz=band.resolution_bandwidth,
                averages=averages,
            )
            laser = rig.laser.read()
            values = (laser.power_w, laser.wavelength_m, rig.direction_switch.read(), time.time())
            number = ("point", point.number)
            saver.add_result(number, ("frequency", psd["frequency"].values), ("psd", psd.values))
            saver.add_result(number, *zip(readings, values, strict=True))
            ends.append(time.time())
    rig.laser.off()
    return ends


def ours(plan: Plan, rig: Rig, folder: Path) -> list[float]:
    """The points of a run; the end of every point, s."""
    run = measure_plan(plan, rig, SEED, out=folder)
    return [float(point.values["measured_at"]) for point in run.history.points.values()]


def compare(name: str, bench: Any, plan: Plan, rounds: int, place: Path) -> None:
    """Both in turns, with wall time (median and mean of points) and CPU time."""
    taken: dict[Any, list[float]] = {bare: [], ours: []}
    cpu_s = {bare: 0.0, ours: 0.0}
    with rig_round(bench) as rig:
        bare(plan, rig, place / f"{name} warm")  # compiled and settled
        for turn, way in itertools.product(range(rounds), (bare, ours)):
            began = time.process_time()
            ends = way(plan, rig, place / f"{name} {way.__name__} {turn}")
            cpu_s[way] += time.process_time() - began
            taken[way] += list(np.diff(ends))
    points = len(taken[bare]) + rounds
    ratios = [np.median(taken[ours]) / np.median(taken[bare])]
    ratios += [np.mean(taken[ours]) / np.mean(taken[bare]), cpu_s[ours] / cpu_s[bare]]
    print(
        f"{name}: {points} points each; bare {1e3 * np.median(taken[bare]):.1f} ms a point, a run "
        f"{1e3 * np.median(taken[ours]):.1f} ms; ratio of medians {ratios[0]:.2f}, of means "
        f"{ratios[1]:.2f}, of CPU time with beginning, end and export {ratios[2]:.2f}",
        flush=True,
    )


class Still:
    """Laser, switch and analyzer of a lab in which nothing takes time, not even the wire."""

    def __init__(self, plan: Plan):
        assert plan.laser is not None
        assert plan.spectrum is not None
        band, self._power_w = plan.spectrum, plan.laser.power
        frequency = np.linspace(band.start, band.stop, band.points)
        self._reading = LaserReading(False, 0.0, plan.laser.power, plan.laser.wavelength)
        self._direction, self._frequency = 0, {"frequency": frequency}
        self._random = np.random.default_rng(SEED)

    def set(self, value: Any) -> None:
        """Take a direction, a power or a wavelength."""
        self._direction = value

    set_power = set_wavelength = lambda self, value: None

    def on(self) -> None:
        """Shine."""
        self._reading = replace(self._reading, on=True, power_w=self._power_w)

    def off(self) -> None:
        """Stop shining."""
        self._reading = replace(self._reading, on=False, power_w=0.0)

    def psd(self, start: float, stop: float, **how: Any) -> xarray.DataArray:
        """Noise."""
        values = 1e-15 * self._random.gamma(16, 1 / 16, how["points"])
        return xarray.DataArray(values, self._frequency, "frequency")


class StillLaser(Still):
    """As a laser it is read."""

    def read(self) -> LaserReading:
        """The laser as it stands."""
        return self._reading


class StillSwitch(Still):
    """As a switch it is read."""

    def read(self) -> int:
        """The direction."""
        return self._direction


def still_rig(plan: Plan) -> Rig:
    """A rig without any wire."""
    from qcodes.station import Station

    roles = {"laser": StillLaser, "direction_switch": StillSwitch, "spectrum_analyzer": Still}
    entries = {role: {"type": "none.None", "address": "none"} for role in roles}
    file = check({"instruments": entries}, RigFile, "still rig")
    return Rig(station=Station(), file=file, roles={r: kind(plan) for r, kind in roles.items()})


def memory(spectra: int, place: Path) -> None:
    """Resident memory through a long run, its opening and its exports."""
    from phonosync.experiments.run.dataset import open_dataset
    from phonosync.experiments.run.export import export

    process = psutil.Process()
    plan = Plan.model_validate({**SMALL, "quads": max(spectra // 4, 8)})
    folder, began = place / "long", time.monotonic()

    def resident() -> float:
        return process.memory_info().rss / 2**20

    def watch(step: Any) -> None:
        if step.done % SAMPLE == 0 or step.done == 500:
            print(
                f"  {step.done:7d} points {resident():7.0f} MiB "
                f"{1e3 * (time.monotonic() - began) / step.done:6.1f} ms a point",
                flush=True,
            )

    measure_plan(plan, still_rig(plan), SEED, out=folder, watch=watch)
    history = read_history(folder)
    print(f"  run complete, {len(history.points)} points, netCDF written: {resident():.0f} MiB")
    began = time.monotonic()
    data = open_dataset(folder)
    print(f"  opened in {time.monotonic() - began:.1f} s: {resident():.0f} MiB")
    began = time.monotonic()
    export(folder, place / "long.zarr", "zarr")
    print(f"  Zarr written in {time.monotonic() - began:.1f} s: {resident():.0f} MiB")
    size = sum(f.stat().st_size for f in folder.glob("run.db*")) / 2**20
    print(f"  database {size:.0f} MiB, spectra {data['psd'].nbytes / 2**20:.0f} MiB")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quads", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spectra", type=int, default=100_000, help="of the long run; 0: none")
    parser.add_argument("--profile", action="store_true", help="of a run, and nothing else")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    place = Path(tempfile.mkdtemp(prefix="phonosync_overhead_"))
    small = Plan.model_validate({**SMALL, "quads": max(options.quads, 8)})
    try:
        if options.profile:
            with rig_round(StillBench()) as rig, cProfile.Profile() as profile:
                measure_plan(small, rig, SEED, out=place / "profiled")
            pstats.Stats(profile).sort_stats("cumtime").print_stats(60)
            return
        if options.rounds:
            compare("instantaneous", StillBench(), small, options.rounds, place)
            ring = load_plan("direction_of_light").model_copy(update={"quads": 8})
            compare("ring", Bench(load_device("ring"), SEED), ring, options.rounds, place)
        if options.spectra:
            memory(options.spectra, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
