"""Sweeps of a virtual spectrum analyzer: from the bench's periodograms to one trace."""

import time
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi.delay import delay
from phonosync.instruments.virtual.scpi.syntax import ScpiError
from phonosync.instruments.virtual.spectrum_analyzers import n9030b_trace as trace
from phonosync.instruments.virtual.spectrum_analyzers.axis import FrequencyAxis

FFT_LENGTH = 2.0  # samples of one FFT sweep last this long, over the resolution bandwidth


@dataclass(frozen=True)
class Sweep:
    """What one measurement was started with.

    Attributes:
        window: "gaussian" or "flattop".
        count: how many sweeps are combined.
        kind: what they are combined to: WRIT, AVER, MAXH or MINH.
        scale: what is averaged: RMS, SCAL or LOG.
    """

    frequencies_hz: np.ndarray
    resolution_bandwidth_hz: float
    noise_bandwidth_hz: float
    window: str
    count: int
    kind: str
    scale: str


class SpectrumSweeps(FrequencyAxis):
    """An analyzer whose input is the bench's detector.

    Args:
        bench: gives the periodograms.
        speed_up: how many times faster than real it sweeps.
    """

    def __init__(self, bench: Bench, *, speed_up: float = 1.0):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self._result: tuple[np.ndarray, np.ndarray] | None = None
        self.reset()

    @abstractmethod
    def plan(self) -> Sweep:
        """Fix what a measurement started now would do, or say what stands in the way."""

    def forget_trace(self) -> None:
        """Throw away the latest trace."""
        self._result = None

    def measure(self) -> None:
        """Start a measurement in the background; the trace is there when it ends."""
        sweep = self.plan()

        def work(should_stop: Callable[[], bool]) -> np.ndarray | None:
            started = time.monotonic()
            densities = self._bench.periodograms(
                sweep.frequencies_hz,
                sweep.resolution_bandwidth_hz,
                sweep.count,
                sweep.window,
                should_stop,
            )
            real_s = sweep.count * FFT_LENGTH / sweep.resolution_bandwidth_hz
            left_s = real_s / self._speed_up - (time.monotonic() - started)
            delay(left_s, speed_up=1.0)(should_stop)
            if should_stop():
                return None
            return trace.average(densities * sweep.noise_bandwidth_hz, sweep.kind, sweep.scale)

        def finish(power_w: np.ndarray) -> None:
            self._result = (sweep.frequencies_hz, power_w)

        self._result = None
        self.begin(work, finish)

    def latest(self) -> tuple[np.ndarray, np.ndarray]:
        """Wait for the measurement under way; in continuous mode start one.

        Returns:
            Frequencies in Hz and power in W, each of shape (points,).

        Raises:
            ScpiError: nothing was measured with these settings.
        """
        if self._result is None and not self.busy and self.state["continuous"]:
            self.measure()
        self.wait_until_idle()
        if self._result is None:
            raise ScpiError(-230, "no sweep was taken with these settings")
        return self._result
