"""The closed loop over the wire: what a finished run holds, and that its seed decides it."""

import contextlib
import json
import shutil
import sqlite3

import numpy as np
import pytest

from phonosync.analysis.run.cavity import direction_spectra
from phonosync.analysis.schema import load_run
from phonosync.experiments.plan.schedule import schedule
from phonosync.experiments.rig.virtual import virtual_rig
from phonosync.experiments.run.dataset import open_dataset
from phonosync.experiments.run.folder import open_run
from phonosync.experiments.run.loop import RunStoppedError, measure
from phonosync.theory.errors import InputError


@pytest.fixture(scope="module")
def virtual_run(tmp_path_factory, small_plan, measured):
    """Measure the virtual ring: the run, its folder, and what was watched.

    Beside the folder stands what a kill after 25 points would have left.
    """

    def run(seed):
        folder, watched = tmp_path_factory.mktemp("run") / "whole", []

        def watch(step):
            watched.append(step)
            if step.done == 25:
                shutil.copytree(folder, folder.with_name("killed"))

        with virtual_rig("ring", seed) as rig:
            path = measured(small_plan(), rig, folder, seed, watch=watch)
            assert rig.laser.read().on is False
        return load_run(path), folder, watched

    return run


@pytest.fixture(scope="module")
def first(virtual_run):
    return virtual_run(5)


def in_order(run, name):
    """A setting of the run's spectra in the order of measurement."""
    return run[name].values.ravel()[np.argsort(run["position"].values.ravel())]


def points(small_plan, seed):
    return list(schedule(small_plan(), seed))


def test_a_run_has_a_spectrum_for_every_direction_and_repetition(first):
    run, _, _ = first
    assert run["psd"].dims == ("light", "field", "branch", "repeat", "frequency")
    assert run["psd"].shape == (2, 1, 1, 16, 64)
    assert run["light"].values.tolist() == [1, -1]
    assert run["frequency"].values == pytest.approx(np.linspace(9.4e6, 11.6e6, 64))
    assert (run["psd"] > 0).all()
    assert (run["shot_noise_psd"] > 0).all()


def test_every_variable_with_a_unit_says_it(first):
    run, _, _ = first
    units = {name: run[name].attrs.get("units") for name in run.variables}
    measured = {
        "psd": "W/Hz",
        "mean_psd": "W/Hz",
        "laser_power_read": "W",
        "laser_wavelength_read": "m",
        "measured_at": "s",
    }
    reference = {f"shot_noise_{name}": unit for name, unit in measured.items()}
    found = {name: unit for name, unit in units.items() if unit}
    assert found == {"frequency": "Hz", **measured, **reference}


def test_the_settings_are_what_the_instruments_say(first):
    run, _, _ = first
    assert run["laser_power_read"].values.ravel() == pytest.approx(0.197284e-3, rel=1e-5)
    assert run["laser_wavelength_read"].values.ravel() == pytest.approx(1550e-9, rel=1e-9)
    assert (run["switch_direction"] == run["light"]).all()
    assert run["shot_noise_laser_power_read"].values.tolist() == [0.0]
    assert run.attrs["resolution_bandwidth_hz"] == 20e3
    assert (run.attrs["window"], run.attrs["detector"]) == ("gaussian", "sample")
    assert run.attrs["averaging"] == "rms"


def test_quads_and_positions_are_the_plans(first, small_plan):
    run, _, _ = first
    data = [point for point in points(small_plan, 5) if point.kind == "data"]
    assert in_order(run, "position").tolist() == [point.number for point in data]
    assert in_order(run, "switch_direction").tolist() == [point.setting.light for point in data]
    assert in_order(run, "quad").tolist() == [i // 4 for i in range(32)]
    assert (np.diff(in_order(run, "measured_at")) > 0).all()


def test_the_file_says_all_that_an_analysis_needs(first, small_plan):
    attributes = first[0].attrs
    assert attributes["status"] == "complete"
    assert attributes["seed"] == "5"
    assert json.loads(attributes["plan"])["laser"]["power"] == small_plan().laser.power
    assert (attributes["averages"], attributes["shot_noise_averages"]) == (1, 2)
    assert attributes["detection_efficiency"] == 0.7
    assert attributes["quadrature"] == "phase"
    assert attributes["virtual_device"] == "ring"
    assert {"python", "phonosync", "numpy", "qcodes"} <= set(json.loads(attributes["versions"]))
    assert "spectrum_analyzer" in json.loads(attributes["snapshot"])["station"]["instruments"]
    [session] = json.loads(attributes["sessions"])
    assert {"guid", "who", "versions", "git_commit"} <= set(session)


def test_the_analysis_does_not_read_what_the_device_file_says(first):
    """What the fit must find is kept with the run, but it is not looked at."""
    run = first[0]
    blind = run.assign_attrs(device_file="", virtual_device="", rig="")
    for with_it, without in zip(
        direction_spectra(run).power.values(), direction_spectra(blind).power.values(), strict=True
    ):
        np.testing.assert_array_equal(with_it, without)


def test_the_database_holds_the_same_run(first):
    run, folder, _ = first
    with contextlib.closing(sqlite3.connect(folder / "run.db")) as database:
        rows = database.execute("select guid, is_completed, phonosync_status from runs").fetchall()
    [session] = json.loads(run.attrs["sessions"])
    assert rows == [(session["guid"], 1, "complete")]


def test_qcodes_itself_opens_the_same_spectra(first):
    from qcodes.dataset import initialise_or_create_database_at, load_by_guid

    run, folder, _ = first
    initialise_or_create_database_at(folder / "run.db")
    [session] = json.loads(run.attrs["sessions"])
    data = load_by_guid(session["guid"]).get_parameter_data("psd")["psd"]
    number = int(run["position"].sel(light=-1, repeat=3).item())
    [row] = np.flatnonzero(data["point"][:, 0] == number)
    expected = run["psd"].sel(light=-1, repeat=3).values.ravel()
    np.testing.assert_array_equal(data["psd"][row], expected)


def test_who_watches_is_told_every_point(first, small_plan):
    _, _, watched = first
    planned = points(small_plan, 5)
    assert [step.point for step in watched] == planned
    assert [step.done for step in watched] == list(range(1, len(planned) + 1))
    assert {step.total for step in watched} == {len(planned)}
    assert watched[3].arrays["psd"].attrs["units"] == "W/Hz"


def test_cooled_phonons_are_seen_in_one_direction_and_hot_ones_in_the_other(first):
    power = direction_spectra(first[0]).power
    assert power[-1].max() > 2 * power[1].max()


def test_a_killed_run_goes_on_as_if_nothing_had_happened(first):
    """The virtual lab seeds its noise by run and point: in another lab the same numbers come."""
    run, folder, _ = first
    killed = folder.with_name("killed")
    assert open_run(killed).status == "killed"
    with virtual_rig("ring", 99) as rig:
        measure(killed, rig)
    again = open_dataset(killed)
    for name in ("psd", "mean_psd", "shot_noise_psd", "position", "quad", "laser_power_read"):
        np.testing.assert_array_equal(again[name].values, run[name].values)
    assert len(json.loads(again.attrs["sessions"])) == 2


def test_the_same_seed_gives_the_same_order_and_the_same_spectra(first, virtual_run):
    run, _, _ = first
    again, _, _ = virtual_run(5)
    for name in ("psd", "shot_noise_psd", "position", "quad"):
        np.testing.assert_array_equal(again[name].values, run[name].values)


# With a bench whose spectra take no time


def test_a_second_run_into_the_same_folder_is_refused(rig, small_plan, tmp_path, measured):
    path = measured(small_plan(), rig, tmp_path, 1)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"holds a run already; give another folder with --out"):
        measured(small_plan(), rig, tmp_path, 2)
    assert path.read_bytes() == before


def test_the_reference_is_measured_without_light_and_all_else_with_it(
    rig,
    bench,
    small_plan,
    tmp_path,
    measured,
):
    measured(small_plan(), rig, tmp_path, 1)
    assert [on for _, on, _ in bench.seen] == [False] + [True] * (len(bench.seen) - 1)
    assert [averages for *_, averages in bench.seen[:2]] == [2, 1]


@pytest.mark.parametrize("seed", range(3))
def test_within_a_quad_each_direction_follows_each_once(
    rig, bench, small_plan, tmp_path, seed, measured
):
    """Then a memory of the last setting falls on both directions alike."""
    run = load_run(measured(small_plan(), rig, tmp_path, seed))
    seen = [direction for direction, on, _ in bench.seen if on]
    kept = in_order(run, "switch_direction").tolist()
    follows, place = [], 0
    for before, now in zip([None, *seen], seen, strict=False):
        lead_in = place % 4 == 0 and before != now
        if not lead_in:
            assert now == kept[place]
            follows.append((before, now))
            place += 1
    assert place == 32
    for quad in range(8):
        pairs = sorted(follows[4 * quad : 4 * quad + 4])
        assert pairs == [(-1, -1), (-1, 1), (1, -1), (1, 1)]


def test_a_laser_that_goes_off_by_itself_stops_the_run(rig, small_plan, tmp_path, measured):
    def watch(step):
        if step.done == 6:
            rig.laser.off()

    with pytest.raises(RunStoppedError, match=r"the laser went off.*6 points are kept"):
        measured(small_plan(), rig, tmp_path, 1, watch=watch)


def test_a_switch_that_somebody_else_moves_stops_the_run(
    rig, bench, small_plan, tmp_path, measured
):
    analyzer = rig.spectrum_analyzer
    taken = []

    def psd(*band, **setting):
        spectrum = type(analyzer).psd(analyzer, *band, **setting)
        taken.append(spectrum)
        if len(taken) == 6:
            rig.direction_switch.set(-rig.direction_switch.read())
        return spectrum

    analyzer.psd = psd
    with pytest.raises(RunStoppedError, match=r"the switch reads direction .*who else controls it"):
        measured(small_plan(retries=0, missing_in_a_row=1), rig, tmp_path, 1)
    assert not bench.laser["on"]
