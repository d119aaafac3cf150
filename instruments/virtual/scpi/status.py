"""The status model of IEEE 488.2: event register, status byte and error queue.

Source: IEEE 488.2-1992, chapter 11; SCPI-99, volume 2, chapter 21.
"""

from collections import deque

from phonosync.instruments.virtual.scpi.syntax import STANDARD_TEXTS, ScpiError

OPERATION_COMPLETE, QUERY_ERROR, DEVICE_ERROR, EXECUTION_ERROR, COMMAND_ERROR = 1, 4, 8, 16, 32
QUEUE_DEPTH = 30


def event_bit(number: int) -> int:
    """Find the event register's bit for an error number.

    >>> event_bit(-113), event_bit(-222), event_bit(-300), event_bit(-410)
    (32, 16, 8, 4)
    """
    if -199 <= number <= -100:
        return COMMAND_ERROR
    if -299 <= number <= -200:
        return EXECUTION_ERROR
    if -499 <= number <= -400:
        return QUERY_ERROR
    return DEVICE_ERROR


class Status:
    """Event register, enable masks and error queue of one instrument.

    Attributes:
        events: standard event status register, read and cleared by *ESR?.
        event_enable: mask of *ESE.
        service_enable: mask of *SRE.
        complete_when_idle: *OPC waits for the operation under way.
        errors: (number, text), oldest first.
    """

    def __init__(self):
        self.events = 128  # power on
        self.event_enable = 0
        self.service_enable = 0
        self.complete_when_idle = False
        self.errors: deque[tuple[int, str]] = deque()

    def clear(self) -> None:
        """Forget events and errors, and cancel a waiting *OPC; the masks stay (*CLS)."""
        self.events = 0
        self.complete_when_idle = False
        self.errors.clear()

    def push(self, error: ScpiError) -> None:
        """Queue an error; the last place of a full queue says that it overflowed."""
        self.events |= event_bit(error.number)
        if len(self.errors) < QUEUE_DEPTH:
            self.errors.append((error.number, error.text))
        else:
            self.errors[-1] = (-350, STANDARD_TEXTS[-350])
            self.events |= DEVICE_ERROR

    def read_events(self) -> int:
        """Read the event register, which clears it."""
        events, self.events = self.events, 0
        return events

    def byte(self) -> int:
        """Compute the status byte: 4 errors queued, 32 event summary, 64 service request."""
        byte = (4 if self.errors else 0) | (32 if self.events & self.event_enable else 0)
        return byte | (64 if byte & self.service_enable else 0)
