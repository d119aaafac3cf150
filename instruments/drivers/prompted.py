"""Base of drivers whose instruments answer like a terminal: every answer ends with a prompt."""

from __future__ import annotations

from phonosync.instruments.drivers.checked import ReadingInstrument


class PromptedInstrument(ReadingInstrument):
    """An instrument that ends every answer by a new line and the prompt `> `.

    Attributes:
        line_end: what ends a command, and what stands before the prompt.
    """

    default_terminator = ">"  # of the prompt; the space behind it heads the next answer
    line_end = "\n"

    def set_terminator(self, terminator: str | None) -> None:
        """Read up to the prompt, but end commands by a line end."""
        super().set_terminator(terminator)
        self.visa_handle.write_termination = self.line_end

    def ask_raw(self, cmd: str) -> str:
        """Send a line and read up to the next prompt; an echo is taken off."""
        self.visa_handle.write(cmd)
        answer = self.read_answer()
        return answer.removeprefix(cmd).lstrip("\r\n") if answer.startswith(cmd) else answer

    def read_answer(self) -> str:
        """Read up to a prompt at the beginning of a line; any other > is text."""
        answer = ""
        while not answer.endswith(self.line_end):
            answer += (">" if answer else "") + self.visa_handle.read()
        return answer.lstrip(" ").rstrip("\r\n")
