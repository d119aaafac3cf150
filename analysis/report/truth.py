"""What theory says of the device of a virtual lab, to stand beside what a run found of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phonosync.theory.synchronization import contrast, isolation_db

if TYPE_CHECKING:
    from phonosync.analysis.run.setting import Setting


@dataclass(frozen=True, eq=False)
class Truth:
    """Theory's numbers of a virtual device; the analysis of a run never sees them.

    Attributes:
        states: one of each direction and setting at which the device is at rest: `light`, `field`,
            the swept quantities and the branch where the run has several, `S_c`, `occupations` of
            both phonons, `E_N`.
        entries: entry of the device file -> value, SI unit.
        parameters: parameter of the fit of one cavity and two phonons -> value, likewise.
    """

    states: Sequence[Mapping[str, Any]] = ()
    entries: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)

    def state(self, light: int, field: int, setting: Setting) -> Mapping[str, Any]:
        """The state of one direction and setting; empty where the device is not at rest."""
        wanted = {"light": light, "field": field, **setting.at}
        for state in self.states:
            if all(state[key] == value for key, value in wanted.items() if key in state):
                return state
        return {}

    def compared(
        self, forward: tuple[int, int], backward: tuple[int, int], setting: Setting
    ) -> tuple[float | None, float | None]:
        """Contrast of S_c between two directions, (light, field) each, and isolation in dB."""
        plus, minus = (self.state(*way, setting).get("S_c") for way in (forward, backward))
        if plus is None or minus is None:
            return None, None
        return float(contrast(plus, minus)), float(isolation_db(plus, minus))
