"""Twin of a Rohde & Schwarz FSW signal and spectrum analyzer in its Spectrum application.

Command set: R&S FSW user manual (1173.9411.02), chapter "Remote commands", as far as this lab uses
it. Traces come as text or as little-endian 32 bit blocks (REAL,32). From memory: the range of an
FSW26, the 1-2-3-5 steps of its filters, the number of points, that a new INITiate starts over, and
the aliases of SWEep:COUNt and AVERage:COUNt. Different from the real thing: FFT sweeps only, every
trace point holds one FFT bin, the input has no noise of its own (the bench adds it), and one window
with one trace exists.
"""

import math
from typing import Any

import numpy as np

from phonosync.instruments.virtual.scpi.instrument import Reply, Setting, command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, ScpiError
from phonosync.instruments.virtual.spectrum_analyzers import n9030b_trace as trace
from phonosync.instruments.virtual.spectrum_analyzers.sweep import SpectrumSweeps, Sweep

BANDWIDTHS_HZ = [
    step * 10.0**decade for decade in range(8) for step in (1, 2, 3, 5) if step * 10**decade <= 1e7
]
_SCALES = {"VID": "LOG", "LIN": "SCAL", "POW": "RMS"}
_DETECTOR = Choice(
    ("APEak", "NEGative", "POSitive", "SAMPle", "RMS", "AVERage", "QPEak"),
)
_COUNT = Number(0, 200_000, integer=True)
_TRACE = Choice(tuple(f"TRACE{number}" for number in range(1, 7)))


class FSW(SpectrumSweeps):
    """The analyzer; its input is the bench's detector."""

    identity = "Rohde&Schwarz,FSW-26,1312.8000K26/100001,4.71"
    lowest_hz, highest_hz, minimum_span_hz = 0.0, 26.5e9, 10.0
    harmless = frozenset({"continuous", "unit", "display", "form"})
    settings = (
        Setting(":INSTrument[:SELect]", "mode", Choice(("SANalyzer", "IQ")), "SAN"),
        Setting(":INITiate:CONTinuous", "continuous", Boolean(), True),
        Setting(":SYSTem:DISPlay:UPDate", "display", Boolean(), False),
        Setting(":UNIT:POWer", "unit", Choice(("DBM", "W", "V")), "DBM"),
        Setting(":INPut:ATTenuation", "attenuation", Number(0, 79, "DB", integer=True), 10),
        Setting(":INPut:GAIN:STATe", "preamp", Boolean(), False),
        Setting("[:SENSe]:SWEep:POINts", "points", Number(101, 100_001, integer=True), 1001),
        Setting("[:SENSe]:SWEep:COUNt", "count", _COUNT, 0),
        Setting("[:SENSe]:AVERage:COUNt", "count", _COUNT, 0),
        Setting("[:SENSe]:SWEep:TYPE", "sweep_type", Choice(("SWEep", "AUTO", "FFT")), "AUTO"),
        Setting("[:SENSe]:AVERage:TYPE", "scale", Choice(("VIDeo", "LINear", "POWer")), "VID"),
        Setting(
            "[:SENSe]:BANDwidth|BWIDth[:RESolution]:TYPE",
            "filter",
            Choice(("NORMal", "CFILter", "RRC", "P5")),
            "NORM",
        ),
        Setting("[:SENSe]:BANDwidth|BWIDth:VIDeo:AUTO", "video_auto", Boolean(), True),
    )

    def reset(self) -> None:
        """Preset: a 10 MHz span around 5 MHz, 100 kHz bandwidth, one sweep; text (*RST)."""
        super().reset()
        self.start_hz, self.stop_hz = 0.0, 10e6
        self.state |= {"form": "ASC", "kind": "WRIT", "detector": "APE", "detector_auto": True}
        self.state |= {"bandwidth": 1e5, "video_bandwidth": 1e5}
        self._taken = 0
        self.forget_trace()

    def plan(self) -> Sweep:
        """Fix what a measurement started now would do, or say what stands in the way."""
        state = self.state
        if state["mode"] != "SAN":
            raise ScpiError(-241, "choose INSTrument:SELect SANalyzer")
        if state["sweep_type"] == "SWE":
            raise ScpiError(-221, "swept sweeps are not simulated, choose SWEep:TYPE FFT")
        if state["filter"] != "NORM":
            raise ScpiError(-221, "FFT sweeps need a filter of type NORMal")
        if state["detector"] not in ("SAMP", "RMS"):
            raise ScpiError(-221, "choose detector SAMPle or RMS for FFT sweeps")
        if not state["video_auto"] and state["video_bandwidth"] < state["bandwidth"]:
            raise ScpiError(-221, "choose a video bandwidth above the resolution bandwidth")
        self._taken = max(1, state["count"])
        return Sweep(
            frequencies_hz=np.linspace(self.start_hz, self.stop_hz, state["points"]),
            resolution_bandwidth_hz=state["bandwidth"],
            noise_bandwidth_hz=state["bandwidth"] * trace.NOISE_BANDWIDTHS["GAUS"],
            window="gaussian",
            count=self._taken,
            kind=state["kind"],
            scale=_SCALES[state["scale"]],
        )

    # Measurement

    @command(":INITiate<n>[:IMMediate]")
    def initiate(self, window: int) -> None:
        """Start a measurement in the background; one under way is started over."""
        self.only_first(window)
        self.abort()
        self.measure()

    @command(":ABORt")
    def _abort(self) -> None:
        self.abort()

    @command(":TRACe<n>[:DATA]?", _TRACE)
    def tell_trace(self, window: int, name: str) -> Reply:
        """Tell the levels of the latest measurement in the unit of :UNIT:POWer."""
        self._only_trace(window, name)
        _, power_w = self.latest()
        return self._block(trace.in_unit(power_w, self.state["unit"]))

    @command(":TRACe<n>[:DATA]:X?", _TRACE)
    def tell_axis(self, window: int, name: str) -> Reply:
        """Tell the frequencies of the latest measurement."""
        self._only_trace(window, name)
        return self._block(self.latest()[0])

    @command("[:SENSe]:SWEep:COUNt:CURRent?")
    def _swept(self) -> str:
        return str(0 if self.busy or self._result is None else self._taken)

    def _block(self, numbers: np.ndarray) -> bytes:
        return trace.block(numbers, self.state["form"], 32, swapped=True)

    @command(
        ":FORMat[:DATA]",
        Choice(("ASCii", "REAL")),
        Number(32, 32, integer=True, optional=True),
    )
    def set_format(self, form: str, bits: int | None = None) -> None:
        """Choose how traces are told."""
        self.change("form", form)

    @command(":FORMat[:DATA]?")
    def _format(self) -> str:
        return "ASC" if self.state["form"] == "ASC" else "REAL,32"

    # Bandwidths and trace

    @command("[:SENSe]:BANDwidth|BWIDth[:RESolution]", Number(1, 10e6, "HZ"))
    def set_bandwidth(self, wanted: float) -> None:
        """Choose the nearest resolution bandwidth; an automatic video bandwidth follows."""
        self.change("bandwidth", _nearest(wanted))

    @command("[:SENSe]:BANDwidth|BWIDth[:RESolution]?")
    def _bandwidth(self) -> str:
        return self.number(self.state["bandwidth"])

    @command("[:SENSe]:BANDwidth|BWIDth:VIDeo", Number(1, 10e6, "HZ"))
    def set_video_bandwidth(self, wanted: float) -> None:
        """Fix the video bandwidth."""
        self.change("video_auto", False)
        self.change("video_bandwidth", _nearest(wanted))

    @command("[:SENSe]:BANDwidth|BWIDth:VIDeo?")
    def _video_bandwidth(self) -> str:
        name = "bandwidth" if self.state["video_auto"] else "video_bandwidth"
        return self.number(self.state[name])

    @command("[:SENSe]:DETector<n>[:FUNCtion]", _DETECTOR)
    def set_detector(self, number: int, detector: str) -> None:
        """Fix the detector of trace 1."""
        self.only_first(number)
        self.change("detector", detector)
        self.change("detector_auto", False)

    @command("[:SENSe]:DETector<n>[:FUNCtion]?")
    def _detector(self, number: int) -> str:
        self.only_first(number)
        return self.state["detector"]

    @command("[:SENSe]:DETector<n>[:FUNCtion]:AUTO?")
    def _detector_auto(self, number: int) -> str:
        self.only_first(number)
        return str(int(self.state["detector_auto"]))

    @command(
        ":DISPlay[:WINDow<n>]:TRACe<n>:MODE", Choice(("WRITe", "AVERage", "MAXHold", "MINHold"))
    )
    def set_trace_mode(self, window: int, number: int, kind: str) -> None:
        """Choose what repeated sweeps do to trace 1."""
        self.only_first(window, number)
        self.change("kind", kind)

    @command(":DISPlay[:WINDow<n>]:TRACe<n>:MODE?")
    def _trace_mode(self, window: int, number: int) -> str:
        self.only_first(window, number)
        return self.state["kind"]

    # System

    @command(":SYSTem:PRESet")
    def _preset(self) -> None:
        self.abort()
        self.reset()

    @command("*OPT?")
    def _options(self) -> str:
        return "B4,B24,K30"

    def number(self, value: float) -> str:
        """Write a number in plain digits."""
        return f"{value:.15g}"

    def _only_trace(self, window: int, name: str) -> None:
        self.only_first(window, int(name.removeprefix("TRACE")))

    @staticmethod
    def only_first(*numbers: Any) -> None:
        """Refuse windows and traces other than 1."""
        if any(number != 1 for number in numbers):
            raise ScpiError(-114, "only trace 1 of window 1 is simulated")


def _nearest(wanted_hz: float) -> float:
    """Choose the filter the analyzer has.

    >>> _nearest(2.4e3), _nearest(7e6)
    (2000.0, 5000000.0)
    """
    return min(BANDWIDTHS_HZ, key=lambda hz: abs(math.log(hz / wanted_hz)))
