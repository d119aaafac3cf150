"""S-parameters from pulses through the bench, against theory's linear response."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.bench import Bench
from phonosync.instruments.virtual.bench.imperfections import Imperfections
from phonosync.instruments.virtual.bench.ring import with_backscattering, with_counter_mode
from phonosync.instruments.virtual.bench.scattering import NOISE_FLOOR_W_PER_HZ
from phonosync.theory import InputError, load_device, steady_states
from phonosync.theory.ports.scattering import driven_response, s_parameters

TWO_PI = 2 * np.pi
RING = load_device("ring")
BACKSCATTERING = load_device("ring_backscattering")
QUIET = {"power_w": 1e-2, "if_bandwidth_hz": 1e3}  # noise of 4.5e-6
SWEEP = np.linspace(1e6, 41e6, 401)

SPHERE = """\
name: sphere
modes:
  cavity: {kind: photon, frequency: 10 GHz, linewidth: 4 MHz, detuning: 6 MHz}
  magnon: {kind: magnon, frequency: 9.998 GHz, linewidth: 3 MHz, detuning: 4 MHz, kerr: 1 mHz}
  phonon: {kind: phonon, frequency: 10 MHz, linewidth: 100 kHz, occupation: 10}
ports:
  line_1: {mode: cavity, rate: 1.5 MHz}
  line_2: {mode: cavity, rate: 1 MHz}
  antenna: {mode: magnon, rate: 2 MHz}
couplings:
  - {kind: exchange, modes: [cavity, magnon], rate: 5 MHz, phase: 20 deg}
  - {kind: magnetostriction, modes: [magnon, phonon], rate: 20 Hz}
drives:
  - {mode: magnon, port: antenna, power: 2 uW}
detection: {port: line_1}
"""


def lit(device, light, *, seed=1, on=True, **options):
    bench = Bench(device, seed=seed, **options)
    bench.set_laser(power_w=device.drives[0].power, wavelength_m=1550e-9, on=on)
    bench.set_direction(light)
    return bench


def expected(network, ports, connectors, omega):
    """What theory says a network analyzer reads: the other sign of c_out = L − c_in."""
    amplitudes = next(s for s in steady_states(network) if s.stable).amplitudes
    signal = driven_response(network, amplitudes, ports, omega).signal
    return np.moveaxis(-s_parameters(signal, connectors), 0, -1)


def ring_theory(device, light, frequencies, **driven):
    """Port 1 sends clockwise: with the light for light = +1, against it for −1."""
    ports = [device.port("bus"), device.port("bus_backward")][::light]
    network = device.network(light=light, **driven)
    return expected(network, ports, [(0, 1), (1, 0)], TWO_PI * frequencies)


@pytest.mark.parametrize("light", [+1, -1])
def test_a_backscattering_ring_has_theorys_two_port_response_in_both_directions(light):
    found = lit(BACKSCATTERING, light).s_parameters(SWEEP, **QUIET)
    theory = ring_theory(BACKSCATTERING, light, SWEEP)
    assert np.abs(theory[0, 0]).max() > 0.1  # light does come back
    np.testing.assert_allclose(found, theory, atol=4e-5)


def test_the_trace_differs_from_theory_by_the_trace_noise_alone():
    bench = lit(BACKSCATTERING, +1)
    found = bench.s_parameters(SWEEP, power_w=1e-4, if_bandwidth_hz=1e3)
    deviation = found - ring_theory(BACKSCATTERING, +1, SWEEP)
    variance = NOISE_FLOOR_W_PER_HZ * 1e3 / 1e-4
    ratio = np.abs(deviation) ** 2 / variance
    # |complex Gaussian|² is exponential: its mean over n values scatters by 1/√n.
    for trace in ratio.reshape(4, -1):
        assert np.mean(trace) == pytest.approx(1, abs=4 / np.sqrt(trace.size))
    assert abs(np.mean(deviation)) < 4 * np.sqrt(variance / deviation.size)


def bare(resonance):
    """A cavity whose only loss is the port, swept past its resonance."""
    kappa, offset = TWO_PI * 2e6, TWO_PI * (resonance - SWEEP)
    return 1 - kappa / (kappa / 2 + 1j * offset)


def test_light_opens_a_window_for_its_own_direction_only():
    """Optomechanically induced transparency of a resonant ring, pumped clockwise."""
    S = lit(RING, +1).s_parameters(SWEEP, **QUIET)
    network = RING.network(light=+1)
    state = next(s for s in steady_states(network) if s.stable)
    # The pressure's static displacement of the phonons shifts both directions alike.
    shift = 2 * float(network.pressure[0] @ state.amplitudes.real) / TWO_PI
    assert np.abs(S[1, 0] - bare(10e6 + shift)).max() > 0.3
    np.testing.assert_allclose(S[0, 1], bare(20e6 + shift), atol=1e-4)


def test_in_the_dark_the_sagnac_effect_alone_tells_the_directions_apart():
    S = lit(RING, +1, on=False).s_parameters(SWEEP, **QUIET)
    np.testing.assert_allclose(S[1, 0], bare(10e6), atol=4e-5)
    np.testing.assert_allclose(S[0, 1], bare(20e6), atol=4e-5)
    assert np.abs(S[0, 0]).max() < 4e-5


def test_a_ring_without_counter_mode_gets_one_like_its_partner():
    made = with_backscattering(RING, 0.5e6)
    ports = [made.port("bus"), made.port("bus_counter")]
    network = made.network(light=+1)
    theory = expected(network, ports, [(0, 1), (1, 0)], TWO_PI * SWEEP)
    np.testing.assert_allclose(theory, ring_theory(BACKSCATTERING, +1, SWEEP), atol=1e-12)
    assert with_counter_mode(BACKSCATTERING) is BACKSCATTERING


def test_backscattering_switched_on_is_that_of_the_file():
    bench = lit(RING, +1, imperfections=Imperfections(backscattering_hz=0.5e6))
    found = bench.s_parameters(SWEEP, **QUIET)
    np.testing.assert_allclose(found, ring_theory(BACKSCATTERING, +1, SWEEP), atol=4e-5)


@pytest.fixture(scope="module")
def sphere(tmp_path_factory):
    path = tmp_path_factory.mktemp("devices") / "sphere.yaml"
    path.write_text(SPHERE)
    return load_device(path)


def test_near_the_magnon_frequencies_are_those_of_the_microwave(sphere):
    bench = Bench(sphere, seed=2)
    sweep = np.linspace(9.98e9, 10.02e9, 201)
    found = bench.s_parameters(sweep, **QUIET)
    ports = [sphere.port("line_1"), sphere.port("line_2")]
    omega = TWO_PI * (sweep - 9.994e9)  # from the drive
    theory = expected(sphere.network(light=0), ports, [(0, 0), (1, 1)], omega)
    np.testing.assert_allclose(found, theory, atol=1e-4)
    assert np.abs(theory[1, 0]).max() > 0.2


def test_the_source_moves_the_frame_but_not_the_undriven_resonances(sphere):
    sweep = np.linspace(9.98e9, 10.02e9, 101)
    first, second = Bench(sphere, seed=3), Bench(sphere, seed=4)
    first.set_microwave(power_w=0.0, frequency_hz=9.994e9, on=False)
    second.set_microwave(power_w=0.0, frequency_hz=10.003e9, on=False)
    one, other = (bench.s_parameters(sweep, **QUIET) for bench in (first, second))
    np.testing.assert_allclose(one, other, atol=5e-5)
    drivenless = Bench(sphere, seed=5).s_parameters(sweep, **QUIET)
    assert np.abs(drivenless - one).max() > 0.01


def test_a_device_with_one_port_leaves_the_second_connector_open(sphere):
    one_port = sphere.model_copy(
        update={"ports": {name: sphere.ports[name] for name in ("line_1", "antenna")}}
    )
    lone = one_port.model_copy(
        update={
            "ports": {"line_1": sphere.ports["line_1"]},
            "drives": (),
        }
    )
    S = Bench(lone, seed=6).s_parameters(np.linspace(9.99e9, 10.01e9, 11), **QUIET)
    np.testing.assert_allclose(S[1, 1], 1, atol=5e-5)
    np.testing.assert_allclose(S[0, 1], 0, atol=5e-5)
    assert np.abs(S[0, 0]).min() < 0.8


def test_averaging_in_the_receiver_lowers_the_noise_and_imprecision_raises_it():
    def scatter(bandwidth, **options):
        bench = lit(RING, +1, on=False, **options)
        S = bench.s_parameters(SWEEP, power_w=1e-6, if_bandwidth_hz=bandwidth)
        return np.std(S[0, 0])

    plain = scatter(1e4)
    assert scatter(1e2) == pytest.approx(plain / 10, rel=0.2)
    noisy = scatter(1e4, imperfections=Imperfections(imprecision=3.0))
    assert noisy == pytest.approx(2 * plain, rel=0.2)


def test_a_line_narrower_than_the_if_bandwidth_is_smeared():
    near = np.linspace(9.9e6, 10.1e6, 101)
    sharp, smeared = (
        lit(RING, -1).s_parameters(near, power_w=1.0, if_bandwidth_hz=bandwidth)
        for bandwidth in (1e2, 4e5)
    )
    swing = [np.abs(S[0, 1] - S[0, 1, -1]).max() for S in (sharp, smeared)]
    assert swing[0] > 0.6
    assert swing[1] < 0.4 * swing[0]


def test_what_the_network_analyzer_cannot_sweep_it_says(sphere):
    bench = lit(RING, +1)
    with pytest.raises(InputError, match="not equally spaced; sweep linearly"):
        bench.s_parameters(np.array([1e6, 2e6, 4e6]), **QUIET)
    with pytest.raises(InputError, match="give positive ones"):
        bench.s_parameters(SWEEP, power_w=0.0, if_bandwidth_hz=1e3)
    with pytest.raises(InputError, match="narrow the sweep"):
        bench.s_parameters(np.linspace(1e6, 1e13, 11), **QUIET)
    with pytest.raises(InputError, match="has no optical port"):
        Bench(sphere, seed=7).s_parameters(SWEEP, **QUIET)
    with pytest.raises(InputError, match="is no ring"):
        Bench(sphere, imperfections=Imperfections(backscattering_hz=1e6))
    with pytest.raises(InputError, match=r"add 'sagnac\.counter_mode'"):
        with_counter_mode(load_device("hybrid"))
