"""One HTML page that needs nothing else: readable on a phone, in print, by day and by night."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.report.provenance import Provenance, provenance_of
from phonosync.analysis.report.result import all_notes
from phonosync.analysis.report.row import DEVICE, Row, at_place, in_print
from phonosync.analysis.report.summary import in_sentence, summary_of
from phonosync.analysis.run.grid import interval_at
from phonosync.analysis.run.setting import turned

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis

SECTIONS = (
    "Synchronization",
    "Nonreciprocity",
    "Phases",
    "Two-way transmission",
    "Spectra and fit",
    "Spectra over the sweep",
    "Calibrations and control",
)
_SEVERAL_SIGMA = 3.0
_LONG = 30  # rows of a table that stands behind the figures instead of before them

_STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --line: #ddd; --soft: #5a5a5a;
        --note: #fff4e0; --mark: #e0a030; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #16181b; --line: #3a3d42; --soft: #a8a8a8; --note: #3a2f1a; }
}
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto;
       padding: 1rem 1rem 3rem; color: var(--ink); background: var(--paper);
       overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
.summary { font-size: 1.06rem; max-width: 46rem; }
figure { margin: 1rem 0 1.6rem; break-inside: avoid; }
figure img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: 4px; }
figcaption, small, .meta { color: var(--soft); font-size: .9rem; max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
td, th { padding: .28rem .9rem .28rem 0; text-align: left; border-bottom: 1px solid var(--line);
         vertical-align: top; }
td.number { white-space: nowrap; }
th.group { padding-top: .9rem; }
.note { background: var(--note); padding: .5rem .9rem; border-left: 4px solid var(--mark);
        margin: .5rem 0; max-width: 46rem; }
pre { background: color-mix(in srgb, var(--ink) 6%, transparent); padding: .8rem; overflow-x: auto;
      font-size: .85rem; }
@media (max-width: 40rem) { body { font-size: 15px; } td, th { padding-right: .6rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } .wide { overflow: visible; }
               table { font-size: 8pt; } pre { white-space: pre-wrap; } h2 { break-after: avoid; }
               figure img { max-height: 9.5cm; } tr { break-inside: avoid; }
               details::details-content { content-visibility: visible; block-size: auto; } }
"""


@dataclass(frozen=True)
class Image:
    """A drawn figure as bytes, with where it stands and what it shows."""

    name: str
    section: str
    caption: str
    png: bytes


def page_of(
    analysis: RunAnalysis, *, rows: Sequence[Row], images: Sequence[Image], methods: str
) -> str:
    """The page.

    Args:
        analysis: of a run.
        rows: of its table.
        images: in the order of the figures.
        methods: Markdown of the methods paragraph.
    """
    facts, results = provenance_of(analysis.data), _results(rows)
    long = len(rows) > _LONG
    parts = [
        f"<h1>{_said(facts.name or 'A run')}</h1>",
        f'<p class="meta">{_said(_one_line(facts))}</p>',
        f'<p class="summary">{_said(summary_of(analysis))}</p>',
        _notes(analysis),
        "" if long else results,
        *_figures(images, calibrations=_calibrations(analysis), goodness=_goodness(analysis)),
        results if long else "",
        _methods(methods),
        _provenance(facts),
    ]
    title = _said(f"{facts.name} {facts.run_id}".strip() or "phonosync run")
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style></head><body>
{"".join(part for part in parts if part)}
</body></html>
"""


def _one_line(facts: Provenance) -> str:
    rig = f"virtual lab, device {facts.device}" if facts.device else "laboratory instruments"
    said = [f"Run {facts.run_id}".strip(), facts.status, facts.created_at, rig]
    said.append(f"{facts.measured} of {facts.planned} points")
    return ", ".join(part for part in said if part) + "."


def _results(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    several = len({row.where for row in rows if row.group == DEVICE}) > 1
    if several:  # a table of parameters a setting is looked up, not read
        main = [row for row in rows if row.group != DEVICE]
        rest = _table([row for row in rows if row.group == DEVICE])
        more = f"<details><summary>Fitted device at every setting</summary>{rest}</details>"
        return f"<h2>Results</h2>{_table(main)}{more}"
    return f"<h2>Results</h2>{_table(rows)}"


def _table(rows: Sequence[Row]) -> str:
    truth = any(row.truth is not None for row in rows)
    where = any(row.where for row in rows)
    comment = any(row.comment for row in rows)
    head = ["quantity", *["direction, setting"] * where, "value", "95 % interval"]
    head += ["truth of the virtual device"] * truth + [""] * comment
    lines = []
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(f'<tr><th class="group" colspan="{len(head)}">{_said(group)}</th></tr>')
        for row in members:
            value, ends = row.text()
            unit = f" {row.unit}" if row.unit else ""
            cells = [(row.quantity, ""), *[(row.where, "")] * where]
            known = value not in ("undetermined", "not given")
            cells += [(f"{value}{unit if known else ''}".replace("-", "−"), "number")]
            cells += [(ends.replace("-", "−"), "number")]
            cells += [(row.truth_text().replace("-", "−"), "number")] * truth
            cells += [(row.comment, "")] * comment
            lines.append("<tr>" + "".join(_cell(*cell) for cell in cells) + "</tr>")
    return f'<div class="wide"><table>{_head(head)}{"".join(lines)}</table></div>'


def _notes(analysis: RunAnalysis) -> str:
    notes = all_notes(analysis)
    if not notes:
        return ""
    said = "".join(f'<p class="note">{_said(in_print(note))}</p>' for note in notes)
    return f"<h2>What the data cannot tell</h2>{said}"


def _figures(images: Sequence[Image], *, calibrations: str, goodness: str) -> Iterable[str]:
    names = list(dict.fromkeys([*SECTIONS, *(image.section for image in images)]))
    for section in names:
        own = [image for image in images if image.section == section]
        extra = {"Spectra and fit": goodness, "Calibrations and control": calibrations}
        text = extra.get(section, "")
        if not own and not text:
            continue
        yield f"<h2>{_said(section)}</h2>{text}" + "".join(_image(image) for image in own)


def _image(image: Image) -> str:
    data = base64.b64encode(image.png).decode("ascii")
    caption = _said(image.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _goodness(analysis: RunAnalysis) -> str:
    """Whether the fits describe the spectra."""
    found: list[tuple[str, float]] = []
    for setting, one in analysis.cavity.items():
        for light, z in one.fit.deviance_z.items():
            said = f"light {light:+d}".replace("-", "−")
            found.append((at_place(None, setting.label, said), z))
    if analysis.network is not None:
        which = turned(analysis.data)
        for light, field, setting in analysis.network.conditions:
            at = {"light": light, "field": field, **setting.at}
            z = interval_at(analysis.network.settings, "deviance_z", at).value
            if not np.isnan(z):
                found.append((at_place(Way.of(light, field, which), setting.label), z))
        for one in analysis.network.responses:
            place = at_place(Way.of(one.light, one.field, which), one.setting.label)
            found.append((f"{one.trace.name}, {place}", one.deviance_z))
    if not found:
        return ""
    bad = [(where, z) for where, z in found if abs(z) > _SEVERAL_SIGMA]
    words = "; ".join(f"{where}: {z:+.1f} σ" for where, z in (bad if len(found) > 8 else found))
    verdict = (
        "The model describes what was measured: no deviance is beyond 3 σ of its expectation."
        if not bad
        else f"{len(bad)} of {len(found)} deviances are beyond 3 σ of their expectation: there the "
        "model, the number of averages or the unit is wrong, and intervals are too narrow (of "
        "S-parameters they are enlarged)."
    )
    said = f"{verdict} Deviance from its expectation: {words}." if words else verdict
    return f"<p>{_said(said.replace('-', '−'))}</p>"


def _calibrations(analysis: RunAnalysis) -> str:
    spectra = analysis.spectra
    if spectra is None:
        return ""
    reference = spectra.reference
    said = [
        f"The unit of all spectra is known to {100 * reference.relative_error:.2g} % (one standard "
        "error, common to all)."
    ]
    drift = reference.drift_per_hour
    if drift.low == drift.low:
        percent = type(drift)(*(100 * x for x in (drift.value, drift.low, drift.high)))
        said.append(f"The reference drifts by {in_sentence(percent, '%')} an hour.")
    if reference.gain is not None:
        said.append("Every spectrum's unit follows the calibration tone.")
    elif reference.interpolated:
        said.append("Every spectrum's unit is interpolated between its neighbours in time.")
    elif reference.level.size > 1:
        said.append(f"All spectra share the mean of the {reference.level.size} references.")
    else:
        said.append("All spectra share one reference.")
    if reference.dark is not None:
        said.append(f"Dark noise is {100 * reference.dark:.2g} % of shot noise, and taken off.")
    return f"<p>{_said(' '.join(said))}</p>"


def _methods(markdown: str) -> str:
    """Paragraphs of the methods text; its only marks are a heading and bold words."""
    blocks = [block for block in markdown.split("\n\n") if block and not block.startswith("#")]
    said = (re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", _said(block)) for block in blocks)
    return "<h2>Methods</h2>" + "".join(f"<p>{block}</p>" for block in said)


def _provenance(facts: Provenance) -> str:
    rows = [
        ("run", facts.run_id),
        ("status", f"{facts.status}{f' ({facts.why})' if facts.why else ''}"),
        ("points", f"{facts.measured} measured, {facts.missing} missing of {facts.planned}"),
        ("begun", facts.created_at),
        ("by", facts.who),
        ("seed", facts.seed),
        ("commit", facts.git_commit or "unknown"),
        ("software", ", ".join(f"{k} {v}" for k, v in facts.versions.items())),
    ]
    table = "".join(f"<tr>{_cell(name)}{_cell(value)}</tr>" for name, value in rows if value)
    rig = "".join(
        "<tr>"
        + "".join(
            _cell(part)
            for part in (role.replace("_", " "), f"{model} {firmware}".strip(), kind.split(".")[-1])
        )
        + "</tr>"
        for role, kind, model, firmware in facts.instruments
    )
    if rig:
        head = _head(["role", "model", "driver"])
        rig = f'<h3>Rig</h3><div class="wide"><table>{head}{rig}</table></div>'
    plan = f"<h3>Plan</h3><pre>{_said(facts.plan_text)}</pre>" if facts.plan_text else ""
    return f'<h2>Provenance</h2><div class="wide"><table>{table}</table></div>{rig}{plan}'


def _head(names: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<th>{_said(name)}</th>" for name in names) + "</tr>"


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{_said(text)}</td>' if kind else f"<td>{_said(text)}</td>"


def _said(text: str) -> str:
    return html.escape(text)
