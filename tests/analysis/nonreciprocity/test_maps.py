"""Which settings of a map are nonreciprocal."""

from itertools import product

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.nonreciprocity.maps import significance_map
from phonosync.analysis.nonreciprocity.permutation import permutation_p_value
from phonosync.theory.errors import InputError

QUADS = 10


def over(values):
    return xr.DataArray(values, dims=("quad", "laser_power", "detuning"))


def noise(seed, quads=QUADS, shape=(3, 4)):
    return over(np.random.default_rng(seed).standard_normal((quads, *shape)))


def test_each_setting_has_the_value_of_its_own_quads():
    d = noise(1)
    found = significance_map(d, shared_signs=True)
    assert found.p.dims == ("laser_power", "detuning")
    assert float(found.p[1, 2]) == permutation_p_value(d[:, 1, 2])


def test_q_values_are_those_of_benjamini_and_hochberg_by_hand():
    found = significance_map(noise(2), shared_signs=True)
    p = np.sort(found.p.values.ravel())
    stepped = p * len(p) / np.arange(1, len(p) + 1)
    by_hand = np.minimum.accumulate(stepped[::-1])[::-1]
    assert np.sort(found.q.values.ravel()) == pytest.approx(np.minimum(by_hand, 1))
    any_kind = significance_map(noise(2), shared_signs=True, dependence="any")
    harmonic = np.sum(1 / np.arange(1, 13))
    assert np.all(any_kind.q >= np.minimum(found.q * harmonic, 1) - 1e-12)


def test_the_largest_statistic_is_counted_over_all_patterns():
    d = noise(3, quads=5, shape=(1, 3))
    unit = (d / np.sqrt((d**2).sum("quad"))).values[:, 0]
    measured = np.abs(unit.sum(axis=0))
    largest = [np.abs(np.array(s) @ unit).max() for s in product((1, -1), repeat=5)]
    by_hand = [np.mean(np.array(largest) >= m - 1e-12) for m in measured]
    found = significance_map(d, shared_signs=True)
    assert found.p_family.values[0] == pytest.approx(by_hand)


def test_a_single_setting_needs_no_correction():
    found = significance_map(noise(4, shape=(1, 1)), shared_signs=True)
    assert found.q.item() == found.p.item() == found.p_family.item()


@pytest.mark.parametrize("shared", [True, False])
def test_a_reciprocal_map_has_a_false_setting_in_one_of_twenty(shared, monkeypatch):
    monkeypatch.setattr("phonosync.analysis.nonreciprocity.maps._DRAWS", 200)
    runs, family = 150, 0
    for seed in range(runs):
        quads = noise(seed).values
        if shared:  # neighbours share most of their noise
            quads = quads + 2 * quads[:, :1, :1]
        family += float(significance_map(over(quads), shared_signs=shared).p_family.min()) <= 0.05
    assert family / runs < 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
    assert family > 0


def test_the_share_of_false_discoveries_is_kept():
    false, found = [], 0
    for seed in range(60):
        d = noise(seed).values
        d[:, 0] += 2.5
        called = significance_map(over(d), shared_signs=True).q.values <= 0.1
        false.append(called[1:].sum() / max(called.sum(), 1))
        found += called[0].sum()
    assert np.mean(false) < 0.1
    assert found > 0.9 * 4 * 60


def test_settings_that_were_not_finished_are_left_out():
    d = noise(5)
    d[3, 0, 0] = np.nan
    found = significance_map(d, shared_signs=True)
    assert np.isnan(found.q[0, 0])
    assert int(found.q.notnull().sum()) == 11
    with pytest.raises(InputError, match="no setting"):
        significance_map(d * np.nan, shared_signs=True)
    with pytest.raises(InputError, match="none is 'quad'"):
        significance_map(d.rename(quad="repeat"), shared_signs=True)


def test_too_few_quads_for_a_map_are_said_with_how_many_would_do():
    few = significance_map(noise(6, quads=6), shared_signs=True)
    assert "with 8 quads a quarter would do" in few.attrs["note"]
    assert "note" not in significance_map(noise(6, quads=8), shared_signs=True).attrs
    # The advice holds: all of a quarter at the least p of 8 quads reach q = 0.05.
    d = noise(7, quads=8).values
    d[:, 0] += 100
    d[:, 1:] *= np.sign(d[:, 1:].sum(axis=0)) * np.array([1, -1] * 4)[:, None, None]
    assert np.all(significance_map(over(d), shared_signs=True).q[0] <= 0.05)
