"""Deviance residuals of all traces together, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.expected import (
    State,
    expected_slopes,
    expected_trace,
    neighbours,
    state_of,
)
from phonosync.analysis.models.free import LEVEL, Chart, parameter_name, parse_free
from phonosync.analysis.models.motion import Variants, varied_devices
from phonosync.analysis.models.observations import (
    NoiseSpectrum,
    Observation,
    Observations,
    Response,
)
from phonosync.analysis.statistics.likelihood import deviance_residuals
from phonosync.theory.device import Device
from phonosync.theory.device.entries import find_entry
from phonosync.theory.errors import InputError, UnphysicalError, UnstableError

Array = NDArray[Any]
REFUSED = 1e3
"""Residual of a model without a stable state: the optimiser turns back."""
NO_MODEL = (UnstableError, UnphysicalError, InputError)
"""What a device without such a model raises."""


@dataclass(frozen=True, eq=False)
class JointModel:
    """A device, its free entries, and everything that was observed of it.

    Attributes:
        device: as its file says; it holds what is not free.
        chart: the free entries and their parameters.
        observations: what is fitted.
    """

    device: Device
    chart: Chart
    observations: Observations
    _known: dict[tuple[bytes, bool], list[State]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, device: Device, free: list[str] | tuple[str, ...], observations: Observations
    ) -> JointModel:
        """The model with these entries free (see `parse_free`).

        Raises:
            InputError: an entry that is unknown; a calibration of one that is not free.
        """
        chart = Chart.of(device, parse_free(device, free))
        known = {one.entry.path for one in chart.free}
        for name in observations.priors:
            if find_entry(device, name).path not in known:
                raise InputError(
                    f"{name} is calibrated but not free; add it to the free entries, or put the "
                    "calibration's value into the device file."
                )
        return cls(device, chart, observations)

    def parameters(self, values: dict[str, float] | None = None) -> Parameters:
        """Parameters for lmfit, nuisances among them, at the file's values or at these."""
        parameters = self.chart.parameters(values)
        calibrated = self.observations.reference_averages > 0
        parameters.add(LEVEL, value=1.0, min=1e-3, vary=calibrated)
        for k, trace in enumerate(self.observations.traces):
            if isinstance(trace, Response):
                vary = not trace.calibrated
                parameters.add(gain_name(k), value=1.0, min=1e-9, vary=vary)
                parameters.add(phase_name(k), value=0.0, vary=vary)
        return parameters

    def device_at(self, parameters: Parameters) -> Device:
        """The device with the parameters' values."""
        values = self.chart.values(parameters)[None]
        return varied_devices(self.device, self.chart.free, values, Condition())[0]

    def states(self, parameters: Parameters, *, slopes: bool = False) -> list[State]:
        """The steady state under each trace's condition, the last ones remembered.

        Raises:
            UnstableError: a condition without a stable state.
            InputError: values that the device may not have.
        """
        values = self.chart.values(parameters)
        key = (values.tobytes(), slopes)
        if key not in self._known:
            # A state found at these very values may be refined. One found at others may not: it
            # could be on another branch, and what is expected would depend on what was tried.
            same_values = self._known.get((key[0], not slopes))
            free = self.chart.free
            rows, steps = neighbours(values, free) if slopes else (values[None], None)
            devices: dict[Any, tuple[Device, ...]] = {}
            found: dict[int, State] = {}
            for k, trace in enumerate(self.observations.traces):
                same, condition = id(trace.condition), trace.condition
                if same in found:
                    continue
                # Directions and powers need no device of their own.
                settings = tuple(sorted(condition.settings.items()))
                if settings not in devices:
                    devices[settings] = varied_devices(self.device, free, rows, condition)
                near = None if same_values is None else same_values[k].motion.amplitudes[0]
                found[same] = state_of(Variants.at(devices[settings], condition), steps, near)
            if len(self._known) > 4:
                self._known.clear()
            self._known[key] = [found[id(t.condition)] for t in self.observations.traces]
        return self._known[key]

    def expected(self, parameters: Parameters, index: int) -> Array:
        """What theory expects of a trace, level and gain included, shape (F,)."""
        trace = self.observations.traces[index]
        value = expected_trace(self.states(parameters)[index], trace)
        return _factor(parameters, trace, index) * value

    def expected_at(
        self, parameters: Parameters, index: int, frequency_hz: Array, windowed: bool
    ) -> Array:
        """What theory expects of a spectrum at other frequencies, with its window or without."""
        trace = self.observations.traces[index]
        assert isinstance(trace, NoiseSpectrum)
        window = trace.window if windowed else None
        nothing = np.ones(len(frequency_hz))
        there = replace(trace, frequency_hz=frequency_hz, power=nothing, window=window)
        return expected_trace(self.states(parameters, slopes=True)[index], there)

    def expected_slopes(self, parameters: Parameters, index: int) -> tuple[Array, Array]:
        """The same, and its derivatives by the varied parameters, shape (F, P)."""
        trace = self.observations.traces[index]
        value, by_entry = expected_slopes(self.states(parameters, slopes=True)[index], trace)
        factor = _factor(parameters, trace, index)
        slopes = dict(zip(self.chart.names, (factor * by_entry @ self.chart.matrix).T, strict=True))
        if isinstance(trace, Response):
            slopes[gain_name(index)] = factor * value / parameters[gain_name(index)].value
            slopes[phase_name(index)] = 1j * factor * value
        else:
            slopes[LEVEL] = value
        nothing = np.zeros(len(value))
        varied = [name for name in parameters if parameters[name].vary]
        return factor * value, np.stack([slopes.get(name, nothing) for name in varied], axis=-1)

    def residuals(self, parameters: Parameters) -> Array:
        """Residuals whose squares add up to the deviance: of traces, level and calibrations."""
        traces = self.observations.traces
        try:
            self.states(parameters)
        except NO_MODEL:
            points = [
                len(t.power) if isinstance(t, NoiseSpectrum) else 2 * len(t.values) for t in traces
            ]
            return np.full(sum(points) + self._extra, REFUSED)
        parts = [
            _trace_residuals(trace, self.expected(parameters, k)) for k, trace in enumerate(traces)
        ]
        return np.concatenate([*parts, *self._calibration_residuals(parameters)])

    def jacobian(self, parameters: Parameters) -> Array:
        """Derivatives of `residuals` by the varied parameters, shape (points, P)."""
        traces = self.observations.traces
        varied = [name for name in parameters if parameters[name].vary]
        try:
            self.states(parameters, slopes=True)
        except NO_MODEL:
            return np.zeros((len(self.residuals(parameters)), len(varied)))
        parts = [
            _trace_slopes(trace, *self.expected_slopes(parameters, k))
            for k, trace in enumerate(traces)
        ]
        rows = np.zeros((self._extra, len(varied)))
        place = 0
        if self.observations.reference_averages:
            level = parameters[LEVEL].value
            unit = np.ones(1)
            rows[0, varied.index(LEVEL)] = _slope_of_residual(
                unit, np.array([level]), self.observations.reference_averages
            )[0]
            place = 1
        for name, prior in self.observations.priors.items():
            at = self.position(name)
            for column, parameter in enumerate(self.chart.names):
                rows[place, varied.index(parameter)] = self.chart.matrix[at, column] / prior.error
            place += 1
        return np.concatenate([*parts, rows])

    @property
    def _extra(self) -> int:
        return len(self.observations.priors) + (self.observations.reference_averages > 0)

    def _calibration_residuals(self, parameters: Parameters) -> list[Array]:
        parts = []
        total = self.observations.reference_averages
        if total:
            level = np.array([parameters[LEVEL].value])
            parts.append(deviance_residuals(np.ones(1), level, total))
        for name, prior in self.observations.priors.items():
            free = self.chart.free[self.position(name)]
            off = parameters[free.parameter].value - prior.value
            parts.append(np.array([off / prior.error]))
        return parts

    def position(self, name: str) -> int:
        """Position of an entry among the free ones."""
        path = find_entry(self.device, name).path
        return next(k for k, one in enumerate(self.chart.free) if one.entry.path == path)


def gain_name(index: int) -> str:
    """Parameter of the gain of S-parameter `index` among the traces."""
    return parameter_name(f"trace_{index}_gain")


def phase_name(index: int) -> str:
    """Parameter of its phase, rad."""
    return parameter_name(f"trace_{index}_phase")


def _factor(parameters: Parameters, trace: Observation, index: int) -> Any:
    if isinstance(trace, Response):
        return parameters[gain_name(index)].value * np.exp(1j * parameters[phase_name(index)].value)
    return parameters[LEVEL].value


def _trace_residuals(trace: Observation, model: Array) -> Array:
    if isinstance(trace, Response):
        off = (trace.values - model) / trace.error
        return np.concatenate([off.real, off.imag])
    return deviance_residuals(trace.power, model, trace.averages)


def _trace_slopes(trace: Observation, model: Array, slopes: Array) -> Array:
    if isinstance(trace, Response):
        scaled = -slopes / trace.error
        return np.concatenate([scaled.real, scaled.imag])
    return _slope_of_residual(trace.power, model, trace.averages)[:, None] * slopes


def _slope_of_residual(power: Array, model: Array, averages: float) -> Array:
    """dr/dS of r = sign(x − 1) √(2K h), h = x − 1 − ln x, x = P/S: −K (x − 1)/(S r)."""
    r = deviance_residuals(power, model, averages)
    excess = power / model - 1
    near = np.abs(excess) < 1e-6
    ratio = np.where(near, 1 / np.sqrt(averages), excess / np.where(near, 1.0, r))
    return -averages * ratio / model
