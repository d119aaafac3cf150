"""Speed of joint network fits against lmfit used plainly, in one process and one thread.

    OMP_NUM_THREADS=1 python benchmarks/fit.py [--map]

Both fit the same parameters to the same spectra from the same starts by the same deviance. The
rival evaluates theory frequency by frequency and lets lmfit take differences. CPU seconds; only the
ratios mean anything elsewhere. With --map also 400 spectra, one after another.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from lmfit import Minimizer, Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition, directions_of
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.free import LEVEL
from phonosync.analysis.models.joint import REFUSED, JointModel
from phonosync.analysis.models.motion import Variants
from phonosync.analysis.models.observations import NoiseSpectrum, Observations
from phonosync.analysis.models.simulation import simulate
from phonosync.analysis.statistics.likelihood import deviance_residuals
from phonosync.theory import load_device, output_amplitude, output_spectrum
from phonosync.theory.errors import PhonosyncError
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.mean_field import steady_states

FREE = (
    "modes.cavity.linewidth",
    "modes.cavity.detuning",
    "sagnac.shift",
    *(
        f"modes.phonon_{j}.{what}"
        for j in (1, 2)
        for what in ("frequency", "linewidth", "occupation")
    ),
    *(f"couplings.cavity-phonon_{j}.rate" for j in (1, 2)),
)
BAND = np.linspace(9.4e6, 11.6e6, 1001)


def drawn(conditions: list[Condition], seed: int) -> JointModel:
    """A ring's spectra at 128 averages, and its model."""
    ring, unit = load_device("ring"), np.ones(len(BAND))
    traces = tuple(NoiseSpectrum(c, BAND, unit, 128) for c in conditions)
    model = JointModel.of(ring, FREE, Observations(traces, reference_averages=1e6))
    random = np.random.default_rng(seed)
    return JointModel.of(ring, FREE, simulate(model, model.parameters(), random))


def start(model: JointModel, seed: int) -> dict[str, float]:
    """A start that is off by 15 % in every number, and by half a linewidth in frequency."""
    random = np.random.default_rng(seed)
    return {
        one.entry.name: one.start + 2.5e3 * random.standard_normal()
        if one.entry.path[-1] == "frequency"
        else one.start * float(np.exp(0.15 * random.standard_normal()))
        for one in model.chart.free
    }


def plain_residuals(parameters: Parameters, model: JointModel) -> NDArray[np.floating]:
    """The same residuals, every spectrum by one matrix inversion per frequency."""
    parts = []
    values = model.chart.values(parameters)[None]
    for trace in model.observations.spectra:
        try:
            one = Variants.of(model.device, model.chart.free, values, trace.condition)
            network = one.network.flat(0)
            c = next(s for s in steady_states(network) if s.stable).amplitudes
        except (PhonosyncError, StopIteration):
            parts.append(np.full(len(trace.power), 1e3))
            continue
        detection = model.device.detection
        assert detection is not None
        port = one.devices[0].port(detection.port)
        angle = float(np.angle(output_amplitude(network, c, port))) + detection.angle
        S = output_spectrum(
            drift(network, c),
            diffusion(network),
            port,
            2 * np.pi * trace.frequency_hz,
            angle=angle,
            efficiency=detection.efficiency,
        )
        parts.append(deviance_residuals(trace.power, parameters[LEVEL].value * S, trace.averages))
    level = np.array([parameters[LEVEL].value])
    total = model.observations.reference_averages
    return np.concatenate([*parts, deviance_residuals(np.ones(1), level, total)])


def joint_fit(starts: int) -> None:
    """2 directions x 1001 points, 12 free parameters."""
    ours, plain, apart = [], [], []
    for seed in range(starts):
        model = drawn(directions_of(load_device("ring")), seed)
        begin = start(model, seed)
        if np.all(np.abs(model.residuals(model.parameters(begin))[:10]) == REFUSED):
            continue  # the start oscillates: nobody's fit would move
        t = time.process_time()
        fit = fit_network(model.device, FREE, model.observations, start=begin)
        ours.append(time.process_time() - t)
        t = time.process_time()
        minimizer = Minimizer(
            plain_residuals, model.parameters(begin), fcn_args=(model,), scale_covar=False
        )
        rival = minimizer.leastsq()
        plain.append(time.process_time() - t)
        apart.append(rival.chisqr - fit.result.chisqr)  # pyright: ignore[reportAttributeAccessIssue]
    print(
        f"joint fit, 2 x 1001 points, {len(fit.result.var_names)} free: {np.median(ours):.2f} s, "
        f"plain lmfit {np.median(plain):.2f} s, ratio {np.median(np.divide(plain, ours)):.1f} "
        f"(deviance of the plain fit higher by {np.median(apart):.2g}, at most {max(apart):.2g})"
    )


def spectra_of_a_map() -> None:
    """400 spectra: both directions at 200 powers, each fit starting from its neighbour."""
    begin, spent = dict[str, float](), 0.0
    for k, power in enumerate(np.geomspace(5e-5, 4e-4, 200)):
        model = drawn(directions_of(load_device("ring"), power=float(power)), k)
        t = time.process_time()
        fit = fit_network(model.device, FREE, model.observations, start=begin)
        begin = fit.entries
        spent += time.process_time() - t
    print(f"map of 400 spectra, fitted in pairs: {spent:.0f} s in one process")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=8)
    parser.add_argument("--map", action="store_true")
    options = parser.parse_args()
    joint_fit(options.starts)
    if options.map:
        spectra_of_a_map()
