"""What the virtual Lake Shore temperature controllers share: sensors, heaters, and the cryostat.

The cryostat cools to a base temperature. A heater lifts it above that, up to the reach of its
range, with one time constant until it is within 0.1 % and then holds it exactly, so that the same
setpoint is the same temperature; it moves whenever somebody talks to the controller. Errors show in
*ESR? alone. Not simulated: alarms, curves beyond their headers, zones, open loop; the closed loop
is perfect, whatever its P, I and D.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from phonosync.instruments.virtual.interface import Cryostat
from phonosync.instruments.virtual.scpi.instrument import Reply, ScpiInstrument
from phonosync.instruments.virtual.scpi.syntax import Argument, Boolean, Choice, Number

TIME_CONSTANT_S = 30.0
ARRIVED = 1e-3  # relative distance at which a temperature is reached
_Commands = Iterator[tuple[str, tuple[Argument, ...], Callable[..., Reply]]]


@dataclass(frozen=True)
class Row:
    """Values that a command sets and tells together, once for every input or output.

    Args:
        header: as `INTYPE`.
        key: which inputs or outputs there are.
        arguments: what may be set.
        default: values after a reset.
        format: writes the reply.
    """

    header: str
    key: Argument
    arguments: tuple[Argument, ...]
    default: tuple[Any, ...]
    format: str


class TemperatureController(ScpiInstrument):
    """Sensors at the device and heaters round it.

    Args:
        cryostat: what is cold.
        sensor: the input whose sensor sits at the device; all others are open.
        speed_up: how much faster than real time temperatures move.
        clock: of this computer, s.
    """

    reply_terminator = b"\r\n"
    rows: ClassVar[tuple[Row, ...]] = ()
    inputs: ClassVar[tuple[Any, ...]] = ()
    coldest_k, hottest_k = 1.4, 325.0  # that the sensor's curve knows
    too_cold, too_hot, open_sensor = 16, 32, 128  # bits of RDGST?
    closed_loop = 1  # mode of an output
    reach_k: ClassVar[tuple[float, ...]] = ()  # above base, by heater range

    def __init__(
        self,
        cryostat: Cryostat,
        *,
        sensor: Any = None,
        speed_up: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._values: dict[tuple[str, Any], tuple[Any, ...]] = {}
        super().__init__()
        self._cryostat = cryostat
        self.sensor = self.inputs[0] if sensor is None else sensor
        self._speed_up = speed_up
        self._clock = clock
        self.base_k = cryostat.temperature_k
        self._moved_s = clock()
        self._aim_k = {}
        self.reset()

    def reset(self) -> None:
        """Preset: heaters off."""
        super().reset()
        self._values.clear()
        self._aim_k.clear()

    def number(self, value: float) -> str:
        """Write a number with six digits."""
        return f"{value:+#.6g}"

    # Rows

    def _commands(self) -> _Commands:
        yield from super()._commands()
        for row in self.rows:
            yield (
                f":{row.header}",
                (row.key, *row.arguments),
                lambda key, *values, r=row: self.change_row(r, key, values),
            )
            yield f":{row.header}?", (row.key,), lambda key, r=row: self.tell_row(r, key)

    def row(self, header: str, key: Any) -> tuple[Any, ...]:
        """Values of a row for one input or output."""
        default = next(row.default for row in self.rows if row.header == header)
        return self._values.get((header, key), default)

    def change_row(self, row: Row, key: Any, values: tuple[Any, ...]) -> None:
        """Keep the values of a row; what is left out stays."""
        self._values[row.header, key] = (*values, *self.row(row.header, key)[len(values) :])

    def tell_row(self, row: Row, key: Any) -> str:
        """Write the values of a row."""
        told = [
            str(int(value)) if isinstance(argument, Boolean) else value
            for argument, value in zip(row.arguments, self.row(row.header, key), strict=True)
        ]
        return row.format.format(*told)

    # The cryostat

    def execute(self, message: str) -> bytes | None:
        """Carry out one message, after the time since the last one has passed in the cryostat."""
        with self.lock:
            self.let_time_pass()
        return super().execute(message)

    def let_time_pass(self) -> None:
        """Move setpoints along their ramps and the temperature towards what is asked for."""
        now_s = self._clock()
        passed_s = (now_s - self._moved_s) * self._speed_up
        self._moved_s = now_s
        wanted_k = [self.base_k]
        for output in self.outputs():
            setpoint_k = self._ramped(output, passed_s)
            reach_k = self._reach(output)
            if reach_k > 0:
                wanted_k.append(min(setpoint_k, self.base_k + reach_k))
        present_k = self._cryostat.temperature_k
        left = math.exp(-passed_s / TIME_CONSTANT_S)
        aim_k = max(wanted_k)
        moved_k = aim_k + (present_k - aim_k) * left
        if abs(moved_k - aim_k) <= ARRIVED * aim_k:
            moved_k = aim_k
        if moved_k != present_k:
            self._cryostat.set_temperature(moved_k)

    def outputs(self) -> tuple[Any, ...]:
        """Numbers of the heater outputs."""
        raise NotImplementedError

    def _reach(self, output: Any) -> float:
        mode, control = self.row("OUTMODE", output)[:2]
        if mode != self.closed_loop or self.input_of(control) != self.sensor:
            return 0.0
        heater_range = self.row("RANGE", output)[0]
        return self.reach_k[heater_range - 1] if heater_range else 0.0

    def input_of(self, number: int) -> Any:
        """Find the input that OUTMODE means by a number."""
        raise NotImplementedError

    def _ramped(self, output: Any, passed_s: float) -> float:
        """Move the working setpoint of an output; give it, K."""
        target_k = self.row("SETP", output)[0]
        ramping, rate = self.row("RAMP", output)
        if ramping and rate > 0:
            if self._reach(output) == 0:  # a heater that is switched on ramps from here
                target_k = self._cryostat.temperature_k
            else:
                present_k, step_k = self._aim_k.get(output, target_k), rate / 60.0 * passed_s
                target_k = min(max(target_k, present_k - step_k), present_k + step_k)
        self._aim_k[output] = target_k
        return target_k

    def ramping(self, output: Any) -> bool:
        """Whether the setpoint of an output is on its way."""
        on_its_way = self._aim_k.get(output) != self.row("SETP", output)[0]
        return on_its_way and self._reach(output) > 0

    def percent(self, output: Any) -> float:
        """Heater output, percent of its range."""
        reach_k = self._reach(output)
        lifted_k = self._cryostat.temperature_k - self.base_k
        return min(100.0, 100.0 * lifted_k / reach_k) if reach_k > 0 else 0.0

    # Sensors

    def reading(self, key: Any) -> tuple[float, int]:
        """Temperature that an input reads, K, and its status bits."""
        if key != self.sensor:
            return 0.0, self.open_sensor
        present_k = self._cryostat.temperature_k
        if present_k < self.coldest_k:
            return 0.0, self.too_cold
        if present_k > self.hottest_k:
            return 0.0, self.too_hot
        return present_k, 0

    @staticmethod
    def ohms(kelvin: float) -> float:
        """Resistance of a negative-coefficient sensor (an order of magnitude), ohm."""
        return 1e3 * (1 + 4.0 / kelvin) if kelvin > 0 else 0.0


def choice_of(names: str) -> Choice:
    """Inputs that are called by one letter each."""
    return Choice(tuple(names))


def whole(low: int, high: int) -> Number:
    """A whole number."""
    return Number(low, high, integer=True)
