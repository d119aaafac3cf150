"""The pages of docs/instruments: their station files load, and they name every model."""

import importlib
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from phonosync.experiments.rig.file import ROLES, RigFile
from phonosync.experiments.rig.instrument import adapter_options, driver_class
from phonosync.instruments.virtual.catalogue import MODELS
from phonosync.theory.checked_file import check

PAGES = Path(__file__).parents[2] / "docs" / "instruments"
BLOCKS = [
    (page.stem, block)
    for page in sorted(PAGES.glob("*.md"))
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)
]


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=[page for page, _ in BLOCKS])
def test_a_station_file_of_the_pages_is_one(page, block):
    content = YAML(typ="safe").load(block)
    rig = check(content if "instruments" in content else {"instruments": content}, RigFile, page)
    for role, entry in rig.instruments.items():
        assert page in (role, "README")
        driver_class(role, entry)
        adapter_options(role, entry)


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_page_names_every_model_with_its_driver(role):
    text = (PAGES / f"{role}.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `") and "`--" not in line]
    assert [line.split("`")[1] for line in rows] == list(MODELS[role])
    assert "(default)" in rows[0]
    for row, model in zip(rows, MODELS[role].values(), strict=True):
        module, _, name = model.driver.rpartition(".")
        source = f"{module.rpartition('.')[2]}.py"
        # A driver of ours is linked; one of QCoDeS is called by its class.
        assert source in row if "phonosync" in model.driver else f"`{name}`" in row
        assert hasattr(importlib.import_module(module), name)


def test_every_role_has_a_page_that_the_index_leads_to():
    index = (PAGES / "README.md").read_text()
    for role in ROLES:
        assert f"]({role}.md)" in index
        assert f"`--{role.replace('_', '-')}`" in (PAGES / f"{role}.md").read_text()
