"""What a dry run expects is what theory predicts at every setting of the plan."""

import math

import pytest

from phonosync.experiments.plan.expectation import expectations
from phonosync.experiments.plan.plan import load_plan
from phonosync.theory import load_device
from phonosync.theory.prediction import predict

POWERS = {"quantity": "laser.power", "values": ["0.1 mW", "0.197284 mW"]}


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


@pytest.fixture(scope="module")
def expected(small_plan, ring):
    plan = small_plan(sweep=[POWERS])
    return list(expectations(plan, ring, 1))


def test_every_setting_is_named_in_the_order_of_its_values(expected):
    assert [row.setting for row in expected] == ["laser power 100 uW", "laser power 197.284 uW"]
    assert [[name for name, *_ in row.S_c] for row in expected] == [["light +1", "light −1"]] * 2


@pytest.mark.parametrize("place", [0, 1])
def test_the_expected_synchronization_is_the_predicted_one(expected, ring, place):
    stable = [p for p in predict(ring, power=[0.1e-3, 0.197284e-3][place]) if p.stable]
    assert [p.light for p in stable] == [1, -1]
    found = [value for _, value, _ in expected[place].S_c]
    assert found == pytest.approx([p.S_c for p in stable], rel=1e-6)


def test_the_contrast_is_that_of_both_directions(expected):
    for row in expected:
        (_, plus, _), (_, minus, _) = row.S_c
        assert row.contrast is not None
        assert row.contrast[0] == pytest.approx((plus - minus) / (plus + minus))


def test_four_times_the_averages_halve_the_error(small_plan, ring):
    """Fisher information grows with the number of averages."""

    def error(factor):
        band = {
            "start": "9.4 MHz",
            "stop": "11.6 MHz",
            "points": 301,
            "resolution_bandwidth": "2 kHz",
            "averages": 16 * factor,
        }
        shot = {"shot_noise": {"averages": 32 * factor}}
        [row] = expectations(small_plan(spectrum=band, calibrations=shot), ring, 1)
        return [sigma for *_, sigma in row.S_c]

    once, four_times = error(1), error(4)
    assert all(map(math.isfinite, once))
    assert [a / b for a, b in zip(once, four_times, strict=True)] == pytest.approx([2, 2], rel=1e-3)


def test_a_setting_without_a_stable_state_is_a_note_and_not_a_number(small_plan, ring):
    axis = {"quantity": "laser.detuning", "values": ["0 Hz", "-200 MHz"]}
    strong = small_plan(sweep=[axis], laser={"power": "200 mW", "wavelength": "1550 nm"})
    rows = list(expectations(strong, ring, 1))
    assert any(row.note for row in rows)
    assert all(not row.S_c for row in rows if row.note)


def test_a_plan_without_spectra_expects_nothing(small_plan, ring):
    how = {"start": "9 GHz", "stop": "11 GHz", "if_bandwidth": "1 kHz", "power": "1 uW"}
    plan = small_plan(spectrum=None, s_parameters=how, calibrations={})
    assert list(expectations(plan, ring, 1)) == []


def test_what_a_plan_sets_is_not_free_in_what_it_expects():
    """The drive's frequency sets the magnons' detunings: no fit is asked for them."""
    rows = list(expectations(load_plan("direction_of_field"), load_device("yig_pair"), 1))
    assert [row.note for row in rows] == [""]
    assert [name for name, *_ in rows[0].S_c] == ["field +1", "field −1"]
