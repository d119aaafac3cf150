"""What counts as synchronizing one way, and how sure a fraction is."""

import numpy as np
import pytest
from scipy.stats import binomtest

from phonosync.theory import InputError
from phonosync.theory.survey.robustness import (
    Criterion,
    fraction_interval,
    preferred_direction,
    synchronizes_one_way,
)

NAN = float("nan")


@pytest.mark.parametrize("count", [0, 1, 7, 50, 99, 100])
def test_the_interval_of_a_fraction_is_clopper_and_pearsons(count):
    exact = binomtest(count, 100).proportion_ci(0.95, method="exact")
    found = [float(x) for x in fraction_interval(count, 100)]
    assert found == pytest.approx([count / 100, exact.low, exact.high], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("S_c", "preferred", "passes"),
    [
        ((0.6, 0.2), +1, True),
        ((0.6, 0.2), -1, False),
        ((0.2, 0.6), -1, True),
        ((0.6, 0.4), +1, False),  # twice as much is asked for
        ((0.3, 0.1), +1, False),  # too little synchronization
        ((0.6, NAN), +1, False),  # oscillates in reverse
        ((NAN, 0.1), +1, False),
        ((0.6, 0.2), 0, False),
    ],
)
def test_one_way_is_much_in_the_preferred_direction_and_less_in_reverse(S_c, preferred, passes):
    assert bool(synchronizes_one_way(S_c, preferred, Criterion())) is passes


def test_the_preferred_direction_is_that_of_the_larger_S_c():
    S = np.array([[0.6, 0.1], [0.1, 0.6], [NAN, 0.1], [0.1, NAN], [NAN, NAN]])
    assert preferred_direction(S).tolist() == [1, -1, -1, 1, 0]


@pytest.mark.parametrize("options", [{"S_c": -0.1}, {"contrast": 1.5}, {"S_c": NAN}])
def test_a_threshold_lies_between_nothing_and_everything(options):
    with pytest.raises(InputError, match="between 0 and 1"):
        Criterion(**options)
