"""lmfit models with the likelihood of spectra: levels whose answers are known, coverage, emcee."""

from typing import Any

import lmfit
import numpy as np
import pytest
from lmfit.models import ConstantModel, LorentzianModel
from scipy.stats import gamma

from phonosync.analysis.statistics.likelihood import whittle_deviance
from phonosync.analysis.statistics.profile import profile_intervals
from phonosync.analysis.statistics.whittle import WhittleMixin, whittle
from phonosync.theory.errors import InputError

FREQUENCY = np.arange(200.0)


class Level(WhittleMixin, lmfit.Model):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A white spectrum."""

    def __init__(self, **options):
        super().__init__(lambda f, level: np.full(np.shape(f), level), **options)


def line(f, area, centre, width, floor):
    return area * (width / 2 / np.pi) / ((f - centre) ** 2 + (width / 2) ** 2) + floor


TRUTH = {"area": 500.0, "centre": 90.0, "width": 12.0, "floor": 1.0}


def spectra(seed, averages, number):
    mean = line(FREQUENCY, **TRUTH)
    return np.random.default_rng(seed).gamma(averages, mean / averages, (number, mean.size))


def test_a_level_is_the_mean_and_its_error_that_of_the_mean():
    power = np.random.default_rng(1).gamma(5, 3 / 5, 400)
    result: Any = Level().fit(power, level=2.0, averages=5, f=np.arange(400.0))
    assert result.params["level"].value == pytest.approx(power.mean(), rel=1e-6)
    assert result.params["level"].stderr == pytest.approx(power.mean() / np.sqrt(2000), rel=0.01)
    assert result.chisqr == pytest.approx(whittle_deviance(power, power.mean(), 5))


def test_the_profile_of_a_level_has_the_likelihoods_own_ends():
    """2 K N (x - 1 - ln x) = 3.84 at level = mean/x."""
    power = np.random.default_rng(1).gamma(2, 3 / 2, 50)
    result: Any = Level().fit(power, level=2.0, averages=2, f=np.arange(50.0))
    interval = profile_intervals(result)["level"]
    for end in (interval.low, interval.high):
        x = power.mean() / end
        assert 2 * 2 * 50 * (x - 1 - np.log(x)) == pytest.approx(3.8415, rel=1e-3)
    assert interval.low < interval.value < interval.high


def test_a_composite_model_of_lmfit_becomes_a_likelihood():
    model: Any = whittle(LorentzianModel() + ConstantModel())
    power = spectra(2, 10, 1)[0]
    start = model.make_params(amplitude=400, center=88, sigma=5, c=2)
    result = model.fit(power, start, averages=10, x=FREQUENCY)
    own: Any = whittle(lmfit.Model(line)).fit(
        power, averages=10, f=FREQUENCY, area=400, centre=88, width=10, floor=2
    )
    assert result.params["fwhm"].value == pytest.approx(own.params["width"].value, rel=1e-4)
    assert result.params["amplitude"].stderr == pytest.approx(own.params["area"].stderr, rel=1e-2)
    assert abs(result.goodness.deviance_z) < 3.5


@pytest.mark.parametrize("averages", [1, 100])
def test_errors_are_the_scatter_of_the_estimates(averages):
    model: Any = whittle(lmfit.Model(line))
    found = []
    for power in spectra(3, averages, 120):
        result = model.fit(power, averages=averages, f=FREQUENCY, **TRUTH)
        p = result.params["centre"]
        found.append((p.value - TRUTH["centre"]) / p.stderr)
    assert np.std(found) == pytest.approx(1, abs=0.22)  # 3.4 sigma of 120 fits
    assert np.mean(found) == pytest.approx(0, abs=0.35)


def test_correlated_points_widen_the_errors():
    power = spectra(4, 50, 1)[0]
    model: Any = whittle(lmfit.Model(line))
    plain, hann = (
        model.fit(power, averages=50, correlations=rho, f=FREQUENCY, **TRUTH)
        for rho in ((), (4 / 9, 1 / 36))
    )
    growth = hann.params["floor"].stderr / plain.params["floor"].stderr
    assert growth == pytest.approx(1.394, rel=0.03)
    assert hann.params["centre"].value == plain.params["centre"].value


def test_the_posterior_of_emcee_is_as_wide_as_the_profile():
    pytest.importorskip("emcee")
    power = np.random.default_rng(5).gamma(3, 1 / 3, 60)
    result: Any = Level().fit(power, level=1.0, averages=3, f=np.arange(60.0))
    result.params["level"].set(min=1e-3)
    chain = result.emcee(
        params=result.params, steps=600, burn=100, nwalkers=24, seed=6, progress=False
    )
    low, high = np.percentile(chain.flatchain["level"], [2.5, 97.5])
    interval = profile_intervals(result)["level"]
    assert high - low == pytest.approx(interval.high - interval.low, rel=0.1)
    # A flat prior on a level makes the posterior inverse gamma with N K - 1 degrees.
    exact = 3 * power.sum() / gamma.ppf([0.975, 0.025], 3 * 60 - 1)
    assert [low, high] == pytest.approx(exact, rel=0.02)


def test_log_averages_are_fitted_without_their_bias():
    random = np.random.default_rng(7)
    power = np.exp(np.log(random.exponential(3.0, (2000, 10))).mean(axis=1))
    result: Any = Level().fit(power, level=1.0, averages=10, averaging="log", f=np.arange(2000.0))
    level = result.params["level"]
    assert level.value == pytest.approx(3.0, abs=3.5 * level.stderr)
    assert level.stderr / level.value == pytest.approx(np.pi / np.sqrt(6 * 10 * 2000), rel=0.05)
    assert abs(result.goodness.deviance_z) < 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"weights": np.ones(50)}, "weights cannot be set"),
        ({"scale_covar": True}, "scale_covar cannot"),
        ({"method": "nelder"}, "method cannot"),
        ({"averaging": "video"}, "give 'power' or 'log'"),
    ],
)
def test_what_would_undo_the_likelihood_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        Level().fit(np.ones(50), level=1.0, averages=3, f=np.arange(50.0), **options)


def test_a_negative_power_is_refused():
    with pytest.raises(InputError, match="not positive"):
        Level().fit([1.0, -2.0, 3.0], level=1.0, averages=3, f=np.arange(3.0))
