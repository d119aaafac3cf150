"""Do the intervals from quadrature records hold, and do they agree with theory's trajectories?

    python benchmarks/records.py [--runs 200]

1. Phase pairs by Adler's equation with noise, recorded through imprecision and a low-pass: locked,
   slipping, drifting and free. Coverage of the 95 % intervals of locking value, beat and slip rate
   by Stratonovich's exact values; p-value below 0.05 for vibrations that do not know of each other.
2. Thermal pairs of known covariance with common imprecision: coverage of S_c; states found.
3. Contrast of two directions with one calibration that is off by 20 %: coverage.
4. Two slipping phonon lasers of the virtual lab, read by lock-ins on the wire, against theory's
   trajectories of the same device.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import xarray as xr
from bench import lit, slipping_cells
from scipy.signal import lfilter

from phonosync.analysis.measured.calibration import Calibration
from phonosync.analysis.records.contrast import record_contrast
from phonosync.analysis.records.record import PhaseRecord, analyse_record
from phonosync.analysis.statistics.interval import Interval
from phonosync.instruments.analyzers.lock_ins import DemodulatorAdapter
from phonosync.instruments.drivers.lock_in_bank import LockInBank
from phonosync.instruments.virtual.lab import VirtualLab
from phonosync.theory.stochastic.adler import adler_beat, adler_locking, adler_slip_rate
from phonosync.theory.stochastic.langevin import ensemble
from phonosync.theory.stochastic.phase_statistics import phase_difference, phase_locking

TWO_PI = 2 * np.pi
RATE_HZ, TAU_S, SAMPLES = 2e3, 2e-4, 40_000
STEPS = 4  # of Adler's equation in a sample
CASES = {  # Δ, K, D, rad/s
    "locked": (20.0, 60.0, 10.0),
    "slipping": (30.0, 60.0, 12.0),
    "drifting": (80.0, 60.0, 10.0),
    "free": (40.0, 0.0, 10.0),
    "free, equal": (0.0, 0.0, 10.0),
}


def labelled(z: np.ndarray) -> xr.DataArray:
    """A record as a demodulator gives it."""
    return xr.DataArray(
        np.stack([z.real, z.imag], axis=1),
        dims=("channel", "quadrature", "time"),
        coords={
            "channel": [0, 1],
            "quadrature": ["X", "Y"],
            "reference": ("channel", [1e6, 1e6]),
        },
        attrs={"units": "V", "rate_hz": RATE_HZ, "time_constant_s": TAU_S},
    )


def imprecision(random: np.random.Generator, shared: float = 0.0) -> np.ndarray:
    """White circular noise of unit power in both channels, a part of it shared."""
    n = random.standard_normal((3, 2, SAMPLES))
    z = (n[:, 0] + 1j * n[:, 1]) / np.sqrt(2)
    return np.sqrt(1 - shared) * z[:2] + np.sqrt(shared) * z[2]


def adler_pairs(
    case: tuple[float, float, float], runs: int, random: np.random.Generator
) -> np.ndarray:
    """φ of many pairs, by Euler steps of Adler's equation, shape (runs, SAMPLES)."""
    Δ, K, D = case
    dt = 1 / RATE_HZ / STEPS
    φ = np.full(runs, np.arcsin(Δ / K) if abs(Δ) < K else 0.0)
    kept = np.empty((SAMPLES, runs))
    for sample in range(-200, SAMPLES):
        kicks = np.sqrt(2 * D * dt) * random.standard_normal((STEPS, runs))
        for kick in kicks:
            φ = φ + (Δ - K * np.sin(φ)) * dt + kick
        if sample >= 0:
            kept[sample] = φ
    return kept.T


def pair_record(
    φ: np.ndarray, diffusion: float, random: np.random.Generator
) -> tuple[xr.DataArray, xr.DataArray]:
    """Two limit cycles with this phase difference behind imprecision, and a noise record."""
    # With a quarter of φ's diffusion in the mean phase the two free phases are independent.
    kicks = np.sqrt(2 * diffusion / 4 / RATE_HZ) * random.standard_normal(SAMPLES)
    common = np.cumsum(kicks)
    z = np.stack([5 * np.exp(1j * (common + φ / 2)), 4 * np.exp(1j * (common - φ / 2))])
    return labelled(z + imprecision(random)), labelled(imprecision(random))


def holds(interval: Interval, truth: float) -> bool:
    """The truth lies within."""
    return interval.low <= truth <= interval.high


def phases(runs: int) -> None:
    """Coverage of what is said of phases."""
    for name, case in CASES.items():
        random = np.random.default_rng(1)
        R = abs(complex(adler_locking(*case)))
        beat, slips = float(adler_beat(*case)) / TWO_PI, float(adler_slip_rate(*case))
        found: list[PhaseRecord] = []
        for φ in adler_pairs(case, runs, random):
            record, noise = pair_record(φ, case[2], random)
            found.append(analyse_record(record, noise=noise))
        locks = [one.locking for one in found if one.locking is not None]
        values = np.array([lock.locking_value.value for lock in locks])
        raw = np.mean([lock.raw_locking_value for lock in locks])
        shares = [
            np.mean([holds(lock.locking_value, R) for lock in locks]),
            np.mean([holds(lock.beat_hz, beat) for lock in locks]),
            np.mean([holds(lock.slip_rate_hz, slips) for lock in locks]),
        ]
        measured = np.mean([lock.slip_rate_hz.value for lock in locks])
        significant = np.mean([one.p_value is not None and one.p_value < 0.05 for one in found])
        print(
            f"{name:12s} locking value {R:.4f}: mean {values.mean():.4f} (raw {raw:.4f}), held "
            f"{100 * shares[0]:.1f} %; beat {beat:.3f} Hz held {100 * shares[1]:.1f} %; slips "
            f"{slips:.3f}/s (mean {measured:.3f}) held {100 * shares[2]:.1f} %; p < 0.05 in "
            f"{100 * significant:.1f} %"
        )


def thermal_pair(
    energies: tuple[float, float], correlation: float, random: np.random.Generator
) -> np.ndarray:
    """Two thermal vibrations of 8 Hz width, ⟨|c|²⟩ and the correlation of c₁ and c₂ known."""
    kept = np.exp(-TWO_PI * 4 / RATE_HZ)
    n = random.standard_normal((2, 2, SAMPLES + 2000)) / np.sqrt(2)
    white = np.sqrt(1 - kept**2) * (n[:, 0] + 1j * n[:, 1])
    c = np.asarray(lfilter([1], [1, -kept], white, axis=1))[:, 2000:]
    mixed = np.stack([c[0], correlation * c[0] + np.sqrt(1 - correlation**2) * c[1]])
    return np.sqrt(energies)[:, None] * mixed


def thermal(runs: int) -> None:
    """Coverage of S_c behind shared imprecision; what is said of vibrations below threshold."""
    random = np.random.default_rng(2)
    energies, correlation, shared = (6.0, 5.0), 0.9, 0.5
    X = energies[0] + energies[1] - 2 * correlation * np.sqrt(energies[0] * energies[1])
    held, states, values = 0, [], []
    for _ in range(runs):
        z = thermal_pair(energies, correlation, random) + imprecision(random, shared)
        found = analyse_record(
            labelled(z),
            noise=labelled(imprecision(random, shared)),
            calibration=Calibration(1.0, 0.0, "known"),
        )
        held += holds(found.S_c, 1 / X)
        values.append(1 / found.S_c.value)
        states.append(found.state)
    print(
        f"thermal pair: 1/S_c = {X:.3f}, mean {np.mean(values):.3f}, held {100 * held / runs:.1f} "
        f"%; not oscillating in {100 * states.count('not oscillating') / runs:.0f} %, oscillating "
        f"in {states.count('oscillating')} of {runs}"
    )


def contrasts(runs: int) -> None:
    """The common error of the calibration: wide in S_c, absent from the contrast."""
    random = np.random.default_rng(3)
    held, single, half_widths = 0, 0, []
    for _ in range(runs):
        # The detector's gain is drawn anew: what is believed of it is off by 20 %.
        gain = float(np.exp(0.2 * random.standard_normal()))
        believed = Calibration(1.0, 0.2, "reference")
        found, X = [], []
        for correlation in (0.9, 0.2):
            z = np.sqrt(gain) * thermal_pair((6.0, 5.0), correlation, random)
            found.append(analyse_record(labelled(z), calibration=believed))
            X.append(11 - 2 * correlation * np.sqrt(30.0))
        chi = record_contrast(*found).contrast
        truth = (1 / X[0] - 1 / X[1]) / (1 / X[0] + 1 / X[1])
        held += holds(chi, truth)
        single += holds(found[0].S_c, 1 / X[0])
        half_widths.append(
            [(chi.high - chi.low) / 2, (found[0].S_c.high - found[0].S_c.low) * X[0] / 2]
        )
    contrast, S = np.mean(half_widths, axis=0)
    print(
        f"calibration good to 20 %: S_c ± {100 * S:.0f} % held {100 * single / runs:.1f} %; "
        f"contrast ± {contrast:.3f} held {100 * held / runs:.1f} %"
    )


def wire() -> None:
    """Two slipping phonon lasers: lock-ins on the wire against trajectories of theory."""
    device = slipping_cells()
    with VirtualLab(lit(device, +1), ["demodulator"], speed_up=1e6) as lab:
        first, second = lab.addresses.values()
        bank = LockInBank("bank", first, address_2=second, visalib="@py", timeout=60)
        try:
            lock_ins = DemodulatorAdapter(bank, references_hz=[1e6, 1e6], time_constant_s=1e-6)
            record = lock_ins.quadratures(0.6, rate_hz=250e3)
        finally:
            bank.close()
    # No noise record: the interferometer's floor is 5 quanta beside 90 000.
    found = analyse_record(record).locking
    assert found is not None
    print(
        f"wire: beat {_words(found.beat_hz)} Hz, locking value {_words(found.locking_value)}, "
        f"slips {_words(found.slip_rate_hz)}/s over {record.sizes['time'] / record.rate_hz:.2g} s"
    )
    network, times = device.network(light=+1), np.arange(313) / 312.5e3
    before = ensemble(network, [0.0, 300e-6], trajectories=256, seed=1).amplitudes[-1]
    run = ensemble(network, times, trajectories=256, seed=2, amplitudes=before)
    centre = run.amplitudes.mean(axis=(0, 1))
    theory = phase_locking(times, phase_difference(run.amplitudes, 1, 3, centre=centre))
    print(
        f"theory: beat {theory.beat / TWO_PI:.0f} ± {1.96 * theory.beat_error / TWO_PI:.0f} Hz, "
        f"locking value {theory.locking_value:.4f} ± {1.96 * theory.locking_error:.4f}, slips "
        f"{theory.slip_rate:.0f}/s"
    )


def _words(interval: Interval) -> str:
    return f"{interval.value:.5g} ({interval.low:.5g} … {interval.high:.5g})"


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    start = time.perf_counter()
    phases(options.runs)
    thermal(options.runs)
    contrasts(options.runs)
    wire()
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
