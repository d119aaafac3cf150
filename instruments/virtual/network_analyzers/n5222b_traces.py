"""Traces of the virtual N5222B: each has a name, a number, and perhaps a place in a window."""

from phonosync.instruments.virtual.network_analyzers.trace import ports_of
from phonosync.instruments.virtual.network_analyzers.vna import PORTS, NetworkAnalyzerTwin
from phonosync.instruments.virtual.scpi.instrument import command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, ScpiError
from phonosync.instruments.virtual.scpi.text import Text

_FORMATS = ("MLOGarithmic", "MLINear", "PHASe", "UPHase", "IMAGinary", "REAL", "POLar")
_FORMATS += ("SMITh", "GDELay", "SWR")


class NumberedTraces(NetworkAnalyzerTwin):
    """Bookkeeping of names, numbers and windows; all in channel 1."""

    def reset(self) -> None:
        """Preset: channel 1 with one trace, S11."""
        super().reset()
        self.channels[1] = self.new_channel()
        self._numbers: dict[str, int] = {}
        self._fed: dict[tuple[int, int], str] = {}
        self._add(1, "S11")

    def _add(self, trace_number: int, parameter: str) -> None:
        self._define(1, f"CH1_{parameter}_{trace_number}", parameter, trace_number)

    def _define(self, number: int, name: str, parameter: str, trace_number: int = 0) -> None:
        channel = self.channel(number)
        if name in channel.traces:
            raise ScpiError(-221, f"trace {name} exists already")
        self.define(number, name, parameter)
        taken = set(self._numbers.values())
        self._numbers[name] = trace_number or min(set(range(1, len(taken) + 2)) - taken)

    def _named(self, trace_number: int) -> str | None:
        return next((n for n, k in self._numbers.items() if k == trace_number), None)

    def _drop(self, name: str) -> None:
        channel = self.channel(1)
        self.forget(1)
        del channel.traces[name], self._numbers[name]
        self._fed = {place: fed for place, fed in self._fed.items() if fed != name}
        if channel.selected == name:
            channel.selected = next(iter(channel.traces), None)

    @command(":CALCulate<n>:PARameter:CATalog:EXTended?", Choice(("DEFine",), optional=True))
    def _catalog(self, number: int, kind: str | None = None) -> str:
        items = sorted(self._numbers, key=self._numbers.__getitem__)
        traces = self.channel(number).traces
        listed = ",".join(f"{name},{traces[name].parameter}" for name in items)
        return f'"{listed or "NO CATALOG"}"'

    @command(":CALCulate<n>:PARameter:DEFine:EXTended", Text(), Text())
    def _define_extended(self, number: int, name: str, parameter: str) -> None:
        self._define(number, name, parameter)

    @command(":CALCulate<n>:PARameter:MODify:EXTended", Text())
    def _modify(self, number: int, parameter: str) -> None:
        item = self.trace(number)
        ports_of(parameter, PORTS)
        self.forget(number)
        item.parameter = parameter.upper()

    @command(":CALCulate<n>:PARameter:DELete[:NAME]", Text())
    def _delete(self, number: int, name: str) -> None:
        self.trace(number, name)
        self._drop(name)

    @command(":CALCulate:PARameter:DELete:ALL")
    def _delete_all(self) -> None:
        for name in list(self._numbers):
            self._drop(name)

    @command(
        ":CALCulate<n>:PARameter:MNUMber[:SELect]",
        Number(1, 24, integer=True),
        Choice(("FAST",), optional=True),
    )
    def _select_number(self, number: int, trace_number: int, fast: str | None = None) -> None:
        self.select(number, self._named(trace_number) or f"number {trace_number}")

    @command(":CALCulate<n>:PARameter:MNUMber[:SELect]?")
    def _selected_number(self, number: int) -> str:
        self.trace(number)
        return str(self._numbers[self.channel(number).selected or ""])

    @command(":DISPlay:TRACe:NEW", Number(0, 3, integer=True, optional=True))
    def _new_trace(self, kind: int = 0) -> None:
        if kind not in (0, 2):
            raise ScpiError(-241, "only channel 1 is simulated")
        taken = set(self._numbers.values())
        self._add(min(set(range(1, len(taken) + 2)) - taken), "S11")

    @command(":DISPlay:TRACe<n>[:STATe]", Boolean())
    def _show_trace(self, trace_number: int, on: bool) -> None:
        name = self._named(trace_number)
        if on and name is None:
            self._add(trace_number, "S11")
        elif not on and name is not None:
            self._drop(name)

    @command(":DISPlay:TRACe<n>[:STATe]?")
    def _trace_shown(self, trace_number: int) -> str:
        return str(int(self._named(trace_number) is not None))

    @command(":DISPlay:WINDow<n>:TRACe<n>:FEED", Text())
    def _feed(self, window: int, place: int, name: str) -> None:
        self.trace(1, name)
        self._fed[window, place] = name

    @command(":DISPlay:WINDow<n>:TRACe:NEXT?")
    def _next_place(self, window: int) -> str:
        taken = {place for used, place in self._fed if used == window}
        return str(min(set(range(1, len(taken) + 2)) - taken))

    @command(":CALCulate<n>:FORMat", Choice(_FORMATS))
    def _set_trace_format(self, number: int, form: str) -> None:
        self.trace(number).form = form

    @command(":CALCulate<n>:FORMat?")
    def _trace_format(self, number: int) -> str:
        return self.trace(number).form

    @command(":CALCulate<n>:CORRection:EDELay:TIME", Number(-10, 10, unit="S"))
    def _set_delay(self, number: int, delay_s: float) -> None:
        self.trace(number).delay_s = delay_s

    @command(":CALCulate<n>:CORRection:EDELay:TIME?")
    def _delay(self, number: int) -> str:
        return self.number(self.trace(number).delay_s)
