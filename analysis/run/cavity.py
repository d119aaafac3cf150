"""From a run's file to synchronization and nonreciprocity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.directions.cavity import PHONONS, detuning_name, linearise
from phonosync.analysis.directions.fit import DirectionFit, fit_directions
from phonosync.analysis.directions.intervals import parameter_intervals
from phonosync.analysis.directions.spectra import DirectionSpectra
from phonosync.analysis.directions.synchronization import (
    Nonreciprocity,
    Synchronization,
    synchronization,
)
from phonosync.analysis.nonreciprocity.permutation import permutation_p_value, quad_differences
from phonosync.analysis.run.reference import (
    effective_averages,
    in_shot_noise_units,
    independent_points,
    reference_of,
)
from phonosync.analysis.schema import swept
from phonosync.analysis.statistics.interval import Interval, Method
from phonosync.theory.errors import InputError, PhonosyncError
from phonosync.theory.synchronization import complete_synchronization

if TYPE_CHECKING:
    import xarray

ANGLES = {"phase": np.pi / 2, "amplitude": 0.0}


@dataclass(frozen=True, eq=False)
class CavityAnalysis:
    """All that a run says.

    Attributes:
        data: the run.
        fit: joint fit of both directions.
        directions: synchronization per direction.
        nonreciprocity: contrast and isolation.
        quads: S_c of each complete quad, shape (quads, 2), forward first: its detunings fitted with
            the device of the joint fit; NaN where it failed.
        p_value: of no difference between the directions' spectra; None below 8 complete quads.
        parameters: of the fit, each that was free with its interval, Hz.
        interval: how intervals were found.
    """

    data: xarray.Dataset
    fit: DirectionFit
    directions: list[Synchronization]
    nonreciprocity: Nonreciprocity
    quads: NDArray[np.floating]
    p_value: float | None
    parameters: Mapping[str, Interval]
    interval: Method

    @property
    def notes(self) -> list[str]:
        """What the data cannot tell, each said once."""
        said = (note for entry in self.directions for note in entry.notes)
        return list(dict.fromkeys(said))


def analyse_cavity(
    data: xarray.Dataset, *, efficiency: float | None = None, interval: Method = "curvature"
) -> CavityAnalysis:
    """Fit a run's spectra and say what they show.

    Args:
        data: as checked by `schema.check_run`.
        efficiency: of the detection, instead of the one that the run was recorded with.
        interval: how intervals are found, as of `number_intervals`.

    Raises:
        InputError: no spectra, or none that the model can describe.
    """
    if efficiency is not None:
        data = data.assign_attrs(detection_efficiency=efficiency)
    fit = fit_directions(direction_spectra(data))
    directions, nonreciprocity = synchronization(fit, interval)
    quads = _whole_quads(data)
    S_c = _quad_synchronization(quads, fit.parameters) if quads else np.empty((0, 2))
    p_value = None
    if len(quads) >= 8:
        # From the spectra and not from S_c: a fit that saw the labels would favour a difference.
        forward, backward = ([q.power[light] for q in quads] for light in (1, -1))
        p_value = permutation_p_value(quad_differences(forward, backward))
    parameters = parameter_intervals(fit, interval)
    return CavityAnalysis(data, fit, directions, nonreciprocity, S_c, p_value, parameters, interval)


def required_efficiency(data: xarray.Dataset) -> float:
    """The detection's efficiency that a run was recorded with.

    Raises:
        InputError: none.
    """
    efficiency = float(data.attrs.get("detection_efficiency", np.nan))
    if not 0 < efficiency <= 1:
        raise InputError(
            "the run was recorded without the detection's efficiency, which no spectrum tells; "
            "give it with --efficiency, a number up to 1."
        )
    return efficiency


def direction_spectra(data: xarray.Dataset, quad: int | None = None) -> DirectionSpectra:
    """Average a run's spectra per direction, in units of its shot-noise reference.

    Args:
        data: the run.
        quad: only this quad's spectra.

    Raises:
        InputError: no finite spectrum is left in one of the directions.
    """
    required_efficiency(data)
    data = one_setting(data)
    reference = reference_of(data)
    units = in_shot_noise_units(data, reference)
    K = effective_averages(data, reference)
    power, averages = {}, {}
    for light in data["light"].values:
        here = units.sel(light=light).transpose("repeat", "frequency").values
        used = np.isfinite(here).all(axis=1)
        if quad is not None:
            used &= data["quad"].sel(light=light).values == quad
        if not used.any():
            continue
        power[int(light)] = here[used].mean(axis=0)
        averages[int(light)] = round(used.sum() * K)
    if not power:
        raise InputError("the run holds no complete spectrum; measure it again.")
    return DirectionSpectra(
        frequency_hz=data["frequency"].values,
        power=power,
        averages=averages,
        resolution_bandwidth_hz=float(data.attrs["resolution_bandwidth_hz"]),
        window=str(data.attrs["window"]),
        efficiency=float(data.attrs["detection_efficiency"]),
        efficiency_error=float(data.attrs.get("detection_efficiency_error", 0.0)),
        escape=float(data.attrs.get("escape_efficiency", 1.0)),
        quadrature_angle=ANGLES[str(data.attrs["quadrature"])],
        # Dark noise and the tone are in the unit's error, beside shot noise's own averages.
        reference_averages=round(1 / (reference.relative_error**2 * independent_points(data))),
    )


def one_setting(data: xarray.Dataset) -> xarray.Dataset:
    """The data of a run at a single setting, without the dimensions of length one.

    Raises:
        InputError: several settings, branches or directions of the field are in it.
    """
    for name in ("field", "branch", *swept(data)):
        if data.sizes.get(name, 1) > 1:
            values = ", ".join(f"{value}" for value in data[name].values[:4])
            raise InputError(
                f"the run has {data.sizes[name]} values of {name} ({values}, ...); choose one."
            )
    alone = [name for name in ("field", "branch", *swept(data)) if name in data.sizes]
    return data.isel(dict.fromkeys(alone, 0))


def _whole_quads(data: xarray.Dataset) -> list[DirectionSpectra]:
    """Spectra of every quad that was measured to its end in both directions."""
    data = one_setting(data)
    found = data["quad"].values
    whole = []
    for quad in np.unique(found[np.isfinite(found)]):
        try:
            spectra = direction_spectra(data, int(quad))
        except InputError:
            continue
        if spectra.lights == (1, -1) and len(set(spectra.averages.values())) == 1:
            whole.append(spectra)
    return whole


def _quad_synchronization(
    quads: list[DirectionSpectra], fitted: Parameters
) -> NDArray[np.floating]:
    """S_c of every quad alone: only the detuning is free, the device is that of the joint fit.

    Both directions start from the same detunings and know nothing of each other.
    """
    S = np.full((len(quads), 2), np.nan)
    starts = [fitted[detuning_name(light)].value for light in (1, -1)]
    for row, spectra in enumerate(quads):
        for column, light in enumerate((1, -1)):
            alone = replace(spectra, power={light: spectra.power[light]}, efficiency_error=0.0)
            S[row, column] = _detuned(alone, fitted, starts)
    return S


def _detuned(spectra: DirectionSpectra, fitted: Parameters, starts: list[float]) -> float:
    """S_c of one direction's spectrum with the most likely of the detunings found from `starts`."""
    (light,) = spectra.lights
    best, S_c = np.inf, np.nan
    for start in starts:
        parameters = fitted.copy()
        for name in parameters:
            parameters[name].vary = name == detuning_name(light)
        parameters[detuning_name(light)].value = start
        try:
            fit = fit_directions(spectra, start=parameters)
            V = linearise(fit.parameters, light).V
        except PhonosyncError:
            continue
        if fit.result.chisqr < best:
            best, S_c = fit.result.chisqr, float(complete_synchronization(V, *PHONONS))
    return S_c
