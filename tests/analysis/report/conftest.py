"""Whole analyses to report on: spectra of the ring, an isolator, a pair of phonon lasers."""

import json

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.run.analysis import RunAnalysis, analyse
from phonosync.analysis.run.records import records_of
from phonosync.analysis.run.setting import settings_of
from phonosync.analysis.run.two_way import two_way_of
from phonosync.analysis.schema import RUN_SCHEMA
from phonosync.theory import load_device

HOSTILE = 'a<script>alert("1")</script> & $\\input{x}$ 50%_#'


@pytest.fixture(scope="session")
def ring_report(ring_run, ring_analysis):
    """One setting, fitted."""
    (setting,) = settings_of(ring_run)
    return RunAnalysis(ring_run, cavity={setting: ring_analysis})


@pytest.fixture(scope="session")
def lab_run():
    """S-parameters and records over laser power, of a run with a hostile name."""
    random = np.random.default_rng(2)
    f, powers, quads, samples = np.linspace(10e6, 30e6, 41), [1e-4, 2e-4], 8, 300
    S = np.empty((2, 2, quads, 2, 2, 41), complex)
    dip = 1 - 0.9 / (1 + 2j * (f - 20e6) / 4e6)
    S[0], S[1] = (
        [[0 * f, 0.9 * dip], [0.9 + 0 * f, 0 * f]],
        [[0 * f, 0.9 + 0 * f], [0.9 * dip, 0 * f]],
    )
    S += 1e-3 * (random.standard_normal((*S.shape, 2)) @ [1, 1j])
    t = np.arange(samples) / 1e3
    φ = np.empty((2, 2, quads, samples))
    φ[0] = 0.1 * random.standard_normal(φ[0].shape)  # light +1 holds the pair together
    φ[1] = 2 * np.pi * 30 * t + np.cumsum(0.1 * random.standard_normal(φ[1].shape), axis=-1)
    θ = np.stack([0.5 * φ, -0.5 * φ], axis=3)
    r = np.array([5.0, 4.0])[:, None]
    outer = ("light", "field", "laser_power", "branch", "repeat")
    quad = np.broadcast_to(np.arange(quads, dtype=float), (2, 1, 2, 1, quads)).copy()
    x_and_y = np.stack([r * np.cos(θ), r * np.sin(θ)], axis=4)[:, None, :, None]
    return xr.Dataset(
        {
            "s_parameters": (
                (*outer, "output_port", "input_port", "probe_frequency"),
                S[:, None, :, None],
            ),
            "quadratures": ((*outer, "channel", "quadrature", "time"), x_and_y, {"units": "V"}),
            "quad": (outer, quad),
        },
        coords={
            "light": [1, -1],
            "field": [1],
            "laser_power": ("laser_power", powers, {"units": "W"}),
            "branch": ["up"],
            "repeat": np.arange(quads),
            "output_port": [1, 2],
            "input_port": [1, 2],
            "probe_frequency": f,
            "channel": [0, 1],
            "quadrature": ["X", "Y"],
            "time": t,
            "reference": ("channel", [1e6, 1e6], {"units": "Hz"}),
        },
        attrs={
            "schema": RUN_SCHEMA,
            "plan_name": HOSTILE,
            "plan": json.dumps({"order": "quads"}),
            "plan_text": f"name: {HOSTILE}\n",
            "run_id": "abc123",
            "status": "interrupted",
            "why": "the operator <left>",
            "who": "someone & co",
            "created_at": "2026-01-01T00:00:00Z",
            "seed": "7",
            "versions": json.dumps({"phonosync": "0.1.0", "scipy": "1.17.1"}),
            "git_commit": "",
            "virtual_device": "",
            "rate_hz": 1e3,
            "time_constant_s": 1e-6,
            "if_bandwidth_hz": 1e3,
        },
    )


@pytest.fixture(scope="session")
def lab_report(lab_run):
    """Two settings, no spectra."""
    return RunAnalysis(lab_run, two_way=two_way_of(lab_run), records=records_of(lab_run))


@pytest.fixture(scope="session")
def sweep_run(simulate_run):
    """The ring at three powers of the laser."""
    powers = [0.1e-3, 0.15e-3, 0.2e-3]
    each = [simulate_run("ring", 30 + k, power=power, points=401) for k, power in enumerate(powers)]
    along = xr.DataArray(powers, dims="laser_power", name="laser_power", attrs={"units": "W"})
    measured = ["psd", "quad", "position"]
    swept = xr.concat([one[measured] for one in each], along)
    data = each[0].drop_vars(measured).merge(swept, combine_attrs="override")
    data = data.transpose("light", "field", "laser_power", "branch", "repeat", ...)
    return data.assign_attrs(plan=json.dumps({"laser": {"wavelength": 1550e-9}}))


@pytest.fixture(scope="session")
def sweep_report(sweep_run):
    """Spectra without a model, and the ring fitted to all of them."""
    return analyse(sweep_run, device=load_device("ring"))


@pytest.fixture(scope="session")
def map_run(simulate_run):
    """The ring at two powers and three detunings of the laser; one setting was never measured.

    Its spectra are those of no detuning, which a figure does not mind.
    """
    powers, detunings = [0.1e-3, 0.2e-3], [-0.1e6, 0.0, 0.1e6]
    measured = ["psd", "quad", "position"]
    each = [simulate_run("ring", 60 + k, power=p, points=201) for k, p in enumerate(powers)]
    along = xr.DataArray(powers, dims="laser_power", name="laser_power", attrs={"units": "W"})
    swept = xr.concat([one[measured] for one in each], along)
    swept = swept.expand_dims(laser_detuning=detunings).copy(deep=True)
    swept["laser_detuning"].attrs["units"] = "Hz"
    swept["psd"].loc[{"laser_power": powers[0], "laser_detuning": detunings[0]}] = np.nan
    data = each[0].drop_vars(measured).merge(swept, combine_attrs="override")
    order = ("light", "field", "laser_power", "laser_detuning", "branch", "repeat")
    plan = {"laser": {"power": 1e-4, "wavelength": 1550e-9}}
    return data.transpose(*order, ...).assign_attrs(plan=json.dumps(plan))


@pytest.fixture(scope="session")
def map_report(map_run):
    """Its spectra, and the ring with its Sagnac shift fitted to all of them."""
    return analyse(map_run, device=load_device("ring"), free=["sagnac.shift"])


@pytest.fixture(scope="session")
def hostile():
    return HOSTILE
