"""What a field vector does to magnons: its axis sets their Kerr coefficient, its size their pitch.

The axes x, y, z are the crystal's [100], [010], [001].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.theory.device.parts import KerrByAxis

SOFT_T = 1e-4
"""Coercive field of a YIG sphere where the device file says none, T (an order of magnitude)."""


def kerr_along(kerr: KerrByAxis, axis: ArrayLike) -> float:
    """Kerr coefficient K/2π, Hz, for a magnetization along a unit vector n.

    K = K_100 + 4 (K_110 − K_100)(n_x² n_y² + n_y² n_z² + n_z² n_x²), the lowest order that a cubic
    crystal allows. In the plane, at the angle φ from [100], this is the four-fold
    (K_100 + K_110)/2 + (K_100 − K_110)/2 cos 4φ. An approximation: the file says K along two axes.

    >>> from phonosync.theory.quantities import si
    >>> kerr_along(KerrByAxis(along_100=si(1.0), along_110=si(-1.0)), [0.0, 1.0, 0.0])
    1.0
    """
    x, y, z = np.square(np.asarray(axis, float))
    mixed = 4 * float(x * y + y * z + z * x)
    return kerr.along_100 + mixed * (kerr.along_110 - kerr.along_100)


class Magnetization:
    """The sample's magnetization in a field that is changed from measurement to measurement.

    A field below the coercive one leaves the magnetization along its last axis. With remanence, a
    part of the field at which the last other measurement was made adds to the present one: a memory
    of exactly one step, however the field went from one to the other.

    Args:
        coercive_t: T.
        remanence: that part, from 0 to 1.

    Attributes:
        axis: unit vector; along [100] until a field is set.
    """

    def __init__(self, coercive_t: float = SOFT_T, remanence: float = 0.0):
        self.axis: NDArray[np.floating] = np.array([1.0, 0.0, 0.0])
        self._coercive_t, self._remanence = coercive_t, remanence
        self._field: NDArray[np.floating] | None = None
        self._measured: NDArray[np.floating] | None = None
        self._before: NDArray[np.floating] = np.zeros(3)

    def apply(self, field_t: ArrayLike) -> None:
        """Set the field, T."""
        self._field = np.array(field_t, float)
        size = float(np.linalg.norm(self._field))
        if size >= self._coercive_t and size > 0:
            self.axis = self._field / size

    def measure(self) -> tuple[NDArray[np.floating], float | None]:
        """Axis of the magnetization and magnitude of the field, T, at a measurement.

        The magnitude is None while no field was set.
        """
        if self._field is None:
            return self.axis, None
        if self._measured is None or not np.array_equal(self._field, self._measured):
            if self._measured is not None:
                self._before = self._measured
            self._measured = self._field
        total = self._field + self._remanence * self._before
        size = float(np.linalg.norm(total))
        if size >= self._coercive_t and size > 0:
            return total / size, size
        return self.axis, size
