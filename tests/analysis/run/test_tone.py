"""The calibration tone of a run: what it tells, and when the spectra's unit follows it."""

import json

import numpy as np
import pytest

from phonosync.analysis.run.calibrations import tone_gain
from phonosync.analysis.run.reference import reference_of
from phonosync.analysis.run.spectra import analyse_spectra

SHOT_NOISE, POWER, PLACE_S = 2.5e-15, 0.15e-3, 10.0
TONE_HZ, TONES = 9.4e6 + 27 * 5500, 9  # a point of the spectrum, off the phonons
AVERAGES = 16


def seen_tones(power_w, *, f, rbw, count, averages, seed):
    """Averaged periodograms (W/Hz) of white noise and a sine, computed from samples in time."""
    random = np.random.default_rng(seed)
    deviation = np.sqrt(np.log(2)) / (np.pi * rbw)  # of a Gaussian window of this 3 dB bandwidth
    dt = deviation / 25
    t = np.arange(-4 * deviation, 4 * deviation, dt)
    window = np.exp(-((t / deviation) ** 2) / 2)
    # Mixed down to the tone's frequency; one complex sample has the noise of a band 1/dt.
    transform = window[:, None] * np.exp(-2j * np.pi * (f - TONE_HZ) * t[:, None]) * dt
    scale = 1 / (np.sum(window**2) * dt)
    found = np.zeros((count, len(f)))
    for _ in range(averages):
        noise = random.standard_normal((count, len(t), 2)) @ [1, 1j] * np.sqrt(SHOT_NOISE / 2 / dt)
        found += scale * np.abs((noise + np.sqrt(power_w)) @ transform) ** 2
    return found / averages


def with_tone(run, psd, *, power="1 mW", times=None):
    """The run with tones; every point of the data takes ten seconds."""
    last = float(run["position"].max()) * PLACE_S
    times = np.linspace(0, last, len(psd)) if times is None else times
    plan = json.loads(run.attrs["plan"]) | {
        "calibrations": {"tone": {"power": power, "frequency": TONE_HZ, "averages": AVERAGES}}
    }
    return run.assign(
        tone_psd=(("tone_repeat", "frequency"), psd, {"units": "W/Hz"}),
        tone_measured_at=("tone_repeat", times),
        measured_at=run["position"] * PLACE_S,
        shot_noise_measured_at=("shot_noise_repeat", np.zeros(run.sizes["shot_noise_repeat"])),
    ).assign_attrs(plan=json.dumps(plan))


def drifting(number):
    """A gain that grows by a fifth in the course of 32 points."""
    return 1 + 0.2 * number / 31


@pytest.fixture(scope="module")
def tones(simulate_experiment):
    run = simulate_experiment("ring", 21, powers=(POWER,), quads=8)
    f, rbw = run["frequency"].values, float(run.attrs["resolution_bandwidth_hz"])
    how = {"f": f, "rbw": rbw, "count": 60, "averages": AVERAGES, "seed": 3}
    return {power: seen_tones(power, **how) for power in (1e-12, 3e-8)}


@pytest.fixture(scope="module")
def steady(simulate_experiment):
    return simulate_experiment("ring", 21, powers=(POWER,), quads=8)


def test_the_tones_error_is_its_scatter_over_many_repeats(steady, tones):
    found, notes = tone_gain(with_tone(steady, tones[3e-8]))
    assert found is not None
    assert notes == ()
    assert found.error == pytest.approx(np.std(found.gain.values, ddof=1), rel=0.3)
    assert not found.moved


def test_a_tone_lost_in_the_noise_says_so_and_not_that_the_gain_moved(steady, tones):
    run = with_tone(steady, tones[1e-12])
    found, [note] = tone_gain(run)
    assert found is None
    assert "moved" not in note
    assert "raise its power" in note.lower()
    assert reference_of(run).gain is None


def test_the_unit_follows_a_tone_where_one_shot_noise_reference_cannot(
    simulate_experiment, theory_excess, tones
):
    run = simulate_experiment("ring", 22, powers=(POWER,), gain=drifting)
    g = drifting(np.linspace(0, 31, TONES))[:, None]
    toned = with_tone(run, g * tones[3e-8][:TONES])
    for light in (1, -1):
        truth = theory_excess("ring", light, 1, POWER)
        of = {
            name: analyse_spectra(data).spectra.sel(light=light).squeeze()
            for name, data in (("tone", toned), ("none", run))
        }
        sigma = float(of["tone"]["excess_high"] - of["tone"]["excess_low"]) / 4
        assert abs(float(of["tone"]["excess"]) - truth) < 4 * sigma + 0.002 * (1 + truth)
        assert abs(float(of["none"]["excess"]) - truth) > 0.05 * (1 + truth)
    reference = reference_of(toned)
    assert reference.gain is not None
    assert any("single shot-noise reference cannot confirm" in note for note in reference.notes)


def test_a_tone_that_moves_while_shot_noise_stays_blames_its_source(steady, tones):
    many = np.full((4, 1), SHOT_NOISE) * np.ones(steady.sizes["frequency"])
    run = steady.drop_vars("shot_noise_psd").assign(
        shot_noise_psd=(("shot_noise_repeat", "frequency"), many, {"units": "W/Hz"})
    )
    g = drifting(np.linspace(0, 31, TONES))[:, None]
    run = with_tone(run, g * tones[3e-8][:TONES])
    last = float(run["measured_at"].max())
    run = run.assign(shot_noise_measured_at=("shot_noise_repeat", np.linspace(0, last, 4)))
    reference = reference_of(run)
    assert reference.gain is None
    assert not reference.interpolated
    assert any("the tone's source is not steady" in note for note in reference.notes)


def test_shot_noise_that_moves_with_the_tone_confirms_it(steady, tones):
    last, f = 31 * PLACE_S, steady.sizes["frequency"]
    at = np.linspace(0, last, 4)
    level = drifting(at / PLACE_S)[:, None] * SHOT_NOISE * np.ones(f)
    run = steady.drop_vars("shot_noise_psd").assign(
        shot_noise_psd=(("shot_noise_repeat", "frequency"), level, {"units": "W/Hz"})
    )
    g = drifting(np.linspace(0, 31, TONES))[:, None]
    run = with_tone(run, g * tones[3e-8][:TONES])
    reference = reference_of(run.assign(shot_noise_measured_at=("shot_noise_repeat", at)))
    assert reference.gain is not None
    # Freed of the gain, shot noise no longer drifts.
    assert reference.drift_per_hour.low < 0.05
    assert np.ptp(reference.level.values) < 0.02 * SHOT_NOISE
