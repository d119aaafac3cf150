"""Joint fit of both directions, on spectra that are drawn from theory's by a gamma law."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from phonosync.analysis.directions.fit import fit_directions
from phonosync.analysis.directions.synchronization import synchronization
from phonosync.theory import load_device
from phonosync.theory.errors import InputError
from phonosync.theory.prediction import predict


def truth(device) -> dict[int, Any]:
    return {p.light: p.S_c for p in predict(load_device(device)) if p.stable}


@pytest.fixture(scope="module")
def unaided(simulate):
    return fit_directions(simulate("ring", 1))


def test_the_rings_synchronization_is_found_without_help(unaided):
    directions, nonreciprocity = synchronization(unaided)
    known = truth("ring")
    for entry in directions:
        half = (entry.S_c.high - entry.S_c.low) / 2
        assert entry.S_c.value == pytest.approx(known[entry.light], abs=2 * half)
        assert half < 0.1 * entry.S_c.value
        assert entry.notes == ()
    chi = (known[1] - known[-1]) / (known[1] + known[-1])
    assert nonreciprocity.contrast.value == pytest.approx(chi, abs=0.02)
    assert nonreciprocity.isolation_db.value == pytest.approx(
        10 * np.log10(known[1] / known[-1]), abs=0.7
    )


def test_the_rings_own_numbers_come_out_within_their_errors(unaided, true_parameters):
    known = true_parameters("ring")
    for name in unaided.result.var_names:
        if name.startswith("detuning"):
            continue  # the fit's include the optical spring's shift of the cavity
        fitted = unaided.parameters[name]
        assert abs(fitted.value - known[name].value) < 4 * fitted.stderr, name


def test_the_true_model_leaves_residuals_of_unit_deviance(unaided):
    assert all(abs(z) < 4 for z in unaided.deviance_z.values())


def test_starting_from_the_truth_leads_to_the_same_optimum(unaided, simulate, true_parameters):
    helped = fit_directions(simulate("ring", 1), start=true_parameters("ring"))
    assert helped.result.chisqr == pytest.approx(unaided.result.chisqr, abs=0.01)
    found, again = (synchronization(fit)[0] for fit in (unaided, helped))
    for entry, other in zip(found, again, strict=True):
        assert entry.S_c.value == pytest.approx(other.S_c.value, rel=1e-3)


def test_one_far_detuned_direction_is_never_known_wrongly(simulate):
    """The stopped ring: one detuning does not tell the phonons' heat from the light's grip.

    The fit may say so, or give an interval; it may not be sure of something false.
    """
    known = truth("reciprocal")
    directions, nonreciprocity = synchronization(fit_directions(simulate("reciprocal", 2)))
    for entry in directions:
        S = entry.S_c
        assert entry.notes or S.low < known[entry.light] < S.high
        assert np.isnan(S.low) or S.low < known[entry.light]
        assert np.isnan(S.high) or S.high > known[entry.light]
    chi = nonreciprocity.contrast
    assert np.isnan(chi.value) or chi.low < 0 < chi.high


def test_directions_that_see_the_same_ring_fit_the_same_detuning(simulate, true_parameters):
    fit = fit_directions(simulate("reciprocal", 1), start=true_parameters("reciprocal"))
    forward, backward = (fit.parameters[f"detuning_{way}_hz"] for way in ("forward", "backward"))
    assert forward.value == pytest.approx(backward.value, rel=0.02)


def test_intervals_of_both_directions_hold_the_truth_as_often_as_they_say(
    simulate, true_parameters
):
    """At the shipped plan's bandwidth neighbouring points share noise; bounds at one in 1000."""
    runs, known = 40, truth("ring")
    held, z = {1: 0, -1: 0}, {1: [], -1: []}
    for seed in range(runs):
        spectra = simulate("ring", 1000 + seed, rbw_hz=2e3)
        fit = fit_directions(spectra, start=true_parameters("ring"))
        for entry in synchronization(fit)[0]:
            S, expected = entry.S_c, known[entry.light]
            held[entry.light] += S.low < expected < S.high
            sigma = (1 / S.low - 1 / S.high) / (2 * 1.959964)
            z[entry.light].append((1 / S.value - 1 / expected) / sigma)
    fewest = binom.ppf(1e-3, runs, 0.95)
    for light in (1, -1):
        assert held[light] >= fewest
        # Intervals too wide would always hold the truth: look at the scatter too.
        assert 0.65 < np.std(z[light]) < 1.4
        assert abs(np.mean(z[light])) < 4 / np.sqrt(runs)


def test_half_of_the_independent_points_widens_the_errors_by_root_two(simulate, true_parameters):
    full = simulate("ring", 4)
    power = {light: P[::2] for light, P in full.power.items()}
    half = replace(full, frequency_hz=full.frequency_hz[::2], power=power)
    errors = [
        fit_directions(s, start=true_parameters("ring")).parameters["detuning_forward_hz"].stderr
        for s in (full, half)
    ]
    assert errors[1] / errors[0] == pytest.approx(np.sqrt(2), rel=0.2)


def test_a_calibrated_efficiency_widens_the_interval_by_its_own_error(simulate, true_parameters):
    exact = simulate("ring", 5)
    rough = replace(exact, efficiency_error=0.05)
    fits = [fit_directions(s, start=true_parameters("ring")) for s in (exact, rough)]
    widths = [s.S_c.high - s.S_c.low for s in (synchronization(fit)[0][0] for fit in fits)]
    assert widths[1] > widths[0]
    assert fits[1].parameters["efficiency"].stderr < 0.06
    assert fits[1].parameters["efficiency"].value == pytest.approx(0.7, abs=0.15)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_point_that_is_no_power_is_refused_by_its_frequency(simulate, value):
    spectra = simulate("ring", 6)
    spectra.power[-1][500] = value
    with pytest.raises(InputError, match=r"light = -1 has 1 points.*1\.05e\+07 Hz; measure it"):
        fit_directions(spectra)


def test_noise_without_lines_is_refused_with_a_next_step(simulate):
    spectra = simulate("ring", 7)
    random = np.random.default_rng(7)
    for light, power in spectra.power.items():
        spectra.power[light] = random.gamma(128, 1 / 128, power.shape)
    with pytest.raises(InputError, match=r"no two phonon lines stand out.*average longer"):
        fit_directions(spectra)
