"""A coil, the current in it, its persistent switch, and the field that the device feels.

Between two looks at it a coil moves exactly: in steps from event to event (end of a ramp, switch
opens or closes, quench). Time is a clock's time speed_up, so tests turn the clock by hand.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from phonosync.instruments.magnets.crystal import CrystalOrientation, Vector
from phonosync.instruments.virtual.interface import FieldBench

AXES = ("x", "y", "z")
SWITCH_OPENS_AT = 0.5  # of the way from cold to hot
MISMATCH_A = 0.05  # a switch that opens over more than this difference of currents quenches


@dataclass(frozen=True)
class CoilData:
    """What a coil is made of.

    Attributes:
        constant: field over current, T/A.
        inductance: H.
        resistance: Ohm; 0 for a superconductor.
        quench_time: the current of a quenched coil falls by e in this time, s.
        heating_time, cooling_time: thermal time constants of the persistent switch, s.
        remanence: field that the iron keeps after saturation, T.
        coercive_current: current that takes the remanence away, A.
    """

    constant: float = 0.1
    inductance: float = 5.0
    resistance: float = 0.0
    quench_time: float = 1.0
    heating_time: float = 4.0
    cooling_time: float = 8.0
    remanence: float = 0.0
    coercive_current: float = 0.1


class VectorField:
    """Puts the fields of up to three coils together and tells the bench the sum.

    Args:
        bench: the device in the bore.
        orientation: how the crystal sits in the magnet.
    """

    def __init__(self, bench: FieldBench, orientation: CrystalOrientation | None = None):
        self._bench = bench
        self._orientation = orientation or CrystalOrientation()
        self._field = [0.0, 0.0, 0.0]
        self._lock = threading.Lock()

    def along(self, axis: str) -> Callable[[float], None]:
        """What a coil along this axis calls with its field, T."""
        index = AXES.index(axis)

        def tell(field_t: float) -> None:
            with self._lock:
                self._field[index] = field_t
                x, y, z = self._field
                self._bench.set_field(self._orientation.in_crystal((x, y, z)))

        return tell

    def set_field(self, field_t: Vector) -> None:
        """Set the whole vector, in the magnet's axes."""
        with self._lock:
            self._field = list(field_t)
            self._bench.set_field(self._orientation.in_crystal(field_t))


class Coil:
    """One coil on one supply.

    Args:
        data: what it is made of.
        tell: called with the field, T, whenever it has changed.
        speed_up: how much faster than the clock its time runs.
        clock: s.

    Attributes:
        quench_field: field at which it quenches, T.
        compliance: the supply's largest voltage, V.
        with_switch: whether the persistent switch exists.
        heater: whether the switch is heated.
        quenched: a quench was seen and not acknowledged.
        quenches: how many there were.
        moving: the supply ramps.
        supply_a, magnet_a: currents, A.
        time: its own time, s.
    """

    def __init__(
        self,
        data: CoilData,
        tell: Callable[[float], None],
        *,
        speed_up: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.data = data
        self.quench_field = math.inf
        self.compliance = math.inf
        self.with_switch = self.heater = False
        self.quenched = self.moving = False
        self.quenches = 0
        self.supply_a = self.magnet_a = 0.0
        self.time = 0.0
        self._tell, self._clock, self._speed_up = tell, clock, speed_up
        self._then = clock()
        self._target = self._rate = 0.0
        self._heat, self._switch_open = 0.0, False
        self._iron = 0.0  # memory of the iron: a current that follows with slack
        self._told: float | None = None
        self._report()

    @property
    def field(self) -> float:
        """Field of the coil and its iron, T."""
        data = self.data
        iron = max(-1.0, min(1.0, self._iron / data.coercive_current))
        return data.constant * self.magnet_a + data.remanence * iron

    @property
    def driven(self) -> bool:
        """Whether the supply's current flows through the coil."""
        return self._switch_open or not self.with_switch

    @property
    def voltage(self) -> float:
        """Voltage at the supply, never more than its compliance, V."""
        slope = math.copysign(self._slope(), self._target - self.supply_a) if self.moving else 0.0
        inductive = self.data.inductance * slope if self.driven else 0.0
        voltage = inductive + self.data.resistance * self.supply_a
        return max(-self.compliance, min(self.compliance, voltage))

    def ramp(self, target_a: float, rate_a_per_s: float) -> None:
        """Let the supply ramp; a quenched coil stays where it is."""
        self.advance()
        if not self.quenched:
            self._target, self._rate = target_a, rate_a_per_s
            self.moving = target_a != self.supply_a

    def pause(self) -> None:
        """Let the supply hold its current."""
        self.advance()
        self.moving = False

    def set_heater(self, on: bool) -> None:
        """Heat the switch or let it cool."""
        self.advance()
        self.heater = on

    def quench(self) -> None:
        """Turn normal; the supply gives up."""
        self.quenched, self.moving = True, False
        self.quenches += 1

    def acknowledge(self) -> None:
        """Allow ramps again."""
        self.advance()
        self.quenched = False

    def advance(self) -> None:
        """Let the time pass that has passed on the clock."""
        now = self._clock()
        left = (now - self._then) * self._speed_up
        self._then = now
        self.time += left
        while left > 0:
            ramp_ends, switch_turns, quenches = self._events()
            step = min(left, ramp_ends, switch_turns, quenches)
            self._evolve(step)
            if step == ramp_ends and self.moving:
                self.supply_a, self.moving = self._target, False
            if step == switch_turns:
                self._turn_switch()
            if self.driven and not self.quenched:
                self.magnet_a = self.supply_a
            if step == quenches:
                self.quench()
            slack = self.data.coercive_current
            self._iron = max(self.magnet_a - slack, min(self.magnet_a + slack, self._iron))
            self._report()
            left -= step

    def _slope(self) -> float:
        return min(self._rate, self.compliance / self.data.inductance)

    def _events(self) -> tuple[float, float, float]:
        """Times until the ramp ends, the switch opens or closes, the coil quenches; s."""
        ramp_ends = switch_turns = quenches = math.inf
        if self.moving:
            way = self._target - self.supply_a
            ramp_ends = abs(way) / self._slope()
            room = self.quench_field / self.data.constant - math.copysign(1.0, way) * self.supply_a
            if self.driven and way:
                quenches = max(room, 0.0) / self._slope()
        if self.with_switch and self.heater and not self._switch_open:
            switch_turns = self.data.heating_time * math.log((1 - self._heat) / SWITCH_OPENS_AT)
        elif self._switch_open and not self.heater:
            switch_turns = self.data.cooling_time * math.log(self._heat / SWITCH_OPENS_AT)
        return ramp_ends, max(switch_turns, 0.0), quenches

    def _evolve(self, step: float) -> None:
        data = self.data
        if self.quenched:
            decay = math.exp(-step / data.quench_time)
            self.supply_a, self.magnet_a = self.supply_a * decay, self.magnet_a * decay
        elif self.moving:
            way = self._target - self.supply_a
            self.supply_a += math.copysign(min(self._slope() * step, abs(way)), way)
        goal = 1.0 if self.heater else 0.0
        constant = data.heating_time if self.heater else data.cooling_time
        self._heat = goal + (self._heat - goal) * math.exp(-step / constant)

    def _turn_switch(self) -> None:
        self._switch_open = self.heater
        if self._switch_open and abs(self.supply_a - self.magnet_a) > MISMATCH_A:
            self.quench()

    def _report(self) -> None:
        if self.field != self._told:
            self._told = self.field
            self._tell(self.field)
