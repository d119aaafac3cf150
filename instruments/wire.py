"""Talk to a driver so that a broken connection says which instrument, where, and doing what."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from phonosync.instruments.errors import InstrumentError
from phonosync.theory.errors import InputError, PhonosyncError

if TYPE_CHECKING:
    from qcodes.instrument import VisaInstrument
    from qcodes.parameters import ParameterBase


class Wire:
    """One connection, named by the role it serves.

    Args:
        role: what the instrument is used as.
        instrument: its driver.
    """

    def __init__(self, role: str, instrument: "VisaInstrument"):
        self.role = role
        self.instrument = instrument
        self._address = instrument.address

    @contextmanager
    def doing(self, command: str) -> Iterator[None]:
        """Name the command under way in whatever goes wrong.

        Raises:
            InstrumentError: the connection is lost or the instrument is silent.
        """
        import pyvisa

        try:
            yield
        except (pyvisa.errors.Error, OSError) as error:
            # QCoDeS appends to the arguments of what passes through it; an OSError's first is its
            # number.
            said = error.strerror if isinstance(error, OSError) else next(iter(error.args), "")
            reason = said or type(error).__name__
            raise InstrumentError(
                f"{self.role} at {self._address} does not answer to {command}: "
                f"{reason}. Check its power, its cable and its address in the station file, "
                "then run again."
            ) from error

    def set(self, parameter: "ParameterBase", value: Any) -> None:
        """Set a parameter.

        Raises:
            InputError: the value is outside the parameter's range.
        """
        with self.doing(f"{parameter.full_name} = {value}"):
            try:
                parameter.set(value)
            except PhonosyncError:
                raise
            except (ValueError, TypeError, KeyError) as error:
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
                return parameter.get()
            except PhonosyncError:
                raise
            except (ValueError, TypeError, KeyError) as error:
                raise InstrumentError(
                    f"{self.role} gave no sensible {parameter.full_name}: {error.args[0]}. "
                    "Replies may be out of step: close the connection and open it again."
                ) from error

    def write(self, command: str) -> None:
        """Send a command."""
        with self.doing(command):
            self.instrument.write(command)

    def ask(self, query: str) -> str:
        """Send a query and read the reply."""
        with self.doing(query):
            return self.instrument.ask(query)
