"""Cycles against scipy, Liouville's and Hopf's theorems, and a power balance with Bessel sums."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, fsolve
from scipy.special import jv

from phonosync.theory import BosonicNetwork, InputError
from phonosync.theory.dynamics.continuation import continue_branch
from phonosync.theory.dynamics.limit_cycle import refine_cycle, same_orbit
from phonosync.theory.dynamics.settling import limit_cycle
from phonosync.theory.verification.published import optomechanical_cells

KAPPA, GAMMA, G, DRIVE = 0.3, 0.01, -0.005, 48.0


def cell(detuning=-1.0, drive=DRIVE, *, gamma=GAMMA, kappa=KAPPA, g=G):
    """One of Mari's cells: a cavity that presses on a phonon of frequency 1."""
    return BosonicNetwork(
        detuning=[detuning, 1.0],
        loss=[kappa, gamma],
        pressure=[[0, g], [0, 0]],
        drive=[drive, 0],
    )


def speed(_, y):
    """The cell's equations once more, in (Re a, Im a, Re b, Im b)."""
    a, b = y[0] + 1j * y[1], y[2] + 1j * y[3]
    da = -(KAPPA / 2 + 1j * (-1.0 + 2 * G * b.real)) * a + DRIVE
    db = -(GAMMA / 2 + 1j) * b - 1j * G * abs(a) ** 2
    return [da.real, da.imag, db.real, db.imag]


@pytest.fixture(scope="module")
def cycle():
    return limit_cycle(cell())


@pytest.fixture(scope="module")
def scipy_run():
    """Five periods on the attractor, with the times at which Im b rises through zero."""

    def crossing(_, y):
        return y[3]

    crossing.direction = 1  # pyright: ignore[reportFunctionMemberAccess]
    tolerance = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-10}
    settled = solve_ivp(speed, [0, 900], [0.0, 0, 0, 0], **tolerance).y[:, -1]
    return solve_ivp(
        speed, [0, 35], settled, events=crossing, t_eval=np.linspace(0, 35, 7001), **tolerance
    )


def test_period_and_amplitudes_are_those_of_a_plain_integration(cycle, scipy_run):
    rises = scipy_run.t_events[0]
    np.testing.assert_allclose(np.diff(rises), cycle.period, rtol=1e-8)
    b = scipy_run.y[2] + 1j * scipy_run.y[3]
    assert np.abs(cycle.amplitudes[:, 1]).max() == pytest.approx(np.abs(b).max(), rel=1e-4)
    a = scipy_run.y[0] + 1j * scipy_run.y[1]
    assert np.abs(cycle.amplitudes[:, 0]).max() == pytest.approx(np.abs(a).max(), rel=1e-3)


def test_harmonics_are_fourier_integrals_over_the_period(cycle, scipy_run):
    start, end = scipy_run.t_events[0][0], scipy_run.t_events[0][4]
    times = np.linspace(start, end, 4001)[:-1]
    b = np.interp(times, scipy_run.t, scipy_run.y[2] + 1j * scipy_run.y[3])
    for order in (0, 1, 2):
        wave = np.exp(2j * np.pi * order * times / cycle.period)
        assert abs(np.mean(b * wave)) == pytest.approx(abs(cycle.harmonic(order)[1]), abs=2e-3)
    power = np.mean(np.abs(b - b.mean()) ** 2)
    assert cycle.oscillation[1] == pytest.approx(np.sqrt(power), rel=1e-5)
    assert cycle.fundamental[1] == pytest.approx(cycle.oscillation[1], rel=1e-4)
    np.testing.assert_allclose(cycle.mean, cycle.amplitudes.mean(axis=0), rtol=1e-12)


def test_multipliers_are_those_of_five_motions_followed_for_one_period(cycle):
    start = cycle.amplitudes[0].view(float)
    columns = []
    for kick in 1e-3 * np.eye(4):
        ends = [
            solve_ivp(speed, [0, cycle.period], x, "DOP853", rtol=1e-12, atol=1e-12).y[:, -1]
            for x in (start + kick, start - kick)
        ]
        columns.append((ends[0] - ends[1]) / 2e-3)
    expected = np.linalg.eigvals(np.array(columns).T)
    for multiplier in expected:
        assert np.abs(cycle.multipliers - multiplier).min() < 1e-5


@pytest.mark.parametrize(
    "network",
    [
        cell(),
        optomechanical_cells(0.02),
        optomechanical_cells(0.02, second_frequency=1.005),
        replace(
            optomechanical_cells(0.02),
            kerr=[1e-6, 0, 0, 1e-8],
            cross_kerr=1e-8 * (np.ones((4, 4)) - np.eye(4)),
            brownian=[False, True, False, False],
        ),
    ],
)
def test_one_multiplier_is_one_and_all_together_are_the_loss_of_phase_space(network):
    cycle = limit_cycle(network)
    assert cycle.stable
    assert cycle.accuracy < 1e-6
    # Liouville: the volume shrinks by exp(∫ tr A dt), and tr A = −Σκ whatever else there is.
    lost = np.exp(-network.loss.sum() * cycle.period)
    np.testing.assert_allclose(np.prod(cycle.multipliers), lost, rtol=1e-6)


def test_just_past_a_hopf_point_the_amplitude_grows_as_the_root_and_the_period_is_hopfs():
    [hopf] = continue_branch(lambda drive: cell(drive=drive), [0, 0], 0.0, 20.0).hopfs
    beyond = np.array([1e-3, 4e-3, 16e-3])
    cycles = [
        limit_cycle(cell(drive=hopf.parameter * (1 + d)), [0.0, 10.0], patience=1000)
        for d in beyond
    ]
    size = np.array([c.oscillation[1] for c in cycles])
    np.testing.assert_allclose(size[1:] / size[:-1], 2, rtol=0.02)
    assert cycles[0].period == pytest.approx(2 * np.pi / hopf.frequency, rel=1e-4)
    # Across the orbit deviations decay the more slowly, the closer the Hopf point is.
    weakest = np.array([1 - abs(c.multipliers[1]) for c in cycles])
    np.testing.assert_allclose(weakest[1:] / weakest[:-1], 4, rtol=0.05)


def balance(B, *, gamma, g, drive, detuning=-1.0, kappa=KAPPA):
    """Power fed into the phonon less power lost, its frequency Ω and static displacement.

    For b = b_0 + B e^{−iΩt} the cavity is a sum over sidebands E J_n(β)/(κ/2 + i(D + 2g b_0 + nΩ)),
    β = 2gB/Ω: Marquardt, Harris, Girvin, PRL 96, 103901.
    """
    n = np.arange(-60, 61)

    def force(frequency, displacement):
        sidebands = drive * jv(n, 2 * g * B / frequency)
        sidebands = sidebands / (kappa / 2 + 1j * (detuning + 2 * g * displacement + n * frequency))
        return np.sum(np.abs(sidebands) ** 2), np.sum(sidebands[:-1] * sidebands[1:].conj())

    def rest(unknown):
        still, turning = force(*unknown)
        return [unknown[0] - 1 - g * turning.real / B, unknown[1] + g * still / (1 + gamma**2 / 4)]

    solve: Any = fsolve
    frequency, displacement = solve(rest, [1.0, 0.0], xtol=1e-11)
    turning = force(frequency, displacement)[1]
    return g * turning.imag - gamma / 2 * B, frequency, displacement


@pytest.mark.parametrize(("gamma", "accuracy"), [(1e-2, 5e-3), (1e-3, 5e-4), (1e-4, 5e-5)])
def test_power_fed_in_and_lost_balance(gamma, accuracy):
    # Weaker and weaker at the same (gE)²/γ: what the balance neglects is of order γ.
    parameters = {"gamma": gamma, "g": G, "drive": DRIVE * np.sqrt(gamma / GAMMA)}
    find: Any = brentq
    B = find(lambda B: balance(B, **parameters)[0], 100, 650)
    _, frequency, displacement = balance(B, **parameters)
    cycle = limit_cycle(cell(**parameters), [0, B])
    assert abs(cycle.harmonic(1)[1]) == pytest.approx(B, rel=accuracy)
    assert cycle.frequency == pytest.approx(frequency, rel=accuracy)
    assert cycle.mean[1].real == pytest.approx(displacement, rel=1e-3)


def test_where_the_period_doubled_the_single_turn_still_exists_but_is_unstable():
    first = limit_cycle(cell(0.6, 30.0), [0, 300])
    before = refine_cycle(cell(0.65, 30.0), first.amplitudes[0], first.period)
    after = limit_cycle(cell(0.7, 30.0), before.amplitudes[0])
    assert before.stable
    assert after.stable
    assert after.period == pytest.approx(2 * before.period, rel=1e-2)
    single = refine_cycle(cell(0.7, 30.0), before.amplitudes[0], before.period)
    assert single.unstable
    assert single.period == pytest.approx(after.period / 2, rel=1e-3)
    # A period doubles where a multiplier passes −1.
    assert single.multipliers[0].real < -1
    assert not same_orbit(single, after)


def test_two_cells_without_coupling_have_two_free_phases():
    cycle = limit_cycle(optomechanical_cells(0.0))
    np.testing.assert_allclose(cycle.multipliers[:2], 1, atol=1e-6)
    assert not cycle.stable
    assert not cycle.unstable


def test_a_guess_of_several_turns_gives_the_single_one(cycle):
    for turns in (1, 2, 3, 7):
        found = refine_cycle(cell(), cycle.amplitudes[40] + 0.1, turns * 1.0001 * cycle.period)
        assert found.period == pytest.approx(cycle.period, rel=1e-10)
        assert same_orbit(found, cycle, 1e-6)


def test_an_orbit_is_the_same_at_any_phase_and_another_at_another_amplitude(cycle):
    turned = replace(cycle, amplitudes=np.roll(cycle.amplitudes, 57, axis=0))
    assert same_orbit(cycle, turned, 1e-6)
    assert not same_orbit(cycle, replace(cycle, amplitudes=1.01 * cycle.amplitudes))
    # In phase and in antiphase amplitudes and periods agree, and yet they are two orbits.
    one, other = cycle.amplitudes, np.roll(cycle.amplitudes, 128, axis=0)
    in_phase = replace(cycle, amplitudes=np.hstack([one, one]))
    antiphase = replace(cycle, amplitudes=np.hstack([one, other]))
    assert not same_orbit(in_phase, antiphase)


def test_an_orbit_of_many_turns_is_found_whole_and_the_same_from_two_starts():
    # Unequal cells that slip against each other, 66 turns to the slip: a resonant torus.
    network = replace(
        optomechanical_cells(0.02),
        kerr=[1e-5, 0, 0, 1e-8],
        cross_kerr=1e-7 * (np.ones((4, 4)) - np.eye(4)),
    )
    one = limit_cycle(network, patience=150)
    other = limit_cycle(network, one.amplitudes[1000] + 1.0, patience=150)
    assert one.stable
    assert one.period > 300
    assert same_orbit(one, other)
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-4)
    np.testing.assert_allclose(one.oscillation, other.oscillation, rtol=1e-4)
    locked = limit_cycle(network, [0, 300, 0, 100])  # in step: another attractor
    assert locked.period < 7
    assert not same_orbit(one, locked)


def test_an_orbit_is_the_same_however_finely_it_was_sampled():
    plain = limit_cycle(cell())
    assert same_orbit(plain, refine_cycle(cell(), plain.amplitudes[9], plain.period, samples=64))


def test_in_hertz_the_cycle_is_the_same(cycle):
    unit = 2 * np.pi * 1e7
    network = cell()
    rates = ("detuning", "loss", "pressure", "drive")
    fast = BosonicNetwork(**{name: getattr(network, name) * unit for name in rates})
    found = limit_cycle(fast)
    assert found.period * unit == pytest.approx(cycle.period, rel=1e-9)
    np.testing.assert_allclose(found.oscillation, cycle.oscillation, rtol=1e-7)


def test_without_an_orbit_nearby_none_is_made_up():
    with pytest.raises(InputError, match="no periodic orbit"):
        refine_cycle(cell(1.0, 5.0), [5.0, 0.1], 6.0)
