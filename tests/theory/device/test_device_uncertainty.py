"""Devices drawn from the covariance of their entries."""

import json

import numpy as np
import pytest

from phonosync.theory import load_device
from phonosync.theory.device.entries import entry_value, find_entry
from phonosync.theory.device.text import device_text
from phonosync.theory.device.uncertainty import (
    Uncertainty,
    load_uncertainty,
    save_uncertainty,
    uncertainty_of,
)
from phonosync.theory.errors import InputError

NAMES = ("modes.cavity.linewidth", "sagnac.shift")


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


def number(device, name):
    value = entry_value(device, find_entry(device, name))
    assert value is not None
    return value


def known(device, names, values, C):
    entries = tuple(find_entry(device, name) for name in names)
    return Uncertainty(entries, np.array(values), np.array(C, float))


def test_drawn_entries_have_the_covariance_and_ports_keep_their_share(ring):
    C = np.array([[2e4**2, 0.6 * 2e4 * 3e4], [0.6 * 2e4 * 3e4, 3e4**2]])
    drawn = known(ring, NAMES, [2e6, -5e6], C).draws(ring, 600, seed=4)
    linewidth = np.array([one.modes["cavity"].linewidth for one in drawn])
    shift = np.array([number(one, NAMES[1]) for one in drawn])
    found = np.cov(linewidth, shift)
    np.testing.assert_allclose(found, C, rtol=0.15)
    assert [one.ports["bus"].rate for one in drawn] == pytest.approx(linewidth)


def test_a_linewidth_hardly_known_stays_positive_in_every_draw(ring):
    drawn = known(ring, NAMES[:1], [2e6], [[1.5e6**2]]).draws(ring, 300)
    linewidth = np.array([one.modes["cavity"].linewidth for one in drawn])
    assert linewidth.min() > 0
    assert np.std(np.log(linewidth)) == pytest.approx(0.75, rel=0.1)


def test_an_entry_that_is_held_keeps_the_devices_value(ring):
    one = known(ring, NAMES, [2e6, -5e6], np.diag([1e8, 1e8]))
    held = find_entry(ring, NAMES[0]).path
    for device in one.draws(ring, 5, held=[held]):
        assert device.modes["cavity"].linewidth == ring.modes["cavity"].linewidth
        assert device.ports["bus"].rate == ring.ports["bus"].rate
        assert number(device, NAMES[1]) != number(ring, NAMES[1])


def test_what_is_not_possible_is_drawn_again_and_refused_where_hardly_anything_is(ring):
    entry = ("detection.efficiency",)
    drawn = known(ring, entry, [0.99], [[0.02**2]]).draws(ring, 50)
    assert max(number(one, *entry) for one in drawn) <= 1
    with pytest.raises(InputError, match="are possible devices; its errors are too large"):
        known(ring, entry, [3.0], [[0.02**2]]).draws(ring, 5)


def test_what_nothing_determines_is_named(ring):
    one = known(ring, NAMES, [2e6, -5e6], [[np.inf, 0], [0, 1e8]])
    with pytest.raises(InputError, match=r"did not determine modes\.cavity\.linewidth; fit again"):
        one.draws(ring, 1)


def test_the_file_beside_a_device_reads_back_and_null_is_infinite(ring, tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(device_text("ring"), encoding="utf-8")
    assert uncertainty_of(ring, path) is None
    assert uncertainty_of(ring, "ring") is None
    C = [[4e8, 1e3], [1e3, np.inf]]
    beside = save_uncertainty(known(ring, NAMES, [2e6, -5e6], C), path)
    assert json.loads(beside.read_text(encoding="utf-8"))["covariance"][1][1] is None
    found = uncertainty_of(ring, path)
    assert found is not None
    np.testing.assert_array_equal(found.covariance, C)
    assert [entry.name for entry in found.entries] == list(NAMES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"covariance": [[1.0]]}, r"shape \(1, 1\) for 2 entries"),
        ({"entries": ["modes.cavity.colour", "sagnac.shift"]}, "is not the covariance of a fit"),
        ({"schema": "other"}, "its schema is 'other'"),
    ],
)
def test_a_covariance_that_does_not_fit_the_device_is_refused(ring, tmp_path, change, said):
    path = tmp_path / "a.yaml"
    beside = save_uncertainty(known(ring, NAMES, [2e6, -5e6], np.diag([1.0, 1.0])), path)
    content = json.loads(beside.read_text(encoding="utf-8")) | change
    beside.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load_uncertainty(ring, path)
