"""A microwave device on the bench: magnet, source and cryostat, seen by the analyzer."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.bench import SHOT_NOISE_W_PER_HZ, Bench
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.theory import (
    diffusion,
    drift,
    load_device,
    output_amplitude,
    output_spectrum,
    steady_states,
)

TWO_PI = 2 * np.pi
RBW = 20e3  # narrow against every line: no window needs to be undone
FREQUENCIES = np.arange(9e6, 11e6, 2 * RBW)
ALONG, ACROSS = (0.357, 0.0, 0.0), (0.357 / np.sqrt(2), 0.357 / np.sqrt(2), 0.0)

SPHERE = """\
name: sphere
modes:
  cavity: {kind: photon, frequency: 10 GHz, linewidth: 4 MHz, detuning: 6 MHz}
  magnon:
    kind: magnon
    frequency: 9.998 GHz
    linewidth: 3 MHz
    detuning: 4 MHz
    kerr: {along_100: 0.3 mHz, along_110: -0.3 mHz}
  phonon: {kind: phonon, frequency: 10 MHz, linewidth: 100 kHz}
ports:
  line: {mode: cavity, rate: 3 MHz}
  antenna: {mode: magnon, rate: 2 MHz}
couplings:
  - {kind: exchange, modes: [cavity, magnon], rate: 5 MHz, phase: 20 deg}
  - {kind: magnetostriction, modes: [magnon, phonon], rate: 20 Hz}
drives:
  - {mode: magnon, port: antenna, power: 2 uW}
detection: {port: line, efficiency: 0.8}
magnet: {bias_field: 357 mT}
temperature: 50 mK
"""


@pytest.fixture(scope="module")
def sphere(tmp_path_factory):
    path = tmp_path_factory.mktemp("devices") / "sphere.yaml"
    path.write_text(SPHERE)
    return load_device(path)


def shifted(device, name, shift_hz):
    """The device with another detuning of one mode."""
    mode = device.modes[name]
    moved = mode.model_copy(update={"detuning": mode.detuning + shift_hz})
    return device.model_copy(update={"modes": {**device.modes, name: moved}})


def measure(bench, averages=160):
    return bench.periodograms(FREQUENCIES, RBW, averages, "gaussian") / SHOT_NOISE_W_PER_HZ


def expected(device, field=+1, **driven):
    network, port = device.network(light=0, field=field, **driven), device.port("line")
    c = next(s for s in steady_states(network) if s.stable).amplitudes
    angle = np.angle(output_amplitude(network, c, port, driven=False)) + np.pi / 2
    A, D, omega = drift(network, c), diffusion(network), TWO_PI * FREQUENCIES
    return output_spectrum(A, D, port, omega, angle=float(angle), efficiency=0.8)


def assert_same(rows, spectrum):
    """P_k ~ Gamma(K, S_k/K): chi-square over the points, and the total area, within 4 sigma."""
    K, N = rows.shape
    P = rows.mean(axis=0)
    assert abs(K * np.sum((P / spectrum - 1) ** 2) - N) < 4 * np.sqrt(N * (2 + 6 / K))
    assert abs(np.sum(P - spectrum)) < 4 * np.sqrt(np.sum(spectrum**2) / K)


def test_the_spectrum_follows_the_fields_axis_there_and_back(sphere):
    bench = Bench(sphere, seed=1)
    along, across = expected(sphere, +1), expected(sphere, -1)
    assert np.abs(across / along - 1).max() > 0.5
    for field, spectrum in ((ALONG, along), (ACROSS, across), (ALONG, along)):
        bench.set_field(field)
        assert_same(measure(bench), spectrum)


def test_without_the_source_the_line_shows_its_own_bath_alone(sphere):
    bench = Bench(sphere, seed=2)
    bench.set_microwave(power_w=2e-6, frequency_hz=9.994e9, on=False)
    assert_same(measure(bench), np.ones(len(FREQUENCIES)))


def test_the_spectrum_follows_the_sources_frequency_and_power(sphere):
    bench = Bench(sphere, seed=3)
    bench.set_microwave(power_w=1e-6, frequency_hz=9.993e9, on=True)
    further = shifted(shifted(sphere, "cavity", 1e6), "magnon", 1e6)
    spectrum = expected(further, microwave_power=1e-6)
    assert np.abs(spectrum / expected(sphere) - 1).max() > 0.5
    assert_same(measure(bench), spectrum)


def test_a_warmer_cryostat_warms_the_phonon(sphere):
    bench = Bench(sphere, seed=4)
    assert bench.temperature_k == pytest.approx(0.05)
    bench.set_temperature(0.2)
    assert bench.temperature_k == 0.2
    spectrum = expected(sphere.model_copy(update={"temperature": 0.2}))
    assert spectrum.max() > 3 * expected(sphere).max()
    assert_same(measure(bench), spectrum)


def test_a_magnon_far_from_the_source_leaves_the_line_quiet(sphere):
    bench = Bench(sphere, seed=5)
    bench.set_field((0.0, 0.0, 0.0))  # 10 GHz below
    assert_same(measure(bench, 80), np.ones(len(FREQUENCIES)))


def test_the_remanence_of_the_last_field_is_seen_and_that_of_the_one_before_is_not(sphere):
    there, back, up = (0.357, 0.0, 0.0), (-0.357, 0.0, 0.0), (0.0, 0.0, 0.357)
    # What is left of the opposite field weakens the new one: by 28 GHz/T, the magnon sinks.
    weaker = shifted(sphere, "magnon", -28e9 * 3e-4 * 0.357)
    spectrum = expected(weaker)
    assert np.abs(spectrum / expected(sphere) - 1).max() > 0.3
    for before in ((back,), (up, back)):
        bench = Bench(sphere, seed=6, imperfections=Imperfections(remanence=3e-4))
        for field in before:
            bench.set_field(field)
            measure(bench, 8)
        bench.set_field(there)
        assert_same(measure(bench), spectrum)
