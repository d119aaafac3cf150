"""Twin of a HUBER+SUHNER Polatis optical matrix switch with 8 ingress and 8 egress fibres.

Command set: the SCPI of Polatis series 6000 as public drivers and captured dialogues show it.
The real switch listens on port 5025 and ends its replies with carriage return and newline.
"""

from collections.abc import Callable

from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, command
from phonosync.instruments.virtual.scpi.syntax import Channels, Number, ScpiError

SIZE = 8
Ports = tuple[int, ...]


class Polatis(ScpiInstrument):
    """The switch: ingress ports 1 to 8, egress ports 9 to 16, each fibre used once.

    Args:
        on_change: called with the connections {ingress: egress} after every change.
    """

    identity = "Polatis,OST-8x8-LU1-DMHNS,002414,6.5.2.18"
    reply_terminator = b"\r\n"

    def __init__(self, on_change: Callable[[dict[int, int]], None] = lambda connections: None):
        super().__init__()
        self._on_change = on_change
        self.connections: dict[int, int] = {}
        self._disabled: set[int] = set()
        self._stuck = False
        self._on_change({})

    def stick(self) -> None:
        """Let no mirror move any more; commands are taken as before."""
        self._stuck = True

    def _connect(self, connections: dict[int, int]) -> None:
        if not self._stuck:
            self.connections = connections
            self._on_change(dict(connections))

    def _pairs(self, ingress: Ports, egress: Ports) -> dict[int, int]:
        """Pair the two lists, refusing what no switch can join."""
        if len(ingress) != len(egress) or not ingress:
            raise ScpiError(-224, "as many ingress as egress ports are needed")
        for port in ingress:
            if not 1 <= port <= SIZE:
                raise ScpiError(-222, f"{port} is no ingress port")
        for port in egress:
            if not SIZE < port <= 2 * SIZE:
                raise ScpiError(-222, f"{port} is no egress port")
        if len(set(ingress)) < len(ingress) or len(set(egress)) < len(egress):
            raise ScpiError(-224, "a port appears twice")
        return dict(zip(ingress, egress, strict=True))

    def _refuse_disabled(self, ports: Ports) -> None:
        for port in ports:
            if port in self._disabled:
                raise ScpiError(-221, f"port {port} is disabled")

    @command(":OXC:SWITch:CONNect:ADD", Channels(), Channels())
    def add(self, ingress: Ports, egress: Ports) -> None:
        """Connect the first ingress to the first egress port and so on, keeping the others."""
        pairs = self._pairs(ingress, egress)
        self._refuse_disabled(ingress + egress)
        joined = set(self.connections.items())
        for pair in pairs.items():
            if pair not in joined:
                for port in pair:
                    if port in self.connections or port in self.connections.values():
                        raise ScpiError(-221, f"port {port} is connected already")
        self._connect(self.connections | pairs)

    @command(":OXC:SWITch:CONNect:SUB", Channels(), Channels())
    def subtract(self, ingress: Ports, egress: Ports) -> None:
        """Disconnect these pairs."""
        pairs = self._pairs(ingress, egress)
        for start, end in pairs.items():
            if self.connections.get(start) != end:
                raise ScpiError(-221, f"ports {start} and {end} are not connected")
        self._connect({a: b for a, b in self.connections.items() if a not in pairs})

    @command(":OXC:SWITch:CONNect:ONLY", Channels(), Channels())
    def only(self, ingress: Ports, egress: Ports) -> None:
        """Connect these pairs and disconnect everything else."""
        pairs = self._pairs(ingress, egress)
        self._refuse_disabled(ingress + egress)
        self._connect(pairs)

    @command(":OXC:SWITch:CONNect:STATe?")
    def connected(self) -> str:
        """Tell all connections as two lists."""
        pairs = sorted(self.connections.items())
        ingress, egress = (",".join(str(pair[side]) for pair in pairs) for side in (0, 1))
        return f"(@{ingress}),(@{egress})"

    @command(":OXC:SWITch:CONNect:PORT?", Number(1, 2 * SIZE, integer=True))
    def partner(self, port: int) -> str:
        """Tell the port at the other end, in quotes; nothing between them if there is none."""
        backwards = {end: start for start, end in self.connections.items()}
        return f'"{self.connections.get(port, backwards.get(port, ""))}"'

    @command(":OXC:SWITch:DISConnect:ALL")
    def disconnect_all(self) -> None:
        """Disconnect everything."""
        self._connect({})

    @command(":OXC:SWITch:SIZE?")
    def _size(self) -> str:
        return f"{SIZE},{SIZE}"

    @command(":OXC:SWITch:PORT:STATe?")
    def _port_states(self) -> str:
        ports = range(1, 2 * SIZE + 1)
        return "(" + ",".join("D" if port in self._disabled else "E" for port in ports) + ")"

    @command(":OXC:SWITch:PORT:DISable", Channels())
    def disable(self, ports: Ports) -> None:
        """Disable ports; what they connect is disconnected."""
        self._check_ports(ports)
        self._disabled |= set(ports)
        self._connect({a: b for a, b in self.connections.items() if not {a, b} & self._disabled})

    @command(":OXC:SWITch:PORT:ENABle", Channels())
    def enable(self, ports: Ports) -> None:
        """Enable ports again."""
        self._check_ports(ports)
        self._disabled -= set(ports)

    @staticmethod
    def _check_ports(ports: Ports) -> None:
        for port in ports:
            if not 1 <= port <= 2 * SIZE:
                raise ScpiError(-222, f"{port} is no port")

    def reset(self) -> None:
        """Disconnect and enable everything (*RST)."""
        self._disabled.clear()
        self._connect({})
