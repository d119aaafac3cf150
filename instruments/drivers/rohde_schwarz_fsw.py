"""QCoDeS driver of Rohde & Schwarz FSW (and FSV3000, FPL1000) spectrum analyzers.

Follows the R&S FSW user manual (1173.9411.02), chapter "Remote commands", Spectrum application:
one window, one trace, over raw Ethernet on port 5025. Traces are read as blocks of little-endian
32 bit numbers (FORMat REAL,32); that their bytes come least significant first is not written in
the manual, but what public drivers rely on.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from qcodes.parameters import ParameterWithSetpoints
from qcodes.validators import Arrays, Enum, Ints, Numbers, Validator

from phonosync.instruments.drivers.checked import CheckedInstrument

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrumentKWArgs
    from typing_extensions import Unpack

_BINARY = "REAL,32"


class RohdeSchwarzFSW(CheckedInstrument):
    """The analyzer; connecting changes the form in which traces are read, nothing else.

    Args:
        name: name of the instrument.
        address: VISA address, as `TCPIP0::192.168.1.104::5025::SOCKET`.
        highest_hz: end of the frequency range, Hz: 26.5e9 for an FSW26.
    """

    default_terminator = "\n"

    def __init__(
        self,
        name: str,
        address: str,
        highest_hz: float = 26.5e9,
        **kwargs: "Unpack[VisaInstrumentKWArgs]",
    ):
        super().__init__(name, address, **kwargs)
        frequency = Numbers(0, highest_hz)
        self.start = self._number("start", ":SENSe:FREQuency:STARt", frequency, "First frequency.")
        self.stop = self._number("stop", ":SENSe:FREQuency:STOP", frequency, "Last frequency.")
        self.center = self._number("center", ":SENSe:FREQuency:CENTer", frequency, "Centre.")
        self.span = self._number(
            "span", ":SENSe:FREQuency:SPAN", Numbers(10, highest_hz), "Width of the axis."
        )
        self.points = self._count(
            "points", ":SENSe:SWEep:POINts", Ints(101, 100_001), "Points of the trace."
        )
        self.res_bw = self._number(
            "res_bw",
            ":SENSe:BANDwidth:RESolution",
            Numbers(1, 10e6),
            "3 dB bandwidth of the filter; the analyzer takes the nearest of its 1-2-3-5 steps.",
        )
        self.video_bw = self._number(
            "video_bw",
            ":SENSe:BANDwidth:VIDeo",
            Numbers(1, 10e6),
            "Bandwidth behind the detector; setting it ends its coupling to res_bw.",
        )
        self.filter_type = self._choice(
            "filter_type",
            ":SENSe:BANDwidth:RESolution:TYPE",
            ("NORM", "CFIL", "RRC", "P5"),
            "Shape of the filter: NORM is Gaussian, and all that FFT sweeps know.",
        )
        self.sweep_type = self._choice(
            "sweep_type", ":SENSe:SWEep:TYPE", ("AUTO", "FFT", "SWE"), "How a sweep is taken."
        )
        self.sweep_count = self._count(
            "sweep_count",
            ":SENSe:SWEep:COUNt",
            Ints(0, 200_000),
            "Sweeps of one measurement, combined as trace_mode says.",
        )
        self.sweeps_done = self._reading(
            "sweeps_done",
            ":SENSe:SWEep:COUNt:CURRent?",
            "Sweeps of the latest measurement.",
            parser=int,
        )
        self.detector = self._choice(
            "detector",
            ":SENSe:DETector1:FUNCtion",
            ("APE", "NEG", "POS", "SAMP", "RMS", "AVER", "QPE"),
            "How samples become a trace point; setting it ends the automatic choice.",
        )
        self.trace_mode = self._choice(
            "trace_mode",
            ":DISPlay:WINDow1:TRACe1:MODE",
            ("WRIT", "AVER", "MAXH", "MINH"),
            "How sweeps are combined.",
        )
        self.average_type = self._choice(
            "average_type",
            ":SENSe:AVERage:TYPE",
            ("VID", "LIN", "POW"),
            "What is averaged: POW the power, LIN the displayed unit, VID its logarithm.",
        )
        self.unit = self._choice("unit", ":UNIT:POWer", ("DBM", "W", "V"), "Unit of the trace.")
        self.attenuation = self._setting(
            "attenuation",
            ":INPut:ATTenuation",
            Numbers(0, 79),
            "Attenuator at the input.",
            unit="dB",
            form="{:.0f}",
        )
        self.preamp = self._switch("preamp", ":INPut:GAIN:STATe", "Preamplifier (option B24).")
        self.continuous = self._switch(
            "continuous", ":INITiate:CONTinuous", "Whether a measurement follows another."
        )
        self.mode = self._choice(
            "mode", ":INSTrument:SELect", ("SAN", "IQ"), "Application: SAN is Spectrum."
        )
        self.frequencies = self.add_parameter(
            "frequencies",
            unit="Hz",
            get_cmd=lambda: np.linspace(self.start(), self.stop(), self.points()),
            set_cmd=False,
            vals=Arrays(shape=(self.points.get_latest,)),
            docstring="Frequencies of the trace, computed: REAL,32 is too coarse to tell them.",
        )
        self.trace = self.add_parameter(
            "trace",
            parameter_class=ParameterWithSetpoints,
            unit="dBm",
            setpoints=(self.frequencies,),
            get_cmd=self._get_trace,
            set_cmd=False,
            vals=Arrays(shape=(self.points.get_latest,)),
            snapshot_value=False,
            docstring="Levels of the latest measurement, in `unit`.",
        )
        self.write_checked(f":FORMat {_BINARY}")
        self.connect_message()

    def initiate(self) -> None:
        """Start a measurement; *OPC tells its end."""
        self.write(":INITiate:IMMediate;*OPC")

    def abort(self) -> None:
        """End the measurement under way."""
        self.write(":ABORt")

    def _get_trace(self) -> np.ndarray:
        # Somebody at the front panel, or *RST, may have changed the shape or gone back to text.
        self.points()
        self.write(f":FORMat {_BINARY}")
        levels = self.visa_handle.query_binary_values(
            ":TRACe1:DATA? TRACE1", datatype="f", is_big_endian=False, container=np.ndarray
        )
        return np.asarray(levels, dtype=float)

    def _number(self, name: str, header: str, vals: Validator, docstring: str) -> Any:
        return self._setting(name, header, vals, docstring, form="{:.9f}", unit="Hz")

    def _count(self, name: str, header: str, vals: Validator, docstring: str) -> Any:
        return self._setting(name, header, vals, docstring, parser=int)

    def _choice(self, name: str, header: str, words: tuple[str, ...], docstring: str) -> Any:
        return self._setting(name, header, Enum(*words), docstring, parser=str)
