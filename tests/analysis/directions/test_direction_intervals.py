"""Intervals of the cavity's fit: where the deviance has risen by 3.84, and by drawn spectra."""

import numpy as np
import pytest

from phonosync.analysis.directions.fit import fit_directions
from phonosync.analysis.directions.intervals import (
    drawn_spectra,
    number_intervals,
    parameter_intervals,
)
from phonosync.analysis.directions.synchronization import synchronization

CHI_SQUARE_95 = 3.841459


@pytest.fixture(scope="module")
def fit(simulate, true_parameters):
    spectra = simulate("ring", 1, averages=64)
    return fit_directions(spectra, start=true_parameters("ring"))


@pytest.fixture(scope="module")
def profiled(fit):
    return parameter_intervals(fit, "profile")


def refitted(fit, name, value):
    """The deviance with one parameter held, all others free."""
    parameters = fit.parameters.copy()
    parameters[name].set(value=value, vary=False)
    return fit_directions(fit.spectra, start=parameters).result.chisqr


@pytest.mark.parametrize("name", ["cavity_linewidth_hz", "occupation_1"])
@pytest.mark.parametrize("end", ["low", "high"])
def test_at_a_profiles_end_the_deviance_has_risen_by_the_threshold(fit, profiled, name, end):
    rise = refitted(fit, name, getattr(profiled[name], end)) - fit.result.chisqr
    # Points 2.2 kHz apart behind a filter of 800 Hz are independent.
    assert fit.spectra.inflation == pytest.approx(1, abs=0.01)
    assert rise == pytest.approx(CHI_SQUARE_95, rel=0.05)


def test_what_is_known_to_a_twentieth_has_a_longer_side_upwards(fit, profiled):
    plain = parameter_intervals(fit, "curvature")
    for name in ("occupation_1", "occupation_2"):
        found, one = profiled[name], plain[name]
        assert found.high - found.value > 1.02 * (found.value - found.low)
        assert found.high - found.low == pytest.approx(one.high - one.low, rel=0.1)


def test_correlated_points_raise_the_threshold_by_their_factor(simulate, true_parameters):
    spectra = simulate("ring", 2, averages=64, rbw_hz=3000.0)
    fit = fit_directions(spectra, start=true_parameters("ring"))
    assert spectra.inflation > 1.5
    # Of the level, whose scatter is that of all points together.
    found = parameter_intervals(fit, "profile")["shot_noise_level"]
    rise = refitted(fit, "shot_noise_level", found.high) - fit.result.chisqr
    assert rise == pytest.approx(CHI_SQUARE_95 * spectra.inflation, rel=0.05)


def test_synchronization_by_profile_is_near_that_of_curvature(fit):
    (plain, chi), (profiled, other) = (
        synchronization(fit, method) for method in ("curvature", "profile")
    )
    for one, two in zip(plain, profiled, strict=True):
        assert two.S_c.value == pytest.approx(one.S_c.value)
        assert two.S_c.high - two.S_c.low == pytest.approx(one.S_c.high - one.S_c.low, rel=0.15)
        for a, b in zip(one.occupations, two.occupations, strict=True):
            assert b.high - b.low == pytest.approx(a.high - a.low, rel=0.15)
    width = chi.contrast.high - chi.contrast.low
    assert other.contrast.value == pytest.approx(chi.contrast.value)
    assert other.contrast.high - other.contrast.low == pytest.approx(width, rel=0.15)


def test_refitted_draws_scatter_as_the_curvature_says(fit):
    def frequency(parameters):
        return float(parameters["frequency_1_hz"].value)

    [drawn] = number_intervals(fit, [frequency], "bootstrap", replicas=40)
    [plain] = number_intervals(fit, [frequency], "curvature")
    assert drawn.high - drawn.low == pytest.approx(plain.high - plain.low, rel=0.4)


@pytest.mark.parametrize("rbw_hz", [800.0, 3000.0])
def test_drawn_spectra_have_the_fits_mean_scatter_and_correlation(
    simulate, true_parameters, rbw_hz
):
    spectra = simulate("ring", 3, averages=64, rbw_hz=rbw_hz)
    fit = fit_directions(spectra, start=true_parameters("ring"))
    random = np.random.default_rng(4)
    relative = np.array([drawn_spectra(fit, random).power[1] / fit.model(1) - 1 for _ in range(60)])
    K, draws, points = fit.spectra.averages[1], *relative.shape
    assert abs(relative.mean()) < 6 / np.sqrt(K * draws * points)
    assert relative.std() == pytest.approx(1 / np.sqrt(K), rel=0.03)
    lag = np.mean(relative[:, 1:] * relative[:, :-1]) * K
    # exp(−2 ln 2 d²/B²) for points 2.2 kHz apart.
    assert lag == pytest.approx(np.exp(-2 * np.log(2) * (2200 / rbw_hz) ** 2), abs=0.03)
