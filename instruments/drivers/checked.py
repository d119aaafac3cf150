"""Bases of drivers: parameters in one line, and an error queue read after every write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qcodes.instrument import VisaInstrument
from qcodes.parameters import create_on_off_val_mapping
from qcodes.validators import Validator

from phonosync.instruments.errors import error_number, refused


class ReadingInstrument(VisaInstrument):
    """An instrument that has something to tell."""

    def _reading(
        self,
        name: str,
        get_cmd: str | Callable[[], Any],
        docstring: str,
        *,
        unit: str = "",
        parser: Callable[[str], Any] | None = None,
    ) -> Any:
        """Add a parameter that can only be read."""
        return self.add_parameter(
            name, unit=unit, get_cmd=get_cmd, get_parser=parser, set_cmd=False, docstring=docstring
        )


class CheckedInstrument(ReadingInstrument):
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

    def _setting(
        self,
        name: str,
        header: str,
        vals: Validator,
        docstring: str,
        *,
        unit: str = "",
        parser: Callable[[str], Any] = float,
        form: str = "{}",
    ) -> Any:
        """Add a parameter that is written as `form` says behind its header, and asked for with ?"""
        return self.add_parameter(
            name,
            unit=unit,
            get_cmd=header + "?",
            get_parser=parser,
            set_cmd=lambda value: self.write_checked(f"{header} {form.format(value)}"),
            vals=vals,
            docstring=docstring,
        )

    def _switch(self, name: str, header: str, docstring: str) -> Any:
        """Add a parameter that is on or off."""
        return self.add_parameter(
            name,
            get_cmd=header + "?",
            get_parser=lambda reply: str(int(reply)),  # some firmware writes +1
            set_cmd=lambda value: self.write_checked(f"{header} {value}"),
            val_mapping=create_on_off_val_mapping(on_val="1", off_val="0"),
            docstring=docstring,
        )
