"""Stimulus of the virtual network analyzers: frequency axis, bandwidth, sweep time, power."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from phonosync.instruments.virtual.network_analyzers.channel import Channel
from phonosync.instruments.virtual.scpi.instrument import Reply, ScpiInstrument, Setting, command
from phonosync.instruments.virtual.scpi.syntax import Argument, Boolean, Choice, Number, ScpiError

SETTLING_S = 20e-6
"""Time that a point takes beside its reciprocal bandwidth (an order of magnitude)."""

_FREQUENCY = Number(unit="HZ")


class Stimulus(ScpiInstrument):
    """Channels and what they are set to; a change throws their data away.

    Attributes:
        lowest_hz, highest_hz: frequency range.
        power_range_dbm: range of the source.
        source_ports: how many ports have a power of their own.
        channel_settings: settings that every channel has; patterns with one `<n>`.
        channels: by number.
    """

    lowest_hz, highest_hz = 10e6, 20e9
    minimum_span_hz = 1.0
    power_range_dbm = (-30.0, 10.0)
    source_ports = 2
    channel_settings: ClassVar[tuple[Setting, ...]] = (
        Setting("[:SENSe<n>]:SWEep:POINts", "points", Number(1, 100001, integer=True), 201),
        Setting("[:SENSe<n>]:SWEep:TIME:AUTO", "time_auto", Boolean(), True),
        Setting("[:SENSe<n>]:AVERage:COUNt", "count", Number(1, 65536, integer=True), 1),
        Setting("[:SENSe<n>]:AVERage[:STATe]", "averaging", Boolean(), False),
    )
    settings = (Setting(":FORMat:BORDer", "byte_order", Choice(("NORMal", "SWAPped")), "NORM"),)

    def __init__(self):
        self.channels: dict[int, Channel] = {}
        super().__init__()

    def _commands(self) -> Iterator[tuple[str, tuple[Argument, ...], Callable[..., Reply]]]:
        yield from super()._commands()
        for item in self.channel_settings:
            yield (
                item.pattern,
                (item.argument,),
                lambda number, value, s=item: self.change_channel(number, s.name, value),
            )
            yield item.pattern + "?", (), lambda number, s=item: self._tell(number, s)

    def _tell(self, number: int, setting: Setting) -> str:
        value = self.channel(number).state[setting.name]
        if isinstance(setting.argument, Boolean):
            return str(int(value))
        if isinstance(setting.argument, Number) and not setting.argument.integer:
            return self.number(value)
        return str(value)

    # Channels

    def reset(self) -> None:
        """Preset: output on, text instead of blocks, no channel."""
        super().reset()
        self.state |= {"output": True, "form": "ASC", "bits": 64}
        self.channels.clear()

    def new_channel(self) -> Channel:
        """Make a channel with preset stimulus and no trace."""
        return Channel(
            state={item.name: item.default for item in self.channel_settings}
            | {"bandwidth": 1e3, "time": 0.0, "cw": 1e9},
            start_hz=self.lowest_hz,
            stop_hz=self.highest_hz,
            power_dbm=[-10.0] * self.source_ports,
        )

    def channel(self, number: int) -> Channel:
        """Find a channel.

        Raises:
            ScpiError: there is no channel of this number.
        """
        if number not in self.channels:
            raise ScpiError(-114, f"channel {number} does not exist")
        return self.channels[number]

    def change_channel(self, number: int, name: str, value: Any) -> None:
        """Keep a setting of a channel; data taken before no longer belong to it."""
        self.channel(number).state[name] = value
        self.forget(number)

    def forget(self, number: int) -> None:
        """End a sweep under way and throw the channel's data away."""
        self.abort()
        self.channel(number).result = None

    # Frequency axis

    def _set_axis(self, number: int, start: float, stop: float) -> None:
        if not self.lowest_hz <= start <= stop <= self.highest_hz:
            raise ScpiError(-222, "the sweep would leave the analyzer's range")
        self.forget(number)
        channel = self.channel(number)
        channel.start_hz, channel.stop_hz = start, stop

    @command("[:SENSe<n>]:FREQuency:STARt", _FREQUENCY)
    def set_start(self, number: int, start: float) -> None:
        """Move the start; a stop below it is pushed along."""
        stop = self.channel(number).stop_hz
        self._set_axis(number, start, stop if start < stop else start + self.minimum_span_hz)

    @command("[:SENSe<n>]:FREQuency:STOP", _FREQUENCY)
    def set_stop(self, number: int, stop: float) -> None:
        """Move the stop; a start above it is pushed along."""
        start = self.channel(number).start_hz
        self._set_axis(number, start if start < stop else stop - self.minimum_span_hz, stop)

    @command("[:SENSe<n>]:FREQuency:CENTer", _FREQUENCY)
    def set_center(self, number: int, center: float) -> None:
        """Move the center; a span that does not fit shrinks."""
        channel = self.channel(number)
        half = (channel.stop_hz - channel.start_hz) / 2
        half = max(0.0, min(half, center - self.lowest_hz, self.highest_hz - center))
        self._set_axis(number, center - half, center + half)

    @command("[:SENSe<n>]:FREQuency:SPAN", Number(low=0.0, unit="HZ"))
    def set_span(self, number: int, span: float) -> None:
        """Change the span about the center."""
        channel = self.channel(number)
        center = (channel.start_hz + channel.stop_hz) / 2
        low, high = center - span / 2, center + span / 2
        self._set_axis(number, max(low, self.lowest_hz), min(high, self.highest_hz))

    @command("[:SENSe<n>]:FREQuency:CW|FIXed", _FREQUENCY)
    def set_cw(self, number: int, frequency: float) -> None:
        """Choose the frequency of sweeps in time."""
        if not self.lowest_hz <= frequency <= self.highest_hz:
            raise ScpiError(-222, f"{frequency:g} Hz")
        self.change_channel(number, "cw", frequency)

    @command("[:SENSe<n>]:FREQuency:STARt?")
    def _start(self, number: int) -> str:
        return self.number(self.channel(number).start_hz)

    @command("[:SENSe<n>]:FREQuency:STOP?")
    def _stop(self, number: int) -> str:
        return self.number(self.channel(number).stop_hz)

    @command("[:SENSe<n>]:FREQuency:CENTer?")
    def _center(self, number: int) -> str:
        channel = self.channel(number)
        return self.number((channel.start_hz + channel.stop_hz) / 2)

    @command("[:SENSe<n>]:FREQuency:SPAN?")
    def _span(self, number: int) -> str:
        channel = self.channel(number)
        return self.number(channel.stop_hz - channel.start_hz)

    @command("[:SENSe<n>]:FREQuency:CW|FIXed?")
    def _cw(self, number: int) -> str:
        return self.number(self.channel(number).state["cw"])

    # Bandwidth, sweep time, power

    def available_bandwidth(self, wanted_hz: float) -> float:
        """Find the IF bandwidth that the analyzer takes for a wanted one, Hz."""
        raise NotImplementedError

    @command("[:SENSe<n>]:BANDwidth|BWIDth[:RESolution]", Number(low=0.1, high=30e6, unit="HZ"))
    def set_bandwidth(self, number: int, wanted: float) -> None:
        """Choose an IF bandwidth that the analyzer has."""
        self.change_channel(number, "bandwidth", self.available_bandwidth(wanted))

    @command("[:SENSe<n>]:BANDwidth|BWIDth[:RESolution]?")
    def _bandwidth(self, number: int) -> str:
        return self.number(self.channel(number).state["bandwidth"])

    @command("[:SENSe<n>]:SWEep:TIME", Number(low=0.0, high=1e5, unit="S"))
    def set_sweep_time(self, number: int, seconds: float) -> None:
        """Fix the sweep time; it cannot be shorter than the automatic one."""
        self.change_channel(number, "time_auto", False)
        self.change_channel(number, "time", seconds)

    @command("[:SENSe<n>]:SWEep:TIME?")
    def _sweep_time(self, number: int) -> str:
        return self.number(self.sweep_time_s(self.channel(number)))

    def sweep_time_s(self, channel: Channel) -> float:
        """Compute how long one sweep in one direction takes, s."""
        shortest = channel.state["points"] * (1.0 / channel.state["bandwidth"] + SETTLING_S)
        return shortest if channel.state["time_auto"] else max(shortest, channel.state["time"])

    def set_power(self, number: int, ports: range, level_dbm: float) -> None:
        """Set the power of some ports of a channel."""
        low, high = self.power_range_dbm
        if not low <= level_dbm <= high:
            raise ScpiError(-222, f"{level_dbm:g} dBm")
        for port in ports:
            self.channel(number).power_dbm[port - 1] = level_dbm
        self.forget(number)

    @command(":OUTPut<n>[:STATe]", Boolean())
    def set_output(self, number: int, on: bool) -> None:
        """Switch the source of all ports; data taken before stay."""
        self.state["output"] = on

    @command(":OUTPut<n>[:STATe]?")
    def _output(self, number: int) -> str:
        return str(int(self.state["output"]))
