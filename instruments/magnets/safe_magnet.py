"""A magnet that cannot hurt: one wrapper round every supply, as `roles.Magnet`."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.magnets import persistence as magnet_persistence
from phonosync.instruments.magnets.coils import AXES, Coils, field_text, vector
from phonosync.instruments.magnets.crystal import Miller, Vector
from phonosync.instruments.magnets.path import ZERO, round_loop, through_zero
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.magnets.supply import Supply
from phonosync.instruments.roles import FieldReading
from phonosync.theory.errors import InputError

NOTHING_T = 1e-9  # a component this small needs no coil
ROUNDING = 1 + 1e-9
_LOG = logging.getLogger(__name__)


class SafeMagnet:
    """Ramps one to three coils together and leaves them paused whatever goes wrong.

    A ramp is a straight line of the field vector, so it never leaves the sphere of `max_field_t`.
    A component that changes its sign stops at zero on the way. With `loop_field_t` every target is
    approached in one defined way: out to that magnitude along the target's own direction, then
    back to the target from above (the target zero along the last axis); opposite targets are
    mirror images. Every look at the magnet asks for a quench. After a quench nothing ramps but
    `rest`, which takes the healthy coils to zero, until `acknowledge_quench`. A persistent switch
    is opened only when the supply's current is that of the coil.

    Args:
        supplies: axis ("x", "y", "z") -> its supply.
        settings: limits, ramp, settling, persistent mode, rest.
        role: name in error messages.
        clock, sleep: s; tests turn the clock by hand.

    Attributes:
        ramp_rate_t_per_s: speed of the field vector, T/s.
    """

    def __init__(
        self,
        supplies: Mapping[str, Supply],
        settings: MagnetSettings | None = None,
        *,
        role: str = "magnet",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.settings = settings = settings or MagnetSettings()
        self.coils = Coils(supplies, settings, role=role, clock=clock, sleep=sleep)
        self.role = role
        self._left_persistent: dict[str, float] = {}
        asked: dict[str, float] = {**settings.max_axis_field_t}
        self._max_axis_t = {
            axis: min(supply.max_field_t, asked.get(axis, math.inf))
            for axis, supply in self.coils.supplies.items()
        }
        self._max_field_t = settings.max_field_t or min(self._max_axis_t.values())
        fastest = min(supply.max_rate_t_per_s for supply in self.coils.supplies.values())
        self.ramp_rate_t_per_s = settings.ramp_rate_t_per_s or fastest
        if self.ramp_rate_t_per_s > fastest * ROUNDING:
            raise InputError(
                f"{role} is to ramp at {self.ramp_rate_t_per_s:g} T/s, but its supplies allow no "
                f"more than {fastest:g} T/s. Lower ramp_rate_t_per_s."
            )

    @property
    def max_field_t(self) -> float:
        """Largest magnitude of the field, T."""
        return self._max_field_t

    def go_to(self, field_t: Vector) -> None:
        """Ramp to a field (x, y, z), T, settle, and read it back.

        Raises:
            InputError: an axis that has no coil, or a field beyond the limits.
            QuenchError: a coil quenched, now or before.
            InstrumentError: the field was not reached in time, a switch and its supply do not
                agree, or a supply does not answer; the ramps are paused.
        """
        target = self._checked(field_t)
        self._refuse_after_quench()
        with self._paused_on_failure():
            self.coils.pause()
            self._leave_persistent_mode()
            start = vector(self.coils.poll("before its ramp"))
            for corner in self._corners(target):
                *stops, end = through_zero(start, corner, near=self.coils.tolerance_t)
                for stop in stops:
                    self._ramp(stop)
                    self.coils.watch(self.settings.dwell_at_zero_s, "at zero")
                self._ramp(end)
                start = end
            if self.settings.persistent:
                self._left_persistent = magnet_persistence.enter(self.coils, self.ramp_rate_t_per_s)

    def go_along(self, direction: str | Miller, field_t: float) -> None:
        """Ramp to a field along a direction of the crystal.

        Args:
            direction: as "[110]" or its three indices.
            field_t: magnitude, T; negative for the opposite direction.
        """
        x, y, z = self.settings.crystal.in_magnet(direction)
        self.go_to((field_t * x, field_t * y, field_t * z))

    def read(self) -> FieldReading:
        """Read field and state; a quench is told, not raised."""
        readings = self.coils.look()
        heaters = [r.heater_on for r in readings.values() if r.heater_on is not None]
        return FieldReading(
            field_t=vector(readings),
            ramping=any(reading.ramping for reading in readings.values()),
            persistent=bool(heaters) and not any(heaters),
            quenched=bool(self.coils.quenched),
        )

    def rest(self) -> None:
        """Ramp to zero, or hold, as the settings say; after a quench the healthy coils go to zero.

        Raises:
            QuenchError: a coil quenches on the way.
        """
        with self._paused_on_failure():
            self.coils.pause()
            readings = self.coils.poll("before it rests")
            at_zero = all(abs(r.field_t) <= self.coils.tolerance_t for r in readings.values())
            if at_zero or (self.settings.rest == "hold" and not self.coils.quenched):
                return
            self._leave_persistent_mode()
            self._ramp(ZERO)

    def acknowledge_quench(self) -> None:
        """Allow ramps again after a quench, once its coil has lost its current.

        Raises:
            InstrumentError: current still flows in a coil that has quenched.
            QuenchError: a supply reports the quench again.
        """
        coils = self.coils
        readings = coils.look()
        for axis in sorted(coils.quenched):
            left_t = abs(readings[axis].field_t)
            if left_t > 10 * coils.tolerance_t:
                raise InstrumentError(
                    f"{coils.supplies[axis].name} still reads {left_t:.4f} T after its quench. "
                    "Wait until its current is gone, then acknowledge."
                )
        for axis in sorted(coils.quenched):
            coils.supplies[axis].acknowledge_quench()
        coils.quenched.clear()
        self._left_persistent.clear()
        coils.poll("after its quench was acknowledged")

    # Checks

    def _checked(self, field_t: Vector) -> Vector:
        if len(field_t) != 3 or not all(math.isfinite(component) for component in field_t):
            raise InputError(f"{field_t!r} is no field. Give three finite components, in T.")
        for axis, component in zip(AXES, field_t, strict=True):
            if axis not in self._max_axis_t and abs(component) > NOTHING_T:
                raise InputError(
                    f"{self.role} has no coil along {axis}, so {component:g} T along it cannot be "
                    f"made. Choose a field along {', '.join(self._max_axis_t)}."
                )
        x, y, z = (
            float(component) if axis in self._max_axis_t else 0.0
            for axis, component in zip(AXES, field_t, strict=True)
        )
        loop_t = self.settings.loop_field_t
        if loop_t is not None and math.hypot(x, y, z) > loop_t:
            raise InputError(
                f"{field_text(field_t)} is stronger than the loop of {loop_t:g} T from which "
                f"{self.role} approaches it. Raise loop_field_t or choose a weaker field."
            )
        for corner in self._corners((x, y, z)):
            self._check_limits(corner)
        return x, y, z

    def _check_limits(self, field_t: Vector) -> None:
        if math.hypot(*field_t) > self.max_field_t * ROUNDING:
            raise InputError(
                f"{field_text(field_t)} is stronger than the {self.max_field_t:g} T that "
                f"{self.role} may reach. Choose a weaker field."
            )
        for axis, component in zip(AXES, field_t, strict=True):
            limit_t = self._max_axis_t.get(axis, math.inf)
            if abs(component) > limit_t * ROUNDING:
                raise InputError(
                    f"{field_text(field_t)} is beyond the {limit_t:g} T that {self.role} may reach "
                    f"along {axis}. Choose a weaker field."
                )

    def _refuse_after_quench(self) -> None:
        if self.coils.quenched:
            raise QuenchError(
                f"{self.role} has quenched along {', '.join(sorted(self.coils.quenched))} and "
                "nobody has acknowledged it. See to the magnet, then call acknowledge_quench()."
            )

    # Ramping

    def _corners(self, target: Vector) -> list[Vector]:
        if self.settings.loop_field_t is None:
            return [target]
        last = list(self._max_axis_t)[-1]
        x, y, z = (float(axis == last) for axis in AXES)
        return round_loop(target, self.settings.loop_field_t, (x, y, z))

    def _ramp(self, end: Vector) -> None:
        """Go in a straight line, every coil at its share of the speed, and settle."""
        doing = f"on its way to {field_text(end)}"
        readings = self.coils.poll(doing)
        goals = {
            axis: component
            for axis, component in zip(AXES, end, strict=True)
            if axis in readings and axis not in self.coils.quenched
        }
        ways = {axis: goal - readings[axis].field_t for axis, goal in goals.items()}
        duration_s = math.hypot(*ways.values()) / self.ramp_rate_t_per_s
        for axis, way in ways.items():
            supply = self.coils.supplies[axis]
            if abs(way) > supply.resolution_t / 2:
                supply.start(goals[axis], max(abs(way) / duration_s, supply.min_rate_t_per_s))
        self.coils.settle(goals, duration_s, doing)

    def _leave_persistent_mode(self) -> None:
        magnet_persistence.leave(self.coils, self.ramp_rate_t_per_s, self._left_persistent)
        self._left_persistent = {}

    @contextmanager
    def _paused_on_failure(self) -> Iterator[None]:
        """Pause all ramps before any exception, also an interruption, goes on its way."""
        try:
            yield
        except BaseException as error:
            try:
                self.coils.pause()
            except InstrumentError as second:
                _LOG.error("After %r the ramps could not be paused: %s", error, second)
                if isinstance(error, InstrumentError):
                    raise type(error)(f"{error} IT MAY STILL RAMP: {second}") from error
                error.add_note(f"THE MAGNET MAY STILL RAMP: {second}")
            raise
