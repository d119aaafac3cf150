"""A methods paragraph with the run's own numbers, and the software with its references."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from phonosync.analysis.report.methods_of_fit import comparison_of, fit_of, tests_of
from phonosync.analysis.report.methods_of_measurement import (
    order_of,
    records_of,
    spectra_of,
    transmission_of,
)
from phonosync.analysis.report.provenance import provenance_of

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis

_CITED = {
    "numpy": "Harris et al., doi:10.1038/s41586-020-2649-2",
    "scipy": "Virtanen et al., doi:10.1038/s41592-019-0686-2",
    "lmfit": "Newville et al., doi:10.5281/zenodo.598352",
    "xarray": "Hoyer and Hamman, doi:10.5334/jors.148",
    "numba": "Lam et al., doi:10.1145/2833157.2833162",
    "qcodes": "https://github.com/microsoft/Qcodes; cite the release's Zenodo record",
    "scikit-rf": "Arsenovic et al., doi:10.1109/MMM.2021.3117139",
}

_ANALYSED = ("phonosync", "numpy", "scipy", "lmfit", "xarray")


def methods_of(analysis: RunAnalysis) -> str:
    """The paragraph and its references, Markdown.

    What a run did not measure is not mentioned; a number that its file lacks is written as `?`.
    """
    data = analysis.data
    text = " ".join(
        [
            *order_of(data),
            *spectra_of(analysis),
            *transmission_of(analysis),
            *fit_of(analysis),
            *comparison_of(analysis),
            *records_of(analysis),
            *tests_of(analysis),
        ]
    )
    measured = provenance_of(data).versions
    commit = provenance_of(data).git_commit
    stated = f", commit {commit}" if commit else ""
    seed = data.attrs.get("seed", "?")
    analysed = {name: version for name in _ANALYSED if (version := _installed(name))}
    new = {name: said for name, said in analysed.items() if measured.get(name) != said}
    again = "with the same versions" if not new else f"with {_cited(new)}"
    software = (
        f"**Software.** Measured with {_cited(measured) or '?'}{stated}; seed {seed}. Analysed "
        f"{again}."
    )
    return f"# Methods\n\n{text}\n\n{software}\n"


def _cited(versions: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} {version}" + (f" ({_CITED[name]})" if name in _CITED else "")
        for name, version in versions.items()
    )


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # run from a folder that was never installed
        return ""
