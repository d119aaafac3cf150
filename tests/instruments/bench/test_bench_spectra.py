"""From a photocurrent to periodograms: the transform of a band, and its windows."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.normals_kernel import normals
from phonosync.instruments.virtual.bench.spectra import Analysis, Band, taper

DT = 4e-9
RBW = 20e3


def direct(records, frequencies):
    time = np.arange(len(records)) * DT
    return np.abs(np.exp(-2j * np.pi * frequencies[:, None] * time) @ records).T ** 2


@pytest.mark.parametrize(
    "frequencies",
    [
        np.linspace(9.5e6, 11.5e6, 31),
        np.linspace(0.0, 2e6, 11),
        np.array([10e6, 10.5e6]),
        np.array([10e6]),
        np.linspace(1e5, 100e6, 21),
    ],
    ids=["a band", "from zero on", "two", "one", "nearly all"],
)
def test_the_transform_of_a_band_is_the_fourier_sum(frequencies):
    length = 7001
    records = np.random.default_rng(1).standard_normal((length, 3)) * np.hanning(length)[:, None]
    found = Band(frequencies, length, DT).power(records)
    expected = direct(records, frequencies)
    np.testing.assert_allclose(found, expected, atol=2e-5 * expected.mean())


def test_a_line_outside_the_band_does_not_fold_into_it():
    shape = taper("gaussian", RBW, DT)
    time = np.arange(len(shape)) * DT
    frequencies = np.linspace(10e6, 11e6, 41)
    outside = np.concatenate([np.linspace(1e6, 9e6, 17), np.linspace(12e6, 120e6, 55)])
    lines = np.cos(2 * np.pi * outside * time[:, None]) * shape[:, None]
    seen = Band(frequencies, len(shape), DT).power(lines)
    assert seen.max() < 1e-9 * (shape.sum() / 2) ** 2


@pytest.mark.parametrize("window", ["gaussian", "flattop"])
def test_three_decibels_down_a_window_is_as_wide_as_asked_for(window):
    shape = taper(window, RBW, DT)
    response = direct(shape[:, None], np.array([0.0, RBW / 2]))[0]
    assert response[1] / response[0] == pytest.approx(0.5, abs=0.005)


def test_the_gaussian_window_lets_noise_be_seen_beside_a_strong_line():
    shape = taper("gaussian", RBW, DT)
    far = np.array([0.0, 5.0, 10.0, 25.0]) * RBW
    response = direct(shape[:, None], far)[0]
    decibels = 10 * np.log10(response / response[0])
    assert np.all(decibels[1:] < [-60, -80, -110])


def test_white_noise_has_its_density_at_every_frequency():
    analysis = Analysis(np.linspace(5e6, 15e6, 21), 100e3, "gaussian", DT)
    random = np.random.default_rng(2)
    current = random.standard_normal((analysis.samples, 400)) / np.sqrt(DT)
    rows = analysis.periodograms(current)
    assert rows.shape == (400, 21)
    np.testing.assert_allclose(rows.mean(axis=0), 1, atol=4.5 / np.sqrt(400))
    assert rows.mean() == pytest.approx(1, abs=4 / np.sqrt(rows.size))


def test_the_fast_normals_are_box_and_mullers():
    words = np.random.default_rng(3).bit_generator.random_raw(5000).view(np.int32)
    u = ((words[:5000] & 0x7FFFFFFF) + 0.5) * 2.0**-31
    angle = 2 * np.pi * words[5000:] * 2.0**-32
    radius = np.sqrt(-2 * np.log(u))
    found = normals(np.random.default_rng(3), 10_000)
    np.testing.assert_allclose(found[:5000], radius * np.cos(angle), atol=5e-5)
    np.testing.assert_allclose(found[5000:], radius * np.sin(angle), atol=5e-5)


def test_the_fast_normals_have_the_moments_of_normals():
    x = normals(np.random.default_rng(4), 2_000_000).astype(float)
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)):
        error = np.sqrt(variance / len(x))
        assert np.mean(x**power) == pytest.approx(moment, abs=4 * error)
    first, second = x[: len(x) // 2], x[len(x) // 2 :]
    assert abs(np.mean(first * second)) < 4 / np.sqrt(len(first))
    assert abs(np.mean((first**2 - 1) * (second**2 - 1))) < 4 * 2 / np.sqrt(len(first))
    assert 4.5 < np.abs(x).max() < 6.7
    assert len(normals(np.random.default_rng(5), 0)) == 0
