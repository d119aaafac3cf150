"""Twins of the lock-in amplifiers SR860 and SR865A: settings, readings, and the capture buffer.

Source of the capture commands: SR865A operation manual, chapter 4, "Data Capture Commands". From
memory: how the highest capture rate follows from the time constant.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.lock_ins.sr86x import LockInSettings
from phonosync.instruments.virtual.scpi.instrument import Reply, command
from phonosync.instruments.virtual.scpi.syntax import Choice, Number, ScpiError, short_form

FASTEST_HZ = 1.25e6
_PER_TIME_CONSTANT = 25.0
_BYTES = 4  # of a sample of one quantity
_KB = 1024
_BUFFER_KB, _AT_ONCE_KB, _STEP_KB = 4096, 64, 2
_QUANTITIES = (1, 2, 2, 4)  # of X, XY, RT, XYRT


@dataclass(frozen=True)
class Indexed(Choice):
    """One word of several or its number, counted from 0; gives the number."""

    def parse(self, text: str) -> int:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Read word or number."""
        if text.isdigit():
            return int(Number(0, len(self.words) - 1, integer=True).parse(text))
        return [short_form(word) for word in self.words].index(super().parse(text))


@dataclass(frozen=True)
class Capture:
    """A buffer that is filling.

    Attributes:
        values: shape (samples, quantities), as they will be.
        rate_hz: samples a second.
        start_s: when it began, by the computer's clock.
    """

    values: np.ndarray
    rate_hz: float
    start_s: float


class LockIn(LockInSettings):
    """A lock-in amplifier with its capture buffer."""

    def reset(self) -> None:
        """Preset: 256 kB of X and Y at the highest rate."""
        super().reset()
        self._kb, self._config, self._divider = 256, 1, 0
        self._capture: Capture | None = None
        self._filled = 0
        self._flags = 0

    # What to capture

    @command(":CAPTURELEN", Number(1, _BUFFER_KB, integer=True))
    def _set_length(self, kilobytes: int) -> None:
        self._forget()
        self._kb = kilobytes + kilobytes % _STEP_KB

    @command(":CAPTURELEN?")
    def _length(self) -> str:
        return str(self._kb)

    @command(":CAPTURECFG", Indexed(("X", "XY", "RT", "XYRT")))
    def _set_config(self, config: int) -> None:
        self._forget()
        self._config = config

    @command(":CAPTURECFG?")
    def _tell_config(self) -> str:
        return str(self._config)

    @property
    def highest_rate_hz(self) -> float:
        """Capture rate that the low-pass allows, Hz."""
        wanted = _PER_TIME_CONSTANT / self.time_constant_s
        return FASTEST_HZ / 2 ** max(0, math.ceil(math.log2(FASTEST_HZ / wanted)))

    @command(":CAPTURERATEMAX?")
    def _tell_highest_rate(self) -> str:
        return self.number(self.highest_rate_hz)

    @command(":CAPTURERATE", Number(0, 20, integer=True))
    def _set_rate(self, divider: int) -> None:
        self._forget()
        self._divider = divider

    @command(":CAPTURERATE?")
    def _rate(self) -> str:
        return self.number(self.highest_rate_hz / 2**self._divider)

    def _forget(self) -> None:
        self.abort()
        self._capture, self._filled, self._flags = None, 0, 0

    # Capturing

    @command(
        ":CAPTURESTART",
        Indexed(("ONEshot", "CONTinuous")),
        Indexed(("IMMediate", "TRIGstart", "SAMPpertrig")),
    )
    def _start(self, continuous: int, trigger: int) -> None:
        if trigger:
            raise ScpiError(-221, "only captures that begin at once are simulated")
        self._forget()
        rate_hz = self.highest_rate_hz / 2**self._divider
        count = self._kb * _KB // (_BYTES * _QUANTITIES[self._config])
        config = self._config

        def work(should_stop: Callable[[], bool]) -> None:
            while not should_stop():
                values = _columns(self.record(rate_hz, count), config)
                capture = Capture(values, rate_hz, time.monotonic())
                with self.lock:
                    if should_stop():
                        return
                    self._capture = capture
                end = capture.start_s + count / rate_hz / self._speed_up
                while not should_stop() and (left := end - time.monotonic()) > 0:
                    time.sleep(min(0.02, left))
                with self.lock:
                    if not should_stop():
                        self._filled, self._flags = count, self._flags | 4
                if not continuous:
                    return

        self._flags = 2
        self.begin(work, lambda _: None)

    @command(":CAPTURESTOP")
    def _stop(self) -> None:
        self._filled = self._progress()
        self.abort()

    def _progress(self) -> int:
        """Count the samples in the buffer."""
        capture = self._capture
        if capture is None or self._filled or not self.busy:
            return self._filled
        passed_s = (time.monotonic() - capture.start_s) * self._speed_up
        return min(len(capture.values), int(passed_s * capture.rate_hz))

    @command(":CAPTURESTAT?")
    def _state(self) -> str:
        return str(self._flags | int(self.busy))

    @command(":CAPTUREBYTES?")
    def _tell_bytes(self) -> str:
        return str(self._progress() * _BYTES * _QUANTITIES[self._config])

    # Reading it

    @command(":CAPTUREPROG?")
    def _tell_kilobytes(self) -> str:
        self._must_rest()
        kilobytes = math.ceil(self._filled * _BYTES * _QUANTITIES[self._config] / _KB)
        return str(kilobytes + kilobytes % _STEP_KB)

    @command(":CAPTUREVAL?", Number(0, 1 << 20, integer=True))
    def _value(self, sample: int) -> str:
        self._must_rest()
        values = self._contents().reshape(-1, _QUANTITIES[self._config])
        return ",".join(self.number(float(value)) for value in values[sample % len(values)])

    @command(
        ":CAPTUREGET?",
        Number(0, _BUFFER_KB, integer=True),
        Number(1, _AT_ONCE_KB, integer=True),
    )
    def _get(self, offset_kb: int, size_kb: int) -> Reply:
        self._must_rest()
        each = _KB // _BYTES
        contents = np.roll(self._contents(), -offset_kb * each)
        data = np.resize(contents, size_kb * each).astype("<f4").tobytes()
        length = str(len(data))
        return f"#{len(length)}{length}".encode("ascii") + data

    def _must_rest(self) -> None:
        if self.busy:
            raise ScpiError(-221, "the capture is under way")

    def _contents(self) -> np.ndarray:
        """All numbers in the buffer, zero where nothing was captured."""
        contents = np.zeros(self._kb * _KB // _BYTES)
        if self._capture is not None:
            captured = self._capture.values[: self._filled].ravel()
            contents[: len(captured)] = captured
        return contents


def _columns(z: NDArray[np.complexfloating], config: int) -> np.ndarray:
    rectangular = np.column_stack([z.real, z.imag])
    polar = np.column_stack([np.abs(z), np.degrees(np.angle(z))])
    return (z.real[:, None], rectangular, polar, np.hstack([rectangular, polar]))[config]


class SR860(LockIn):
    """The model up to 500 kHz."""

    identity = "Stanford_Research_Systems,SR860,000111,V1.51"
    highest_hz = 500e3


class SR865A(LockIn):
    """The model up to 4 MHz."""

    identity = "Stanford_Research_Systems,SR865A,002725,V1.51"
    highest_hz = 4e6
