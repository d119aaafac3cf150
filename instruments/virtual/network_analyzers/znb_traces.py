"""Traces of the virtual ZNB: named, in channels that come and go with them."""

import numpy as np

from phonosync.instruments.virtual.network_analyzers.channel import Channel, Trace
from phonosync.instruments.virtual.network_analyzers.vna import PORTS, NetworkAnalyzerTwin
from phonosync.instruments.virtual.scpi.instrument import Reply, command
from phonosync.instruments.virtual.scpi.syntax import Choice, Number, ScpiError
from phonosync.instruments.virtual.scpi.text import Text

_FORMATS = ("MLOGarithmic", "MLINear", "PHASe", "UPHase", "POLar", "SMITh", "ISMith", "SWR")
_FORMATS += ("REAL", "IMAGinary", "GDELay", "COMPlex")
_SPEED_OF_LIGHT = 299_792_458.0


class NamedTraces(NetworkAnalyzerTwin):
    """Bookkeeping of channels and traces, and the delay at each port."""

    def new_channel(self) -> Channel:
        """Make a channel with preset stimulus and no delay at its ports."""
        channel = super().new_channel()
        channel.state |= {"bandwidth": 1e4, "delay_s": [0.0] * PORTS}
        return channel

    def _number_of(self, name: str) -> int:
        for number, channel in self.channels.items():
            if name in channel.traces:
                return number
        raise ScpiError(-221, f"there is no trace {name}")

    @command(":CALCulate<n>:PARameter:SDEFine", Text(), Text())
    def define_trace(self, number: int, name: str, parameter: str) -> None:
        """Make a trace, and its channel with it."""
        if any(name in c.traces for k, c in self.channels.items() if k != number):
            raise ScpiError(-221, f"trace {name} is in another channel")
        if number not in self.channels:
            self.channels[number] = self.new_channel()
        self.define(number, name, parameter)

    @command(":CALCulate<n>:PARameter:MEASure", Text(), Text())
    def _measure_other(self, number: int, name: str, parameter: str) -> None:
        self.trace(number, name)
        self.define(number, name, parameter)

    @command(":CALCulate<n>:PARameter:MEASure?", Text())
    def _measured(self, number: int, name: str) -> str:
        return f"'{self.trace(number, name).parameter}'"

    @command(":CALCulate<n>:PARameter:CATalog?")
    def _catalog(self, number: int) -> str:
        channel = self.channels.get(number)
        traces = channel.traces if channel else {}
        return "'" + ",".join(f"{name},{item.parameter}" for name, item in traces.items()) + "'"

    @command(":CONFigure:TRACe:CATalog?")
    def _all_traces(self) -> str:
        names = [name for channel in self.channels.values() for name in channel.traces]
        return "'" + ",".join(f"{k},{name}" for k, name in enumerate(names, 1)) + "'"

    @command(":CONFigure:CHANnel:CATalog?")
    def _all_channels(self) -> str:
        return "'" + ",".join(f"{number},Ch{number}" for number in self.channels) + "'"

    @command(":CALCulate<n>:PARameter:DELete", Text())
    def _delete(self, number: int, name: str) -> None:
        self.trace(number, name)
        self.forget(number)
        channel = self.channel(number)
        del channel.traces[name]
        channel.selected = next(iter(channel.traces), None)

    @command(":CALCulate:PARameter:DELete:ALL")
    def _delete_all(self) -> None:
        self.abort()
        self.channels.clear()

    @command(":CALCulate<n>:FORMat", Choice(_FORMATS))
    def _set_trace_format(self, number: int, form: str) -> None:
        self.trace(number).form = form

    @command(":CALCulate<n>:FORMat?")
    def _trace_format(self, number: int) -> str:
        return self.trace(number).form

    @command(":CALCulate<n>:DATA:TRACe?", Text(), Choice(("FDATa", "SDATa")))
    def _named_data(self, number: int, name: str, kind: str) -> Reply:
        owner = self._number_of(name)
        return self.tell_trace(owner, self.trace(owner, name), kind)

    @command(
        ":DISPlay[:WINDow<n>]:TRACe<n>:Y[:SCALe]:AUTO",
        Choice(("ONCE",)),
        Text(bare=True, optional=True),
    )
    def _autoscale(self, window: int, place: int, once: str, name: str = "") -> None:
        if name:
            self._number_of(name)

    # Delay at the ports

    def complex_data(self, number: int, item: Trace) -> np.ndarray:
        """Give the S-parameter of a trace with the delays of its ports taken off."""
        delay_s = self.channel(number).state["delay_s"]
        output, source = (int(port) for port in item.parameter[1:])
        total_s = delay_s[output - 1] + delay_s[source - 1]
        s = super().complex_data(number, item)
        if total_s == 0.0:
            return s
        return s * np.exp(2j * np.pi * self.data(number).frequencies_hz * total_s)

    @command("[:SENSe<n>]:CORRection:EDELay<n>:TIME", Number(-1e-3, 1e-3, unit="S"))
    def _set_delay(self, number: int, port: int, delay_s: float) -> None:
        self.channel(number).state["delay_s"][self._port(port) - 1] = delay_s

    @command("[:SENSe<n>]:CORRection:EDELay<n>:TIME?")
    def _delay(self, number: int, port: int) -> str:
        return self.number(self.channel(number).state["delay_s"][self._port(port) - 1])

    @command("[:SENSe<n>]:CORRection:EDELay<n>:AUTO", Choice(("ONCE",)))
    def _delay_from_slope(self, number: int, port: int, once: str) -> None:
        """Take the mean slope of the selected trace's phase as delay at a port."""
        data, item = self.data(number), self.trace(number)
        if len(data.frequencies_hz) > 1:
            phase = np.unwrap(np.angle(self.complex_data(number, item)))
            slope = np.polyfit(2 * np.pi * data.frequencies_hz, phase, 1)[0]
            self.channel(number).state["delay_s"][self._port(port) - 1] -= float(slope)

    @staticmethod
    def _port(port: int) -> int:
        if not 1 <= port <= PORTS:
            raise ScpiError(-114, f"port {port}")
        return port
