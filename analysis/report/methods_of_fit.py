"""The methods paragraph's sentences on what was fitted, and on how intervals were found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.models.bootstrap import REPLICAS
from phonosync.analysis.models.observations import NoiseSpectrum, Response
from phonosync.analysis.statistics.interval import Method

if TYPE_CHECKING:
    from phonosync.analysis.run.analysis import RunAnalysis
    from phonosync.analysis.run.network import NetworkAnalysis

FIELLER = "Fieller's (doi:10.1111/j.2517-6161.1954.tb00159.x)"
_WHITTLE = "Whittle, J. R. Stat. Soc. B 15, 125, 1953"
_BY: dict[Method, str] = {
    "curvature": "from the curvature of the likelihood at its maximum",
    "profile": "by profile likelihood, whose ends lie where −2 ln L has risen by 3.84",
    "bootstrap": f"by a parametric bootstrap of {REPLICAS} fits to drawn spectra",
}


def fit_of(analysis: RunAnalysis) -> Iterator[str]:
    """What was fitted to the spectra, and how its intervals were found."""
    if analysis.network is not None:
        yield from _network(analysis.network)
    elif analysis.cavity:
        yield from _cavity(analysis)


def comparison_of(analysis: RunAnalysis) -> Iterator[str]:
    """How directions were compared without a model."""
    if analysis.spectra is None:
        return
    found = analysis.spectra
    if any(_known(compared, "contrast_low") for compared in found.compared.values()):
        yield (
            "Without a model, the contrast of the noise power above shot noise is that of the sums "
            f"over all quads; its interval is {FIELLER}, from the scatter of the quads (Student's "
            "t) and the error of the unit."
        )
    if found.at_equal_settings:
        yield (
            "Directions whose read-backs differ were also compared at equal ones, between which "
            f"their noise power was interpolated linearly; these intervals are {FIELLER}, of "
            "normal errors."
        )
    if found.crossed is not None and len(found.crossed.data_vars):
        yield (
            "The effect of light on the noise power is a mean over its quads, that of the field "
            "and the interaction of both over the quads of the field, with Student's intervals."
        )
    if not found.control:
        return
    said = "A control that must be reciprocal was measured in the same order"
    if any(_known(one, "isolation") for one in found.control.values()):
        said += (
            "; its isolation was taken off that of the noise power, the distances to the ends of "
            "both intervals squared and added (doi:10.1002/sim.3095)"
        )
    yield f"{said}."


def tests_of(analysis: RunAnalysis) -> Iterator[str]:
    """Tests whose p-values the report gives."""
    spectra = analysis.spectra
    compared = {} if spectra is None else spectra.compared
    p = [value for one in compared.values() if "p" in one for value in one["p"].values.ravel()]
    of_spectra = bool(np.isfinite(p).any()) if p else False
    of_spectra |= any(one.p_value is not None for one in analysis.cavity.values())
    of_records = analysis.records is not None and any(
        one.p_value is not None for one in analysis.records.compared
    )
    tested = " and ".join(["whole spectra"] * of_spectra + ["locking values"] * of_records)
    if not tested:
        return
    yield (
        f"Whether direction matters for {tested} was tested by permutation of the quads' signs, "
        "which is exact and assumes no distribution of the noise."
    )
    if any("q" in one and np.isfinite(one["q"].values).sum() > 1 for one in compared.values()):
        yield (
            "Over all comparisons false discoveries were controlled (Benjamini and Hochberg, "
            "doi:10.1111/j.2517-6161.1995.tb02031.x)."
        )


def _cavity(analysis: RunAnalysis) -> Iterator[str]:
    every = list(analysis.cavity.values())
    K = sorted({n for one in every for n in one.fit.spectra.averages.values()})
    setting = " and each setting by itself" if len(every) > 1 else ""
    free = any(one.fit.parameters["shot_noise_level"].vary for one in every)
    level = " and the unit free within its error" if free else ""
    yield (
        f"{_law(K)} we fitted the output spectrum of one cavity mode and two phonons, both "
        f"directions jointly{setting}, the analyzer's filter folded into the model{level}."
    )
    inflation = every[0].fit.spectra.inflation
    if inflation > 1.005:
        yield (
            "Correlation of neighbouring points was counted by a factor of "
            f"{inflation:.2f} on the covariance."
        )
    method = every[0].interval
    of_S_c = f"Intervals are 95 %, {_BY[method]}"
    if method == "profile" and inflation > 1.005:
        of_S_c += " times that factor"
    of_S_c += (
        ": that of S_c was put on ⟨q₋² + p₋²⟩ = 1/S_c and turned over, that of the contrast of"
    )
    if method == "curvature":
        yield (
            f"{of_S_c} S_c is {FIELLER}, of the two 1/S_c and their covariance; quanta and "
            "parameters have symmetric ones."
        )
    else:
        yield f"{of_S_c} S_c on the logarithm of the ratio of both, those of parameters on theirs."


def _transmission(found: NetworkAnalysis) -> Iterator[str]:
    """Of a run without spectra."""
    free = len(found.fit.model.chart.free)
    yield (
        f"To {len(found.responses)} S-parameters we fitted the linear response of the device "
        f"{found.fit.model.device.name}, {free} entr{'ies' if free > 1 else 'y'} of its file free, "
        "all directions and settings jointly, by least squares in units of the trace noise, each "
        "with a gain and a phase of its own; errors were enlarged for the size and the correlation "
        "of the residuals (White, doi:10.2307/1912526). Synchronization is that of the fitted "
        "motion with the baths of the device file, which S-parameters do not tell."
    )
    yield from _intervals(found)


def _network(found: NetworkAnalysis) -> Iterator[str]:
    if not found.fit.model.observations.spectra:
        yield from _transmission(found)
        return
    traces = found.fit.model.observations.traces
    spectra = [trace for trace in traces if isinstance(trace, NoiseSpectrum)]
    free = len(found.fit.model.chart.free)
    total, used = len(found.conditions), len(found.traces)
    which = (
        "all directions and settings jointly"
        if used == total
        else f"{used} of {total} directions and settings jointly"
    )
    extra = len(spectra) - used
    if extra:
        which += f", with {extra} spectr{'a' if extra > 1 else 'um'} of the calibrations"
    averages = sorted({round(trace.averages) for trace in spectra})
    entries = "entries of its file" if free > 1 else "entry of its file"
    yield (
        f"{_law(averages)} we fitted the output spectra of the device "
        f"{found.fit.model.device.name}, {free} {entries} free, {which}, the analyzer's filter "
        "folded into the model and their common unit free within its error."
    )
    responses = len(traces) - len(spectra)
    if responses:
        gains = any(isinstance(trace, Response) and not trace.calibrated for trace in traces)
        yield (
            f"{responses} S-parameters were fitted with them, their noise taken from the scatter "
            "of the repeats and enlarged where residuals are larger or correlated"
            + (", each with a gain and a phase of its own." if gains else ".")
        )
    if any(len(trace.correlations) for trace in spectra):
        yield "Errors count the correlation that the filter gives neighbouring points."
    yield from _intervals(found)


def _intervals(found: NetworkAnalysis) -> Iterator[str]:
    states, entries = found.synchronization.method, found.interval
    traces = found.fit.model.observations.traces
    correlated = any(isinstance(t, Response) or len(t.correlations) for t in traces)
    risen = " times the growth of the variance by correlated points" if correlated else ""
    by = _BY | {"profile": f"{_BY['profile']}{risen}"}
    if found.responses:
        drawn = (
            "traces drawn, S-parameters from blocks of their residuals (doi:10.1214/aos/1176347265)"
        )
        by["bootstrap"] = f"by a bootstrap of {REPLICAS} fits to {drawn}"
    yield (
        f"Intervals are 95 %, those of states {by[states]}: that of S_c was put on "
        "⟨q₋² + p₋²⟩ = 1/S_c and turned over"
        + (", that of its contrast on the logarithm of the ratio of both" * bool(found.compared))
        + "."
    )
    same = "likewise" if states == entries else by[entries]
    of_logarithm = ""
    if entries == "curvature" and any(one.log for one in found.fit.model.chart.free):
        of_logarithm = ", on the logarithm of what can only be positive"
    yield f"Those of the device's entries were found {same}{of_logarithm}."
    if _has_curves(found):
        file = found.predictions["file"].band
        yield (
            "Bands of the fitted device's curves come from the curvature"
            + (f", those of the device file hold 95 % of {file}." if file else ".")
        )


def _has_curves(found: NetworkAnalysis) -> bool:
    """Whether one quantity is swept, over which figures have curves and bands."""
    sizes = found.predictions["fit"].settings.sizes
    return sum(n > 1 for dim, n in sizes.items() if dim not in ("light", "field", "branch")) == 1


def _law(averages: Sequence[int]) -> str:
    ends = sorted({averages[0], averages[-1]})
    K = f"K = {ends[0]}" if len(ends) == 1 else f"K from {ends[0]} to {ends[1]}"
    return (
        "A spectrum averaged K times follows a gamma distribution of shape K; by maximum "
        f"likelihood ({_WHITTLE}) with {K}"
    )


def _known(found: Any, name: str) -> bool:
    return name in found and bool(np.isfinite(found[name].values).any())
