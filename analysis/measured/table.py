"""A measured file as named columns, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.errors import InputError


@dataclass(frozen=True)
class Table:
    """Columns of one file.

    Attributes:
        path: where it was.
        columns: name -> values, shape (N,); the names may carry units ("psd (V^2/Hz)").
        units: name -> unit where the file keeps it apart from the name.
        attributes: what else the file says.
        unusable: name -> why a column cannot be used: text among the numbers, several dimensions.
    """

    path: Path
    columns: dict[str, NDArray]
    units: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """All columns, usable or not."""
        return [*self.columns, *self.unusable]

    def numbers(self, name: str) -> NDArray:
        """A column as floats.

        Raises:
            InputError: it does not hold numbers; the place where it does not.
        """
        if name in self.unusable:
            raise InputError(self.unusable[name])
        try:
            return np.asarray(self.columns[name], float)
        except (TypeError, ValueError):
            raise InputError(
                f"{name} in {self.path} does not hold real numbers. Export it again."
            ) from None
