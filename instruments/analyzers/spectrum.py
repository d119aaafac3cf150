"""Spectrum analyzers as `roles.SpectrumAnalyzer`: what all share, and the Keysight N9030B."""

import contextlib
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from phonosync.instruments.dialogue.waiting import wait_until
from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError

if TYPE_CHECKING:
    import xarray
    from qcodes.instrument import VisaInstrument
    from qcodes.instrument_drivers.Keysight import KeysightN9030B

# Noise bandwidth over 3 dB bandwidth of a Gaussian filter: sqrt(pi / (4 ln 2)) = 1.0645.
GAUSSIAN_NOISE_BANDWIDTH = math.sqrt(math.pi / (4.0 * math.log(2.0)))
_COMPLETE = 1
_IMPOSSIBLE_DBM = 300.0  # no power is so small or so large


class SpectrumAdapter(ABC):
    """FFT sweeps with a Gaussian filter, averaged in power, as power spectral densities.

    Args:
        instrument: the driver.
        role: name in error messages.
        sweep_timeout_s: longest wait for all averages of one spectrum, s.
    """

    trace_query = ":TRACe?"  # named when the analyzer gives no sensible trace

    def __init__(
        self,
        instrument: "VisaInstrument",
        *,
        role: str = "spectrum_analyzer",
        sweep_timeout_s: float = 600.0,
    ):
        self.sweep_timeout_s = sweep_timeout_s
        self._wire = Wire(role, instrument)

    @abstractmethod
    def _configure(
        self, start_hz: float, stop_hz: float, *, points: int, rbw_hz: float, averages: int
    ) -> None:
        """Set everything that the spectrum depends on, however the analyzer was left."""

    @abstractmethod
    def _settings(self) -> tuple[float, np.ndarray, int]:
        """Read back 3 dB bandwidth in Hz, frequencies in Hz, and number of averages."""

    @abstractmethod
    def _read_trace(self) -> np.ndarray:
        """Read the trace, dBm, shape (points,)."""

    def psd(
        self, start_hz: float, stop_hz: float, *, points: int, rbw_hz: float, averages: int
    ) -> "xarray.DataArray":
        """Measure an averaged power spectral density; see `roles.SpectrumAnalyzer`.

        Raises:
            InputError: a setting is outside the analyzer's range.
            InstrumentError: the analyzer refuses, does not answer, or gives a broken trace.
        """
        import xarray

        self._wire.write("*CLS")
        self._configure(start_hz, stop_hz, points=points, rbw_hz=rbw_hz, averages=averages)
        self._wire.check("the settings of a spectrum")
        resolution_hz, frequencies_hz, done = self._settings()
        noise_hz = GAUSSIAN_NOISE_BANDWIDTH * resolution_hz
        self._sweep()
        power_dbm = np.asarray(self._read_trace())
        self._wire.check(self.trace_query)
        broken = ~(np.abs(power_dbm) < _IMPOSSIBLE_DBM)
        if power_dbm.shape != (points,) or broken.any():
            raise InstrumentError(
                f"{self._wire.role} answered {self.trace_query} by a trace of shape "
                f"{power_dbm.shape} with {np.count_nonzero(broken)} values that are no numbers, "
                f"where {points} powers were expected. Look at its screen and measure again."
            )
        return xarray.DataArray(
            1e-3 * 10.0 ** (power_dbm / 10.0) / noise_hz,
            dims="frequency",
            coords={"frequency": ("frequency", frequencies_hz, {"units": "Hz"})},
            name="psd",
            attrs={
                "units": "W/Hz",
                "averages": done,
                "resolution_bandwidth_hz": resolution_hz,
                "noise_bandwidth_hz": noise_hz,
                "window": "gaussian",
                "detector": "sample",
                "averaging": "rms",
            },
        )

    def _sweep(self) -> None:
        """Start the averages and wait until they are complete; abort when interrupted."""
        self._wire.write(":INITiate:IMMediate;*OPC")
        try:
            self._wire.check(":INITiate:IMMediate")  # a refused one would never be complete
            wait_until(
                lambda: int(self._wire.number("*ESR?")) & _COMPLETE,
                self.sweep_timeout_s,
                f"{self._wire.role} did not finish its averages within {self.sweep_timeout_s:g} s. "
                "Ask for fewer averages or a wider resolution bandwidth, or raise sweep_timeout_s.",
            )
        except BaseException:
            self._abort_quietly()
            raise
        self._wire.check(":INITiate:IMMediate")

    def _abort_quietly(self) -> None:
        with contextlib.suppress(InstrumentError):  # the first error says more
            self._wire.write(":ABORt")


class AnalyzerAdapter(SpectrumAdapter):
    """A Keysight N9030B, driven by QCoDeS' own driver."""

    trace_query = ":FETCh:SAN1?"

    def __init__(
        self,
        instrument: "KeysightN9030B",
        *,
        role: str = "spectrum_analyzer",
        sweep_timeout_s: float = 600.0,
    ):
        super().__init__(instrument, role=role, sweep_timeout_s=sweep_timeout_s)
        self.instrument = instrument

    def _configure(
        self, start_hz: float, stop_hz: float, *, points: int, rbw_hz: float, averages: int
    ) -> None:
        analyzer, sa, wire = self.instrument, self.instrument.sa, self._wire
        wire.set(analyzer.mode, "SA")
        wire.set(analyzer.measurement, "SAN")
        wire.set(analyzer.cont_meas, False)
        wire.set(analyzer.auto_sweep, False)
        wire.write(":UNIT:POWer DBM")
        wire.set(sa.start, start_hz)
        wire.set(sa.stop, stop_hz)
        wire.set(sa.npts, points)
        wire.set(sa.sweep_type, "fft")
        wire.set(sa.res_bw_type, "DB3")
        wire.write(":SENSe:BANDwidth:SHAPe GAUSsian")
        wire.set(sa.res_bw, rbw_hz)
        wire.set(sa.video_bw, min(10.0 * rbw_hz, 50e6))  # wide: no smoothing after the detector
        wire.set(sa.detector, "SAMP")
        wire.set(sa.average_type, "RMS")
        wire.write(":TRACe1:TYPE AVERage")
        wire.write(f":SENSe:AVERage:COUNt {averages}")

    def _settings(self) -> tuple[float, np.ndarray, int]:
        sa, get = self.instrument.sa, self._wire.get
        averages = int(self._wire.number(":SENSe:AVERage:COUNt?"))
        return get(sa.res_bw), get(sa.freq_axis), averages

    def _read_trace(self) -> np.ndarray:
        return self._wire.get(self.instrument.sa.trace)
