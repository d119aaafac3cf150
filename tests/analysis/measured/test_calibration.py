"""Calibrations from volts to quanta, each against the physics that it rests on."""

import numpy as np
import pytest

from phonosync.analysis.measured.calibration import (
    Calibration,
    sideband_calibration,
    temperature_sweep,
    thermal_calibration,
    tone_calibration,
)
from phonosync.theory import InputError
from phonosync.theory.thermal import bath_occupation

GAIN = 3e-11  # V² a quantum


def test_a_tone_and_a_vibration_that_swing_the_cavity_alike_have_the_same_power():
    # Mean square frequency swing: (βf)²/2 by the tone, g₀²⟨(b + b†)²⟩ = 2g₀²(n + ½) by n quanta.
    β, f, g0, quanta = 0.02, 1.3e6, 80.0, 500.5
    swing = 2 * g0**2 * quanta
    tone_v2 = GAIN * quanta * (β * f) ** 2 / 2 / swing
    found = tone_calibration(
        tone_v2, depth_rad=β, tone_hz=f, coupling_hz=g0, relative_errors=[0.03, 0.04]
    )
    assert found.quanta_per_v2 * GAIN == pytest.approx(1)
    assert found.relative_error == pytest.approx(0.1)


@pytest.mark.parametrize("n", [0.2, 3.0, 20.0])
def test_stokes_over_anti_stokes_tells_the_quanta(n):
    areas = GAIN * (n + 1), GAIN * n
    found, occupation = sideband_calibration(
        *areas, stokes_error=1e-3 * areas[0], anti_stokes_error=1e-3 * areas[1]
    )
    assert occupation.value == pytest.approx(n)
    assert occupation.low < n < occupation.high
    assert found.quanta_per_v2 * np.mean(areas) == pytest.approx(n + 0.5)


def test_sidebands_that_do_not_differ_calibrate_nothing():
    with pytest.raises(InputError, match="no asymmetry is seen"):
        sideband_calibration(1.01, 1.0, stokes_error=0.02, anti_stokes_error=0.02)


def test_a_warm_bath_gives_its_quanta_and_its_thermometers_error():
    f, T = 1e6, 0.3
    area = GAIN * (float(bath_occupation(2 * np.pi * f, T)) + 0.5)
    found = thermal_calibration(area, T, frequency_hz=f, temperature_error_k=0.006)
    assert found.quanta_per_v2 * GAIN == pytest.approx(1)
    assert found.relative_error == pytest.approx(0.02, rel=1e-3)  # kT/ħω: linear in T


def test_at_zero_point_the_thermometers_error_no_longer_matters():
    area = GAIN * 0.5
    found = thermal_calibration(area, 1e-3, frequency_hz=1e9, temperature_error_k=1e-4)
    assert found.relative_error < 1e-9


def test_a_temperature_sweep_tells_the_scale_from_constant_heating():
    f, random = 5e6, np.random.default_rng(1)
    T = np.linspace(0.02, 0.4, 12)
    quanta = bath_occupation(2 * np.pi * f, T) + 0.5 + 40
    z_scale, z_heating = [], []
    for _ in range(300):
        errors = 0.03 * GAIN * quanta
        areas = GAIN * quanta + errors * random.standard_normal(len(T))
        found = temperature_sweep(areas, T, frequency_hz=f, area_errors=errors)
        C, excess = found.calibration, found.excess_quanta
        z_scale.append(np.log(C.quanta_per_v2 * GAIN) / C.relative_error)
        z_heating.append((excess.value - 40) / (excess.high - excess.low) * 2 * 1.96)
    for z in (z_scale, z_heating):
        assert np.mean(z) == pytest.approx(0, abs=0.2)
        assert np.std(z) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Calibration(-1.0, 0.1, "x"), "must be above 0"),
        (lambda: Calibration(1.0, np.nan, "x"), "give 0 or more"),
        (lambda: thermal_calibration(0.0, 1.0, frequency_hz=1e6), "not above 0"),
        (lambda: thermal_calibration(1.0, -270.0, frequency_hz=1e6), "K, not °C"),
        (
            lambda: temperature_sweep([1, 2], [1, 2], frequency_hz=1e6, area_errors=[1, 1]),
            "three temperatures",
        ),
        (
            lambda: temperature_sweep(
                [1.0, 1.0, 1.0], [1, 2, 3], frequency_hz=1e6, area_errors=[0.1, 0.1, 0.1]
            ),
            "no growth with temperature",
        ),
    ],
)
def test_what_calibrates_nothing_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
