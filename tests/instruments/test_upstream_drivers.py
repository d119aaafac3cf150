"""Drivers that QCoDeS brings are the ones that its authors published, file by file."""

import hashlib
import importlib
import inspect
from base64 import urlsafe_b64encode
from importlib.metadata import distribution
from pathlib import Path

import pytest

from phonosync.instruments.virtual.catalogue import MODELS

PREFIX = "qcodes.instrument_drivers"


def lineage(path):
    """Classes of QCoDeS' drivers that a driver is, or is built of."""
    module, _, name = path.rpartition(".")
    driver = importlib.import_module(module)
    kinds = [getattr(driver, name), *(v for v in vars(driver).values() if inspect.isclass(v))]
    return {base for kind in kinds for base in kind.__mro__ if base.__module__.startswith(PREFIX)}


UPSTREAM = {
    kind
    for models in MODELS.values()
    for model in models.values()
    for kind in lineage(model.driver)
}


def test_most_of_the_issues_instruments_run_on_upstream_drivers():
    names = {kind.__name__ for kind in UPSTREAM}
    assert names >= {
        "KeysightN9030B",
        "KeysightN5222B",
        "KeysightN5183B",
        "RohdeSchwarzZNB20",
        "AMIModel430",
        "AMIModel4303D",
        "OxfordMercuryiPS",
        "SR860",
        "SR865A",
        "LakeshoreModel336",
        "LakeshoreModel372",
    }


@pytest.mark.parametrize("kind", sorted(UPSTREAM, key=str), ids=lambda kind: kind.__name__)
def test_an_upstream_driver_is_the_installed_one_unmodified(kind):
    source = Path(inspect.getfile(kind))
    recorded = {Path(str(f.locate())): f.hash for f in distribution("qcodes").files or ()}
    digest = hashlib.sha256(source.read_bytes()).digest()
    known = recorded[source]
    assert known is not None
    assert known.value == urlsafe_b64encode(digest).rstrip(b"=").decode()
    # Nothing of it was replaced by us at run time either.
    for name, value in vars(kind).items():
        if inspect.isfunction(value):
            assert not value.__module__.startswith("phonosync"), name
