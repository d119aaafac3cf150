"""QCoDeS' driver of the R&S ZNB over a raw TCP socket.

QCoDeS' driver was written for VXI-11, HiSLIP and USB, where the end of a reply is marked outside
of the text: it expects the line feed that ends a reply to be part of it. On a raw socket only that
line feed tells where a reply ends, and VISA takes it off. This driver gives it back.
"""

from qcodes.instrument_drivers.rohde_schwarz import RohdeSchwarzZNB20


class ZNB20OverSocket(RohdeSchwarzZNB20):
    """The very driver of QCoDeS, for addresses as `TCPIP0::192.168.1.100::5025::SOCKET`."""

    default_terminator = "\n"

    def ask_raw(self, cmd: str) -> str:
        """Ask and give the reply with the line feed that the driver expects."""
        return super().ask_raw(cmd) + "\n"

    def write_raw(self, cmd: str) -> None:
        """Send a command with one line feed, whether or not the driver has appended one."""
        super().write_raw(cmd.rstrip("\n"))
