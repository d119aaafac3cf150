"""Theory along a sweep: the band is the uncertainty that fit and device file leave."""

import numpy as np
import pytest

from phonosync.analysis.models.fitted_device import FittedDevice
from phonosync.analysis.models.forecast import forecast
from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.stated_prediction import stated_prediction
from phonosync.analysis.run.sweep_prediction import finer
from phonosync.theory import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.device.uncertainty import Uncertainty
from phonosync.theory.prediction import predict
from phonosync.theory.survey.measures import measure_states
from phonosync.theory.survey.monte_carlo import imperfect_devices
from phonosync.theory.synchronization import contrast

POWERS = (0.1e-3, 0.15e-3, 0.2e-3)


@pytest.fixture(scope="module")
def run(simulate_experiment):
    return simulate_experiment("ring", 21, powers=POWERS)


@pytest.fixture(scope="module")
def analysis(run):
    return analyse(run, device=load_device("ring"))


@pytest.fixture(scope="module")
def network(analysis):
    return analysis.network


def test_the_fitted_curve_goes_through_the_settings_with_their_own_intervals(network):
    curve, points = network.predictions["fit"].settings, network.settings
    for end in ("S_c", "S_c_low", "S_c_high"):
        on_it = curve[end].sel(laser_power=list(POWERS), method="nearest")
        np.testing.assert_allclose(on_it.values, points[end].values, rtol=2e-3)
    of_light = network.predictions["fit"].compared["light"]
    for end in ("contrast", "contrast_low", "contrast_high"):
        on_it = of_light[end].sel(laser_power=list(POWERS), method="nearest")
        np.testing.assert_allclose(on_it.values, network.compared["light"][end].values, rtol=2e-3)


def test_between_the_settings_the_fitted_device_does_what_theory_predicts_of_it(network):
    curve = network.predictions["fit"].settings["S_c"].sel(field=1, branch="up")
    middle = float(curve["laser_power"][len(curve["laser_power"]) // 4])
    assert middle not in POWERS
    expected = {p.light: p.S_c for p in predict(network.fit.device, power=middle) if p.stable}
    for light, S_c in expected.items():
        assert float(curve.sel(light=light, laser_power=middle)) == pytest.approx(S_c, rel=1e-4)


def test_the_band_is_as_wide_as_the_scatter_of_devices_drawn_from_the_fit(network):
    curve = network.predictions["fit"].settings.sel(field=1, branch="up")
    power = float(curve["laser_power"][10])
    drawn = forecast(FittedDevice.of(network.fit), power=power, draws=300, seed=3)
    for one in drawn:
        here = curve.sel(light=one.light, laser_power=power)
        width = float(here["S_c_high"] - here["S_c_low"])
        assert width == pytest.approx(one.measures["S_c"].high - one.measures["S_c"].low, rel=0.25)
        narrow = float(here["S_c_68_high"] - here["S_c_68_low"])
        assert narrow / width == pytest.approx(1 / 1.96, rel=0.05)


def test_the_noise_that_the_fit_expects_agrees_with_the_spectra_taken_alone(analysis):
    alone = analysis.spectra.compared["light"]
    fine = analysis.network.noise["light"]
    expected = fine.sel(laser_power=list(POWERS), method="nearest")
    expected = expected.assign_coords(laser_power=alone["laser_power"])
    error = (alone["contrast_high"] - alone["contrast_low"]) / 4
    assert float(abs((expected["contrast"] - alone["contrast"]) / error).max()) < 4
    # A fit of all points knows the band's mean better than the mean of the points does.
    of_fit = expected["contrast_high"] - expected["contrast_low"]
    assert bool((of_fit < alone["contrast_high"] - alone["contrast_low"]).all())


def test_the_files_band_is_that_of_devices_with_its_disorder(run, network):
    ring = load_device("ring")
    curve = network.predictions["file"]
    assert curve.band == "devices with the file's disorder"
    chi = curve.compared["light"].sel(field=1, branch="up")
    # A search of all states of the same devices, at a power that stands in the file itself.
    power = float(chi["laser_power"][5])
    at_power = with_entries(ring, {find_entry(ring, "drive.power"): power})
    S = [
        measure_states(imperfect_devices(at_power, 200, light=s), (1, 2), ["S_c"], "lower")["S_c"]
        for s in (1, -1)
    ]
    here = chi.sel(laser_power=power)
    for end, share in (("_low", 2.5), ("_68_low", 15.87), ("_68_high", 84.13), ("_high", 97.5)):
        expected = np.percentile(contrast(*S), share)
        assert float(here[f"contrast{end}"]) == pytest.approx(expected, rel=1e-6)


def test_an_earlier_fits_covariance_takes_the_place_of_the_disorder(run):
    ring = load_device("ring")
    entry = find_entry(ring, "sagnac.shift")
    narrow, wide = (
        stated_prediction(
            ring, run, finer(run), Uncertainty((entry,), np.array([-5e6]), np.array([[error**2]]))
        )
        for error in (5e3, 50e3)
    )
    assert narrow.band == wide.band == "the file's covariance"

    def width(found):
        S = found.settings.sel(light=1, field=1)
        return float((S["S_c_high"] - S["S_c_low"]).mean())

    assert width(wide) == pytest.approx(10 * width(narrow), rel=0.2)


def test_a_device_that_states_no_uncertainty_has_a_curve_and_no_band(run):
    bare = load_device("ring").model_copy(update={"disorder": None})
    found = stated_prediction(bare, run, finer(run))
    assert found.band == ""
    assert bool(np.isfinite(found.settings["S_c"]).all())
    assert not bool(np.isfinite(found.settings["S_c_low"]).any())


def test_a_run_at_one_setting_has_theory_at_that_setting_alone(simulate_experiment):
    single = simulate_experiment("ring", 22, powers=(0.15e-3,))
    found = stated_prediction(load_device("ring"), single, finer(single))
    assert found.settings.sizes["laser_power"] == 1
    expected = {p.light: p.S_c for p in predict(load_device("ring"), power=0.15e-3) if p.stable}
    for light, S_c in expected.items():
        assert float(found.settings["S_c"].sel(light=light).squeeze()) == pytest.approx(S_c)
