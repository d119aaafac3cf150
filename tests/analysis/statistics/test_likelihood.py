from typing import Any

import lmfit
import numpy as np
import pytest
from scipy.optimize import minimize

from phonosync.analysis.statistics.likelihood import (
    deviance_residuals,
    deviance_z,
    error_inflation,
    whittle_deviance,
)
from phonosync.theory.errors import InputError


def lorentzian(frequency, area, centre, width, floor):
    return area * (width / 2 / np.pi) / ((frequency - centre) ** 2 + (width / 2) ** 2) + floor


def maximum_likelihood(residuals, parameters) -> Any:
    return lmfit.Minimizer(residuals, parameters, scale_covar=False).minimize("leastsq")


def test_the_squares_of_the_residuals_sum_to_the_deviance():
    rng = np.random.default_rng(1)
    power, model = rng.gamma(3, 1, 500), rng.gamma(3, 1, 500)
    x = power / model
    expected = 2 * 7 * np.sum(x - 1 - np.log(x))
    assert whittle_deviance(power, model, 7) == pytest.approx(expected, rel=1e-12)
    assert np.sum(deviance_residuals(power, model, 7) ** 2) == pytest.approx(expected, rel=1e-12)


def test_residuals_carry_the_sign_of_data_minus_model_and_vanish_at_equality():
    residuals = deviance_residuals([0.5, 1.0, 2.0], 1.0, 10)
    assert residuals[0] < 0 < residuals[2]
    assert residuals[1] == 0


def test_residuals_are_smooth_through_equality_and_across_the_edge_of_the_series():
    excess = np.linspace(-0.06, 0.06, 2401)
    slope = np.diff(deviance_residuals(1 + excess, 1.0, 1)) / np.diff(excess)
    assert np.max(np.abs(np.diff(slope, 2))) < 1e-8
    tiny = deviance_residuals(1 + 2.0**-40, 1.0, 4)
    assert tiny == pytest.approx(2 * 2.0**-40, rel=1e-12)


def test_residuals_far_below_the_model_keep_their_digits():
    assert deviance_residuals(1e-20, 1.0, 0.5) == pytest.approx(-np.sqrt(20 * np.log(10) - 1))


@pytest.mark.parametrize("model", [0.0, -3.0])
def test_a_model_that_is_not_positive_gives_a_huge_finite_residual(model):
    residual = deviance_residuals(2.0, model, 1)
    assert np.isfinite(residual)
    assert residual > 1e5


@pytest.mark.parametrize("averages", [1, 10, 100])
def test_the_deviance_of_the_true_spectrum_has_mean_zero_and_unit_variance_in_z(averages):
    rng = np.random.default_rng(2)
    model = np.geomspace(1, 100, 200)
    z = [deviance_z(rng.gamma(averages, model / averages), model, averages, 0) for _ in range(3000)]
    assert np.mean(z) == pytest.approx(0, abs=4 / np.sqrt(3000))
    assert np.std(z) == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("averages", [1, 10, 100])
def test_each_fitted_level_takes_one_from_the_expected_deviance(averages):
    rng = np.random.default_rng(3)
    power = rng.gamma(averages, 1 / averages, (4000, 8, 25))
    model = np.broadcast_to(power.mean(axis=-1, keepdims=True), power.shape)
    z = [
        deviance_z(p.ravel(), m.ravel(), averages, n_parameters=8)
        for p, m in zip(power, model, strict=True)
    ]
    assert np.mean(z) == pytest.approx(0, abs=0.05)


def test_least_squares_on_the_residuals_is_maximum_likelihood():
    rng = np.random.default_rng(4)
    frequency = np.arange(200.0)
    truth = np.array([500.0, 90.0, 12.0, 1.0])
    power = rng.gamma(2, lorentzian(frequency, *truth) / 2)

    def negative_log_likelihood(log_parameters):
        model = lorentzian(frequency, *np.exp(log_parameters))
        return 2 * np.sum(np.log(model) + power / model)

    direct = minimize(
        negative_log_likelihood,
        np.log(truth),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 10000, "maxfev": 10000},
    )
    parameters = lmfit.create_params(area=400.0, centre=91.0, width=10.0, floor=2.0)
    fit = maximum_likelihood(
        lambda p: deviance_residuals(power, lorentzian(frequency, **p.valuesdict()), 2), parameters
    )
    assert list(fit.params.valuesdict().values()) == pytest.approx(np.exp(direct.x), rel=1e-4)


def test_the_error_of_a_level_is_that_of_its_mean():
    averages, points = 5, 400
    power = np.random.default_rng(5).gamma(averages, 3 / averages, points)
    fit = maximum_likelihood(
        lambda p: deviance_residuals(power, p["level"].value, averages),
        lmfit.create_params(level=2.0),
    )
    level = fit.params["level"]
    assert level.value == pytest.approx(power.mean(), rel=1e-6)
    assert level.stderr == pytest.approx(power.mean() / np.sqrt(averages * points), rel=0.01)


def test_a_hann_window_inflates_errors_by_1_394():
    n = 4096
    window = np.hanning(n + 1)[:n]
    correlations = np.abs(np.fft.fft(window**2)[1:3]) ** 2 / np.sum(window**2) ** 2
    assert correlations == pytest.approx([4 / 9, 1 / 36], rel=1e-9)
    assert np.sqrt(error_inflation(correlations)) == pytest.approx(1.394, abs=1e-3)
    assert error_inflation([]) == 1


def test_correlated_points_lower_z():
    power = np.random.default_rng(6).gamma(10, 0.15, 100)
    independent = deviance_z(power, np.ones(100), 10, 0)
    assert deviance_z(power, np.ones(100), 10, 0, 4.0) == pytest.approx(independent / 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: deviance_residuals([1.0, -2.0], 1.0, 1), "not positive"),
        (lambda: deviance_residuals([1.0, np.nan], 1.0, 1), "not positive"),
        (lambda: deviance_residuals([1.0], 1.0, 0), "averages = 0"),
        (lambda: deviance_z([1.0, 2.0], 1.0, 1, 2), "2 points cannot test"),
        (lambda: deviance_z([1.0, 2.0], 1.0, 1, 0, 0.5), "correlation = 0.5"),
        (lambda: error_inflation([1.2]), "between 0 and 1"),
    ],
)
def test_impossible_input_is_refused_with_its_value(call, said):
    with pytest.raises(InputError, match=said):
        call()
