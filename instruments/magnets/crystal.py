"""How the crystal sits in the magnet: from [110] to the magnet's axes and back."""

import math
import re
from typing import Any

import numpy as np
from pydantic import field_validator, model_validator

from phonosync.theory.checked_file import CheckedModel
from phonosync.theory.errors import InputError

Miller = tuple[int, int, int]
Vector = tuple[float, float, float]


def miller(direction: str) -> Miller:
    """Read a direction of a cubic crystal; a minus stands before its index.

    Raises:
        InputError: these are not three indices in brackets, or all are zero.

    >>> miller("[110]"), miller("[1 -1 0]")
    ((1, 1, 0), (1, -1, 0))
    """
    match = re.fullmatch(r"\[\s*(-?\d)[\s,]*(-?\d)[\s,]*(-?\d)\s*\]", direction)
    if match is None or not any(int(index) for index in match.groups()):
        raise InputError(
            f"{direction!r} is no direction in a crystal. Write three indices, not all zero, in "
            "brackets, as [110] or [1 -1 0]."
        )
    h, k, ell = (int(index) for index in match.groups())
    return h, k, ell


class CrystalOrientation(CheckedModel):
    """Which directions of the cubic crystal lie along the magnet's x and z axes.

    Attributes:
        along_x: as "[100]" or its three indices.
        along_z: the same; it must be perpendicular to `along_x`.

    >>> turned = CrystalOrientation.model_validate({"along_x": "[001]", "along_z": "[110]"})
    >>> np.round(turned.in_magnet("[110]"), 12).tolist()
    [0.0, 0.0, 1.0]
    """

    along_x: Miller = (1, 0, 0)
    along_z: Miller = (0, 0, 1)

    @field_validator("along_x", "along_z", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return miller(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check(self) -> "CrystalOrientation":
        if not any(self.along_x) or not any(self.along_z):
            raise ValueError("a direction must not be (0, 0, 0).")
        if np.dot(self.along_x, self.along_z) != 0:
            raise ValueError(
                f"along_x {self.along_x} and along_z {self.along_z} are not perpendicular; "
                "choose two directions whose product is zero."
            )
        return self

    def in_magnet(self, direction: str | Miller) -> Vector:
        """Unit vector of a crystal direction in the magnet's axes (x, y, z)."""
        indices = miller(direction) if isinstance(direction, str) else direction
        return _vector(self._axes() @ (np.array(indices) / math.hypot(*indices)))

    def in_crystal(self, field: Vector) -> Vector:
        """Components along [100], [010], [001] of a vector in the magnet's axes."""
        return _vector(self._axes().T @ np.array(field))

    def _axes(self) -> np.ndarray:
        """Rotation from crystal to magnet: its rows are the magnet's axes in the crystal."""
        x = np.array(self.along_x) / math.hypot(*self.along_x)
        z = np.array(self.along_z) / math.hypot(*self.along_z)
        return np.array([x, np.cross(z, x), z])


def _vector(components: np.ndarray) -> Vector:
    x, y, z = (float(component) + 0.0 for component in components)  # no -0.0
    return x, y, z
