"""Expected errors of a measurement, against an information matrix made another way."""

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition, directions_of
from phonosync.analysis.models.observations import Prior
from phonosync.analysis.models.planning import expected_errors, reversed_pairs
from phonosync.theory import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.errors import InputError
from phonosync.theory.prediction import predict

ENTRIES = ("modes.phonon_1.linewidth", "modes.phonon_1.occupation", "drive.power")


def test_errors_are_those_of_an_information_matrix_by_finite_differences(
    ring, plain_spectrum, band
):
    K, conditions = 40, directions_of(ring)
    entries = [find_entry(ring, name) for name in ENTRIES]
    values = np.array([5e3, 20.0, ring.drives[0].power])

    def log_spectra(x):
        device = with_entries(ring, dict(zip(entries, map(float, x), strict=True)))
        return np.log(np.concatenate([plain_spectrum(device, c, band) for c in conditions]))

    def X(x):
        device = with_entries(ring, dict(zip(entries, map(float, x), strict=True)))
        return 1 / np.array([p.S_c for p in predict(device) if p.stable], float)

    steps = np.diag(1e-4 * values)
    J, slopes = (
        np.array([(of(values + s) - of(values - s)) / (2 * s.sum()) for s in steps]).T
        for of in (log_spectra, X)
    )
    C = np.linalg.inv(K * J.T @ J)
    found = expected_errors(ring, conditions, ENTRIES, averages=K, frequency_hz=band)
    for k, name in enumerate(ENTRIES):
        assert found["entries"][name]["error"] == pytest.approx(np.sqrt(C[k, k]), rel=1e-3)
    for one, slope, x in zip(found["S_c"], slopes, X(values), strict=True):
        assert one["value"] == pytest.approx(1 / x, rel=1e-9)
        assert one["error"] == pytest.approx(np.sqrt(slope @ C @ slope) / x**2, rel=1e-3)


def test_four_times_the_averages_halve_every_error(ring, ring_entries, band):
    few, many = (
        expected_errors(ring, directions_of(ring), ring_entries, averages=K, frequency_hz=band)
        for K in (10, 40)
    )
    for one, other in zip(
        few["S_c"] + few["contrast"], many["S_c"] + many["contrast"], strict=True
    ):
        assert one["error"] == pytest.approx(2 * other["error"], rel=1e-6)


def test_points_that_share_their_noise_tell_less_than_as_many_independent_ones(
    ring, ring_entries, band
):
    errors = [
        expected_errors(
            ring, directions_of(ring), ring_entries, averages=10, frequency_hz=band, rbw_hz=rbw
        )["S_c"][0]["error"]
        for rbw in (800.0, 4400.0)
    ]
    assert errors[1] > 1.3 * errors[0]


def test_one_direction_tells_its_detuning_but_not_what_part_of_it_is_sagnac_shift(
    ring, ring_entries, band
):
    found = expected_errors(ring, [Condition(1)], ring_entries, averages=10, frequency_hz=band)
    assert not found["determined"]
    assert found["entries"]["sagnac.shift"]["error"] == np.inf
    assert found["entries"]["modes.cavity.detuning"]["error"] == np.inf
    assert np.isfinite(found["entries"]["modes.cavity.linewidth"]["error"])
    assert np.isfinite(found["S_c"][0]["error"])
    assert found["contrast"] == []


def test_a_calibration_is_never_known_worse_than_it_was(ring, ring_entries, band):
    entries, prior = (
        (*ring_entries, "detection.efficiency"),
        {"detection.efficiency": Prior(0.7, 0.02)},
    )
    found = expected_errors(
        ring, directions_of(ring), entries, averages=3, frequency_hz=band, priors=prior
    )
    assert 0 < found["entries"]["detection.efficiency"]["error"] <= 0.02


def test_directions_are_paired_only_where_nothing_else_differs():
    settings = [Condition(1), Condition(-1), Condition(1, power=1e-3), Condition(-1, field=-1)]
    assert reversed_pairs(settings) == [(0, 1), (1, 3)]


def test_a_device_without_two_phonons_is_refused():
    with pytest.raises(InputError, match="no two phonons"):
        expected_errors(
            load_device("gupta_kerr"),
            [Condition()],
            ["modes.magnon.linewidth"],
            averages=1,
            frequency_hz=np.linspace(9e6, 11e6, 11),
        )
