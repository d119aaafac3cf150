"""What the virtual network analyzers share: sweeps, their average, and traces on the wire.

One sweep measures all S-parameters of the ports that a channel's traces drive, one direction after
the other. On the wire phases are counted with exp(+iωt), as network analyzers do; the bench counts
with exp(-iωt).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phonosync.instruments.virtual.interface import ScatteringBench
from phonosync.instruments.virtual.network_analyzers.channel import Result, Trace
from phonosync.instruments.virtual.network_analyzers.stimulus import Stimulus
from phonosync.instruments.virtual.network_analyzers.trace import (
    formatted,
    numbers,
    pairs,
    ports_of,
)
from phonosync.instruments.virtual.scpi.instrument import Reply, command
from phonosync.instruments.virtual.scpi.syntax import Choice, Number, ScpiError
from phonosync.instruments.virtual.scpi.text import Text

PORTS = 2  # of the bench


UNLOCKED = 2  # bit of the register of hardware failures


@dataclass(frozen=True)
class Plan:
    """What one run of sweeps was started with."""

    frequencies_hz: np.ndarray
    bandwidth_hz: float
    power_w: np.ndarray
    output: bool
    duration_s: float
    sweeps: int
    weight: int


class NetworkAnalyzerTwin(Stimulus):
    """A network analyzer whose ports 1 and 2 are those of the bench.

    Args:
        bench: the device between the ports.
        speed_up: how much faster its sweeps are than the real one's.

    Attributes:
        receiver_limit_w: power at a port above which its receiver is overloaded, W.
        hardware: event register of hardware failures: 2 unlocked, 4 not levelled.
    """

    receiver_limit_w = 30e-3

    def __init__(self, bench: ScatteringBench, *, speed_up: float = 1.0):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self._random = np.random.default_rng()
        self.hardware = 0
        self._unlocked = False
        self.reset()

    def lose_lock(self) -> None:
        """Lose the reference for good."""
        self._unlocked = True

    # Sweeps

    def measure(self, number: int, sweeps: int, *, samples: int = 1) -> None:
        """Start sweeps of a channel in the background.

        Args:
            number: of the channel.
            sweeps: how many.
            samples: of each point, averaged before the next point.
        """
        channel = self.channel(number)
        if not channel.traces:
            raise ScpiError(-221, f"channel {number} has no trace")
        driven = {item.parameter[2] for item in channel.traces.values()}
        plan = Plan(
            frequencies_hz=channel.frequencies_hz(),
            bandwidth_hz=channel.state["bandwidth"] / samples,
            power_w=1e-3 * 10 ** (np.array(channel.power_dbm[:PORTS]) / 10),
            output=self.state["output"],
            duration_s=len(driven) * samples * self.sweep_time_s(channel) / self._speed_up,
            sweeps=sweeps,
            weight=channel.state["count"] if channel.state["averaging"] and samples == 1 else 1,
        )
        before = channel.result

        def finish(result: Result) -> None:
            channel.result = result
            received_w = np.abs(result.s) ** 2 * plan.power_w[:, None]
            if plan.output and received_w.max() > self.receiver_limit_w:
                self.overloaded(1 + int(received_w.max(axis=(1, 2)).argmax()))

        self.begin(lambda should_stop: self._run(plan, before, should_stop), finish)

    def _run(
        self, plan: Plan, result: Result | None, should_stop: Callable[[], bool]
    ) -> Result | None:
        """Take sweeps and average them: equal weights first, then the latest ones prevail."""
        for _ in range(plan.sweeps):
            end = time.monotonic() + plan.duration_s
            s = self._sweep(plan)
            while not should_stop() and (left := end - time.monotonic()) > 0:
                time.sleep(min(0.02, left))
            if should_stop():
                return None
            done = min(result.sweeps if result else 0, plan.weight - 1) + 1
            mean = s if result is None else result.s + (s - result.s) / done
            result = Result(plan.frequencies_hz, mean, done)
        return result

    def _sweep(self, plan: Plan) -> np.ndarray:
        if not plan.output:  # the receivers hear nothing but their noise
            shape = (2, PORTS, PORTS, len(plan.frequencies_hz), 2)
            wave, reference = self._random.standard_normal(shape) @ np.array([1, 1j])
            return wave / reference
        driven = [
            self._bench.s_parameters(
                plan.frequencies_hz, power_w=float(power_w), if_bandwidth_hz=plan.bandwidth_hz
            )
            for power_w in dict.fromkeys(plan.power_w)
        ]
        return np.stack([driven[0][:, 0], driven[-1][:, 1]], axis=1).conj()

    def overloaded(self, port: int) -> None:
        """Take note that the receiver of a port was overloaded."""
        raise NotImplementedError

    def sweeps_by_itself(self, number: int) -> bool:
        """Whether a channel sweeps without being asked."""
        raise NotImplementedError

    def data(self, number: int) -> Result:
        """Give a channel's data after the sweeps under way.

        Raises:
            ScpiError: nothing was measured with these settings.
        """
        channel = self.channel(number)
        if channel.result is None and not self.busy and self.sweeps_by_itself(number):
            self.measure(number, 1)
        self.wait_until_idle()
        if channel.result is None:
            raise ScpiError(-230, "no sweep was taken with these settings")
        return channel.result

    @command("[:SENSe<n>]:AVERage:CLEar")
    def clear_average(self, number: int) -> None:
        """Begin a new average with the next sweep."""
        self.forget(number)

    @command(":ABORt")
    def _abort(self) -> None:
        self.abort()

    @command(":STATus:QUEStionable:INTegrity:HARDware[:EVENt]?")
    def _tell_hardware(self) -> str:
        told, self.hardware = self.hardware | UNLOCKED * self._unlocked, 0
        return str(told)

    @command("*CLS")
    def clear_status(self) -> None:
        """Forget errors and events, those of the hardware too."""
        self.status.clear()
        self.hardware = 0

    # Traces

    def define(self, number: int, name: str, parameter: str) -> None:
        """Make a trace, or let one measure something else, and select it."""
        ports_of(parameter, PORTS)
        self.forget(number)
        channel = self.channel(number)
        channel.traces[name] = Trace(parameter.upper())
        channel.selected = name

    def trace(self, number: int, name: str | None = None) -> Trace:
        """Find a trace of a channel, the selected one unless named."""
        channel = self.channel(number)
        name = channel.selected if name is None else name
        if name is None or name not in channel.traces:
            raise ScpiError(-221, f"channel {number} has no trace {name or 'that is selected'}")
        return channel.traces[name]

    @command(":CALCulate<n>:PARameter:SELect", Text())
    def select(self, number: int, name: str) -> None:
        """Choose the trace that the following commands mean."""
        self.trace(number, name)
        self.channel(number).selected = name

    @command(":CALCulate<n>:PARameter:SELect?")
    def _selected(self, number: int) -> str:
        return f"'{self.channel(number).selected or ''}'"

    def complex_data(self, number: int, item: Trace) -> np.ndarray:
        """Give the S-parameter of a trace, shape (points,), exp(+iωt)."""
        output, source = ports_of(item.parameter, PORTS)
        return self.data(number).s[output - 1, source - 1]

    def tell_trace(self, number: int, item: Trace, kind: str) -> bytes:
        """Write a trace: FDAT as it is displayed, SDAT as complex numbers."""
        s = self.complex_data(number, item)
        if kind == "SDAT":
            return self.tell_numbers(pairs(s))
        frequencies_hz = self.data(number).frequencies_hz
        s = s * np.exp(2j * np.pi * frequencies_hz * item.delay_s)
        return self.tell_numbers(formatted(s, frequencies_hz, item.form))

    @command(":CALCulate<n>:DATA?", Choice(("FDATa", "SDATa")))
    def _data(self, number: int, kind: str) -> Reply:
        return self.tell_trace(number, self.trace(number), kind)

    # Numbers on the wire

    def tell_numbers(self, values: np.ndarray) -> bytes:
        """Write numbers as :FORMat and :FORMat:BORDer ask."""
        swapped = self.state["byte_order"] == "SWAP"
        return numbers(values, self.state["form"], self.state["bits"], swapped)

    @command(
        ":FORMat[:DATA]", Choice(("REAL", "ASCii")), Number(0, 64, integer=True, optional=True)
    )
    def set_format(self, form: str, bits: int | None = None) -> None:
        """Choose how numbers are told."""
        if form == "REAL" and bits not in (None, 32, 64):
            raise ScpiError(-224, "REAL has 32 or 64 bits")
        self.state |= {"form": form, "bits": bits or 32}

    @command(":FORMat[:DATA]?")
    def _format(self) -> str:
        return "ASC,0" if self.state["form"] == "ASC" else f"REAL,{self.state['bits']}"
