"""A calibration's stated error widens what follows from a run, by as much as it moves it."""

from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from phonosync.analysis.directions.fit import fit_directions
from phonosync.analysis.measured.calibration import Calibration
from phonosync.analysis.nonreciprocity.quad_contrast import quad_contrast
from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.cavity import direction_spectra
from phonosync.analysis.run.records import records_of
from phonosync.analysis.run.reference import reference_of
from phonosync.analysis.run.setting import settings_of
from phonosync.theory import load_device

POWER, EFFICIENCY, ERROR = 0.15e-3, 0.7, 0.02


@pytest.fixture(scope="module")
def run(simulate_experiment):
    return simulate_experiment("ring", 61, powers=(POWER,), quads=8)


def half(interval):
    return (interval.high - interval.low) / 2


def test_an_efficiencys_error_moves_the_occupation_by_its_slope_times_the_error(run):
    """The law of total variance: that of the fit alone, and what the efficiency's error moves."""
    ring = load_device("ring")

    def fitted(**attributes):
        found = analyse(run.assign_attrs(attributes), device=ring).network
        assert found is not None
        return found.entries

    name = "modes.phonon_1.occupation"
    alone = half(fitted()[name])
    up, down = (
        fitted(detection_efficiency=EFFICIENCY + side * ERROR)[name].value for side in (1, -1)
    )
    slope = (up - down) / (2 * ERROR)
    found = fitted(detection_efficiency_error=ERROR)
    of_efficiency = half(found["detection.efficiency"])
    # The spectra know a little of the efficiency themselves, and can only add to what was said.
    assert 0.8 < of_efficiency / (1.96 * ERROR) < 1.001
    assert half(found[name]) == pytest.approx(np.hypot(alone, slope * of_efficiency), rel=0.02)
    assert abs(slope) * of_efficiency > alone / 2


def test_the_same_holds_in_the_fit_without_a_device_file(run, true_parameters):
    data = run.isel(laser_power=0, drop=True)
    first = fit_directions(direction_spectra(data), start=true_parameters("ring"))

    def fitted(efficiency, error):
        start = first.parameters.copy()
        start["efficiency"].value = efficiency
        said = {"detection_efficiency": efficiency, "detection_efficiency_error": error}
        spectra = direction_spectra(data.assign_attrs(said))
        return fit_directions(spectra, start=start).parameters["occupation_1"]

    up, down = (fitted(EFFICIENCY + side * ERROR, 0.0).value for side in (1, -1))
    expected = np.hypot(first.parameters["occupation_1"].stderr, (up - down) / 2)
    assert fitted(EFFICIENCY, ERROR).stderr == pytest.approx(expected, rel=0.05)


def test_dark_noise_and_few_averages_make_the_unit_uncertain(run):
    """Each is the relative error of a mean over independent points."""
    points, averages, dark = run.sizes["frequency"], 100, 0.5
    level = float(run["shot_noise_psd"].mean())
    random = np.random.default_rng(3)
    found = []

    def measured():
        noise = [random.gamma(averages, 1 / averages, (1, points)) for _ in range(2)]
        return run.assign(
            shot_noise_psd=(
                ("shot_noise_repeat", "frequency"),
                level * (noise[0] * (1 + dark)),
                {"units": "W/Hz"},
            ),
            dark_psd=(("dark_repeat", "frequency"), level * dark * noise[1]),
        ).assign_attrs(
            shot_noise_averages=averages,
            plan='{"calibrations": {"dark": {"averages": 100}}}',
        )

    for _ in range(200):
        found.append(float(reference_of(measured()).level.mean()) / level)
    trial = measured()
    reference = reference_of(trial)
    assert reference.relative_error == pytest.approx(np.std(found), rel=0.2)
    # What the unit's error is made of reaches the fit of both directions.
    alone = trial.isel(laser_power=0, drop=True)
    total = direction_spectra(alone).reference_averages
    assert 1 / np.sqrt(total * points) == pytest.approx(reference.relative_error, rel=0.05)


def test_a_wrong_unit_is_inside_the_contrasts_interval_as_often_as_it_says():
    """Directions of known excess, behind a shot-noise level that is off by its stated error."""
    random, error, inside, trials = np.random.default_rng(4), 0.05, 0, 400
    forward, backward = 2.0, 0.5
    truth = (forward - backward) / (forward + backward)
    for _ in range(trials):
        unit = 1 + error * random.standard_normal()
        scatter = 0.02 * random.standard_normal((2, 8))
        plus, minus = (
            (1 + A + s) / unit - 1 for A, s in zip((forward, backward), scatter, strict=True)
        )
        interval = quad_contrast(plus, minus, reference_error=error)
        inside += interval.low <= truth <= interval.high
    # Student's t of 8 quads on a common error is careful: 95 % and more.
    assert 0.94 < inside / trials <= 1.0


def test_a_records_calibration_is_common_to_quanta_and_cancels_from_the_contrast(as_run):
    rate, samples, quads, relative = 1e3, 4000, 8, 0.1
    random = np.random.default_rng(6)
    size = np.array([3.0, 1.5])[:, None, None, None, None, None]
    noise = random.standard_normal((2, 1, quads, 2, 2, samples + 40))
    kernel = np.exp(-np.arange(40) / 8.0)
    filtered: Any = lfilter(kernel, [1.0], noise)
    values = size * filtered[..., -samples:]
    inner = {"channel": [0, 1], "quadrature": ["X", "Y"], "time": np.arange(samples) / rate}
    data = as_run(
        "quadratures",
        values,
        inner,
        swept=("laser_power", [1e-4], "W"),
        units="V",
        rate_hz=rate,
        time_constant_s=1e-6,
    ).assign_coords(reference=("channel", [1e6, 1e6], {"units": "Hz"}))
    [setting] = settings_of(data)
    exact, unsure = (
        records_of(data, calibration=Calibration(1.0, error, "tone")) for error in (0.0, relative)
    )
    for light in (1, -1):
        S = [found.records[light, 1, setting].S["S_c"] for found in (exact, unsure)]
        assert S[0].value == pytest.approx(S[1].value)
        # On X = 1/S, of which the calibration is a factor.
        X = [(1 / one.low - 1 / one.high) / 2 * one.value for one in S]
        assert X[1] == pytest.approx(np.hypot(X[0], 1.96 * relative), rel=0.1)
    contrasts = [found.compared[0].measures["S_c"].contrast for found in (exact, unsure)]
    assert half(contrasts[1]) == pytest.approx(half(contrasts[0]), rel=0.02)
