"""The methods paragraph says what was done, and nothing that was not."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.models.synchronization import network_synchronization
from phonosync.analysis.report.methods import methods_of
from phonosync.analysis.run.analysis import RunAnalysis, analyse
from phonosync.theory import load_device

WORDS = {
    "curvature": "from the curvature of the likelihood",
    "profile": "by profile likelihood",
    "bootstrap": "by a parametric bootstrap of 200 fits",
}
FIELLER = "Fieller's (doi:10.1111/j.2517-6161.1954.tb00159.x)"


def sentences(analysis):
    """Sentences by what they begin with."""
    text = methods_of(analysis).split("**Software")[0]
    return [one.strip() for one in text.replace("\n", " ").split(". ")]


def starting(analysis, words):
    [found] = [one for one in sentences(analysis) if one.startswith(words)]
    return found


@pytest.mark.parametrize("methods", list(product(WORDS, WORDS)))
def test_intervals_of_states_and_of_entries_are_each_said_as_they_were_found(sweep_report, methods):
    of_states, of_entries = methods
    network = sweep_report.network
    said = replace(network.synchronization, method=of_states)
    analysis = replace(
        sweep_report, network=replace(network, interval=of_entries, synchronization=said)
    )
    states = starting(analysis, "Intervals are 95 %")
    entries = starting(analysis, "Those of the device's entries")
    assert [words for words in WORDS.values() if words in states] == [WORDS[of_states]]
    assert FIELLER not in states
    assert "logarithm of the ratio" in states
    if of_states == of_entries:
        assert "likewise" in entries
    else:
        assert [words for words in WORDS.values() if words in entries] == [WORDS[of_entries]]


def test_the_method_that_is_said_is_the_one_whose_intervals_are_in_the_table(sweep_report):
    network = sweep_report.network
    assert network.interval == "profile"  # of entries of a run with six states
    again = network_synchronization(network.fit, method=network.synchronization.method)
    assert [one.S_c for one in again.states] == [one.S_c for one in network.synchronization.states]
    contrasts = [one.contrast for one in network.synchronization.contrasts]
    assert [one.contrast for one in again.contrasts] == contrasts


def test_states_that_are_loosely_known_have_profiles_and_the_paragraph_says_so(simulate_run):
    data = simulate_run("ring", 7, averages=1, points=201)
    plan = '{"laser": {"power": 0.000197284, "wavelength": 1.55e-6}}'
    network = analyse(data.assign_attrs(plan=plan), device=load_device("ring")).network
    assert network is not None
    assert network.synchronization.method == "profile"
    text = starting(RunAnalysis(data, network=network), "Intervals are 95 %")
    assert WORDS["profile"] in text


def test_of_one_cavity_the_contrast_is_fiellers_and_no_device_is_mentioned(ring_report):
    text = methods_of(ring_report)
    assert WORDS["curvature"] in text
    assert WORDS["profile"] not in text
    assert f"that of the contrast of S_c is {FIELLER}" in text
    assert "device" not in text.split("**Software")[0]


def test_the_contrast_of_noise_power_is_fiellers_beside_any_model(sweep_report):
    assert FIELLER in starting(sweep_report, "Without a model, the contrast of the noise power")
    nothing = {
        what: one.drop_vars(["contrast", "contrast_low", "contrast_high"])
        for what, one in sweep_report.spectra.compared.items()
    }
    spectra = replace(sweep_report.spectra, compared=nothing)
    assert FIELLER not in methods_of(replace(sweep_report, spectra=spectra))


def test_what_was_fitted_is_counted(sweep_report):
    text = methods_of(sweep_report)
    assert "K = 128 we fitted" in text
    assert f"{len(sweep_report.network.fit.entries)} entries of its file free" in text
    assert "all directions and settings jointly" in text
    some = dict(list(sweep_report.network.traces.items())[:4])
    fewer = replace(sweep_report, network=replace(sweep_report.network, traces=some))
    assert "4 of 6 directions and settings jointly, with 2 spectra of the calibrations" in (
        methods_of(fewer)
    )


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({}, "taken as 0.7"),
        ({"detection_efficiency_error": 0.02}, "0.7 ± 0.02 (one standard error)"),
    ],
)
def test_an_efficiencys_error_is_said_and_carried_only_into_a_fit(sweep_run, attributes, said):
    data = sweep_run.assign_attrs(attributes)
    text = starting(RunAnalysis(data), "The detection efficiency")
    assert text.endswith(said)  # nothing is fitted here


def test_a_run_that_ended_early_says_how_many_quads_its_settings_have(sweep_run):
    quad = sweep_run["quad"].copy(deep=True)
    quad[{"laser_power": 2, "repeat": slice(10, None)}] = np.nan
    analysis = RunAnalysis(sweep_run.assign(quad=quad))
    assert "5 to 8 quads were taken" in methods_of(analysis)


def test_another_order_is_neither_called_quads_nor_tested(sweep_run):
    data = sweep_run.assign_attrs(plan='{"order": "blocks"}')
    text = methods_of(RunAnalysis(data))
    assert "in one block a direction" in text
    assert "quads" not in text
    assert "permutation" not in text


def test_both_ways_through_a_sweep_are_said(sweep_run):
    parts = sweep_run[["psd", "quad", "position"]]
    down = parts.assign_coords(branch=["down"])
    both: Any = xr.concat([parts, down], "branch", combine_attrs="override")
    assert "in 3 values, up and down again" in methods_of(RunAnalysis(both))
    assert "up and down" not in methods_of(RunAnalysis(sweep_run))


def test_other_versions_than_those_of_the_measurement_are_named(sweep_run):
    text = methods_of(RunAnalysis(sweep_run.assign_attrs(versions='{"lmfit": "0.0.1"}')))
    assert "Measured with lmfit 0.0.1" in text
    assert "Analysed with phonosync" in text
