"""Does the demo's interval hold? Whole runs through the wire, many seeds, against the truth.

    python benchmarks/closed_loop.py [--seeds 40] [--first 1] [--devices ring reciprocal]

For every seed the virtual lab is started, measured over its sockets with the shipped plan, and
fitted. Printed: how often the 95 % interval of S_c holds the truth in each direction, the bias in
standard errors, and how often the p-value of the reciprocal device is below 0.05.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from phonosync.analysis.run.cavity import analyse_cavity
from phonosync.analysis.schema import load_run
from phonosync.experiments.plan.plan import load_plan
from phonosync.experiments.rig.virtual import virtual_rig
from phonosync.experiments.run.start import measure_plan
from phonosync.theory.device import load_device
from phonosync.theory.prediction import predict

CLAIMED = 1.959964  # half width of a 95 % interval, in standard errors


def one_run(device: str, seed: int) -> dict:
    """Measure and analyse one run; S_c per direction with interval, p-value, goodness of fit."""
    plan = load_plan("direction_of_light")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with virtual_rig(device, seed) as rig:
            run = measure_plan(plan, rig, seed, out=Path(folder))
        analysis = analyse_cavity(load_run(run.folder / "data.nc"))
    return {
        "device": device,
        "seed": seed,
        "S_c": {s.light: (s.S_c.value, s.S_c.low, s.S_c.high) for s in analysis.directions},
        "p_value": analysis.p_value,
        "deviance_z": analysis.fit.deviance_z,
    }


def truth_of(device: str) -> dict[int, float]:
    """S_c of the stable state per direction of light, by theory."""
    return {p.light: float(p.S_c) for p in predict(load_device(device)) if p.S_c is not None}


def summarise(device: str, runs: list[dict]) -> None:
    """Print coverage, bias and false positives of one device's runs."""
    truth = truth_of(device)
    for light in (1, -1):
        values = np.array([run["S_c"][light] for run in runs])
        known = values[np.isfinite(values).all(axis=1)]  # not a mere limit
        inside = (known[:, 1] <= truth[light]) & (truth[light] <= known[:, 2])
        print(
            f"{device:>10}, light {light:+d}: truth {truth[light]:.4f} inside the 95 % interval in "
            f"{inside.sum()} of {len(known)}; a limit or nothing in {len(runs) - len(known)}"
        )
        if len(known) < 2:
            continue
        # The interval is symmetric in X = 1/S_c.
        X, sigma = 1 / known[:, 0], (1 / known[:, 1] - 1 / known[:, 2]) / (2 * CLAIMED)
        z = (X - 1 / truth[light]) / sigma
        deviance = [run["deviance_z"][light] for run in runs]
        print(
            f"{'':>12}z of X {z.mean():+.2f} ± {z.std(ddof=1):.2f}; mean S_c "
            f"{known[:, 0].mean():.4f}, scatter {known[:, 0].std(ddof=1):.4f}; deviance z "
            f"{np.mean(deviance):+.2f} ± {np.std(deviance, ddof=1):.2f}"
        )
    p = np.array([run["p_value"] for run in runs], float)
    print(f"{device:>10}: p-value below 0.05 in {np.sum(p < 0.05)} of {len(runs)}", flush=True)


def main() -> None:
    """Run all seeds of all devices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--devices", nargs="+", default=["ring", "reciprocal"])
    parser.add_argument("--json", type=Path, help="keep every run's numbers here, a line each")
    options = parser.parse_args()
    for device in options.devices:
        runs, start = [], time.monotonic()
        for seed in range(options.first, options.first + options.seeds):
            runs.append(one_run(device, seed))
            if options.json:
                with options.json.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(runs[-1]) + "\n")
        took = (time.monotonic() - start) / len(runs)
        summarise(device, runs)
        print(f"{device:>10}: {took:.1f} s per run (measurement and analysis)", flush=True)


if __name__ == "__main__":
    main()
