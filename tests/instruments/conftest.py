"""A fake bench, plain sockets, and instruments that are closed whatever happens."""

import contextlib
import socket
import threading

import numpy as np
import pytest
from qcodes.instrument import Instrument
from qcodes.instrument_drivers.Keysight import KeysightN9030B

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.polatis import PolatisSwitch
from phonosync.instruments.drivers.santec_tsl570 import SantecTSL570
from phonosync.instruments.virtual.lab import VirtualLab
from phonosync.instruments.virtual.scpi.server import ScpiServer


class FakeBench:
    """Gives periodograms that a test can compute again, and remembers what it was told."""

    def __init__(self):
        self.laser = {}
        self.direction = None
        self.requests = []
        self.gate = threading.Event()  # clear it to hold a measurement back
        self.gate.set()
        self.started = threading.Event()
        self.failure = None

    @property
    def laser_monitor_w(self):
        return self.laser["power_w"] if self.laser["on"] else 0.0

    def set_laser(self, *, power_w, wavelength_m, on):
        self.laser = {"power_w": power_w, "wavelength_m": wavelength_m, "on": on}

    def set_direction(self, direction):
        self.direction = direction

    def set_detector(self, *, joined):
        self.joined = joined

    def densities(self, frequencies_hz, averages):
        line = 1e-15 + 1e-12 / (1 + ((frequencies_hz - 1.5e6) / 1e4) ** 2)
        noise = np.random.default_rng(7).exponential(size=(averages, len(frequencies_hz)))
        return line * noise

    def periodograms(self, frequencies_hz, resolution_bandwidth_hz, averages, window, should_stop):
        self.requests.append((frequencies_hz, resolution_bandwidth_hz, averages, window))
        self.started.set()
        while not self.gate.wait(0.01):
            if should_stop is not None and should_stop():
                return np.empty((0, len(frequencies_hz)))
        if self.failure is not None:
            raise self.failure
        return self.densities(frequencies_hz, averages)


class Talk:
    """A plain socket to an instrument, as a terminal program would open it."""

    def __init__(self, server):
        self.end = server.instrument.reply_terminator
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        self._buffer = b""

    def send(self, message):
        self.socket.sendall(message if isinstance(message, bytes) else message.encode() + b"\n")

    def read(self):
        while self.end not in self._buffer:
            received = self.socket.recv(65536)
            if not received:
                raise ConnectionError("the instrument closed the connection")
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(self.end)
        return line.decode()

    def read_bytes(self, count):
        while len(self._buffer) < count:
            self._buffer += self.socket.recv(65536)
        head, self._buffer = self._buffer[:count], self._buffer[count:]
        return head

    def ask(self, message):
        self.send(message)
        return self.read()

    def ask_block(self, query, kind, end=b"\n"):
        """Ask for a definite-length block of numbers of one kind, as "<f8"."""
        self.send(query)
        mark, digits = self.read_bytes(2).decode()
        assert mark == "#"
        size = int(self.read_bytes(int(digits)))
        numbers = np.frombuffer(self.read_bytes(size), kind)
        assert self.read_bytes(len(end)) == end
        return numbers

    def do(self, message):
        """Send commands and see that they were carried out without an error."""
        self.send(message)
        assert self.error() == 0

    def error(self):
        """Number of the oldest error."""
        return int(self.ask("SYST:ERR?").split(",")[0])


class Script:
    """An instrument that expects exactly one dialogue: [(sent, reply or None), ...]."""

    carriage_return_ends_message = False
    greeting = b""

    def __init__(self, dialogue, terminator):
        self.reply_terminator = terminator
        self.carriage_return_ends_message = terminator == b"\r"
        self.left = list(dialogue)
        self.surprises = []

    def execute(self, message):
        expected, reply = self.left.pop(0) if self.left else ("nothing", None)
        if message != expected:
            self.surprises.append((message, expected))
        return None if reply is None else reply.encode()

    def push(self, error):
        self.surprises.append(error)

    def close(self):
        pass


class HandClock:
    """A clock that a test turns: sleeping is the only way in which time passes."""

    def __init__(self):
        self.now = 0.0
        self.happening = lambda: None  # called after every sleep

    def __call__(self):
        return self.now

    def sleep(self, duration):
        assert duration > 0
        self.now += duration
        self.happening()

    def interrupt_at(self, moment):
        """Let the user press Ctrl-C once."""

        def happening():
            if self.now > moment:
                self.happening = lambda: None
                raise KeyboardInterrupt

        self.happening = happening


@pytest.fixture
def gates():
    """What holds measurements back; opened before servers close, which wait for measurements."""
    return []


@pytest.fixture
def hand_clock():
    return HandClock()


@pytest.fixture
def bench(gates):
    bench = FakeBench()
    gates.append(bench.gate)
    return bench


@pytest.fixture
def lab(bench):
    with VirtualLab(bench) as lab:
        yield lab
        bench.gate.set()


@pytest.fixture
def serve(gates):
    """Start servers for single instruments."""
    with contextlib.ExitStack() as stack:
        yield lambda instrument: stack.enter_context(ScpiServer(instrument))
        for gate in gates:
            gate.set()


@pytest.fixture
def server(twin, serve):
    """The server of the twin that a test file is about."""
    return serve(twin)


@pytest.fixture
def line(server, talk):
    """A plain socket to the twin that a test file is about."""
    return talk(server)


@pytest.fixture
def talk():
    """Open plain sockets to servers."""
    with contextlib.ExitStack() as stack:

        def connect(server):
            conversation = Talk(server)
            stack.callback(conversation.socket.close)
            return conversation

        yield connect


@pytest.fixture
def connect():
    """Open QCoDeS instruments over pyvisa-py."""
    opened = []

    def open_instrument(kind, address, name="instrument"):
        instrument = kind(name, address, visalib="@py", timeout=5, device_clear=False)
        opened.append(instrument)
        return instrument

    yield open_instrument
    for instrument in opened:
        with contextlib.suppress(Exception):
            instrument.close()
    Instrument.close_all()


@pytest.fixture
def script(serve):
    """Serve a scripted dialogue and check at the end that all of it took place."""
    scripts = []

    def write(dialogue, terminator=b"\n"):
        scripts.append(Script(dialogue, terminator))
        return serve(scripts[-1])

    yield write
    for item in scripts:
        assert item.surprises == []
        assert item.left == []


@pytest.fixture
def opened(lab, connect):
    """QCoDeS instruments by role."""
    kinds = {
        "spectrum_analyzer": KeysightN9030B,
        "laser": SantecTSL570,
        "direction_switch": PolatisSwitch,
    }
    return {role: connect(kinds[role], address, role) for role, address in lab.addresses.items()}


@pytest.fixture
def roles(opened):
    return {role: open_role(role, instrument) for role, instrument in opened.items()}


@pytest.fixture
def snapshot():
    """Read all parameters of an instrument: name -> value."""

    def values(instrument):
        parameters = instrument.snapshot(update=True)["parameters"]
        return {name: parameter["value"] for name, parameter in parameters.items()}

    return values


@pytest.fixture
def settable():
    """Names of the parameters of an instrument or of a part of it that can be set."""
    return lambda module: {name for name, item in module.parameters.items() if item.settable}


@pytest.fixture
def no_error():
    """See that the error queue of an instrument is empty."""

    def check(instrument):
        assert instrument.ask("SYST:ERR?").split(",")[0] in ("0", "+0")

    return check


@pytest.fixture
def round_trip():
    """Set a parameter and see that it gives the same back, numbers to a relative error."""

    def check(parameter, value, rel=0.0):
        parameter.set(value)
        assert parameter.get() == (pytest.approx(value, rel=rel, abs=0.0) if rel else value)

    return check
