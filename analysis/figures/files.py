"""Figures as files: on screen, in print, in a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# No date, so that the same data give the same files.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
_RESOLUTIONS = (50, 1200)
# Letters stay letters in a PDF (type 42), as journals want them.
_SETTINGS: Any = {"pdf.fonttype": 42, "svg.hashsalt": "phonosync"}


@dataclass(frozen=True)
class FigureFiles:
    """How figures are written.

    Attributes:
        formats: of "png", "pdf" and "svg"; each figure is written in all of them.
        dpi: of the PNG files; 300 for print.

    Raises:
        InputError: an unknown format, or a resolution that no one can mean.
    """

    formats: tuple[str, ...] = ("png", "pdf")
    dpi: int = 150

    def __post_init__(self) -> None:
        """Check before anything is drawn."""
        for name in self.formats:
            if name not in _METADATA:
                known = ", ".join(_METADATA)
                raise InputError(f"figures cannot be written as {name!r}; choose among {known}.")
        low, high = _RESOLUTIONS
        if not low <= self.dpi <= high:
            raise InputError(f"{self.dpi} dpi is no resolution of a figure; say {low} to {high}.")

    @classmethod
    def of(cls, text: str | None, dpi: int | None, *, usual: Sequence[str]) -> FigureFiles:
        """From what a user says, as "pdf,svg" and 300; None: as usual.

        >>> FigureFiles.of("pdf, svg", None, usual=["png"]).formats
        ('pdf', 'svg')
        """
        said = usual if text is None else [one.strip().lower() for one in text.split(",")]
        return cls(tuple(dict.fromkeys(said)), 150 if dpi is None else dpi)

    def write(self, figure: Figure, folder: Path, name: str) -> list[Path]:
        """Write a figure in every format; return the paths."""
        from matplotlib import rc_context

        paths = [folder / f"{name}.{kind}" for kind in self.formats]
        with rc_context(_SETTINGS):
            for kind, path in zip(self.formats, paths, strict=True):
                figure.savefig(path, dpi=self.dpi, metadata=_METADATA[kind])
        return paths
