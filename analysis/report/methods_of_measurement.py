"""The methods paragraph's sentences on what was measured, in which order and in which unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.figures.setting_axis import shown_value
from phonosync.analysis.report.methods_of_fit import FIELLER
from phonosync.analysis.report.provenance import sweeps_of_run
from phonosync.analysis.run.conditions import plan_of
from phonosync.analysis.run.network import EFFICIENCY
from phonosync.analysis.run.setting import settings_of, turned

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.reference import Reference

_ORDERS = {
    "quads": (
        "in quads (+ − − + or − + + −, each sign drawn by chance), so that a linear drift and a "
        "memory of one step cancel within every quad"
    ),
    "alternating": "in alternation, which lets drift pass for nonreciprocity",
    "blocks": "in one block a direction, which lets drift pass for nonreciprocity",
    "random": "in random order",
}


def order_of(data: xarray.Dataset) -> Iterator[str]:
    """In which order directions and settings were measured."""
    plan = plan_of(data)
    order, which = plan.get("order", "quads"), turned(data)
    seed = data.attrs.get("seed", "?")
    if order == "quads" and len(which) == 2:
        yield (
            f"The direction of the field was turned round {_ORDERS['quads']}, and within every "
            f"visit that of the light likewise; {_quads_at_each(data, 'field_quad')} of the field "
            f"were taken at every setting (seed {seed})."
        )
    elif order == "quads" and which:
        yield (
            f"The direction of the {which[0]} was turned round {_ORDERS['quads']}; "
            f"{_quads_at_each(data, 'quad')} were taken at every setting (seed {seed})."
        )
    elif which:
        said = _ORDERS.get(order, "in the stated order")
        yield f"The direction of the {' and of the '.join(which)} was turned round {said}."
    if order == "quads" and which:
        yield (
            "Every quad was led in by a point of its own first direction, which was discarded, "
            "unless that direction stood already."
        )
    both = data.sizes.get("branch", 1) > 1
    sweeps = [one for one in sweeps_of_run(data) if len(one[2]) > 1]
    for number, (dim, unit, values) in enumerate(sweeps, start=1):
        ends = [shown_value(v, dim, unit) for v in (min(values), max(values))]
        there_and_back = (
            ", up and down again, and the two ways were kept apart"
            if both and number == len(sweeps)
            else ""
        )
        yield (
            f"The {dim.replace('_', ' ')} was swept from {ends[0]} to {ends[1]} in {len(values)} "
            f"values{there_and_back}."
        )


def _quads_at_each(data: xarray.Dataset, name: str) -> str:
    """How many quads each setting has, as "8 quads" or "5 to 8 quads"."""
    if name not in data:
        return "? quads"
    quads = [setting.select(data)[name].values for setting in settings_of(data)]
    numbers = [len(np.unique(here[np.isfinite(here)])) for here in quads]
    least, most = min(numbers), max(numbers)
    return f"{most} quads" if least == most else f"{least} to {most} quads"


def spectra_of(analysis: RunAnalysis) -> Iterator[str]:
    """How spectra were taken, and what their unit is."""
    data = analysis.data
    if "psd" not in data:
        return
    a, f = data.attrs, data["frequency"].values
    yield (
        f"Noise spectra of {len(f)} points from {_hertz(f[0])} to {_hertz(f[-1])} were taken with "
        f"a resolution bandwidth of {_hertz(a.get('resolution_bandwidth_hz'))} "
        f"({a.get('window', '?')} filter, {a.get('detector', '?')} detector, "
        f"{a.get('averaging', '?')} averaging) and {a.get('averages', '?')} averages each."
    )
    if analysis.spectra is not None:
        yield from _unit(data, analysis.spectra.reference)
    efficiency, error = (
        float(a.get(name, np.nan))
        for name in ("detection_efficiency", "detection_efficiency_error")
    )
    if np.isfinite(efficiency):
        stated = f" ± {error:.2g} (one standard error)" if error > 0 else ""
        yield f"The detection efficiency was taken as {efficiency:.3g}{stated}{_carried(analysis)}."


def _unit(data: xarray.Dataset, reference: Reference) -> Iterator[str]:
    n = reference.level.size
    dark = ", the dark noise taken off both" if reference.dark is not None else ""
    how = ""
    if reference.gain is not None:
        how = ", a calibration tone followed between them"
    elif reference.interpolated:
        how = ", interpolated in time"
    elif n > 1:
        how = ", their mean"
    yield (
        f"They were divided by the shot noise of {n} reference{'s' if n > 1 else ''} "
        f"({data.attrs.get('shot_noise_averages', '?')} averages in all{how}){dark}; this unit is "
        f"known to {100 * reference.relative_error:.2g} % (one standard error)."
    )


def _carried(analysis: RunAnalysis) -> str:
    """What became of the efficiency's error."""
    if analysis.network is not None:
        fit = analysis.network.fit
        if EFFICIENCY in fit.model.observations.priors:
            return ", a calibration in the fit"
        if EFFICIENCY in fit.entries:
            return " to begin with, and fitted without a calibration"
        return ""
    fitted = [one.fit.parameters["efficiency"].vary for one in analysis.cavity.values()]
    return ", a calibration in the fit" if any(fitted) else ""


def transmission_of(analysis: RunAnalysis) -> Iterator[str]:
    """How S-parameters were taken."""
    if analysis.two_way is None:
        return
    data = analysis.data
    f = data["probe_frequency"].values
    repeats = sorted({one.repeats for one in analysis.two_way.directions})
    level = analysis.two_way.directions[0].isolation.level_db
    width = data.attrs.get("if_bandwidth_hz")
    filtered = "" if width is None else f" (IF bandwidth {_hertz(width)})"
    yield (
        f"All four S-parameters were swept over {len(f)} points from {_hertz(f[0])} to "
        f"{_hertz(f[-1])} of the network analyzer{filtered}; {' or '.join(map(str, repeats))} "
        "sweeps per direction and setting were averaged as complex numbers, and their scatter gave "
        "the trace noise. Isolation is 20 log₁₀|S₂₁/S₁₂|; intervals of its peak and of its "
        f"bandwidth above {level:g} dB hold for the whole curve at once, and hold the trace noise "
        "but not the analyzer's own calibration."
    )


def records_of(analysis: RunAnalysis) -> Iterator[str]:
    """How records were taken and analysed."""
    if analysis.records is None:
        return
    a = analysis.data.attrs
    every = list(analysis.records.records.values())
    lengths = sorted({len(one.records) for one in every})
    constant = float(a.get("time_constant_s", np.nan))
    filtered = shown_value(constant, "", "s") if np.isfinite(constant) else "?"
    duration = shown_value(every[0].records[0].duration_s, "", "s")
    yield (
        f"Both vibrations were demodulated behind a low-pass of time constant {filtered} and "
        f"sampled at {_hertz(a.get('rate_hz'))}; {' or '.join(map(str, lengths))} records of "
        f"{duration} per direction and setting were analysed "
        "one by one."
    )
    if any(one.locking_value is not None for one in every):
        scatter = (
            "from the scatter of the records (Student's t) or their own errors, where these are "
            "wider"
            if lengths[-1] > 1
            else "from blocks of the record"
        )
        yield (
            "The locking value is |⟨exp iφ⟩| freed of its bias (Lachaux et al., "
            "doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C); its interval comes "
            f"{scatter}, that of slips from their count (Garwood, doi:10.2307/2333958)."
        )
    if any(one.locking is not None for one in analysis.records.compared):
        yield f"Contrasts of records have {FIELLER} interval, of normal errors."
    if analysis.records.tongues:
        yield (
            "Beats against detuning were fitted by Adler's law with noise "
            "(doi:10.1109/JRPROC.1946.229930), with profile intervals."
        )


def _hertz(frequency: Any) -> str:
    value = np.nan if frequency is None else float(frequency)
    return shown_value(value, "", "Hz") if np.isfinite(value) else "?"
