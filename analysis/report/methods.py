"""A methods paragraph with the run's own numbers, and the software with its references."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.figures.setting_axis import shown_value
from phonosync.analysis.report.provenance import provenance_of, quads_of_run, sweeps_of_run
from phonosync.analysis.run.setting import turned

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.run.analysis import RunAnalysis

_ORDERS = {
    "quads": (
        "in quads (+ − − + or − + + −, each sign drawn by chance), so that a linear drift and a "
        "memory of one step cancel within every quad"
    ),
    "alternating": "in alternation, which lets drift pass for nonreciprocity",
    "blocks": "in one block a direction, which lets drift pass for nonreciprocity",
    "random": "in random order",
}
_INTERVALS = {
    "profile": ", by profile likelihood",
    "bootstrap": ", by a parametric bootstrap of 200 sets of spectra",
}
_CITED = {
    "numpy": "Harris et al., doi:10.1038/s41586-020-2649-2",
    "scipy": "Virtanen et al., doi:10.1038/s41592-019-0686-2",
    "lmfit": "Newville et al., doi:10.5281/zenodo.598352",
    "xarray": "Hoyer and Hamman, doi:10.5334/jors.148",
    "numba": "Lam et al., doi:10.1145/2833157.2833162",
    "qcodes": "https://github.com/microsoft/Qcodes; cite the release's Zenodo record",
    "scikit-rf": "Arsenovic et al., doi:10.1109/MMM.2021.3117139",
}


def methods_of(analysis: RunAnalysis) -> str:
    """The paragraph and its references, Markdown.

    What a run did not measure is not mentioned; a number that its file lacks is written as `?`.
    """
    data = analysis.data
    text = " ".join(
        [
            *_order(data),
            *_spectra(analysis),
            *_transmission(analysis),
            *_records(analysis),
            *_tests(analysis),
        ]
    )
    versions = provenance_of(data).versions
    used = ", ".join(
        f"{name} {version}" + (f" ({_CITED[name]})" if name in _CITED else "")
        for name, version in versions.items()
    )
    commit = provenance_of(data).git_commit
    stated = f", commit {commit}" if commit else ""
    software = (
        f"**Software.** Measured with {used or '?'}{stated}; seed {data.attrs.get('seed', '?')}."
    )
    return f"# Methods\n\n{text}\n\n{software}\n"


def _order(data: xarray.Dataset) -> Iterator[str]:
    plan = json.loads(data.attrs.get("plan") or "{}")
    which = " and ".join(turned(data))
    if which:
        order = _ORDERS.get(plan.get("order", "quads"), "in the stated order")
        yield (
            f"The direction of {which} was turned round {order}; {quads_of_run(data)} quads were "
            f"taken at every setting (seed {data.attrs.get('seed', '?')}). The "
            "point that leads a quad in was discarded."
            if plan.get("order", "quads") == "quads"
            else f"The direction of {which} was turned round {order}."
        )
    for dim, unit, values in sweeps_of_run(data):
        ends = [shown_value(v, dim, unit) for v in (min(values), max(values))]
        yield (
            f"The {dim.replace('_', ' ')} was swept from {ends[0]} to {ends[1]} in {len(values)} "
            "values."
        )


def _spectra(analysis: RunAnalysis) -> Iterator[str]:
    data = analysis.data
    if "psd" not in data:
        return
    a, f = data.attrs, data["frequency"].values
    rbw = shown_value(float(a.get("resolution_bandwidth_hz", np.nan)), "", "Hz")
    band = [shown_value(float(end), "", "Hz") for end in (f[0], f[-1])]
    yield (
        f"Noise spectra of {len(f)} points from {band[0]} to {band[1]} were taken with a "
        f"resolution bandwidth of {rbw} ({a.get('window', '?')} filter, "
        f"{a.get('detector', '?')} detector, {a.get('averaging', '?')} averaging) and "
        f"{a.get('averages', '?')} averages each, and divided by a shot-noise reference of "
        f"{a.get('shot_noise_averages', '?')} averages in all"
        + (", the dark noise taken off both." if "dark_psd" in data else ".")
    )
    efficiency, error = (
        float(a.get(name, np.nan))
        for name in ("detection_efficiency", "detection_efficiency_error")
    )
    if np.isfinite(efficiency):
        error_text = f" ± {error:.2g} (one standard error, propagated)" if error > 0 else ""
        yield f"The detection efficiency was {efficiency:.3g}{error_text}."
    if "control_psd" in data:
        yield (
            "A control that must be reciprocal was measured in the same order; its isolation was "
            "taken off where it is known."
        )
    if analysis.cavity or analysis.network:
        yield from _fit(analysis)


def _fit(analysis: RunAnalysis) -> Iterator[str]:
    K = "K"
    found: Any = next(iter(analysis.cavity.values()), None)
    if found is not None:
        numbers = sorted(set(found.fit.spectra.averages.values()))
        K = " or ".join(f"K = {n}" for n in numbers)
        inflation = found.fit.spectra.inflation
        model = "the output spectrum of one cavity mode and two phonons, all directions jointly"
    else:
        inflation = np.nan
        name = analysis.network.fit.model.device.name if analysis.network else "?"
        model = f"the output spectra of the device {name}, all directions and settings jointly"
    yield (
        "A spectrum averaged K times follows a gamma distribution of shape K; by maximum "
        f"likelihood (Whittle, J. R. Stat. Soc. B 15, 125, 1953) with {K} we fitted {model}, the "
        "analyzer's filter folded into the model."
    )
    if np.isfinite(inflation):
        yield (
            "Correlation of neighbouring points was counted by a factor of "
            f"{inflation:.2f} on the covariance."
        )
    how = _INTERVALS.get(analysis.network.interval, "") if analysis.network is not None else ""
    yield (
        f"Intervals are 95 %{how}: that of S_c was put on ⟨q₋² + p₋²⟩ = 1/S_c and inverted, those "
        "of the contrast are Fieller's (doi:10.1111/j.2517-6161.1954.tb00159.x)."
    )


def _transmission(analysis: RunAnalysis) -> Iterator[str]:
    if analysis.two_way is None:
        return
    data = analysis.data
    f = data["probe_frequency"].values
    band = [shown_value(float(end), "", "Hz") for end in (f[0], f[-1])]
    repeats = sorted({one.repeats for one in analysis.two_way.directions})
    level = analysis.two_way.directions[0].isolation.level_db
    width = data.attrs.get("if_bandwidth_hz")
    filtered = "" if width is None else f" (IF bandwidth {shown_value(float(width), '', 'Hz')})"
    yield (
        f"All four S-parameters were swept over {len(f)} points from {band[0]} to {band[1]} from "
        f"the drive{filtered}; {' or '.join(map(str, repeats))} sweeps per direction and setting "
        "were averaged as complex numbers, and their scatter gave the trace noise. Isolation is "
        "20 log₁₀|S₂₁/S₁₂|; intervals of its peak and of its bandwidth above "
        f"{level:g} dB hold for the whole curve at once, and hold the trace noise but not the "
        "analyzer's own calibration."
    )


def _records(analysis: RunAnalysis) -> Iterator[str]:
    if analysis.records is None:
        return
    a = analysis.data.attrs
    some = next(iter(analysis.records.records.values()))
    rate = shown_value(float(a.get("rate_hz", np.nan)), "", "Hz")
    constant = float(a.get("time_constant_s", np.nan))
    yield (
        "Both vibrations were demodulated at "
        f"{rate} behind a low-pass of time constant {constant * 1e6:.3g} µs; "
        f"{len(some.records)} records of {some.records[0].duration_s * 1e3:.3g} ms per direction "
        "and setting were analysed one by one. The locking value is |⟨exp iφ⟩| freed of its bias "
        "(Lachaux et al., doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C); its "
        "interval comes from the scatter of the records, that of slips from their count."
    )
    if analysis.records.tongues:
        yield (
            "Beats against detuning were fitted by Adler's law with noise "
            "(doi:10.1109/JRPROC.1946.229930), with profile intervals."
        )


def _tests(analysis: RunAnalysis) -> Iterator[str]:
    plan = json.loads(analysis.data.attrs.get("plan") or "{}")
    if not turned(analysis.data) or plan.get("order", "quads") != "quads":
        return
    yield (
        "Whether direction matters was tested by permutation of the quads' signs, which is exact "
        "and assumes no distribution of the noise."
    )
    if sweeps_of_run(analysis.data):
        yield (
            "Over all settings false discoveries were controlled (Benjamini and Hochberg, "
            "doi:10.1111/j.2517-6161.1995.tb02031.x)."
        )
