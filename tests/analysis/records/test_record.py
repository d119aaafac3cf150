"""Whole records: oscillation, locking and synchronization of pairs that are known exactly."""

import json

import numpy as np
import pytest

from phonosync.analysis.measured.calibration import Calibration
from phonosync.analysis.records.contrast import record_contrast
from phonosync.analysis.records.record import analyse_record
from phonosync.theory import InputError
from phonosync.theory.stochastic.adler import adler_beat, adler_locking, adler_slip_rate
from phonosync.theory.synchronization import complete_synchronization

ONE = Calibration(1.0, 0.0, "known")


def holds(interval, truth):
    return interval.low <= truth <= interval.high


def thermal(circular, random, energies, correlation, samples):
    """White complex vibrations: every sample independent."""
    a, b = circular(random, 2, samples)
    second = correlation * a + np.sqrt(1 - abs(correlation) ** 2) * b
    return np.sqrt(energies)[:, None] * np.stack([a, second])


@pytest.mark.parametrize(
    ("detuning", "coupling", "diffusion"),
    [(20, 60, 6), (45, 60, 10), (80, 60, 10)],
    ids=["locked", "slipping", "drifting"],
)
def test_a_noisy_pair_shows_stratonovichs_locking_beat_and_slips(
    detuning, coupling, diffusion, adler_phase, pair, labelled, circular
):
    case = (detuning, coupling, diffusion)
    random = np.random.default_rng(2)
    φ = adler_phase(*case, 40_000, seed=1)
    common = np.cumsum(np.sqrt(2 * 0.5 / 1e3) * random.standard_normal(len(φ)))
    z = pair(φ, common=common) + circular(random, 2, len(φ))
    found = analyse_record(labelled(z), noise=labelled(circular(random, 2, len(φ))))
    assert found.state == "oscillating"
    assert found.locking is not None
    assert holds(found.locking.locking_value, abs(complex(adler_locking(*case))))
    assert holds(found.locking.beat_hz, float(adler_beat(*case)) / (2 * np.pi))
    assert holds(found.locking.slip_rate_hz, float(adler_slip_rate(*case)))
    assert found.p_value == pytest.approx(0.001, abs=1e-4)
    json.dumps(found.to_json())


def test_a_slipping_pair_of_high_locking_value_is_told_to_slip(adler_phase, pair, labelled):
    found = analyse_record(labelled(pair(adler_phase(30, 50, 8, 30_000, seed=3))))
    assert found.locking is not None
    assert found.locking.locking_value.value > 0.8
    assert sum(found.locking.slips) > 0
    assert any("it is not locked over the record" in note for note in found.notes)


def test_vibrations_of_their_own_have_no_locking_value(pair, labelled):
    random = np.random.default_rng(4)
    walks = np.cumsum(np.sqrt(2 * 10 / 1e3) * random.standard_normal((2, 40_000)), axis=1)
    found = analyse_record(labelled(np.exp(1j * walks)))
    assert found.locking is not None
    assert found.locking.locking_value.low == 0
    assert found.p_value is not None
    assert found.p_value > 0.05


def test_two_clocks_of_one_frequency_are_not_called_locked(labelled, circular):
    random = np.random.default_rng(5)
    z = np.stack([np.ones(5000), 1j * np.ones(5000)]) + 0.1 * circular(random, 2, 5000)
    found = analyse_record(labelled(z))
    assert found.locking is not None
    assert found.locking.locking_value.low > 0.9
    assert found.p_value is not None
    assert found.p_value > 0.05
    assert any("cannot tell locking from equal frequencies" in note for note in found.notes)


def test_thermal_vibrations_are_not_oscillating_whatever_they_share(labelled, circular):
    random = np.random.default_rng(6)
    z = thermal(circular, random, (4.0, 3.0), 0.95, 20_000)
    found = analyse_record(labelled(z), calibration=ONE)
    assert found.state == "not oscillating"
    assert holds(found.oscillations[0].bunching, 2.0)
    assert np.isnan(found.S_p.value)
    assert any("neither synchronized nor unsynchronized" in note for note in found.notes)


def test_shared_imprecision_is_taken_off_with_its_cross_term(labelled, circular):
    # V of two modes with c₁, c₂ correlated by −0.6; both channels hear half of one detector.
    random, T = np.random.default_rng(7), 60_000
    energies, correlation = np.array([6.0, 5.0]), -0.6

    def noise():
        n = circular(random, 3, T)
        return np.sqrt(2.0) * (n[:2] + n[2]) / np.sqrt(2)

    V = np.kron(np.diag(energies), np.eye(2))
    V[:2, 2:] = V[2:, :2] = correlation * np.sqrt(np.prod(energies)) * np.eye(2)
    truth = float(complete_synchronization(V, 0, 1))
    z = thermal(circular, random, energies, correlation, T) + noise()
    with_it = analyse_record(labelled(z), noise=labelled(noise()), calibration=ONE)
    without = analyse_record(labelled(z), calibration=ONE)
    assert holds(with_it.S_c, truth)
    # Of noise of power 2 per channel half is shared and drops out of the difference.
    assert 1 / without.S_c.value - 1 / truth == pytest.approx(2.0, abs=0.4)
    assert any("imprecision is not taken off" in note for note in without.notes)


def test_two_vacua_reach_the_heisenberg_limit(labelled, circular):
    random = np.random.default_rng(8)
    z = thermal(circular, random, (0.5, 0.5), 0.0, 40_000)
    assert holds(analyse_record(labelled(z), calibration=ONE).S_c, 1.0)


def test_imprecision_that_hides_the_vibrations_leaves_a_lower_limit(labelled, circular):
    random = np.random.default_rng(9)
    z = thermal(circular, random, (0.5, 0.5), 0.0, 4000) + 20 * circular(random, 2, 4000)
    noise = labelled(20 * circular(random, 2, 4000))
    found = analyse_record(labelled(z), noise=noise, calibration=ONE)
    assert np.isnan(found.S_c.value)
    assert 0 < found.S_c.low < 1
    assert any("only a lower limit" in note for note in found.notes)


def test_the_common_phase_moves_s_c_but_neither_s_phi_nor_s_p(labelled, circular):
    # Radii 30, quadratures of vacuum size about the circle, anti-phase.
    random, T = np.random.default_rng(10), 40_000
    rest = 30 * np.array([[1], [-1]]) + np.sqrt(0.5) * circular(random, 2, T)
    walk = np.cumsum(np.sqrt(2 * 0.5 / 1e3) * random.standard_normal(T))
    found = analyse_record(labelled(rest * np.exp(1j * walk)), calibration=ONE)
    assert holds(found.S_phi, 1.0)
    assert holds(found.S_p, 1.0)
    assert found.S_c.high < 0.01
    assert any("falls with its length" in note for note in found.notes)


def test_imprecision_does_not_lower_the_locking_value_once_it_is_known(
    adler_phase, pair, labelled, circular
):
    random, φ = np.random.default_rng(11), adler_phase(0, 60, 15, 40_000, seed=12)
    loud = 2 * circular(random, 2, len(φ))
    found = analyse_record(
        labelled(pair(φ) + loud), noise=labelled(2 * circular(random, 2, len(φ)))
    )
    truth = abs(complex(adler_locking(0, 60, 15)))
    assert found.locking is not None
    assert found.locking.raw_locking_value < 0.95 * truth
    assert holds(found.locking.locking_value, truth)


def test_the_low_pass_is_undone_at_the_oscillations_own_frequency(labelled, circular):
    offset, τ, rate, T = 20.0, 4e-3, 2e3, 20_000
    t = np.arange(T) / rate
    random = np.random.default_rng(13)
    passed = 3 / (1 + 2j * np.pi * offset * τ) * np.exp(2j * np.pi * offset * t)
    z = np.stack([passed, passed]) + 0.01 * circular(random, 2, T)
    found = analyse_record(labelled(z, rate_hz=rate, time_constant_s=τ))
    assert found.oscillations[0].energy.value == pytest.approx(9.0, rel=1e-3)
    assert any("move the reference" in note for note in found.notes)


def test_different_references_keep_beat_and_s_phi_but_lose_s_c(adler_phase, pair, labelled):
    φ = adler_phase(20, 60, 6, 10_000, seed=14)
    t = np.arange(len(φ)) / 1e3
    z = pair(φ) * np.exp(2j * np.pi * np.array([[0.0], [7.0]]) * t)
    found = analyse_record(labelled(z, references_hz=(1e6, 1e6 - 7)), calibration=ONE)
    same = analyse_record(labelled(pair(φ)), calibration=ONE)
    assert found.locking is not None
    assert same.locking is not None
    assert found.locking.beat_hz.value == pytest.approx(same.locking.beat_hz.value, abs=1e-9)
    assert found.S_phi.value == pytest.approx(same.S_phi.value, rel=1e-6)
    assert np.isnan(found.S_c.value)


def test_a_calibration_common_to_both_directions_leaves_the_contrast_alone(labelled, circular):
    random, T = np.random.default_rng(15), 20_000
    records = [labelled(thermal(circular, random, (6.0, 5.0), r, T)) for r in (0.9, 0.2)]
    widths, contrasts = [], []
    for error in (0.0, 0.3):
        found = [analyse_record(r, calibration=Calibration(1.0, error, "tone")) for r in records]
        chi = record_contrast(*found).contrast
        widths.append([one.high - one.low for one in (found[0].S_c, chi)])
        contrasts.append(chi.value)
    assert widths[1][0] > 5 * widths[0][0]
    assert widths[1][1] == pytest.approx(widths[0][1])
    assert contrasts[0] == contrasts[1]
    # Two calibrations may disagree: a part of their errors stays.
    two = (Calibration(1.0, 0.3, "tone"), Calibration(1.0, 0.3, "tone"))
    found = [analyse_record(r, calibration=two) for r in records]
    chi = record_contrast(*found).contrast
    assert widths[0][1] < chi.high - chi.low < widths[1][0]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda r: r.isel(quadrature=[0]), "expected channel, quadrature"),
        (lambda r: r.assign_attrs(units="mV"), "convert it to 'V'"),
        (lambda r: r.assign_attrs(rate_hz=0.0), "'rate_hz' is 0"),
        (lambda r: r.drop_attrs(), "convert it to 'V'"),
        (lambda r: r.isel(time=slice(50)), "Record longer"),
        (lambda r: r * np.nan + 0, "convert it to 'V'|no numbers"),
        (lambda r: r.isel(channel=[0]), "not two of the record's"),
        (lambda r: r.where(r.channel == 0, 1.0), "check that its input is connected"),
        (lambda r: r.drop_vars("reference"), "no 'reference'"),
    ],
)
def test_what_is_no_record_is_refused_in_one_line(spoil, message, labelled, circular):
    record = labelled(circular(np.random.default_rng(16), 2, 1000))
    with pytest.raises(InputError, match=message) as caught:
        analyse_record(spoil(record))
    assert "\n" not in str(caught.value)


def test_noise_through_another_low_pass_is_refused(labelled, circular):
    z = circular(np.random.default_rng(17), 2, 1000)
    with pytest.raises(InputError, match="record the noise again"):
        analyse_record(labelled(z), noise=labelled(z, time_constant_s=1e-3))


def test_a_noise_record_that_still_shows_the_vibration_is_refused(labelled, circular):
    random = np.random.default_rng(19)
    z = 5 + circular(random, 2, 5000)
    # As it leaks through a low-pass whose time constant is too short.
    leak = 0.3 * np.exp(2j * np.pi * 0.2 * np.arange(5000)) + 0.1 * circular(random, 2, 5000)
    with pytest.raises(InputError, match="leaks through the low-pass"):
        analyse_record(labelled(z), noise=labelled(leak))


def test_phases_that_jump_between_samples_give_no_locking_but_a_note(labelled, circular):
    found = analyse_record(labelled(circular(np.random.default_rng(18), 2, 1000)))
    assert found.locking is None
    assert any("turns get lost" in note for note in found.notes)
