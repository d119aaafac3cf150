"""Options that name something and give its value: --spread linewidth=5%."""

from __future__ import annotations

from collections.abc import Sequence

from phonosync.theory.errors import InputError


def assignments(texts: Sequence[str], option: str, example: str) -> dict[str, str | float]:
    """Take "name=value" apart; a value that is a bare number becomes one.

    Args:
        texts: what was given, in order; a later one replaces an earlier one of the same name.
        option: its name, for messages.
        example: a right spelling.

    Raises:
        InputError: no name, or no value.

    >>> assignments(["linewidth=5 %", "imprecision = 0.5"], "--spread", "linewidth=5%")
    {'linewidth': '5 %', 'imprecision': 0.5}
    """
    content: dict[str, str | float] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not name or not value:
            raise InputError(f"{text!r} gives no value; write for example {option} {example!r}.")
        try:
            content[name] = float(value)
        except ValueError:
            content[name] = value
    return content
