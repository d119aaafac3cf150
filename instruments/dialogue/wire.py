"""Talk to a driver so that a broken connection says which instrument, where, and doing what."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from phonosync.instruments.dialogue.connection import in_step, lose_step, renew
from phonosync.instruments.errors import (
    InstrumentError,
    NonsenseError,
    error_number,
    refused,
)
from phonosync.instruments.introductions.table import introduction_of
from phonosync.theory.errors import InputError, PhonosyncError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrument
    from qcodes.parameters import ParameterBase


NO_NUMBER = 9.9e37  # SCPI-99, volume 1, 7.2.1: from here on numbers mean infinity or nothing
IMPOSSIBLE = 1e20  # nothing in a lab is so large, in SI units: a NO_NUMBER that was converted


class Wire:
    """One connection, named by the role it serves.

    Whatever leaves an answer behind (silence, nonsense, an interruption) has the connection renewed
    before the next question, so that no answer is taken for that of another question.

    Args:
        role: what the instrument is used as.
        instrument: its driver.
        greeting_lines: what it says to whoever connects; None for what its driver is known for.
    """

    def __init__(
        self, role: str, instrument: "VisaInstrument", *, greeting_lines: int | None = None
    ):
        self.role = role
        self.instrument = instrument
        self._address = instrument.address
        known = introduction_of(type(instrument)).greeting_lines
        self._greeting_lines = known if greeting_lines is None else greeting_lines

    @contextmanager
    def doing(self, command: str) -> Iterator[None]:
        """Name the command under way in whatever goes wrong.

        Raises:
            InstrumentError: the connection is lost, the instrument is silent or answers nonsense.
        """
        import pyvisa

        try:
            if not in_step(self.instrument):
                renew(self.instrument, greeting_lines=self._greeting_lines)
            yield
        except (pyvisa.errors.Error, OSError) as error:
            lose_step(self.instrument)
            # QCoDeS appends to the arguments of what passes through it; an OSError's first is its
            # number.
            said = error.strerror if isinstance(error, OSError) else next(iter(error.args), "")
            reason = said or type(error).__name__
            raise InstrumentError(
                f"{self.role} at {self._address} does not answer to {command}: "
                f"{reason}. Check its power, its cable and its address in the station file, "
                "then run again."
            ) from error
        except UnicodeDecodeError as error:
            lose_step(self.instrument)
            raise self._nonsense(command, error.object) from error
        except NonsenseError as error:
            lose_step(self.instrument)
            if self.role in str(error):
                raise
            raise NonsenseError(f"{self.role}, {command}: {error}") from error
        except PhonosyncError:
            raise
        except BaseException:
            lose_step(self.instrument)
            raise

    def _nonsense(self, command: str, answer: object) -> NonsenseError:
        return NonsenseError(
            f"{self.role} at {self._address} gave no sensible answer to {command}: {answer!r:.80}. "
            "Check cable and firmware, then run again."
        )

    def set(self, parameter: "ParameterBase", value: Any) -> None:
        """Set a parameter.

        Raises:
            InputError: the value is outside the parameter's range.
        """
        with self.doing(f"{parameter.full_name} = {value}"):
            try:
                parameter.set(value)
            except (PhonosyncError, UnicodeDecodeError):
                raise
            except (ValueError, TypeError, LookupError, ArithmeticError) as error:
                lose_step(self.instrument)  # it may be the reply that has no such value
                raise InputError(
                    f"{self.role} cannot set {parameter.full_name} to {value!r}: {error.args[0]}. "
                    "Choose a value that the parameter allows."
                ) from error

    def get(self, parameter: "ParameterBase") -> Any:
        """Read a parameter.

        Raises:
            InstrumentError: the reply makes no sense.
        """
        with self.doing(f"{parameter.full_name}?"):
            try:
                value = parameter.get()
            except (PhonosyncError, UnicodeDecodeError):
                raise
            except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
                raise self._nonsense(f"{parameter.full_name}?", error.args[0]) from error
            if isinstance(value, float) and not abs(value) < IMPOSSIBLE:
                raise self._nonsense(f"{parameter.full_name}?", value)
            return value

    def write(self, command: str) -> None:
        """Send a command."""
        with self.doing(command):
            self.instrument.write(command)

    def ask(self, query: str) -> str:
        """Send a query and read the reply."""
        with self.doing(query):
            return self.instrument.ask(query)

    def check(self, command: str) -> None:
        """Read the error queue after a command.

        Raises:
            InstrumentError: it holds an error.
        """
        with self.doing(":SYSTem:ERRor?"):
            entry = self.instrument.ask(":SYSTem:ERRor?").strip()
            number = error_number(entry)
        if number:
            raise refused(self.role, command, entry)

    def number(self, query: str) -> float:
        """Send a query and read a number.

        Raises:
            NonsenseError: the reply is none, or one that means infinity or nothing.
        """
        with self.doing(query):
            reply = self.instrument.ask(query)
            with suppress(ValueError):
                if abs(found := float(reply)) < NO_NUMBER:
                    return found
            raise self._nonsense(query, reply)
