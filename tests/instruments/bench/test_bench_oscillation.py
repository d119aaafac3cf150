"""Above threshold: what demodulators and the analyzer see of phonon lasers, against theory."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.bench import SHOT_NOISE_W_PER_HZ, Bench
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.instruments.virtual.bench.vibrations import FLOOR_QUANTA_PER_HZ, VOLTS_PER_AMPLITUDE
from phonosync.theory import InputError, load_device
from phonosync.theory.dynamics.cycle_fluctuations import cycle_fluctuations
from phonosync.theory.dynamics.settling import limit_cycle
from phonosync.theory.stochastic.langevin import ensemble
from phonosync.theory.stochastic.phase_statistics import phase_difference, phase_locking

TWO_PI = 2 * np.pi
PAIR = load_device("optical_pair")
CELLS = load_device("mari_cells")
RING = load_device("ring")


def lit(device, light=+1, **options):
    bench = Bench(device, **options)
    bench.set_laser(power_w=device.drives[0].power, wavelength_m=1550e-9, on=True)
    bench.set_direction(light)
    return bench


def amplitudes(bench, phonons, **how):
    """Demodulated records in units of |c|, one column a phonon."""
    return np.stack([bench.vibration(k, **how) for k in phonons], axis=1) / VOLTS_PER_AMPLITUDE


def turned(record, rate_hz):
    """Mean frequency of a record, Hz."""
    phase = np.unwrap(np.angle(record))
    return (phase[-1] - phase[0]) / (TWO_PI * (len(record) - 1) / rate_hz)


@pytest.fixture(scope="module")
def cycle():
    return limit_cycle(PAIR.network(light=+1))


def test_phonons_locked_by_light_oscillate_with_the_amplitudes_and_phases_of_theory(cycle):
    reference = cycle.frequency / TWO_PI
    how = {"reference_hz": reference, "time_constant_s": 2e-6, "rate_hz": 200e3, "count": 400}
    z = amplitudes(lit(PAIR, seed=1), (0, 1), **how)
    # Re c at the fundamental: both of its harmonics.
    phasors = cycle.harmonic(1).conj() + cycle.harmonic(-1)
    np.testing.assert_allclose(np.abs(z).mean(axis=0), np.abs(phasors[[1, 3]]), rtol=2e-3)
    between = np.angle(np.mean(z[:, 0] * z[:, 1].conj()))
    assert between == pytest.approx(np.angle(phasors[1] * phasors[3].conj()), abs=5e-3)
    offsets = [turned(z[:, k], 200e3) for k in (0, 1)]
    np.testing.assert_allclose(offsets, 0, atol=1e-5 * reference)
    assert offsets[0] == pytest.approx(offsets[1], abs=2.0)


def test_the_analyzer_shows_the_phonon_laser_line_and_the_noise_of_its_phase(cycle):
    bench = lit(PAIR, seed=2)
    f0, rbw = cycle.frequency / TWO_PI, 10e3
    offset = np.arange(-50, 51) * 5e3
    P = bench.periodograms(f0 + offset, rbw, 32, "gaussian").mean(axis=0) / SHOT_NOISE_W_PER_HZ
    assert offset[P.argmax()] == 0
    network, port = PAIR.network(light=+1), PAIR.port("pump_2")
    below, mean, above = (cycle.harmonic(n) @ port.jump(4) for n in (-1, 0, 1))
    oscillator = 1j * (mean - network.drive[port.mode] / np.sqrt(port.rate))
    oscillator /= abs(oscillator)
    carrier = abs(above * oscillator.conj() + (below * oscillator.conj()).conj()) ** 2
    power = PAIR.detection.efficiency * carrier
    near = np.abs(offset) < 3 * rbw
    assert P[near].sum() * 5e3 == pytest.approx(power, rel=0.01)
    # Far from the line a diffusing phase leaves a Lorentzian's wings above shot noise.
    width = cycle_fluctuations(network, cycle).linewidth / TWO_PI
    far = np.abs(offset) >= 200e3
    wings = 1 + power * width / (TWO_PI * offset[far] ** 2)
    assert np.mean(P[far] / wings) == pytest.approx(1, abs=5 / np.sqrt(32 * far.sum() / 2.5))
    assert wings.max() > 1.3


def loose(frequency, occupation):
    """The cells, the second detuned until they hold together badly, with warm phonons."""
    modes = {
        name: mode.model_copy(update={"occupation": occupation}) if mode.kind == "phonon" else mode
        for name, mode in CELLS.modes.items()
    }
    modes["phonon_2"] = modes["phonon_2"].model_copy(update={"frequency": frequency})
    return CELLS.model_copy(update={"modes": modes})


@pytest.mark.parametrize("frequency", [1.034e6, 1.04e6], ids=["slipping", "free"])
def test_the_demodulators_show_theorys_frequency_difference_and_phase_locking(frequency):
    device = loose(frequency, occupation=5000.0)
    rate, pieces, length = 250e3, 40, 250
    how = {"reference_hz": 1e6, "time_constant_s": 0.5e-6, "rate_hz": rate}
    z = amplitudes(lit(device, seed=3), (0, 1), **how, count=pieces * length)
    # One long record, cut into pieces as good as independent.
    phases = np.unwrap(np.angle(z[:, 0] * z[:, 1].conj()), axis=0)
    times = np.arange(length) / rate
    found = phase_locking(times, phases.reshape(pieces, length).T)

    network = device.network(light=+1)
    start = ensemble(network, [0.0, 300e-6], trajectories=64, seed=4).amplitudes[-1]
    run = ensemble(network, times, trajectories=64, seed=5, amplitudes=start)
    centre = run.amplitudes.mean(axis=(0, 1))
    theory = phase_locking(times, phase_difference(run.amplitudes, 1, 3, centre=centre))

    for one, other, error in (
        (found.beat, theory.beat, np.hypot(found.beat_error, theory.beat_error)),
        (
            found.locking_value,
            theory.locking_value,
            np.hypot(found.locking_error, theory.locking_error),
        ),
    ):
        assert one == pytest.approx(other, abs=4 * error)
    assert abs(theory.beat) > 4 * np.hypot(found.beat_error, theory.beat_error)
    assert found.locking_value > 4 * found.locking_error


# Below threshold


@pytest.fixture(scope="module")
def warm():
    """Two phonons that do not know of each other, at 1 MHz, 10 kHz wide, with 20 quanta."""
    cells = loose(1e6, occupation=20.0)
    alone = tuple(c for c in cells.couplings if c.kind != "exchange")
    return cells.model_copy(update={"couplings": alone})


HALF = TWO_PI * 10e3 / 2  # decay rate of a phonon's amplitude


def test_a_thermal_phonon_shows_its_quanta_in_the_demodulators_bandwidth(warm):
    tau, rate, count = 10e-6, 50e3, 5000
    z = Bench(warm, seed=6).vibration(1, 1e6, tau, rate, count) / VOLTS_PER_AMPLITUDE
    # ⟨|c|²⟩ of a Lorentzian of decay rate γ/2 through a pole 1/τ, and the floor through 1/(2τ).
    expected = 20.5 / (1 + HALF * tau) + FLOOR_QUANTA_PER_HZ / (2 * tau)
    independent = count * HALF / rate
    assert np.mean(np.abs(z) ** 2) == pytest.approx(expected, rel=4 / np.sqrt(independent))
    assert abs(np.mean(z)) < 4 * np.sqrt(2 * expected / independent)


def test_the_floor_is_that_of_the_calibration_and_grows_with_imprecision(warm):
    away, tau, rate, count = 200e3, 5e-6, 50e3, 2000
    # What the low-pass 1/τ leaves of a line of decay rate γ/2 so far from the reference.
    pole = 1 / tau + HALF
    line = 20.5 / tau * pole / (pole**2 + (TWO_PI * away) ** 2)

    for imprecision in (0.0, 99.0):
        bench = Bench(warm, seed=7, imperfections=Imperfections(imprecision=imprecision))
        z = bench.vibration(0, 1e6 + away, tau, rate, count) / VOLTS_PER_AMPLITUDE
        floor = (1 + imprecision) * FLOOR_QUANTA_PER_HZ / (2 * tau)
        assert np.mean(np.abs(z) ** 2) == pytest.approx(floor + line, rel=0.1)
        assert floor > line


def test_two_phonons_are_recorded_over_the_same_stretch_of_time():
    bench = Bench(RING, seed=8)
    how = {"reference_hz": 10e6, "time_constant_s": 10e-6, "rate_hz": 20e3, "count": 50}
    start = bench.lab_time_s
    first, second = (bench.vibration(k, **how) for k in (0, 1))
    assert bench.lab_time_s - start == pytest.approx(50 / 20e3)  # one stretch for both
    again = bench.vibration(0, **how)
    assert bench.lab_time_s - start == pytest.approx(2 * 50 / 20e3)
    assert np.abs(again - first).max() > 0.1 * np.abs(first).max()
    assert first.shape == second.shape == (50,)


def test_a_reference_beside_the_line_lets_the_record_turn():
    bench = lit(CELLS, seed=9)
    on = limit_cycle(CELLS.network(light=+1)).frequency / TWO_PI
    how = {"time_constant_s": 1e-6, "rate_hz": 100e3, "count": 200}
    below = bench.vibration(0, on - 7e3, **how)
    assert turned(below, 100e3) == pytest.approx(7e3, abs=50)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ((2, 10e6, 1e-5, 1e4, 10), "the device has 2, counted from 0"),
        ((0, 10e6, 1e-5, 8e6, 10), "ask for fewer"),
        ((0, 10e6, 1e-5, 1e3, 10_000), "ask for a shorter one"),
    ],
)
def test_what_no_demodulator_can_record_is_refused(request_, message):
    with pytest.raises(InputError, match=message):
        Bench(RING, seed=10).vibration(*request_)
