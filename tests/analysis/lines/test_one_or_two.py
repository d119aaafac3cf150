"""One line or two, where the answer is known."""

import numpy as np
import pytest

from phonosync.analysis.lines.acquisition import Acquisition
from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.lines.one_or_two import one_or_two
from phonosync.analysis.lines.shape import oscillator_line
from phonosync.analysis.measured.spectra import power_spectrum
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.theory.errors import InputError


def simulated(seed, splitting):
    f = np.arange(1, 401.0)
    S = 1 + sum(oscillator_line(f, 200 + s * splitting / 2, 20, 500) for s in (-1, 1))
    power = np.random.default_rng(seed).gamma(50, S / 50)
    return power_spectrum(f, power, averages=50)


def test_lines_seven_tenths_of_a_width_apart_are_two():
    spectrum = simulated(1, 14.0)
    fit = fit_lines(spectrum)
    assert len(fit.modes) == 1
    test = one_or_two(spectrum, fit, replicas=19)
    assert test.p_value == 1 / 20
    assert test.splitting_hz == pytest.approx(14, abs=4)
    assert "two lines" in test.text()


def test_a_single_line_gains_what_simulated_single_lines_gain():
    spectrum = simulated(2, 0.0)
    test = one_or_two(spectrum, fit_lines(spectrum), replicas=19)
    assert test.p_value > 0.1
    assert "one line suffices" in test.text()
    assert test.to_json()["replicas"] == 19


def test_a_mode_that_is_not_there_is_refused():
    spectrum = simulated(2, 0.0)
    with pytest.raises(InputError, match="no mode 3"):
        one_or_two(spectrum, fit_lines(spectrum), number=3)


@pytest.mark.parametrize("averaging", ["power", "log"])
@pytest.mark.parametrize("resolution", [None, SegmentWindow("hann", 1.0)])
def test_simulated_spectra_scatter_as_the_analyzer_says(averaging, resolution):
    acquisition = Acquisition(9.0, 1.0, averaging, resolution)
    random = np.random.default_rng(3)
    flat, place = np.full(64, 2.0), np.arange(64)
    x = np.array([acquisition.simulate(flat, random, place) for _ in range(900)])
    logarithmic = averaging == "log"
    level = np.exp(np.log(x).mean() + 0.5772) if logarithmic else x.mean()
    assert level == pytest.approx(2.0, rel=0.02)
    scatter = np.log(x / 2).var() if logarithmic else (x / 2).var()
    assert scatter == pytest.approx((np.pi**2 / 6 if logarithmic else 1) / 9, rel=0.06)
    tests = [acquisition.goodness(P, flat, 0, place) for P in x[:300]]
    assert np.mean([t.lag1_z for t in tests]) == pytest.approx(0, abs=0.25)
    assert np.mean([t.deviance_z for t in tests]) == pytest.approx(0, abs=0.25)
