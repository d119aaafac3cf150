"""Do the 95 % intervals of a resonance hold where neighbouring residuals are correlated.

    python benchmarks/resonance_coverage.py [--draws 200] [--replicas 200]

A notch of 501 points, 60 of them in a linewidth, under noise that remembers (AR(1)); found and
fitted without starting values. Printed: how often the intervals of each method hold frequency,
linewidth and internal Q.
"""

from __future__ import annotations

import argparse

import numpy as np
import xarray as xr

from phonosync.analysis.lines.resonance import fit_resonance
from phonosync.analysis.lines.resonance_intervals import bootstrapped_resonance, profiled_resonance

FREQUENCY = np.linspace(5.922e9, 5.923e9, 501)
CENTRE, LINEWIDTH, COUPLED = 5.9224e9, 120e3, 0.3
TRUTH = {
    "frequency_hz": CENTRE,
    "linewidth_hz": LINEWIDTH,
    "internal_quality": CENTRE / LINEWIDTH / (1 - COUPLED),
}
NOISE = 0.01


def notch(memory: float, random: np.random.Generator) -> xr.DataArray:
    """A trace whose noise has the correlation memory^k at k points apart."""
    e = NOISE / np.sqrt(2) * (random.standard_normal((len(FREQUENCY), 2)) @ [1, 1j])
    for k in range(1, len(e)):
        e[k] = memory * e[k - 1] + np.sqrt(1 - memory**2) * e[k]
    S = 1 - COUPLED / (1 + 2j * (FREQUENCY - CENTRE) / LINEWIDTH)
    return xr.DataArray(S + e, coords={"frequency": FREQUENCY}, dims="frequency", name="S21")


def main() -> None:
    """Every memory of the noise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--replicas", type=int, default=200)
    options = parser.parse_args()
    print(f"{'memory':>6} {'method':>10}  " + "  ".join(f"{name:>16}" for name in TRUTH))
    for memory in (0.0, 0.5, 0.8):
        held: dict[str, list[list[bool]]] = {}
        for draw in range(options.draws):
            fit = fit_resonance(notch(memory, np.random.default_rng(draw)))
            for one in (
                fit,
                profiled_resonance(fit),
                bootstrapped_resonance(fit, replicas=options.replicas, seed=draw),
            ):
                inside = [
                    getattr(one, k).low <= t <= getattr(one, k).high for k, t in TRUTH.items()
                ]
                held.setdefault(one.interval, []).append(inside)
        for method, found in held.items():
            shares = 100 * np.mean(found, axis=0)
            words = "  ".join(f"{share:14.1f} %" for share in shares)
            print(f"{memory:6.1f} {method:>10}  {words}", flush=True)


if __name__ == "__main__":
    main()
