"""The line of a phonon laser as the fit finds it, against the phase diffusion that theory gives."""

import numpy as np
import pytest

from phonosync.analysis.lines.fit import fit_lines
from phonosync.analysis.measured.spectra import averaged_periodogram
from phonosync.theory import BosonicNetwork
from phonosync.theory.dynamics.cycle_fluctuations import cycle_fluctuations
from phonosync.theory.dynamics.settling import limit_cycle


@pytest.fixture(scope="module")
def laser():
    """A cell above threshold with a hot phonon; rates in units of its frequency, s⁻¹."""
    network = BosonicNetwork(
        detuning=[-1.0, 1.0],
        loss=[0.3, 0.01],
        pressure=[[0, -0.005], [0, 0]],
        drive=[48.0, 0],
        occupation=[0, 3e4],
    )
    return cycle_fluctuations(network, limit_cycle(network))


@pytest.mark.parametrize("window", ["boxcar", "hann"])
def test_a_phase_that_diffuses_makes_a_line_of_theorys_full_width(laser, window):
    """A wave of constant size whose phase walks, ⟨φ²⟩ = 2 D t, sampled and cut into segments."""
    width_hz, averages = laser.linewidth / (2 * np.pi), 24
    dt = 0.3 / laser.cycle.frequency * 2 * np.pi
    samples = averages * round(8 / width_hz / dt)
    random = np.random.default_rng(3)
    steps = np.sqrt(2 * laser.phase_diffusion * dt) * random.standard_normal(samples)
    wave = np.cos(laser.cycle.frequency * dt * np.arange(samples) + np.cumsum(steps))
    noise = 0.05 * random.standard_normal(samples)
    spectrum = averaged_periodogram(
        wave + noise, sample_rate_hz=1 / dt, averages=averages, window=window
    )
    [mode] = fit_lines(spectrum).modes
    assert mode.linewidth_hz.low < width_hz < mode.linewidth_hz.high
    assert mode.linewidth_hz.high / mode.linewidth_hz.low < 1.5
    # Half of the wave's squared size is its power.
    assert mode.area.low < 0.5 < mode.area.high
