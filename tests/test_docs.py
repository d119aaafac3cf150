"""The pages of docs/: their Python runs, their links lead somewhere, the names they use exist."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
SESSIONS = [page for page in PAGES if ">>>" in page.read_text()]
LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)")


def name(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", SESSIONS, ids=name)
def test_python_answers_as_the_page_says(page):
    failed, attempted = doctest.testfile(str(page), module_relative=False)
    assert attempted == page.read_text().count(">>> ")
    assert failed == 0


def test_the_model_is_shown_at_work():
    assert ROOT / "docs" / "model.md" in SESSIONS


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_to_a_file_leads_to_one(page):
    links = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in links if not (page.parent / target).exists()] == []


def rows(page):
    """Cells of all table rows of a page."""
    lines = [line for line in page.read_text().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_names_that_a_table_places_in_a_file_are_there(page):
    lost = []
    for row in rows(page):
        target = LINK.search(row[-1])
        if target and target[1].endswith(".py") and len(row) > 2:
            words = set(re.findall(r"\w+", (page.parent / target[1]).read_text()))
            lost += [n for n in re.findall(r"`(\w+)`", row[-2]) if n not in words]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_tests_that_a_page_calls_upon_exist(page):
    named = set(re.findall(r"`(test_\w+)`", page.read_text()))
    code = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    assert named - set(re.findall(r"def (test_\w+)\(", code)) == set()
