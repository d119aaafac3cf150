"""Sections of spectra and of a fitted device: page, tables and figures say what the result says."""

import csv
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.figures.files import FigureFiles
from phonosync.analysis.report.pictures import pictures_of
from phonosync.analysis.report.rows import rows_of
from phonosync.analysis.report.summary import summary_of
from phonosync.analysis.report.write import write_report
from phonosync.analysis.run.analysis import RunAnalysis
from phonosync.analysis.run.setting import settings_of
from phonosync.theory.errors import InputError

# Labels of what has no unit.
PURE = ("synchronization", "contrast", "locking value")


@pytest.fixture(scope="module")
def folder(sweep_report, tmp_path_factory):
    files = FigureFiles(("svg",))
    return write_report(sweep_report, tmp_path_factory.mktemp("sweep"), files=files).parent


@pytest.fixture(scope="module")
def result(folder):
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def table(folder):
    text = (folder / "table.csv").read_text(encoding="utf-8")
    return {(row["quantity"], row["where"]): row for row in csv.DictReader(text.splitlines())}


@pytest.fixture(scope="module")
def page(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    return re.sub(r"base64,[A-Za-z0-9+/=]+|<style>.*?</style>", "", text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def pictures(sweep_report):
    return {picture.name: picture for picture in pictures_of(sweep_report)}


def where(entry):
    power = f"laser power {entry['laser_power'] * 1e6:g} µW"
    return f"light {entry['light']:+d}, {power}".replace("-", "−") if "light" in entry else power


def agrees(printed, interval):
    """The table rounds by two digits of the half width."""
    half = (interval["high"] - interval["low"]) / 2
    ends = ("low_95", "low"), ("high_95", "high"), ("value", "value")
    return all(abs(float(printed[a]) - interval[b]) <= 0.06 * half for a, b in ends)


def test_the_table_holds_the_synchronization_of_the_result(result, table):
    entries = result["network"]["settings"]
    assert len(entries) == 6
    for entry in entries:
        for words, name in (
            ("complete synchronization S_c", "S_c"),
            ("quanta of phonon 1", "occupation_1"),
        ):
            assert agrees(table[words, where(entry)], entry[name])


def test_the_table_holds_both_contrasts_of_the_result(result, table):
    for entry in result["network"]["compared"]["light"]:
        assert agrees(table["contrast χ of S_c, light", where(entry)], entry["contrast"])
    for entry in result["spectra"]["compared"]["light"]:
        row = table["contrast χ of excess noise, light", where(entry)]
        assert agrees(row, entry["contrast"])
        assert float(table["p-value, no difference", where(entry)]["value"]) == pytest.approx(
            entry["p"], rel=0.05
        )


def test_the_page_shows_the_numbers_of_the_table(page, sweep_report):
    text = re.sub(r"<[^>]*>", "|", page)
    for row in rows_of(sweep_report):
        value, ends = (part.replace("-", "−") for part in row.text())
        assert value in text
        assert ends in text


def test_the_fitted_entries_stand_with_their_units(result, table):
    for name, interval in result["network"]["entries"].items():
        row = table[name, ""]
        scale = {"": 1, "Hz": 1, "kHz": 1e3, "MHz": 1e6}[row["unit"]]
        scaled = {end: value / scale for end, value in interval.items()}
        assert agrees(row, scaled)
        assert bool(row["unit"]) == (not name.endswith("occupation"))


def test_theory_and_its_band_are_in_the_result(result):
    network = result["network"]
    assert network["predictions"]["fit"]["band"] == "the fit"
    assert network["predictions"]["file"]["band"] == "devices with the file's disorder"
    for one in network["predictions"].values():
        assert len(one["settings"]) == 2 * 31
        for entry in (*one["settings"], *one["compared"]["light"]):
            name = "S_c" if "S_c" in entry else "contrast"
            wide, narrow = entry[name], entry[f"{name}_68"]
            assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]
    assert [e["contrast"]["low"] is not None for e in network["noise"]["light"]] == [True] * 31


def test_the_figures_of_a_sweep_are_all_there(pictures):
    expected = {"spectra_1", "synchronization", "contrast_light", "noise_contrast_light"}
    assert expected | {"waterfall", "map"} <= set(pictures)


def test_every_axis_says_what_it_is_and_in_which_unit(pictures):
    for name, picture in pictures.items():
        figure = picture.figure
        assert picture.caption.endswith(".")
        for axes in figure.axes:
            labels = [axes.get_xlabel(), axes.get_ylabel()]
            said = [label for label in labels if label]
            edge = axes.get_subplotspec() is None or axes.get_subplotspec().is_last_row()
            assert said or not edge, name
            for label in said:
                assert "(" in label or any(word in label for word in PURE), (name, label)


def test_the_contrast_stands_on_theorys_curve_with_both_bands_in_the_legend(pictures):
    for name in ("synchronization", "contrast_light"):
        [legend] = pictures[name].figure.legends
        words = [text.get_text() for text in legend.get_texts()]
        assert "fitted device" in words
        assert "68 and 95 % of the fit" in words
        assert "95 % of devices with the file's disorder" in words
    [legend] = pictures["noise_contrast_light"].figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    assert words == ["measured, 95 % interval", "fitted device", "68 and 95 % of the fit"]


def test_no_number_has_ten_digits_and_nothing_is_nan(page):
    body = page.split("<h2>Methods</h2>")[0]
    assert not re.search(r"\d\.\d{9,}|\d{10,}", body)
    assert "nan" not in re.sub(r"<[^>]*>", " ", body).lower().split()


def test_nothing_is_fetched(page):
    assert re.findall(r"(?:src|href)=\"(?!data:)", page) == []
    for word in ("url(", "@import", "<script", "<link", "<iframe"):
        assert word not in page


def test_a_limit_is_shown_as_a_limit_and_what_nothing_tells_is_left_out(sweep_report):
    settings = sweep_report.network.settings.copy(deep=True)
    at = {"light": 0, "field": 0, "laser_power": 0, "branch": 0}
    for name in ("S_c", "S_c_high"):
        settings[name][at] = np.nan
    settings["S_c_low"][at] = 0.4321
    for name in ("S_c", "S_c_low", "S_c_high"):
        settings[name][{**at, "light": 1}] = np.nan
    network = replace(sweep_report.network, settings=settings)
    analysis = replace(sweep_report, network=network)
    words = {
        row.where: row.text() for row in rows_of(analysis) if "synchronization" in row.quantity
    }
    assert words["light +1, laser power 100 µW"] == ("> 0.432", "limit")
    assert "light −1, laser power 100 µW" not in words
    [figure] = [p.figure for p in pictures_of(analysis) if p.name == "synchronization"]
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "^"]
    assert [np.asarray(line.get_ydata(), float).item() for line in marks] == [0.4321]


def test_figures_are_written_in_the_formats_that_were_asked_for(folder, pictures):
    found = sorted(path.name for path in (folder / "figures").iterdir())
    assert found == sorted(f"{name}.svg" for name in pictures)
    text = (folder / "figures" / "contrast_light.svg").read_text(encoding="utf-8")
    assert "<svg" in text
    assert "<dc:date>" not in text  # the same data give the same file


@pytest.mark.parametrize(
    ("said", "dpi", "why"),
    [("jpeg", None, "'jpeg'; choose among png, pdf, svg"), ("png", 3, "3 dpi is no resolution")],
)
def test_formats_that_no_figure_can_have_are_refused(said, dpi, why):
    with pytest.raises(InputError, match=why):
        FigureFiles.of(said, dpi, usual=["png"])


def test_a_long_table_stands_behind_the_figures_and_a_short_one_before(page, ring_report, tmp_path):
    assert page.index("<figure>") < page.index("<h2>Results</h2>")
    short = write_report(ring_report, tmp_path).read_text(encoding="utf-8")
    assert short.index("<h2>Results</h2>") < short.index("<figure>")


def test_both_ways_through_a_sweep_lie_in_one_figure_and_are_compared_like_with_like(
    sweep_run, ring_analysis
):
    down = sweep_run[["psd", "quad", "position"]].assign_coords(branch=["down"])
    up: xr.Dataset = sweep_run[list(down)]
    data: Any = xr.concat([up, down], "branch", combine_attrs="override")
    analysis = RunAnalysis(data, cavity={setting: ring_analysis for setting in settings_of(data)})
    found = {p.name: p for p in pictures_of(analysis) if not p.name.startswith("spectra")}
    assert list(found) == ["synchronization", "contrast_light_up", "contrast_light_down"]
    [legend] = found["synchronization"].figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    assert [w.rpartition(", ")[2] for w in words[:4]] == ["up", "up", "down", "down"]
    faces = [
        line.get_markerfacecolor()
        for line in found["synchronization"].figure.axes[0].lines
        if line.get_marker() == "o"
    ]
    assert [face == "white" for face in faces] == [False, False, True, True]
    assert "light, down with" in found["contrast_light_down"].caption


def test_the_summary_says_between_which_synchronizations_the_largest_contrast_lies(sweep_report):
    text = summary_of(sweep_report)
    compared = sweep_report.network.compared["light"].sel(field=1, branch="up")
    largest = np.argmax(np.abs(compared["contrast"].values))
    power = float(compared["laser_power"][largest])
    assert f"at laser power {power * 1e6:g} µW, from an S_c of" in text
    S = sweep_report.network.settings["S_c"].sel(field=1, branch="up", laser_power=power)
    said = re.findall(r"(0\.\d+) \[[^]]*\] for (light .1)", text)
    assert [name for _, name in said] == ["light +1", "light −1"]
    for (value, _), light in zip(said, (1, -1), strict=True):
        assert float(value) == pytest.approx(float(S.sel(light=light)), abs=6e-4)


def test_states_without_entanglement_are_one_row_and_one_that_may_have_some_has_its_own(
    sweep_report,
):
    def rows(analysis):
        return [row for row in rows_of(analysis) if "negativity" in row.quantity]

    [alone] = rows(sweep_report)
    assert (alone.where, alone.comment) == ("every direction and setting", "no state is entangled")
    settings = sweep_report.network.settings.copy(deep=True)
    settings["E_N_high"][{"light": 0, "field": 0, "laser_power": 1, "branch": 0}] = 0.1
    network = replace(sweep_report.network, settings=settings)
    assert len(rows(replace(sweep_report, network=network))) == 6


def test_crossed_effects_stand_in_the_table_with_their_p_values(sweep_report):
    dims = ("laser_power", "branch")
    numbers = {
        "light": (3.0, 0.01),
        "field": (-2.0, 0.02),
        "interaction": (0.5, 0.6),
    }
    crossed = xr.Dataset(coords={dim: sweep_report.data[dim] for dim in dims})
    for name, (value, p) in numbers.items():
        for end, off in (("", 0.0), ("_low", -0.1), ("_high", 0.1)):
            crossed[name + end] = (dims, np.full((3, 1), value + off))
        crossed[f"{name}_p"] = (dims, np.full((3, 1), p))
    analysis = replace(sweep_report, spectra=replace(sweep_report.spectra, crossed=crossed))
    rows = [
        (row.quantity, row.text())
        for row in rows_of(analysis)
        if ("effect" in row.quantity) and row.where == "laser power 100 µW"
    ]
    assert rows == [
        ("effect of light on excess noise", ("3.00", "2.90 … 3.10")),
        ("p-value, no effect of light on excess noise", ("0.01", "")),
        ("effect of field on excess noise", ("-2.00", "-2.10 … -1.90")),
        ("p-value, no effect of field on excess noise", ("0.02", "")),
        ("change of light's effect by the field", ("0.50", "0.40 … 0.60")),
        ("p-value, no change of light's effect by the field", ("0.6", "")),
    ]


def test_every_residual_panel_has_its_frequencies():
    from phonosync.analysis.figures.run import FittedSpectrum, draw_fitted_spectra

    f, flat = np.linspace(9e6, 11e6, 11), np.ones(11)
    one = FittedSpectrum(f, flat, flat, 4, "light +1", "black")
    figure = draw_fitted_spectra([one] * 4)
    figure.draw_without_rendering()
    labelled = [axes for axes in figure.axes if axes.get_xlabel()]
    assert len(labelled) == 4
    for axes in labelled:
        assert any(tick.label1.get_visible() for tick in axes.xaxis.get_major_ticks())
