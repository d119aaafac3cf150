"""A Rohde & Schwarz FSW as `roles.SpectrumAnalyzer`."""

from typing import TYPE_CHECKING

import numpy as np

from phonosync.instruments.analyzers.spectrum import SpectrumAdapter

if TYPE_CHECKING:
    from phonosync.instruments.drivers.rohde_schwarz_fsw import RohdeSchwarzFSW


class FSWAdapter(SpectrumAdapter):
    """FFT sweeps of an FSW, averaged in power, as power spectral densities."""

    trace_query = ":TRACe1:DATA? TRACE1"

    def __init__(
        self,
        instrument: "RohdeSchwarzFSW",
        *,
        role: str = "spectrum_analyzer",
        sweep_timeout_s: float = 600.0,
    ):
        super().__init__(instrument, role=role, sweep_timeout_s=sweep_timeout_s)
        self.instrument = instrument

    def _configure(
        self, start_hz: float, stop_hz: float, *, points: int, rbw_hz: float, averages: int
    ) -> None:
        analyzer = self.instrument
        for parameter, value in (
            (analyzer.mode, "SAN"),
            (analyzer.continuous, False),
            (analyzer.unit, "DBM"),
            (analyzer.start, start_hz),
            (analyzer.stop, stop_hz),
            (analyzer.points, points),
            (analyzer.sweep_type, "FFT"),
            (analyzer.filter_type, "NORM"),
            (analyzer.res_bw, rbw_hz),
            # Wide: no smoothing after the detector.
            (analyzer.video_bw, min(10.0 * rbw_hz, 10e6)),
            (analyzer.detector, "SAMP"),
            (analyzer.average_type, "POW"),
            (analyzer.trace_mode, "AVER"),
            (analyzer.sweep_count, averages),
        ):
            self._wire.set(parameter, value)

    def _settings(self) -> tuple[float, np.ndarray, int]:
        analyzer, get = self.instrument, self._wire.get
        return get(analyzer.res_bw), get(analyzer.frequencies), get(analyzer.sweep_count)

    def _read_trace(self) -> np.ndarray:
        return self._wire.get(self.instrument.trace)
