"""Twin of a Keysight N9030B PXA signal analyzer in swept SA measurement, FFT sweeps only.

Command set: Keysight X-Series spectrum analyzer mode user's and programmer's reference
(N9060-90041), as far as QCoDeS' own driver and this lab use it. Different from the real thing:
preset chooses the sample detector, every trace point holds one FFT bin, the input has no noise of
its own (the bench adds it), and swept sweeps, phase noise and tuning by the analyzer are missing.
"""

import math

import numpy as np

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi.instrument import Reply, command
from phonosync.instruments.virtual.scpi.syntax import Choice, Number, ScpiError
from phonosync.instruments.virtual.spectrum_analyzers import n9030b_trace as trace
from phonosync.instruments.virtual.spectrum_analyzers.n9030b_settings import AnalyzerSettings
from phonosync.instruments.virtual.spectrum_analyzers.sweep import Sweep


class N9030B(AnalyzerSettings):
    """The analyzer; its input is the bench's detector.

    Args:
        bench: gives the periodograms.
        speed_up: how many times faster than real it sweeps; as fast as the bench by default.
    """

    identity = "Keysight Technologies,N9030B,MY00000001,A.33.03"
    no_error = '+0,"No error"'

    def __init__(self, bench: Bench, *, speed_up: float = math.inf):
        super().__init__(bench, speed_up=speed_up)

    # Measurement

    def plan(self) -> Sweep:
        """Fix what a measurement started now would do, or say what stands in the way."""
        state = self.state
        if state["mode"] != "SA":
            raise ScpiError(-241, "phase noise is not simulated, choose mode SA")
        if self.sweep_type() != "FFT":
            raise ScpiError(-221, "swept sweeps are not simulated, choose sweep type FFT")
        if state["detector"] not in ("SAMP", "AVER"):
            raise ScpiError(-221, "choose detector SAMPle or AVERage for FFT sweeps")
        if not state["video_auto"] and state["video_bandwidth"] < state["bandwidth"]:
            raise ScpiError(-221, "choose a video bandwidth above the resolution bandwidth")
        gaussian = state["shape"] == "GAUS"
        nominal = trace.GAUSSIAN_BANDWIDTHS[state["bandwidth_type"]] if gaussian else 1.0
        three_db = state["bandwidth"] / nominal
        return Sweep(
            frequencies_hz=np.linspace(self.start_hz, self.stop_hz, state["points"]),
            resolution_bandwidth_hz=three_db,
            noise_bandwidth_hz=three_db * trace.NOISE_BANDWIDTHS[state["shape"]],
            window="gaussian" if gaussian else "flattop",
            count=1 if state["trace_type"] == "WRIT" else state["count"],
            kind=state["trace_type"],
            scale=state["average_type"],
        )

    @command(":INITiate[:IMMediate]")
    def initiate(self) -> None:
        """Start a measurement in the background."""
        if self.busy or self.state["continuous"]:
            raise ScpiError(-213)
        self.measure()

    @command(":INITiate:RESTart")
    def restart(self) -> None:
        """Throw away the measurement under way and start it again."""
        self.abort()
        self.measure()

    @command(":ABORt")
    def _abort(self) -> None:
        self.abort()

    @command(":READ:SAN<n>?")
    def read(self, number: int) -> Reply:
        """Measure, then tell the trace."""
        self.only_first(number)
        self.restart()
        self.wait_until_idle()
        return self.fetch(number)

    @command(":FETCh:SAN<n>?")
    def fetch(self, number: int) -> Reply:
        """Tell the trace of the latest measurement: frequency, power, frequency, power, ..."""
        self.only_first(number)
        frequencies_hz, power_w = self.latest()
        pairs = np.column_stack([frequencies_hz, trace.in_unit(power_w, self.state["unit"])])
        return trace.block(
            pairs.ravel(),
            self.state["form"],
            self.state["bits"],
            self.state["byte_order"] == "SWAP",
        )

    @command(":READ:LPLot<n>?")
    @command("[:SENSe]:FREQuency:TUNE[:IMMediate]")
    @command("[:SENSe]:FREQuency:CARRier:SEARch")
    def _missing(self, number: int = 1) -> None:
        raise ScpiError(-241, "not simulated")

    # System

    @command("*OPT?")
    def _options(self) -> str:
        return '"526,PFR,B25"'

    @command(":INSTrument:CATalog?")
    def _modes(self) -> str:
        return '"SA 1, PNOISE 14"'

    @command(":CONFigure:CATalog?")
    def _measurements(self) -> str:
        return f'"{self._measurement()}"'

    @command(":CONFigure?")
    def _measurement(self) -> str:
        return "SAN" if self.state["mode"] == "SA" else "LPL"

    @command(":CONFigure:SANalyzer")
    def _configure_san(self) -> None:
        self._configure("SA")

    @command(":CONFigure:LPLot")
    def _configure_lpl(self) -> None:
        self._configure("PNOISE")

    def _configure(self, mode: str) -> None:
        if self.state["mode"] != mode:
            raise ScpiError(-221, f"choose mode {mode} first")
        self.abort()

    @command(
        ":FORMat[:TRACe][:DATA]",
        Choice(("REAL", "ASCii")),
        Number(8, 64, integer=True, optional=True),
    )
    def set_format(self, form: str, bits: int | None = None) -> None:
        """Choose how traces are told."""
        if form == "REAL" and bits not in (None, 32, 64):
            raise ScpiError(-224, "REAL has 32 or 64 bits")
        self.state |= {"form": form, "bits": bits or 64}

    @command(":FORMat[:TRACe][:DATA]?")
    def _format(self) -> str:
        return "ASC,8" if self.state["form"] == "ASC" else f"REAL,{self.state['bits']}"

    @command(":STATus:OPERation:CONDition?")
    def _operation_condition(self) -> str:
        return "8" if self.busy else "0"

    @command(":SYSTem:PRESet")
    def _preset(self) -> None:
        self.abort()
        self.reset()
