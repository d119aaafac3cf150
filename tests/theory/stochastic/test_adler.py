"""Adler's equation with noise, against limits, other routes and simulated escapes."""

import numpy as np
import pytest
from scipy.special import ive

from phonosync.theory import InputError
from phonosync.theory.stochastic.adler import adler_beat, adler_locking, adler_slip_rate
from phonosync.theory.stochastic.phase_statistics import count_slips

WASHBOARDS = [
    (0.5, 1, 0.2),
    (1, 1, 0.01),
    (1.1, 1, 1e-3),
    (2, 1, 1e-4),
    (-0.7, 1, 0.3),
    (3, 0.1, 5),
]


@pytest.mark.parametrize(("detuning", "coupling", "diffusion"), WASHBOARDS)
def test_the_mean_of_adlers_equation_ties_beat_and_locking_together(detuning, coupling, diffusion):
    # <dφ/dt> = Δ − K <sin φ>: Bessel functions by an integral here, by a recurrence there.
    mean_sine = complex(adler_locking(detuning, coupling, diffusion)).imag
    expected = detuning - coupling * mean_sine
    assert float(adler_beat(detuning, coupling, diffusion)) == pytest.approx(
        expected, rel=1e-9, abs=1e-12
    )


def test_without_detuning_the_phase_follows_a_von_mises_distribution():
    K = np.array([0.1, 1.0, 10.0, 1000.0])
    np.testing.assert_allclose(adler_locking(0.0, K, 1.0), ive(1, K) / ive(0, K), rtol=1e-12)
    np.testing.assert_array_equal(adler_beat(0.0, K, 1.0), 0)


def test_the_stationary_density_of_a_tilted_washboard_gives_the_locking_value():
    # The zero mode of the Fokker-Planck operator in Fourier space, by linear algebra.
    Δ, K, D, M = 0.6, 1.0, 0.25, 60
    n = np.arange(-M, M + 1)
    L = np.diag(1j * n * Δ - D * n**2).astype(complex)
    L += np.diag(-n[:-1] * K / 2 + 0j, 1) + np.diag(n[1:] * K / 2 + 0j, -1)
    z = np.linalg.svd(L)[2][-1].conj()
    assert complex(adler_locking(Δ, K, D)) == pytest.approx(complex(z[M + 1] / z[M]), rel=1e-10)


def test_without_noise_the_beat_is_adlers_square_root():
    Δ = np.array([-2.0, -1.0, 0.0, 0.99, 1.25])
    expected = np.array([-np.sqrt(3), 0, 0, 0, 0.75])
    np.testing.assert_allclose(adler_beat(Δ, 1.0, 0.0), expected)
    far = adler_beat(np.array([1.25, 2.0]), 1.0, 1e-6)
    np.testing.assert_allclose(far, [0.75, np.sqrt(3)], rtol=1e-5)


def test_slips_over_a_high_barrier_come_at_kramers_rate():
    Δ, K, D = 0.3, 1.0, 0.04
    rest, curvature = np.arcsin(Δ / K), np.sqrt(K**2 - Δ**2)

    def potential(φ):
        return -Δ * φ - K * np.cos(φ)

    barriers = [potential(top) - potential(rest) for top in (np.pi - rest, -np.pi - rest)]
    kramers = curvature / (2 * np.pi) * np.exp(-np.array(barriers) / D).sum()
    # Its next order is D/ΔU, here 1 to 2 %.
    assert float(adler_slip_rate(Δ, K, D)) == pytest.approx(kramers, rel=0.03)


def test_slips_up_and_down_differ_by_the_beat_and_by_the_work_of_a_turn():
    Δ, K, D = 0.2, 1.0, 0.3
    total = float(adler_slip_rate(Δ, K, D))
    net = float(adler_beat(Δ, K, D)) / (2 * np.pi)
    up, down = (total + net) / 2, (total - net) / 2
    assert up / down == pytest.approx(np.exp(2 * np.pi * Δ / D))


def test_simulated_slips_come_as_often_as_the_formula_says():
    Δ, K, D, dt, runs = 0.3, 1.0, 0.4, 0.01, 200
    random = np.random.default_rng(1)
    φ = np.full(runs, float(np.arcsin(Δ / K)))
    path = [φ]
    for _ in range(8000):
        kick = np.sqrt(2 * D * dt) * random.standard_normal(runs)
        φ = φ + (Δ - K * np.sin(φ)) * dt + kick
        path.append(φ)
    counted = sum(count_slips(np.array(path), float(np.arcsin(Δ / K))))
    expected = float(adler_slip_rate(Δ, K, D)) * 8000 * dt * runs
    assert counted == pytest.approx(expected, abs=4 * np.sqrt(expected) + 0.02 * expected)


def test_free_phases_have_no_locking_and_beat_by_their_detuning():
    assert complex(adler_locking(0.4, 0.0, 0.1)) == 0
    assert float(adler_beat(-0.4, 0.0, 0.1)) == pytest.approx(-0.4)


def test_a_negative_coupling_is_refused_with_the_way_out():
    with pytest.raises(InputError, match="turn φ by π"):
        adler_beat(0.1, -1.0, 0.1)
