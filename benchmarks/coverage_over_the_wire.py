"""Do the intervals of whole runs hold? Measured over the wire, fitted as `phonosync fit` does.

    python benchmarks/coverage_over_the_wire.py [--seeds 200] [--devices ring ...] [--runs FOLDER]

For every seed a short plan is measured in the virtual lab, whose bench integrates the device in
time, and the run is fitted with a device file that is wrong: its numbers are off by a tenth.
Printed: how many 95 % intervals of S_c, contrast and every fitted entry hold the truth of theory,
and the bias in standard errors. One lab serves all seeds of a device; noise follows the run's seed.
With `--runs` the runs are kept, and those that are there already are only fitted; `--measure` alone
measures what is missing and fits nothing.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from interval_coverage import print_coverage, truths

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.free import parse_free
from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.network import NetworkAnalysis
from phonosync.analysis.schema import load_run
from phonosync.experiments.plan.plan import Plan, load_plan
from phonosync.experiments.rig.rig import open_rig
from phonosync.experiments.rig.virtual import served_lab
from phonosync.experiments.run.start import measure_plan
from phonosync.theory import Device
from phonosync.theory.device import device_from_text
from phonosync.theory.device.entries import with_entries
from phonosync.theory.device.text import device_text
from phonosync.theory.errors import PhonosyncError

SPEED_UP = 1e4  # of magnets and sources
_OFF = 0.1  # how wrong the file is: of a number, or of a linewidth where it is a frequency
_PHONONS = tuple(
    f"modes.phonon_{j}.{what}" for j in (1, 2) for what in ("frequency", "linewidth", "occupation")
)
_PRESSURES = tuple(f"couplings.cavity-phonon_{j}.rate" for j in (1, 2))
_SPHERES = (
    *(f"modes.{mode}.detuning" for mode in ("cavity", "magnon_1", "magnon_2")),
    *(f"modes.phonon_{j}.{what}" for j in (1, 2) for what in ("frequency", "linewidth")),
    *(f"couplings.magnon_{j}-phonon_{j}.rate" for j in (1, 2)),
)


@dataclass(frozen=True)
class Lab:
    """A device, the plan that measures it, and what of it is fitted."""

    device: Device
    plan: Plan
    free: tuple[str, ...]


def labs() -> dict[str, Lab]:
    """Light turned round a ring and a hybrid, the field round two spheres, all settling fast."""
    found = {}
    for name in ("ring", "hybrid"):
        device = device_from_text(
            device_text(name).replace("linewidth: 5 kHz", "linewidth: 20 kHz"), f"lively {name}"
        )
        laser = {"power": device.drives[0].power, "wavelength": 1550e-9}
        plan = _shorter("direction_of_light", start=9.4e6, stop=11.6e6, points=331, averages=16)
        free = ("modes.cavity.detuning", "sagnac.shift", *_PHONONS, *_PRESSURES)
        found[name] = Lab(device, Plan.from_record(plan | {"laser": laser}), free)
    plan = _shorter("direction_of_field", start=9.5e6, stop=10.7e6, points=181, averages=16)
    text = device_text("yig_pair").replace("temperature: 10 mK", "temperature: 100 mK")
    text = text.replace("linewidth: 20 Hz", "linewidth: 20 kHz").replace("1 mHz", "20 mHz")
    spheres = device_from_text(text, "lively spheres")
    return found | {"spheres": Lab(spheres, Plan.from_record(plan), _SPHERES)}


def _shorter(name: str, **spectrum: float) -> dict:
    record = load_plan(name).model_dump(mode="json")
    record["spectrum"] |= {"resolution_bandwidth": 10e3, **spectrum}
    return record | {"control": None, "calibrations": {"shot_noise": {"averages": 64}}}


def measure_missing(lab: Lab, seeds: range, place: Path) -> None:
    """One run a seed, over the wire, each in its own folder; a run that is complete stays."""
    missing = [seed for seed in seeds if not (place / str(seed) / "data.nc").exists()]
    if not missing:
        return
    with (
        served_lab(lab.device, 1, lab.plan.roles, speed_up=SPEED_UP) as rig_file,
        open_rig(rig_file) as rig,
    ):
        for seed in missing:
            measure_plan(lab.plan, rig, seed, out=place / str(seed))


def one_fit(lab: Lab, file: Path, seed: int) -> dict[str, tuple[float, ...]]:
    """Fit a run: value, low and high of everything, and the deviances' z."""
    found = analyse(load_run(file), device=rough(lab, seed), free=lab.free).network
    assert found is not None
    return intervals_of(found) | {f"z {k}": (z,) for k, z in found.fit.deviance_z.items()}


def rough(lab: Lab, seed: int) -> Device:
    """The device as a lab's file may have it before the fit."""
    random = np.random.default_rng([seed, 1])
    return with_entries(
        lab.device,
        {
            one.entry: one.start + _OFF * (one.width or one.start) * random.uniform(-1, 1)
            for one in parse_free(lab.device, lab.free)
        },
    )


def intervals_of(found: NetworkAnalysis) -> dict[str, tuple[float, ...]]:
    """S_c of every direction, contrasts and entries."""
    said = found.synchronization
    intervals = {f"S_c {_way(s.condition)}": s.S_c for s in said.states}
    for c in said.contrasts:
        intervals[f"contrast {_way(c.forward)} {_way(c.backward)}"] = c.contrast
    return {k: (x.value, x.low, x.high) for k, x in (intervals | dict(found.entries)).items()}


def _way(condition: Condition) -> str:
    return f"{condition.light or 1:+d}{condition.field:+d}"  # no light: as if it went forward


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--devices", nargs="+", default=list(labs()), choices=list(labs()))
    parser.add_argument("--runs", type=Path, help="keep the runs in this folder, and use its runs")
    parser.add_argument("--measure", action="store_true", help="measure only, into --runs")
    parser.add_argument("--json", type=Path, help="keep every run's numbers here, a line each")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    known, seeds = labs(), range(options.first, options.first + options.seeds)
    for name in options.devices:
        lab, rows, failed = known[name], [], []
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            place = (options.runs or Path(scratch)) / name
            began = time.monotonic()
            measure_missing(lab, seeds, place)
            print(f"{name}: measured in {time.monotonic() - began:.0f} s", flush=True)
            if options.measure:
                continue
            began = time.process_time()
            for seed in seeds:
                try:
                    rows.append(one_fit(lab, place / str(seed) / "data.nc", seed))
                except PhonosyncError as error:
                    failed.append(f"seed {seed}: {error}")
                    continue
                if options.json:
                    with options.json.open("a", encoding="utf-8") as kept:
                        kept.write(json.dumps({"device": name, "seed": seed} | rows[-1]) + "\n")
        took = (time.process_time() - began) / options.seeds
        print(f"{name}: {took:.1f} s CPU a fit, {len(failed)} of {options.seeds} failed", *failed)
        z = np.array([value[0] for row in rows for key, value in row.items() if key[:2] == "z "])
        print(f"  deviance z {z.mean():+.2f} ± {z.std():.2f}")
        columns = {key: np.array([row[key] for row in rows]) for key in rows[0] if key[:2] != "z "}
        print_coverage(columns, truths(lab.device, lab.free))


if __name__ == "__main__":
    main()
