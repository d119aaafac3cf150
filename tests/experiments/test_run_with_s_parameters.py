"""A ring's S-parameters over the wire: between the ports that its fit takes them to be between."""

import json

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.expected import expected_trace, state_at
from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.responses import responses_at
from phonosync.analysis.run.setting import settings_of
from phonosync.analysis.schema import as_stored
from phonosync.theory.device import device_from_text, load_device
from phonosync.theory.device.entries import entry_value, find_entry, with_entries

# The shipped ring with short-lived phonons, both of whose circulating modes are joined.
RING = """
name: fast_backscattering_ring
modes:
  cavity: {kind: photon, wavelength: 1550 nm, linewidth: 2 MHz, detuning: 15 MHz}
  counter: {kind: photon, wavelength: 1550 nm, linewidth: 2 MHz, detuning: 15 MHz}
  phonon_1: {kind: phonon, frequency: 10 MHz, linewidth: 500 kHz, occupation: 20}
  phonon_2: {kind: phonon, frequency: 11 MHz, linewidth: 500 kHz, occupation: 20}
ports:
  bus: {mode: cavity, rate: 1.5 MHz}
  bus_backward: {mode: counter, rate: 1.5 MHz}
couplings:
  - {kind: backscattering, modes: [cavity, counter], rate: 1 MHz}
  - {kind: radiation_pressure, modes: [cavity, phonon_1], rate: 1 kHz}
  - {kind: radiation_pressure, modes: [cavity, phonon_2], rate: 1 kHz}
  - {kind: radiation_pressure, modes: [counter, phonon_1], rate: 1 kHz}
  - {kind: radiation_pressure, modes: [counter, phonon_2], rate: 1 kHz}
sagnac: {mode: cavity, counter_mode: counter, shift: -3 MHz}
drives: [{mode: cavity, port: bus, power: 0.2 mW, transmission: 0.1}]
detection: {port: bus, quadrature: phase, efficiency: 0.7}
"""
POWER = 0.2e-3
PLAN = {
    "name": "two_way",
    "laser": {"power": "0.2 mW", "wavelength": "1550 nm"},
    "spectrum": {
        "start": "8 MHz",
        "stop": "13 MHz",
        "points": 64,
        "resolution_bandwidth": "100 kHz",
        "averages": 8,
    },
    "s_parameters": {
        "start": "10 MHz",
        "stop": "23 MHz",
        "points": 81,
        "if_bandwidth": "10 kHz",
        "power": "1 uW",
        "ports": {1: "bus", 2: "bus_backward"},
    },
    "quads": 8,
    "calibrations": {"shot_noise": {"averages": 64}},
}
LINEWIDTH = "modes.cavity.linewidth"
SCATTERING = "couplings.cavity-counter.rate"


@pytest.fixture(scope="module")
def device():
    return device_from_text(RING, "fast_backscattering_ring")


@pytest.fixture(scope="module")
def run(device, lab_run):
    return lab_run(device, PLAN, 3)


@pytest.mark.parametrize("light", [1, -1])
def test_every_s_parameter_is_between_the_ports_that_it_is_taken_to_be_between(run, device, light):
    """The bench sends pulses in time; the fit's model is theory's response at these ports."""
    condition = Condition(light, power=POWER)
    [setting] = settings_of(run)
    found = list(responses_at(run, (light, 1, setting), condition, device))
    assert len(found) == 4
    state = state_at(device, (), np.empty(0), condition)
    for trace in found:
        expected = expected_trace(state, trace)
        off = np.abs(trace.values - expected)
        # The mean of sixteen sweeps, and a part in a thousand for the bench's time steps.
        assert off.max() < 6 * trace.error + 2e-3, (trace.source, trace.receiver)


def test_the_device_comes_back_from_spectra_and_s_parameters_together(run, device):
    # A port keeps its share of a free linewidth.
    off = {LINEWIDTH: 2.1e6, "ports.bus.rate": 0.75 * 2.1e6, SCATTERING: 0.9e6}
    wrong = with_entries(device, {find_entry(device, n): v for n, v in off.items()})
    free = ("modes.cavity.detuning", "sagnac.shift", SCATTERING, LINEWIDTH)
    found = analyse(run, device=wrong, free=free).network
    assert found is not None
    assert len(found.fit.model.observations.traces) == 2 + 8
    for name in free:
        truth, interval = entry_value(device, find_entry(device, name)), found.entries[name]
        assert truth is not None
        # A part in a thousand of a linewidth is what the bench's steps may be off by.
        allowed = interval.high - interval.low + 2e3
        assert abs(interval.value - truth) < allowed, name
        assert interval.high - interval.low < 0.02 * 2e6, name


def test_the_device_comes_back_from_s_parameters_alone(run, device, phonosync, tmp_path):
    """What a plan without a spectrum leaves; the file is off where S-parameters can tell."""
    kept = run[["s_parameters", "quad", "position"]]
    as_stored(kept).to_netcdf(tmp_path / "data.nc", engine="h5netcdf")
    off = {"rate: 1 MHz": "rate: 0.9 MHz", "detuning: 15 MHz": "detuning: 14.8 MHz"}
    text = RING
    for said, wrong in off.items():
        assert said in text
        text = text.replace(said, wrong)
    file = tmp_path / "fast_backscattering_ring.yaml"
    file.write_text(text, encoding="utf-8")
    saved = tmp_path / "fitted.yaml"
    words = ("--device", file, "--save-device", saved, "--interval", "curvature", "--json")
    code, out, err = phonosync("fit", tmp_path / "data.nc", *words)
    assert code == 0, err
    result = json.loads(out)
    assert result["spectra"] is None
    network = result["network"]
    assert "modes.counter.linewidth" in network["entries"]
    for name, interval in network["entries"].items():
        truth = entry_value(device, find_entry(device, name))
        assert truth is not None
        # Of sixteen sweeps, and a part in a thousand for the bench's time steps.
        allowed = interval["high"] - interval["low"] + 1e-3 * abs(truth)
        assert abs(interval["value"] - truth) < allowed, name
    assert len(network["responses"]) == 8
    assert any("rest on the baths of the device file" in note for note in network["notes"])
    refitted = load_device(saved)
    rate = entry_value(refitted, find_entry(refitted, SCATTERING))
    assert rate == pytest.approx(1e6, rel=0.01)
