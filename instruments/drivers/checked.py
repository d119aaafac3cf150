"""Base of drivers that read the error queue after every write that matters."""

from __future__ import annotations

from qcodes.instrument import VisaInstrument

from phonosync.instruments.errors import error_number, refused


class CheckedInstrument(VisaInstrument):
    """A SCPI instrument whose refusals become errors at once."""

    def write_checked(self, command: str) -> None:
        """Send a command and read the error queue.

        Raises:
            InstrumentError: the instrument put an error into its queue.
        """
        self.write(command)
        entry = self.ask(":SYSTem:ERRor?")
        if error_number(entry):
            raise refused(self.full_name, command, entry)
