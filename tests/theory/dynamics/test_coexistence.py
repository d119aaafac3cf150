"""Attractors that coexist: bistable Kerr modes, and self-oscillations of several amplitudes."""

import numpy as np
import pytest
from scipy.special import jv

from phonosync.theory import BosonicNetwork, SteadyState, steady_states
from phonosync.theory.dynamics.attractor import Unsettled
from phonosync.theory.dynamics.coexistence import attractors, usual_starts
from phonosync.theory.dynamics.limit_cycle import LimitCycle
from phonosync.theory.verification.published import optomechanical_cells

G = -1e-3


def cell(detuning, drive):
    return BosonicNetwork(
        detuning=[detuning, 1.0],
        loss=[0.1, 1e-3],
        pressure=[[0, G], [0, 0]],
        drive=[drive, 0],
    )


def test_a_bistable_mode_has_two_attractors_and_a_saddle_leads_to_both():
    network = BosonicNetwork(detuning=[-2.0], loss=[1.0], kerr=[0.5], drive=[0.9])
    low, saddle, high = steady_states(network)
    found = attractors(network)
    assert found.coexisting
    np.testing.assert_allclose(
        [a.amplitudes for a in found.attractors], [low.amplitudes, high.amplitudes], rtol=1e-9
    )
    near = np.linalg.norm(found.starts - saddle.amplitudes, axis=1) < 0.1
    assert sorted(found.reached[near]) == [0, 1]


def gain(B, frequency, detuning, drive):
    """Power fed in over power lost at the swing B, from the sidebands (PRL 96, 103901)."""
    n = np.arange(-60, 61)

    def sidebands(displacement):
        rates = 0.05 + 1j * (detuning + 2 * G * displacement + n * frequency)
        return drive * jv(n, 2 * G * B / frequency) / rates

    displacement = 0.0
    for _ in range(200):
        displacement = 0.5 * (displacement - G * np.sum(np.abs(sidebands(displacement)) ** 2))
    a = sidebands(displacement)
    return G * np.imag(np.sum(a[:-1] * a[1:].conj())) / (5e-4 * B)


@pytest.mark.parametrize(("detuning", "drive"), [(-1.0, 150.0), (0.0, 150.0)])
def test_self_oscillations_of_two_amplitudes_coexist_each_in_balance(detuning, drive):
    starts = [[0, b] for b in (500.0, 1500.0, 3000.0, 5000.0)]
    found = attractors(cell(detuning, drive), starts)
    assert found.coexisting
    assert len(found.attractors) == 2
    for cycle in found.attractors:
        assert isinstance(cycle, LimitCycle)
        # Where fed in and lost balance, a smaller swing is fed more than it loses.
        B, about = abs(cycle.harmonic(1)[1]), (cycle.frequency, detuning, drive)
        assert gain(0.995 * B, *about) > 1 > gain(1.005 * B, *about)
    assert found.reached[0] == 0
    assert found.reached[-1] == 1


def test_rest_and_oscillation_coexist_far_to_the_blue():
    found = attractors(cell(-2.0, 100.0))
    kinds = [type(a) for a in found.attractors]
    assert kinds.count(SteadyState) == 1
    assert kinds.count(LimitCycle) >= 1
    assert found.attractors[found.reached[0]] is found.attractors[0]  # rest stays at rest


def test_all_phases_of_one_cycle_are_one_attractor():
    found = attractors(optomechanical_cells(0.02, second_frequency=1.005))
    assert len(found.attractors) == 1
    assert not found.coexisting
    assert len(found.reached) == len(usual_starts(optomechanical_cells(0.02))) == len(found.starts)


def test_chaotic_motions_from_different_starts_are_one_attractor():
    network = BosonicNetwork(
        detuning=[-0.5, 1.0], loss=[0.3, 0.01], pressure=[[0, -0.005], [0, 0]], drive=[300.0, 0]
    )
    found = attractors(network, [[0, 0], [0, 100.0]])
    [motion] = found.attractors
    assert isinstance(motion, Unsettled)
    assert motion.kind == "chaotic"
