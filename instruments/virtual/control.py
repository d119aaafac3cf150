"""The virtual lab's control port: what a run must tell a simulation, and never tells hardware."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from typing import Any

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, command
from phonosync.instruments.virtual.scpi.syntax import Count
from phonosync.theory.errors import InputError

TIMEOUT_S = 600.0
"""How long a point may take to begin: the device may have to settle, slowly, for the one before."""
_CONNECTION_S = 5.0


class ControlPort(ScpiInstrument):
    """The bench itself as a SCPI instrument.

    Args:
        bench: whose points begin here.
    """

    def __init__(self, bench: Any):
        super().__init__()
        self._bench = bench
        self.identity = "Phonosync,Virtual lab,0,1"

    @command(":LAB:POINt", Count(), Count())
    def _point(self, seed: int, point: int) -> None:
        self._bench.begin_point(seed, point)

    @command(":LAB:DEVice?")
    def _device(self) -> str:
        return str(self._bench.device.name)

    @command(":LAB:TIME?")
    def _time(self) -> str:
        return self.number(self._bench.lab_time_s)


class LabControl:
    """A connection to the control port.

    Args:
        address: as `VirtualLab.control_address`.
        timeout_s: longest wait for an answer, s.

    Raises:
        InputError: the address is none of a socket.
        InstrumentError: nobody answers there.

    Example:
        with VirtualLab(bench) as lab, closing(LabControl(lab.control_address)) as control:
            control.begin_point(seed=1, point=0)
    """

    def __init__(self, address: str, *, timeout_s: float = TIMEOUT_S):
        self.address = address
        match = re.fullmatch(r"TCPIP\d*::([^:]+)::(\d+)::SOCKET", address, re.IGNORECASE)
        if match is None:
            raise InputError(
                f"{address!r} is no address of a virtual lab's control port; write it as "
                "TCPIP0::127.0.0.1::PORT::SOCKET, as 'phonosync lab --rig FILE' does."
            )
        try:
            self._socket = socket.create_connection((match[1], int(match[2])), _CONNECTION_S)
        except (OSError, OverflowError) as error:
            raise self._silent("a connection", error) from error
        self._socket.settimeout(timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._replies = self._socket.makefile("rb")

    @property
    def device(self) -> str:
        """Name of the device in the lab."""
        return self._ask(":LAB:DEVice?")

    @property
    def time_s(self) -> float:
        """Time of the lab, s."""
        return float(self._ask(":LAB:TIME?"))

    def begin_point(self, seed: int, point: int) -> None:
        """Begin a point of a run before its settings are made; see `bench.Bench.begin_point`.

        Raises:
            InstrumentError: the lab refuses, or does not answer.
        """
        said = self._ask(":SYSTem:ERRor?", after=f"*CLS;:LAB:POINt {seed},{point}")
        if not said.startswith("0,"):
            raise InstrumentError(
                f"the virtual lab at {self.address} cannot begin point {point} with seed {seed}: "
                f"{said}. Give whole numbers from 0 and look at what the lab prints."
            )

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        with suppress(OSError):
            self._replies.close()
            self._socket.close()

    def _ask(self, query: str, *, after: str = "") -> str:
        try:
            self._socket.sendall(f"{after}\n{query}\n".encode("ascii"))
            reply = self._replies.readline()
        except (OSError, ValueError) as error:
            self.close()  # what comes late must not answer the next question
            raise self._silent(after or query, error) from error
        if not reply.endswith(b"\n"):
            self.close()
            raise self._silent(after or query, EOFError("it closed the connection"))
        return reply.decode("latin-1").strip()

    def _silent(self, query: str, error: Exception) -> InstrumentError:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        return InstrumentError(
            f"the virtual lab at {self.address} does not answer to {query}: {reason}. See that "
            "'phonosync lab' is running, and that the rig file is the one it wrote."
        )
