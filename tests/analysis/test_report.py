"""Result and report: documented keys, and a page that needs no other file."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from phonosync.analysis.directions.synchronization import Nonreciprocity
from phonosync.analysis.report import summary_rows, to_json, write_report
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

TRUTH = [
    {"light": 1, "field": 1, "S_c": 0.6094, "occupations": [0.27, 0.28]},
    {"light": -1, "field": 1, "S_c": 0.0359, "occupations": [13.3, 13.3]},
]
INTERVAL = {"value", "low", "high"}


@pytest.fixture(scope="module")
def page(ring_analysis, tmp_path_factory):
    return write_report(ring_analysis, tmp_path_factory.mktemp("report") / "new" / "folder", TRUTH)


def test_the_result_has_the_documented_keys(page):
    result = json.loads((page.parent / "result.json").read_text(encoding="utf-8"))
    assert set(result) == {
        *("directions", "contrast", "isolation_db", "p_value", "parameters", "status", "seed"),
        *("versions", "git_commit", "truth"),
    }
    assert [entry["light"] for entry in result["directions"]] == [1, -1]
    for entry in result["directions"]:
        assert set(entry) == {"light", "field", "S_c", "occupations", "fit", "notes"}
        assert entry["field"] == 1
        assert set(entry["S_c"]) == INTERVAL
        assert [set(n) for n in entry["occupations"]] == [INTERVAL, INTERVAL]
        assert set(entry["fit"]) == {"deviance_z", "n_averages"}
        assert entry["fit"]["n_averages"] == 128
    assert set(result["contrast"]) == INTERVAL
    assert set(result["isolation_db"]) == INTERVAL
    assert result["seed"] == 3
    assert result["versions"]["phonosync"] == "0.1.0"
    assert result["truth"] == TRUTH


def test_the_result_holds_the_numbers_of_the_analysis(page, ring_analysis):
    result = json.loads((page.parent / "result.json").read_text(encoding="utf-8"))
    assert result["p_value"] == ring_analysis.p_value
    for entry, found in zip(result["directions"], ring_analysis.directions, strict=True):
        assert entry["S_c"]["value"] == pytest.approx(found.S_c.value)
        assert entry["fit"]["deviance_z"] == ring_analysis.fit.deviance_z[found.light]
    for name, entry in result["parameters"].items():
        assert entry["value"] == ring_analysis.fit.parameters[name].value


def test_hardware_has_no_truth(ring_analysis):
    assert "truth" not in to_json(ring_analysis)
    assert all(row[3] == "" for row in summary_rows(ring_analysis))


def test_what_is_unknown_is_null_and_never_nan(ring_analysis):
    limit = Interval(np.nan, 0.02, np.nan)
    unknown = replace(
        ring_analysis,
        directions=[replace(entry, S_c=limit) for entry in ring_analysis.directions],
        nonreciprocity=Nonreciprocity(UNKNOWN, UNKNOWN),
        p_value=None,
    )
    text = json.dumps(to_json(unknown), allow_nan=False)
    assert json.loads(text)["directions"][0]["S_c"] == {"value": None, "low": 0.02, "high": None}
    rows = {row[0]: row[1] for row in summary_rows(unknown)}
    assert rows["S_c, light +1 (clockwise)"] == "> 0.02"
    assert rows["contrast χ"] == "undetermined"
    assert "fewer than 8 quads" in rows["p-value, no difference"]


def test_the_page_needs_no_other_file_and_no_network(page):
    text = page.read_text(encoding="utf-8")
    sources = re.findall(r'(?:src|href)\s*=\s*["\']([^"\']*)', text)
    assert len(sources) == 2
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    without_pictures = re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", text)
    for word in ("http:", "https:", "url(", "@import", "<script", "<link", "file:"):
        assert word not in without_pictures


def test_names_from_a_plan_cannot_break_the_page(page):
    text = page.read_text(encoding="utf-8")
    assert "simulated &lt;plan&gt;" in text
    assert "<plan>" not in text


def test_the_page_shows_result_truth_and_provenance(page):
    text = page.read_text(encoding="utf-8")
    for words in ("truth of the virtual device", "0.6094", "Seed 3", "phonosync 0.1.0", "red-det"):
        assert words in text


def test_pictures_stand_beside_the_page(page):
    for name in ("spectra.png", "synchronization.png"):
        assert (page.parent / name).read_bytes().startswith(b"\x89PNG")


def test_a_note_of_the_analysis_reaches_the_page(ring_analysis, tmp_path):
    first, second = ring_analysis.directions
    noted = replace(ring_analysis, directions=[replace(first, notes=("S_c > 1 & more",)), second])
    text = write_report(noted, tmp_path).read_text(encoding="utf-8")
    assert '<p class="note">S_c &gt; 1 &amp; more</p>' in text
