"""A device fitted to all spectra and S-parameters of a run, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.identifiability import Indistinct, indistinct
from phonosync.analysis.models.intervals import entry_intervals
from phonosync.analysis.models.measures import required_pair
from phonosync.analysis.models.observations import Observation, Prior
from phonosync.analysis.models.synchronization import (
    NetworkSynchronization,
    network_synchronization,
)
from phonosync.analysis.run.at_rest import measures_at_rest
from phonosync.analysis.run.conditions import condition_of, device_of_run
from phonosync.analysis.run.fitted_prediction import fitted_prediction, fitted_states
from phonosync.analysis.run.fitted_responses import (
    FittedResponse,
    fitted_responses,
    on_responses,
)
from phonosync.analysis.run.network_fit import Observed, Start, fit_at_rest
from phonosync.analysis.run.network_noise import expected_noise
from phonosync.analysis.run.network_settings import compared_directions, network_settings
from phonosync.analysis.run.reference import Reference
from phonosync.analysis.run.responses import analyzer_ports, responses_at
from phonosync.analysis.run.setting import directions_of, settings_of, turned
from phonosync.analysis.run.stated_prediction import stated_prediction
from phonosync.analysis.run.sweep_prediction import SweepPrediction, finer
from phonosync.analysis.run.told_entries import on_baths, told_entries
from phonosync.analysis.run.traces import Place, calibration_spectra, spectrum_at
from phonosync.analysis.statistics.interval import Interval, Method, limited
from phonosync.theory.device import Device
from phonosync.theory.device.uncertainty import Uncertainty

if TYPE_CHECKING:
    import xarray

EFFICIENCY = "detection.efficiency"
_FEW = 6  # states: with more, each profile costs too much


@dataclass(frozen=True, eq=False)
class NetworkAnalysis:
    """The joint fit of all directions and settings.

    Attributes:
        fit: `fit.model.expected(fit.parameters, k)` is the fitted trace k.
        responses: every S-parameter, with what the fitted device has in its place.
        traces: (light, field, setting) -> number k of its spectrum, or in a run without spectra of
            its first S-parameter. Spectra of the control and of the thermal reference are fitted,
            too, and S-parameters where the plan says which ports they are of; these stand behind
            the spectra.
        conditions: (light, field, setting) -> condition, those left out of the fit among them.
        settings: over (light, field, swept, branch): `S_c`, `S_p`, `S_phi`, `E_N`, `occupation_1`,
            `occupation_2` with `_low` and `_high` (a limit has NaN as its value and other end);
            `deviance_z` of the spectrum; `S_c_theory`, `occupation_1_theory` and so on: of the
            device file as it was, before the fit.
        compared: what was turned -> over the other direction, swept, branch: `contrast` and
            `isolation` (dB) of S_c with `_low` and `_high`, and `contrast_theory`.
        predictions: "fit" and "file" -> theory along the sweep with its band: of the fitted device,
            and of the device file as it was.
        noise: what was turned -> contrast of the noise power that the fitted device expects.
        entries: fitted entry of the device file -> value with interval, in its SI unit.
        interval: how intervals of the entries were found, as of `network_synchronization`.
        synchronization: what `settings` and `compared` were made of, and how their intervals were
            found.
        indistinct: combinations of entries that the run does not tell.
        notes: each said once.
    """

    fit: NetworkFit
    responses: tuple[FittedResponse, ...]
    traces: Mapping[Place, int]
    conditions: Mapping[Place, Condition]
    settings: xarray.Dataset
    compared: Mapping[str, xarray.Dataset]
    predictions: Mapping[str, SweepPrediction]
    noise: Mapping[str, xarray.Dataset]
    entries: Mapping[str, Interval]
    interval: Method
    synchronization: NetworkSynchronization
    indistinct: tuple[Indistinct, ...]
    notes: tuple[str, ...]


def analyse_network(
    data: xarray.Dataset,
    spectra: xarray.Dataset | None,
    reference: Reference | None,
    device: Device,
    *,
    free: Sequence[str] | None = None,
    known: Uncertainty | None = None,
    interval: Method | None = None,
) -> NetworkAnalysis:
    """Fit a device to all spectra and S-parameters of a run.

    The run's detection efficiency stands in for the device file's; its error, where one is given,
    is a calibration, common to all.

    Args:
        data: as checked by `schema.check_run`.
        spectra: `SpectraAnalysis.spectra`; None where the run holds S-parameters alone.
        reference: the unit; likewise.
        device: where to begin, and what is not fitted.
        free: entries, as of `parse_free`; by default `told_entries`.
        known: how well the device file knows its entries, from an earlier fit; it is drawn beside
            the result and not fitted.
        interval: how intervals are found, as of `network_synchronization`; by default by curvature,
            and where states are few by profile for entries, and for states known to worse than a
            tenth.

    Raises:
        InputError: nothing to fit, no two phonons, entries that cannot be free, a device without
            `detection`, or none like it that resembles the spectra.
    """
    required_pair(device)
    device = device_of_run(device, data)
    notes: list[str] = []
    conditions = {
        (light, field, setting): condition_of(device, data, setting, light=light, field=field)
        for setting in settings_of(data)
        for light, field in directions_of(data)
    }
    names = list(free) if free is not None else told_entries(device, data, conditions)
    before = {place: measures_at_rest(device, condition) for place, condition in conditions.items()}
    quiet = [place for place, theory in before.items() if theory is not None]
    priors, error = {}, float(data.attrs.get("detection_efficiency_error", 0.0))
    detection = None if spectra is None else device.detection
    if error > 0 and EFFICIENCY not in names and detection is not None:
        names.append(EFFICIENCY)
        priors[EFFICIENCY] = Prior(detection.efficiency, error)

    def observed(places: Collection[Place]) -> Observed:
        """Spectra of places, calibrations, and S-parameters of places that have a spectrum.

        Where there are no spectra at all, S-parameters of all places.
        """
        traces: dict[Place, int] = {}
        found: list[Observation] = []
        for place in places:
            at = conditions[place]
            trace = None if spectra is None else spectrum_at(data, spectra, place, at)
            if trace is not None:
                traces[place] = len(found)
                found.append(trace)
        found += calibrations
        for place in places if spectra is None else list(traces):
            seen = list(responses_at(data, place, conditions[place], device))
            if seen:
                traces.setdefault(place, len(found))
            found += seen
        return traces, found

    calibrations = [
        trace
        for trace in (() if reference is None else calibration_spectra(data, reference, device))
        if measures_at_rest(device, trace.condition) is not None
    ]
    unit = 0.0 if reference is None else 1 / reference.relative_error**2
    rest = fit_at_rest(Start(device, names, priors, unit), conditions, quiet, observed)
    fit, traces = rest.fit, rest.traces
    notes += rest.notes
    still = {place: conditions[place] for place in traces}
    if "s_parameters" in data and not analyzer_ports(data):
        notes.append(
            "the plan does not say where the network analyzer is connected, so that its "
            "S-parameters are not in the fit; add 's_parameters: {ports: {1: ...}}' with the "
            "device port that its port 1 sends into."
        )
    found = fit.model.observations.traces
    lost_entries = indistinct(fit)
    # What an S-parameter does not tell no profile finds either: it never meets the bath.
    told = spectra is not None or not lost_entries
    few = told and len({id(trace.condition) for trace in found}) <= _FEW
    method: Method = interval or ("profile" if few else "curvature")
    said = network_synchronization(fit, method=interval or "curvature")
    if interval is None and few and any(_loose(state.S_c) for state in said.states):
        said = network_synchronization(fit, method="profile")
    notes += [note for state in said.states for note in state.notes]
    for one in lost_entries:
        remedy = f" Best told by {one.remedy.measurement}." if one.remedy else ""
        notes.append(one.reason + remedy)
    responses = fitted_responses(fit, conditions)
    notes += [*on_responses(responses), *on_baths(device, data, names)]
    if fit.rivals:
        notes.append(
            "another set of entries describes the traces nearly as well (deviance less than 9 "
            "above); a second power or detuning would tell them apart."
        )
    settings = network_settings(data, fit, said, traces, before)
    fine = finer(data)
    states = fitted_states(fit, fine, data)
    return NetworkAnalysis(
        fit,
        responses,
        traces,
        conditions,
        settings,
        {name: compared_directions(data, said, still, settings, name) for name in turned(data)},
        {
            "fit": fitted_prediction(fit, fine, states),
            "file": stated_prediction(device, data, fine, known),
        },
        expected_noise(fit, fine, states) if fit.model.observations.spectra else {},
        {name: limited(found) for name, found in entry_intervals(fit, method).items()},
        method,
        said,
        lost_entries,
        tuple(dict.fromkeys(notes)),
    )


def _loose(S: Interval) -> bool:
    """Whether X = 1/S is known to worse than a tenth, where its curvature is no longer enough."""
    return not S.high - S.low < 0.4 * S.value
