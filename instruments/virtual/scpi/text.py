"""Text as an argument of a SCPI command.

Source: IEEE 488.2-1992, 7.7.5 (string program data).
"""

from dataclasses import dataclass

from phonosync.instruments.virtual.scpi.syntax import Choice, ScpiError


@dataclass(frozen=True)
class Text(Choice):
    """A string in quotes, or one word of a given list without them; gives what was written."""

    words: tuple[str, ...] = ()
    bare: bool = False

    def parse(self, text: str) -> str:
        """Read the string."""
        if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]:
            return text[1:-1]
        if self.bare:
            return text
        raise ScpiError(-104, text)
