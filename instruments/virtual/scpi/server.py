"""The wire: one SCPI instrument behind a TCP socket on this machine."""

import contextlib
import logging
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Self

from phonosync.instruments.virtual.scpi.instrument import ClosedError, ScpiInstrument
from phonosync.instruments.virtual.scpi.syntax import ScpiError

LINE_LIMIT = 65536
Answer = Callable[[ScpiInstrument, str], bytes | None]
log = logging.getLogger(__name__)


class DroppedError(ConnectionError):
    """The connection ends here, after these last bytes."""

    def __init__(self, last_words: bytes = b""):
        self.last_words = last_words
        super().__init__("the connection was dropped")


def answer(instrument: ScpiInstrument, message: str) -> bytes | None:
    """Let an instrument carry out a message; give what goes on the wire, None for nothing."""
    reply = instrument.execute(message)
    return None if reply is None else reply + instrument.reply_terminator


class ScpiServer:
    """Serve one instrument to any number of connections.

    Args:
        instrument: what answers; it is closed when the server stops.

    Attributes:
        answer: makes the bytes that a message is answered with; replace it to listen or to disturb.

    Example:
        with ScpiServer(instrument) as server:
            pyvisa.ResourceManager("@py").open_resource(server.resource_name)
    """

    def __init__(self, instrument: ScpiInstrument):
        self.instrument = instrument
        self.answer: Answer = answer
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    @property
    def port(self) -> int:
        """Port on 127.0.0.1, free when the server started."""
        if self._server is None:
            raise RuntimeError("The server has no port before start(). Call start() first.")
        return self._server.server_address[1]

    @property
    def resource_name(self) -> str:
        """VISA address of the instrument."""
        return f"TCPIP0::127.0.0.1::{self.port}::SOCKET"

    def start(self) -> Self:
        """Bind a free port and serve in the background."""
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and cut every open connection; a second call does nothing."""
        with self._guard:
            thread, self._thread = self._thread, None
        if thread is None or self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server.cut_connections()
        self.instrument.close()
        thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: ScpiServer):
        self.owner = owner
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._stopped = False
        super().__init__(("127.0.0.1", 0), _Connection)

    def register(self, connection: socket.socket) -> bool:
        with self._guard:
            if not self._stopped:
                self._connections.add(connection)
            return not self._stopped

    def forget(self, connection: socket.socket) -> None:
        with self._guard:
            self._connections.discard(connection)

    def cut_connections(self) -> None:
        with self._guard:
            self._stopped = True
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Connection(socketserver.BaseRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]
    request: socket.socket

    def handle(self) -> None:
        if not self.server.register(self.request):
            return
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        owner = self.server.owner
        instrument = owner.instrument
        try:
            if instrument.greeting:
                self._send(instrument, instrument.greeting)
            for message in self._messages(instrument):
                reply = owner.answer(instrument, message)
                if reply is not None:
                    self._send(instrument, reply)
        except DroppedError as end:
            with contextlib.suppress(OSError):
                self.request.sendall(end.last_words)
        except ClosedError:
            log.debug("connection closed with its instrument")
        except OSError as error:
            log.debug("connection lost: %s", error)
        finally:
            self.server.forget(self.request)

    def _messages(self, instrument: ScpiInstrument):
        """Yield what arrives, message by message; a line over the limit is thrown away."""
        buffer, overrun = bytearray(), False
        while True:
            _acknowledge_at_once(self.request)
            received = self.request.recv(LINE_LIMIT)
            if not received:
                return
            if instrument.carriage_return_ends_message:
                received = received.replace(b"\r", b"\n")
            buffer += received
            *lines, rest = buffer.split(b"\n")
            for line in lines:
                if overrun or len(line) > LINE_LIMIT:
                    instrument.push(ScpiError(-363))
                elif line.strip():
                    yield line.decode("latin-1").strip()
                overrun = False
            overrun |= len(rest) > LINE_LIMIT
            buffer = bytearray() if overrun else bytearray(rest)

    def _send(self, instrument: ScpiInstrument, reply: bytes) -> None:
        try:
            self.request.sendall(reply)
        except OSError:
            instrument.push(ScpiError(-410, "the connection ended before the reply was read"))
            raise


def _acknowledge_at_once(connection: socket.socket) -> None:
    """Spare a client without TCP_NODELAY the wait for a delayed acknowledgement (Linux)."""
    option = getattr(socket, "TCP_QUICKACK", None)
    if option is not None:
        connection.setsockopt(socket.IPPROTO_TCP, option, 1)
