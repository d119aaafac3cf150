"""What a device file expects along a run's sweep, with the band of what it says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.forecast import drawn_interval, networks_of
from phonosync.analysis.models.measures import required_pair
from phonosync.analysis.models.motion import Variants, resting_state
from phonosync.analysis.run.sweep_prediction import (
    SweepPrediction,
    prediction,
    sweep_conditions,
)
from phonosync.analysis.statistics.interval import Interval
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
_DRAWS = 200
_SETTLED = 1e-6  # of the amplitudes' own decay


def stated_prediction(
    device: Device,
    data: xarray.Dataset,
    fine: xarray.Dataset,
    known: Uncertainty | None = None,
) -> SweepPrediction:
    """The device file's S_c, its band from what the file says of its own uncertainty.

    That is the covariance beside it, of an earlier fit, or its `disorder`; without either there is
    a curve and no band.

    Args:
        device: as from `device_of_run`.
        data: the run.
        fine: settings, from `finer`.
        known: what stands beside the file.
    """
    pair = required_pair(device)
    S, words = {}, ""
    devices = [device]
    spread = device.disorder if device.disorder != Disorder() else None
    if known is not None:
        try:
            devices += known.draws(device, _DRAWS)
            words = "the file's covariance"
        except InputError:
            known = None
    for place, condition in sweep_conditions(fine, data, device).items():
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

    return prediction(
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
