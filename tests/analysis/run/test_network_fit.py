"""The file may have no stable state where the device itself is at rest, and the other way round."""

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.expected import state_at
from phonosync.analysis.run.analysis import analyse
from phonosync.theory import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.errors import UnstableError
from phonosync.theory.prediction import predict

POWER = 0.126537e-3
FREE = ("modes.cavity.detuning", "sagnac.shift")


def beyond_its_fold():
    """The hybrid's file with light −1 past the fold that the device stands near."""
    hybrid = load_device("hybrid")
    off = {"modes.cavity.detuning": 8.557e6, "sagnac.shift": 3.9352e6}
    wrong = with_entries(hybrid, {find_entry(hybrid, name): value for name, value in off.items()})
    with pytest.raises(UnstableError):
        state_at(wrong, (), np.empty(0), Condition(light=-1, power=POWER))
    return wrong


def test_a_direction_beyond_the_files_fold_is_fitted(simulate_experiment):
    run = simulate_experiment("hybrid", 21, powers=(POWER,), averages=16, quads=4)
    found = analyse(run, device=beyond_its_fold(), free=FREE).network
    assert found is not None
    truth = {
        p.light: float(p.S_c or 0)
        for p in predict(load_device("hybrid"))
        if p.field == 1 and p.stable
    }
    here = found.settings.sel(field=1).squeeze()
    for light in (1, -1):
        sigma = float(np.diff(here.sel(light=light)[["S_c_low", "S_c_high"]].to_array())[0]) / 4
        assert abs(float(here["S_c"].sel(light=light)) - truth[light]) < 4 * sigma
    assert any("no stable state at 1 of 2" in note and "was fitted" in note for note in found.notes)


def test_a_direction_that_oscillates_is_left_out(simulate_experiment):
    power = 0.197284e-3
    run = simulate_experiment("ring", 22, powers=(power,), quads=4)
    f = run["frequency"].values
    line = 1 + 3e4 * np.exp(-(((f - 10.02e6) / 3e3) ** 2))  # as narrow as the points allow
    run["psd"].loc[{"light": -1}] = run["psd"].sel(light=-1) * line
    # Light +1 meets the cavity as it does the ring's, light −1 on the side that amplifies.
    blue = with_entries(
        load_device("ring"),
        {
            find_entry(load_device("ring"), "modes.cavity.detuning"): 1e6,
            find_entry(load_device("ring"), "sagnac.shift"): 9e6,
        },
    )
    found = analyse(run, device=blue, free=("modes.cavity.detuning",)).network
    assert found is not None
    assert {light for light, _, _ in found.traces} == {1}
    assert any("oscillates" in note and "not in the fit" in note for note in found.notes)
    assert np.isnan(float(found.settings["S_c"].sel(light=-1).squeeze()))
    truth = next(p.S_c for p in predict(load_device("ring")) if p.stable and p.light == 1)
    assert found.settings["S_c"].sel(light=1).squeeze() == pytest.approx(truth, abs=0.03)
