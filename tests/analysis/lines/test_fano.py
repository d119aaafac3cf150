"""Lines that interfere with what reaches the detector beside them, against Fano's own formula."""

import numpy as np
import pytest

from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.lines.shape import fano_inverse, oscillator_line
from phonosync.analysis.measured.spectra import power_spectrum
from phonosync.analysis.statistics.windows import GAUSSIAN_DEVIATION, GaussianFilter

F = np.arange(99_000.0, 101_000.0, 4.0)
CENTRE, WIDTH, BACKGROUND, K = 100_000.0, 60.0, 1.0, 30


def found_width(interval):
    return (interval.high - interval.low) / 4


def fano(f, q, coherent):
    """B (q + ε)²/(1 + ε²): a resonance and a background with one phase between them."""
    e = 2 * (f - CENTRE) / WIDTH
    amplitude = np.sqrt(coherent) * (1 + (q - 1j) / (e + 1j))
    return np.abs(amplitude) ** 2


@pytest.mark.parametrize("q", [3.0, -6.0])
def test_a_wave_that_meets_a_resonance_has_the_modulus_of_the_asymmetric_line(q):
    d = 2 * q / (q**2 - 1)
    area = np.pi * WIDTH / 2 * BACKGROUND * (q**2 - 1)
    line = oscillator_line(F, CENTRE, WIDTH, area, asymmetry=d)
    # The oscillator's line at −f is far away: as much as w/f matters here.
    expected = fano(F, q, BACKGROUND)
    np.testing.assert_allclose(BACKGROUND + line, expected, atol=3e-3 * expected.max())
    assert fano_inverse(d) == pytest.approx(1 / q)


def test_a_line_that_does_not_interfere_is_the_lorentzian():
    plain = oscillator_line(F, CENTRE, WIDTH, 1.0)
    by_poles = oscillator_line(F, CENTRE, WIDTH, 1.0, asymmetry=1e-12)
    np.testing.assert_allclose(by_poles, plain, rtol=1e-6)
    assert fano_inverse(0.0) == 0


def test_a_filter_smears_both_parts_of_the_line():
    rbw = 80.0
    fine = np.arange(95_000.0, 105_000.0, 1.0)
    line = oscillator_line(fine, CENTRE, WIDTH, 1.0, asymmetry=0.7)
    kernel = np.exp(-(np.arange(-400.0, 401.0) ** 2) / 2 / (GAUSSIAN_DEVIATION * rbw) ** 2)
    numeric = np.convolve(line, kernel / kernel.sum(), "same")
    inside = slice(3000, 7000)
    smeared = oscillator_line(
        fine[inside], CENTRE, WIDTH, 1.0, asymmetry=0.7, resolution=GaussianFilter(rbw)
    )
    np.testing.assert_allclose(smeared, numeric[inside], atol=1e-4 * line.max())


def test_a_leaning_lines_centre_and_q_come_back_with_their_errors():
    """Lorentzians make several modes of one that leans, or put its centre elsewhere."""
    q, random = 4.0, np.random.default_rng(11)
    truth = {"frequency_hz": CENTRE, "linewidth_hz": WIDTH, "inverse_q": 1 / q}
    S = BACKGROUND * 0.5 + fano(F, q, 0.5)
    z = {name: [] for name in truth}
    drawn = [power_spectrum(F, random.gamma(K, S / K), averages=K) for _ in range(25)]
    for spectrum in drawn:
        [mode] = fit_lines(spectrum, fano=True).modes
        for name, value in truth.items():
            found = getattr(mode, name)
            z[name].append((found.value - value) / (found.high - found.low) * 2 * 1.96)
    for name, values in z.items():
        assert abs(np.mean(values)) < 4 / np.sqrt(len(values)), name
        assert 0.6 < np.std(values) < 1.4, name
    plain = fit_lines(drawn[0]).modes
    assert all(mode.inverse_q is None for mode in plain)
    nearest = min(abs(mode.frequency_hz.value - CENTRE) for mode in plain)
    width = found_width(plain[0].frequency_hz)
    assert len(plain) > 1 or nearest > 5 * width


def test_a_symmetric_line_is_not_called_asymmetric():
    random = np.random.default_rng(12)
    S = 1 + oscillator_line(F, CENTRE, WIDTH, 30 * WIDTH * np.pi / 2)
    inside = 0
    for _ in range(20):
        spectrum = power_spectrum(F, random.gamma(K, S / K), averages=K)
        [mode] = fit_lines(spectrum, fano=True).modes
        assert mode.inverse_q is not None
        inside += mode.inverse_q.low < 0 < mode.inverse_q.high
    assert inside >= 16  # 95 % of 20; fewer than 16 would happen once in 3000 times
