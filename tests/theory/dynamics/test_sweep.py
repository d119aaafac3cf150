"""Sweeps against the folds and Hopf points that continuation finds, and against each other."""

import numpy as np
import pytest

from phonosync.theory import BosonicNetwork, InputError, steady_states
from phonosync.theory.dynamics.attractor import Unsettled
from phonosync.theory.dynamics.continuation import continue_branch
from phonosync.theory.dynamics.limit_cycle import LimitCycle
from phonosync.theory.dynamics.sweep import hysteresis, sweep
from phonosync.theory.verification.published import kerr_magnomechanics


def kerr_mode(drive):
    return BosonicNetwork(detuning=[-2.0], loss=[1.0], kerr=[0.5], drive=[drive])


def cell(detuning=-1.0, drive=30.0):
    return BosonicNetwork(
        detuning=[detuning, 1.0],
        loss=[0.3, 0.01],
        pressure=[[0, -0.005], [0, 0]],
        drive=[drive, 0],
    )


@pytest.fixture(scope="module")
def kerr_loop():
    return hysteresis(kerr_mode, np.linspace(0.2, 2.0, 61))


def test_a_sweep_jumps_at_the_folds(kerr_loop):
    upper, lower = continue_branch(kerr_mode, [0.0], 0.0, 3.0).folds
    [[before, after]] = kerr_loop.up.jumps
    assert before < upper.parameter <= after
    [[before, after]] = kerr_loop.down.jumps
    assert before > lower.parameter >= after


def test_up_and_down_differ_between_the_folds_and_nowhere_else(kerr_loop):
    p = kerr_loop.up.parameter
    upper, lower = continue_branch(kerr_mode, [0.0], 0.0, 3.0).folds
    between = (p > lower.parameter) & (p < upper.parameter)
    np.testing.assert_array_equal(kerr_loop.differs, between)
    assert kerr_loop.loops == [(p[between][0], p[between][-1])]
    same = ~between
    np.testing.assert_allclose(
        kerr_loop.up.amplitudes[same], kerr_loop.down.amplitudes[::-1][same], rtol=1e-9
    )
    np.testing.assert_array_equal(kerr_loop.up.branch == kerr_loop.down.branch[::-1], same)


def test_a_sweep_is_on_a_stable_steady_state_at_every_value(kerr_loop):
    for run in (kerr_loop.up, kerr_loop.down):
        for drive, c in zip(run.parameter, run.amplitudes, strict=True):
            stable = [s.amplitudes for s in steady_states(kerr_mode(drive)) if s.stable]
            assert any(np.allclose(c, known, rtol=1e-8) for known in stable)
    assert not np.any(kerr_loop.up.oscillating)
    assert np.all(kerr_loop.up.oscillation == 0)


def test_coarse_steps_jump_between_the_same_branches(kerr_loop):
    coarse = hysteresis(kerr_mode, np.linspace(0.2, 2.0, 7))
    for one, other in ((coarse.up, kerr_loop.up), (coarse.down, kerr_loop.down)):
        np.testing.assert_allclose(one.amplitudes, other.amplitudes[::10], rtol=1e-9)


def test_a_linear_mode_has_no_hysteresis():
    def linear(detuning):
        return BosonicNetwork(detuning=[detuning], loss=[1.0], drive=[2.0])

    loop = hysteresis(linear, np.linspace(-3, 3, 13))
    assert loop.loops == []
    assert np.all(loop.up.branch == 0)
    assert np.all(loop.down.branch == 0)
    expected = 2.0 / (0.5 + 1j * loop.up.parameter)
    np.testing.assert_allclose(loop.up.amplitudes[:, 0], expected, rtol=1e-10)


def test_the_published_magnon_jumps_where_it_was_seen_to_be_bistable():
    # Gupta et al.: three states from 14.0 to 82.0 mW; none but one with the Kerr sign reversed.
    power = np.linspace(10e-3, 86e-3, 20)
    [(first, last)] = hysteresis(kerr_magnomechanics, power).loops
    assert first == pytest.approx(14e-3)
    assert last == pytest.approx(82e-3, abs=4.1e-3)
    reversed_sign = hysteresis(lambda p: kerr_magnomechanics(p, sign=-1), power)
    assert reversed_sign.loops == []
    assert np.all(reversed_sign.up.branch == 0)


def test_past_a_hopf_point_the_sweep_oscillates():
    [hopf] = continue_branch(lambda drive: cell(drive=drive), [0, 0], 0.0, 20.0).hopfs
    drive = np.array([0.6, 0.8, 0.95, 1.1, 1.3, 1.6, 2.0]) * hopf.parameter
    up = sweep(lambda drive: cell(drive=drive), drive)
    np.testing.assert_array_equal(up.oscillating, drive > hopf.parameter)
    np.testing.assert_array_equal(up.branch, drive > hopf.parameter)
    assert np.all(np.diff(up.oscillation[up.oscillating, 1]) > 0)


def test_a_hard_onset_keeps_oscillating_on_the_way_back():
    # The cavity's Hopf point in detuning is subcritical: rest and oscillation coexist below it.
    [start] = steady_states(cell(-1.8))
    [hopf] = continue_branch(cell, start, -1.8, -1.2).hopfs
    loop = hysteresis(cell, np.linspace(-1.8, -1.2, 7))
    below = loop.up.parameter < hopf.parameter - 0.01
    assert not np.any(loop.up.oscillating[below])
    assert np.all(loop.down.oscillating)
    np.testing.assert_array_equal(loop.differs[below], np.ones(below.sum(), bool))
    assert not np.any(loop.differs[loop.up.parameter > hopf.parameter + 0.01])


def test_a_sweep_shows_where_the_period_doubles():
    run = sweep(cell, [0.6, 0.65, 0.7, 0.75], start=[0.0, 300.0])
    periods = np.array([a.period for a in run.attractors if isinstance(a, LimitCycle)])
    np.testing.assert_allclose(periods / (2 * np.pi), [1, 1, 2, 2], rtol=0.03)
    np.testing.assert_array_equal(run.branch, [0, 0, 1, 1])


def test_a_motion_that_never_settles_stays_in_one_branch():
    run = sweep(lambda drive: cell(drive=drive), [300.0, 301.0], start=[0.0, 100.0], patience=15)
    assert all(isinstance(a, Unsettled) and a.kind == "chaotic" for a in run.attractors)
    np.testing.assert_array_equal(run.branch, [0, 0])
    assert np.all(run.oscillating)


@pytest.mark.parametrize("values", [[0.0, 1.0, 0.5], [1.0, 1.0], [[0.0, 1.0]]])
def test_a_sweep_that_turns_back_is_refused(values):
    with pytest.raises(InputError, match="one way"):
        sweep(kerr_mode, values)


def test_hysteresis_is_asked_for_in_increasing_order():
    with pytest.raises(InputError, match="increasing"):
        hysteresis(kerr_mode, [1.0, 0.5])
