import json
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm

from phonosync.analysis.figures.lines import draw_lines
from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.lines.shape import oscillator_line
from phonosync.analysis.measured.spectra import averaged_periodogram, power_spectrum, read_spectrum
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.theory.errors import InputError

PLACES = (folder / "shared/data/levitated_particle.nc" for folder in Path(__file__).parents)
MEASURED = next((place for place in PLACES if place.exists()), None)


def simulated(seed, *lines, points=1500, averages=10.0, background=lambda f: 1.0, start=1):
    """Gamma scatter about lines given as (frequency, linewidth, height) over a background."""
    f = np.arange(start, start + points, dtype=float)
    S = background(f) + sum(
        oscillator_line(f, centre, width, height * width * np.pi / 2)
        for centre, width, height in lines
    )
    power = np.random.default_rng(seed).gamma(averages, S * np.ones(points) / averages)
    return power_spectrum(f, power, averages=averages)


def damped_oscillators(seed, frequency, linewidth, *, traces, samples):
    """Displacements of thermal oscillators of unit variance, stepped exactly, plus weak noise."""
    rng = np.random.default_rng(seed)
    omega, damping = 2 * np.pi * frequency, 2 * np.pi * linewidth
    step = expm(np.array([[0, omega], [-omega, -damping]]))
    kick = np.linalg.cholesky(np.eye(2) - step @ step.T)
    state, displacement = rng.normal(size=(2, traces)), np.empty((samples, traces))
    for now in range(samples):
        displacement[now] = state[0]
        state = step @ state + kick @ rng.normal(size=(2, traces))
    return displacement.T + 0.05 * rng.normal(size=(traces, samples))


def test_the_area_of_a_line_is_its_integral_over_positive_frequencies():
    f = np.arange(1, 200_000) * 0.02
    line = oscillator_line(f, 300.0, 40.0, 2.5)
    assert np.trapezoid(line, f) == pytest.approx(2.5, rel=1e-3)
    assert np.trapezoid(
        oscillator_line(f, 300.0, 40.0, 2.5, resolution=SegmentWindow("boxcar", 0.1)), f
    ) == pytest.approx(2.5, rel=5e-3)


def test_the_width_of_a_line_is_its_full_width_at_half_maximum():
    centre, half = oscillator_line(np.array([1000.0, 1000.5]), 1000.0, 1.0, 1.0)
    assert half / centre == pytest.approx(0.5, rel=2e-3)


def test_smearing_by_finite_segments_is_convolution_with_the_fejer_kernel():
    duration, f = 0.5, np.array([280.0, 297.0, 300.0, 301.3])
    fine = np.arange(-2000, 2000, 0.02) + 0.01
    line = oscillator_line(np.abs(fine), 300.0, 6.0, 1.0)
    kernel = duration * np.sinc((f[:, None] - fine) * duration) ** 2
    expected = np.sum(line * kernel, axis=1) * 0.02
    smeared = oscillator_line(f, 300.0, 6.0, 1.0, resolution=SegmentWindow("boxcar", duration))
    np.testing.assert_allclose(smeared, expected, rtol=1e-6)


def test_segments_much_longer_than_the_ringdown_leave_a_line_as_it_is():
    f = np.linspace(250, 350, 11)
    smeared = oscillator_line(f, 300.0, 40.0, 1.0, resolution=SegmentWindow("boxcar", 1e5))
    np.testing.assert_allclose(smeared, oscillator_line(f, 300.0, 40.0, 1.0), rtol=1e-5)


@pytest.mark.parametrize(
    ("averages", "lines"),
    [
        (1, [(700, 20, 30)]),
        (100, [(400, 10, 20)]),
        (10, [(400.3, 3, 100)]),
        (10, [(300, 12, 40), (1200, 30, 15)]),
        (10, [(400, 12, 40), (440, 12, 20)]),
        (10, [(700, 5, 1e6)]),
    ],
    ids=["one average", "100 averages", "narrow", "two", "two close ones", "strong"],
)
def test_modes_are_found_without_starting_values(averages, lines):
    fit = fit_lines(simulated(3, *lines, averages=averages))
    assert len(fit.modes) == len(lines)
    for mode, (centre, width, height) in zip(fit.modes, lines, strict=True):
        for interval, true in (
            (mode.frequency_hz, centre),
            (mode.linewidth_hz, width),
            (mode.area, height * width * np.pi / 2),
        ):
            # Twice the half-width is four sigma.
            assert 2 * interval.low - interval.value < true < 2 * interval.high - interval.value
    assert abs(fit.goodness.deviance_z) < 4


def test_95_percent_intervals_cover_the_truth_in_95_percent_of_the_runs():
    truth = (700.0, 20.0, 30 * 20 * np.pi / 2)
    covered, z = [], []
    for seed in range(100):
        fit = fit_lines(simulated(seed, (700, 20, 30)))
        (mode,) = fit.modes
        intervals = (mode.frequency_hz, mode.linewidth_hz, mode.area)
        covered.append([i.low <= t <= i.high for i, t in zip(intervals, truth, strict=True)])
        z.append(fit.goodness.deviance_z)
    # Of 100 runs 95 +- 2.2 cover; the bounds are three of these away.
    assert np.all(np.mean(covered, axis=0) >= 0.88)
    assert 0.91 <= np.mean(covered) <= 0.99
    assert np.mean(z) == pytest.approx(0, abs=0.3)
    assert np.std(z) == pytest.approx(1, abs=0.25)


def test_the_linewidth_from_a_trace_is_the_modes_own_not_the_smeared_one():
    segment, averages = 1000, 20
    linewidth = 3 / segment  # Three points wide; uncorrected it would come out 10 % wider.
    fits = [
        fit_lines(averaged_periodogram(voltage, sample_rate_hz=1.0, averages=averages))
        for voltage in damped_oscillators(1, 0.05, linewidth, traces=60, samples=averages * segment)
    ]
    widths = np.array([fit.modes[0].linewidth_hz.value for fit in fits])
    areas = np.array([fit.modes[0].area.value for fit in fits])
    assert np.exp(np.mean(np.log(widths))) == pytest.approx(linewidth, rel=0.035)
    assert np.mean(areas) == pytest.approx(1.0, rel=0.05)
    assert all(len(fit.modes) == 1 for fit in fits)


@pytest.mark.parametrize("averages", [1, 10, 100])
@pytest.mark.parametrize(
    "background",
    [lambda f: 1.0 + 0 * f, lambda f: 1 + 30 / f, lambda f: 1 / (1 + (f / 300) ** 8) + 1e-3],
    ids=["white", "1/f", "low-pass"],
)
def test_noise_alone_has_no_mode(averages, background):
    for seed in range(10):
        with pytest.raises(InputError, match="no mode stands out"):
            fit_lines(simulated(seed, averages=averages, background=background))


def test_interference_is_masked_and_reported_and_does_not_move_the_mode():
    clean = simulated(5, (700, 20, 30))
    disturbed = clean.copy()
    disturbed[710] *= 40  # a tone on the flank of the mode
    disturbed[1200] += 60
    fit, reference = fit_lines(disturbed), fit_lines(clean)
    assert len(fit.modes) == 1
    assert fit.interference_hz == pytest.approx([711, 1201], abs=0.6)
    assert not np.isin([711.0, 1201.0], fit.frequency_hz).any()
    assert fit.modes[0].linewidth_hz.value == pytest.approx(
        reference.modes[0].linewidth_hz.value, rel=0.03
    )


def test_a_tone_on_the_very_peak_of_a_mode_is_told_from_the_mode():
    spectrum = simulated(5, (700, 20, 30))
    spectrum[699] *= 30
    fit = fit_lines(spectrum)
    (mode,) = fit.modes
    assert mode.linewidth_hz.low < 20 < mode.linewidth_hz.high
    assert fit.interference_hz == pytest.approx([700], abs=0.6)


def test_a_spectrum_of_interference_alone_says_so():
    spectrum = simulated(6)
    spectrum[500] += 100
    with pytest.raises(InputError, match=r"no mode .* interference: 501"):
        fit_lines(spectrum)


def test_a_mode_that_fills_the_span_of_the_analyser_still_has_finite_errors():
    fit = fit_lines(simulated(7, (10_200, 40, 100), averages=100, points=400, start=10_000))
    (mode,) = fit.modes
    assert mode.frequency_hz.value == pytest.approx(10_200, abs=1)
    assert mode.frequency_hz.high - mode.frequency_hz.low < 2
    assert mode.linewidth_hz.high / mode.linewidth_hz.low < 1.2


def test_a_very_slow_mode_is_fitted_as_well_as_a_fast_one():
    spectrum = simulated(8, (700, 20, 30))
    slow = power_spectrum(spectrum.frequency * 1e-6, spectrum * 1e-12, averages=10)
    one, other = fit_lines(spectrum).modes[0], fit_lines(slow).modes[0]
    assert other.frequency_hz.value == pytest.approx(1e-6 * one.frequency_hz.value, rel=1e-6)
    assert other.linewidth_hz.high == pytest.approx(1e-6 * one.linewidth_hz.high, rel=1e-3)
    assert other.area.low == pytest.approx(1e-18 * one.area.low, rel=1e-3)


def test_the_result_is_plain_json():
    fit = fit_lines(simulated(9, (700, 20, 30)))
    document = json.loads(json.dumps(fit.to_json()))
    assert abs(document["deviance_z"]) < 4
    assert abs(document["runs_z"]) < 4
    assert document["n_averages"] == 10
    (mode,) = document["modes"]
    assert set(mode) == {"frequency_hz", "linewidth_hz", "area"}
    assert mode["area"]["low"] < mode["area"]["value"] < mode["area"]["high"]


def test_the_figure_shows_data_model_residuals_and_every_mode(tmp_path):
    spectrum = simulated(10, (300, 12, 40), (1200, 30, 15))
    figure = draw_lines(spectrum, fit_lines(spectrum))
    above, below = figure.axes
    assert "V²/Hz" in above.get_ylabel()
    assert "kHz" in below.get_xlabel()
    _, labels = above.get_legend_handles_labels()
    assert any(label.startswith("2: 1.2") for label in labels)
    figure.savefig(tmp_path / "lines.png")
    assert (tmp_path / "lines.png").stat().st_size > 10_000


@pytest.mark.skipif(MEASURED is None, reason="the measured trace is not here")
def test_the_three_modes_of_a_levitated_particle_are_found():
    fit = fit_lines(read_spectrum(str(MEASURED)))
    # Published beside the data: frequency, its error, linewidth, its error (Hz).
    published = [(61_822, 33, 989, 76), (149_801, 32, 768, 71), (166_032, 47, 1051, 113)]
    assert len(fit.modes) == 3
    for mode, (frequency, frequency_error, linewidth, linewidth_error) in zip(
        fit.modes, published, strict=True
    ):
        assert mode.frequency_hz.value == pytest.approx(frequency, abs=2 * frequency_error)
        assert mode.linewidth_hz.value == pytest.approx(linewidth, abs=2 * linewidth_error)
        half = (mode.frequency_hz.high - mode.frequency_hz.low) / 2
        assert half == pytest.approx(1.96 * frequency_error, rel=0.2)
    assert abs(fit.goodness.deviance_z) < 3
    assert fit.interference_hz == pytest.approx([301_820], abs=100)


@pytest.mark.parametrize("overlap", [0.0, 0.5])
def test_a_hann_window_neither_widens_a_line_nor_breaks_its_interval(overlap):
    segment, segments, linewidth = 1000, 20, 3 / 1000
    samples = int(segment * (1 + (segments - 1) * (1 - overlap)))
    pulls = []
    for voltage in damped_oscillators(2, 0.05, linewidth, traces=40, samples=samples):
        spectrum = averaged_periodogram(
            voltage, sample_rate_hz=1.0, averages=segments, window="hann", overlap=overlap
        )
        (mode,) = fit_lines(spectrum).modes
        width = mode.linewidth_hz
        pulls.append(np.log(width.value / linewidth) / (np.log(width.high / width.low) / 3.92))
    assert np.mean(pulls) == pytest.approx(0, abs=0.5)  # 3 sigma of 40
    assert np.std(pulls) == pytest.approx(1, abs=0.35)


def test_averaged_decibels_give_the_modes_own_area():
    f = np.arange(1, 1501.0)
    S = 1 + oscillator_line(f, 700, 20, 30 * 20 * np.pi / 2)
    draws = np.random.default_rng(11).exponential(S, (20, 1500))
    geometric = np.exp(np.log(draws).mean(axis=0))
    fit = fit_lines(power_spectrum(f, geometric, averages=20, averaging="log"))
    (mode,) = fit.modes
    assert mode.area.low < 30 * 20 * np.pi / 2 < mode.area.high
    assert abs(fit.goodness.deviance_z) < 3.5


def test_an_amplitude_read_as_a_power_is_caught_by_its_scatter():
    spectrum = simulated(12, (700, 20, 30))
    amplitude = power_spectrum(spectrum.frequency, np.sqrt(spectrum), averages=10)
    with pytest.raises(InputError, match=r"quarter of the scatter.*--unit Vrms"):
        fit_lines(amplitude)
    squared = power_spectrum(spectrum.frequency, spectrum**2, averages=10)
    with pytest.raises(InputError, match=r"four times the scatter"):
        fit_lines(squared)


def test_an_undeclared_window_is_noticed_in_the_residuals():
    (voltage,) = damped_oscillators(4, 0.05, 0.005, traces=1, samples=60_000)
    spectrum = averaged_periodogram(voltage, sample_rate_hz=1.0, averages=20, window="hann")
    bare = power_spectrum(spectrum.frequency, spectrum, averages=20)
    assert any("give --window" in note for note in fit_lines(bare).notes)
    assert not fit_lines(spectrum).notes
