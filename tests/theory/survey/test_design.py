"""The search for an operating point against scans that do not search."""

import numpy as np
import pytest

from phonosync.theory import InputError, UnstableError, load_device
from phonosync.theory.device.entries import find_entry
from phonosync.theory.prediction import predict
from phonosync.theory.survey import survey
from phonosync.theory.survey.axes import parse_ranges
from phonosync.theory.survey.design import Goal, design, parse_requirements


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


FREE = ["modes.cavity.detuning=5..25 MHz", "drive.power=0.02..1 mW log"]


@pytest.fixture(scope="module")
def designed(ring):
    return design(ring, parse_ranges(ring, FREE))


@pytest.fixture(scope="module")
def scan(ring):
    """S_c of both directions on a grid; alone the states that have no rival."""
    grid = ["modes.cavity.detuning=5..25 MHz:61", "drive.power=0.02..1 mW:61 log"]
    data = survey(ring, grid)
    alone = (data["stable_states"] == 1).all("light")
    return data["S_c"].where(alone)


def test_the_search_finds_what_a_scan_finds_and_a_little_more(designed, scan):
    difference = np.abs(scan.sel(light=1) - scan.sel(light=-1))
    best = float(difference.max())
    assert best <= designed.after.value < best + 2e-3
    place = difference.argmax(["modes.cavity.detuning", "drive.power"])
    for entry, value in designed.values.items():
        grid = scan[entry.name].values
        k = int(place[entry.name])
        assert grid[k - 1] < value < grid[k + 1]


def test_the_largest_contrast_is_not_that_of_two_tiny_numbers(ring, scan):
    found = design(ring, parse_ranges(ring, FREE), goal=Goal("contrast"))
    assert found.after.S_c.max() >= 1 / 3 - 1e-4
    chi = np.abs(scan.sel(light=1) - scan.sel(light=-1)) / scan.sum("light", skipna=False)
    allowed = chi.where(scan.max("light") >= 1 / 3)
    assert float(allowed.max()) <= found.after.value < float(allowed.max()) + 5e-3


def test_what_is_required_of_the_best_direction_is_met(ring):
    goal = Goal("contrast", {"S_c": 0.6})
    found = design(ring, parse_ranges(ring, FREE), goal=goal)
    free = design(ring, parse_ranges(ring, FREE), goal=Goal("contrast"))
    assert found.after.S_c.max() >= 0.6 - 1e-4
    assert found.after.value < free.after.value


def test_a_designed_device_is_what_predict_says_of_it(designed):
    S = {p.light: p.S_c for p in predict(designed.device) if p.stable}
    assert [S[light] for light, _ in designed.after.directions] == pytest.approx(
        designed.after.S_c, rel=1e-9
    )


def test_the_same_seed_finds_the_same_device(ring):
    free = parse_ranges(ring, ["modes.cavity.detuning=5..25 MHz"])
    values = [list(design(ring, free, seed=3, generations=4).values.values()) for _ in range(2)]
    assert values[0] == values[1]


def test_a_search_is_never_worse_than_the_file(ring):
    free = parse_ranges(ring, ["sagnac.shift=-50..50 MHz", "drive.power=1e-9..1 mW log"])
    found = design(ring, free, generations=1)
    assert found.after.value >= found.before.value * (1 - 1e-6)


def test_several_stable_states_need_a_named_branch():
    hybrid = load_device("hybrid")
    free = parse_ranges(hybrid, ["modes.magnon.detuning=-21.1..-20.9 MHz"])
    with pytest.raises(InputError, match="--branch"):
        design(hybrid, free, generations=2)
    upper = design(hybrid, free, generations=2, branch="upper")
    lower = design(hybrid, free, generations=2, branch="lower")
    assert upper.after.value > 0.3 > lower.after.value


def test_hopeless_searches_end_in_words(ring):
    def search(text, **goal):
        return design(ring, parse_ranges(ring, [text]), goal=Goal(**goal), generations=2)

    with pytest.raises(UnstableError, match="stable steady state in every direction"):
        search("modes.cavity.detuning=-3..3 MHz")
    with pytest.raises(InputError, match=r"reaches S_c >= 0\.99"):
        search("drive.power=0.1..0.2 mW", least={"S_c": 0.99})
    rest = load_device("reciprocal")
    with pytest.raises(InputError, match="same in both directions"):
        design(rest, parse_ranges(rest, ["drive.power=0.01..0.1 mW"]), generations=2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": "contrat"}, "did you mean 'contrast'"),
        ({"least": {"S_p": 0.1}}, "nothing to require is called 'S_p'"),
        ({"least": {"S_c": 2.0}}, "between 0 and 1"),
    ],
)
def test_a_goal_that_cannot_be_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        Goal(**options)


@pytest.mark.parametrize("text", ["S_c", "S_c=0.3", "S_c>=nan", "S_c>=-1", ">=0.3"])
def test_a_requirement_reads_name_at_least_number(text):
    with pytest.raises(InputError, match="no requirement"):
        parse_requirements([text])


def test_a_free_entry_outside_its_interval_does_not_start_there(ring):
    free = parse_ranges(ring, ["drive.power=0.3..0.5 mW"])
    found = design(ring, free, generations=3)
    assert 0.3e-3 <= found.values[find_entry(ring, "drive.power")] <= 0.5e-3
