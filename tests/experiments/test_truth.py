"""The truth of a virtual device stands beside every number that theory knows."""

import json
from pathlib import Path

import pytest

from phonosync.analysis.report.row import DEVICE
from phonosync.analysis.report.rows import rows_of
from phonosync.analysis.report.write import write_report
from phonosync.analysis.run.analysis import RunAnalysis, analyse
from phonosync.analysis.schema import load_run
from phonosync.experiments.screens.truth import truth_of
from phonosync.theory import load_device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.prediction import predict

RUN = Path(__file__).parents[2] / "docs" / "data" / "three_powers.nc"


@pytest.fixture(scope="module")
def run():
    return load_run(RUN)


@pytest.fixture(scope="module")
def fitted(run):
    """A fit that began at a file that is not the lab's."""
    ring = load_device("ring")
    wrong = with_entries(ring, {find_entry(ring, "sagnac.shift"): -4.5e6})
    return analyse(run, device=wrong, free=FREE, interval="curvature")


FREE = ["modes.cavity.detuning", "sagnac.shift"]
FREE += [
    f"modes.phonon_{j}.{what}" for j in (1, 2) for what in ("frequency", "linewidth", "occupation")
]


def test_theory_is_taken_at_every_setting_of_the_run(run):
    truth = truth_of(RunAnalysis(run))
    assert truth is not None
    assert len(truth.states) == 6
    for state in truth.states:
        alone = predict(load_device("ring"), power=state["laser_power"])
        [expected] = [p for p in alone if p.stable and p.light == state["light"]]
        assert state["S_c"] == pytest.approx(expected.S_c, rel=1e-6)
        assert expected.occupations is not None
        assert state["occupations"] == pytest.approx(expected.occupations[1:], rel=1e-6)


def test_every_row_of_what_was_fitted_has_its_truth(fitted):
    rows = rows_of(fitted, truth_of(fitted))
    known = [row for row in rows if row.group in ("Synchronization", "Nonreciprocity", DEVICE)]
    assert len(known) == 6 * 3 + 1 + 3 * 2 + len(FREE)
    assert [row.quantity for row in known if row.truth is None] == []
    shift = next(row for row in known if row.quantity == "sagnac.shift")
    assert shift.truth == pytest.approx(-5.0)  # MHz, as the row has it
    contrast = {row.where: row for row in known if row.quantity.startswith("contrast")}
    for where, row in contrast.items():
        power = float(where.split()[-2]) * 1e-6
        stable = [p for p in predict(load_device("ring"), power=power) if p.stable]
        S = {p.light: p.S_c for p in stable if p.S_c is not None}
        assert row.truth == pytest.approx((S[1] - S[-1]) / (S[1] + S[-1]), rel=1e-6)


def test_parameters_of_one_cavity_have_the_truth_that_the_file_states(run):
    found = analyse(run.isel(laser_power=[0]))
    rows = [row for row in rows_of(found, truth_of(found)) if row.group == DEVICE]
    known = {row.quantity: (row.truth, row.unit) for row in rows if row.truth is not None}
    assert known["cavity linewidth"] == (2.0, "MHz")
    assert known["frequency 2"] == (11.0, "MHz")
    assert known["linewidth 1"] == (5.0, "kHz")
    assert known["occupation 1"] == (20.0, "")
    assert "detuning forward" not in known  # of the light's direction and power: no entry


def test_the_efficiency_of_the_device_is_its_own_and_not_the_stated_one(run):
    stated = run.assign_attrs(detection_efficiency=0.6)
    free = [*FREE[:1], "detection.efficiency"]
    found = analyse(stated, device=load_device("ring"), free=free, interval="curvature")
    truth = truth_of(found)
    assert truth is not None
    assert truth.entries["detection.efficiency"] == 0.7


def served(run, device):
    """The run as if it had been measured in a lab round a device, without a text of its file."""
    rig = {"virtual": {"device": device.name, "fingerprint": device.fingerprint}}
    return run.assign_attrs(virtual_device=device.name, device_file="", rig=json.dumps(rig))


def test_a_shipped_name_on_another_device_is_no_truth(run):
    ring = load_device("ring")
    assert truth_of(RunAnalysis(served(run, ring))) is not None
    other = with_entries(ring, {find_entry(ring, "sagnac.shift"): -4e6})
    assert truth_of(RunAnalysis(served(run, other))) is None


def test_where_the_device_oscillates_and_for_hardware_there_is_no_truth(run, tmp_path):
    assert truth_of(RunAnalysis(run.assign_attrs(virtual_device="", device_file=""))) is None
    lasing = served(run, load_device("optical_pair_one_way"))
    analysis = RunAnalysis(lasing)
    truth = truth_of(analysis)
    assert truth is not None
    stable = {
        (p.light, power)
        for power in run["laser_power"].values.tolist()
        for p in predict(load_device("optical_pair_one_way"), power=power)
        if p.stable
    }
    assert {(one["light"], one["laser_power"]) for one in truth.states} == stable
    page = write_report(analyse(run.isel(laser_power=[0])), tmp_path).read_text(encoding="utf-8")
    assert "truth of the virtual device" not in page
