"""A device fitted to everything that a run took, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonosync.analysis.statistics.interval import Interval

if TYPE_CHECKING:
    import xarray

    from phonosync.analysis.models.condition import Condition
    from phonosync.analysis.models.fit import NetworkFit
    from phonosync.analysis.models.identifiability import Indistinct
    from phonosync.analysis.models.synchronization import NetworkSynchronization
    from phonosync.analysis.run.setting import Setting


@dataclass(frozen=True, eq=False)
class NetworkAnalysis:
    """The joint fit of all directions and settings.

    Attributes:
        fit: `fit.model.expected(fit.parameters, k)` is the fitted trace k.
        traces: (light, field, setting, variable) -> number k of the trace; variable "psd", or
            "s21" and so on.
        conditions: (light, field, setting) -> condition.
        settings: over (light, field, swept, branch): `S_c`, `S_p`, `S_phi`, `E_N`, `occupation_1`,
            `occupation_2` with `_low` and `_high` (a limit has NaN as its value and other end);
            `deviance_z` of the spectrum; `S_c_theory`, `occupation_1_theory` ...: of the device
            file as it was, before the fit.
        compared: what was turned -> over the other direction, swept, branch: `contrast` and
            `isolation` (dB) of S_c with `_low` and `_high`, and `contrast_theory`.
        entries: fitted entry of the device file -> value with interval, in its SI unit.
        synchronization: what `settings` and `compared` were made of, with notes by condition.
        indistinct: combinations of entries that the run does not tell.
        notes: each said once.
    """

    fit: NetworkFit
    traces: Mapping[tuple[int, int, Setting, str], int]
    conditions: Mapping[tuple[int, int, Setting], Condition]
    settings: xarray.Dataset
    compared: Mapping[str, xarray.Dataset]
    entries: Mapping[str, Interval]
    synchronization: NetworkSynchronization
    indistinct: tuple[Indistinct, ...] = ()
    notes: tuple[str, ...] = ()
