"""One phonon or two: how often one line is called two, and two are found.

    python benchmarks/one_or_two.py [--sets 300] [--averages 50] [--window hann]

Sets of spectra of one line (20 points wide, 15 times above its background) and of two equal ones at
several splittings. Each set is fitted, and one spectrum simulated from its single line gives one
gain under the null hypothesis; pooled over the sets they give the critical gain (the warp-speed
bootstrap), which saves the 199 replicas that `phonosync fit --one-or-two` draws for one spectrum.
Beside it: how often the chi-square law with three degrees of freedom would have called one line
two.

Source: R. Giacomini, D. N. Politis, H. White, Econometric Theory 29, 567 (2013).
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from scipy.stats import chi2

from phonosync.analysis.lines.acquisition import Acquisition
from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.lines.one_or_two import Comparison
from phonosync.analysis.lines.shape import oscillator_line
from phonosync.analysis.measured.spectra import power_spectrum
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.theory.errors import InputError

LINEWIDTH, HEIGHT, CENTRE, POINTS = 20.0, 15.0, 400.0, 800


def gains(seed: int, splitting: float, averages: float, window: str) -> tuple[float, float] | None:
    """Gain of one simulated measurement and of one spectrum of its own single line."""
    random = np.random.default_rng(seed)
    frequency = np.arange(1.0, POINTS + 1)
    resolution = None if window == "none" else SegmentWindow(window, 1.0)
    acquisition = Acquisition(averages, 1.0, resolution=resolution)
    area = HEIGHT * LINEWIDTH * np.pi / 2
    mean = 1 + sum(
        oscillator_line(
            frequency,
            CENTRE + side * splitting * LINEWIDTH / 2,
            LINEWIDTH,
            area,
            resolution=resolution,
        )
        for side in (-1, 1)
    )
    power = acquisition.simulate(mean, random, np.arange(POINTS))
    spectrum = power_spectrum(frequency, power, averages=averages, resolution=resolution)
    try:
        fit = fit_lines(spectrum)
    except InputError:
        return None
    if len(fit.modes) != 1:
        return None  # found as two without asking
    comparison = Comparison.around(spectrum, fit, 0)
    one = comparison.single(comparison.power)
    null = replace(comparison, power=comparison.simulate(one, random))
    return comparison.gain(comparison.power), null.gain(null.power)


def main() -> None:
    """Print the shares of spectra that are called two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=300)
    parser.add_argument("--averages", type=float, default=50)
    parser.add_argument("--window", default="none")
    parser.add_argument("--splittings", type=float, nargs="+", default=[0.0, 0.3, 0.5, 0.7])
    options = parser.parse_args()
    print(f"K = {options.averages:g}, window {options.window}, {options.sets} spectra each")
    for splitting in options.splittings:
        found = [
            gains(seed, splitting, options.averages, options.window) for seed in range(options.sets)
        ]
        several = sum(pair is None for pair in found)
        measured, null = np.array([pair for pair in found if pair is not None]).T
        critical = np.quantile(null, 0.95)
        share = (np.sum(measured > critical) + several) / options.sets
        error = np.sqrt(share * (1 - share) / options.sets)
        bare = np.mean(measured > chi2.ppf(0.95, 3))
        print(
            f"splitting {splitting:.1f} linewidths: called two {100 * share:.1f} ± "
            f"{100 * error:.1f} % (critical gain {critical:.1f}; bare chi-square "
            f"{100 * bare:.0f} %)",
            flush=True,
        )


if __name__ == "__main__":
    main()
