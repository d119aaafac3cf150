"""The bench's measured spectra against theory, within their own statistical errors."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench import SHOT_NOISE_W_PER_HZ, Bench
from phonosync.theory import (
    diffusion,
    drift,
    load_device,
    output_amplitude,
    output_spectrum,
    steady_states,
)

RING = load_device("ring")
RBW = 10e3
FREQUENCIES = np.arange(
    9.5e6, 11.6e6, 2 * RBW
)  # so far apart that the window's bins are independent
AVERAGES = 400


def laser(bench, *, on=True):
    bench.set_laser(power_w=RING.drives[0].power, wavelength_m=1550e-9, on=on)


def measure(bench, averages=AVERAGES, window="gaussian"):
    """In shot-noise units."""
    rows = bench.periodograms(FREQUENCIES, RBW, averages, window)
    return rows / SHOT_NOISE_W_PER_HZ


def settled(light):
    network = RING.network(light=light)
    amplitudes = next(s for s in steady_states(network) if s.stable).amplitudes
    return network, amplitudes, RING.port("bus")


def expected(light):
    """Theory's spectrum seen through the Gaussian window of 3 dB width RBW."""
    network, c, port = settled(light)
    offset = np.linspace(-4, 4, 801) * RBW
    kernel = np.exp(-4 * np.log(2) * offset**2 / RBW**2)
    spectrum = output_spectrum(
        drift(network, c),
        diffusion(network),
        port,
        2 * np.pi * (FREQUENCIES[:, None] + offset).ravel(),
        angle=float(np.angle(output_amplitude(network, c, port))) + np.pi / 2,
        efficiency=0.7,
    )
    return spectrum.reshape(len(FREQUENCIES), -1) @ kernel / kernel.sum()


@pytest.fixture(scope="module")
def session():
    """An experimenter's day at one bench: dark, light forward, backward, forward, dark again."""
    bench = Bench(RING, seed=1)
    day = {"dark": measure(bench)}
    laser(bench)
    for name, light in (("forward", +1), ("backward", -1), ("forward again", +1)):
        bench.set_direction(light)
        day[name] = measure(bench)
    laser(bench, on=False)
    day["dark again"] = measure(bench)
    return day


def assert_same(rows, spectrum):
    """P_k ~ Gamma(K, S_k/K): chi-square over the points, and the total area, within 4 sigma."""
    K, N = rows.shape
    P = rows.mean(axis=0)
    chi_square = K * np.sum((P / spectrum - 1) ** 2)
    print(
        "chi2",
        chi_square,
        N,
        "area",
        np.sum(P - spectrum) / np.sqrt(np.sum(spectrum**2) / K),
        np.sum(P - 1) / np.sum(spectrum - 1) - 1,
    )
    # The fourth moment of Gamma: Var x² = (2 + 6/K)/K² for x = P/S - 1.
    assert abs(chi_square - N) < 4 * np.sqrt(N * (2 + 6 / K))
    assert abs(np.sum(P - spectrum)) < 4 * np.sqrt(np.sum(spectrum**2) / K)


@pytest.mark.parametrize(
    ("name", "light"), [("forward", +1), ("backward", -1), ("forward again", +1)]
)
def test_every_direction_shows_its_own_spectrum(session, name, light):
    assert_same(session[name], expected(light))
    if name == "backward":
        print((session[name].mean(0) / expected(light) - 1).round(2))


@pytest.mark.parametrize("name", ["dark", "dark again"])
def test_without_light_there_is_flat_shot_noise(session, name):
    assert_same(session[name], np.ones(len(FREQUENCIES)))


def test_single_periodograms_scatter_as_exponentials(session):
    x = session["backward"] / expected(-1)
    # Mean 1 and variance 1; of x² the variance is 20.
    assert np.mean(x**2) == pytest.approx(2, abs=4 * np.sqrt(20 / x.size))
    neighbours = np.mean((x[:, 1:] - 1) * (x[:, :-1] - 1))
    assert neighbours == pytest.approx(0.004, abs=4 / np.sqrt(x.size))


def test_the_directions_are_told_apart(session):
    assert session["backward"].mean(axis=0).max() > 5 * session["forward"].mean(axis=0).max()
