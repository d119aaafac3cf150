"""What an instrument can do wrong, said with its name, the command, and the next step."""

from phonosync.theory.errors import PhonosyncError

_NEXT_STEPS = {
    -113: "Check that driver, command set and firmware belong together.",
    -221: "Change the setting that stands in the way; the instrument's text names it.",
    -222: "Choose a value inside the range that the parameter states.",
    -230: "Start a new sweep before you fetch its trace.",
}


class InstrumentError(PhonosyncError):
    """An instrument refused a command, answered nonsense, or does not answer at all."""

    exit_code = 3

    def __str__(self) -> str:
        # QCoDeS appends "setting x to y" to the arguments of what passes through it.
        return str(self.args[0]) if self.args else ""


class NonsenseError(InstrumentError):
    """An answer makes no sense; question and answer may be out of step."""


class QuenchError(InstrumentError):
    """A coil turned from superconducting to normal; nothing ramps until that is acknowledged."""


def error_number(reply: str) -> int:
    """Read the number of a SCPI error queue entry.

    Args:
        reply: as `-222,"Data out of range"` or `+0,"No error"`.

    Raises:
        NonsenseError: the reply does not start with an integer.
    """
    try:
        return int(reply.split(",", 1)[0])
    except ValueError:
        raise NonsenseError(
            f"The error queue answered {reply!r}, which is no SCPI error entry. "
            "Replies may be out of step: close the connection and open it again."
        ) from None


def refused(instrument: str, command: str, reply: str) -> InstrumentError:
    """Build the error for a command that the instrument's error queue complains about.

    Args:
        instrument: name of the instrument.
        command: what was sent.
        reply: the entry of the error queue, in the instrument's own words.
    """
    step = _NEXT_STEPS.get(
        error_number(reply), "Look at the front panel, then send the command again."
    )
    return InstrumentError(f"{instrument} refused {command!r}: {reply}. {step}")
