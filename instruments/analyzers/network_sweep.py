"""Sweeps of a network analyzer: what a PNA and a ZNB have in common.

Adapters measure in channel 1 with four traces of their own, S11 to S22, so that all S-parameters
come from the same sweeps. The source is on during these sweeps only: no other measurement sees
its stimulus.

Network analyzers count phases with exp(+iωt), theory with exp(-iωt): the S-parameters given here
are theory's, the complex conjugate of what the instruments say.
"""

import contextlib
import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from phonosync.instruments.dialogue.connection import lose_step
from phonosync.instruments.dialogue.waiting import wait_until
from phonosync.instruments.dialogue.wire import NO_NUMBER, Wire
from phonosync.instruments.errors import InstrumentError, NonsenseError, error_number, refused
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray
    from qcodes.instrument import VisaInstrument

_COMPLETE = 1  # bit of the event register that *OPC sets
_PATIENCE = 2.0


class NetworkAnalyzerAdapter:
    """Sweeps averaged as complex numbers; what PNA and ZNB have in common.

    Args:
        instrument: the driver.
        role: name in error messages.
        overtime_s: how much longer than twice the announced sweep time to wait for a sweep, s.
    """

    hardware: ClassVar[dict[int, str]] = {
        2: "a reference or a phase-locked loop has lost its lock",
        4: "the source is not levelled",
    }
    """Bits of STATus:QUEStionable:INTegrity:HARDware that spoil a sweep."""
    form = "FORMat:DATA REAL,64;:FORMat:BORDer SWAPped"
    form_of_driver = "FORMat:DATA ASCii"
    output = "OUTPut1 {:d}"

    def __init__(
        self,
        instrument: "VisaInstrument",
        *,
        role: str = "network_analyzer",
        overtime_s: float = 60.0,
    ):
        self.instrument = instrument
        self.overtime_s = overtime_s
        self._wire = Wire(role, instrument)

    def s_parameters(
        self,
        start_hz: float,
        stop_hz: float,
        *,
        points: int,
        if_bandwidth_hz: float,
        power_w: float,
        averages: int = 1,
    ) -> "xarray.DataArray":
        """Measure all four S-parameters of ports 1 and 2; see `roles.NetworkAnalyzer`.

        Raises:
            InputError: a setting makes no sense, whatever the analyzer.
            InstrumentError: the analyzer refuses, is overloaded, does not finish, does not answer,
                or gives a broken trace.
        """
        if not 0 < start_hz < stop_hz or points < 2 or averages < 1:
            raise InputError(
                f"a sweep from {start_hz:g} Hz to {stop_hz:g} Hz with {points} points and "
                f"{averages} averages is none; start must lie below stop, with two points or more "
                "and at least one average."
            )
        if not power_w > 0:
            raise InputError(f"the stimulus of {power_w!r} W is no power; choose one above 0 W.")
        try:
            self._configure(start_hz, stop_hz, points, if_bandwidth_hz, power_w, averages)
            self._check_errors("the settings of a sweep")
            self._sweep(averages)
            frequencies_hz, s = self._fetch(points)
            self._wire.write(self.output.format(0))
            self._check_errors("the traces of a sweep")
        except BaseException:
            self._stop()
            raise
        self._check_trace(frequencies_hz, s)
        return self._labelled(frequencies_hz, s, averages)

    # What differs between the makes

    def _configure(
        self,
        start_hz: float,
        stop_hz: float,
        points: int,
        if_bandwidth_hz: float,
        power_w: float,
        averages: int,
    ) -> None:
        for command in (
            "*CLS",
            *self._hold(),
            *self._traces(),
            "SENSe1:SWEep:TYPE LINear",
            f"SENSe1:SWEep:POINts {points:d}",
            f"SENSe1:FREQuency:STARt {float(start_hz)}",
            f"SENSe1:FREQuency:STOP {float(stop_hz)}",
            f"SENSe1:BANDwidth {float(if_bandwidth_hz)}",
            "SENSe1:SWEep:TIME:AUTO ON",
            f"SENSe1:AVERage:COUNt {averages:d}",
            f"SENSe1:AVERage:STATe {averages > 1:d}",
            f"SOURce1:POWer {10 * math.log10(power_w / 1e-3):.2f}",
        ):
            self._wire.write(command)

    def _hold(self) -> list[str]:
        """Commands that let the analyzer wait, ready for sweeps of its own make."""
        raise NotImplementedError

    def _traces(self) -> list[str]:
        """Commands that make those of the four traces that are missing in channel 1."""
        raise NotImplementedError

    def _start(self, averages: int) -> str:
        """Command that starts all sweeps of one average."""
        raise NotImplementedError

    def _rest(self) -> str:
        """Command that ends a sweep under way."""
        raise NotImplementedError

    def _fetch(self, points: int) -> tuple[np.ndarray, np.ndarray]:
        """Read frequencies, shape (points,), Hz, and exp(+iωt) S-parameters, (2, 2, points)."""
        raise NotImplementedError

    # What they have in common

    def _sweep(self, averages: int) -> None:
        """Start the sweeps and wait until they are complete."""
        once_s = self._wire.number("SENSe1:SWEep:TIME?")  # in one direction
        longest_s = self.overtime_s + _PATIENCE * 2 * averages * once_s
        self._wire.write(self.output.format(1))
        self._wire.write(f"{self._start(averages)};*OPC")
        self._check_errors(self._start(averages))  # a refused start would never be complete
        wait_until(
            lambda: int(self._wire.number("*ESR?")) & _COMPLETE,
            longest_s,
            f"{self._wire.role} did not finish its sweeps within {longest_s:g} s although each was "
            f"to take {2 * once_s:g} s. Look at its trigger, ask for fewer averages or points, or "
            "raise overtime_s.",
        )
        self._check_errors(self._start(averages))
        failures = int(self._wire.number("STATus:QUEStionable:INTegrity:HARDware?"))
        named = [text for bit, text in self.hardware.items() if failures & bit]
        if named:
            raise InstrumentError(
                f"{self._wire.role} calls its sweep questionable: {', '.join(named)}. Lower the "
                "power, attenuate or check the reference, as may be, and measure again."
            )

    def _stop(self) -> None:
        """Leave the analyzer silent after a failure; what is said about that failure says more."""
        lose_step(self.instrument)  # an interrupted question may have left its answer behind
        with contextlib.suppress(InstrumentError):
            for command in (self._rest(), self.output.format(0), self.form_of_driver):
                self._wire.write(command)
            self._wire.ask("*OPC?")

    def _numbers(self, points: int, axis: str, *traces: str) -> tuple[np.ndarray, np.ndarray]:
        """Read blocks of numbers, and leave the format as QCoDeS' driver wants it.

        Args:
            points: of the sweep.
            axis: query of the frequencies.
            traces: queries of S11, S12, S21 and S22, real and imaginary parts in turn.
        """
        self._wire.write(self.form)
        frequencies_hz = self._block(axis, points)
        s = np.array([self._block(query, 2 * points) for query in traces])
        self._wire.write(self.form_of_driver)
        return frequencies_hz, s.view(complex).reshape(2, 2, points)

    def _block(self, query: str, count: int) -> np.ndarray:
        with self._wire.doing(query):
            try:
                block = self.instrument.visa_handle.query_binary_values(
                    query, datatype="d", is_big_endian=False, container=np.ndarray
                )
            except ValueError as error:
                raise NonsenseError(
                    f"{self._wire.role} answered {query} by no block of numbers ({error}). "
                    "Look at its error queue and measure again."
                ) from error
            if len(block) != count:
                raise NonsenseError(
                    f"{self._wire.role} answered {query} by {len(block)} numbers, where {count} "
                    "were expected. Look at its screen and measure again."
                )
        return np.asarray(block)

    def _check_trace(self, frequencies_hz: np.ndarray, s: np.ndarray) -> None:
        broken = ~np.isfinite(s) | (np.abs(s) > 0.1 * NO_NUMBER)
        if broken.any() or not (np.diff(frequencies_hz) > 0).all():
            raise InstrumentError(
                f"{self._wire.role} gave (to CALCulate1:DATA?) {np.count_nonzero(broken)} values "
                "that are no numbers, or frequencies that do not rise. Look at its screen and "
                "measure again."
            )

    def _check_errors(self, command: str) -> None:
        with self._wire.doing("SYSTem:ERRor?"):
            entry = self.instrument.ask("SYSTem:ERRor?").strip()
            number = error_number(entry)
        if number:
            raise refused(self._wire.role, command, entry)

    def _labelled(
        self, frequencies_hz: np.ndarray, s: np.ndarray, averages: int
    ) -> "xarray.DataArray":
        import xarray

        level_dbm = self._wire.number("SOURce1:POWer?")
        return xarray.DataArray(
            s.conj(),
            dims=("output_port", "input_port", "frequency"),
            coords={
                "output_port": [1, 2],
                "input_port": [1, 2],
                "frequency": ("frequency", frequencies_hz, {"units": "Hz"}),
            },
            name="s_parameters",
            attrs={
                "units": "1",
                "time_convention": "exp(-i omega t)",
                "averages": averages,
                "if_bandwidth_hz": self._wire.number("SENSe1:BANDwidth?"),
                "power_w": 1e-3 * 10 ** (level_dbm / 10),
            },
        )
