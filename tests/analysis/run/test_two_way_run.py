"""Isolation of a run: an isolator that follows the light, one that does not, and none."""

import numpy as np
import pytest

from phonosync.analysis.run.setting import settings_of
from phonosync.analysis.run.two_way import two_way_of
from phonosync.theory.errors import InputError

FREQUENCY = np.linspace(10e6, 30e6, 101)
DEPTH_DB, LOSS_DB, NOISE = 20.0, 1.0, 1e-3
INNER = {"output_port": [1, 2], "input_port": [1, 2], "probe_frequency": FREQUENCY}


def matrix(depth_db, *, turned):
    """One way passes with some loss, the other has a Lorentzian dip at 20 MHz."""
    dip = 1 - (1 - 10 ** (-depth_db / 20)) / (1 + 2j * (FREQUENCY - 20e6) / 4e6)
    through = np.full(len(FREQUENCY), 10 ** (-LOSS_DB / 20), complex)
    ways = (through * dip, through) if turned else (through, through * dip)
    return np.array([[0 * dip, ways[1]], [ways[0], 0 * dip]])


@pytest.fixture
def run(as_run):
    """By power: an isolator that turns round with the light, one that stays, and none."""

    def draw(repeats=6, seed=1, wander=0.0):
        random = np.random.default_rng(seed)
        cases = (
            (matrix(DEPTH_DB, turned=False), matrix(DEPTH_DB, turned=True)),
            (matrix(DEPTH_DB, turned=False), matrix(DEPTH_DB, turned=False)),
            (matrix(0.0, turned=False), matrix(0.0, turned=False)),
        )
        S = np.array([[case[side] for case in cases] for side in (0, 1)])
        S = np.repeat(S[:, :, None], repeats, axis=2)
        noise = NOISE / np.sqrt(2) * (random.standard_normal((*S.shape, 2)) @ [1, 1j])
        phase = np.exp(1j * wander * random.standard_normal(S.shape[:3]))
        values = S * phase[..., None, None, None] + noise
        return as_run("s_parameters", values, INNER, swept=("laser_power", [1e-4, 2e-4, 3e-4], "W"))

    return draw


def test_only_an_isolation_that_changes_its_sense_turns_round_with_the_light(run):
    found = two_way_of(run())
    assert [turn.answer for turn in found.turns] == ["turns round", "stays", "undecided"]
    assert found.notes == ()


@pytest.mark.parametrize(("mirrored", "answer"), [(False, "stays"), (True, "turns round")])
def test_directions_are_held_against_each_other_at_the_same_frequency(as_run, mirrored, answer):
    """Both ways are blocked, at 15 and at 25 MHz; the deeper dip alone has no sense that turns."""

    def dip(centre, depth_db):
        return 1 - (1 - 10 ** (-depth_db / 20)) / (1 + 2j * (FREQUENCY - centre) / 1e6)

    random = np.random.default_rng(4)
    S = np.zeros((2, 1, 6, 2, 2, 101), complex)
    for side, (first, second) in enumerate(((20.0, 18.0), (18.0, 20.0))):
        ways = [(0, 1), (1, 0)] if mirrored and side else [(1, 0), (0, 1)]
        S[(side, 0, slice(None), *ways[0])] = dip(15e6, first)
        S[(side, 0, slice(None), *ways[1])] = dip(25e6, second)
    S += 1e-3 * (random.standard_normal((*S.shape, 2)) @ [1, 1j])
    found = two_way_of(as_run("s_parameters", S, INNER, swept=("laser_power", [1e-4], "W")))
    assert [turn.answer for turn in found.turns] == [answer]


def test_depth_loss_and_trace_noise_come_back(run):
    data = run(repeats=6)
    found = two_way_of(data)
    entry = found.at(-1, 1, settings_of(data)[0])
    assert entry is not None
    assert entry.isolation.passing == (1, 2)
    assert entry.isolation.peak_db.low <= DEPTH_DB <= entry.isolation.peak_db.high
    loss = entry.isolation.insertion_loss_db
    assert abs(loss.value - LOSS_DB) < 0.05
    # The noise of a mean of six sweeps.
    assert entry.noise == pytest.approx(NOISE / np.sqrt(6), rel=0.15)


def test_a_phase_that_wanders_between_sweeps_is_told(run):
    found = two_way_of(run(wander=0.4))
    assert any("the phase of S21 wandered by 0." in note for note in found.notes)


def test_a_lone_sweep_has_no_noise_and_is_left_out_with_a_reason(run):
    data = run()
    data["s_parameters"][dict(light=0, laser_power=0, repeat=slice(1, None))] = np.nan
    found = two_way_of(data)
    assert len(found.directions) == 5
    assert "light +1, field +1 at laser power 100 uW has 1 sweeps" in found.notes[0]
    with pytest.raises(InputError, match="no setting has two sweeps"):
        two_way_of(data.isel(repeat=[0]))


def test_the_json_holds_plain_numbers(run):
    import json

    text = json.dumps(two_way_of(run()).to_json(), allow_nan=False)
    entry = json.loads(text)["directions"][0]
    assert entry["passing"] == "S21"
    assert set(entry["bandwidth_hz"]) == {"value", "low", "high"}
