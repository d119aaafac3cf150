"""Like with like where a device is bistable."""

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.nonreciprocity.branches import bistability_notes, bistable, paired_branches
from phonosync.theory.errors import InputError

POWER = np.array([1.0, 2.0, 3.0, 4.0])


def swept(up, down, order=("up", "down")):
    values = {"up": up, "down": down}
    data = xr.DataArray(
        [values[b] for b in order],
        {"branch": list(order), "laser_power": POWER},
        dims=("branch", "laser_power"),
    )
    data["laser_power"].attrs["units"] = "mW"
    return data


def test_up_meets_up_and_down_meets_down_whatever_their_order():
    forward = swept([1.0, 2, 3, 4], [5.0, 6, 7, 8])
    backward = swept([10.0, 20, 30, 40], [50.0, 60, 70, 80], order=("down", "up"))
    here, there = paired_branches(forward, backward)
    xr.testing.assert_identical(here["branch"], there["branch"])
    assert (there.sel(branch="up") / here.sel(branch="up")).values.tolist() == [10] * 4
    assert there.values[0].tolist() == [10, 20, 30, 40]


def test_an_up_sweep_is_not_compared_with_a_down_sweep():
    data = swept([1.0, 2, 3, 4], [5.0, 6, 7, 8])
    up, down = data.sel(branch="up"), data.sel(branch="down")
    with pytest.raises(InputError, match="forward was measured on branch up, backward on branch"):
        paired_branches(up, down)
    with pytest.raises(InputError, match=r"laser power 3 mW: another branch is another state"):
        paired_branches(up.sel(laser_power=3.0), down.sel(laser_power=3.0))
    with pytest.raises(InputError, match="no coordinate 'branch'"):
        paired_branches(up.drop_vars("branch"), up)
    paired_branches(up, up)


def test_a_setting_that_one_direction_lacks_is_named_with_its_branch():
    forward = swept([1.0, 2, 3, 4], [5.0, 6, 7, 8])
    backward = swept([1.0, 2, 3, 4], [5.0, np.nan, 7, 8])
    with pytest.raises(InputError, match=r"branch down at laser power 2 mW .* forward only"):
        paired_branches(forward, backward)
    with pytest.raises(InputError, match="same settings"):
        paired_branches(forward, backward.isel(laser_power=slice(3)))


def test_where_only_one_direction_is_bistable_is_said():
    error = swept(np.full(4, 0.1), np.full(4, 0.1))
    forward = swept([1.0, 1, 1, 2], [1.0, 2, 2, 2])  # hysteresis at 2 and 3 mW
    backward = swept([1.0, 1, 1, 1], [1.1, 0.9, 2.0, 1.0])  # at 3 mW only
    here, there = bistable(forward, error), bistable(backward, error)
    assert here.values.tolist() == [False, True, True, False]
    assert there.values.tolist() == [False, False, True, False]
    notes = bistability_notes(here, there)
    assert notes[0] == "both directions are bistable at 1 setting."
    assert notes[1].startswith("only forward is bistable at 1 setting (laser power 2 mW)")
    assert bistability_notes(here & False, there & False) == []


def test_noise_makes_a_monostable_device_bistable_in_one_of_twenty_maps():
    random, settings, found, maps = np.random.default_rng(1), 25, 0, 400
    for _ in range(maps):
        values = xr.DataArray(
            random.standard_normal((2, settings)),
            {"branch": ["up", "down"]},
            dims=("branch", "detuning"),
        )
        found += bool(bistable(values, xr.ones_like(values)).any())
    assert found / maps == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / maps))


def test_one_sweep_shows_no_bistability():
    data = swept([1.0, 2, 3, 4], [5.0, 6, 7, 8])
    with pytest.raises(InputError, match="branch up; measure both"):
        bistable(data.sel(branch=["up"]), data)
