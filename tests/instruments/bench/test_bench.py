"""The bench's measured spectra against theory, within their own statistical errors."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.bench import SHOT_NOISE_W_PER_HZ, Bench
from phonosync.instruments.virtual.bench.clock import AcceleratedClock
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.instruments.virtual.bench.langevin import LANES, Stepper
from phonosync.theory import (
    InputError,
    diffusion,
    drift,
    load_device,
    output_amplitude,
    output_spectrum,
    steady_states,
)

RING = load_device("ring")
RBW = 10e3
# Points lie two windows apart: neighbours are independent.
FREQUENCIES = np.arange(9.5e6, 11.6e6, 2 * RBW)
FEW = np.array([10.0e6, 10.5e6])


def laser(bench, *, on=True):
    bench.set_laser(power_w=RING.drives[0].power, wavelength_m=1550e-9, on=on)


def measure(bench, averages, frequencies=FREQUENCIES, window="gaussian", should_stop=None):
    """In shot-noise units."""
    rows = bench.periodograms(frequencies, RBW, averages, window, should_stop)
    return rows / SHOT_NOISE_W_PER_HZ


def settled(light, device=RING, **driven):
    network = device.network(light=light, **driven)
    amplitudes = next(s for s in steady_states(network) if s.stable).amplitudes
    return network, amplitudes, RING.port("bus")


def expected(light, device=RING, **driven):
    """Theory's spectrum seen through the Gaussian window of 3 dB width RBW."""
    network, c, port = settled(light, device, **driven)
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
    day = {"dark": measure(bench, 80)}
    laser(bench)
    for name, light, averages in (
        ("forward", +1, 240),
        ("backward", -1, 240),
        ("forward again", +1, 120),
    ):
        bench.set_direction(light)
        day[name] = measure(bench, averages)
    laser(bench, on=False)
    day["dark again"] = measure(bench, 40)
    return day


def assert_same(rows, spectrum):
    """P_k ~ Gamma(K, S_k/K): chi-square over the points, and the total area, within 4 sigma."""
    K, N = rows.shape
    P = rows.mean(axis=0)
    chi_square = K * np.sum((P / spectrum - 1) ** 2)
    # The fourth moment of Gamma: Var x² = (2 + 6/K)/K² for x = P/S - 1.
    assert abs(chi_square - N) < 4 * np.sqrt(N * (2 + 6 / K))
    assert abs(np.sum(P - spectrum)) < 4 * np.sqrt(np.sum(spectrum**2) / K)


@pytest.mark.parametrize(
    ("name", "light"), [("forward", +1), ("backward", -1), ("forward again", +1)]
)
def test_every_direction_shows_its_own_spectrum(session, name, light):
    assert_same(session[name], expected(light))


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


def test_the_local_oscillator_finds_the_phase_of_the_mean_output():
    random = np.random.default_rng(5)
    for light in (+1, -1):
        network, c, port = settled(light)
        state = np.repeat(c[:, None], LANES, axis=1)
        field = Stepper(network, port, 0.7, 4e-9).settle(state, 20_000, random)
        expected = output_amplitude(network, c, port)
        np.testing.assert_allclose(field / expected, 1, atol=2e-3)


# Imperfections


def lifted(device, shift_hz):
    """The device with higher phonons."""
    modes = {
        name: mode.model_copy(update={"frequency": mode.frequency + shift_hz})
        if mode.kind == "phonon"
        else mode
        for name, mode in device.modes.items()
    }
    return device.model_copy(update={"modes": modes})


POWER = RING.drives[0].power
DETUNED = 299792458.0 / (299792458.0 / 1550e-9 - 2e6)  # m, of light 2 MHz below


@pytest.mark.parametrize(
    ("how", "later"),
    [
        ({"phonon_drift_hz_per_hour": 30e3}, {"device": lifted(RING, 30e3)}),
        ({"laser_drift_hz_per_hour": -2e6}, {"wavelength": DETUNED}),
        ({"power_drift_per_hour": -0.4}, {"power": 0.6 * POWER}),
    ],
    ids=["phonons", "laser", "power"],
)
def test_in_an_hour_the_spectrum_drifts_to_where_theory_has_it(how, later):
    clock = AcceleratedClock(pause_s=3600.0)
    bench = Bench(RING, seed=11, imperfections=Imperfections(**how), clock=clock)
    laser(bench)
    bench.set_direction(-1)
    assert_same(measure(bench, 160), expected(-1))
    assert bench.lab_time_s == pytest.approx(3600, abs=1)
    rows = measure(bench, 160)
    assert_same(rows, expected(-1, **later))
    with pytest.raises(AssertionError):
        assert_same(rows, expected(-1))
    assert bench.laser_monitor_w == POWER
    drifted = 1 + 2 * how.get("power_drift_per_hour", 0.0)
    assert bench.monitor_power_w == pytest.approx(drifted * POWER, rel=1e-4)


def test_the_detectors_imprecision_adds_to_the_floor():
    bench = Bench(RING, seed=12, imperfections=Imperfections(imprecision=0.5))
    laser(bench)
    bench.set_direction(-1)
    assert_same(measure(bench, 160), expected(-1) + 0.5)


def test_backscattering_puts_the_counter_mode_into_the_spectrum():
    bench = Bench(RING, seed=13, imperfections=Imperfections(backscattering_hz=0.5e6))
    laser(bench)
    bench.set_direction(+1)
    assert_same(measure(bench, 160), expected(+1, load_device("ring_backscattering")))


def test_an_acquisition_takes_the_lab_as_long_as_its_averages():
    bench = Bench(RING, seed=14)
    measure(bench, 8, FEW)
    # 6.5 standard deviations of a Gaussian whose spectrum is RBW wide at half of its power.
    assert bench.lab_time_s == pytest.approx(8 * 6.5 * np.sqrt(np.log(2)) / np.pi / RBW, rel=0.02)


# Seeds, settings, and what the bench refuses


def short_session(seed):
    bench = Bench(RING, seed=seed)
    laser(bench)
    bench.set_direction(+1)
    return measure(bench, 8, FEW)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    first, second, other = (short_session(seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert np.all(first != other)


def test_telling_the_bench_what_it_knows_changes_nothing():
    told_once, told_twice = Bench(RING, seed=6), Bench(RING, seed=6)
    for bench in (told_once, told_twice):
        measure(bench, 8, FEW)
    laser(told_twice, on=False)
    told_twice.set_direction(0)
    laser(told_twice, on=False)
    laser(told_once, on=False)
    np.testing.assert_array_equal(measure(told_once, 8, FEW), measure(told_twice, 8, FEW))


@pytest.mark.parametrize("window", ["gaussian", "flattop"])
def test_every_window_keeps_the_density_of_shot_noise(window):
    rows = measure(Bench(RING, seed=7), 40, np.arange(9e6, 12e6, 1e5), window)
    assert np.mean(rows) == pytest.approx(1, abs=4 / np.sqrt(rows.size))


def test_as_many_averages_as_asked_for_or_as_many_as_there_was_time():
    bench = Bench(RING, seed=8)
    assert measure(bench, 11, FEW).shape == (11, 2)
    answers = iter([False, True])
    assert measure(bench, 80, FEW, should_stop=lambda: next(answers)).shape == (8, 2)
    assert measure(bench, 80, FEW, should_stop=lambda: True).shape == (0, 2)


def test_the_power_meter_reads_nothing_while_the_laser_is_off():
    bench = Bench(RING, seed=9)
    assert bench.laser_monitor_w == 0
    bench.set_laser(power_w=1e-3, wavelength_m=1550e-9, on=True)
    assert bench.laser_monitor_w == 1e-3
    bench.set_laser(power_w=1e-3, wavelength_m=1550e-9, on=False)
    assert bench.laser_monitor_w == 0


def test_a_device_without_detection_cannot_stand_on_the_bench():
    blind = RING.model_copy(update={"detection": None})
    with pytest.raises(InputError, match="nothing says how its output is detected"):
        Bench(blind)


def test_temperatures_below_zero_are_refused():
    with pytest.raises(InputError, match="give 0 K or more"):
        Bench(RING, seed=10).set_temperature(-1.0)


def test_an_unknown_window_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="choose gaussian or flattop"):
        measure(Bench(RING, seed=10), 8, FEW, window="hann")
