"""Coverage of the interval at the look at which a run ends, with and without the correction.

    python benchmarks/optional_stopping.py --runs 4000

A run of 8 to 64 quads is looked at after every one of them and ends when its contrast of noise
power is known to a half width. A quad's excess noise drifts and scatters; the truth is 1/2.
"""

from __future__ import annotations

import argparse
from itertools import product

import numpy as np

from phonosync.analysis.nonreciprocity.quad_contrast import quad_contrast
from phonosync.analysis.nonreciprocity.stopping import Stopping

FORWARD, BACKWARD = 3.0, 1.0
TRUTH = 0.5


def run(random: np.random.Generator, quads: int, scatter: float) -> np.ndarray:
    """Excess noise of each quad, shape (2, quads): a common drift and a scatter of its own."""
    drift = 1 + 0.03 * np.linspace(-1, 1, quads)
    level = np.array([[FORWARD], [BACKWARD]]) * drift
    return level * (1 + scatter * random.standard_normal((2, quads)))


def ended(noise: np.ndarray, stopping: Stopping, *, plain: bool) -> tuple[bool, int, bool]:
    """Whether the last interval holds the truth, after how many quads, and whether all held."""
    all_held, held, look = True, True, 0
    for look in stopping.looks:
        level = 0.05 if plain else stopping.level(look)
        interval = quad_contrast(noise[0, :look], noise[1, :look], level=level)
        held = interval.low <= TRUTH <= interval.high
        all_held &= held
        if interval.high - interval.low <= 2 * stopping.half_width:
            break
    return held, look, all_held


def main() -> None:
    """Print a table: half width, looks, coverage at the end, mean length of the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=4000)
    options = parser.parse_args()
    plans = {"every quad, 8 to 64": range(8, 65), "8, 16, 32, 64": (8, 16, 32, 64)}
    kinds = {"plain 95 %": (True, True), "by width": (False, True), "any reason": (False, False)}
    print("| looks | half width | interval | holds at the end | held at all looks | mean quads |")
    print("|---|---|---|---|---|---|")
    for (name, looks), half_width in product(plans.items(), (0.03, 0.02, 0.015, 0.01)):
        for kind, (plain, by_width_alone) in kinds.items():
            stopping = Stopping(half_width, looks, by_width_alone=by_width_alone)
            random = np.random.default_rng(1)
            results = [
                ended(run(random, 64, 0.08), stopping, plain=plain) for _ in range(options.runs)
            ]
            held, length, always = np.mean(np.array(results, float), axis=0)
            print(
                f"| {name} | {half_width:g} | {kind} | {100 * held:.1f} % | "
                f"{100 * always:.1f} % | {length:.1f} |"
            )


if __name__ == "__main__":
    main()
