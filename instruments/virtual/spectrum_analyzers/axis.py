"""A virtual spectrum analyzer's frequency axis: start, stop, center and span belong together."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from phonosync.instruments.virtual.scpi.instrument import Reply, ScpiInstrument, command
from phonosync.instruments.virtual.scpi.syntax import Argument, Choice, Number, ScpiError

_LIMIT = Choice(("MINimum", "MAXimum"), optional=True)
# Stand for the limits of the instrument that inherits the commands.
_FREQUENCY, _SPAN = Number(unit="HZ"), Number(low=0.0, unit="HZ")


class FrequencyAxis(ScpiInstrument):
    """Settings whose change makes the trace on the screen a thing of the past.

    Attributes:
        lowest_hz, highest_hz: what the axis may reach, Hz.
        minimum_span_hz: Hz.
        start_hz, stop_hz: ends of the frequency axis, Hz; center and span follow.
        harmless: names of settings that leave the trace valid.
    """

    lowest_hz, highest_hz, minimum_span_hz = 0.0, 10e9, 1.0
    harmless: ClassVar[frozenset[str]] = frozenset()
    start_hz, stop_hz = 0.0, 10e6

    def _commands(self) -> Iterator[tuple[str, tuple[Argument, ...], Callable[..., Reply]]]:
        low, high, span = self.lowest_hz, self.highest_hz, self.minimum_span_hz
        for pattern, arguments, handler in super()._commands():
            if arguments == (_FREQUENCY,):
                arguments = (Number(low, high, "HZ"),)
            elif arguments == (_SPAN,):
                arguments = (Number(span, high - low, "HZ"),)
            yield pattern, arguments, handler

    def change(self, name: str, value: Any) -> None:
        """Keep a setting; the trace on the screen no longer belongs to it."""
        super().change(name, value)
        if name not in self.harmless:
            self.abort()
            self.forget_trace()

    def forget_trace(self) -> None:
        """Throw away the latest trace."""

    def _set_axis(self, start: float, stop: float) -> None:
        fits = start >= self.lowest_hz and stop <= self.highest_hz
        if not fits or stop - start < self.minimum_span_hz:
            raise ScpiError(-222, "the span would leave the analyzer's range")
        self.change("axis", (start, stop))
        self.start_hz, self.stop_hz = start, stop

    @command("[:SENSe]:FREQuency:STARt", _FREQUENCY)
    def set_start(self, start: float) -> None:
        """Move the start; a stop below it is pushed along."""
        self._set_axis(start, max(self.stop_hz, start + self.minimum_span_hz))

    @command("[:SENSe]:FREQuency:STOP", _FREQUENCY)
    def set_stop(self, stop: float) -> None:
        """Move the stop; a start above it is pushed along."""
        self._set_axis(min(self.start_hz, stop - self.minimum_span_hz), stop)

    @command("[:SENSe]:FREQuency:CENTer", _FREQUENCY)
    def set_center(self, center: float) -> None:
        """Move the center; a span that does not fit shrinks."""
        span = self.stop_hz - self.start_hz
        half = min(span / 2, center - self.lowest_hz, self.highest_hz - center)
        self._set_axis(center - half, center + half)

    @command("[:SENSe]:FREQuency:SPAN", _SPAN)
    def set_span(self, span: float) -> None:
        """Change the span about the center."""
        center = (self.start_hz + self.stop_hz) / 2
        start, stop = center - span / 2, center + span / 2
        self._set_axis(max(start, self.lowest_hz), min(stop, self.highest_hz))

    @command("[:SENSe]:FREQuency:STARt?", _LIMIT)
    def _start(self, limit: str | None = None) -> str:
        return self.number(self._or_limit(limit, self.start_hz))

    @command("[:SENSe]:FREQuency:STOP?", _LIMIT)
    def _stop(self, limit: str | None = None) -> str:
        return self.number(self._or_limit(limit, self.stop_hz))

    def _or_limit(self, limit: str | None, otherwise: float) -> float:
        return {"MIN": self.lowest_hz, "MAX": self.highest_hz, None: otherwise}[limit]

    @command("[:SENSe]:FREQuency:CENTer?")
    def _center(self) -> str:
        return self.number((self.start_hz + self.stop_hz) / 2)

    @command("[:SENSe]:FREQuency:SPAN?")
    def _span(self) -> str:
        return self.number(self.stop_hz - self.start_hz)
