"""Numbers as papers print them: rounded by their uncertainty, and no text that TeX would run."""

import csv
import io
import re

import numpy as np
import pytest

from phonosync.analysis.report.paper import escaped, table_csv, table_tex, value_text
from phonosync.analysis.report.row import Row
from phonosync.analysis.statistics.interval import Interval, around

NAN = float("nan")
HOSTILE = "=1+1 & a<b> $\\input{x}$ 50%_#~^{}"


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (around(0.60903, 0.0050), "0.6090(50)"),
        (around(10.000123, 0.00012), "10.00012(12)"),
        (around(1234.5, 67.0), "1234(67)"),
        (around(123456.0, 2345.0), "123500(2300)"),
        (around(17.55, 1.78), "17.6(1.8)"),
        (around(0.5, 0.00996), "0.500(10)"),
        (Interval(0.0276, 0.0237, 0.0332), "0.0276^{+0.0056}_{-0.0039}"),
        (Interval(NAN, 10.4, NAN), "> 10"),
        (Interval(NAN, NAN, 0.052), "< 0.052"),
        (Interval(NAN, NAN, NAN), "undetermined"),
    ],
)
def test_a_value_has_the_digits_that_its_uncertainty_leaves(interval, text):
    assert value_text(interval) == text


@pytest.mark.parametrize("seed", range(20))
def test_the_printed_uncertainty_is_the_true_one_to_its_two_digits(seed):
    random = np.random.default_rng(seed)
    sigma = 10 ** random.uniform(-5, 2)
    value = random.uniform(1, 50) * sigma
    text = value_text(around(value, sigma))
    [(shown, inside)] = re.findall(r"^(-?[\d.]+)\(([\d.]+)\)$", text)
    decimals = len(shown.partition(".")[2])
    printed = float(inside) if "." in inside or not decimals else float(inside) * 10**-decimals
    assert printed == pytest.approx(sigma, rel=0.06)
    assert abs(float(shown) - value) <= sigma


def rows():
    return [
        Row("A_group", "S_c & more", "$S$", HOSTILE, around(0.5, 0.01), "kHz", truth=0.51),
        Row("A_group", "p-value", "$p$", "", Interval(0.0078, NAN, NAN)),
        Row("B", "limit", "$x$", "light −1, 200 µW", Interval(NAN, 3.0, NAN), "dB"),
        Row("B", "nothing", "$y$", "χ ≥ 1", Interval(NAN, NAN, NAN)),
    ]


def test_the_table_is_latex_that_closes_what_it_opens():
    text = table_tex(rows(), caption=HOSTILE, label="run_1 %")
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    depth = 0
    for previous, character in zip(" " + text, text, strict=False):
        depth += (character == "{") - (character == "}") if previous != "\\" else 0
        assert depth >= 0
    assert depth == 0
    # One comment line at the top; every other % is escaped.
    assert all(not re.search(r"(?<!\\)%", line) for line in text.splitlines()[1:])
    assert len(re.findall(r"(?<!\\)\$", text)) % 2 == 0
    assert r"\input" not in text
    body = text.split(r"\toprule")[1].split(r"\bottomrule")[0]
    for line in body.splitlines():
        if line.startswith((r"\midrule", r"\multicolumn")) or not line:
            continue
        assert len(re.findall(r"(?<!\\)&", line)) == 4, line
        assert line.endswith(r"\\")


def test_the_table_is_ascii_so_that_any_tex_reads_it():
    text = table_tex(rows(), caption="χ of light −1 at 200 µW", label="x")
    assert text.isascii()


def test_csv_reads_back_and_holds_no_formula():
    found = list(csv.DictReader(io.StringIO(table_csv(rows()))))
    assert [row["quantity"] for row in found] == [row.quantity for row in rows()]
    assert found[0]["value"] == "0.500"
    assert (found[0]["low_95"], found[0]["high_95"]) == ("0.480", "0.520")
    assert found[0]["standard_uncertainty"] == "0.010"
    assert found[0]["unit"] == "kHz"
    assert found[0]["where"].startswith("'=")
    assert found[1]["value"] == "0.0078"
    assert (found[2]["value"], found[2]["low_95"], found[2]["high_95"]) == ("", "3.0", "")


def test_every_special_character_is_escaped():
    assert escaped("50 % of a_b") == r"50 \% of a\_b"
    assert not re.search(r"(?<!\\)[&%$#_]", escaped("&%$#_"))
