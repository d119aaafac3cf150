"""Imperfect devices: how they scatter, and what stays the same."""

import numpy as np
import pytest

from phonosync.theory import InputError, load_device
from phonosync.theory.device.parts import Disorder
from phonosync.theory.quantities import si
from phonosync.theory.survey.monte_carlo import (
    DEVICES_PER_BLOCK,
    draw_imperfections,
    imperfect_devices,
)

TWO_PI = 2 * np.pi
MANY = 8 * DEVICES_PER_BLOCK


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


def relative(values, nominal):
    return values / nominal - 1


def test_linewidths_scatter_round_the_drawing_and_stay_positive(ring):
    drawn = imperfect_devices(ring, MANY, disorder=Disorder(linewidth=0.5), seed=1).loss
    assert np.all(drawn > 0)
    off = relative(drawn, ring.network().loss)
    # Five standard errors of a mean, and of a standard deviation of log-normal variables.
    assert np.abs(off.mean(axis=0)).max() < 5 * 0.5 / np.sqrt(MANY)
    assert off.std(axis=0) == pytest.approx(0.5, abs=0.06)


def test_frequencies_scatter_and_the_sagnac_shift_does_not(ring):
    disorder = Disorder(frequency=0.01)
    plus, minus = (
        imperfect_devices(ring, MANY, disorder=disorder, light=s).detuning for s in (1, -1)
    )
    own = TWO_PI * np.array([15e6, 10e6, 11e6])
    off = relative((plus + minus) / 2, own)
    assert np.abs(off.mean(axis=0)).max() < 5 * 0.01 / np.sqrt(MANY)
    assert off.std(axis=0) == pytest.approx(0.01, rel=5 / np.sqrt(2 * MANY))
    np.testing.assert_allclose((plus - minus)[:, 0], -2 * TWO_PI * 5e6, rtol=1e-9)
    np.testing.assert_array_equal(plus[:, 1:], minus[:, 1:])


def test_a_drive_grows_with_the_root_of_its_ports_rate(ring):
    drawn = imperfect_devices(ring, 50, disorder=Disorder(linewidth=0.2))
    nominal = ring.network()
    wider = drawn.loss[:, 0] / nominal.loss[0]
    np.testing.assert_allclose(
        np.abs(drawn.drive[:, 0]) ** 2, wider * np.abs(nominal.drive[0]) ** 2, rtol=1e-12
    )


def test_every_coupling_has_a_deviation_of_its_own():
    hybrid = load_device("hybrid")
    drawn = imperfect_devices(hybrid, MANY, disorder=Disorder(coupling=0.1))
    nominal = hybrid.network()
    g = drawn.pressure[:, 0, [2, 3]] / nominal.pressure[0, [2, 3]] - 1
    J = drawn.exchange[:, 0, 1] / nominal.exchange[0, 1] - 1
    K = drawn.kerr[:, 1] / nominal.kerr[1] - 1
    off = np.column_stack([g, J.real, K])
    assert off.std(axis=0) == pytest.approx(0.1, rel=5 / np.sqrt(2 * MANY))
    correlated = np.corrcoef(off.T) - np.eye(4)
    assert np.abs(correlated).max() < 5 / np.sqrt(MANY)
    np.testing.assert_array_equal(drawn.exchange[:, 1, 0], drawn.exchange[:, 0, 1].conj())
    np.testing.assert_array_equal(drawn.kerr[:, [0, 2, 3]], 0)


def test_the_kerr_coefficient_of_both_axes_is_of_one_crystal():
    hybrid = load_device("hybrid")
    disorder = Disorder(coupling=0.1)
    along = [imperfect_devices(hybrid, 20, disorder=disorder, field=f).kerr for f in (1, -1)]
    np.testing.assert_allclose(along[0], -along[1], rtol=1e-12)


def test_an_imperfect_waveguide_still_carries_one_way():
    def drives(network):
        """How each mode's field drives each other one, where they share a waveguide."""
        return np.where(
            network.shared_loss != 0, network.shared_loss / 2 + 1j * network.exchange, 0
        )

    device = load_device("optical_pair_one_way")
    nominal = device.network()
    disorder = Disorder(frequency=0.01, linewidth=0.2, coupling=0.1)
    drawn = imperfect_devices(device, 30, disorder=disorder)
    [(after, before)] = np.argwhere(drives(nominal) != 0)
    assert np.abs(drives(drawn)[:, before, after]).max() <= 1e-12 * np.abs(drives(nominal)).max()
    wider = drawn.loss / nominal.loss
    root = np.sqrt(wider[:, before] * wider[:, after])
    expected = root * drives(nominal)[after, before]
    np.testing.assert_allclose(drives(drawn)[:, after, before], expected, rtol=1e-12)


def test_backscattering_is_a_complex_number_of_random_phase():
    device = load_device("ring_backscattering")
    sagnac = device.sagnac
    assert sagnac is not None
    assert sagnac.counter_mode is not None
    one, other = device.index(sagnac.mode), device.index(sagnac.counter_mode)
    disorder = Disorder(backscattering=si(50e3))
    J = imperfect_devices(device, MANY, disorder=disorder).exchange
    added = (J - device.network().exchange)[:, one, other] / TWO_PI
    assert np.mean(np.abs(added) ** 2) == pytest.approx(50e3**2, rel=5 / np.sqrt(MANY))
    assert abs(np.mean(added)) < 5 * 50e3 / np.sqrt(MANY)
    assert abs(np.mean(added**2)) < 5 * 50e3**2 * np.sqrt(2 / MANY)
    np.testing.assert_array_equal(J[:, other, one], J[:, one, other].conj())


def test_a_device_of_a_seed_is_the_same_in_any_number_and_disorder(ring):
    few, many = (imperfect_devices(ring, n, disorder=Disorder(linewidth=0.1)) for n in (7, 600))
    np.testing.assert_array_equal(few.loss, many.loss[:7])
    more = imperfect_devices(ring, 7, disorder=Disorder(linewidth=0.1, frequency=0.01))
    np.testing.assert_array_equal(few.loss, more.loss)
    assert np.all(
        few.loss != imperfect_devices(ring, 7, disorder=Disorder(linewidth=0.1), seed=1).loss
    )


def test_blocks_and_seeds_are_independent_of_each_other(ring):
    draws = [draw_imperfections(ring, seed, block) for seed in (0, 1) for block in (0, 1)]
    x = np.array([d.linewidth.ravel() for d in draws])
    assert np.abs(np.corrcoef(x) - np.eye(4)).max() < 5 / np.sqrt(x.shape[1])


def test_devices_without_disorder_are_not_drawn(ring):
    with pytest.raises(InputError, match="no disorder"):
        imperfect_devices(ring, 3, disorder=Disorder())
    with pytest.raises(InputError, match="counter_mode"):
        imperfect_devices(ring, 3, disorder=Disorder(backscattering=si(1e3)))
