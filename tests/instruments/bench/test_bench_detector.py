"""Calibrations on the bench: darkness, shot noise, and a tone of known power."""

import numpy as np
import pytest

from phonosync.experiments.rig.virtual import virtual_rig
from phonosync.instruments.virtual.bench.bench import Bench
from phonosync.instruments.virtual.bench.detector import (
    ELECTRONICS,
    SHOT_NOISE_W_PER_HZ,
    TONE_ATTENUATION,
)
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.theory import load_device

RING = load_device("ring")
RBW = 50e3
FREQUENCIES = np.arange(9e6, 11e6, 2 * RBW)  # two windows apart: neighbours are independent
TONE = {"power_w": 1e-3, "frequency_hz": 10.02e6}


def spectrum(bench, averages=160, frequencies=FREQUENCIES, window="gaussian"):
    return bench.periodograms(frequencies, RBW, averages, window)


@pytest.mark.parametrize("imprecision", [0.0, 0.3])
def test_a_dark_detector_shows_its_own_noise_alone(imprecision):
    bench = Bench(RING, seed=1, imperfections=Imperfections(imprecision=imprecision))
    bench.set_laser(power_w=RING.drives[0].power, wavelength_m=1550e-9, on=True)
    bench.set_direction(+1)
    bench.set_detector(joined=False)
    rows = spectrum(bench) / SHOT_NOISE_W_PER_HZ
    assert rows.mean() == pytest.approx(imprecision + ELECTRONICS, rel=4 / np.sqrt(rows.size))
    bench.set_laser(power_w=0.0, wavelength_m=1550e-9, on=False)
    bench.set_detector(joined=True)
    rows = spectrum(bench) / SHOT_NOISE_W_PER_HZ
    assert rows.mean() == pytest.approx(1 + imprecision, rel=4 / np.sqrt(rows.size))


def test_a_dark_spectrum_does_not_disturb_the_device():
    bench, other = Bench(RING, seed=1), Bench(RING, seed=1)
    for each in (bench, other):
        spectrum(each, 8)
    bench.set_detector(joined=False)
    spectrum(bench, 8)
    bench.set_detector(joined=True)
    np.testing.assert_array_equal(spectrum(bench, 8), spectrum(other, 8))


@pytest.mark.parametrize("window", ["gaussian", "flattop"])
def test_the_power_of_a_tone_is_that_of_the_source_behind_the_attenuation(window):
    bench = Bench(RING, seed=2)
    bench.set_microwave(**TONE, on=True)
    step = RBW / 10
    near = TONE["frequency_hz"] + step * np.arange(-60, 61)
    P = spectrum(bench, 40, near, window).mean(axis=0) - SHOT_NOISE_W_PER_HZ
    power = TONE_ATTENUATION * TONE["power_w"]
    # A periodogram near the tone scatters by 2 √(shot noise in the bandwidth / power).
    scatter = 2 * np.sqrt(SHOT_NOISE_W_PER_HZ * RBW / power / 40)
    assert P.sum() * step == pytest.approx(power, rel=4 * scatter)
    if window == "gaussian":
        inside = np.abs(near - TONE["frequency_hz"]) < RBW
        shape = np.exp(-4 * np.log(2) * ((near - TONE["frequency_hz"]) / RBW) ** 2)
        np.testing.assert_allclose(P[inside] / P.max(), shape[inside], atol=0.02 + 4 * scatter)


def test_a_tone_stands_on_the_dark_floor_too_and_ends_with_the_source():
    bench = Bench(RING, seed=3)
    bench.set_detector(joined=False)
    bench.set_microwave(**TONE, on=True)
    near = TONE["frequency_hz"] + RBW / 10 * np.arange(-60, 61)
    P = spectrum(bench, 8, near).mean(axis=0)
    assert P.sum() * RBW / 10 == pytest.approx(TONE_ATTENUATION * TONE["power_w"], rel=0.01)
    bench.set_microwave(**TONE, on=False)
    assert spectrum(bench, 8, near).max() < 20 * ELECTRONICS * SHOT_NOISE_W_PER_HZ


def test_where_microwaves_drive_the_device_no_tone_reaches_the_detector():
    bench = Bench(load_device("shen_sphere"), seed=4)
    bench.set_detector(joined=False)
    bench.set_microwave(**TONE, on=True)
    assert spectrum(bench, 8).max() < 20 * ELECTRONICS * SHOT_NOISE_W_PER_HZ


@pytest.mark.parametrize("seed", [1, 2])
def test_dark_spectra_and_tones_of_a_point_follow_from_seed_and_point(seed):
    data = []
    for before in (1, 7):
        bench = Bench(RING, seed=before)
        spectrum(bench, before)
        bench.begin_point(seed, 3)
        bench.set_detector(joined=False)
        bench.set_microwave(**TONE, on=True)
        data.append(spectrum(bench, 8))
    np.testing.assert_array_equal(*data)


def test_a_blocked_switch_leaves_the_detector_dark_over_the_wire():
    how = {"points": 41, "rbw_hz": RBW, "averages": 32}
    with virtual_rig("ring", 1) as rig:
        for direction in (+1, -1):
            rig.direction_switch.set(direction)
            shot = rig.spectrum_analyzer.psd(9e6, 11e6, **how)
            rig.direction_switch.block()
            assert rig.direction_switch.read() == 0
            dark = rig.spectrum_analyzer.psd(9e6, 11e6, **how)
            assert float(dark.mean() / shot.mean()) == pytest.approx(ELECTRONICS, rel=0.2)


def test_a_tone_over_the_wire_has_the_power_of_the_source_behind_the_attenuation():
    roles = ("direction_switch", "spectrum_analyzer", "microwave_source")
    with virtual_rig("ring", 1, roles) as rig:
        rig.direction_switch.set(+1)
        source = rig.microwave_source
        source.set_frequency(TONE["frequency_hz"])
        source.set_power(TONE["power_w"])
        source.on()
        how = {"points": 201, "rbw_hz": RBW, "averages": 32}
        P = rig.spectrum_analyzer.psd(9.52e6, 10.52e6, **how)
        source.off()
        background = rig.spectrum_analyzer.psd(9.52e6, 10.52e6, **how)
    power = float((P - background).integrate("frequency"))
    assert power == pytest.approx(TONE_ATTENUATION * TONE["power_w"], rel=0.1)
