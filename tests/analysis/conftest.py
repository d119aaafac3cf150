"""Spectra of the shipped devices, simulated without the code that is fitted to them.

The expected spectrum is `theory.output_spectrum` of the device file's network at its own mean
field, convolved with the analyzer's filter by brute force; the fit uses neither.
"""

import json
from functools import cache

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.directions.cavity import parameters_at
from phonosync.analysis.directions.spectra import DirectionSpectra
from phonosync.analysis.schema import RUN_SCHEMA
from phonosync.theory import load_device
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.mean_field import steady_states
from phonosync.theory.ports import output_amplitude
from phonosync.theory.ports.output_spectra import output_spectrum

LIGHTS = (1, -1)
REFERENCE_AVERAGES = 10_000


@cache
def expected_spectrum(device, light, points=1001, rbw_hz=800.0, power=None):
    """Frequencies and what an ideal analyzer with a Gaussian filter shows, shot-noise units."""
    frequency = np.linspace(9.4e6, 11.6e6, points)
    described = load_device(device)
    network = described.network(light=light, power=power)
    [state] = [s for s in steady_states(network) if s.stable]
    port = described.port(described.detection.port)
    angle = np.angle(output_amplitude(network, state.amplitudes, port)) + described.detection.angle
    A, D = drift(network, state.amplitudes), diffusion(network)
    offsets = np.linspace(-6, 6, 193)
    weights = np.exp(-(offsets**2) / 2) / np.exp(-(offsets**2) / 2).sum()
    deviation = rbw_hz / np.sqrt(8 * np.log(2))
    efficiency = described.detection.efficiency
    trace = sum(
        weight
        * output_spectrum(
            A,
            D,
            port,
            2 * np.pi * (frequency + offset * deviation),
            angle=angle,
            efficiency=efficiency,
        )
        for offset, weight in zip(offsets, weights, strict=True)
    )
    return frequency, trace


def independent_periodograms(random, averages, rbw_hz, points=1001):
    """Mean of `averages` periodograms of unit power."""
    return random.gamma(averages, 1 / averages, points)


def correlated_periodograms(random, averages, rbw_hz, points=1001, spacing_hz=2200.0):
    """The same where a Gaussian filter makes neighbouring points share their noise."""
    steps = np.minimum(np.arange(points), points - np.arange(points)) * spacing_hz / rbw_hz
    share = np.sqrt(np.maximum(np.fft.fft(np.exp(-np.log(2) * steps**2)).real, 0))
    noise = random.standard_normal((averages, points, 2)) @ [1, 1j]
    fields = np.fft.ifft(share * noise, axis=1) * np.sqrt(points / 2)
    return np.mean(np.abs(fields) ** 2, axis=0)


@pytest.fixture(scope="session")
def expected():
    return expected_spectrum


@pytest.fixture(scope="session")
def simulate():
    """Averaged spectra of both directions, points 2.2 kHz apart; at 800 Hz independent."""

    def draw(device, seed, averages=128, lights=LIGHTS, rbw_hz=800.0):
        random = np.random.default_rng(seed)
        traces = {light: expected_spectrum(device, light, rbw_hz=rbw_hz) for light in lights}
        frequency = traces[lights[0]][0]
        total = REFERENCE_AVERAGES * len(frequency)
        unit = random.gamma(total, 1 / total)
        scatter = correlated_periodograms if rbw_hz > 1e3 else independent_periodograms
        return DirectionSpectra(
            frequency_hz=frequency,
            power={s: S * scatter(random, averages, rbw_hz) / unit for s, (_, S) in traces.items()},
            averages=dict.fromkeys(lights, averages),
            resolution_bandwidth_hz=rbw_hz,
            window="gaussian",
            efficiency=0.7,
            efficiency_error=0.0,
            escape=1.0,
            quadrature_angle=np.pi / 2,
            reference_averages=REFERENCE_AVERAGES,
        )

    return draw


@pytest.fixture(scope="session")
def true_parameters():
    """The numbers of the shipped ring's and reciprocal ring's files as the fit names them."""

    def of(device):
        forward, backward = {"ring": (10e6, 20e6), "reciprocal": (15e6, 15e6)}[device]
        values = {
            "cavity_linewidth_hz": 2e6,
            "detuning_forward_hz": forward,
            "detuning_backward_hz": backward,
            "efficiency": 0.7,
        }
        for phonon, frequency in ((1, 10e6), (2, 11e6)):
            values |= {
                f"frequency_{phonon}_hz": frequency,
                f"linewidth_{phonon}_hz": 5e3,
                f"coupling_{phonon}_hz": 0.7e6,  # 1 kHz x E/omega_1, with E/2pi = 7 GHz
                f"occupation_{phonon}": 20.0,
            }
        return parameters_at(values, LIGHTS)

    return of


def positions(random, quads):
    """Order of measurement of both directions in quads of drawn signs, shape (2, 2 quads)."""
    found = [[], []]
    for quad, sign in enumerate(random.choice([1, -1], quads)):
        for step, direction in enumerate(sign * np.array([1, -1, -1, 1])):
            found[0 if direction > 0 else 1].append(4.0 * quad + step)
    return np.array(found)


@pytest.fixture(scope="session")
def simulate_run():
    """A complete run of 8 quads as the measurement writes it, W/Hz."""

    def draw(device, seed, averages=8, quads=8, power=None, points=1001):
        random = np.random.default_rng(seed)
        shot_noise = 2.5e-15
        frequency, _ = expected_spectrum(device, 1, points, power=power)
        shape = (2 * quads, len(frequency))
        psd = [
            shot_noise
            * random.gamma(
                averages, expected_spectrum(device, s, points, power=power)[1] / averages, shape
            )
            for s in LIGHTS
        ]
        dark = shot_noise * random.gamma(64, 1 / 64, len(frequency))
        quad = np.repeat(np.arange(quads, dtype=float), 2)
        outer = ("light", "field", "branch", "repeat")
        position = positions(random, quads)
        return xr.Dataset(
            {
                "psd": ((*outer, "frequency"), np.array(psd)[:, None, None], {"units": "W/Hz"}),
                "shot_noise_psd": (
                    ("shot_noise_repeat", "frequency"),
                    dark[None],
                    {"units": "W/Hz"},
                ),
                "quad": (outer, np.array([quad, quad])[:, None, None]),
                "position": (outer, position[:, None, None]),
            },
            coords={
                "light": list(LIGHTS),
                "field": [1],
                "branch": ["up"],
                "repeat": np.arange(2 * quads),
                "frequency": ("frequency", frequency, {"units": "Hz"}),
            },
            attrs={
                "schema": RUN_SCHEMA,
                "plan_name": "simulated <plan>",
                "plan": json.dumps({"laser": {"power": 0.197284e-3}}),
                "status": "complete",
                "seed": str(seed),
                "averages": averages,
                "shot_noise_averages": 64,
                "resolution_bandwidth_hz": 800.0,
                "window": "gaussian",
                "detector": "sample",
                "averaging": "rms",
                "detection_efficiency": 0.7,
                "detection_efficiency_error": 0.0,
                "quadrature": "phase",
                "virtual_device": "",
                "versions": json.dumps({"python": "3.11", "phonosync": "0.1.0"}),
                "git_commit": "",
            },
        )

    return draw


@pytest.fixture(scope="session")
def ring_run(simulate_run):
    return simulate_run("ring", 3)


@pytest.fixture(scope="session")
def ring_analysis(ring_run):
    from phonosync.analysis.run.cavity import analyse_cavity

    return analyse_cavity(ring_run)
