import numpy as np
import pytest

from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.reference import reference_of
from phonosync.analysis.run.setting import settings_of
from phonosync.analysis.run.spectra import analyse_spectra
from phonosync.theory.errors import InputError

POWERS = (0.1e-3, 0.15e-3)


@pytest.fixture(scope="module")
def sweep(simulate_experiment):
    return simulate_experiment("ring", 5, powers=POWERS)


def test_noise_contrast_at_every_power_is_theorys(sweep, theory_excess):
    compared = analyse_spectra(sweep).compared["light"]
    for setting in settings_of(sweep):
        power = dict(setting.values)["laser_power"]
        plus, minus = (theory_excess("ring", light, 1, power) for light in (1, -1))
        here = compared.sel({"field": 1, **setting.at})
        sigma = float(here["contrast_high"] - here["contrast_low"]) / 4
        assert abs(float(here["contrast"]) - (plus - minus) / (plus + minus)) < 4 * sigma
        assert float(here["p"]) == 2 / 2**8


def test_a_drift_of_the_gain_inside_quads_is_told_from_the_direction(simulate_experiment):
    steady = simulate_experiment("reciprocal", 6, powers=(0.19e-3,))
    drifting = simulate_experiment(
        "reciprocal", 6, powers=(0.19e-3,), gain=lambda number: 1 + 0.03 * (number % 4)
    )
    still, moved = (analyse_spectra(run).compared["light"].squeeze() for run in (steady, drifting))
    # The gain acts on shot noise and excess alike: 3 % of 1 + A a spectrum.
    A = float(analyse_spectra(steady).spectra["excess"].mean())
    expected = 0.03 * (1 + A)
    sigma = float(moved["drift_high"] - moved["drift_low"]) / 4
    assert abs(float(moved["drift"]) - expected) < 4 * sigma < expected
    assert float(still["drift_low"]) < expected / 2
    assert float(moved["contrast_low"]) < 0 < float(moved["contrast_high"])


def test_light_and_field_crossed_show_the_interaction_of_the_hybrid(
    simulate_experiment, theory_excess
):
    run = simulate_experiment("hybrid", 7, powers=(0.126537e-3,), fields=(1, -1), averages=8)
    crossed = analyse_spectra(run).crossed
    assert crossed is not None
    found = crossed.squeeze()
    A = {(s, f): theory_excess("hybrid", s, f, 0.126537e-3) for s in (1, -1) for f in (1, -1)}
    truth = {
        "light": (A[1, 1] + A[1, -1] - A[-1, 1] - A[-1, -1]) / 2,
        "field": (A[1, 1] + A[-1, 1] - A[1, -1] - A[-1, -1]) / 2,
        "interaction": A[1, 1] - A[-1, 1] - A[1, -1] + A[-1, -1],
    }
    for name, value in truth.items():
        sigma = float(found[f"{name}_high"] - found[f"{name}_low"]) / 4
        assert abs(float(found[name]) - value) < 4 * sigma
        assert float(found[f"{name}_p"]) <= 2 / 2**8


def test_a_reference_that_drifts_is_followed_in_time(sweep):
    times = np.arange(4.0) * 600
    levels = 2.5e-15 * (1 + 0.1 * np.arange(4))[:, None] * np.ones(sweep.sizes["frequency"])
    run = sweep.drop_vars("shot_noise_psd").assign(
        shot_noise_psd=(("shot_noise_repeat", "frequency"), levels, {"units": "W/Hz"}),
        shot_noise_measured_at=("shot_noise_repeat", times),
        measured_at=sweep["position"] * 10.0,
    )
    reference = reference_of(run)
    assert reference.interpolated
    # A tenth of the first level every ten minutes, of the mean level an hour.
    assert reference.drift_per_hour.value == pytest.approx(0.6 / 1.15)
    power = analyse_spectra(run).spectra["power"]
    assert float(power.mean()) < float(analyse_spectra(sweep).spectra["power"].mean())


def test_dark_noise_is_taken_off_spectra_and_reference(sweep):
    dark = 0.2 * 2.5e-15
    run = sweep.assign(
        psd=(sweep["psd"] + dark).assign_attrs(units="W/Hz"),
        shot_noise_psd=(sweep["shot_noise_psd"] + dark).assign_attrs(units="W/Hz"),
        dark_psd=(("dark_repeat", "frequency"), np.full((1, sweep.sizes["frequency"]), dark)),
    )
    clean, freed = analyse_spectra(sweep), analyse_spectra(run)
    np.testing.assert_allclose(freed.spectra["power"], clean.spectra["power"], rtol=1e-9)
    assert freed.reference.dark == pytest.approx(0.2, rel=1e-3)


def test_directions_are_compared_at_equal_power(simulate_experiment, theory_excess):
    run = simulate_experiment("ring", 8, powers=(0.1e-3, 0.12e-3, 0.14e-3, 0.16e-3))
    asked = run["laser_power"] * (1 + 0.05 * run["light"])  # one direction gets 10 % more
    read = asked.broadcast_like(run["position"]).transpose(*run["position"].dims)
    found = analyse_spectra(run.assign(laser_power_read=read.assign_attrs(units="W")))
    compared = found.at_equal_settings["light"].squeeze()
    middle = compared.isel(laser_power=1)
    assert float(middle["common_setting"]) == pytest.approx(0.12e-3, rel=1e-6)
    # Forward's excess at 0.12 mW read back is that of a run at 0.12/1.05 mW.
    plus, minus = (theory_excess("ring", s, 1, 0.12e-3 / (1 + 0.05 * s)) for s in (1, -1))
    sigma = float(middle["contrast_high"] - middle["contrast_low"]) / 4
    assert abs(float(middle["contrast"]) - (plus - minus) / (plus + minus)) < 4 * sigma
    assert any("equal" in note for note in found.notes)


def test_an_unfinished_run_says_so_and_is_analysed(sweep):
    found = analyse(sweep.isel(laser_power=[0]).assign_attrs(status="killed"))
    assert "killed" in found.notes[0]
    assert len(found.cavity) == 1


def test_a_run_without_efficiency_asks_for_it(sweep):
    with pytest.raises(InputError, match="--efficiency"):
        analyse(sweep.assign_attrs(detection_efficiency=np.nan))
