"""Do the 95 % intervals of a line hold: few and many averages, windows, filters, decibels.

    python benchmarks/line_coverage.py [--seeds 150]

Spectra of one line with the scatter and correlations of each acquisition, found and fitted without
starting values. Printed: how often each interval holds the truth, the mean pull, and the mean and
spread of the deviance's z.
"""

from __future__ import annotations

import argparse

import numpy as np

from phonosync.analysis.lines.acquisition import Acquisition
from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.lines.shape import oscillator_line
from phonosync.analysis.measured.spectra import power_spectrum
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory.errors import InputError

CENTRE, POINTS = 400.3, 800
CASES = {
    "K = 1": (Acquisition(1, 1.0), 20.0),
    "K = 10": (Acquisition(10, 1.0), 20.0),
    "K = 100": (Acquisition(100, 1.0), 20.0),
    "K = 20, Hann, 50 % overlap": (
        Acquisition(20, 1.0, resolution=SegmentWindow("hann", 1.0, 0.5)),
        20.0,
    ),
    "K = 20, Hann, line of 3 points": (
        Acquisition(20, 1.0, resolution=SegmentWindow("hann", 1.0)),
        3.0,
    ),
    "K = 50, Gaussian filter of 3 points": (
        Acquisition(50, 1.0, resolution=GaussianFilter(3.0)),
        10.0,
    ),
    "K = 20 of decibels": (Acquisition(20, 1.0, "log"), 20.0),
}


def one_fit(acquisition: Acquisition, linewidth: float, seed: int) -> tuple | None:
    """Whether each interval held, each pull, and the deviance's z; None if nothing was found."""
    frequency = np.arange(1.0, POINTS + 1)
    truth = (CENTRE, linewidth, 30 * linewidth * np.pi / 2)
    line = oscillator_line(frequency, *truth, resolution=acquisition.resolution)
    random = np.random.default_rng(seed)
    power = acquisition.simulate(1 + line, random, np.arange(POINTS))
    spectrum = power_spectrum(
        frequency,
        power,
        averages=acquisition.averages,
        resolution=acquisition.resolution,
        averaging=acquisition.averaging,
    )
    try:
        fit = fit_lines(spectrum)
    except InputError:
        return None
    if len(fit.modes) != 1:
        return None
    (mode,) = fit.modes
    intervals = (mode.frequency_hz, mode.linewidth_hz, mode.area)
    held = [i.low <= t <= i.high for i, t in zip(intervals, truth, strict=True)]
    pull = [
        (i.value - t) / ((i.high - i.low) / 3.92) for i, t in zip(intervals, truth, strict=True)
    ]
    return held, pull, fit.goodness.deviance_z


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=150)
    options = parser.parse_args()
    for name, (acquisition, linewidth) in CASES.items():
        found = [one_fit(acquisition, linewidth, seed) for seed in range(options.seeds)]
        lost = sum(fit is None for fit in found)
        held, pull, z = (np.array(part) for part in zip(*filter(None, found), strict=True))
        print(
            f"{name}: frequency, linewidth, area held in "
            + ", ".join(f"{100 * share:.1f} %" for share in held.mean(axis=0))
            + "; mean pull "
            + ", ".join(f"{p:+.2f}" for p in pull.mean(axis=0))
            + f"; deviance z {z.mean():+.2f} ± {z.std():.2f}; not one line: {lost}",
            flush=True,
        )


if __name__ == "__main__":
    main()
