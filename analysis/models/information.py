"""What traces tell of the parameters: Fisher information, and the covariance it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.correlations import Spectrum, neighbour_correlations
from phonosync.analysis.models.free import LEVEL
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.observations import NoiseSpectrum, Response
from phonosync.analysis.statistics.correlated import residual_correlations

Array = NDArray[Any]
_NULL = 1e-12  # of the largest eigenvalue: what derivatives right to 1e-8 leave of zero
_LOST = 1e-6  # share of a number's slope that may lie along what is undetermined


@dataclass(frozen=True, eq=False)
class Information:
    """Information on P parameters.

    Attributes:
        names: the varied parameters.
        matrix: F, expected information as if points were independent, shape (P, P).
        scores: G, covariance of the score with the points' correlation, shape (P, P); F where
            there is none.
        expected: G without what the residuals of S-parameters add to it, which no deviance was
            expected to hold; G where there is None.
    """

    names: tuple[str, ...]
    matrix: Array
    scores: Array
    expected: Array | None = None

    @property
    def covariance(self) -> Array:
        """F⁻¹ G F⁻¹, shape (P, P); infinite variances where nothing tells of a parameter."""
        return self.propagated(np.eye(len(self.names)))

    def propagated(self, slopes: Array) -> Array:
        """Covariance J F⁻¹ G F⁻¹ Jᵀ of numbers with derivatives J, shape (M, P), by the parameters.

        A number may be determined where single parameters are not: only directions of the
        parameters that change it count. What is not determined has an infinite variance.
        """
        scale, values, vectors = self.spectrum
        null = values <= _NULL * values[-1]
        along = (slopes * scale) @ vectors
        known = np.where(null, 0.0, along / np.where(null, 1.0, values))
        half = known @ vectors.T * scale
        C = half @ self.scores @ half.T
        lost = np.sum(along**2 * null, axis=-1) > _LOST * np.sum(along**2, axis=-1)
        C[np.diag_indices(len(C))] = np.where(lost, np.inf, np.diag(C))
        return C

    @property
    def deviance_taken(self) -> float:
        """Deviance that a fit takes from its data on average, tr F⁻¹ G.

        The number of determined parameters where points are independent, more where they are not.
        """
        scale, values, vectors = self.spectrum
        G = self.scores if self.expected is None else self.expected
        known = values > _NULL * values[-1]
        inside = vectors[:, known].T @ (G * scale[:, None] * scale) @ vectors[:, known]
        return float(np.sum(np.diag(inside) / values[known]))

    @property
    def spectrum(self) -> tuple[Array, Array, Array]:
        """Scale of every parameter, and eigenvalues (rising) and eigenvectors of F in it."""
        size = np.diag(self.matrix)
        # A parameter of which nothing tells keeps a scale, and gets an eigenvalue of zero.
        scale = 1 / np.sqrt(np.where(size > 0, size, 1.0))
        values, vectors = np.linalg.eigh(self.matrix * scale[:, None] * scale)
        return scale, values, vectors


def information(model: JointModel, parameters: Parameters) -> Information:
    """Expected information of all traces, the level's reference and the calibrations.

    For a spectrum averaged K times, s_i = d ln S_i/dθ and points m apart that are correlated by
    c_m(i) (`neighbour_correlations`),

        F = K Σ_i s_i s_iᵀ,   G = K Σ_i [c_0 s_i s_iᵀ + Σ_m c_m (s_i s_{i+m}ᵀ + s_{i+m} s_iᵀ)].

    Fitting as if the points were independent loses little, and its covariance is F⁻¹ G F⁻¹. Of an
    S-parameter s_i = dS_i/dθ over the error, and its residuals tell the ρ_m.

    Args:
        model: what is observed, and what is free.
        parameters: where.

    Raises:
        UnstableError: no stable state there.

    Source: P. Whittle, J. R. Stat. Soc. B 15, 125 (1953).
    """
    names = tuple(name for name in parameters if parameters[name].vary)
    F = np.zeros((len(names), len(names)))
    G, beyond = np.zeros_like(F), np.zeros_like(F)
    for k, trace in enumerate(model.observations.traces):
        value, slopes = model.expected_slopes(parameters, k)
        if isinstance(trace, Response):
            own, together = _response(slopes, trace, trace.values - value)
            beyond = beyond + together - own
        else:
            s = slopes / value[:, None]
            own = trace.averages * s.T @ s
            together = _scores(s, trace, partial(model.expected_at, parameters, k))
        F, G = F + own, G + together
    extra = _calibrations(model, parameters, names)
    return Information(names, F + extra, G + extra, G + extra - beyond)


def _scores(s: Array, trace: NoiseSpectrum, spectrum: Spectrum) -> Array:
    """G of one spectrum."""
    same, *others = neighbour_correlations(trace, spectrum)
    G = s.T @ (same[:, None] * s)
    for m, c in enumerate(others, start=1):
        product = s[:-m].T @ (c[:, None] * s[m:])
        G = G + product + product.T
    return trace.averages * G


def _response(slopes: Array, trace: Response, residual: Array) -> tuple[Array, Array]:
    """F and G of one S-parameter, whose residuals say how its noise is correlated.

    Cables that move and receivers that are slow leave patterns over many points, of which the
    trace noise of a point knows nothing; residuals larger than that noise count by their size.
    """
    g = slopes / trace.error
    own = np.real(g.conj().T @ g)
    G = own.copy()
    for m, rho in enumerate(residual_correlations(residual), start=1):
        product = rho * np.real(g[:-m].conj().T @ g[m:])
        G = G + product + product.T
    larger = float(np.mean(np.abs(residual) ** 2)) / (2 * trace.error**2)
    return own, max(1.0, larger) * G


def _calibrations(model: JointModel, parameters: Parameters, names: tuple[str, ...]) -> Array:
    rows = []
    observations = model.observations
    if observations.reference_averages:
        row = np.zeros(len(names))
        row[names.index(LEVEL)] = np.sqrt(observations.reference_averages) / parameters[LEVEL].value
        rows.append(row)
    for name, prior in observations.priors.items():
        row = np.zeros(len(names))
        slopes = model.chart.matrix[model.position(name)] / prior.error
        for parameter, slope in zip(model.chart.names, slopes, strict=True):
            row[names.index(parameter)] = slope
        rows.append(row)
    J = np.array(rows).reshape(-1, len(names))
    return J.T @ J
