"""The error buffer of the American Magnetics programmers, which words its errors in its own way.

Source: American Magnetics, Model 420 Power Supply Programmer manual, chapter 4.6 (error messages),
whose list the Model 430 took over. From memory: the execution errors -301 and -302.
"""

from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument
from phonosync.instruments.virtual.scpi.status import (
    COMMAND_ERROR,
    DEVICE_ERROR,
    EXECUTION_ERROR,
    QUERY_ERROR,
)
from phonosync.instruments.virtual.scpi.syntax import ScpiError

BUFFER = 10
TEXTS = {
    -101: "Unrecognized command",
    -102: "Invalid argument",
    -104: "Missing parameter",
    -105: "Out of range",
    -107: "No switch installed",
    -201: "Unrecognized query",
    -301: "Heater not ON",
    -302: "Quench condition",
    -304: "Error buffer overflow",
}
# what the base class says -> what the 430 says
OWN_NUMBERS = {-109: -104, -222: -105, -104: -102, -138: -102, -131: -102, -108: -102, -224: -102}
EVENTS = {1: COMMAND_ERROR, 2: QUERY_ERROR, 3: EXECUTION_ERROR, 4: DEVICE_ERROR}


class AmiError(ScpiError):
    """An entry of the 430's error buffer; its texts are all its own."""

    def __init__(self, number: int):
        super().__init__(number)
        self.text = TEXTS.get(number, "Device error")


class AmiErrors(ScpiInstrument):
    """An instrument with that buffer."""

    no_error = '0,"No errors"'

    def push(self, error: ScpiError) -> None:
        """Put an error into the buffer as the 430 words it."""
        number = OWN_NUMBERS.get(error.number, error.number)
        if error.number == -113:
            number = -201 if str(error).endswith("?") else -101
        elif number not in TEXTS:
            number = -101
        with self.lock:
            self.status.events |= EVENTS[-number // 100]
            errors = self.status.errors
            if len(errors) == BUFFER:
                errors.pop()
                number = -304
            errors.append((number, TEXTS[number]))
