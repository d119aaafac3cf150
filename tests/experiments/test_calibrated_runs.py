"""A run with every calibration and a control, measured over the wire and fitted, against theory."""

import numpy as np
import pytest

from phonosync.analysis.run.analysis import analyse
from phonosync.theory import output_amplitude, output_spectrum
from phonosync.theory.device import device_from_text
from phonosync.theory.device.entries import entry_value, find_entry
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.mean_field import steady_states
from phonosync.theory.prediction import predict

# The `ring` at a tenth of its frequencies, with short-lived phonons: quick to settle.
RING = """
name: slow_ring
modes:
  cavity: {kind: photon, wavelength: 1550 nm, linewidth: 200 kHz, detuning: 1.5 MHz}
  phonon_1: {kind: phonon, frequency: 1.0 MHz, linewidth: 50 kHz, occupation: 20}
  phonon_2: {kind: phonon, frequency: 1.1 MHz, linewidth: 50 kHz, occupation: 20}
ports: {bus: {mode: cavity, rate: 200 kHz}}
couplings:
  - {kind: radiation_pressure, modes: [cavity, phonon_1], rate: 100 Hz}
  - {kind: radiation_pressure, modes: [cavity, phonon_2], rate: 100 Hz}
sagnac: {mode: cavity, shift: -500 kHz}
drives: [{mode: cavity, port: bus, power: 0.2 mW, transmission: 0.01}]
detection: {port: bus, quadrature: phase, efficiency: 0.7}
"""
POWERS = (0.1e-3, 0.2e-3)
PLAN = {
    "name": "calibrated",
    "laser": {"power": "0.2 mW", "wavelength": "1550 nm"},
    "sweep": [{"quantity": "laser.power", "values": ["0.1 mW", "0.2 mW"], "slow": True}],
    "spectrum": {
        "start": "0.8 MHz",
        "stop": "1.3 MHz",
        "points": 101,
        "resolution_bandwidth": "10 kHz",
        "averages": 8,
    },
    "quads": 8,
    "calibrations": {
        "shot_noise": {"averages": 64, "every": 4},
        "dark": {"averages": 32},
        "tone": {"power": "10 mW", "frequency": "0.85 MHz", "averages": 16, "every": 2},
        "thermal": {"power": "40 uW", "averages": 64, "every": 4},
    },
    "control": {"kind": "low_power", "power": "50 uW", "every": 8},
}


@pytest.fixture(scope="module")
def device():
    return device_from_text(RING, "slow_ring")


@pytest.fixture(scope="module")
def run(device, lab_run):
    return lab_run(device, PLAN, 7)


@pytest.fixture(scope="module")
def found(run, device):
    return analyse(run, device=device)


def test_the_device_comes_back_from_data_control_and_thermal_reference(found, device):
    fit = found.network.fit
    powers = {round(1e6 * trace.condition.power) for trace in fit.model.observations.traces}
    assert powers == {100, 200, 40, 50}
    for name, interval in found.network.entries.items():
        truth = entry_value(device, find_entry(device, name))
        assert truth is not None
        # Ten entries: within 1.6 times their 95 % intervals, three standard errors.
        assert abs(interval.value - truth) < 0.8 * (interval.high - interval.low), name
    assert all(abs(z) < 4 for z in fit.deviance_z.values())


@pytest.mark.parametrize("power", POWERS)
def test_synchronization_is_theorys_at_both_powers(found, device, power):
    truth = {p.light: p.S_c for p in predict(device, power=power) if p.S_c is not None}
    for light in (1, -1):
        here = found.network.settings.sel(field=1, branch="up", laser_power=power, light=light)
        sigma = float(here["S_c_high"] - here["S_c_low"]) / 4
        assert abs(float(here["S_c"]) - truth[light]) < 3.5 * sigma


def test_a_steady_tone_is_steady_within_its_stated_error(found):
    reference = found.spectra.reference
    assert reference.tone is not None
    assert not reference.tone.moved
    assert reference.gain is None
    scatter = np.std(reference.tone.gain.values, ddof=1)
    # Eight tones: their scatter is known to a quarter.
    assert reference.tone.error / 2 < scatter < 2 * reference.tone.error
    assert not any("moved" in note for note in reference.notes)


def test_dark_noise_is_what_the_analyzer_makes_itself(found):
    # The virtual analyzer's own noise is 1e-4 of shot noise.
    assert found.spectra.reference.dark == pytest.approx(1e-4, rel=0.1)


def excess(device, light, power):
    """Noise above shot noise in the band, by theory's matrix at every frequency."""
    network = device.network(light=light, power=power)
    [state] = [s for s in steady_states(network) if s.stable]
    port = device.port("bus")
    angle = np.angle(output_amplitude(network, state.amplitudes, port)) + device.detection.angle
    f = np.linspace(0.8e6, 1.3e6, 1001)
    A, D = drift(network, state.amplitudes), diffusion(network)
    return np.mean(output_spectrum(A, D, port, 2 * np.pi * f, angle=angle, efficiency=0.7)) - 1


def test_the_controls_own_isolation_is_taken_off(device, lab_run):
    """Weaker light cools one way, too: the control shows by how much, and decibels subtract."""
    plan = PLAN | {
        "sweep": [],
        "calibrations": {"shot_noise": {"averages": 256, "every": 4}},
        "control": {"kind": "low_power", "power": "0.1 mW", "every": 1},
    }
    found = analyse(lab_run(device, plan, 8)).spectra
    assert found is not None
    here = found.control["light"].sel(field=1, branch="up").squeeze()

    def isolation(power):
        return 10 * np.log10(excess(device, 1, power) / excess(device, -1, power))

    truths = {"control": isolation(0.1e-3), "isolation": isolation(0.2e-3) - isolation(0.1e-3)}
    for name, truth in truths.items():
        sigma = float(here[f"{name}_high"] - here[f"{name}_low"]) / 4
        assert abs(float(here[name]) - truth) < 3.5 * sigma, name
        assert sigma < 4.0, name  # dB; without the control taken off it would be 18 off
    assert any("it was subtracted" in note for note in found.notes)
