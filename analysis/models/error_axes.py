"""Axes of the parameters that are as long as their errors, for minima beside that of a fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.optimum import Optimum

Array = NDArray[Any]
Fitted = NetworkFit | Optimum
_FLAT = 1e-12  # of an eigenvalue of the scaled information: its axis is as long as an e-fold change
_FARTHEST = 30.0  # e-folds, beyond any device


@dataclass(frozen=True, eq=False)
class ErrorAxes:
    """Coordinates y in which the deviance near its minimum is |y|², for a minimum beside it.

    The parameters u, by their logarithm where they are positive, are u_0 + M y. Columns of M lie
    along the eigenvectors of the information, each a standard error long, or, along what nothing
    tells, as long as changes a parameter e-fold.

    Attributes:
        fit: whose information.
        positive: which parameters are counted by their logarithm, shape (P,).
        u: at the optimum, shape (P,).
        M: shape (P, P).
    """

    fit: Fitted
    positive: Array
    u: Array
    M: Array

    @classmethod
    def of(cls, fit: Fitted) -> ErrorAxes:
        """The axes of a fit."""
        told = fit.information
        theta = np.array([fit.parameters[name].value for name in told.names])
        scale, values, vectors = told.spectrum
        # What is zero within its error has no logarithm to speak of.
        positive = np.array([name in fit.positive for name in told.names]) & (theta > scale / 3)
        size = np.where(positive, np.abs(theta), 1.0)  # dθ/du
        M = (scale[:, None] * vectors) / size[:, None]
        usual = np.where(positive, 1.0, np.maximum(np.abs(theta), scale))
        longest = 1 / np.max(np.abs(M) / usual[:, None], axis=0)
        length = np.minimum(1 / np.sqrt(np.maximum(values, _FLAT)), longest)
        return cls(fit, positive, np.where(positive, np.log(np.abs(theta)), theta), M * length)

    @property
    def number(self) -> int:
        """Number P of parameters."""
        return len(self.u)

    def steepest(self, slopes: Array) -> Array:
        """Direction of length 1 in which a number rises most, from its derivatives, shape (P,)."""
        along = slopes @ self.slopes(np.zeros(self.number))
        return along / np.linalg.norm(along)

    def change(self, slopes: Array) -> float:
        """Largest change of a number along the axes, from its derivatives by the parameters."""
        return float(np.linalg.norm(slopes @ self.slopes(np.zeros(self.number))))

    def parameters(self, y: Array) -> Parameters:
        """Parameters at a place."""
        found = self.fit.parameters.copy()
        for name, value in zip(self.fit.information.names, self._values(y), strict=True):
            found[name].value = value
        found.update_constraints()
        return found

    def _values(self, y: Array) -> Array:
        u = self.u + self.M @ y
        log = np.clip(np.where(self.positive, u, 0.0), self.u - _FARTHEST, self.u + _FARTHEST)
        return np.where(self.positive, np.exp(np.where(self.positive, log, 0.0)), u)

    def place(self, parameters: Parameters) -> Array:
        """Where parameters are."""
        theta = np.array([parameters[name].value for name in self.fit.information.names])
        u = np.where(self.positive, np.log(np.where(self.positive, theta, 1.0)), theta)
        return np.linalg.solve(self.M, u - self.u)

    def slopes(self, y: Array) -> Array:
        """Derivatives of the parameters, shape (P, P)."""
        return np.where(self.positive, self._values(y), 1.0)[:, None] * self.M
