"""A run with every calibration and a control, measured over the wire and fitted, against theory."""

import numpy as np
import pytest

from phonosync.analysis.run.analysis import analyse
from phonosync.theory.device import device_from_text
from phonosync.theory.device.entries import entry_value, find_entry
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
