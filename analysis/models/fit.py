"""A device fitted to everything that was observed of it, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from lmfit import Minimizer, Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.information import Information, information
from phonosync.analysis.models.joint import REFUSED, JointModel
from phonosync.analysis.models.measures import by_parameter
from phonosync.analysis.models.observations import Observation, Observations, Response
from phonosync.analysis.models.starting_values import starting_values, with_gains
from phonosync.analysis.statistics.likelihood import deviance_z, error_inflation
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError

Array = NDArray[Any]
_STARTS = 6
_TRIAL_CALLS, _CALLS = 30, 300
_SAME = 1e-2  # of the deviance: optima that agree this well are one
_RIVAL = 9.0  # of the deviance: an optimum that is three standard errors worse is no rival


@dataclass(frozen=True, eq=False)
class NetworkFit:
    """A fitted device.

    Attributes:
        model: what was observed, and what was free.
        result: lmfit's result; `covar` counts the correlation of points.
        information: at the optimum.
        rivals: other optima whose deviance is less than 9 above the best one.
    """

    model: JointModel
    result: Any
    information: Information
    rivals: tuple[Parameters, ...] = ()

    @property
    def parameters(self) -> Parameters:
        """Fitted parameters, SI units, each with its standard error; None: undetermined."""
        return self.result.params

    @property
    def device(self) -> Device:
        """The device with the fitted values."""
        return self.model.device_at(self.parameters)

    @property
    def deviance(self) -> float:
        """At the optimum."""
        return float(self.result.chisqr)

    @property
    def positive(self) -> frozenset[str]:
        """Parameters that are moved by their logarithm."""
        return frozenset(one.parameter for one in self.model.chart.free if one.log)

    def residuals(self, parameters: Parameters) -> Array:
        """Residuals whose squares add up to the deviance, shape (N,)."""
        return self.model.residuals(parameters)

    def jacobian(self, parameters: Parameters) -> Array:
        """Their derivatives by the varied parameters, shape (N, P)."""
        return self.model.jacobian(parameters)

    @property
    def entries(self) -> dict[str, float]:
        """Fitted values by entry of the device file, SI units."""
        values = self.model.chart.values(self.parameters)
        return {
            one.entry.name: float(v) for one, v in zip(self.model.chart.free, values, strict=True)
        }

    @property
    def covariance(self) -> Array:
        """Covariance of `entries`, shape (P, P); infinite variances where undetermined."""
        unit = np.eye(len(self.model.chart.free))
        slopes = by_parameter(self.model, self.parameters, unit)
        return self.information.propagated(slopes)

    @property
    def deviance_z(self) -> dict[int, float]:
        """Standard deviations by which each trace's deviance exceeds its expectation.

        Of an S-parameter it is χ² of its real and imaginary parts, of independent points.
        """
        traces = self.model.observations.traces
        share = self.information.deviance_taken / len(traces)
        return {k: self._deviance_z(k, trace, share) for k, trace in enumerate(traces)}

    def _deviance_z(self, k: int, trace: Observation, share: float) -> float:
        expected = self.model.expected(self.parameters, k)
        if isinstance(trace, Response):
            chi_square = float(np.sum(np.abs(trace.values - expected) ** 2)) / trace.error**2
            degrees = 2 * len(trace.values) - share
            return float((chi_square - degrees) / np.sqrt(2 * degrees))
        return deviance_z(
            trace.power,
            expected,
            trace.averages,
            min(share, len(trace.power) - 1),
            correlation=error_inflation(np.square(trace.correlations)),
        )


def fit_network(
    device: Device,
    free: Sequence[str],
    observations: Observations,
    *,
    start: Mapping[str, float] | None = None,
    seed: int = 0,
) -> NetworkFit:
    """Fit free entries of a device to all traces together.

    Without `start` the fit begins at the file's values and at the most likely of many trial
    devices, and keeps the best optimum. A minimum of the deviance is a maximum of the Whittle
    likelihood (`deviance_residuals`).

    Args:
        device: its file holds what is not free, and where to look.
        free: entries, as of `parse_free`.
        observations: traces and calibrations.
        start: entry -> value in SI units, the only start; entries left out start at the file's.
        seed: of the trial devices.

    Raises:
        InputError: no stable device near the start resembles the traces; unknown entries.
        UnstableError: a condition under which the device oscillates at every start.
    """
    model = JointModel.of(device, tuple(free), observations)
    if start is not None:
        return fit_from(model, model.parameters(dict(start)))
    candidates = starting_values(model, _STARTS, seed=seed)
    found = sorted((_minimise(model, c, _TRIAL_CALLS) for c in candidates), key=_deviance)
    ends = [_minimise(model, found[0].params, _CALLS)]
    for other in found[1:]:
        # Some have not arrived; those that have come to the same optimum have.
        if _SAME < other.chisqr - ends[0].chisqr < 100 * _RIVAL:
            ends.append(_minimise(model, other.params, _CALLS))
    ends.sort(key=_deviance)
    rivals = [end.params for end in ends[1:] if _SAME < end.chisqr - ends[0].chisqr < _RIVAL]
    return _finished(model, ends[0], tuple(rivals[:1]))


def fit_from(model: JointModel, start: Parameters) -> NetworkFit:
    """The optimum next to a start: one point of a map from its neighbour, one bootstrap sample."""
    return _finished(model, _minimise(model, start, _CALLS), ())


def _minimise(model: JointModel, start: Parameters, calls: int) -> Any:
    minimizer = Minimizer(model.residuals, with_gains(model, start), scale_covar=False)
    # Not lmfit's errors: they do not know of correlated points, and cost as much as two steps.
    minimizer.calc_covar = False
    return minimizer.leastsq(Dfun=model.jacobian, max_nfev=calls, ftol=1e-9, xtol=1e-9)


def _deviance(result: Any) -> float:
    return float(result.chisqr)


def _finished(model: JointModel, result: Any, rivals: tuple[Parameters, ...]) -> NetworkFit:
    if np.any(np.abs(result.residual) == REFUSED):
        raise InputError(
            f"no stable device near the start resembles the {len(model.observations.traces)} "
            "traces; check the band and the shot-noise reference, or free fewer entries."
        )
    told = information(model, result.params)
    C = told.covariance
    result.covar, result.errorbars = C, bool(np.all(np.isfinite(C)))
    free = model.chart.free
    slopes = by_parameter(model, result.params, np.eye(len(free)))
    errors = dict(zip(told.names, np.sqrt(np.diag(C)), strict=True))
    errors |= {
        one.parameter: error
        for one, error in zip(free, np.sqrt(np.diag(told.propagated(slopes))), strict=True)
    }
    for name, parameter in result.params.items():
        error = errors.get(name, 0.0)
        parameter.stderr = float(error) if np.isfinite(error) else None
    return NetworkFit(model, result, told, rivals)
