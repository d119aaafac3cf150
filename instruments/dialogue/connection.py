"""Bring a dialogue back into step after a question whose answer never came, or came damaged.

The answer may still arrive, and the next question would take it for its own: a wrong number that
looks right. So the connection is opened anew, or the device cleared, before anything else is asked.
"""

from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from pyvisa.resources import MessageBasedResource
    from qcodes.instrument import InstrumentBase

_OUT_OF_STEP: "WeakSet[InstrumentBase]" = WeakSet()


def lose_step(instrument: "InstrumentBase") -> None:
    """Remember that questions and answers of an instrument may no longer belong together."""
    _OUT_OF_STEP.add(instrument)


def in_step(instrument: "InstrumentBase") -> bool:
    """Tell whether questions and answers of an instrument belong together."""
    return instrument not in _OUT_OF_STEP


def renew(instrument: "InstrumentBase", *, greeting_lines: int = 0) -> None:
    """Bring the dialogue back into step; nothing changes in the instrument.

    Args:
        instrument: a driver with a VISA handle.
        greeting_lines: what the instrument says to whoever connects.

    Raises:
        OSError, pyvisa.errors.Error: the instrument cannot be reached.
    """
    from pyvisa.resources import TCPIPSocket

    handle = getattr(instrument, "visa_handle", None)
    if isinstance(handle, TCPIPSocket):  # a raw socket has no device clear
        terminations = handle.read_termination, handle.write_termination
        handle.close()
        handle.open()
        handle.read_termination, handle.write_termination = terminations
        instrument.parameters["timeout"].set(instrument.parameters["timeout"].cache())
        greet(handle, greeting_lines)
    elif handle is not None:
        handle.clear()
    _OUT_OF_STEP.discard(instrument)


def greet(handle: "MessageBasedResource", lines: int) -> None:
    """Hear what the instrument says to whoever connects."""
    for _ in range(lines):
        handle.read()
