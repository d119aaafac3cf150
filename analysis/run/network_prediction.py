"""Theory along a run's sweep, at the settings and between them, with what it does not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.expected import state_at
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.forecast import drawn_interval, networks_of
from phonosync.analysis.models.inversion import inverted
from phonosync.analysis.models.measures import by_parameter, measures, required_pair
from phonosync.analysis.models.motion import Variants, resting_state
from phonosync.analysis.run.conditions import condition_of
from phonosync.analysis.run.grid import Grid, other_direction, setting_dims
from phonosync.analysis.run.setting import directions_of, settings_of, turned
from phonosync.analysis.run.traces import Place
from phonosync.analysis.schema import swept
from phonosync.analysis.statistics.interval import SIGMAS_95, UNKNOWN, Interval
from phonosync.theory.device import Device
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.device.parts import Disorder
from phonosync.theory.device.uncertainty import Uncertainty
from phonosync.theory.errors import InputError, UnstableError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.mean_field import refine_steady_states
from phonosync.theory.network import BosonicNetwork, velocity
from phonosync.theory.survey.monte_carlo import draw_imperfections, imperfect
from phonosync.theory.synchronization import complete_synchronization, contrast

if TYPE_CHECKING:
    import xarray

Array = NDArray[Any]
_POINTS = 31  # along a sweep
_DRAWS = 200
_SETTLED = 1e-6  # of the amplitudes' own decay
_SIGMAS = {"": SIGMAS_95, "_68": 1.0}


@dataclass(frozen=True, eq=False)
class SweepPrediction:
    """What theory expects along a run's sweep.

    Attributes:
        settings: over (light, field, swept, branch): `S_c` with `_low` and `_high` (95 %), `S_c_68`
            with its own (68 %). NaN where the device oscillates; no ends where nothing says how
            well it is known.
        compared: what was turned -> over (the other direction, swept, branch): `contrast` and
            `contrast_68` likewise.
        band: what it is the band of, in words; "" where there is none.
    """

    settings: xarray.Dataset
    compared: Mapping[str, xarray.Dataset]
    band: str


def fitted_prediction(fit: NetworkFit, data: xarray.Dataset, device: Device) -> SweepPrediction:
    """The fitted device's S_c, its band from the curvature of the likelihood.

    As at the measured settings the band is put on X = 1/S_c, and on ln(X_−/X_+) of a contrast.

    Args:
        fit: of the run.
        data: the run.
        device: that the fit began with, as from `device_of_run`.
    """
    pair, model = required_pair(device), fit.model
    values = model.chart.values(fit.parameters)
    fine = _finer(data)
    X: dict[Place, tuple[float, Array]] = {}
    for place, condition in _places(fine, data, device).items():
        try:
            state = state_at(model.device, model.chart.free, values, condition, slopes=True)
        except UnstableError:
            continue
        value, by_entry = measures(state, pair)["X_c"]
        X[place] = value, by_parameter(model, fit.parameters, by_entry)

    def error(slopes: Array) -> float:
        return float(np.sqrt(fit.information.propagated(slopes[None])[0, 0]))

    def synchronization(place: Place, sigmas: float) -> Interval:
        value, slopes = X[place]
        half = sigmas * error(slopes)
        return inverted(Interval(value, value - half, value + half))[0]

    def compared(plus: Place, minus: Place, sigmas: float) -> Interval:
        (a, da), (b, db) = X[plus], X[minus]
        ratio, half = np.log(b / a), sigmas * error(db / b - da / a)
        return Interval(*(float(np.tanh(x / 2)) for x in (ratio, ratio - half, ratio + half)))

    words = "the fit"
    return _prediction(
        fine,
        list(X),
        lambda place: {end: synchronization(place, sigmas) for end, sigmas in _SIGMAS.items()},
        lambda plus, minus: {end: compared(plus, minus, sigmas) for end, sigmas in _SIGMAS.items()},
        words,
    )


def stated_prediction(
    device: Device, data: xarray.Dataset, known: Uncertainty | None = None
) -> SweepPrediction:
    """The device file's S_c, its band from what the file says of its own uncertainty.

    That is the covariance beside it, of an earlier fit, or its `disorder`; without either there is
    a curve and no band.

    Args:
        device: as from `device_of_run`.
        data: the run.
        known: what stands beside the file.
    """
    pair, fine = required_pair(device), _finer(data)
    S, words = {}, ""
    devices = [device]
    spread = device.disorder if device.disorder != Disorder() else None
    if known is not None:
        try:
            devices += known.draws(device, _DRAWS)
            words = "the file's covariance"
        except InputError:
            known = None
    for place, condition in _places(fine, data, device).items():
        try:
            state = resting_state(Variants.of(device, (), np.empty((1, 0)), condition))
        except UnstableError:
            continue
        S[place] = _following(networks_of(devices, condition), state, pair)
        if known is None and spread is not None:
            alike = _following(_imperfect(device, spread, condition), state, pair)
            S[place], words = np.append(S[place], alike), "devices with the file's disorder"

    def ends(values: Array) -> dict[str, Interval]:
        if len(values) == 1:
            return {"": Interval(float(values[0]), np.nan, np.nan)}
        return {"": drawn_interval(values), "_68": drawn_interval(values, 68)}

    return _prediction(
        fine,
        list(S),
        lambda place: ends(S[place]),
        lambda plus, minus: ends(contrast(S[plus], S[minus])),
        words,
    )


def _following(networks: BosonicNetwork, state: Array, pair: tuple[int, int]) -> Array:
    """S_c of networks near one whose state is known, shape (P,); NaN where theirs is not at rest.

    Their states are followed from that one by Newton's method: searching all states of each would
    take a hundred times as long.
    """
    P = networks.batch[0]
    c, _ = refine_steady_states(networks, np.broadcast_to(state, (P, len(state))))
    rate = np.linalg.norm(velocity(networks, c), axis=-1) / np.linalg.norm(
        networks.loss * c, axis=-1
    )
    settled = rate < _SETTLED
    A = drift(networks, c)
    rest = np.flatnonzero(settled & (np.linalg.eigvals(A).real.max(axis=-1) < 0))
    S = np.full(P, np.nan)
    if len(rest):
        V = steady_covariance(A[rest], diffusion(networks.flat(rest)))
        S[rest] = complete_synchronization(V, *pair)
    return S


def _imperfect(device: Device, disorder: Disorder, condition: Condition) -> BosonicNetwork:
    """Devices with a disorder under a condition, a batch of shape (draws,)."""
    set_to = {find_entry(device, name): v for name, v in condition.settings.items()}
    here = with_entries(device, set_to)
    return imperfect(
        here,
        disorder,
        draw_imperfections(here, 0, 0).first(_DRAWS),
        light=condition.light,
        field=condition.field,
        power=condition.power,
        microwave_power=condition.microwave_power,
        wavelength=condition.wavelength,
    )


def _finer(data: xarray.Dataset) -> xarray.Dataset:
    """A run's directions, branches and settings; of one swept quantity, also values between."""
    import xarray

    dims = swept(data)
    coords = {name: data[name] for name in ("light", "field", *dims, "branch")}
    several = [dim for dim in dims if data.sizes[dim] > 1]
    if len(several) == 1:
        (dim,) = several
        measured = np.sort(data[dim].values.astype(float))
        steps = len(measured) - 1
        between = max(1, round((_POINTS - 1) / steps))
        places = np.arange(steps * between + 1) / between
        values = np.interp(places, np.arange(len(measured)), measured)
        coords[dim] = xarray.DataArray(values, dims=dim, name=dim, attrs=data[dim].attrs)
    shape = tuple(coords[name].size for name in coords)
    return xarray.Dataset({"quad": (tuple(coords), np.zeros(shape))}, coords=coords)


def _places(fine: xarray.Dataset, data: xarray.Dataset, device: Device) -> dict[Place, Condition]:
    return {
        (light, field, setting): condition_of(device, data, setting, light=light, field=field)
        for setting in settings_of(fine)
        for light, field in directions_of(fine)
    }


def _prediction(
    fine: xarray.Dataset,
    known: list[Place],
    S_c: Callable[[Place], dict[str, Interval]],
    chi: Callable[[Place, Place], dict[str, Interval]],
    band: str,
) -> SweepPrediction:
    settings, compared = Grid(fine, ("light", "field", *setting_dims(fine))), {}
    grids = {
        name: Grid(fine, (other_direction(name), *setting_dims(fine))) for name in turned(fine)
    }
    for light, field, setting in known:
        at = {"light": light, "field": field, **setting.at}
        for end, interval in S_c((light, field, setting)).items():
            settings.put(f"S_c{end}", at, interval)
        for name, grid in grids.items():
            if at[name] != 1:
                continue
            other = (-1, field, setting) if name == "light" else (light, -1, setting)
            found = chi((light, field, setting), other) if other in known else {"": UNKNOWN}
            for end, interval in found.items():
                grid.put(f"contrast{end}", at, interval)
    compared = {name: grid.dataset() for name, grid in grids.items()}
    return SweepPrediction(settings.dataset(), compared, band)
