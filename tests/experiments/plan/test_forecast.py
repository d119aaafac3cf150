"""What a plan is said to cost, counted by hand from its own numbers."""

from collections import Counter
from itertools import pairwise

import pytest

from phonosync.experiments.plan.forecast import MagnetPace, forecast
from phonosync.experiments.plan.schedule import schedule

FIELD = {"size": "300 mT"}
UP_AND_DOWN = {"quantity": "laser.power", "values": ["0.1 mW", "0.2 mW"], "path": "both"}
WARM = {"quantity": "temperature", "values": ["10 mK", "20 mK"]}
CONTROL = {"kind": "low_power", "power": "1 uW", "every": 4}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"direction": "both", "field": FIELD},
        {"sweep": [UP_AND_DOWN]},
        {"sweep": [WARM], "control": CONTROL},
        {"calibrations": {"dark": {"every": 2}, "thermal": {"power": "1 uW"}}},
    ],
)
def test_points_are_those_of_the_schedule(small_plan, changes):
    plan = small_plan(**changes)
    counted = Counter(point.kind for point in schedule(plan, 3))
    assert forecast(plan, 3).points == counted


def test_spectra_take_two_record_lengths_an_average(small_plan):
    """RBW 20 kHz, one average: 100 µs a spectrum, 200 µs the reference of two averages."""
    cost = forecast(small_plan(), 1)
    spectra = cost.points["data"] + cost.points["lead_in"]
    assert cost.acquisition_s == pytest.approx(spectra * 1e-4 + 2e-4)


def test_network_analyzer_and_records_add_their_time_but_not_to_calibrations(small_plan):
    plan = small_plan(
        s_parameters={
            "start": "9 GHz",
            "stop": "11 GHz",
            "points": 101,
            "if_bandwidth": "1 kHz",
            "power": "1 uW",
            "averages": 3,
        },
        quadratures={"duration": "2 s", "rate": "1 kHz"},
    )
    cost, alone = forecast(plan, 1), forecast(small_plan(), 1)
    visits = cost.points["data"] + cost.points["lead_in"]
    assert cost.acquisition_s - alone.acquisition_s == pytest.approx(visits * (2 + 0.606))
    # 8 bytes a number: 4 S-parameters of 101 points, 4 records of 2000 numbers, each more than once
    assert cost.size_bytes - alone.size_bytes > 32 * 8 * (4 * 101 * 2 + 4 * 2000)


def test_settling_is_counted_once_a_change(small_plan):
    plan = small_plan(settling_time="2 s")
    points = list(schedule(plan, 5))
    changes = 1 + sum(a.setting != b.setting for a, b in pairwise(points))
    assert forecast(plan, 5).settling_s == pytest.approx(2 * changes)


def test_a_reversed_field_ramps_through_zero(small_plan):
    field = {**FIELD, "backward": "-[100]"}
    plan = small_plan(direction="field", field=field)
    cost = forecast(plan, 2, magnet=MagnetPace(ramp_rate_t_per_s=0.01, settle_s=0.0))
    turns = cost.changes["field_along"]
    assert cost.ramping_s == pytest.approx(30 + (turns - 1) * 60)
    assert cost.unknown == []


def test_a_magnet_of_unknown_pace_is_said_to_be_unknown(small_plan):
    cost = forecast(small_plan(direction="field", field=FIELD), 2)
    assert cost.ramping_s == 0
    assert "ramp_rate_t_per_s" in cost.unknown[0]


def test_temperatures_are_counted_and_their_duration_is_not_invented(small_plan):
    cost = forecast(small_plan(sweep=[WARM]), 1)
    assert cost.changes["temperature"] == 2
    assert cost.unknown == ["2 changes of temperature"]
