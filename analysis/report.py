"""A run's result as JSON, figures, and one HTML page that needs nothing else."""

from __future__ import annotations

import base64
import html
import io
import json
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from phonosync.analysis.figures.run import NAMES, draw_spectra, draw_synchronization
from phonosync.analysis.run.cavity import CavityAnalysis
from phonosync.analysis.statistics.interval import around
from phonosync.theory.synchronization import contrast, isolation_db


def to_json(analysis: CavityAnalysis, truth: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The result as plain numbers; `truth` (of a virtual rig) is added as it is."""
    data = analysis.data
    result: dict[str, Any] = {
        "directions": [
            {
                "light": entry.light,
                "field": +1,
                "S_c": entry.S_c.to_json(),
                "occupations": [n.to_json() for n in entry.occupations],
                "fit": {
                    "deviance_z": analysis.fit.deviance_z[entry.light],
                    "n_averages": analysis.fit.spectra.averages[entry.light],
                },
                "notes": list(entry.notes),
            }
            for entry in analysis.directions
        ],
        "contrast": analysis.nonreciprocity.contrast.to_json(),
        "isolation_db": analysis.nonreciprocity.isolation_db.to_json(),
        "p_value": analysis.p_value,
        "parameters": {
            name: {"value": p.value, "standard_error": p.stderr}
            for name, p in analysis.fit.parameters.items()
        },
        "status": data.attrs["status"],
        "seed": int(data.attrs["seed"]),
        "versions": json.loads(data.attrs["versions"]),
        "git_commit": data.attrs.get("git_commit", ""),
    }
    if truth is not None:
        result["truth"] = truth
    return result


def summary_rows(
    analysis: CavityAnalysis, truth: list[dict[str, Any]] | None = None
) -> list[tuple[str, str, str, str]]:
    """Rows (quantity, value, 95 % interval, truth or "") for tables on screen and page."""
    expected = {entry["light"]: entry for entry in truth or []}
    rows = []
    for entry in analysis.directions:
        known = f"{expected[entry.light]['S_c']:.4f}" if entry.light in expected else ""
        rows.append((f"S_c, {NAMES[entry.light]}", *entry.S_c.text(), known))
        for j, n in enumerate(entry.occupations, start=1):
            quanta = expected.get(entry.light, {}).get("occupations")
            known = f"{quanta[j - 1]:.3g}" if quanta else ""
            rows.append((f"  quanta of phonon {j}", *n.text(), known))
    known = [""] * 2
    if len(expected) == 2:
        plus, minus = expected[1]["S_c"], expected[-1]["S_c"]
        known = [f"{float(contrast(plus, minus)):.4f}", f"{float(isolation_db(plus, minus)):.2f}"]
    rows.append(("contrast χ", *analysis.nonreciprocity.contrast.text(), known[0]))
    rows.append(("isolation (dB)", *analysis.nonreciprocity.isolation_db.text(), known[1]))
    p = "not given: fewer than 8 quads" if analysis.p_value is None else f"{analysis.p_value:.2g}"
    rows.append(("p-value, no difference", p, f"{len(analysis.quads)} quads permuted", ""))
    return rows


def write_report(
    analysis: CavityAnalysis, folder: Path, truth: list[dict[str, Any]] | None = None
) -> Path:
    """Write result.json, spectra.png, synchronization.png and report.html; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    result = to_json(analysis, truth)
    text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    (folder / "result.json").write_text(text, encoding="utf-8")
    pictures = {}
    for name, figure in (
        ("spectra", draw_spectra(analysis.fit)),
        ("synchronization", draw_synchronization(analysis)),
    ):
        pictures[name] = _png(figure)
        (folder / f"{name}.png").write_bytes(pictures[name])
    page = folder / "report.html"
    page.write_text(_page(analysis, truth, pictures), encoding="utf-8")
    return page


def _png(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=150)
    return stream.getvalue()


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #222; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
img { max-width: 100%; } table { border-collapse: collapse; }
td, th { padding: .3rem .9rem .3rem 0; text-align: left; border-bottom: 1px solid #ddd; }
td + td, th + th { font-variant-numeric: tabular-nums; }
.note { background: #fff4e0; padding: .6rem 1rem; border-left: 4px solid #e0a030; }
small { color: #666; }
"""


def _page(
    analysis: CavityAnalysis, truth: list[dict[str, Any]] | None, pictures: dict[str, bytes]
) -> str:
    attributes = analysis.data.attrs
    spectra = analysis.fit.spectra
    table = _table(
        ("quantity", "value", "95 % interval", "truth of the virtual device" if truth else ""),
        summary_rows(analysis, truth),
    )
    parameters = _table(
        ("parameter", "value", "95 % interval"),
        [_parameter(name, p) for name, p in analysis.fit.parameters.items()],
    )
    notes = "".join(f'<p class="note">{html.escape(note)}</p>' for note in analysis.notes)
    goodness = ", ".join(
        f"light {light:+d}: {z:+.1f} σ" for light, z in analysis.fit.deviance_z.items()
    )
    averages = ", ".join(f"{K} for light {light:+d}" for light, K in spectra.averages.items())
    device = attributes.get("virtual_device") or ""
    rig = f"virtual lab, device {html.escape(device)}" if device else "laboratory instruments"
    versions = ", ".join(f"{k} {v}" for k, v in json.loads(attributes["versions"]).items())
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(attributes["plan_name"])}</title>
<style>{_STYLE}</style></head><body>
<h1>One-way synchronization: {html.escape(attributes["plan_name"])}</h1>
<p>Run {html.escape(attributes["status"])}, {html.escape(attributes.get("run_timestamp", ""))},
{rig}.</p>
{notes}{table}
<h2>Synchronization</h2>
{_image("Complete synchronization of both directions", pictures["synchronization"])}
<h2>Spectra</h2>
{_image("Noise spectra, joint fit and residuals", pictures["spectra"])}
<p>Maximum-likelihood (Whittle) fit of both directions together to the output spectrum of one cavity
mode and two phonons, red-detuned drive; averages: {averages}; resolution bandwidth
{spectra.resolution_bandwidth_hz / 1e3:g} kHz ({html.escape(spectra.window)}). Deviance from its
expectation: {goodness}. Intervals count the correlation of neighbouring points (covariance ×
{spectra.inflation:.2f}). The p-value permutes the signs of
the quads and asks whether the directions' spectra differ.</p>
<h2>Fitted parameters</h2>{parameters}
<p><small>Seed {html.escape(attributes["seed"])}; {html.escape(versions)};
commit {html.escape(attributes.get("git_commit") or "unknown")}.</small></p>
</body></html>
"""


def _image(alt: str, png: bytes) -> str:
    return f'<img alt="{alt}" src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}">'


def _parameter(name: str, parameter: Any) -> tuple[str, str, str]:
    """Row of a fitted parameter, frequencies in kHz."""
    words = name.removesuffix("_hz").replace("_", " ")
    scale = 1e-3 if name.endswith("_hz") else 1.0
    words += " (kHz)" if name.endswith("_hz") else ""
    value = scale * float(parameter.value)
    if not parameter.vary:
        return words, f"{value:g}", "calibrated"
    if not parameter.stderr:
        return words, f"{value:.4g}", "undetermined"
    return words, *around(value, scale * parameter.stderr).text()


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    def line(cells: tuple[str, ...], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_indented(c)}</{tag}>" for c in cells) + "</tr>"

    return "<table>" + line(head, "th") + "".join(line(r, "td") for r in rows) + "</table>"


def _indented(text: str) -> str:
    return html.escape(text).replace("  ", "&emsp;")
