"""Resonances in S-parameters: simulated ones whose truth is known, and a measured notch."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.figures.resonance import draw_resonance
from phonosync.analysis.lines.resonance import fit_resonance
from phonosync.analysis.measured.scattering import read_scattering
from phonosync.theory.errors import InputError

PLACES = (folder / "shared/data/notch_resonator.s2p" for folder in Path(__file__).parents)
MEASURED = next((place for place in PLACES if place.exists()), None)
F = np.linspace(5.922e9, 5.923e9, 501)
TRUTH = {"frequency": 5.9224e9, "linewidth": 60e3}


def trace(seed, *, kind="S21", share=0.3, background=1.3 - 0.8j, noise=3e-3, memory=0.0):
    random = np.random.default_rng(seed)
    white = noise / np.sqrt(2) * (random.normal(size=(501, 2)) @ np.array([1, 1j]))
    e = white.copy()
    for i in range(1, e.size):
        e[i] = memory * e[i - 1] + np.sqrt(1 - memory**2) * white[i]
    lorentzian = 1 / (1 + 2j * (F - TRUTH["frequency"]) / TRUTH["linewidth"])
    factor = 2 if kind[1] == kind[2] else 1
    s = background * (1 - factor * share * lorentzian) if background else lorentzian
    s = s * np.exp(-2j * np.pi * F * 40e-9)
    return xr.DataArray(s + e, coords={"frequency": F}, dims="frequency", name=kind)


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_intervals_hold_the_truth_whether_or_not_the_noise_remembers(memory):
    fits = [fit_resonance(trace(seed, memory=memory)) for seed in range(60)]
    for name, true in TRUTH.items():
        intervals = [getattr(fit, f"{name}_hz") for fit in fits]
        covered = np.mean([i.low <= true <= i.high for i in intervals])
        assert covered >= 0.85, name  # 95 +- 2.8 % of 60
    growth = np.median([fit.error_growth for fit in fits])
    # An AR(1) memory is worth (1 + 0.8)/(1 - 0.8) = 9 in variance, less within a linewidth.
    assert growth == pytest.approx(1.0, abs=0.05) if memory == 0 else 2 < growth < 3.3


@pytest.mark.parametrize("kind", ["S21", "S11"])
def test_a_notch_and_a_reflection_give_the_same_coupling(kind):
    fit = fit_resonance(trace(1, kind=kind, noise=1e-4))
    loaded = TRUTH["frequency"] / TRUTH["linewidth"]
    assert fit.quality.value == pytest.approx(loaded, rel=2e-3)
    assert fit.coupling_quality.value == pytest.approx(loaded / 0.3, rel=5e-3)
    assert fit.internal_quality.value == pytest.approx(loaded / 0.7, rel=5e-3)
    assert fit.asymmetry_rad.value == pytest.approx(0, abs=0.01)


def test_a_peak_without_background_has_no_coupling_to_read_off():
    fit = fit_resonance(trace(2, background=0))
    assert fit.linewidth_hz.low < TRUTH["linewidth"] < fit.linewidth_hz.high
    assert np.isnan(fit.coupling_quality.value)
    assert fit.to_json()["coupling_quality"]["value"] is None


def test_noise_alone_has_no_resonance():
    with pytest.raises(InputError, match="no resonance stands out of S21"):
        fit_resonance(trace(3, share=0.0))


@pytest.mark.skipif(MEASURED is None, reason="the measured resonator is not here")
def test_the_measured_notch_is_fitted_within_its_residual_and_with_honest_errors():
    fit = fit_resonance(read_scattering(Path(str(MEASURED))))
    assert fit.residual_rms < 0.004
    # A full complex fit published beside the data; its errors count no correlation.
    assert fit.frequency_hz.value == pytest.approx(5_922_518_690, abs=28)
    assert fit.quality.value == pytest.approx(93_116, abs=87)
    assert (fit.frequency_hz.high - fit.frequency_hz.low) / 3.92 > 3 * 28
    assert fit.notes


def test_the_figure_shows_size_plane_and_residuals():
    figure = draw_resonance(fit_resonance(trace(4)))
    labels = {axes.get_ylabel() for axes in figure.axes}
    assert {"|S21| (dB)", "residual", "Im S21"} <= labels
