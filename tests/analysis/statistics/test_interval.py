"""Values with intervals, and the delta method against functions whose answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from lmfit import Parameters

from phonosync.analysis.statistics.interval import UNKNOWN, Interval, around, propagate
from phonosync.theory.errors import UnstableError


@pytest.fixture
def fitted():
    """A fit's result: two parameters, correlated, and one that was held."""
    parameters = Parameters()
    parameters.add("x", value=3.0)
    parameters.add("held", value=7.0, vary=False)
    parameters.add("y", value=-2.0)
    covariance = np.array([[0.04, -0.01], [-0.01, 0.09]])
    return SimpleNamespace(params=parameters, var_names=["x", "y"], covar=covariance)


def test_a_linear_functions_covariance_is_exact(fitted):
    J = np.array([[2.0, 1.0], [0.0, -3.0], [1.0, 1.0]])
    value, covariance = propagate(
        lambda p: J @ [p["x"].value, p["y"].value] + p["held"].value, fitted
    )
    assert value == pytest.approx([11.0, 13.0, 8.0])
    assert covariance == pytest.approx(J @ fitted.covar @ J.T, rel=1e-9)


def test_a_products_relative_variance_is_the_sum_of_the_relative_variances(fitted):
    fitted.covar = np.diag([0.04, 0.09])
    _, covariance = propagate(lambda p: np.array([p["x"].value * p["y"].value]), fitted)
    assert covariance[0, 0] / 36 == pytest.approx(0.04 / 9 + 0.09 / 4, rel=1e-6)


def test_the_parameters_of_the_fit_are_left_as_they_were(fitted):
    propagate(lambda p: np.array([p["x"].value ** 2]), fitted)
    assert [p.value for p in fitted.params.values()] == [3.0, 7.0, -2.0]


@pytest.mark.parametrize("bound", ["min", "max"])
def test_a_parameter_at_its_bound_keeps_its_slope(fitted, bound):
    """No step leads across the bound; the step that is left must not halve the gradient."""
    fitted.params["x"].set(**{bound: 3.0})
    _, covariance = propagate(lambda p: np.array([5 * p["x"].value]), fitted)
    assert covariance[0, 0] == pytest.approx(25 * 0.04, rel=1e-6)


def test_an_interval_holds_95_percent_of_a_normal_law():
    draws = np.random.default_rng(1).normal(2.0, 0.5, 100_000)
    interval = around(2.0, 0.5)
    assert interval.value == 2.0
    share = np.mean((draws > interval.low) & (draws < interval.high))
    assert share == pytest.approx(0.95, abs=0.003)


def test_what_is_unknown_is_null_in_json():
    assert UNKNOWN.to_json() == {"value": None, "low": None, "high": None}
    limit = Interval(np.nan, np.float64(0.25), np.nan)
    assert limit.to_json() == {"value": None, "low": 0.25, "high": None}


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval(0.60903, 0.59975, 0.61860), ("0.6090", "0.5998 … 0.6186")),
        (Interval(123456.0, 120000.0, 127000.0), ("123456", "120000 … 127000")),
        (Interval(1.234e-7, 1.1e-7, 1.4e-7), ("1.23e-07", "1.10e-07 … 1.40e-07")),
        (Interval(np.nan, 0.0312345, np.nan), ("> 0.0312", "limit")),
        (UNKNOWN, ("undetermined", "")),
    ],
)
def test_numbers_are_written_with_the_digits_that_their_interval_leaves(interval, words):
    assert interval.text() == words


def edge_of_stability(at):
    """A square that exists below `at` only, as a covariance does below threshold."""

    def square(parameters):
        a = parameters["a"].value
        if a >= at:
            raise UnstableError("it grows")
        return np.array([a**2])

    parameters = Parameters()
    parameters.add("a", value=1.0)
    return square, SimpleNamespace(params=parameters, covar=np.array([[1e-4]]), var_names=["a"])


def test_a_step_into_instability_is_shortened():
    _, covariance = propagate(*edge_of_stability(1 + 5e-5))
    assert covariance[0, 0] == pytest.approx(4 * 1e-4, rel=1e-6)


def test_a_fit_at_the_edge_of_stability_has_no_interval():
    with pytest.raises(UnstableError, match="edge of instability in a"):
        propagate(*edge_of_stability(1 + 1e-9))
