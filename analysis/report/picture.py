"""A figure of a report, and what those of every kind share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.report.row import at_place
from phonosync.analysis.schema import swept

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from phonosync.analysis.run.setting import Setting

MOST = 4
"""Settings that have figures of their own; of more, as many from end to end."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure of a report.

    Attributes:
        name: of its files.
        section: heading that it stands under.
        caption: what it shows.
        figure: drawn.
    """

    name: str
    section: str
    caption: str
    figure: Figure


def some_of(settings: Sequence[Any]) -> list[Any]:
    """At most `MOST`, from the first to the last."""
    places = np.unique(np.linspace(0, len(settings) - 1, MOST).round().astype(int))
    return [settings[place] for place in places] if settings else []


def of_each(name: str, every: Sequence[tuple[Setting, Any]]) -> Iterator[tuple[str, str, Any]]:
    """What at most `MOST` settings have: name of the figure, where it is in words, what it shows.

    Args:
        name: of a figure; where there are several settings it gets a number.
        every: setting, and what it has.
    """
    for number, (setting, found) in enumerate(some_of(every), start=1):
        yield f"{name}_{number}" if len(every) > 1 else name, in_words(setting), found


def in_words(setting: Setting) -> str:
    """Where a figure is: " at laser power 200 µW"; "" in a run of one setting."""
    return f" at {at_place(None, setting.label)}" if setting.label else ""


def in_caption(end: str) -> str:
    """The end of a figure's name in words.

    >>> in_caption("_field-1_up")
    ', field −1, up'
    """
    words = end.replace("_", ", ").replace("light", "light ").replace("field", "field ")
    return words.replace("-", "−")


def swept_alone(data: xarray.Dataset) -> list[str]:
    """Swept quantities of more than one value."""
    return [dim for dim in swept(data) if data.sizes[dim] > 1]
