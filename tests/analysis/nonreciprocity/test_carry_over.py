"""Direction, memory and drift told apart."""

import numpy as np
import pytest

from phonosync.analysis.nonreciprocity.carry_over import carry_over
from phonosync.theory.errors import InputError

SIGNS = np.array([1, -1, -1, 1, 1, -1, 1, -1])
NAMES = ("effect", "memory", "drift", "curvature")


def measured(signs, *, effect=0.0, memory=0.0, drift=0.0, curvature=0.0, noise=0.0, seed: int = 1):
    """A laboratory that measures one number after another, step by step."""
    random = np.random.default_rng(seed)
    values, directions = [], []
    for sign in signs:
        level, before = random.normal(5, 0.5), sign  # each quad is led in by its own direction
        quad = sign * np.array([1, -1, -1, 1])
        for step, now in zip((-1.5, -0.5, 0.5, 1.5), quad, strict=True):
            y = level + effect * now / 2 + memory * before / 2 + drift * step + curvature * step**2
            values.append(y + noise * random.standard_normal())
            directions.append(now)
            before = now
    return np.reshape(values, (-1, 4)), np.reshape(directions, (-1, 4))


@pytest.mark.parametrize("only", NAMES)
def test_each_is_seen_by_its_own_term_alone(only):
    found = carry_over(*measured(SIGNS, **{only: 0.7}, seed=1))
    for name in NAMES:
        assert getattr(found, name).value == pytest.approx(0.7 * (name == only), abs=1e-12)


def test_least_squares_over_all_measurements_agrees():
    truth = {"effect": 0.4, "memory": -0.2, "drift": 0.3, "curvature": 0.05}
    y, s = measured(SIGNS, **truth, noise=0.1, seed=1)
    x = np.tile((-1.5, -0.5, 0.5, 1.5), (len(s), 1))
    before = np.concatenate([s[:, :1], s[:, :-1]], axis=1)
    # Terms that the quads' two differences see; their third (+ − + −) sees drift as well.
    use = np.array([[1, -1, -1, 1], [1, 1, -1, -1]]) / 2
    columns = [np.ravel((use @ c.T).T) for c in (s / 2, before / 2, x, x**2)]
    fit = np.linalg.lstsq(np.stack(columns, 1), np.ravel((use @ y.T).T))[0]
    found = carry_over(y, s)
    assert [getattr(found, name).value for name in NAMES] == pytest.approx(fit.tolist())


def test_nineteen_of_twenty_intervals_hold():
    truth = {"effect": 0.2, "memory": 0.1, "drift": 0.3, "curvature": 0.05}
    held, runs = dict.fromkeys(NAMES, 0), 1000
    for seed in range(runs):
        found = carry_over(*measured(SIGNS, **truth, noise=0.2, seed=seed))
        for name in NAMES:
            interval = getattr(found, name)
            held[name] += interval.low <= truth[name] <= interval.high
    for name in NAMES:
        assert held[name] / runs == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / runs))


def test_a_memory_is_warned_of_and_drift_is_not():
    assert carry_over(*measured(SIGNS, drift=1.0, effect=1.0)).notes == ()
    [note] = carry_over(*measured(SIGNS, memory=0.5, effect=1.0, noise=0.05)).notes
    assert "settle longer" in note


def test_what_cannot_tell_them_apart_is_refused():
    y, s = measured(SIGNS)
    with pytest.raises(InputError, match=r"quad 0 was measured in the order \[1, 1, -1, -1\]"):
        carry_over(y, np.tile([1, 1, -1, -1], (8, 1)))
    with pytest.raises(InputError, match="looks like a drift"):
        carry_over(*measured(np.ones(8, int)))
    with pytest.raises(InputError, match="at least 4 quads"):
        carry_over(y[:3], s[:3])
    with pytest.raises(InputError, match="not finite"):
        carry_over(np.where(y == y[0, 0], np.nan, y), s)
