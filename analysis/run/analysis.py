"""Everything that a run says: the interface of its figures, its report and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phonosync.analysis.run.cavity import CavityAnalysis, analyse_cavity, required_efficiency
from phonosync.analysis.run.network import NetworkAnalysis, analyse_network
from phonosync.analysis.run.records import RecordsAnalysis, records_of
from phonosync.analysis.run.responses import analyzer_ports
from phonosync.analysis.run.setting import Setting, settings_of, turned
from phonosync.analysis.run.spectra import SpectraAnalysis, analyse_spectra
from phonosync.analysis.run.two_way import TwoWayAnalysis, two_way_of
from phonosync.analysis.schema import check_run
from phonosync.theory.errors import InputError, PhonosyncError

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.statistics.interval import Method
    from phonosync.theory.device import Device
    from phonosync.theory.device.uncertainty import Uncertainty


@dataclass(frozen=True, eq=False)
class RunAnalysis:
    """All that a run says. What it does not hold, or cannot tell, is None or empty.

    Intervals in datasets are triples of variables: `x`, `x_low`, `x_high`, 95 %. A number that was
    not measured is NaN.

    Attributes:
        data: the run.
        spectra: without a model, of every setting and whatever was turned round.
        cavity: by setting: the joint fit of both directions of light to one cavity and two phonons,
            where no device was given and the model applies.
        network: the device of a file fitted to all directions and settings together.
        two_way: isolation by network analyzer, of every direction and setting.
        records: quadrature records: repeats joined, directions compared, tongues.
        notes: what limits all of it, each said once.
    """

    data: xarray.Dataset
    spectra: SpectraAnalysis | None = None
    cavity: Mapping[Setting, CavityAnalysis] = field(default_factory=dict)
    network: NetworkAnalysis | None = None
    two_way: TwoWayAnalysis | None = None
    records: RecordsAnalysis | None = None
    notes: tuple[str, ...] = ()


def analyse(
    data: xarray.Dataset,
    *,
    device: Device | None = None,
    free: Sequence[str] | None = None,
    efficiency: float | None = None,
    known: Uncertainty | None = None,
    interval: Method | None = None,
) -> RunAnalysis:
    """Analyse whatever a run holds: spectra, S-parameters, records.

    Args:
        data: the run (`schema.load_run`), finished or not.
        device: whose spectra and S-parameters they are taken to be; without it the model of one
            cavity and two phonons is fitted where it can apply (light turned, field not).
        free: entries of the device that are fitted; by default `models.free.open_entries`.
        efficiency: of the detection, instead of the one that the run was recorded with.
        known: how well the device file knows its entries (`uncertainty_of`), for theory's band.
        interval: how intervals of what is fitted are found, as of `network_synchronization` and
            `number_intervals`; by default from curvature where that serves.

    Raises:
        InputError: nothing measured; a device or entries that do not fit the run; a way of finding
            intervals where nothing is fitted.
    """
    if not {"psd", "s_parameters", "quadratures"} & set(data.data_vars):
        raise InputError("the run holds no measurement: it ended before one; resume it.")
    if efficiency is not None:
        data = data.assign_attrs(detection_efficiency=efficiency)
    spectra, network, cavity, notes = None, None, {}, _of_status(data)
    if "psd" in data:
        data = check_run(data, "the run")
        spectra = analyse_spectra(data)
        notes += spectra.notes
        if device is None and turned(data) == ("light",):
            cavity, said = _cavities(data, interval or "curvature")
            notes += said
    elif device is not None:
        _required_ports(data)
    if interval is not None and device is None and not cavity:
        why = f" ({notes[-1].rstrip('.')})" if notes else ""
        raise InputError(
            f"--interval is of what is fitted, and no model is fitted to this run{why}; name a "
            "device with --device, or leave --interval out."
        )
    if device is not None:
        network = analyse_network(
            data,
            spectra and spectra.spectra,
            spectra and spectra.reference,
            device,
            free=free,
            known=known,
            interval=interval,
        )
        notes += network.notes
    two_way = records = None
    try:
        two_way = two_way_of(data) if "s_parameters" in data else None
        records = records_of(data) if "quadratures" in data else None
    except InputError as error:  # the spectra may still say something
        if spectra is None:
            raise
        notes.append(str(error))
    return RunAnalysis(
        data, spectra, cavity, network, two_way, records, tuple(dict.fromkeys(notes))
    )


def _required_ports(data: xarray.Dataset) -> None:
    """Refuse to fit a device to a run without spectra unless its S-parameters can be fitted."""
    if "s_parameters" not in data:
        raise InputError(
            "the run holds neither spectra nor S-parameters, and a device is fitted to these; "
            "leave --device out."
        )
    if not analyzer_ports(data):
        raise InputError(
            "the run holds S-parameters alone, and its plan does not say where the network "
            "analyzer is connected; plan 's_parameters: {ports: {1: ...}}' with the device port "
            "that its port 1 sends into, or leave --device out."
        )


def _of_status(data: xarray.Dataset) -> list[str]:
    status = str(data.attrs.get("status", ""))
    if status in ("complete", ""):
        return []
    return [f"the run is {status}, not complete; what it holds is analysed."]


def _cavities(
    data: xarray.Dataset, interval: Method
) -> tuple[dict[Setting, CavityAnalysis], list[str]]:
    """The model of one cavity and two phonons at every setting that it can describe.

    Raises:
        InputError: the efficiency is not known, without which no setting can be analysed.
    """
    required_efficiency(data)
    found, notes = {}, []
    for setting in settings_of(data):
        try:
            found[setting] = analyse_cavity(setting.select(data), interval=interval)
        except PhonosyncError as error:
            notes.append(f"{setting.label}: {error}" if setting.label else str(error))
        else:
            at = f"{setting.label}: " if setting.label else ""
            notes += [at + note for note in found[setting].notes]
    return found, notes
