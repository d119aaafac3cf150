"""From a fit to S_c: intervals on X = 1/S_c, limits, warnings, contrast and isolation."""

from types import SimpleNamespace

import numpy as np
import pytest

from phonosync.analysis.directions.cavity import linearise
from phonosync.analysis.directions.fit import DirectionFit
from phonosync.analysis.directions.synchronization import synchronization


@pytest.fixture
def fit_with(simulate, true_parameters):
    """A fit that ended at the ring's true parameters, with errors of this relative size."""

    def make(relative_error, deviance_z=0.0, lights=(1, -1), **changed):
        parameters = true_parameters("ring")
        for name, value in changed.items():
            parameters[name].value = value
        names = [name for name, p in parameters.items() if p.vary]
        covariance = None
        if relative_error is not None:
            sigma = np.array([relative_error * parameters[name].value for name in names])
            covariance = np.diag(sigma**2)
        result = SimpleNamespace(params=parameters, var_names=names, covar=covariance)
        spectra = simulate("ring", 1, lights=lights)
        return DirectionFit(spectra, result, dict.fromkeys(lights, deviance_z))

    return make


def error_of_X(parameters, light):
    """X from the covariance by its definition, with q and p of both phonons written out."""
    V = linearise(parameters, light).V
    q1, p1, q2, p2 = 2, 3, 4, 5
    q_minus = (V[q1, q1] + V[q2, q2] - 2 * V[q1, q2]) / 2
    p_minus = (V[p1, p1] + V[p2, p2] - 2 * V[p1, p2]) / 2
    return q_minus + p_minus


def test_the_interval_is_put_on_X_and_turned_over(fit_with):
    fit = fit_with(0.01)
    for entry in synchronization(fit)[0]:
        X = error_of_X(fit.parameters, entry.light)
        assert entry.S_c.value == pytest.approx(1 / X)
        upper, lower = 1 / entry.S_c.low - X, X - 1 / entry.S_c.high
        assert upper == pytest.approx(lower, rel=1e-9)
        assert entry.S_c.low < entry.S_c.value < entry.S_c.high


def test_the_width_is_that_of_a_monte_carlo_over_the_fits_covariance(fit_with):
    fit = fit_with(0.004)
    random = np.random.default_rng(2)
    draws = {1: [], -1: []}
    for _ in range(300):
        parameters = fit.parameters.copy()
        for name, variance in zip(fit.result.var_names, np.diag(fit.result.covar), strict=True):
            parameters[name].value += random.normal(0, np.sqrt(variance))
        for light, values in draws.items():
            values.append(error_of_X(parameters, light))
    for entry in synchronization(fit)[0]:
        sigma = (1 / entry.S_c.low - 1 / entry.S_c.high) / (2 * 1.959964)
        assert sigma == pytest.approx(np.std(draws[entry.light]), rel=0.2)


def test_X_within_two_sigma_of_zero_gives_a_lower_limit_and_says_so(fit_with):
    directions, nonreciprocity = synchronization(fit_with(1.0))
    for entry in directions:
        assert np.isnan(entry.S_c.value)
        assert np.isnan(entry.S_c.high)
        assert 0 < entry.S_c.low < 1
        assert "within two sigma of zero" in entry.notes[0]
        assert "average longer" in entry.notes[0]
    assert -1 <= nonreciprocity.contrast.low <= nonreciprocity.contrast.high <= 1


def test_synchronization_above_heisenbergs_limit_is_flagged(fit_with, monkeypatch):
    fit = fit_with(1e-6)
    monkeypatch.setattr(
        "phonosync.analysis.directions.synchronization.error_of",
        lambda V, i, j: 0.8 + 1e-6 * V[i, j],
    )
    for entry in synchronization(fit)[0]:
        assert entry.S_c.value == pytest.approx(1.25, rel=1e-2)
        assert any("Heisenberg" in note and "check efficiency" in note for note in entry.notes)


def test_without_covariance_everything_is_unknown_and_a_note_says_what_to_do(fit_with):
    directions, nonreciprocity = synchronization(fit_with(None))
    for entry in directions:
        values = [entry.S_c, *entry.occupations]
        assert np.isnan([x for i in values for x in (i.value, i.low, i.high)]).all()
        assert len(entry.notes) == 1
        assert "second detuning or power" in entry.notes[0]
    assert np.isnan(nonreciprocity.contrast.value)
    assert np.isnan(nonreciprocity.isolation_db.value)


def test_a_model_that_misses_the_spectrum_is_noted(fit_with):
    for entry in synchronization(fit_with(0.01, deviance_z=6.0))[0]:
        assert "the model misses the spectrum" in entry.notes[0]


def test_quanta_without_light_are_those_of_the_bath(fit_with):
    fit = fit_with(0.01, coupling_1_hz=1.0, coupling_2_hz=1.0)
    for entry in synchronization(fit)[0]:
        for quanta in entry.occupations:
            assert quanta.value == pytest.approx(20.0, rel=1e-4)
        assert entry.S_c.value == pytest.approx(1 / 41, rel=1e-4)  # 1/(2n + 1)


def test_contrast_and_isolation_tell_the_same_ratio(fit_with):
    fit = fit_with(0.01)
    directions, found = synchronization(fit)
    plus, minus = (entry.S_c.value for entry in directions)
    assert found.contrast.value == pytest.approx((plus - minus) / (plus + minus))
    assert found.isolation_db.value == pytest.approx(10 * np.log10(plus / minus))
    for chi, decibel in zip(
        (found.contrast.low, found.contrast.high),
        (found.isolation_db.low, found.isolation_db.high),
        strict=True,
    ):
        ratio = (1 + chi) / (1 - chi)
        assert decibel == pytest.approx(10 * np.log10(ratio))


def test_one_direction_alone_has_no_contrast(fit_with):
    directions, nonreciprocity = synchronization(fit_with(0.01, lights=(1,)))
    assert [entry.light for entry in directions] == [1]
    assert np.isnan(nonreciprocity.contrast.value)
