"""A whole run: averages, quads, p-value; and that the answer is never looked up."""

import numpy as np
import pytest
from scipy.stats import binom

from phonosync.analysis.nonreciprocity.permutation import permutation_p_value, quad_differences
from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.cavity import _whole_quads, analyse_cavity, direction_spectra
from phonosync.theory import load_device
from phonosync.theory.errors import InputError
from phonosync.theory.prediction import predict


def test_the_average_is_over_repetitions_in_units_of_the_reference(ring_run):
    spectra = direction_spectra(ring_run)
    level = ring_run["shot_noise_psd"].values.mean()
    for row, light in enumerate((1, -1)):
        expected = ring_run["psd"].values[row, 0, 0].mean(axis=0) / level
        assert spectra.power[light] == pytest.approx(expected)
        assert spectra.averages[light] == 16 * 8


def test_the_order_of_dimensions_in_the_file_does_not_matter(ring_run):
    turned = ring_run.transpose("frequency", "repeat", "light", ...)
    expected = direction_spectra(ring_run).power[-1]
    assert direction_spectra(turned).power[-1] == pytest.approx(expected)


def test_one_quad_is_its_own_two_repetitions(ring_run):
    spectra = direction_spectra(ring_run, quad=3)
    level = ring_run["shot_noise_psd"].values.mean()
    expected = ring_run["psd"].values[0, 0, 0, 6:8].mean(axis=0) / level
    assert spectra.power[1] == pytest.approx(expected)
    assert spectra.averages == {1: 16, -1: 16}


def test_a_repetition_that_was_not_measured_is_left_out(ring_run):
    run = ring_run.copy(deep=True)
    run["psd"][1, :, :, 4:] = np.nan
    spectra = direction_spectra(run)
    assert spectra.averages == {1: 128, -1: 32}
    assert np.isfinite(spectra.power[-1]).all()


def test_a_run_without_any_spectrum_is_refused(ring_run):
    run = ring_run.copy(deep=True)
    run["psd"][:] = np.nan
    with pytest.raises(InputError, match="no complete spectrum; measure it again"):
        direction_spectra(run)


def test_the_rings_quads_agree_with_theory_one_by_one(ring_analysis):
    known = {p.light: p.S_c for p in predict(load_device("ring")) if p.stable}
    assert ring_analysis.quads.shape == (8, 2)
    assert ring_analysis.quads[:, 0] == pytest.approx(np.full(8, known[1]), rel=0.15)
    assert ring_analysis.quads[:, 1] == pytest.approx(np.full(8, known[-1]), rel=0.3)
    assert ring_analysis.p_value == 2 / 2**8


def test_the_fit_never_sees_the_virtual_devices_name(ring_run, ring_analysis):
    run = ring_run.assign_attrs(virtual_device="reciprocal")
    again = analyse_cavity(run)
    assert again.fit.parameters.valuesdict() == ring_analysis.fit.parameters.valuesdict()
    assert again.directions == ring_analysis.directions
    assert again.nonreciprocity == ring_analysis.nonreciprocity
    np.testing.assert_array_equal(again.quads, ring_analysis.quads)


def test_an_unfinished_run_has_its_finished_quads_and_no_p_value(ring_run):
    run = ring_run.copy(deep=True)
    for name in ("psd", "quad"):
        run[name][0, :, :, 7:] = np.nan
        run[name][1, :, :, 6:] = np.nan  # three quads, and part of a fourth
    analysis = analyse_cavity(run)
    assert analysis.quads.shape == (3, 2)
    assert analysis.p_value is None
    assert analysis.directions[0].S_c.low > analysis.directions[1].S_c.high


def test_a_run_that_ended_in_its_first_direction_is_analysed_alone(ring_run):
    run = ring_run.copy(deep=True)
    for name in ("psd", "quad"):
        run[name][0, :, :, 1:] = np.nan
        run[name][1] = np.nan
    spectra = direction_spectra(run)
    assert spectra.lights == (1,)
    assert spectra.averages == {1: 8}


def test_the_reciprocal_ring_is_called_nonreciprocal_no_oftener_than_by_chance(simulate_run):
    """Beneath the fit, which one far detuning leaves undetermined."""
    runs, hits = 40, 0
    for seed in range(runs):
        quads = _whole_quads(simulate_run("reciprocal", 100 + seed))
        forward, backward = ([q.power[light] for q in quads] for light in (1, -1))
        hits += permutation_p_value(quad_differences(forward, backward)) <= 0.05
    assert hits <= binom.ppf(0.999, runs, 0.05)


def test_a_runs_intervals_are_found_by_the_method_that_is_asked_for(ring_run, ring_analysis):
    [found] = analyse(ring_run, interval="profile").cavity.values()
    assert (ring_analysis.interval, found.interval) == ("curvature", "profile")
    plain, profiled = ring_analysis.parameters["occupation_1"], found.parameters["occupation_1"]
    # Quanta of a bath are nearly normal in their logarithm: longer upwards, where curvature has
    # both sides alike.
    assert plain.high - plain.value == pytest.approx(plain.value - plain.low)
    assert profiled.high - profiled.value > 1.01 * (profiled.value - profiled.low)
    for one, other in zip(ring_analysis.directions, found.directions, strict=True):
        assert other.S_c.value == pytest.approx(one.S_c.value, rel=1e-6)
        width = one.S_c.high - one.S_c.low
        assert other.S_c.high - other.S_c.low == pytest.approx(width, rel=0.1)
