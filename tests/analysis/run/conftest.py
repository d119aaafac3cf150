"""Runs whose answers are known: S-parameters and records by construction, spectra by theory."""

import json

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.schema import RUN_SCHEMA
from phonosync.theory import load_device
from phonosync.theory.fluctuations import diffusion, drift
from phonosync.theory.mean_field import steady_states
from phonosync.theory.ports import output_amplitude
from phonosync.theory.ports.output_spectra import output_spectrum

SHOT_NOISE = 2.5e-15
RBW = 800.0
FREQUENCY = np.linspace(9.4e6, 11.6e6, 401)


def expected(device, light, field, power):
    """What a narrow filter shows; lines of 7 kHz are ten filters wide."""
    network = device.network(light=light, field=field, power=power)
    [state] = [s for s in steady_states(network) if s.stable]
    port = device.port(device.detection.port)
    angle = np.angle(output_amplitude(network, state.amplitudes, port)) + device.detection.angle
    A, D = drift(network, state.amplitudes), diffusion(network)
    turn = {"angle": angle, "efficiency": device.detection.efficiency}
    return output_spectrum(A, D, port, 2 * np.pi * FREQUENCY, **turn)


@pytest.fixture(scope="session")
def simulate_experiment():
    """A run over (light, field, laser_power, branch, repeat) as the measurement writes it."""

    def draw(name, seed, *, powers, lights=(1, -1), fields=(1,), averages=32, quads=8, gain=None):
        random = np.random.default_rng(seed)
        device = load_device(name)
        both = len(lights) > 1 and len(fields) > 1
        repeats = 2 * quads * (2 if both else 1)
        shape = (len(lights), len(fields), len(powers), 1, repeats)
        psd = np.empty((*shape, len(FREQUENCY)))
        quad, field_quad, position = (np.empty(shape) for _ in range(3))
        for p, power in enumerate(powers):
            mean = {(s, f): expected(device, s, f, power) for s in lights for f in fields}
            seen = dict.fromkeys(mean, 0)
            for number, (light, field, q, fq) in enumerate(visits(random, lights, fields, quads)):
                k = seen[light, field]
                seen[light, field] += 1
                at = (lights.index(light), fields.index(field), p, 0, k)
                level = SHOT_NOISE * (1.0 if gain is None else gain(number))
                noise = random.gamma(averages, 1 / averages, len(FREQUENCY))
                psd[at] = level * mean[light, field] * noise
                quad[at], field_quad[at], position[at] = q, fq, number
        outer = ("light", "field", "laser_power", "branch", "repeat")
        total = 10_000
        reference = SHOT_NOISE * random.gamma(total, 1 / total, (1, len(FREQUENCY)))
        units = {"units": "W/Hz"}
        data = xr.Dataset(
            {
                "psd": ((*outer, "frequency"), psd, units),
                "shot_noise_psd": (("shot_noise_repeat", "frequency"), reference, units),
                "quad": (outer, quad),
                "position": (outer, position),
            },
            coords={
                "light": list(lights),
                "field": list(fields),
                "laser_power": ("laser_power", list(powers), {"units": "W"}),
                "branch": ["up"],
                "repeat": np.arange(repeats),
                "frequency": ("frequency", FREQUENCY, {"units": "Hz"}),
            },
            attrs={
                "schema": RUN_SCHEMA,
                "plan_name": "simulated",
                "plan": json.dumps({"laser": {"power": powers[0], "wavelength": 1550e-9}}),
                "status": "complete",
                "seed": str(seed),
                "averages": averages,
                "shot_noise_averages": total,
                "resolution_bandwidth_hz": RBW,
                "window": "gaussian",
                "detector": "sample",
                "averaging": "rms",
                "detection_efficiency": 0.7,
                "quadrature": "phase",
                "virtual_device": "",
                "versions": "{}",
            },
        )
        return data.assign(field_quad=(outer, field_quad)) if both else data

    return draw


@pytest.fixture(scope="session")
def theory_excess():
    """Noise above shot noise in the band that theory expects."""
    return lambda name, *at: float(np.mean(expected(load_device(name), *at)) - 1)


def visits(random, lights, fields, quads):
    """(light, field, quad, field quad) in the order of measurement, signs drawn."""
    pattern = np.array([1, -1, -1, 1])
    for quad in range(quads):
        if len(fields) == 1 or len(lights) == 1:
            for s in random.choice([1, -1]) * pattern:
                light, field = (s, fields[0]) if len(fields) == 1 else (lights[0], s)
                yield int(light), int(field), quad, quad
            continue
        for visit, field in enumerate(random.choice([1, -1]) * pattern):
            for light in random.choice([1, -1]) * pattern:
                yield int(light), int(field), 4 * quad + visit, quad


OUTER = ("light", "field", "branch", "repeat")


@pytest.fixture(scope="session")
def as_run():
    """Dress an array over (light, swept, repeat, inner dims) as a run of quads."""

    def dress(name, values, inner, *, swept, units="", **attrs):
        swept_name, swept_values, unit = swept
        repeats = values.shape[2]
        outer = ("light", "field", swept_name, "branch", "repeat")
        array = values[:, None, :, None]
        quad = np.broadcast_to(np.arange(repeats, dtype=float), array.shape[: len(outer)])
        return xr.Dataset(
            {name: ((*outer, *inner), array, {"units": units}), "quad": (outer, quad.copy())},
            coords={
                "light": [1, -1],
                "field": [1],
                swept_name: (swept_name, swept_values, {"units": unit}),
                "branch": ["up"],
                "repeat": np.arange(repeats),
                **inner,
            },
            attrs={"schema": RUN_SCHEMA, "plan_name": name, **attrs},
        )

    return dress
