"""Everything that a run says: the interface of its figures, its report and its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from phonosync.analysis.run.cavity import CavityAnalysis, analyse_cavity
from phonosync.analysis.run.network import NetworkAnalysis
from phonosync.analysis.run.records import RecordsAnalysis, records_of
from phonosync.analysis.run.setting import Setting, settings_of, turned
from phonosync.analysis.run.spectra import SpectraAnalysis
from phonosync.analysis.run.two_way import TwoWayAnalysis, two_way_of
from phonosync.theory.errors import InputError, PhonosyncError

if TYPE_CHECKING:
    import xarray

    from phonosync.theory.device import Device


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
) -> RunAnalysis:
    """Analyse whatever a run holds: spectra, S-parameters, records.

    Args:
        data: the run (`schema.load_run`), finished or not.
        device: whose spectra and S-parameters they are taken to be; without it the model of one
            cavity and two phonons is fitted where it can apply (light turned, field not).
        free: entries of the device that are fitted; by default `models.free.free_entries`.
        efficiency: of the detection, instead of the one that the run was recorded with.

    Raises:
        InputError: nothing measured; a device or entries that do not fit the run.
    """
    if not {"psd", "s_parameters", "quadratures"} & set(data.data_vars):
        raise InputError("the run holds no measurement: it ended before one; resume it.")
    if efficiency is not None:
        data = data.assign_attrs(detection_efficiency=efficiency)
    notes: list[str] = []
    cavity: dict[Setting, CavityAnalysis] = {}
    if device is None and "psd" in data and turned(data) == ("light",):
        for setting in settings_of(data):
            try:
                cavity[setting] = analyse_cavity(setting.select(data))
            except PhonosyncError as error:
                notes.append(f"{setting.label}: {error}" if setting.label else str(error))
    two_way = records = None
    try:
        two_way = two_way_of(data) if "s_parameters" in data else None
        records = records_of(data) if "quadratures" in data else None
    except InputError as error:  # the spectra may still say something
        notes.append(str(error))
    return RunAnalysis(
        data,
        cavity=cavity,
        two_way=two_way,
        records=records,
        notes=tuple(dict.fromkeys(notes)),
    )
