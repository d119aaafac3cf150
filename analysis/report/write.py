"""Write a run's report: page, result, methods, tables, and every figure."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from phonosync.analysis.figures.files import FigureFiles
from phonosync.analysis.report.methods import methods_of
from phonosync.analysis.report.page import Image, page_of
from phonosync.analysis.report.paper import table_csv, table_tex
from phonosync.analysis.report.pictures import pictures_of
from phonosync.analysis.report.provenance import provenance_of
from phonosync.analysis.report.result import to_json
from phonosync.analysis.report.row import DEVICE
from phonosync.analysis.report.rows import rows_of
from phonosync.analysis.report.truth import Truth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from phonosync.analysis.run.analysis import RunAnalysis

_ON_PAGE_DPI = 130
_CAPTION = (
    "Results of the run {name}. A standard uncertainty of the last digits stands in parentheses; "
    "where the 95 % interval is lopsided, its two sides stand as superscript and subscript."
)


def write_report(
    analysis: RunAnalysis,
    folder: Path,
    truth: Truth | None = None,
    *,
    files: FigureFiles | None = None,
) -> Path:
    """Write report.html, result.json, methods.md, table.tex, table.csv and the figures.

    Args:
        analysis: of a run.
        folder: made if it is not there.
        truth: what theory says of a virtual device.
        files: how figures are written, PNG and PDF by default; those on the page are small PNGs.

    Returns:
        The page.
    """
    files = FigureFiles() if files is None else files
    figures = folder / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    images = []
    for picture in pictures_of(analysis):
        files.write(picture.figure, figures, picture.name)
        png = _png(picture.figure)
        images.append(Image(picture.name, picture.section, picture.caption, png))
    rows = rows_of(analysis, truth)
    several = len({row.where for row in rows if row.group == DEVICE}) > 1
    printed = [row for row in rows if not (several and row.group == DEVICE)]
    methods = methods_of(analysis)
    result = json.dumps(to_json(analysis, truth), indent=2, ensure_ascii=False, allow_nan=False)
    facts = provenance_of(analysis.data)
    label = facts.run_id or facts.name or "run"
    texts = {
        "result.json": result + "\n",
        "methods.md": methods,
        "table.csv": table_csv(rows),
        "table.tex": table_tex(printed, caption=_CAPTION.format(name=facts.name), label=label),
        "report.html": page_of(analysis, rows=rows, images=images, methods=methods),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "report.html"


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_ON_PAGE_DPI)
    return stream.getvalue()
