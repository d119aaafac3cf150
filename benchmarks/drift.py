"""How often does the virtual bench's reciprocal device look nonreciprocal in a lab that drifts?

    python benchmarks/drift.py [--runs 400] [--averages 512] [--orders quads blocks]

Whole runs on the bench without the wire: the schedule of a plan with 8 quads, lead-ins included, on
a ring that does not rotate, a tenth as fast as `reciprocal` and with short-lived phonons, so that a
run takes two seconds and yet tells a change of 1 %. The laser's power drifts by the bench's own
clock; its memory of the direction before is set at the laser. `drift_statistics.py` asks the same
of simulated spectra.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from crash import DEVICE
from drift_statistics import Run, called_nonreciprocal

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.schedule import schedule
from phonosync.instruments.virtual.bench.bench import SHOT_NOISE_W_PER_HZ, Bench
from phonosync.instruments.virtual.bench.clock import AcceleratedClock
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.theory.device import Device, load_device

RECIPROCAL = DEVICE.replace("shift: -500 kHz", "shift: 0 Hz").replace("slow_ring", "slow_null")
# Lines far above the floor, and so broad that there are many independent samples in a second.
RECIPROCAL = RECIPROCAL.replace("occupation: 20}", "occupation: 5000}")
RECIPROCAL = RECIPROCAL.replace("linewidth: 50 kHz", "linewidth: 200 kHz")
HOURS = 1.0  # of a run
DRIFTS = {
    "no drift": ({}, 0.0),
    "3 % linear": ({"power_drift_per_hour": 0.03 / HOURS}, 0.0),
    "3 % random walk": ({"power_walk_per_root_hour": 0.03 / HOURS**0.5}, 0.0),
    "3 % memory of the direction before": ({}, 0.03),
}


def plan_of(order: str, averages: int) -> Plan:
    """8 quads in some order."""
    band = {"start": "0.6 MHz", "stop": "1.5 MHz", "points": 64, "averages": averages}
    return Plan.model_validate(
        {
            "name": "drift",
            "order": order,
            "laser": {"power": "0.2 mW", "wavelength": "1550 nm"},
            "spectrum": {**band, "resolution_bandwidth": "100 kHz"},
        }
    )


def measure(
    device: Device, plan: Plan, seed: int, imperfections: dict[str, float], memory: float
) -> Run:
    """Spectra of a run in the order of measurement, shot noise 1, and their directions."""
    assert plan.laser is not None
    assert plan.spectrum is not None
    points = [point for point in schedule(plan, seed) if point.kind in ("data", "lead_in")]
    clock = AcceleratedClock(3600 * HOURS / len(points))
    bench = Bench(device, seed, imperfections=Imperfections(**imperfections), clock=clock)
    band, before = plan.spectrum, points[0].setting.light
    f = np.linspace(band.start, band.stop, band.points)
    spectra, directions = [], []
    for point in points:
        light = point.setting.light
        bench.begin_point(seed, point.number)
        power_w = plan.laser.power * (1 + memory * before / 2)
        bench.set_laser(power_w=power_w, wavelength_m=plan.laser.wavelength, on=True)
        bench.set_direction(light)
        rows = bench.periodograms(f, band.resolution_bandwidth, band.averages, "gaussian")
        before = light
        if point.kept:
            spectra.append(rows.mean(axis=0) / SHOT_NOISE_W_PER_HZ)
            directions.append(float(light))
    return np.array(spectra), np.array(directions)


def main() -> None:
    """Print the table of false positives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--averages", type=int, default=512)
    parser.add_argument("--orders", nargs="*", default=["quads", "blocks"])
    options = parser.parse_args()
    with TemporaryDirectory() as place:
        file = Path(place) / "device.yaml"
        file.write_text(RECIPROCAL, encoding="utf-8")
        device = load_device(file)
    print(f"| order | {' | '.join(DRIFTS)} |\n|---|{'---|' * len(DRIFTS)}", flush=True)
    began = time.monotonic()
    for order in options.orders:
        plan, cells = plan_of(order, options.averages), []
        for imperfections, memory in DRIFTS.values():

            def run(seed: int, *, plan=plan, how=imperfections, memory=memory) -> Run:
                return measure(device, plan, seed, how, memory)

            cells.append(f"{100 * called_nonreciprocal(run, options.runs):.1f} %")
            print(f"  {order}: {cells[-1]}, {time.monotonic() - began:.0f} s so far", flush=True)
        print(f"| {order} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
