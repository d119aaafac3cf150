"""A figure of a report, and what those of every kind share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.schema import swept

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

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
