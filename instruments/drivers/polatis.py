"""QCoDeS driver of HUBER+SUHNER Polatis optical matrix switches.

Follows the SCPI command set of the Polatis series 6000 and 7000 over raw Ethernet, port 5025.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from phonosync.instruments.drivers.checked import CheckedInstrument
from phonosync.instruments.errors import InstrumentError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack


class PolatisSwitch(CheckedInstrument):
    """An optical matrix switch; connecting to it changes no connection.

    Ingress ports are numbered from 1, egress ports follow them. Connections are mappings
    {ingress: egress}.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.101::5025::SOCKET`.
    """

    default_terminator = "\n"

    def __init__(self, name: str, address: str, **kwargs: "Unpack[VisaInstrumentKWArgs]"):
        super().__init__(name, address, **kwargs)
        self.size = self.add_parameter(
            "size",
            get_cmd=":OXC:SWITch:SIZE?",
            get_parser=lambda reply: tuple(int(number) for number in reply.split(",")),
            set_cmd=False,
            docstring="Number of ingress and of egress ports.",
        )
        self.connections = self.add_parameter(
            "connections",
            get_cmd=":OXC:SWITch:CONNect:STATe?",
            get_parser=self._parse_connections,
            set_cmd=self._set_connections,
            docstring="All connections {ingress: egress}; setting it disconnects everything else.",
        )
        self.port_states = self.add_parameter(
            "port_states",
            get_cmd=":OXC:SWITch:PORT:STATe?",
            get_parser=lambda reply: tuple(reply.strip("()").split(",")),
            set_cmd=False,
            docstring="One letter a port, port 1 first: E enabled, D disabled, F failed.",
        )
        self.connect_message()

    def connect(self, connections: Mapping[int, int]) -> None:
        """Make connections and keep the others; an occupied port is an error."""
        if connections:
            self.write_checked(f":OXC:SWITch:CONNect:ADD {_lists(connections)}")

    def disconnect(self, connections: Mapping[int, int]) -> None:
        """Break these connections and keep the others."""
        if connections:
            self.write_checked(f":OXC:SWITch:CONNect:SUB {_lists(connections)}")

    def disconnect_all(self) -> None:
        """Break every connection."""
        self.write_checked(":OXC:SWITch:DISConnect:ALL")

    def partner(self, port: int) -> int | None:
        """Tell the port at the other end of a connection, None when there is none."""
        reply = self.ask(f":OXC:SWITch:CONNect:PORT? {port}").strip('"')
        return int(reply) if reply else None

    def enable(self, *ports: int) -> None:
        """Allow ports to be connected."""
        self.write_checked(f":OXC:SWITch:PORT:ENABle {_channels(ports)}")

    def disable(self, *ports: int) -> None:
        """Forbid ports to be connected; what they connect is broken."""
        self.write_checked(f":OXC:SWITch:PORT:DISable {_channels(ports)}")

    def ask_raw(self, cmd: str) -> str:
        """Ask and take off the carriage return before the newline."""
        return super().ask_raw(cmd).strip()

    def _set_connections(self, connections: Mapping[int, int]) -> None:
        if connections:
            self.write_checked(f":OXC:SWITch:CONNect:ONLY {_lists(connections)}")
        else:
            self.disconnect_all()

    def _parse_connections(self, reply: str) -> dict[int, int]:
        lists = re.findall(r"\(@([\d,\s]*)\)", reply)
        ports = [[int(port) for port in text.split(",") if port.strip()] for text in lists]
        if len(ports) != 2 or len(ports[0]) != len(ports[1]):
            raise InstrumentError(
                f"{self.full_name} answered {reply!r} to :OXC:SWITch:CONNect:STATe?, which is no "
                "pair of port lists. Check its firmware, then connect again."
            )
        return dict(zip(*ports, strict=True))


def _channels(ports) -> str:
    return f"(@{','.join(str(port) for port in ports)})"


def _lists(connections: Mapping[int, int]) -> str:
    return f"{_channels(connections.keys())},{_channels(connections.values())}"
