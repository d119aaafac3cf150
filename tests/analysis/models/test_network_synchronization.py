"""Synchronization from fitted devices: intervals three ways, limits, and known physics."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from phonosync.analysis.models.bootstrap import bootstrap_values
from phonosync.analysis.models.condition import Condition, directions_of
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.free import free_entries
from phonosync.analysis.models.intervals import entry_intervals
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.measures import entry, measure
from phonosync.analysis.models.observations import NoiseSpectrum, Observations, Prior
from phonosync.analysis.models.profile import profile_interval
from phonosync.analysis.models.simulation import simulate
from phonosync.analysis.models.synchronization import network_synchronization
from phonosync.analysis.statistics.interval import Interval
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.prediction import predict


@pytest.fixture(scope="module")
def fitted(ring, ring_entries, draw, band):
    return fit_network(ring, ring_entries, draw(ring, 1, 512, frequency_hz=band[::4]), start={})


def half_widths(found):
    return np.array(
        [s.S_c.high - s.S_c.low for s in found.states]
        + [c.contrast.high - c.contrast.low for c in found.contrasts]
    )


def test_exact_spectra_give_theorys_measures(ring, ring_entries, draw):
    fit = fit_network(ring, ring_entries, draw(ring, None, 1000), start={})
    found = network_synchronization(fit)
    known: dict[int, Any] = {p.light: p for p in predict(ring) if p.stable}
    for state in found.states:
        truth = known[state.condition.light]
        assert state.S_c.value == pytest.approx(truth.S_c, rel=1e-6)
        assert state.S_p.value == pytest.approx(truth.S_p, rel=1e-6)
        assert state.S_phi.value == pytest.approx(truth.S_phi, rel=1e-6)
        assert state.E_N.value == pytest.approx(truth.E_N, abs=1e-9)
        quanta = [n.value for n in state.occupations]
        np.testing.assert_allclose(quanta, truth.occupations[1:], rtol=1e-6)
    [contrast] = found.contrasts
    chi = (known[1].S_c - known[-1].S_c) / (known[1].S_c + known[-1].S_c)
    assert contrast.contrast.value == pytest.approx(chi, rel=1e-6)


def test_weak_light_cools_by_its_sidebands_in_the_fit_as_on_paper(ring, ring_entries, draw):
    """n_f = (γ n + A_+)/(γ + A_− − A_+) of a lone phonon, good to G/κ, is not in the code."""
    power = ring.drives[0].power / 30
    condition = Condition(-1, power=power)
    entries = [e for e in ring_entries if e != "sagnac.shift"]
    fit = fit_network(ring, entries, draw(ring, None, 1000, [condition]), start={})
    # One spectrum does not tell the quanta; those of the optimum are theory's all the same.
    found = [measure(fit.model, n, 0, (1, 2))(fit.parameters)[0] for n in ("n_1", "n_2")]
    network = ring.network(light=-1, power=power)
    kappa, gamma, n, g = 2 * np.pi * 2e6, 2 * np.pi * 5e3, 20.0, 2 * np.pi * 1e3
    D = network.detuning[0]
    G = g * abs(network.drive[0]) / np.hypot(kappa / 2, D)
    for quanta, omega in zip(found, network.detuning[1:], strict=True):
        takes, gives = (kappa * G**2 / ((kappa / 2) ** 2 + (D + s * omega) ** 2) for s in (-1, 1))
        paper = (gamma * n + gives) / (gamma + takes - gives)
        assert quanta == pytest.approx(paper, rel=5e-3)


def test_profile_and_curvature_agree_where_errors_are_small(fitted):
    curved = network_synchronization(fitted).states[0].S_c
    X = profile_interval(fitted, measure(fitted.model, "X_c", 0, (1, 2)))
    assert 1 / X.high == pytest.approx(curved.low, rel=2e-3)
    assert 1 / X.low == pytest.approx(curved.high, rel=2e-3)


def test_a_frequencys_profile_is_its_parabola(fitted):
    name = "modes.phonon_2.frequency"
    found, half = (
        entry_intervals(fitted)[name],
        1.96 * fitted.parameters[name.replace(".", "_")].stderr,
    )
    assert found.low == pytest.approx(found.value - half, abs=0.1 * half)
    assert found.high == pytest.approx(found.value + half, abs=0.1 * half)


@pytest.fixture(scope="module")
def loose(ring, ring_entries, draw, band):
    """Twenty averages on every second point tell a cavity's linewidth to a seventh."""
    return fit_network(ring, ring_entries, draw(ring, 1, 20, frequency_hz=band[::2]), start={})


def test_with_a_number_held_at_the_end_of_its_interval_the_best_fit_is_3_84_worse(
    ring, ring_entries, loose
):
    name = "modes.cavity.linewidth"
    rest = [entry for entry in ring_entries if entry != name]
    found = entry_intervals(loose)[name]
    rises = []
    for end in (found.low, found.high):
        # A cavity of one port: the port's rate is its linewidth.
        at = {find_entry(ring, name): end, find_entry(ring, "ports.bus.rate"): end}
        held = fit_network(with_entries(ring, at), rest, loose.model.observations, start={})
        rises.append(held.result.chisqr - loose.result.chisqr)
    np.testing.assert_allclose(rises, 1.959964**2, rtol=0.05)


def test_an_interval_ends_at_the_latest_where_no_steady_state_is_left():
    """Beyond it the deviance jumps over the threshold, 3.84 times two for correlated points."""
    spheres, f = load_device("yig_pair"), np.linspace(9.5e6, 10.7e6, 181)
    lively = {f"modes.phonon_{j}.linewidth": 20e3 for j in (1, 2)}
    lively |= {f"couplings.magnon_{j}-phonon_{j}.rate": 0.02 for j in (1, 2)} | {"temperature": 0.1}
    spheres = with_entries(spheres, {find_entry(spheres, k): v for k, v in lively.items()})
    free = [f"modes.{mode}.detuning" for mode in ("cavity", "magnon_1", "magnon_2")]
    free += [name for name in lively if name != "temperature"]
    blank = [
        NoiseSpectrum(Condition(field=way), f, np.ones(181), 256, GaussianFilter(10e3))
        for way in (1, -1)
    ]
    model = JointModel.of(spheres, free, Observations(tuple(blank)))
    drawn = simulate(model, model.parameters(), np.random.default_rng(5))
    fit = fit_network(spheres, free, drawn, start={})
    low = profile_interval(fit, entry(fit.model, free[1])).low

    def rise(detuning):
        held = with_entries(spheres, {find_entry(spheres, free[1]): detuning})
        start = {name: fit.entries[name] for name in free if name != free[1]}
        best = fit_network(held, list(start), drawn, start=start)
        return best.result.chisqr - fit.result.chisqr

    threshold = 2 * 1.96**2
    assert rise(0.9 * low) < threshold
    assert rise(1.05 * low) > 2 * threshold


def test_a_line_far_outside_the_band_leaves_its_width_and_height_without_limits(ring, draw):
    """Of a phonon 700 kHz below the band 224 averages tell its linewidth to 250 times itself."""
    names = ["modes.phonon_1.linewidth", "modes.phonon_1.occupation"]
    f = np.linspace(10.7e6, 11.3e6, 41)
    fit = fit_network(ring, names, draw(ring, None, 224, [Condition(-1)], f), start={})
    for found in entry_intervals(fit).values():
        assert np.isnan([found.low, found.high]).all()
    [state] = network_synchronization(fit, method="profile").states
    assert np.isnan([state.E_N.low, state.E_N.high]).all()  # unknown is not "none"


def test_the_bootstrap_scatters_as_the_information_says(fitted):
    X = [measure(fitted.model, "X_c", k, (1, 2)) for k in range(2)]
    slopes = np.array([quantity(fitted.parameters)[1] for quantity in X])
    expected = np.sqrt(np.diag(fitted.information.propagated(slopes)))
    drawn = bootstrap_values(fitted, X, replicas=25, seed=1).std(axis=0, ddof=1)
    # A standard deviation of 25 draws has an error of 14 %.
    np.testing.assert_allclose(drawn, expected, rtol=0.45)


def test_a_common_calibration_error_widens_each_direction_more_than_their_contrast(
    ring, ring_entries, draw
):
    exact = draw(ring, 5, 400)
    rough = replace(exact, priors={"detection.efficiency": Prior(0.7, 0.1)})
    known = network_synchronization(fit_network(ring, ring_entries, exact, start={}))
    entries = (*ring_entries, "detection.efficiency")
    unknown = network_synchronization(fit_network(ring, entries, rough, start={}))
    growth = half_widths(unknown) / half_widths(known)
    assert np.all(growth >= 1 - 1e-3)
    assert growth[0] > 1.05


def test_one_direction_gives_its_synchronization_though_not_its_detunings_parts(
    ring, ring_entries, draw
):
    fit = fit_network(ring, ring_entries, draw(ring, 7, 2000, [Condition(1)]), start={})
    [state] = network_synchronization(fit).states
    [truth] = [float(p.S_c) for p in predict(ring) if p.light == 1 and p.S_c is not None]
    assert state.S_c.low < truth < state.S_c.high


def test_profiles_follow_a_valley_that_one_direction_leaves(draw):
    """Of ten entries one spectrum tells seven or so; what follows from the state is told."""
    ring = load_device("ring")
    damped = {find_entry(ring, f"modes.phonon_{j}.linewidth"): 20e3 for j in (1, 2)}
    ring = with_entries(ring, damped)
    free = free_entries(ring)
    fit = fit_network(ring, free, draw(ring, 3, 128, [Condition(1)]), start={})
    [state] = network_synchronization(fit, method="profile").states
    [truth] = [float(p.S_c) for p in predict(ring) if p.light == 1 and p.S_c is not None]
    assert state.S_c.low < truth < state.S_c.high
    for found in (state.S_c, state.S_p, *state.occupations):
        assert not found.value < found.low
        assert not found.value > found.high


def test_X_near_zero_leaves_a_lower_limit_of_synchronization():
    S, notes = inverted(Interval(0.5, -0.2, 1.2))
    assert np.isnan(S.value)
    assert S.low == pytest.approx(1 / 1.2)
    assert "lower limit" in notes[0]


def test_X_below_heisenbergs_limit_accuses_the_calibration():
    S, notes = inverted(Interval(0.8, 0.7, 0.9))
    assert S.low > 1
    assert "Heisenberg" in notes[0]
    assert inverted(Interval(0.8, 0.7, 0.9), bounded=False)[1] == []


def test_X_without_an_upper_end_leaves_an_upper_limit_of_synchronization():
    S, notes = inverted(Interval(20.0, 10.0, np.nan))
    assert S.high == pytest.approx(0.1)
    assert np.isnan(S.low)
    assert "upper limit" in notes[0]


def test_directions_are_those_that_the_device_tells_apart(ring):
    assert [(c.light, c.field) for c in directions_of(ring)] == [(1, 1), (-1, 1)]


def test_what_is_not_told_is_a_limit_or_nothing(ring, ring_entries, draw):
    """Errors go with 1/√K; beyond zero quanta are a limit, and a contrast of anything is none."""
    many, few = (
        network_synchronization(fit_network(ring, ring_entries, draw(ring, None, K), start={}))
        for K in (1000, 0.001)
    )
    for known, lost in zip(many.states, few.states, strict=True):
        for n, limit in zip(known.occupations, lost.occupations, strict=True):
            assert np.isnan([limit.value, limit.low]).all()
            assert limit.high - n.value == pytest.approx(1000 * (n.high - n.value), rel=0.02)
    assert np.isnan(few.contrasts[0].contrast.value)
    assert few.contrasts[0].isolation_db.text() == ("undetermined", "")
