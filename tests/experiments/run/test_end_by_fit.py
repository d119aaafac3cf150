"""A run that ends when the joint fit of its spectra knows S_c, or its contrast."""

import re

import numpy as np
import pytest

from phonosync.theory import (
    diffusion,
    drift,
    load_device,
    output_amplitude,
    output_spectrum,
    steady_states,
)
from phonosync.theory.prediction import predict

RING = load_device("ring")
TRUTH = {p.light: float(p.S_c) for p in predict(RING) if p.S_c is not None}
BAND = {
    "start": "9.4 MHz",
    "stop": "11.6 MHz",
    "points": 1001,
    "resolution_bandwidth": "100 Hz",
    "averages": 200,
}


def noise(light, frequency):
    """Theory's spectrum of the ring over shot noise."""
    network, port = RING.network(light=light), RING.port("bus")
    c = next(s for s in steady_states(network) if s.stable).amplitudes
    angle = float(np.angle(output_amplitude(network, c, port))) + np.pi / 2
    A, D, omega = drift(network, c), diffusion(network), 2 * np.pi * frequency
    return output_spectrum(A, D, port, omega, angle=angle, efficiency=0.7)


@pytest.fixture
def ring_on_paper(new_paper_lab):
    """A paper lab whose analyzer sees the ring: averages of exponential periodograms."""
    lab, known = new_paper_lab(), {}

    def spectrum(frequency, averages):
        lab.spectra += 1
        light = lab.light if lab.laser_on else 0
        if light not in known:
            known[light] = noise(light, frequency) if light else np.ones(len(frequency))
        return 2.5e-15 * known[light] * lab.random.gamma(averages, 1 / averages, len(frequency))

    lab.spectrum = spectrum
    return lab


@pytest.mark.parametrize(
    ("quantity", "half_width", "truths"),
    [
        ("S_c", 0.03, [TRUTH[1], TRUTH[-1]]),
        ("contrast", 0.03, [(TRUTH[1] - TRUTH[-1]) / (TRUTH[1] + TRUTH[-1])]),
    ],
)
def test_a_run_ends_when_its_fit_knows_enough(
    ring_on_paper, on_paper, tmp_path, quantity, half_width, truths
):
    until = {"quantity": quantity, "half_width": half_width, "every": 4}
    run = on_paper(
        ring_on_paper,
        tmp_path,
        seed=3,
        quads=12,
        until=until,
        spectrum=BAND,
        calibrations={"shot_noise": {"averages": 2000}},
    )
    assert (run.status, len(run.history.points) < 49) == ("complete", True)
    said = run.history.ended_early
    assert re.search(rf"{quantity.replace('_', ' ')} is known to ±0\.03 after 8 quads", said)
    intervals = re.findall(r"\((−?[\d.]+) … (−?[\d.]+)\)", said)
    assert len(intervals) == len(truths)
    for (low, high), truth in zip(intervals, truths, strict=True):
        assert float(low) < truth < float(high)
        assert float(high) - float(low) <= 2 * half_width
