"""Settings of the virtual N9030B: frequency axis, bandwidths, detector, averaging."""

from phonosync.instruments.virtual.scpi.instrument import Setting, command
from phonosync.instruments.virtual.scpi.syntax import Boolean, Choice, Number, ScpiError
from phonosync.instruments.virtual.spectrum_analyzers.n9030b_trace import nearest_bandwidth
from phonosync.instruments.virtual.spectrum_analyzers.sweep import SpectrumSweeps

_OFFSET = Number(1, 27e9, "HZ")
_AVERAGE_ALIASES = (("POWer", "RMS"), ("VIDeo", "LOG"), ("VOLTage", "SCAL"), ("LPOWer", "LOG"))
_DETECTOR = Choice(("NORMal", "AVERage", "POSitive", "SAMPle", "NEGative"))


class AnalyzerSettings(SpectrumSweeps):
    """What the analyzer keeps and tells; a change throws the trace away."""

    lowest_hz, highest_hz, minimum_span_hz = -80e6, 27e9, 10.0
    harmless = frozenset({"continuous", "byte_order", "unit"})
    settings = (
        Setting(":INSTrument[:SELect]", "mode", Choice(("SA", "PNOISE")), "SA"),
        Setting(":INITiate:CONTinuous", "continuous", Boolean(), True),
        Setting(":FORMat:BORDer", "byte_order", Choice(("NORMal", "SWAPped")), "NORM"),
        Setting(":UNIT:POWer", "unit", Choice(("DBM", "W", "V")), "DBM"),
        Setting("[:SENSe]:SWEep:POINts", "points", Number(1, 20001, integer=True), 1001),
        Setting("[:SENSe]:SWEep:TYPE:AUTO", "sweep_type_auto", Boolean(), True),
        Setting("[:SENSe]:SWEep:TIME:AUTO", "sweep_time_auto", Boolean(), True),
        Setting(
            "[:SENSe]:POWer[:RF]:ATTenuation", "attenuation", Number(0, 70, "DB", integer=True), 10
        ),
        Setting("[:SENSe]:POWer[:RF]:GAIN:BAND", "preamp_band", Choice(("LOW", "FULL")), "LOW"),
        Setting("[:SENSe]:POWer[:RF]:GAIN[:STATe]", "preamp", Boolean(), False),
        Setting("[:SENSe]:BANDwidth|BWIDth:VIDeo:AUTO", "video_auto", Boolean(), True),
        Setting(
            "[:SENSe]:BANDwidth|BWIDth:TYPE",
            "bandwidth_type",
            Choice(("DB3", "DB6", "IMPulse", "NOISe")),
            "DB3",
        ),
        Setting(
            "[:SENSe]:BANDwidth|BWIDth:SHAPe", "shape", Choice(("GAUSsian", "FLATtop")), "GAUS"
        ),
        Setting(
            "[:SENSe]:DETector[:FUNCtion]",
            "detector",
            _DETECTOR,
            "SAMP",
        ),
        Setting(
            "[:SENSe]:AVERage:TYPE",
            "average_type",
            Choice(("LOG", "RMS", "SCALar"), _AVERAGE_ALIASES),
            "LOG",
        ),
        Setting("[:SENSe]:AVERage:COUNt", "count", Number(1, 10000, integer=True), 100),
        Setting("[:SENSe]:LPLot:SWEep:POINts", "pn_points", Number(601, 20001, integer=True), 601),
        Setting("[:SENSe]:LPLot:FREQuency:OFFSet:STARt", "pn_start", _OFFSET, 100.0),
        Setting("[:SENSe]:LPLot:FREQuency:OFFSet:STOP", "pn_stop", _OFFSET, 1e6),
        Setting("[:SENSe]:FREQuency:CARRier:TRACk", "pn_track", Boolean(), False),
    )

    def reset(self) -> None:
        """Preset: 10 MHz span around 5 MHz, 100 kHz bandwidth, one sweep."""
        super().reset()
        self.start_hz, self.stop_hz = 0.0, 10e6
        self.state |= {"form": "REAL", "bits": 64, "sweep_type": "FFT", "trace_type": "WRIT"}
        self.state |= {"bandwidth": 1e5, "video_bandwidth": 1e5, "sweep_time": 0.0}
        self.forget_trace()

    # Bandwidths, sweep, trace

    @command("[:SENSe]:BANDwidth|BWIDth[:RESolution]", Number(1, 8e6, "HZ"))
    def set_bandwidth(self, wanted: float) -> None:
        """Choose the nearest resolution bandwidth; an automatic video bandwidth follows."""
        self.change("bandwidth", nearest_bandwidth(wanted))

    @command("[:SENSe]:BANDwidth|BWIDth[:RESolution]?")
    def _bandwidth(self) -> str:
        return self.number(self.state["bandwidth"])

    @command("[:SENSe]:BANDwidth|BWIDth:VIDeo", Number(1, 50e6, "HZ"))
    def set_video_bandwidth(self, wanted: float) -> None:
        """Fix the video bandwidth."""
        self.change("video_auto", False)
        self.change("video_bandwidth", wanted)

    @command("[:SENSe]:BANDwidth|BWIDth:VIDeo?")
    def _video_bandwidth(self) -> str:
        name = "bandwidth" if self.state["video_auto"] else "video_bandwidth"
        return self.number(self.state[name])

    @command("[:SENSe]:SWEep:TYPE", Choice(("FFT", "SWEep")))
    def set_sweep_type(self, kind: str) -> None:
        """Fix the sweep type."""
        self.change("sweep_type_auto", False)
        self.change("sweep_type", kind)

    @command("[:SENSe]:SWEep:TYPE?")
    def sweep_type(self) -> str:
        """Tell the sweep type; the automatic choice is always FFT."""
        return "FFT" if self.state["sweep_type_auto"] else self.state["sweep_type"]

    @command("[:SENSe]:SWEep:TIME", Number(1e-6, 6000, "S"))
    def set_sweep_time(self, seconds: float) -> None:
        """Fix the sweep time; an FFT sweep takes what it takes."""
        self.change("sweep_time_auto", False)
        self.change("sweep_time", seconds)

    @command("[:SENSe]:SWEep:TIME?")
    def _sweep_time(self) -> str:
        automatic = 2.0 / self.state["bandwidth"]
        return self.number(automatic if self.state["sweep_time_auto"] else self.state["sweep_time"])

    @command("[:SENSe]:DETector:TRACe<n>", _DETECTOR)
    def set_trace_detector(self, number: int, detector: str) -> None:
        """Choose the detector of trace 1."""
        self.only_first(number)
        self.change("detector", detector)

    @command("[:SENSe]:DETector:TRACe<n>?")
    def _trace_detector(self, number: int) -> str:
        self.only_first(number)
        return self.state["detector"]

    @command(":TRACe<n>:TYPE", Choice(("WRITe", "AVERage", "MAXHold", "MINHold")))
    def set_trace_type(self, number: int, kind: str) -> None:
        """Choose what repeated sweeps do to trace 1."""
        self.only_first(number)
        self.change("trace_type", kind)

    @command(":TRACe<n>:TYPE?")
    def _trace_type(self, number: int) -> str:
        self.only_first(number)
        return self.state["trace_type"]

    @command("[:SENSe]:AVERage[:STATe]", Boolean())
    def set_average(self, on: bool) -> None:
        """Switch trace averaging, the older way to choose the trace type."""
        self.change("trace_type", "AVER" if on else "WRIT")

    @command("[:SENSe]:AVERage[:STATe]?")
    def _average(self) -> str:
        return str(int(self.state["trace_type"] == "AVER"))

    @staticmethod
    def only_first(number: int) -> None:
        """Refuse traces other than 1."""
        if number != 1:
            raise ScpiError(-114, "only trace 1 is simulated")
