"""A plan in a run's journal is the plan: every shipped one, through JSON and back."""

import json
from importlib import resources

import pytest

from phonosync.experiments.plan.plan import Plan, load_plan
from phonosync.experiments.plan.schedule import schedule

FOLDER = resources.files("phonosync.experiments") / "plans"
SHIPPED = sorted(p.name.removesuffix(".yaml") for p in FOLDER.iterdir() if ".yaml" in p.name)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_plan_survives_its_journal(name):
    plan = load_plan(name)
    record = json.loads(json.dumps(plan.model_dump(mode="json")))
    again = Plan.from_record(record)
    assert again == plan
    assert list(schedule(again, 7)) == list(schedule(plan, 7))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_plan_is_named_as_its_file_and_described(name):
    plan = load_plan(name)
    assert plan.name == name
    assert plan.description
    assert plan.warnings == []


def test_a_record_in_si_is_not_read_as_text_with_units(small_plan):
    axis = {"quantity": "laser.power", "start": "0.1 mW", "stop": "1 mW", "points": 3}
    plan = small_plan(sweep=[axis], interlocks=[{"quantity": "laser_lock"}])
    record = plan.model_dump(mode="json")
    assert record["laser"]["power"] == pytest.approx(0.197284e-3)
    assert record["sweep"][0]["stop"] == pytest.approx(1e-3)
    assert Plan.from_record(record) == plan


def test_a_range_and_its_listed_values_are_the_same_sweep(small_plan):
    how = {"quantity": "laser.power", "start": "0.1 mW", "stop": "10 mW", "points": 3}
    [axis] = small_plan(sweep=[{**how, "spacing": "log"}]).sweep
    assert axis.ascending == pytest.approx((1e-4, 1e-3, 1e-2), rel=1e-11)
    [axis] = small_plan(sweep=[{**how, "start": "10 mW", "stop": "0.1 mW"}]).sweep
    assert axis.ascending == pytest.approx((1e-4, 5.05e-3, 1e-2), rel=1e-11)
