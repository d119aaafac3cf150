"""Stanford Research SR860 and SR865A, one a vibration, as `roles.Demodulator`."""

import contextlib
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.instruments.dialogue.waiting import wait_until
from phonosync.instruments.dialogue.wire import Wire
from phonosync.instruments.errors import InstrumentError, NonsenseError
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray
    from qcodes.instrument_drivers.stanford_research.SR86x import SR86x

_BYTES = 8  # of a sample of X and Y
_KB, _LONGEST_KB, _AT_ONCE_KB = 1024, 4096, 64
_SLOWEST = 20  # rates are the highest over 2 to the power 0 to 20
_REFUSED = 0b111100  # bits of *ESR? that say that something was not carried out
_UNLOCKED, _OVERLOADED = 8, 16  # bits of LIAS?


class LockIn:
    """One lock-in: the dialogue of a capture.

    Args:
        instrument: the driver.
        role: name in error messages.
    """

    def __init__(self, instrument: "SR86x", *, role: str):
        self.instrument = instrument
        self.wire = Wire(role, instrument)

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """See that all commands within were carried out; these instruments queue no errors."""
        self.wire.write("*CLS")
        yield
        if events := int(self.wire.number("*ESR?")) & _REFUSED:
            raise InstrumentError(
                f"{self.wire.role} did not carry out {what} (event bits {events}). Choose values "
                "that its front panel allows."
            )

    def samples(self, count: int) -> np.ndarray:
        """Read the buffer: X and Y in V, shape (2, count)."""
        size_kb = math.ceil(count * _BYTES / _KB)
        blocks = [
            self._block(offset, min(_AT_ONCE_KB, size_kb - offset))
            for offset in range(0, size_kb, _AT_ONCE_KB)
        ]
        return np.concatenate(blocks).reshape(-1, 2)[:count].T.astype(float)

    def _block(self, offset_kb: int, size_kb: int) -> np.ndarray:
        """Read one block; it ends without a line feed, so its length alone says where."""
        query, handle = f"CAPTUREGET? {offset_kb}, {size_kb}", self.instrument.visa_handle
        with self.wire.doing(query):
            self.instrument.write(query)
            length = str(size_kb * _KB)
            header = handle.read_bytes(2 + len(length))
            if header != f"#{len(length)}{length}".encode("ascii"):
                raise NonsenseError(
                    f"{self.wire.role} answered {query} by {header!r}, which begins no block of "
                    f"{length} bytes. Measure again."
                )
            return np.frombuffer(handle.read_bytes(size_kb * _KB), "<f4")


class DemodulatorAdapter:
    """Captures of X and Y by one or several lock-ins, started one right after the other.

    Every lock-in low-passes with one RC stage (6 dB/oct), whose transfer 1/(1 + iωτ) theory knows.
    Works over raw sockets, where QCoDeS' own captures may wait for a line feed that never comes.

    Args:
        instrument: one lock-in's driver, or a `drivers.lock_in_bank.LockInBank`.
        role: name in error messages.
        references_hz: where each lock-in demodulates, Hz; None for what they are set to.
        time_constant_s: of all lock-ins; None for what they are set to, which must agree.
        local_oscillator_hz: of a mixer that brings the vibrations down into the lock-ins' range.
        overtime_s: how much longer than twice its length to wait for a record, s.
    """

    def __init__(
        self,
        instrument: Any,
        *,
        role: str = "demodulator",
        references_hz: list[float] | None = None,
        time_constant_s: float | None = None,
        local_oscillator_hz: float = 0.0,
        overtime_s: float = 30.0,
    ):
        self.instrument = instrument
        self.overtime_s = overtime_s
        self._role = role
        drivers = getattr(instrument, "lock_ins", [instrument])
        self._lock_ins = [
            LockIn(driver, role=role if len(drivers) == 1 else f"{role} {number}")
            for number, driver in enumerate(drivers, 1)
        ]
        if references_hz is not None and len(references_hz) != len(drivers):
            raise InputError(
                f"{role} has {len(drivers)} lock-ins but {len(references_hz)} references_hz; give "
                "one each."
            )
        self._references_hz = references_hz
        self._time_constant_s = time_constant_s
        self._local_oscillator_hz = local_oscillator_hz

    def quadratures(
        self, duration_s: float, *, rate_hz: float, time_constant_s: float | None = None
    ) -> "xarray.DataArray":
        """Record X and Y of every channel; see `roles.Demodulator`.

        Raises:
            InputError: a record that is none, too long, or too fast for the time constant.
            InstrumentError: a lock-in refuses, is overloaded or unlocked, or does not answer.
        """
        if not (duration_s > 0 and rate_hz > 0):
            raise InputError(
                f"a record of {duration_s:g} s with {rate_hz:g} samples a second is none; both "
                "must be above 0."
            )
        time_constant_s = self._configure(time_constant_s or self._time_constant_s)
        divider, actual_hz = self._rate(rate_hz)
        count = math.ceil(duration_s * actual_hz * (1 - 1e-9))
        length_kb = math.ceil(count * _BYTES / _KB)
        length_kb += length_kb % 2
        if length_kb > _LONGEST_KB:
            longest_s = _LONGEST_KB * _KB / _BYTES / actual_hz
            raise InputError(
                f"{self._role} holds {longest_s:.4g} s at {actual_hz:g} samples a second, not "
                f"{duration_s:g} s. Ask for a shorter record or fewer samples a second."
            )
        for lock_in in self._lock_ins:
            with lock_in.doing("CAPTURERATE or CAPTURELEN"):
                lock_in.wire.write(f"CAPTURERATE {divider}")
                lock_in.wire.write(f"CAPTURELEN {length_kb}")
        try:
            skew_s = self._capture(count, actual_hz)
            x_and_y = np.stack([lock_in.samples(count) for lock_in in self._lock_ins])
        except BaseException:
            self._stop_quietly()
            raise
        if not np.isfinite(x_and_y).all():
            raise InstrumentError(
                f"{self._role} gave {np.count_nonzero(~np.isfinite(x_and_y))} samples that are no "
                "numbers. Measure again."
            )
        return self._labelled(x_and_y, actual_hz, time_constant_s, skew_s)

    def _configure(self, wanted_s: float | None) -> float:
        """Set what the record depends on; give the time constant, s."""
        constants_s = []
        for number, lock_in in enumerate(self._lock_ins):
            driver, wire = lock_in.instrument, lock_in.wire
            with lock_in.doing("its settings (CAPTURECFG, RSRC, OFSL, FREQ, OFLT, ...)"):
                wire.write("CAPTURESTOP")
                wire.write("CAPTURECFG XY")
                wire.set(driver.reference_source, "INT")
                wire.set(driver.filter_slope, 6)
                wire.set(driver.sync_filter, "OFF")
                wire.set(driver.adv_filter, "OFF")
                if self._references_hz is not None:
                    reference_hz = self._references_hz[number] - self._local_oscillator_hz
                    wire.set(driver.harmonic, 1)
                    wire.set(driver.frequency, reference_hz)
                if wanted_s is not None:
                    wire.set(driver.time_constant, wanted_s)
            constants_s.append(wire.get(driver.time_constant))
        if len(set(constants_s)) > 1:
            raise InputError(
                f"the lock-ins of {self._role} have different time constants "
                f"({', '.join(f'{value:g} s' for value in constants_s)}); give time_constant_s."
            )
        return constants_s[0]

    def _rate(self, rate_hz: float) -> tuple[int, float]:
        highest_hz = min(lock_in.wire.number("CAPTURERATEMAX?") for lock_in in self._lock_ins)
        if rate_hz > highest_hz * (1 + 1e-9):
            raise InputError(
                f"{self._role} takes {highest_hz:g} samples a second at most with this time "
                f"constant, not {rate_hz:g}. Ask for fewer, or choose a shorter time_constant_s."
            )
        divider = min(math.floor(math.log2(highest_hz / rate_hz) + 1e-9), _SLOWEST)
        return divider, highest_hz / 2**divider

    def _capture(self, count: int, rate_hz: float) -> float:
        """Fill the buffers; give how long after the first lock-in the last one was started, s."""
        for lock_in in self._lock_ins:
            lock_in.wire.write("*CLS")
        first = time.monotonic()
        for lock_in in self._lock_ins:
            lock_in.wire.write("CAPTURESTART ONE, IMM")
        skew_s = time.monotonic() - first
        timeout_s = 2.0 * count / rate_hz + self.overtime_s
        for lock_in in self._lock_ins:
            wait_until(
                lambda item=lock_in: self._enough(item, count),
                timeout_s,
                f"{lock_in.wire.role} did not fill its buffer within {timeout_s:g} s. Look at its "
                "front panel, or raise overtime_s.",
            )
        for lock_in in self._lock_ins:
            with lock_in.doing("CAPTURESTOP"):
                lock_in.wire.write("CAPTURESTOP")
        return skew_s if len(self._lock_ins) > 1 else 0.0

    def _enough(self, lock_in: LockIn, count: int) -> bool:
        """Tell whether a buffer holds enough; what spoiled it until then shows afterwards."""
        captured = lock_in.wire.number("CAPTUREBYTES?")
        refused = int(lock_in.wire.number("*ESR?")) & _REFUSED
        latched = int(lock_in.wire.number("LIAS?"))
        for spoiled, what in (
            (refused, "it did not start its capture (CAPTURESTART)"),
            (latched & _OVERLOADED, "its input is overloaded"),
            (latched & _UNLOCKED, "its reference is unlocked"),
        ):
            if spoiled:
                raise InstrumentError(
                    f"{lock_in.wire.role} gives no good record: {what}. Look at its front panel; "
                    "choose a larger input range or check the reference, as may be."
                )
        return captured >= count * _BYTES

    def _stop_quietly(self) -> None:
        for lock_in in self._lock_ins:
            with contextlib.suppress(InstrumentError):  # the first error says more
                lock_in.wire.write("CAPTURESTOP")

    def _labelled(
        self, x_and_y: np.ndarray, rate_hz: float, time_constant_s: float, skew_s: float
    ) -> "xarray.DataArray":
        import xarray

        references_hz = []
        for lock_in in self._lock_ins:
            get, driver = lock_in.wire.get, lock_in.instrument
            detected_hz = get(driver.frequency) * get(driver.harmonic)
            references_hz.append(self._local_oscillator_hz + detected_hz)
        times_s = np.arange(x_and_y.shape[-1]) / rate_hz
        return xarray.DataArray(
            x_and_y,
            dims=("channel", "quadrature", "time"),
            coords={
                "channel": np.arange(len(self._lock_ins)),
                "quadrature": ["X", "Y"],
                "time": ("time", times_s, {"units": "s"}),
                "reference": ("channel", references_hz, {"units": "Hz"}),
            },
            name="quadratures",
            attrs={
                "units": "V",
                "rate_hz": rate_hz,
                "time_constant_s": time_constant_s,
                "start_skew_s": skew_s,
            },
        )
