"""How fast and how right is the virtual lab's bench?

    python benchmarks/bench.py [--traces 60]

1. A trace of the `ring` as the analyzer takes it: 100 averages at 2 kHz, 9.5 to 11.6 MHz. Seconds
   per trace, and the mean of many traces against theory's spectrum (seen through the same window):
   area and frequency of each phonon's line, with standard errors, in both directions of the light.
2. A two-port sweep of the ring with backscattering: seconds, and the deviation from theory in units
   of the trace noise.
3. Demodulators on two phonon lasers that slip: seconds per recorded millisecond, and frequency
   difference and locking value against theory's trajectories.

Minutes in all, on two cores. The first run compiles for half a minute more.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from phonosync.instruments.virtual.bench.bench import SHOT_NOISE_W_PER_HZ, Bench
from phonosync.instruments.virtual.bench.scattering import NOISE_FLOOR_W_PER_HZ
from phonosync.theory import (
    diffusion,
    drift,
    load_device,
    output_amplitude,
    output_spectrum,
    steady_states,
)
from phonosync.theory.device import Device
from phonosync.theory.ports.scattering import driven_response, s_parameters
from phonosync.theory.stochastic.langevin import ensemble
from phonosync.theory.stochastic.phase_statistics import (
    PhaseLocking,
    phase_difference,
    phase_locking,
)

TWO_PI = 2 * np.pi
RBW, AVERAGES = 2e3, 100
FREQUENCIES = np.arange(9.5e6, 11.6e6, RBW)
LINES = ((9.5e6, 10.5e6), (10.5e6, 11.6e6))
# Bins one bandwidth apart are correlated by 1/4, two apart by 1/256: errors grow by this.
CORRELATED = np.sqrt(1 + 2 * (1 / 4 + 1 / 256))


def lit(device: Device, light: int, seed: int = 1) -> Bench:
    """A bench with the file's laser power in one direction."""
    bench = Bench(device, seed)
    bench.set_laser(power_w=device.drives[0].power, wavelength_m=1550e-9, on=True)
    bench.set_direction(light)
    return bench


def expected(device: Device, light: int) -> np.ndarray:
    """Theory's spectrum in shot-noise units, through a Gaussian window of 3 dB width RBW."""
    network, port = device.network(light=light), device.port("bus")
    c = next(s for s in steady_states(network) if s.stable).amplitudes
    offset = np.linspace(-4, 4, 321) * RBW
    kernel = np.exp(-4 * np.log(2) * offset**2 / RBW**2)
    spectrum = output_spectrum(
        drift(network, c),
        diffusion(network),
        port,
        TWO_PI * (FREQUENCIES[:, None] + offset).ravel(),
        angle=float(np.angle(output_amplitude(network, c, port))) + np.pi / 2,
        efficiency=0.7,
    )
    return spectrum.reshape(len(FREQUENCIES), -1) @ kernel / kernel.sum()


def spectra(traces: int) -> None:
    """Speed, area and frequency of the ring's traces."""
    ring = load_device("ring")
    for light in (+1, -1):
        bench, spectrum = lit(ring, light), expected(ring, light)
        bench.periodograms(FREQUENCIES, RBW, 8, "gaussian")  # settled and compiled
        mean, seconds = np.zeros(len(FREQUENCIES)), []
        for _ in range(traces):
            start = time.perf_counter()
            rows = bench.periodograms(FREQUENCIES, RBW, AVERAGES, "gaussian")
            seconds.append(time.perf_counter() - start)
            mean += rows.mean(axis=0) / SHOT_NOISE_W_PER_HZ / traces
        print(
            f"light {light:+d}: {np.median(seconds):.2f} s per trace of {AVERAGES} averages "
            f"({min(seconds):.2f} ... {max(seconds):.2f} s, {traces} traces)"
        )
        for number, (low, high) in enumerate(LINES, start=1):
            line = (low <= FREQUENCIES) & (high > FREQUENCIES)
            # (P − S)/S = area · (S − 1)/S − shift · S'/S, each point known to 1/√K.
            columns = [spectrum - 1, -np.gradient(spectrum, FREQUENCIES)]
            rows = np.stack(columns, axis=1)[line] / spectrum[line, None]
            right = (mean[line] - spectrum[line]) / spectrum[line]
            area, shift = np.linalg.lstsq(rows, right)[0]
            errors = np.sqrt(np.diag(np.linalg.inv(rows.T @ rows)) / (traces * AVERAGES))
            errors *= CORRELATED
            print(
                f"  phonon {number}: area {100 * area:+.2f} ± {100 * errors[0]:.2f} %, frequency "
                f"{shift / RBW:+.3f} ± {errors[1] / RBW:.3f} bins"
            )


def scattering() -> None:
    """Speed of a sweep of 1001 points, and its distance from theory."""
    device = load_device("ring_backscattering")
    f = np.linspace(1e6, 41e6, 1001)
    for light in (+1, -1):
        bench = lit(device, light)
        bench.s_parameters(f, power_w=1e-4, if_bandwidth_hz=1e3)
        start = time.perf_counter()
        S = bench.s_parameters(f, power_w=1e-4, if_bandwidth_hz=1e3)
        seconds = time.perf_counter() - start
        network = device.network(light=light)
        c = next(s for s in steady_states(network) if s.stable).amplitudes
        ports = [device.port("bus"), device.port("bus_backward")][::light]
        signal = -driven_response(network, c, ports, TWO_PI * f).signal
        theory = np.moveaxis(s_parameters(signal, [(0, 1), (1, 0)]), 0, -1)
        sigma = np.sqrt(NOISE_FLOOR_W_PER_HZ * 1e3 / 1e-4)
        ratio = np.sqrt(np.mean(np.abs(S - theory) ** 2, axis=-1)) / sigma
        print(
            f"S-parameters, light {light:+d}: {seconds:.2f} s for 1001 points both ways; r.m.s. "
            f"deviation over trace noise ({sigma:.1e}) S11 {ratio[0, 0]:.2f}, S12 "
            f"{ratio[0, 1]:.2f}, S21 {ratio[1, 0]:.2f}, S22 {ratio[1, 1]:.2f}"
        )


def slipping_cells() -> Device:
    """Two warm phonon lasers so far apart that they slip."""
    cells = load_device("mari_cells")
    modes = {
        name: mode.model_copy(update={"occupation": 5000.0}) if mode.kind == "phonon" else mode
        for name, mode in cells.modes.items()
    }
    modes["phonon_2"] = modes["phonon_2"].model_copy(update={"frequency": 1.034e6})
    return cells.model_copy(update={"modes": modes})


def locking() -> None:
    """Demodulated phonon lasers against trajectories of theory."""
    device = slipping_cells()
    rate, length, pieces = 250e3, 250, 200
    times = np.arange(length) / rate
    bench = lit(device, +1)
    bench.vibration(0, 1e6, 0.5e-6, rate, 10)
    start = time.perf_counter()
    z = [bench.vibration(k, 1e6, 0.5e-6, rate, length * pieces) for k in (0, 1)]
    seconds = time.perf_counter() - start
    phases = np.unwrap(np.angle(z[0] * z[1].conj())).reshape(pieces, length).T
    network = device.network(light=+1)
    before = ensemble(network, [0.0, 300e-6], trajectories=256, seed=1).amplitudes[-1]
    run = ensemble(network, times, trajectories=256, seed=2, amplitudes=before)
    centre = run.amplitudes.mean(axis=(0, 1))
    theory = phase_locking(times, phase_difference(run.amplitudes, 1, 3, centre=centre))
    recorded = 1e3 * length * pieces / rate
    print(f"demodulators: {1e3 * seconds / recorded:.1f} ms per recorded ms of both phonons")
    for name, found in (("bench ", phase_locking(times, phases)), ("theory", theory)):
        print(f"  {name}: {_locking(found)}")


def _locking(found: PhaseLocking) -> str:
    return (
        f"frequency difference {found.beat / TWO_PI:+.0f} ± {found.beat_error / TWO_PI:.0f} Hz, "
        f"locking value {found.locking_value:.3f} ± {found.locking_error:.3f}, "
        f"{found.slip_rate:.0f} slips/s"
    )


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=60)
    options = parser.parse_args()
    spectra(options.traces)
    scattering()
    locking()


if __name__ == "__main__":
    main()
