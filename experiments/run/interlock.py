"""Bounds that are looked at between points: hold and go on, or end safely."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from phonosync.experiments.plan.plan import Plan
from phonosync.experiments.plan.safety import Interlock
from phonosync.experiments.rig.rig import Rig
from phonosync.instruments.errors import InstrumentError
from phonosync.theory.device.text import write_quantity
from phonosync.theory.errors import PhonosyncError

POLL_S = 1.0
_READ = {"temperature": "temperature_read", "laser_power": "laser_power_read"}
_FIELD = ("field_x", "field_y", "field_z")


class InterlockError(PhonosyncError):
    """A quantity left its bounds and the plan ends the run there."""

    exit_code = 3


class Interlocks:
    """Looks at the bounds of a plan.

    Args:
        plan: with its interlocks.
        rig: read again while the run is held.
        hold: switches the drives off; called once, when a hold begins.
        say: told when a hold begins and ends.
        clock, sleep: s; tests turn the clock by hand.
    """

    def __init__(
        self,
        plan: Plan,
        rig: Rig,
        hold: Callable[[], None],
        *,
        say: Callable[[str], None] = lambda text: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._bounds, self._rig = plan.interlocks, rig
        self._hold, self._say, self._clock, self._sleep = hold, say, clock, sleep

    def look(self, values: Mapping[str, Any]) -> bool:
        """Compare what was just read back with the bounds; returns when the run may go on.

        Returns:
            Whether the run was held: what was taken just before is to be taken again.

        Raises:
            InterlockError: the plan ends the run here, or a hold took too long.
        """
        held = False
        for bound in self._bounds:
            if bound.what.unit and (fault := _outside(bound, values)):
                self._wait(bound, fault, lambda b=bound: _outside(b, self._read(b)))
                held = True
        return held

    def relock(self, error: InstrumentError) -> bool:
        """Wait for a laser that lost its lock; False where the plan does not ask for it.

        Raises:
            InterlockError: the plan ends the run here, or the light did not come back.
        """
        for bound in self._bounds:
            if bound.quantity == "laser_lock":
                self._wait(bound, str(error).rstrip("."), self._without_light)
                return True
        return False

    def _without_light(self) -> str:
        try:
            self._rig.laser.on()
            lit = self._rig.laser.read().on
        except InstrumentError as error:
            lit, reason = False, str(error).rstrip(".")
        else:
            reason = "the laser stays dark"
        if not lit:
            self._rig.laser.off()
        return "" if lit else reason

    def _wait(self, bound: Interlock, fault: str, again: Callable[[], str]) -> None:
        if bound.action == "end":
            raise InterlockError(f"{fault}; the plan ends the run there.")
        self._hold()
        self._say(f"On hold, drives off: {fault}.")
        begun = self._clock()
        while fault:
            if self._clock() - begun > bound.wait:
                raise InterlockError(f"{fault}, for longer than the {bound.wait:g} s of its wait.")
            self._sleep(min(POLL_S, bound.wait))
            fault = again()
        self._say("Going on: it is back within its bounds.")

    def _read(self, bound: Interlock) -> dict[str, Any]:
        try:
            if bound.quantity == "temperature":
                return {"temperature_read": self._rig.thermometer.read()}
            if bound.quantity == "monitor_power":
                return {"monitor_power": self._rig.power_meter.read()}
            field = self._rig.magnet.read().field_t
            return dict(zip(_FIELD, field, strict=True))
        except InstrumentError:
            return {}  # not back yet, as far as anybody knows


def _outside(bound: Interlock, values: Mapping[str, Any]) -> str:
    """What is wrong, in words; "" if nothing is."""
    what = bound.what
    if bound.quantity == "field_size":
        parts = [values[name] for name in _FIELD if name in values]
        found = math.hypot(*parts) if parts else None
    else:
        found = values.get(_READ.get(bound.quantity, bound.quantity))
    if found is None:
        return f"the {what.label} cannot be read"
    if bound.above is not None and not found > bound.above:
        limit = f"not above {write_quantity(bound.above, what.unit)}"
    elif bound.below is not None and not found < bound.below:
        limit = f"not below {write_quantity(bound.below, what.unit)}"
    else:
        return ""
    return f"the {what.label} is {write_quantity(found, what.unit)}, {limit}"
