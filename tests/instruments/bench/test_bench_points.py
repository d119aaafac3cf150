"""Points of a run on the bench: their data follow from seed, point, settings and branch alone."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.bench import Bench
from phonosync.instruments.virtual.bench.clock import AcceleratedClock
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.theory import InputError, load_device
from phonosync.theory.dynamics.sweep import hysteresis

RING = load_device("ring")
PAIR = load_device("optical_pair")
FREQUENCIES = np.arange(9.5e6, 11.6e6, 20e3)
HOW = {"reference_hz": 10e6, "time_constant_s": 2e-6, "rate_hz": 200e3, "count": 40}


def lit(device, light, *, power=None, **options):
    bench = Bench(device, **options)
    send(bench, device.drives[0].power if power is None else power)
    bench.set_direction(light)
    return bench


def send(bench, power_w, *, on=True):
    bench.set_laser(power_w=power_w, wavelength_m=1550e-9, on=on)


def spectra(bench, averages=8, frequencies=FREQUENCIES):
    return bench.periodograms(frequencies, 10e3, averages, "gaussian")


def nothing(bench):
    pass


def another_direction(bench):
    bench.set_direction(-1)
    spectra(bench)


def many_points_and_darkness(bench):
    for point, light in enumerate((+1, -1, +1)):
        bench.begin_point(9, point)
        bench.set_direction(light)
        spectra(bench)
    send(bench, 0.0, on=False)


def a_point_that_was_broken_off(bench):
    bench.begin_point(4, 7)
    spectra(bench)
    bench.vibration(0, **HOW)


@pytest.mark.parametrize("device", [RING, PAIR], ids=["cooled", "oscillating"])
@pytest.mark.parametrize("light", [+1, -1])
def test_a_point_has_the_same_data_whatever_was_measured_before(device, light):
    data = []
    for seed, before in enumerate(
        (nothing, another_direction, many_points_and_darkness, a_point_that_was_broken_off)
    ):
        bench = lit(device, light, seed=seed)
        before(bench)
        bench.begin_point(4, 7)
        send(bench, device.drives[0].power)
        bench.set_direction(light)
        data.append((spectra(bench), *(bench.vibration(k, **HOW) for k in (0, 1))))
    for later in data[1:]:
        for one, same in zip(data[0], later, strict=True):
            np.testing.assert_array_equal(one, same)


def test_s_parameters_of_a_point_are_the_same_whatever_was_measured_before():
    how = {"power_w": 1e-6, "if_bandwidth_hz": 1e5}
    data = []
    for before in (nothing, many_points_and_darkness):
        bench = lit(RING, +1, seed=1)
        before(bench)
        bench.begin_point(4, 7)
        send(bench, RING.drives[0].power)
        data.append(bench.s_parameters(FREQUENCIES, **how))
    np.testing.assert_array_equal(*data)


def test_points_and_seeds_are_independent_of_each_other():
    bench = lit(RING, -1, seed=1)
    data = []
    for seed, point in ((4, 7), (4, 8), (5, 7), (5, 8)):
        bench.begin_point(seed, point)
        data.append(spectra(bench, 16).ravel())
    r = np.asarray(np.corrcoef(np.argsort(np.argsort(data))))[np.triu_indices(4, 1)]
    # Rank correlations of as many samples, a factor of two left for neighbours in frequency.
    assert np.all(np.abs(r) < 4 * np.sqrt(2 / len(data[0])))


def test_a_point_settles_anew_where_nothing_was_changed():
    bench = lit(RING, -1, seed=1)
    bench.begin_point(4, 7)
    first = spectra(bench)
    bench.begin_point(4, 7)
    np.testing.assert_array_equal(spectra(bench), first)
    assert np.all(spectra(bench) != first)


@pytest.mark.parametrize("numbers", [(-1, 0), (0, -1)])
def test_points_are_counted_from_zero(numbers):
    with pytest.raises(InputError, match="give whole numbers from 0"):
        Bench(RING, seed=1).begin_point(*numbers)


# Branches


def damped(device, linewidth_hz):
    """The device with a phonon that loses its energy fast, so that it soon settles."""
    modes = {
        name: mode.model_copy(update={"linewidth": 2 * np.pi * linewidth_hz})
        if mode.kind == "phonon"
        else mode
        for name, mode in device.modes.items()
    }
    return device.model_copy(update={"modes": modes})


SPHERE = damped(load_device("shen_sphere"), 50e3)
DRIVE_HZ = 7.643e9
POWERS = np.array([20e-3, 80e-3, 160e-3, 280e-3])
NEAR = np.arange(10.8e6, 11.2e6, 20e3)


def walk(bench, powers, *, first=0, measured=()):
    """Visit powers point by point; spectra of those that are measured."""
    data = {}
    for point, power_w in enumerate(powers, start=first):
        bench.begin_point(4, point)
        bench.set_microwave(power_w=power_w, frequency_hz=DRIVE_HZ, on=True)
        if point in measured:
            data[point] = spectra(bench, frequencies=NEAR)
    return data


def magnons(bench, powers):
    """Magnons at each power of a walk along them."""
    found = []
    for power_w in powers:
        bench.begin_point(1, 1)
        bench.set_microwave(power_w=power_w, frequency_hz=DRIVE_HZ, on=True)
        bench.begin_point(1, 2)
        found.append(abs(bench._replicas.centre[1]) ** 2)
    return np.array(found)


@pytest.fixture(scope="module")
def theory():
    return hysteresis(lambda P: SPHERE.network(light=0, microwave_power=P), POWERS)


def test_a_bistable_sweep_follows_the_branches_of_theory_up_and_down(theory):
    assert theory.loops == [(80e-3, 160e-3)]
    bench = Bench(SPHERE, seed=1)
    for way, powers in ((theory.up, POWERS), (theory.down, POWERS[::-1])):
        expected = np.abs(way.amplitudes[:, 1]) ** 2
        np.testing.assert_allclose(magnons(bench, powers), expected, rtol=1e-6)


def test_a_sweep_that_is_walked_through_ends_with_the_data_of_one_that_is_measured():
    there, back = POWERS, POWERS[-2::-1]
    inside = len(there) + 1  # at 80 mW, on the way down
    every = set(range(len(there) + len(back)))
    whole = Bench(SPHERE, seed=1)
    data = walk(whole, there, measured=every)
    data |= walk(whole, back, first=len(there), measured=every)
    walked = Bench(SPHERE, seed=2)
    walk(walked, there)
    [resumed] = walk(walked, back[:2], first=len(there), measured={inside}).values()
    np.testing.assert_array_equal(resumed, data[inside])
    from_below = walk(Bench(SPHERE, seed=3), back[1:2], first=inside, measured={inside})
    assert np.all(from_below[inside] != resumed)


# Drifts


def test_how_often_one_asks_changes_nothing_about_a_random_walk():
    how = Imperfections(power_walk_per_root_hour=0.1, laser_walk_hz_per_root_hour=1e6)
    ends = []
    for times_s in ((3600.0,), np.arange(0.0, 3601.0, 7.5), (0.2, 0.3, 1800.0, 3600.0)):
        clock = AcceleratedClock()
        bench = lit(RING, +1, seed=3, imperfections=how, clock=clock)
        for time_s in times_s:
            clock.finish(time_s, 0.0)
            assert bench.monitor_power_w > 0
        ends.append(bench.monitor_power_w)
    assert ends[0] == ends[1] == ends[2] != RING.drives[0].power


def test_what_a_source_that_is_off_was_tuned_to_changes_no_bit():
    data = []
    for tuned_hz in (DRIVE_HZ, 1e9, 7.65e9):
        bench = Bench(SPHERE, seed=3)
        bench.set_microwave(power_w=20e-3, frequency_hz=tuned_hz, on=False)
        bench.begin_point(4, 0)
        data.append(spectra(bench, frequencies=NEAR))
    np.testing.assert_array_equal(data[0], data[1])
    np.testing.assert_array_equal(data[0], data[2])
