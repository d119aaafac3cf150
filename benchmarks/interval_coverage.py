"""Do the intervals of a network fit hold the truth as often as they say?

    python benchmarks/interval_coverage.py [--seeds 200] [--devices ring ...] [--cases K1 hann ...]

For every seed the spectra of a device are drawn (frequency by frequency from a gamma law; for
"hann" as Welch averages of a complex record with that spectrum) and fitted with its numbers free.
Printed: how many 95 % intervals of S_c, contrast and every free entry hold the truth, and the bias
in standard errors.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition, directions_of
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.intervals import entry_intervals
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.observations import NoiseSpectrum, Observations, Prior, Response
from phonosync.analysis.models.simulation import simulate
from phonosync.analysis.models.synchronization import network_synchronization
from phonosync.analysis.statistics.interval import SIGMAS_95
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.theory import load_device
from phonosync.theory.device import Device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.errors import PhonosyncError
from phonosync.theory.prediction import predict

PHONONS = tuple(
    f"modes.phonon_{j}.{what}" for j in (1, 2) for what in ("frequency", "linewidth", "occupation")
)
PRESSURES = tuple(f"couplings.cavity-phonon_{j}.rate" for j in (1, 2))
RING = ("modes.cavity.linewidth", "modes.cavity.detuning", "sagnac.shift", *PHONONS, *PRESSURES)
HYBRID = (*RING, "modes.magnon.detuning", "couplings.cavity-magnon.rate")
# Broad cooled lines hardly tell the phonons' own linewidths; a ring-down in the dark does.
RING_DOWN = {f"modes.phonon_{j}.linewidth": Prior(5e3, 250.0) for j in (1, 2)}
SPHERES = (
    "modes.cavity.linewidth",
    "modes.cavity.detuning",
    *(f"modes.phonon_{j}.{what}" for j in (1, 2) for what in ("frequency", "linewidth")),
    *(f"couplings.magnon_{j}-phonon_{j}.rate" for j in (1, 2)),
    "temperature",
)
POINTS = {"K1": 4004, "K10": 1001, "K100": 1001}


@dataclass(frozen=True)
class Bench:
    """A device, what is free of it, where its lines are (Hz), and what of it is calibrated."""

    device: Device
    free: tuple[str, ...]
    axis: Callable[[Condition, int], NDArray[np.floating]]
    priors: dict[str, Prior] = field(default_factory=dict)


def benches() -> dict[str, Bench]:
    """The three devices."""
    spheres = load_device("yig_pair")
    # At 10 mK the spheres' lines stand 5 % above the noise, and only 10^4 averages would show them.
    spheres = with_entries(spheres, {find_entry(spheres, "temperature"): 1.0})
    return {
        "ring": Bench(load_device("ring"), RING, lambda c, n: np.linspace(9.4e6, 11.6e6, n)),
        "hybrid": Bench(
            load_device("hybrid"), HYBRID, lambda c, n: np.linspace(8.5e6, 12.5e6, n), RING_DOWN
        ),
        "yig_pair": Bench(spheres, SPHERES, _two_zooms),
    }


def _two_zooms(condition: Condition, points: int) -> NDArray[np.floating]:
    """Narrow spans round both phonons, as an analyzer would zoom."""
    half = 3e3 if condition.field > 0 else 300.0
    span = np.linspace(-half, half, points // 2)
    return np.concatenate([10e6 + span, 10.2e6 + span])


def template(bench: Bench, case: str) -> Observations:
    """Conditions, axes and averages; the spheres have their cavity's reflection, too."""
    traces = []
    for condition in directions_of(bench.device):
        if case == "hann":
            traces.append(_hann_trace(bench, condition))
            continue
        K, f = int(case[1:]), bench.axis(condition, POINTS[case])
        traces.append(NoiseSpectrum(condition, f, np.ones(len(f)), K))
        if bench.device.name == "yig_pair":
            f, nothing = np.linspace(-5e6, 20e6, 201), np.ones(201, complex)
            traces.append(Response(condition, f, nothing, 3e-3, "probe", "probe"))
    return Observations(tuple(traces), bench.priors, reference_averages=1e6)


SEGMENT, SEGMENTS = 1024, 199
RATE = 2.56e6  # of the complex record, Hz


def _hann_trace(bench: Bench, condition: Condition) -> NoiseSpectrum:
    window = SegmentWindow("hann", SEGMENT / RATE, 0.5)
    f = 10.5e6 + np.fft.fftshift(np.fft.fftfreq(SEGMENT, 1 / RATE))
    K = window.effective_averages(SEGMENTS)
    return NoiseSpectrum(condition, f, np.ones(SEGMENT), K, window)


def welch_draw(model: JointModel, random: np.random.Generator) -> Observations:
    """Welch averages of records in time; nothing of the analysis' own window formulas is used.

    Calibrations and the level's reference are drawn as everywhere.
    """
    parameters, observed = model.parameters(), simulate(model, model.parameters(), random)
    total = observed.reference_averages
    unit = random.gamma(total, 1 / total)
    length = SEGMENT * (SEGMENTS + 1) // 2
    fine = 10.5e6 + np.fft.fftfreq(length, 1 / RATE)
    sharp = replace(
        observed,
        traces=tuple(
            NoiseSpectrum(t.condition, np.sort(fine), np.ones(length), 1) for t in observed.spectra
        ),
    )
    exact = replace(model, observations=sharp, _known={})
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SEGMENT) / SEGMENT)
    traces = []
    for k, trace in enumerate(observed.spectra):
        S = np.fft.ifftshift(exact.expected(parameters, k))
        noise = random.standard_normal((2, length))
        waves = np.sqrt(S / 2) * (noise[0] + 1j * noise[1])
        record = np.fft.ifft(waves) * np.sqrt(length)
        starts = np.arange(SEGMENTS) * SEGMENT // 2
        pieces = record[starts[:, None] + np.arange(SEGMENT)] * window
        power = np.mean(np.abs(np.fft.fft(pieces, axis=1)) ** 2, axis=0) / np.sum(window**2)
        traces.append(replace(trace, power=np.fft.fftshift(power) / unit))
    return replace(observed, traces=tuple(traces))


def truths(device: Device, free: tuple[str, ...]) -> dict[str, float]:
    """By theory: S_c per direction, contrasts, and the file's own numbers."""
    S = {(p.light, p.field): float(p.S_c) for p in predict(device) if p.S_c is not None}
    known = {f"S_c {light:+d}{way:+d}": value for (light, way), value in S.items()}
    for (light, way), value in S.items():
        for other in ((-light, way), (light, -way)):
            if other in S and (light, way) > other:
                back = S[other]
                known[f"contrast {light:+d}{way:+d} {other[0]:+d}{other[1]:+d}"] = (
                    value - back
                ) / (value + back)
    return known | {one: _value(device, one) for one in free}


def _value(device: Device, name: str) -> float:
    from phonosync.theory.device.entries import entry_value

    value = entry_value(device, find_entry(device, name))
    assert value is not None
    return value


def one_fit(bench: Bench, observed: Observations, method: str) -> dict[str, tuple[float, ...]]:
    """Value, low and high of everything."""
    fit = fit_network(bench.device, bench.free, observed, start={})
    found = network_synchronization(fit, method=method)  # type: ignore[arg-type]
    intervals = {f"S_c {s.condition.light:+d}{s.condition.field:+d}": s.S_c for s in found.states}
    for c in found.contrasts:
        a, b = c.forward, c.backward
        intervals[f"contrast {a.light:+d}{a.field:+d} {b.light:+d}{b.field:+d}"] = c.contrast
    intervals |= entry_intervals(fit, method)  # type: ignore[arg-type]
    return {name: (x.value, x.low, x.high) for name, x in intervals.items()}


def run(bench: Bench, case: str, seeds: int, method: str) -> tuple[dict[str, NDArray], int]:
    """All seeds of one device and case; how many fits failed."""
    model = JointModel.of(bench.device, bench.free, template(bench, case))
    found: dict[str, list[tuple[float, ...]]] = {}
    failed = 0
    for seed in range(seeds):
        random = np.random.default_rng([seed, len(case)])
        if case == "hann":
            observed = welch_draw(model, random)
        else:
            observed = simulate(model, model.parameters(), random)
        try:
            values = one_fit(bench, observed, method)
        except PhonosyncError:
            failed += 1
            continue
        for name, three in values.items():
            found.setdefault(name, []).append(three)
    return {name: np.array(rows) for name, rows in found.items()}, failed


def print_coverage(found: dict[str, NDArray], truth: dict[str, float]) -> None:
    """Per quantity: how many intervals hold the truth, bias and spread in standard errors.

    Args:
        found: rows of value, low and high, shape (runs, 3); an end that is NaN is no limit, a row
            of NaN alone says nothing and does not count.
        truth: of each.
    """
    for what, rows in found.items():
        told = rows[np.isfinite(rows).any(axis=1)]
        held = np.mean(~(told[:, 1] > truth[what]) & ~(truth[what] > told[:, 2]))
        known = rows[np.isfinite(rows).all(axis=1)]
        off, sigma = known[:, 0] - truth[what], np.diff(known[:, 1:])[:, 0] / (2 * SIGMAS_95)
        side = np.where(off > 0, known[:, 0] - known[:, 1], known[:, 2] - known[:, 0])
        z = SIGMAS_95 * off / side  # in errors of the side on which the truth lies
        print(
            f"  {what:36s} {100 * held:5.1f} % of {len(told)}, {len(told) - len(known)} open  bias "
            f"{np.mean(z):+.2f}  spread {np.std(z):.2f}  relative error "
            f"{np.median(sigma) / abs(truth[what]):.1e}",
            flush=True,
        )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--devices", nargs="+", default=["ring", "hybrid", "yig_pair"])
    parser.add_argument("--cases", nargs="+", default=["K1", "K10", "K100", "hann"])
    parser.add_argument("--method", default="profile", choices=["curvature", "profile"])
    parser.add_argument("--json", type=Path, help="keep every number here, a line per case")
    options = parser.parse_args()
    known = benches()
    for name in options.devices:
        for case in options.cases:
            if case == "hann" and name == "yig_pair":
                continue  # its lines are too narrow for one record of both
            start = time.process_time()
            found, failed = run(known[name], case, options.seeds, options.method)
            spent = (time.process_time() - start) / options.seeds
            truth = truths(known[name].device, known[name].free)
            print(f"{name} {case}: {failed} failed, {spent:.2f} s CPU a fit", flush=True)
            print_coverage(found, truth)
            if options.json:
                with options.json.open("a", encoding="utf-8") as file:
                    rows = {what: values.tolist() for what, values in found.items()}
                    file.write(json.dumps({"device": name, "case": case, "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
