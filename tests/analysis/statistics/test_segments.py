"""Windowed segments: the closed form against sums, the correlations against noise."""

from typing import Any

import numpy as np
import pytest
from scipy.signal import windows

from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.theory.errors import InputError

WINDOWS: list[Any] = ["boxcar", "hann", "flattop", "blackman", ("kaiser", 8.6)]


def scipys(window, samples):
    name, *parameters = (window,) if isinstance(window, str) else window
    return np.asarray(getattr(windows, name)(samples, *parameters, sym=False), float)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("linewidth", [0.3, 3.0, 60.0])
def test_a_line_under_a_window_is_the_transform_of_its_windowed_autocovariance(window, linewidth):
    """The sum over all pairs of samples, as an analyzer takes it."""
    samples, duration = 4096, 1.0
    w = scipys(window, samples)
    q = np.correlate(w, w, "full")[samples - 1 :] / np.sum(w**2)
    tau = np.arange(samples) * duration / samples
    pole, weight = -np.pi * linewidth - 2j * np.pi * 20.3, 2.0 - 0.5j
    frequency = np.array([-20.3, 15.0, 20.0, 20.3, 22.0, 30.0])
    kernel = weight * np.exp(pole * tau) * q
    wave = np.exp(2j * np.pi * np.outer(frequency, tau)) * kernel
    expected = np.trapezoid(wave, tau, axis=1).real
    found = SegmentWindow(window, duration).poles(frequency, np.array([pole]), np.array([weight]))
    assert found == pytest.approx(expected, abs=2e-3 * np.abs(expected).max())


def test_segments_much_longer_than_the_memory_show_the_line_itself():
    poles, weights = np.array([-50.0 - 900.0j]), np.array([3.0 + 1.0j])
    f = np.linspace(100, 180, 9)
    plain = (weights / (-2j * np.pi * f[:, None] - poles))[:, 0].real
    seen = SegmentWindow("hann", 1e4).poles(f, poles, weights)
    assert seen == pytest.approx(plain, rel=1e-4, abs=1e-7)


def test_a_hann_window_correlates_neighbours_by_four_ninths():
    rho = SegmentWindow("hann", 1.0).correlations(1.0)
    assert rho == pytest.approx([4 / 9, 1 / 36])
    assert SegmentWindow("boxcar", 1.0).correlations(1.0).size == 0


def test_half_overlap_under_hann_keeps_947_of_1000_averages():
    assert SegmentWindow("hann", 1.0, 0.5).effective_averages(10_000) / 10_000 == pytest.approx(
        0.9474, abs=1e-4
    )
    assert SegmentWindow("hann", 1.0).effective_averages(7) == 7
    assert SegmentWindow("boxcar", 1.0, 0.5).effective_averages(1) == 1


@pytest.mark.parametrize(("window", "overlap"), [("hann", 0.0), ("hann", 0.5), ("flattop", 0.75)])
def test_the_band_power_of_noise_scatters_as_averages_and_correlations_say(window, overlap):
    """White noise, Welch's method, the mean of all points: each trace gives one."""
    length, segments, traces = 128, 12, 3000
    step = round(length * (1 - overlap))
    noise = np.random.default_rng(3).normal(size=(traces, length + (segments - 1) * step))
    w = scipys(window, length)
    cut = np.stack([noise[:, j * step : j * step + length] for j in range(segments)], axis=1)
    power = np.mean(np.abs(np.fft.fft(cut * w)) ** 2, axis=1)
    power /= power.mean()
    seen = SegmentWindow(window, 1.0, overlap)
    K, rho = seen.effective_averages(segments), seen.correlations(1.0)
    assert power[:, 20].var() == pytest.approx(1 / K, rel=0.12)
    # A real trace has every frequency twice; the points are those of a circle.
    expected = (1 + 2 * rho.sum()) / K / (length / 2)
    assert power.mean(axis=1).var() == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: SegmentWindow("hannn", 1.0), "'hannn' is not known; .* hann"),
        (lambda: SegmentWindow("hann", 1.0, 50), "50 % is 0.5"),
    ],
)
def test_an_impossible_window_is_refused_with_the_remedy(call, said):
    with pytest.raises(InputError, match=said):
        call()
