"""Observations as a device would give them: the frequency-domain simulator of bootstraps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.free import LEVEL
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.observations import NoiseSpectrum, Observation, Observations, Prior
from phonosync.analysis.statistics.bootstrap import block_index, block_length

Array = NDArray[Any]


def simulate(
    model: JointModel,
    parameters: Parameters,
    random: np.random.Generator,
    *,
    from_residuals: bool = False,
) -> Observations:
    """Draw every trace and every calibration anew round what theory expects.

    A spectrum is Gamma(K, S/K) at each point; where a window correlates points it is the mean of K
    squared moduli of complex Gaussian fields whose correlation is the root of the powers'.
    Calibrations scatter round the parameters with their own errors, and so does the level of the
    shot-noise reference, which is common to all spectra.

    Args:
        model: conditions, axes, averages and errors.
        parameters: the truth.
        random: generator.
        from_residuals: rebuild S-parameters from blocks of their residuals, whose law and
            correlation these keep; otherwise their noise is white and as large as their error.
    """
    observed = model.observations
    unit = 1.0
    if observed.reference_averages:
        total = observed.reference_averages
        unit = random.gamma(total, 1 / total) * float(parameters[LEVEL].value)
    traces = tuple(
        _drawn(trace, model.expected(parameters, k), unit, random, from_residuals)
        for k, trace in enumerate(observed.traces)
    )
    truth = model.chart.values(parameters)
    priors = {
        name: Prior(float(random.normal(truth[model.position(name)], prior.error)), prior.error)
        for name, prior in observed.priors.items()
    }
    return replace(observed, traces=traces, priors=priors)


def _drawn(
    trace: Observation,
    expected: Array,
    unit: float,
    random: np.random.Generator,
    from_residuals: bool,
) -> Observation:
    if isinstance(trace, NoiseSpectrum):
        scatter = unit_powers(len(expected), trace.averages, trace.correlations, random)
        return replace(trace, power=expected * scatter / unit)
    if from_residuals:
        residual = trace.values - expected
        at = block_index(len(residual), block_length(residual), random)
        return replace(trace, values=expected + (residual - residual.mean())[at])
    noise = random.standard_normal((2, len(expected)))
    return replace(trace, values=expected + trace.error * (noise[0] + 1j * noise[1]))


def unit_powers(
    points: int, averages: float, correlations: Array, random: np.random.Generator
) -> Array:
    """Averaged powers of mean 1, neighbouring points correlated, shape (points,).

    Correlated ones are means of round(K) periodograms.
    """
    if not len(correlations):
        return random.gamma(averages, 1 / averages, points)
    reach = len(correlations)
    length = points + 2 * reach
    by_lag = np.zeros(length)
    by_lag[0] = 1.0
    root = np.sqrt(correlations)
    by_lag[1 : reach + 1] = root
    by_lag[-reach:] = root[::-1]
    filtered = np.sqrt(np.maximum(np.fft.fft(by_lag).real, 0))
    K = max(1, round(averages))
    noise = random.standard_normal((2, K, length))
    field = np.fft.ifft(filtered * (noise[0] + 1j * noise[1]), axis=1) * np.sqrt(length / 2)
    power = np.mean(np.abs(field[:, :points]) ** 2, axis=0)
    return power / np.mean(filtered**2)
