"""The coils of a magnet under watch: look, step, settle, pause, and notice every quench."""

import time
from collections.abc import Callable, Collection, Mapping

from phonosync.instruments.errors import InstrumentError, QuenchError
from phonosync.instruments.magnets.crystal import Vector
from phonosync.instruments.magnets.settings import MagnetSettings
from phonosync.instruments.magnets.supply import Supply, SupplyReading

AXES = ("x", "y", "z")
Readings = Mapping[str, SupplyReading]


class Coils:
    """One to three coils with their supplies.

    Args:
        supplies: axis ("x", "y", "z") -> its supply.
        settings: tolerance, settling, polls, timeout.
        role: name in error messages.
        clock, sleep: s; tests turn the clock by hand.

    Attributes:
        supplies: in the order x, y, z.
        quenched: axes whose quench nobody has acknowledged.
        tolerance_t: how close a field must come, no finer than the read-back, T.
    """

    def __init__(
        self,
        supplies: Mapping[str, Supply],
        settings: MagnetSettings,
        *,
        role: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.supplies = {axis: supplies[axis] for axis in AXES if axis in supplies}
        self.settings = settings
        self.role = role
        self.quenched: set[str] = set()
        self._clock, self._sleep = clock, sleep
        self._hot_since: dict[str, float] = {}
        coarsest = max(supply.resolution_t for supply in self.supplies.values())
        self.tolerance_t = max(settings.tolerance_t, coarsest)

    def look(self) -> dict[str, SupplyReading]:
        """Read all supplies; remember who has quenched, and since when a switch is heated."""
        readings = {axis: supply.read() for axis, supply in self.supplies.items()}
        self.quenched |= {axis for axis, reading in readings.items() if reading.quenched}
        now = self._clock()
        self._hot_since = {
            axis: self._hot_since.get(axis, now)
            for axis, reading in readings.items()
            if reading.heater_on
        }
        return readings

    def wait_for_open_switches(self) -> None:
        """Wait until every heated switch has been seen hot for its whole heating time.

        A heater may have been switched on by somebody else, or just before an interruption: its
        switch may still be closed, and a ramp now would part the currents of supply and coil.
        """
        self.poll("while its switch heats")
        left = (self.settings.heating_s - self._clock() + t for t in self._hot_since.values())
        self.watch(max(left, default=0.0), "while its switch heats")

    def poll(self, doing: str) -> dict[str, SupplyReading]:
        """Take the supplies' next steps and look.

        Args:
            doing: what is under way, for the error.

        Raises:
            QuenchError: a coil has quenched since the last look.
        """
        known = set(self.quenched)
        for axis, supply in self.supplies.items():
            if axis not in known:
                supply.advance()
        readings = self.look()
        if fresh := sorted(self.quenched - known):
            names = ", ".join(self.supplies[axis].name for axis in fresh)
            raise QuenchError(
                f"{names} quenched at {field_text(vector(readings))} {doing}. All ramps are "
                "paused. Let the coil recover, find out why, then call acknowledge_quench()."
            )
        return readings

    def watch(self, duration_s: float, doing: str) -> None:
        """Wait, with an eye on the coils."""
        end = self._clock() + duration_s
        while (left := end - self._clock()) > 0:
            self.poll(doing)
            self._sleep(min(self.settings.poll_s, left))

    def settle(
        self,
        goals: Mapping[str, float],
        duration_s: float,
        doing: str,
        *,
        field: Callable[[SupplyReading], float] = lambda reading: reading.field_t,
    ) -> None:
        """Poll until no supply ramps and every field has stayed within the tolerance.

        Args:
            goals: axis -> field, T.
            duration_s: how long the ramp should take, s.
            doing: what is under way, for the error.
            field: which of a reading's fields is meant.

        Raises:
            InstrumentError: it took too long.
            QuenchError: a coil quenched.
        """
        settings = self.settings
        deadline = self._clock() + 1.2 * duration_s + settings.settle_s + settings.timeout_s
        since: float | None = None
        while True:
            readings = self.poll(doing)
            now = self._clock()
            there = all(
                abs(field(readings[axis]) - goal) <= self.tolerance_t and not readings[axis].ramping
                for axis, goal in goals.items()
            )
            since = (now if since is None else since) if there else None
            if since is not None and now - since >= settings.settle_s:
                return
            if now > deadline:
                raise InstrumentError(self._late(goals, readings, doing, field))
            self._sleep(settings.poll_s)

    def ramp(self, goals: Mapping[str, float], rate_t_per_s: float, doing: str) -> None:
        """Ramp the supplies alone, while their coils are closed on themselves."""
        readings = self.poll(doing)
        for axis, goal in goals.items():
            self.supplies[axis].start(goal, rate_t_per_s)
        ways = (abs(readings[axis].supply_field_t - goal) for axis, goal in goals.items())
        duration_s = max(ways, default=0.0) / rate_t_per_s
        self.settle(goals, duration_s, doing, field=lambda reading: reading.supply_field_t)

    def pause(self, axes: Collection[str] = AXES) -> None:
        """Pause as many supplies as will, then raise what the first of the others said."""
        failures = []
        for axis, supply in self.supplies.items():
            if axis in axes:
                try:
                    supply.pause()
                except InstrumentError as error:
                    failures.append(error)
        if failures:
            raise failures[0]

    def _late(self, goals, readings: Readings, doing: str, field) -> str:
        said = ", ".join(
            f"{axis} reads {field(readings[axis]):.5f} T instead of {goal:.5f} T"
            f"{' and still ramps' if readings[axis].ramping else ''}"
            for axis, goal in goals.items()
        )
        return (
            f"{self.role} did not settle in time {doing}: {said}. All ramps are paused. Check "
            "voltage limit, ramp rate and tolerance_t, or raise timeout_s."
        )


def vector(readings: Readings) -> Vector:
    """Field (x, y, z) of the coils, T; 0 where there is none."""
    x, y, z = (readings[axis].field_t if axis in readings else 0.0 for axis in AXES)
    return x, y, z


def field_text(field_t: Vector) -> str:
    """Write a field into a message.

    >>> field_text((0.0, 0.0, -0.1))
    '(0, 0, -0.1) T'
    """
    return f"({', '.join(f'{component:.4g}' for component in field_t)}) T"
