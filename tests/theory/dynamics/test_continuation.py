"""Folds and Hopf points against closed formulas, Hurwitz's criterion and published numbers."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from phonosync.theory import BosonicNetwork, InputError, steady_states, velocity
from phonosync.theory.dynamics.continuation import continue_branch
from phonosync.theory.verification.published import kerr_magnomechanics


def kerr_mode(drive, *, detuning=-2.0, loss=1.0, kerr=0.5, unit=1.0):
    rates = {"detuning": detuning, "loss": loss, "kerr": kerr, "drive": drive}
    return BosonicNetwork(**{name: np.array([value * unit]) for name, value in rates.items()})


def kerr_folds(detuning, loss, kerr):
    """Where dE²/dn = 0, for E² = n [(κ/2)² + (D + 2Kn)²]; the upper fold in E first."""
    n = np.roots([12 * kerr**2, 8 * kerr * detuning, detuning**2 + loss**2 / 4]).real
    return np.sort(np.sqrt(n * (loss**2 / 4 + (detuning + 2 * kerr * n) ** 2)))[::-1]


@pytest.mark.parametrize(
    ("detuning", "loss", "kerr"),
    [(-2.0, 1.0, 0.5), (3.0, 1.0, -0.1), (-0.9, 1.0, 2.0), (-12.0, 0.5, 1e-6)],
)
def test_a_kerr_mode_folds_where_its_drive_curve_is_flat(detuning, loss, kerr):
    upper, lower = kerr_folds(detuning, loss, kerr)
    branch = continue_branch(
        lambda drive: kerr_mode(drive, detuning=detuning, loss=loss, kerr=kerr),
        [0.0],
        0.0,
        1.5 * upper,
    )
    assert [point.kind for point in branch.special] == ["fold", "fold"]
    found = [point.parameter for point in branch.folds]
    np.testing.assert_allclose(found, [upper, lower], rtol=1e-10)
    assert branch.parameter[-1] == 1.5 * upper


def test_the_folds_do_not_depend_on_step_or_unit():
    parameters = []
    for step, unit in [(0.05, 1.0), (0.005, 1.0), (0.02, 1e7)]:
        branch = continue_branch(
            lambda drive, unit=unit: kerr_mode(drive / unit, unit=unit),
            [0.0],
            0.0,
            3.0 * unit,
            step=step,
        )
        parameters.append([point.parameter / unit for point in branch.folds])
    np.testing.assert_allclose(parameters, [kerr_folds(-2.0, 1.0, 0.5)] * 3, rtol=1e-10)


def test_without_bistability_the_branch_has_no_fold():
    loss = 1.0
    branch = continue_branch(
        lambda drive: kerr_mode(drive, detuning=-0.99 * np.sqrt(3) / 2 * loss), [0.0], 0.0, 3.0
    )
    assert branch.special == ()
    assert np.all(branch.stable)
    assert np.all(np.diff(branch.parameter) > 0)


def test_a_mode_is_stable_before_and_after_its_folds_and_unstable_between():
    branch = continue_branch(kerr_mode, [0.0], 0.0, 3.0)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(branch.parameter)))) + 1
    first, second = turns
    assert np.all(branch.stable[:first])
    assert not np.any(branch.stable[first + 1 : second])
    assert np.all(branch.stable[second + 1 :])


def test_every_point_of_a_branch_is_at_rest(random_network):
    network = random_network(4)

    def family(factor):
        return BosonicNetwork(
            detuning=network.detuning,
            loss=network.loss,
            exchange=network.exchange,
            pressure=network.pressure,
            kerr=network.kerr,
            drive=factor * network.drive,
        )

    branch = continue_branch(family, np.zeros(3), 0.0, 2.0)
    for factor, c in zip(branch.parameter, branch.amplitudes, strict=True):
        assert np.linalg.norm(velocity(family(factor), c)) < 1e-11 * (1 + np.linalg.norm(c))
    known = [state.amplitudes for state in steady_states(family(2.0))]
    assert any(np.allclose(branch.amplitudes[-1], c, rtol=1e-8) for c in known)


def optomechanics(drive):
    return BosonicNetwork(
        detuning=[-1.0, 1.0],
        loss=[0.3, 0.01],
        pressure=[[0, -0.005], [0, 0]],
        drive=[drive, 0],
    )


def hurwitz(drive):
    """Hurwitz's determinant of light and spring, and the frequency² at its zero.

    From the characteristic polynomial of the motion linearised by hand in (a, a*, b, b*).
    """
    D, kappa, gamma, g = -1.0, 0.3, 0.01, -0.005
    bend = 2 * g**2 / (1 + gamma**2 / 4)
    # n [(κ/2)² + (D − bend n)²] = E²
    roots = np.roots([bend**2, -2 * bend * D, D**2 + kappa**2 / 4, -(drive**2)])
    n = roots[np.abs(roots.imag) < 1e-9 * abs(roots)].real.min()
    pull = D - bend * n
    a = np.complex128(drive / (kappa / 2 + 1j * pull))
    A = np.array(
        [
            [-kappa / 2 - 1j * pull, 0, -1j * g * a, -1j * g * a],
            [0, -kappa / 2 + 1j * pull, 1j * g * a.conj(), 1j * g * a.conj()],
            [-1j * g * a.conj(), -1j * g * a, -gamma / 2 - 1j, 0],
            [1j * g * a.conj(), 1j * g * a, 0, -gamma / 2 + 1j],
        ]
    )
    _, a1, a2, a3, a4 = np.poly(A).real
    return a1 * a2 * a3 - a3**2 - a1**2 * a4, a3 / a1


def test_a_blue_detuned_cavity_starts_to_oscillate_where_hurwitz_says():
    branch = continue_branch(optomechanics, [0.0, 0.0], 0.0, 20.0)
    [point] = branch.hopfs
    find: Any = brentq
    onset = find(lambda drive: hurwitz(drive)[0], 1.0, 20.0, xtol=1e-13)
    np.testing.assert_allclose(point.parameter, onset, rtol=1e-9)
    np.testing.assert_allclose(point.frequency, np.sqrt(hurwitz(onset)[1]), rtol=1e-9)
    assert np.all(branch.stable == (branch.parameter < point.parameter))


def test_the_published_magnon_is_bistable_and_then_oscillates():
    # Gupta et al.: bistable 14.0 to 82.0 mW, unstable beyond 126.4 mW, in steps of 0.2 mW.
    [start] = steady_states(kerr_magnomechanics(2e-4))
    branch = continue_branch(kerr_magnomechanics, start, 2e-4, 0.2)
    assert [point.kind for point in branch.special] == ["fold", "fold", "hopf"]
    milliwatts = [1e3 * point.parameter for point in branch.special]
    np.testing.assert_allclose(milliwatts, [82.0, 14.0, 126.4], atol=0.2)


def test_with_the_kerr_sign_reversed_the_published_magnon_has_one_stable_branch():
    [start] = steady_states(kerr_magnomechanics(2e-4, sign=-1))
    branch = continue_branch(lambda power: kerr_magnomechanics(power, sign=-1), start, 2e-4, 0.2)
    assert branch.special == ()
    assert np.all(branch.stable)
    assert np.all(np.diff(branch.parameter) > 0)


@pytest.mark.parametrize("J", [0.6, -0.6])
def test_two_equal_modes_lose_their_symmetry_at_a_branch_point(J):
    def pair(drive):
        return BosonicNetwork(
            detuning=[-2.0, -2.0],
            loss=1.0,
            kerr=0.5,
            exchange=[[0, J], [J, 0]],
            drive=[drive, drive],
        )

    # Antisymmetric deviations: |κ/2 + i(D − J + 4Kn)|² = |2Kn|², on the symmetric branch.
    K, D = 0.5, -2.0
    n = np.roots([12 * K**2, 8 * K * (D - J), (D - J) ** 2 + 0.25]).real
    expected = np.sort(np.sqrt(n * (0.25 + (D + J + 2 * K * n) ** 2)))
    branch = continue_branch(pair, [0.0, 0.0], 0.0, 3.0)
    found = np.sort([p.parameter for p in branch.special if p.kind == "branch point"])
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(branch.amplitudes[:, 0], branch.amplitudes[:, 1], rtol=1e-7)


def test_a_branch_that_is_cut_off_from_the_others_closes_upon_itself():
    def hump(parameter):
        return kerr_mode(np.sqrt(1 - 0.8 * parameter**2))

    lower, _, upper = steady_states(hump(0.0))
    closed = continue_branch(hump, upper, 0.0, 1.0, within=(-1.0, 1.0))
    assert closed.end == "closed"
    edge = np.sqrt((1 - kerr_folds(-2.0, 1.0, 0.5)[1] ** 2) / 0.8)
    np.testing.assert_allclose([p.parameter for p in closed.folds], [edge, -edge], rtol=1e-9)
    open_branch = continue_branch(hump, lower, 0.0, 1.0, within=(-1.0, 1.0))
    assert open_branch.end == "edge"
    assert open_branch.special == ()


def test_a_branch_may_leave_by_the_side_on_which_it_entered():
    # From the lower branch above the lower fold the way leads over the upper fold and back.
    upper, lower = kerr_folds(-2.0, 1.0, 0.5)
    start, _, _ = steady_states(kerr_mode(0.9))
    branch = continue_branch(kerr_mode, start, 0.9, 3.0)
    assert len(branch.folds) == 1
    assert branch.parameter[-1] == 0.9
    np.testing.assert_allclose(branch.folds[0].parameter, upper, rtol=1e-10)
    assert lower < 0.9


def test_a_state_that_is_not_at_rest_is_refused():
    with pytest.raises(InputError, match="no steady state near"):
        continue_branch(kerr_mode, [40.0], 0.0, 3.0)


@pytest.mark.parametrize(("stop", "within"), [(1.0, None), (2.0, (3.0, 4.0))])
def test_an_empty_range_is_refused(stop, within):
    with pytest.raises(InputError, match="nothing to follow"):
        continue_branch(kerr_mode, [0.0], 1.0, stop, within=within)
