"""The bench's stepper: a filter of its noise near a steady state, compared with theory."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.langevin import (
    LANES,
    SLOW,
    STEP_DETUNING,
    STEP_PHONON,
    Stepper,
    reachable,
    step_length,
)
from phonosync.instruments.virtual.bench.langevin_kernel import advance
from phonosync.theory import (
    BosonicNetwork,
    Port,
    diffusion,
    drift,
    load_device,
    output_amplitude,
    output_spectrum,
    steady_states,
)

OMEGA_1 = 2 * np.pi * 10e6
EFFICIENCY = 0.7
FREQUENCIES = np.linspace(9.4e6, 11.6e6, 4001)


class OneStep:
    """The map (x, ξ) -> (x', current): x is (Re c_1, Im c_1, ...), ξ the normals of one step.

    ξ holds the port's two normals, the detector's, those of baths that kick in every step, alone or
    together, and those of slow baths, whose kicks stand for SLOW steps and are √SLOW too strong
    for one.
    """

    def __init__(self, network, port, dt, **prepared):
        self.dt, self.modes = dt, network.modes
        self.constants = Stepper(network, port, EFFICIENCY, dt, **prepared).constants
        fast, slow, _, _, shared, _ = self.constants[2]
        self.every_step = 3 + 2 * len(fast) + 2 * shared.shape[1]
        self.normals = self.every_step + 2 * len(slow)

    def __call__(self, x, normals, oscillator):
        re, im = np.repeat(x[0::2], LANES), np.repeat(x[1::2], LANES)
        out, total = np.empty((1, LANES)), np.zeros((2, LANES))
        drawn = np.repeat(np.array(normals, np.float32)[None, :, None], LANES, axis=2)
        fast = np.ascontiguousarray(drawn[:, : self.every_step])
        slow = np.ascontiguousarray(drawn[:, self.every_step :])
        lost = float(np.sqrt((1 - EFFICIENCY) / self.dt))
        constants, oscillator = self.constants, complex(oscillator)
        nothing, heard = np.zeros(0, int), np.empty((0, 1))
        advance(re, im, out, total, fast, slow, constants, oscillator, lost, nothing, heard)
        return np.array([*np.stack([re[::LANES], im[::LANES]], axis=-1).ravel(), out[0, 0]])

    def slopes(self, x, oscillator):
        """Derivatives of (x', current) by x and by ξ."""
        quiet, h, kick = np.zeros(self.normals), 1e-3, 0.125
        by_x = [
            self(x + e, quiet, oscillator) - self(x - e, quiet, oscillator)
            for e in np.eye(2 * self.modes) * h
        ]
        by_noise = [
            self(x, e, oscillator) - self(x, -e, oscillator) for e in np.eye(self.normals) * kick
        ]
        by_x, by_noise = np.array(by_x).T / (2 * h), np.array(by_noise).T / (2 * kick)
        by_noise[:, self.every_step :] /= np.sqrt(SLOW)
        return by_x, by_noise

    def fixed_point(self, start):
        """The stepper's own steady state, by Newton's method."""
        x = np.stack([start.real, start.imag], axis=-1).ravel()
        for _ in range(6):
            F = self.slopes(x, 1.0)[0][:-1]
            x = x - np.linalg.solve(F - np.eye(len(x)), self(x, np.zeros(self.normals), 1)[:-1] - x)
        return x

    def mean_output(self, x):
        quiet = np.zeros(self.normals)
        return self(x, quiet, 1)[-1] + 1j * self(x, quiet, -1j)[-1]

    def spectrum(self, start, frequencies):
        """Exact spectrum of the current's phase quadrature: dt Σ |H (z − F)⁻¹ G + d|²."""
        x = self.fixed_point(start)
        turn = np.exp(-1j * (np.angle(self.mean_output(x)) + np.pi / 2))
        by_x, by_noise = self.slopes(x, 2 * np.sqrt(EFFICIENCY) * turn)
        F, H, G, d = by_x[:-1], by_x[-1], by_noise[:-1], by_noise[-1]
        z = np.exp(2j * np.pi * frequencies * self.dt)[:, None, None]
        transfer = np.einsum("i,fij->fj", H, np.linalg.solve(z * np.eye(len(F)) - F, G)) + d
        return self.dt * np.sum(np.abs(transfer) ** 2, axis=-1)


def steady(name, light):
    device = load_device(name)
    network = device.network(light=light)
    stable = next(s for s in steady_states(network) if s.stable)
    return network, stable.amplitudes, device.port("bus")


def expected_spectrum(network, c, port, frequencies, *, driven=True):
    angle = np.angle(output_amplitude(network, c, port, driven=driven)) + np.pi / 2
    return output_spectrum(
        drift(network, c),
        diffusion(network),
        port,
        2 * np.pi * frequencies,
        angle=float(angle),
        efficiency=EFFICIENCY,
    )


def area_errors(light, steps):
    network, c, port = steady("ring", light)
    area = np.sum(expected_spectrum(network, c, port, FREQUENCIES) - 1)
    spectra = [OneStep(network, port, dt).spectrum(c, FREQUENCIES) for dt in steps]
    return np.array([np.sum(S - 1) / area - 1 for S in spectra])


@pytest.mark.parametrize("light", [+1, -1])
def test_at_the_benchs_step_the_lines_have_the_area_of_theory(light):
    dt = min(step_length(steady("ring", s)[0], [1, 2]) for s in (+1, -1))
    assert abs(area_errors(light, [dt])[0]) < 3e-3


@pytest.mark.parametrize("light", [+1, -1])
def test_at_the_benchs_step_each_line_stands_within_a_twentieth_of_a_bin_of_2_khz(light):
    network, c, port = steady("ring", light)
    dt = min(step_length(steady("ring", s)[0], [1, 2]) for s in (+1, -1))
    expected = expected_spectrum(network, c, port, FREQUENCIES)
    found = OneStep(network, port, dt).spectrum(c, FREQUENCIES)
    moving = -np.gradient(expected, FREQUENCIES)
    for line in (FREQUENCIES < 10.5e6, FREQUENCIES > 10.5e6):
        # Height and place of a line, each point weighed as a periodogram is.
        rows = np.stack([expected - 1, moving], axis=1)[line] / expected[line, None]
        height, shift = np.linalg.lstsq(rows, (found[line] - 1) / expected[line])[0]
        assert abs(height - 1) < 0.01
        assert abs(shift) < 0.05 * 2e3


@pytest.mark.parametrize("light", [+1, -1])
def test_half_the_step_has_a_quarter_of_the_error(light):
    coarse, middle, fine = area_errors(light, np.array([0.5, 0.25, 0.125]) / OMEGA_1)
    assert abs(middle) < abs(coarse) / 3.5
    assert abs(fine) < abs(middle) / 3.5


@pytest.mark.parametrize(("name", "light"), [("ring", +1), ("ring", -1), ("hybrid", +1)])
def test_frequency_by_frequency_the_spectrum_tends_to_that_of_theory(name, light):
    network, c, port = steady(name, light)
    expected = expected_spectrum(network, c, port, FREQUENCIES)
    found = OneStep(network, port, 0.1 / OMEGA_1).spectrum(c, FREQUENCIES)
    np.testing.assert_allclose(found, expected, rtol=5e-3)
    assert FREQUENCIES[found.argmax()] == FREQUENCIES[expected.argmax()]


@pytest.mark.parametrize(("name", "light"), [("ring", +1), ("ring", -1), ("hybrid", +1)])
def test_the_mean_output_is_that_of_theory(name, light):
    network, c, port = steady(name, light)
    expected = output_amplitude(network, c, port)
    errors = []
    for fraction in (0.25, 0.125):
        step = OneStep(network, port, fraction / OMEGA_1)
        errors.append(abs(step.mean_output(step.fixed_point(c)) / expected - 1))
    assert errors[0] < 5e-4
    assert errors[1] < errors[0] / 3.5


def test_without_light_the_detector_sees_shot_noise_at_every_frequency():
    device = load_device("ring")
    dark = device.network(light=0)
    step = OneStep(dark, device.port("bus"), STEP_PHONON / OMEGA_1)
    spectrum = step.spectrum(np.zeros(3, complex), np.linspace(1e5, 50e6, 500))
    np.testing.assert_allclose(spectrum, 1, rtol=1e-3)


def test_the_step_follows_the_fastest_motion():
    ring = load_device("ring")
    slow, fast = (step_length(ring.network(light=light), [1, 2]) for light in (+1, -1))
    assert slow == pytest.approx(STEP_PHONON / OMEGA_1)
    assert fast <= slow
    far = ring.network(light=-1, wavelength=1550.001e-9)
    assert step_length(far, [1, 2]) == pytest.approx(STEP_DETUNING / np.abs(far.detuning).max())


def test_a_strong_kerr_mode_needs_no_shorter_steps_when_the_linear_flow_knows_its_intensity():
    network, c, port = steady("hybrid", -1)
    dt = step_length(network, [2, 3])
    expected = np.sum(expected_spectrum(network, c, port, FREQUENCIES) - 1)

    def error(**prepared):
        found = OneStep(network, port, dt, **prepared).spectrum(c, FREQUENCIES)
        return abs(np.sum(found - 1) / expected - 1)

    assert error(intensity=np.abs(c) ** 2) < 0.01
    assert error() > 0.03


def test_a_port_colder_than_its_mode_lets_out_what_theory_says():
    network = BosonicNetwork(detuning=[OMEGA_1], loss=[0.1 * OMEGA_1], occupation=[5.0])
    port = Port(0, 0.06 * OMEGA_1, occupation=1.0)
    frequencies = np.linspace(5e6, 15e6, 101)
    found = OneStep(network, port, 0.05 / OMEGA_1).spectrum(np.zeros(1, complex), frequencies)
    A, D = drift(network, [0.0]), diffusion(network)
    expected = output_spectrum(
        A, D, port, 2 * np.pi * frequencies, angle=0.3, efficiency=EFFICIENCY
    )
    np.testing.assert_allclose(found, expected, rtol=2e-3)


@pytest.mark.parametrize(("name", "driven"), [("bus_2", False), ("pump_2", True)])
def test_two_cells_on_one_waveguide_send_out_the_spectrum_of_theory(name, driven):
    device = load_device("optical_pair_one_way")
    network = device.network(light=+1, power=1e-6)  # below threshold
    [state] = [s for s in steady_states(network) if s.stable]
    port = device.output(name, +1)
    frequencies = np.linspace(9.7e6, 10.3e6, 601)
    # The pumps have ports of their own: nothing but vacuum enters the waveguide.
    prepared = {} if driven else {"incoming": 0.0}
    step = OneStep(network, port, step_length(network, [1, 3]) / 2, **prepared)
    expected = expected_spectrum(network, state.amplitudes, port, frequencies, driven=driven)
    assert expected.max() > 1.5
    found = step.spectrum(state.amplitudes, frequencies)
    np.testing.assert_allclose(found, expected, rtol=5e-3)


def test_cross_kerr_turns_a_mode_by_the_others_quanta():
    X = 0.01 * OMEGA_1
    network = BosonicNetwork(
        detuning=[OMEGA_1, 2 * OMEGA_1], loss=[1e-9, 1e-9], cross_kerr=[[0, X], [X, 0]]
    )
    step = OneStep(network, Port(0, 1e-9), 0.2 / OMEGA_1)
    x, quiet = np.array([3.0, 0.0, 2.0, 0.0]), np.zeros(step.normals)
    for _ in range(50):
        x = step(x, quiet, 1.0)[:-1]
    # Symmetrically ordered: |c|² counts half a quantum of vacuum.
    frequencies = np.array([OMEGA_1 + X * (4 - 0.5), 2 * OMEGA_1 + X * (9 - 0.5)])
    expected = np.array([3, 2]) * np.exp(-1j * frequencies * 50 * step.dt)
    np.testing.assert_allclose(x[0::2] + 1j * x[1::2], expected, rtol=1e-9)


def test_a_mode_out_of_reach_acts_on_nothing_but_keeps_its_field():
    device = load_device("ring")
    network = device.network(light=+1, wavelength=1550.1e-9)
    left, near = reachable(network, 100 * OMEGA_1)
    assert not np.any(left.pressure)
    assert left.detuning[0] == network.detuning[0] > 100 * OMEGA_1
    assert step_length(near, [1, 2]) == pytest.approx(STEP_PHONON / OMEGA_1)
    assert reachable(network, 10_000 * OMEGA_1) == (network, network)
