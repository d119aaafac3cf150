"""Calibrations of a run in its device's fit: each under the condition that it was taken under."""

import json

import numpy as np
import pytest

from phonosync.analysis.run.reference import reference_of
from phonosync.analysis.run.traces import calibration_spectra
from phonosync.theory import load_device
from phonosync.theory.thermal import bath_occupation

POWER, LOW, AVERAGES = 0.15e-3, 1e-6, 64
TEMPERATURES = (0.01, 0.04)


@pytest.fixture
def run(simulate_experiment):
    """A sweep of the temperature, all quads at one before the next, each begun by a reference."""
    data = simulate_experiment("ring", 51, powers=(0.1e-3, 0.15e-3), quads=8)
    data = data.rename(laser_power="temperature")
    data = data.assign_coords(temperature=("temperature", list(TEMPERATURES), {"units": "K"}))
    # Every temperature has 32 visits, and a thermal reference before each 16 of them.
    shift = 35.0 * np.arange(2)
    position = data["position"] + 2 + (data["position"] >= 16)
    position = position + data["temperature"].copy(data=shift)
    plan = {
        "laser": {"power": POWER, "wavelength": 1550e-9},
        "temperature": TEMPERATURES[0],
        "sweep": [{"quantity": "temperature", "values": TEMPERATURES, "slow": None}],
        "calibrations": {"thermal": {"power": LOW, "averages": AVERAGES}},
    }
    level = 2.5e-15 * np.array([1.0, 2.0, 3.0, 4.0])[:, None]
    thermal = level * np.ones(data.sizes["frequency"])
    return data.assign(
        position=position.transpose(*data["position"].dims),
        thermal_psd=(("thermal_repeat", "frequency"), thermal, {"units": "W/Hz"}),
        thermal_position=("thermal_repeat", [1.0, 18.0, 36.0, 53.0]),
    ).assign_attrs(plan=json.dumps(plan))


def test_thermal_references_of_a_slow_sweep_stand_at_their_own_temperatures(run):
    ring = load_device("ring")
    found = list(calibration_spectra(run, reference_of(run), ring))
    assert len(found) == 2
    for trace, T, level in zip(found, TEMPERATURES, (1.5, 3.5), strict=True):
        expected = float(bath_occupation(2 * np.pi * 10e6, T))
        assert trace.condition.settings["modes.phonon_1.occupation"] == pytest.approx(expected)
        assert trace.condition.power == LOW
        assert trace.condition.light == 1
        # Two references each, of their own averages.
        assert trace.averages == pytest.approx(2 * AVERAGES)
        assert trace.power.mean() == pytest.approx(level, rel=0.02)


def test_a_reference_that_no_data_followed_has_no_temperature(run):
    late = run.assign(thermal_position=("thermal_repeat", [1.0, 18.0, 36.0, 1e6]))
    found = list(calibration_spectra(late, reference_of(late), load_device("ring")))
    assert [trace.averages for trace in found] == pytest.approx([2 * AVERAGES, AVERAGES])
