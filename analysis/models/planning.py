"""What a measurement would tell, before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.information import Information, information
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.measures import by_parameter, log_ratio, measure, required_pair
from phonosync.analysis.models.observations import NoiseSpectrum, Observations, Prior
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory.device import Device


def expected_errors(
    device: Device,
    conditions: Sequence[Condition],
    free: Sequence[str],
    *,
    averages: float,
    frequency_hz: ArrayLike,
    rbw_hz: float = 0.0,
    priors: Mapping[str, Prior] | None = None,
    reference_averages: float = 0.0,
    pair: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """Standard errors that spectra of a device would leave, if the device is what its file says.

    From the Fisher information of the Whittle likelihood at the truth (`information`): the least
    any unbiased analysis can reach, and what the fit does reach where errors are small.

    Args:
        device: the truth.
        conditions: one spectrum is taken under each.
        free: entries that a fit would leave open, as of `parse_free`.
        averages: K of every spectrum.
        frequency_hz: points, evenly spaced, shape (F,).
        rbw_hz: 3 dB bandwidth of a Gaussian filter, 0: none; it correlates points that it spans.
        priors: calibrations of free entries.
        reference_averages: averages of the shot-noise reference at each point; 0: level known.
        pair: the two phonons; the first two by default.

    Returns:
        {"S_c": [{"condition", "value", "error"} ...], "contrast": [{"conditions", "value",
        "error"} ...] between conditions that differ in direction alone, "entries": {name:
        {"value", "error"}}, "determined": whether the spectra determine all free entries}. Errors
        are infinite where they do not.

    Raises:
        UnstableError: no stable state under a condition.
        InputError: an unknown entry, no two phonons.
    """
    phonons = required_pair(device, pair)
    f = np.asarray(frequency_hz, float)
    window = GaussianFilter(rbw_hz) if rbw_hz else None
    unit = np.ones(len(f))
    traces = tuple(NoiseSpectrum(c, f, unit, averages, window) for c in conditions)
    observed = Observations(traces, priors or {}, reference_averages * len(f))
    model = JointModel.of(device, list(free), observed)
    parameters = model.parameters()
    told = information(model, parameters)
    X = [measure(model, "X_c", k, phonons) for k in range(len(traces))]
    errors = []
    for condition, quantity in zip(conditions, X, strict=True):
        value, slopes = quantity(parameters)
        errors.append(
            {
                "condition": condition.name,
                "value": 1 / value,
                "error": _error(told, slopes) / value**2,
            }
        )
    contrasts = []
    for first, second in reversed_pairs(conditions):
        ratio, slopes = log_ratio(X[first], X[second])(parameters)
        contrasts.append(
            {
                "conditions": [conditions[first].name, conditions[second].name],
                "value": float(np.tanh(ratio / 2)),
                "error": _error(told, slopes) / float(2 * np.cosh(ratio / 2) ** 2),
            }
        )
    by_entry = by_parameter(model, parameters, np.eye(len(model.chart.free)))
    entries = {
        one.entry.name: {"value": one.start, "error": _error(told, slopes)}
        for one, slopes in zip(model.chart.free, by_entry, strict=True)
    }
    return {
        "S_c": errors,
        "contrast": contrasts,
        "entries": entries,
        "determined": all(np.isfinite(one["error"]) for one in entries.values()),
    }


def reversed_pairs(conditions: Sequence[Condition]) -> list[tuple[int, int]]:
    """Positions of conditions that differ in one direction alone, the +1 first."""
    found = []
    for j, one in enumerate(conditions):
        for k, other in enumerate(conditions):
            of_light = one.light == 1 and other.light == -1 and one.field == other.field
            of_field = one.field == 1 and other.field == -1 and one.light == other.light
            if (of_light or of_field) and _settings(one) == _settings(other):
                found.append((j, k))
    return found


def _settings(c: Condition) -> tuple[Any, ...]:
    settings = tuple(sorted(c.settings.items()))
    return c.power, c.microwave_power, c.wavelength, settings, c.branch


def _error(told: Information, slopes: NDArray[Any]) -> float:
    return float(np.sqrt(told.propagated(slopes[None])[0, 0]))
