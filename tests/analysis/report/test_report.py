"""A run's report: everything there, everything with a unit, nothing that runs or is fetched."""

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from phonosync.analysis.directions.synchronization import Nonreciprocity
from phonosync.analysis.report.methods import methods_of
from phonosync.analysis.report.result import FORMAT, all_notes, to_json
from phonosync.analysis.report.rows import rows_of
from phonosync.analysis.report.summary import summary_of
from phonosync.analysis.report.truth import Truth
from phonosync.analysis.report.write import write_report
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

TRUTH = Truth(
    [
        {"light": 1, "field": 1, "S_c": 0.6094, "occupations": [0.27, 0.28]},
        {"light": -1, "field": 1, "S_c": 0.0359, "occupations": [13.3, 13.3]},
    ]
)
INTERVAL = {"value", "low", "high"}
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Checks nesting, and collects sources, tables' rows, and words."""

    def __init__(self, text):
        super().__init__()
        self.open, self.sources, self.tags, self.text = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [v for k, v in attrs if k in ("src", "href")]
        assert not any(k.startswith("on") for k, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def ring_folder(ring_report, tmp_path_factory):
    return write_report(
        ring_report, tmp_path_factory.mktemp("report") / "new" / "folder", TRUTH
    ).parent


@pytest.fixture(scope="module")
def lab_folder(lab_report, tmp_path_factory):
    return write_report(lab_report, tmp_path_factory.mktemp("lab")).parent


@pytest.fixture(params=["ring", "lab"])
def folder(request, ring_folder, lab_folder):
    return {"ring": ring_folder, "lab": lab_folder}[request.param]


def read(folder, name):
    return (folder / name).read_text(encoding="utf-8")


def test_every_promised_file_is_there(folder):
    for name in ("report.html", "result.json", "methods.md", "table.tex", "table.csv"):
        assert read(folder, name)
    png = sorted(path.stem for path in (folder / "figures").glob("*.png"))
    pdf = sorted(path.stem for path in (folder / "figures").glob("*.pdf"))
    assert png == pdf
    assert len(png) >= 2


def test_the_page_is_well_formed_and_needs_no_other_file_and_no_network(folder):
    text = read(folder, "report.html")
    page = Page(text)
    images = page.tags.count("img")
    assert images == len(list((folder / "figures").glob("*.png")))
    assert len(page.sources) == images
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    without_pictures = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", text)
    for word in ("url(", "@import", "<script", "<link", "file:", "<iframe"):
        assert word not in without_pictures
    assert "viewport" in text
    assert "prefers-color-scheme" in text
    assert "@media print" in text


def test_a_hostile_plan_name_is_text_everywhere(lab_folder, hostile):
    page = Page(read(lab_folder, "report.html"))
    assert "script" not in page.tags
    assert hostile in "".join(page.text)
    assert r"\input" not in read(lab_folder, "table.tex")


def test_frequencies_powers_and_decibels_have_their_units(lab_folder):
    for row in csv.DictReader(read(lab_folder, "table.csv").splitlines()):
        if any(word in row["quantity"] for word in ("beat", "slip", "isolation", "loss", "width")):
            assert row["unit"] in ("dB", "mHz", "Hz", "kHz", "MHz"), row
        if "laser power" in row["where"]:
            assert re.search(r"laser power \d+ µW", row["where"]), row


def test_no_number_on_the_page_has_twelve_digits(folder):
    text = re.sub(r"base64,[A-Za-z0-9+/=]+|<style>.*?</style>", "", read(folder, "report.html"))
    body = text.split("<h2>Methods</h2>")[0]
    assert not re.search(r"\d\.\d{9,}|\d{10,}", body)
    assert "nan" not in re.sub(r"<[^>]*>", " ", body).lower().split()


def test_the_result_holds_the_numbers_of_the_analysis(ring_folder, ring_analysis):
    result = json.loads(read(ring_folder, "result.json"))
    assert result["format"] == FORMAT
    assert result["p_value"] == ring_analysis.p_value
    assert set(result["contrast"]) == set(result["isolation_db"]) == INTERVAL
    for entry, found in zip(result["directions"], ring_analysis.directions, strict=True):
        assert entry["S_c"]["value"] == pytest.approx(found.S_c.value)
        assert [set(n) for n in entry["occupations"]] == [INTERVAL, INTERVAL]
        assert entry["fit"]["n_averages"] == 128
    for name, entry in result["parameters"].items():
        assert entry["value"] == ring_analysis.fit.parameters[name].value
    assert (result["seed"], result["status"]) == (3, "complete")
    assert result["versions"]["phonosync"] == "0.1.0"
    assert result["truth"] == TRUTH.states
    assert result["settings"][0]["directions"] == result["directions"]
    assert (result["run"]["measured"], result["run"]["missing"]) == (32, 0)


def test_the_result_of_a_run_without_spectra_holds_isolation_and_locking(lab_folder):
    result = json.loads(read(lab_folder, "result.json"))
    assert result["spectra"] is result["network"] is None
    assert result["settings"] == []
    assert [turn["answer"] for turn in result["two_way"]["turns"]] == ["turns round"] * 2
    assert len(result["records"]["settings"]) == 4
    assert result["run"]["why"] == "the operator <left>"


def test_hardware_has_no_truth(ring_report):
    assert "truth" not in to_json(ring_report)
    assert all(row.truth is None for row in rows_of(ring_report))


def test_what_is_unknown_is_null_and_never_nan(ring_report, ring_analysis):
    limit = Interval(np.nan, 0.02, np.nan)
    unknown = replace(
        ring_analysis,
        directions=[replace(entry, S_c=limit) for entry in ring_analysis.directions],
        nonreciprocity=Nonreciprocity(UNKNOWN, UNKNOWN),
        p_value=None,
    )
    report = replace(ring_report, cavity=dict.fromkeys(ring_report.cavity, unknown))
    found = json.loads(json.dumps(to_json(report), allow_nan=False))
    assert found["directions"][0]["S_c"] == {"value": None, "low": 0.02, "high": None}
    rows = {(row.quantity, row.where): row.text() for row in rows_of(report)}
    assert rows["complete synchronization S_c", "light +1"][0] == "> 0.02"
    assert rows["contrast χ of S_c", ""][0] == "undetermined"
    assert rows["p-value, no difference of spectra", ""][0] == "not given"
    assert "nan" not in summary_of(report)


def test_the_summary_says_what_a_colleague_would_ask(ring_report, lab_report):
    text = summary_of(ring_report)
    assert re.search(r"S_c of 0\.\d+ \[0\.\d+, 0\.\d+\] for light \+1 and 0\.0\d+", text)
    assert "contrast is χ = 0." in text
    assert "32 of" not in text  # complete: nothing is missing
    lab = summary_of(lab_report)
    assert "turns round with the direction of light at 2 of 2 settings" in lab
    assert "no slip in 2.4 s" in lab
    assert lab.startswith("S-parameters and quadrature records of")
    assert lab.endswith("0 of 32 points are missing.")
    assert "interrupted (the operator <left>)" in lab


def test_the_methods_hold_the_runs_own_numbers(ring_report, lab_report):
    text = methods_of(ring_report)
    for words in ("8 quads", "1001 points", "800 Hz", "K = 128", "seed 3", "phonosync 0.1.0"):
        assert words in text
    lab = methods_of(lab_report)
    for words in ("41 points from 10 MHz to 30 MHz", "8 sweeps", "IF bandwidth 1 kHz", "300 ms"):
        assert words in lab
    assert "spectra" not in lab.split("**Software")[0].replace("Whole", "")
    assert "doi:10.1038/s41592-019-0686-2" in lab
    assert "nan" not in (text + lab).lower()


def test_every_note_reaches_the_page_once(lab_folder, lab_report):
    words = "".join(Page(read(lab_folder, "report.html")).text)
    for note in all_notes(lab_report):
        assert words.count(note) == 1


def test_the_page_shows_truth_plan_and_provenance(ring_folder, lab_folder):
    ring = "".join(Page(read(ring_folder, "report.html")).text)
    for words in ("truth of the virtual device", "0.6094", "phonosync 0.1.0"):
        assert words in ring
    lab = "".join(Page(read(lab_folder, "report.html")).text)
    for words in ("abc123", "someone & co", "2026-01-01", "name: a<script>"):
        assert words in lab
