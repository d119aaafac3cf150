"""From a run's file to synchronization and nonreciprocity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.cavity import PHONONS, detuning_name, linearise
from phonosync.analysis.direction_fit import DirectionFit, fit_directions
from phonosync.analysis.direction_spectra import DirectionSpectra
from phonosync.analysis.nonreciprocity import permutation_p_value
from phonosync.analysis.synchronization import Nonreciprocity, Synchronization, synchronization
from phonosync.theory.errors import InputError, PhonosyncError
from phonosync.theory.synchronization import complete_synchronization

if TYPE_CHECKING:
    import xarray

_ANGLES = {"phase": np.pi / 2, "amplitude": 0.0}


@dataclass(frozen=True, eq=False)
class RunAnalysis:
    """All that a run says.

    Attributes:
        data: the run.
        fit: joint fit of both directions.
        directions: synchronization per direction.
        nonreciprocity: contrast and isolation.
        quads: S_c of each quad, shape (quads, directions), its detunings fitted with the device of
            the joint fit; NaN where it failed.
        p_value: of no difference between directions; None with fewer than 8 complete quads.
    """

    data: xarray.Dataset
    fit: DirectionFit
    directions: list[Synchronization]
    nonreciprocity: Nonreciprocity
    quads: NDArray[np.floating]
    p_value: float | None


def analyse_run(data: xarray.Dataset) -> RunAnalysis:
    """Fit a run's spectra and say what they show.

    Args:
        data: as checked by `schema.check_run`.

    Raises:
        InputError: no spectra, or none that the model can describe.
    """
    fit = fit_directions(direction_spectra(data))
    directions, nonreciprocity = synchronization(fit)
    quads = _quads(data, fit.parameters)
    complete = quads[np.isfinite(quads).all(axis=1)]
    p_value = None
    if quads.shape[1] == 2 and len(complete) >= 8:
        p_value = permutation_p_value(complete[:, 0] - complete[:, 1])
    return RunAnalysis(data, fit, directions, nonreciprocity, quads, p_value)


def direction_spectra(data: xarray.Dataset, quad: int | None = None) -> DirectionSpectra:
    """Average a run's spectra per direction, in units of its shot-noise reference.

    Args:
        data: the run.
        quad: only this quad's spectra.

    Raises:
        InputError: no finite spectrum is left in one of the directions.
    """
    reference = data["shot_noise_psd"].values
    level = float(reference.mean())
    power, averages = {}, {}
    for light in data["direction"].values:
        psd = data["psd"].sel(direction=light).transpose("repeat", "frequency").values
        used = np.isfinite(psd).all(axis=1)
        if quad is not None:
            used &= data["quad"].sel(direction=light).values == quad
        if not used.any():
            continue
        power[int(light)] = psd[used].mean(axis=0) / level
        averages[int(light)] = int(used.sum() * data.attrs["averages"])
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
        quadrature_angle=_ANGLES[str(data.attrs["quadrature"])],
        reference_averages=int(data.attrs["shot_noise_averages"]),
    )


def _quads(data: xarray.Dataset, fitted: Parameters) -> NDArray[np.floating]:
    """S_c of every quad alone: only the detuning is free, the device is that of the joint fit.

    Both directions start from the same detunings and know nothing of each other, so that swapping
    their spectra swaps their S_c: without this the permutation test would not be exact.
    """
    lights = sorted((int(x) for x in data["direction"].values), reverse=True)
    starts = [fitted[detuning_name(light)].value for light in lights]
    found = data["quad"].values
    quads = np.unique(found[np.isfinite(found)]).astype(int)
    S = np.full((len(quads), len(lights)), np.nan)
    for row, quad in enumerate(quads):
        try:
            spectra = direction_spectra(data, quad)
        except InputError:
            continue  # stays NaN, and is counted as missing
        if set(spectra.lights) != set(lights):
            continue  # the run ended inside this quad
        for column, light in enumerate(lights):
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
