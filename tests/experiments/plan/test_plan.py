"""Plans: the order of directions, and what a wrong plan is told."""

import numpy as np
import pytest

from phonosync.experiments.plan.plan import load_plan
from phonosync.experiments.plan.schedule import schedule
from phonosync.theory.errors import InputError


def order_of(plan, seed):
    return [p.setting.light for p in schedule(plan, seed) if p.kind == "data"]


def test_every_quad_is_abba_or_baab_and_both_occur(small_plan):
    order = order_of(small_plan(quads=40), 1)
    quads = {tuple(order[i : i + 4]) for i in range(0, 160, 4)}
    assert quads == {(1, -1, -1, 1), (-1, 1, 1, -1)}


@pytest.mark.parametrize("seed", range(5))
def test_both_directions_are_measured_equally_often(small_plan, seed):
    order = order_of(small_plan(quads=9), seed)
    assert len(order) == 36
    assert sum(order) == 0


def test_a_linear_drift_adds_nothing_to_a_quads_difference(small_plan):
    order = np.array(order_of(small_plan(quads=20), 2)).reshape(20, 4)
    time = np.arange(80.0).reshape(20, 4)
    assert (order * time).sum(axis=1) == pytest.approx(0.0)


def test_the_signs_are_fair(small_plan):
    order = order_of(small_plan(quads=4000), 3)
    assert abs(np.mean(order[::4])) < 4 / np.sqrt(4000)


def test_the_same_seed_gives_the_same_order_and_another_seed_another(small_plan):
    orders = [order_of(small_plan(quads=30), seed) for seed in (4, 4, 5)]
    assert orders[0] == orders[1] != orders[2]


def test_the_shipped_plan_is_a_direction_experiment():
    plan = load_plan("direction_of_light")
    assert plan.quads >= 8
    assert plan.spectrum is not None
    assert plan.laser is not None
    assert plan.spectrum.start < 10e6 < 11e6 < plan.spectrum.stop
    assert plan.laser.power == pytest.approx(0.197284e-3)


CONTENT = """
name: wrong
laser: {power: 0.2 mW, wavelength: 1550 nm}
spectrum: {start: 9 MHz, stop: 12 MHz, resolution_bandwidth: 2 kHz, averages: 8}
quads: 8
"""


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("0.2 mW", "3 s", r"laser\.power: '3 s' is not a power \(its unit is of time\).*'0.3 mW'"),
        ("0.2 mW", "0.2", r"laser\.power: 0\.2 has no unit; write for example '0.3 mW'"),
        ("0.2 mW", "-1 mW", r"laser\.power: Input should be greater than 0"),
        ("quads: 8", "quads: 7", r"quads: Input should be greater than or equal to 8, found 7"),
        ("averages", "avarages", r"unknown key 'spectrum\.avarages'; did you mean 'averages'\?"),
        ("quads", "quds", r"unknown key 'quds'; did you mean 'quads'\?"),
        ("stop: 12 MHz", "stop: 8 MHz", r"stop 8e\+06 Hz is not above start 9e\+06 Hz"),
        ("averages: 8", "averages: 0", r"spectrum\.averages: .*found 0"),
        ("name: wrong", "", r"'name' is missing; add it"),
        ("quads: 8", "settling_time: 2 MHz", r"settling_time: '2 MHz' is not a time"),
    ],
)
def test_a_wrong_plan_is_told_what_to_change(tmp_path, right, wrong, said):
    path = tmp_path / "plan.yaml"
    path.write_text(CONTENT.replace(right, wrong), encoding="utf-8")
    with pytest.raises(InputError, match=said) as error:
        load_plan(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_a_missing_plan_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no plan at .*absent\.yaml; check the name"):
        load_plan(tmp_path / "absent.yaml")


def test_a_misspelt_shipped_plan_is_met_with_its_name():
    with pytest.raises(InputError, match="'direction_of_ligth'; did you mean 'direction_of_light'"):
        load_plan("direction_of_ligth")
