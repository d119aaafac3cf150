"""How many traces of 1001 points a second the wire carries from the virtual instruments.

    python benchmarks/wire.py

Everything goes over TCP on this machine, through pyvisa-py: query, binary block, numbers. A trace
is fetched as the instrument holds it; a bench that computes next to nothing leaves the wire alone
to be timed. "Raw" is a VISA query; "driver" is QCoDeS' own parameter that reads one trace; "role"
is a whole measurement: settings, one sweep, and a spectrum or S11 to S22.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from typing import cast

import numpy as np
from qcodes.instrument_drivers.Keysight import KeysightN5222B, KeysightN9030B

from phonosync.instruments.adapters import open_role
from phonosync.instruments.drivers.znb_socket import ZNB20OverSocket
from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.network_analyzers.n5222b import N5222B
from phonosync.instruments.virtual.network_analyzers.znb import ZNB20
from phonosync.instruments.virtual.scpi.server import ScpiServer
from phonosync.instruments.virtual.spectrum_analyzers.n9030b import N9030B

POINTS, SECONDS = 1001, 2.0
FAST = 1e9


class Ready:
    """A bench that has its answers ready."""

    def __init__(self):
        self._noise = np.random.default_rng(1).standard_normal((4, POINTS, 2))

    def periodograms(self, frequencies_hz, resolution_bandwidth_hz, averages, window, should_stop):
        """Give the same noise each time: its bytes are as those of a measurement."""
        return 1e-15 * np.abs(self._noise[:1, :, 0])

    def s_parameters(self, frequencies_hz, *, power_w, if_bandwidth_hz):
        """Give the same noise each time."""
        return (self._noise @ np.array([1, 1j])).reshape(2, 2, POINTS)


def rate(work: Callable[[], object]) -> float:
    """How often a second something can be done, by the clock on the wall."""
    work()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        work()
        count += 1
    return count / (time.perf_counter() - start)


def report(name: str, way: str, count: float, bytes_each: int) -> None:
    """Print one line."""
    print(
        f"{name:8} {way:28} {count:8.0f} traces/s   {1e-6 * count * bytes_each:7.2f} MB/s",
        flush=True,
    )


def opened(kind, address: str):
    """Open a driver without its greeting."""
    with contextlib.redirect_stdout(io.StringIO()):
        return kind(kind.__name__, address, visalib="@py", device_clear=False, timeout=10)


def raw(driver, query: str, datatype: str, *, big: bool) -> Callable[[], object]:
    """One query for one block."""
    return lambda: driver.visa_handle.query_binary_values(
        query, datatype=datatype, is_big_endian=big, container=np.ndarray
    )


def spectrum_analyzer() -> None:
    """N9030B: frequency and power of every point, 64 bits each."""
    with ScpiServer(N9030B(cast(Bench, Ready()))) as server:
        analyzer = opened(KeysightN9030B, server.resource_name)
        analyzer.cont_meas(False)
        analyzer.sa.setup_swept_sa_sweep(1e6, 2e6, POINTS)
        analyzer.sa.trace()
        analyzer.auto_sweep(False)
        fetch = raw(analyzer, ":FETCh:SAN1?", "d", big=False)
        report("N9030B", "raw, REAL,64", rate(fetch), 16 * POINTS)
        report("N9030B", "driver, sa.trace", rate(analyzer.sa.trace), 16 * POINTS)
        role = open_role("spectrum_analyzer", analyzer)
        psd = lambda: role.psd(1e6, 2e6, points=POINTS, rbw_hz=1e3, averages=1)  # noqa: E731
        report("N9030B", "role, psd", rate(psd), 16 * POINTS)
        analyzer.close()


def network_analyzer(name: str, twin, kind, query: str) -> None:
    """N5222B and ZNB: real and imaginary part of every point."""
    with ScpiServer(twin(Ready(), speed_up=FAST)) as server:
        analyzer = opened(kind, server.resource_name)
        role = open_role("network_analyzer", analyzer)

        def measure() -> object:
            return role.s_parameters(
                4e9, 5e9, points=POINTS, if_bandwidth_hz=1e3, power_w=1e-6, averages=1
            )

        report(name, "role, 4 traces a sweep", 4 * rate(measure), 16 * POINTS)
        for bits, datatype in ((32, "f"), (64, "d")):
            analyzer.write(f"FORM REAL,{bits}")
            analyzer.write("FORM:BORD NORM")
            fetch = raw(analyzer, query, datatype, big=True)
            report(name, f"raw, REAL,{bits}", rate(fetch), bits // 4 * POINTS)
        if name == "N5222B":
            analyzer.write("FORM REAL,32")
            analyzer.auto_sweep(False)
            trace = analyzer.traces[0]
            report(name, "driver, trace.polar", rate(trace.polar), 8 * POINTS)
        analyzer.close()


if __name__ == "__main__":
    spectrum_analyzer()
    network_analyzer("N5222B", N5222B, KeysightN5222B, "CALC:DATA? SDATA")
    network_analyzer("ZNB", ZNB20, ZNB20OverSocket, "CALC1:DATA:TRAC? 'phonosync_S21',SDAT")
