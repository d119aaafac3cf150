"""The instrument's own nonreciprocity subtracted."""

import numpy as np
import pytest

from phonosync.analysis.nonreciprocity.contrast import nonreciprocity
from phonosync.analysis.nonreciprocity.control import subtract_control
from phonosync.theory.errors import InputError


def seen(plus, minus, error=0.002):
    return nonreciprocity(plus, minus, error**2 * np.eye(2))


def test_a_path_that_favours_one_direction_is_taken_out():
    # Device 0.6 : 0.2, control 0.3 : 0.3, and forward passes with 80 %.
    found = subtract_control(seen(0.48, 0.2), seen(0.24, 0.3), margin_db=0.1)
    assert found.device.contrast.value == pytest.approx(0.5)
    assert found.device.isolation_db.value == pytest.approx(10 * np.log10(3))
    assert not found.equivalent
    assert "not reciprocal" in found.note


def test_errors_of_both_are_in_the_interval():
    device = {"plus": 0.48, "minus": 0.2}
    random, held, runs, sigma = np.random.default_rng(1), 0, 2000, 0.02
    for _ in range(runs):
        a, b, c, d = sigma * random.standard_normal(4)
        measured = seen(device["plus"] + a, device["minus"] + b, sigma)
        found = subtract_control(measured, seen(0.24 + c, 0.3 + d, sigma), margin_db=0.1)
        held += found.device.contrast.low <= 0.5 <= found.device.contrast.high
    assert held / runs == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / runs))


def test_a_precise_control_is_equivalent_and_an_imprecise_one_proves_nothing():
    precise = subtract_control(seen(0.6, 0.2), seen(0.3, 0.3, 1e-3), margin_db=0.1)
    assert precise.equivalent
    assert "reciprocal to within 0.1 dB" in precise.note
    rough = subtract_control(seen(0.6, 0.2), seen(0.3, 0.3, 0.03), margin_db=0.1)
    assert not rough.equivalent
    assert "not precise enough" in rough.note


def test_limits_cannot_be_subtracted():
    with pytest.raises(InputError, match="control's isolation is a limit"):
        subtract_control(seen(0.6, 0.2), seen(0.3, 0.0, 0.1), margin_db=0.1)
    with pytest.raises(InputError, match="a margin of 0 dB"):
        subtract_control(seen(0.6, 0.2), seen(0.3, 0.3), margin_db=0)
