"""What a field vector makes of a magnon."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.field import Magnetization, kerr_along
from phonosync.theory.device.parts import KerrByAxis
from phonosync.theory.quantities import si

KERR = KerrByAxis(along_100=si(6.5), along_110=si(-4.0))
DIAGONAL = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)


def in_plane(degrees):
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle), 0.0])


@pytest.mark.parametrize("axis", [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]])
def test_all_cubic_axes_are_equal(axis):
    assert kerr_along(KERR, axis) == pytest.approx(6.5)


@pytest.mark.parametrize("axis", [[1, 1, 0], [1, -1, 0], [0, 1, 1], [-1, 0, 1]])
def test_all_face_diagonals_are_equal(axis):
    assert kerr_along(KERR, np.array(axis) / np.sqrt(2)) == pytest.approx(-4.0)


@pytest.mark.parametrize("degrees", [0, 10, 22.5, 30, 45, 77, 90, 135, 200])
def test_in_the_plane_the_kerr_coefficient_is_four_fold(degrees):
    four_fold = (6.5 - 4.0) / 2 + (6.5 + 4.0) / 2 * np.cos(4 * np.radians(degrees))
    assert kerr_along(KERR, in_plane(degrees)) == pytest.approx(four_fold)


def test_until_a_field_is_set_the_sample_is_biased_along_100():
    axis, size = Magnetization().measure()
    np.testing.assert_array_equal(axis, [1, 0, 0])
    assert size is None


def test_below_the_coercive_field_the_last_axis_stays():
    sample = Magnetization(coercive_t=1e-3)
    sample.apply(0.1 * DIAGONAL)
    sample.apply([5e-4, 0, 0])
    axis, size = sample.measure()
    np.testing.assert_allclose(axis, DIAGONAL)
    assert size == pytest.approx(5e-4)
    sample.apply([0, 0, 0])
    np.testing.assert_allclose(sample.measure()[0], DIAGONAL)
    sample.apply([2e-3, 0, 0])
    np.testing.assert_allclose(sample.measure()[0], [1, 0, 0])


def felt(sample):
    """The field that the sample feels at a measurement, T."""
    axis, size = sample.measure()
    assert size is not None
    return axis * size


def after(*fields, remanence=0.1):
    sample = Magnetization(remanence=remanence)
    for field in fields[:-1]:
        sample.apply(field)
        sample.measure()
    sample.apply(fields[-1])
    return felt(sample)


def test_remanence_remembers_the_last_other_field_and_none_before():
    along, across, opposite = [0.1, 0, 0], [0, 0.1, 0], [-0.1, 0, 0]
    total = after(along, across)
    np.testing.assert_allclose(total, [0.01, 0.1, 0])
    for earlier in (across, opposite, [0, 0, 0.3]):
        np.testing.assert_array_equal(after(earlier, along, across), total)
    np.testing.assert_allclose(after(opposite, across), [-0.01, 0.1, 0])


def test_measuring_again_at_a_field_changes_nothing():
    once, twice = after([0.1, 0, 0], [0, 0.1, 0]), after([0.1, 0, 0], [0, 0.1, 0], [0, 0.1, 0])
    np.testing.assert_array_equal(once, twice)


def test_a_ramp_between_two_measurements_leaves_no_trace():
    sample = Magnetization(remanence=0.1)
    sample.apply([0.1, 0, 0])
    sample.measure()
    for step in np.linspace(0, 1, 7):
        sample.apply([0.1 * (1 - step), 0.1 * step, 0])
    np.testing.assert_allclose(felt(sample), [0.01, 0.1, 0])


def test_without_remanence_there_is_no_memory():
    np.testing.assert_array_equal(after([0.1, 0, 0], [0, 0.1, 0], remanence=0.0), [0, 0.1, 0])
