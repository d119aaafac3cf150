"""The curve of steady states in the space of amplitudes and parameter, point by point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.dynamics.mean_motion import Real, to_complex, to_real
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import drift
from phonosync.theory.network import BosonicNetwork, velocity

Family = Callable[[float], BosonicNetwork]


@dataclass(frozen=True, eq=False)
class Point:
    """A point of the branch.

    Attributes:
        z: (Re c, Im c, ..., p) divided by scale, shape (2N + 1,).
        tangent: unit tangent in these terms.
        scale: typical sizes of the amplitudes, and the range of the parameter.
        eigenvalues: of the drift, those that grow fastest first, shape (2N,).
        parameter: p.
    """

    z: Real
    tangent: Real
    scale: Real
    eigenvalues: NDArray[np.complexfloating]
    parameter: float

    @property
    def amplitudes(self) -> NDArray[np.complexfloating]:
        """Mean fields c, complex, shape (N,)."""
        return to_complex(self.z[:-1] * self.scale[:-1])

    @property
    def growing(self) -> int:
        """Number of directions in which deviations grow."""
        return int(np.sum(self.eigenvalues.real > 0))


class Curve:
    """The curve F(y, p) = 0 in the space of (Re c, Im c) and the parameter, suitably scaled."""

    def __init__(self, family: Family, low: float, high: float, sizes: Real) -> None:
        self.family, self.low, self.high = family, low, high
        self.scale = np.append(np.repeat(sizes, 2), high - low)

    def _equations(self, z: Real, scale: Real) -> tuple[Real, Real]:
        """F and its derivative by z, shapes (2N,) and (2N, 2N + 1)."""
        p = float(z[-1] * scale[-1])
        c = to_complex(z[:-1] * scale[:-1])
        network = self.family(p)
        near = 1e-5 * scale[-1]
        below, above = max(p - near, self.low), min(p + near, self.high)
        change = velocity(self.family(above), c) - velocity(self.family(below), c)
        by_parameter = to_real(change) * (scale[-1] / (above - below))
        by_state = drift(network, c) * scale[:-1]
        return to_real(velocity(network, c)), np.column_stack([by_state, by_parameter])

    def _correct(self, z: Real, across: Real, scale: Real) -> Real | None:
        """Newton's method for F = 0 in the plane through z with the normal `across`."""
        last = np.inf
        for _ in range(12):
            try:
                residual, derivative = self._equations(z, scale)
            except InputError:  # beyond what the family is defined for
                return None
            weight = np.linalg.norm(derivative, axis=1)
            matrix = np.vstack([derivative / weight[:, None], across])
            # Where branches cross, the one singular direction leads along the other branch.
            change = np.linalg.lstsq(matrix, np.append(-residual / weight, 0.0), rcond=1e-8)[0]
            z = z + change
            length = float(np.linalg.norm(change))
            if length < 1e-13 or (length < 1e-7 and length > 0.1 * last):
                return z
            if not length < 0.5 * last or length > 1.0:
                return None
            last = length
        return None

    def _point(self, z: Real, before: Real, scale: Real, parameter: float | None = None) -> Point:
        """Add tangent (in the sense of `before`) and eigenvalues; the parameter, if exact."""
        _, derivative = self._equations(z, scale)
        weight = np.linalg.norm(derivative, axis=1)
        border = np.vstack([derivative / weight[:, None], before])
        # Least squares: where two branches cross, the tangent is not unique.
        tangent = np.linalg.lstsq(border, np.append(np.zeros(len(z) - 1), 1.0), rcond=None)[0]
        A = derivative[:, :-1] / scale[:-1]
        eigenvalues: Any = np.linalg.eigvals(A).astype(complex)
        order = np.argsort(-eigenvalues.real, kind="stable")
        p = float(z[-1] * scale[-1]) if parameter is None else parameter
        return Point(z, tangent / np.linalg.norm(tangent), scale, eigenvalues[order], p)

    def begin(self, y: Real, parameter: float, sense: float) -> Point:
        """The first point, at or next to y, with the tangent towards the sign `sense` of p."""
        ahead = np.append(np.zeros(len(y)), sense)
        rough = np.append(np.full(len(y), max(float(self.scale[:-1].max()), 1.0)), self.scale[-1])
        z = self._correct(np.append(y, parameter) / rough, ahead, rough)
        if z is None:
            raise InputError(
                f"there is no steady state near the given one at the parameter {parameter:.6g}; "
                "take one of steady_states() there."
            )
        # A mode that is still empty is measured by what the whole range would fill into it.
        slope = self._point(z, ahead, rough).tangent
        reach = np.abs(to_complex(slope[:-1] / abs(slope[-1]) * rough[:-1]))
        sizes = np.maximum(np.abs(to_complex(z[:-1] * rough[:-1])), reach)
        sizes = np.where(sizes > 1e-12 * sizes.max(), sizes, sizes.max() + (sizes.max() == 0))
        self.scale = np.append(np.repeat(sizes, 2), self.scale[-1])
        return self._point(z * rough / self.scale, ahead, self.scale, parameter)

    def rescaled(self, point: Point) -> Point:
        """Measure each mode by the largest amplitude it has had so far."""
        sizes = np.abs(point.amplitudes)
        self.scale = np.append(np.maximum(self.scale[:-1], np.repeat(sizes, 2)), self.scale[-1])
        ratio = point.scale / self.scale
        tangent = point.tangent * ratio
        tangent = tangent / np.linalg.norm(tangent)
        return replace(point, z=point.z * ratio, tangent=tangent, scale=self.scale)

    def at(self, here: Point, arclength: float) -> Point | None:
        """The point whose projection on the tangent is `arclength` away."""
        z = self._correct(here.z + arclength * here.tangent, here.tangent, here.scale)
        return None if z is None else self._point(z, here.tangent, here.scale)

    def advance(self, here: Point, arclength: float) -> Point | None:
        """The next point; exactly on the edge of the range where it would step beyond."""
        ahead = here.parameter + arclength * here.tangent[-1] * here.scale[-1]
        there = self.at(here, arclength) if self.low < ahead < self.high else None
        if there is not None and self.low < there.parameter < self.high:
            return there
        edge = self.high if here.tangent[-1] > 0 else self.low
        length = (edge / here.scale[-1] - here.z[-1]) / here.tangent[-1]
        if not 0 < length < 2 * arclength:
            return None
        across = np.append(np.zeros(len(here.z) - 1), 1.0)
        guess = here.z + length * here.tangent
        guess[-1] = edge / here.scale[-1]
        z = self._correct(guess, across, here.scale)
        if z is None:
            return None
        return self._point(z, here.tangent, here.scale, edge)
