"""Where motions end: at rest, in a cycle, in two free phases, or nowhere."""

from typing import Any

import numpy as np
import pytest

from phonosync.theory import BosonicNetwork, InputError, SteadyState, drift, steady_states
from phonosync.theory.dynamics.attractor import Unsettled, same_attractor
from phonosync.theory.dynamics.limit_cycle import LimitCycle, refine_cycle
from phonosync.theory.dynamics.mean_motion import follow_mean
from phonosync.theory.dynamics.settling import limit_cycle, nearest_steady_state, settle
from phonosync.theory.verification.published import optomechanical_cells


def cell(detuning=-1.0, drive=48.0):
    return BosonicNetwork(
        detuning=[detuning, 1.0],
        loss=[0.3, 0.01],
        pressure=[[0, -0.005], [0, 0]],
        drive=[drive, 0],
    )


def kerr_mode(drive):
    return BosonicNetwork(detuning=[-2.0], loss=[1.0], kerr=[0.5], drive=[drive])


@pytest.mark.parametrize("start", [None, [1.0], [3j], [-1 + 1j]])
def test_a_bistable_mode_settles_where_a_long_run_ends(start):
    network = kerr_mode(0.9)
    end = settle(network, start)
    run = follow_mean(network, [0, 100], amplitudes=start)
    assert isinstance(end, SteadyState)
    np.testing.assert_allclose(end.amplitudes, run[-1], rtol=1e-8)
    assert end.growth == pytest.approx(-0.5, rel=1e-6)  # a stable focus loses half of κ


def test_below_threshold_a_cell_comes_to_rest_and_says_so():
    network = cell(drive=5.0)
    end = settle(network, [0, 300.0])
    [expected] = steady_states(network)
    np.testing.assert_allclose(end.amplitudes, expected.amplitudes, rtol=1e-9)
    with pytest.raises(InputError, match="comes to rest"):
        limit_cycle(network)


def test_an_unstable_state_is_left_for_the_cycle_round_it():
    network = cell()
    [unstable] = steady_states(network)
    end = settle(network, unstable.amplitudes + 1e-6)
    assert isinstance(end, LimitCycle)
    assert same_attractor(end, settle(network))


def test_a_small_unstable_orbit_parts_the_ways_to_rest_and_to_oscillation():
    # Just below a hard onset: rest is stable, but only within an orbit of 32 quanta^(1/2).
    network = cell(-1.51, 30.0)
    still = steady_states(network)[0]
    assert still.stable
    eigen: Any = np.linalg.eig(drift(network, still.amplitudes))
    weakest = np.argmax(eigen.eigenvalues.real)
    way = eigen.eigenvectors[:, weakest].real.copy().view(complex)
    period = 2 * np.pi / abs(eigen.eigenvalues[weakest].imag)
    border = refine_cycle(network, still.amplitudes + 40 * way, period)
    assert border.unstable
    for scale, kind in ((0.95, SteadyState), (1.05, LimitCycle)):
        for start in border.amplitudes[::64]:
            inside = still.amplitudes + scale * (start - still.amplitudes)
            assert isinstance(settle(network, inside, patience=150), kind)


def test_coupled_cells_lock_and_uncoupled_ones_run_freely():
    locked = settle(optomechanical_cells(0.02, second_frequency=1.005))
    assert isinstance(locked, LimitCycle)
    assert locked.stable
    free = settle(optomechanical_cells(0.0, second_frequency=1.005), patience=30)
    assert isinstance(free, Unsettled)
    assert free.kind == "quasi-periodic"
    alone = [limit_cycle(cell()).oscillation[1], 350.286]
    np.testing.assert_allclose(free.oscillation[[1, 3]], alone, rtol=1e-3)
    with pytest.raises(InputError, match="quasi-periodic"):
        limit_cycle(optomechanical_cells(0.0, second_frequency=1.005), patience=8)


def test_the_free_cell_of_another_frequency_swings_as_it_does_alone():
    second = BosonicNetwork(
        detuning=[-1.005, 1.005],
        loss=[0.3, 0.01],
        pressure=[[0, -0.005], [0, 0]],
        drive=[48.0, 0],
    )
    assert limit_cycle(second).oscillation[1] == pytest.approx(350.286, rel=1e-5)


def test_a_strongly_driven_cell_is_chaotic_as_two_neighbours_show():
    network = cell(drive=300.0)
    end = settle(network, patience=20)
    assert isinstance(end, Unsettled)
    assert end.kind == "chaotic"
    # Two neighbours part at the rate of the exponent; averaged over stretches of one motion.
    c, rates = end.amplitudes, []
    for _ in range(60):
        ends = [follow_mean(network, [0, 20], amplitudes=c + d, rtol=1e-11)[-1] for d in (0, 1e-7)]
        rates.append(np.log(np.linalg.norm(ends[1] - ends[0]) / 1e-7) / 20)
        c = ends[0]
    assert end.exponents[0] == pytest.approx(np.mean(rates), rel=0.3)
    assert abs(end.exponents[1]) < end.resolution  # along the motion nothing grows


def test_close_to_a_hopf_point_a_short_run_is_undecided_and_a_long_one_finds_the_cycle():
    # 0.06 % past the onset at a detuning of −1.5009 the oscillation takes long to build up.
    short, long = (settle(cell(-1.5, 30.0), patience=patience) for patience in (60, 300))
    assert isinstance(short, Unsettled)
    assert short.kind == "undecided"
    assert isinstance(long, LimitCycle)
    assert short.oscillation[1] < 0.5 * long.oscillation[1]


def test_an_unsettled_motion_can_be_followed_further():
    network = cell(-1.5, 30.0)
    first = settle(network, patience=60)
    second = settle(network, first.amplitudes, patience=250)
    assert isinstance(second, LimitCycle)


def test_the_linearisation_leads_only_from_nearby_to_a_stable_state():
    low, middle, high = steady_states(kerr_mode(0.9))
    near = nearest_steady_state(kerr_mode(0.9), high.amplitudes * 1.01)
    assert near is not None
    np.testing.assert_allclose(near.amplitudes, high.amplitudes, rtol=1e-12)
    assert nearest_steady_state(kerr_mode(0.9), middle.amplitudes) is None
    assert nearest_steady_state(kerr_mode(0.9), (low.amplitudes + middle.amplitudes) / 2) is None


@pytest.mark.parametrize("patience", [0, -1])
def test_no_patience_is_refused(patience):
    with pytest.raises(InputError, match="patience"):
        settle(cell(), patience=patience)


def test_a_batch_is_refused():
    with pytest.raises(InputError, match="one network"):
        settle(BosonicNetwork(detuning=[[1.0], [2.0]], loss=[1.0]))
