"""How a fitted device meets each S-parameter of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.observations import Response
from phonosync.analysis.run.network_fit import MISSED
from phonosync.analysis.run.setting import Setting
from phonosync.analysis.run.traces import Place
from phonosync.analysis.statistics.correlated import effective_points, residual_correlations


@dataclass(frozen=True, eq=False)
class FittedResponse:
    """One S-parameter of one direction and setting, and the fitted device's.

    Attributes:
        light, field: the direction.
        setting: where.
        trace: as measured; its `name` is "S21", its ports are those of the device.
        model: of the fitted device, the fitted gain included, shape (F,).
        chi_square: Σ |S − model|²/error², of real and imaginary parts together.
        points: their number, 2F.
        deviance_z: standard deviations of χ² from what a true model leaves, of independent points.
        lag1: correlation of neighbouring residuals; 0 where chance explains it.
        effective_points: how many independent points of 2F the residuals are worth.
    """

    light: int
    field: int
    setting: Setting
    trace: Response
    model: NDArray[np.complexfloating]
    chi_square: float
    points: int
    deviance_z: float
    lag1: float
    effective_points: float

    @property
    def residuals(self) -> NDArray[np.complexfloating]:
        """Measured less fitted, in standard deviations of a real or imaginary part."""
        return (self.trace.values - self.model) / self.trace.error

    def to_json(self) -> dict[str, Any]:
        """Numbers, without the curves."""
        return {
            "light": self.light,
            "field": self.field,
            **self.setting.to_json(),
            "s_parameter": self.trace.name,
            "enters": self.trace.source,
            "leaves": self.trace.receiver,
            "trace_noise": self.trace.error,
            "chi_square": self.chi_square,
            "points": self.points,
            "deviance_z": self.deviance_z,
            "lag1": self.lag1,
            "effective_points": self.effective_points,
        }


def fitted_responses(
    fit: NetworkFit, conditions: Mapping[Place, Condition]
) -> tuple[FittedResponse, ...]:
    """Every S-parameter of a fit, in the fit's order.

    Args:
        fit: of the run.
        conditions: (light, field, setting) -> the condition that its traces hold.
    """
    places = {id(condition): place for place, condition in conditions.items()}
    z = fit.deviance_z
    found = []
    for k, trace in enumerate(fit.model.observations.traces):
        if not isinstance(trace, Response):
            continue
        model = np.asarray(fit.model.expected(fit.parameters, k))
        residual = trace.values - model
        rho = residual_correlations(residual)
        found.append(
            FittedResponse(
                *places[id(trace.condition)],
                trace,
                model,
                chi_square=float(np.sum(np.abs(residual) ** 2)) / trace.error**2,
                points=2 * len(residual),
                deviance_z=z[k],
                lag1=float(rho[0]) if len(rho) else 0.0,
                effective_points=2 * effective_points(residual),
            )
        )
    return tuple(found)


def on_responses(found: Sequence[FittedResponse]) -> Iterator[str]:
    """Say where S-parameters differ from the device by more than their repeats scatter."""
    missed = [one.deviance_z for one in found if abs(one.deviance_z) > MISSED]
    if missed:
        yield (
            f"{len(missed)} of {len(found)} S-parameters differ from the fitted device by more "
            f"than their trace noise (χ² up to {max(missed):+.0f} σ): cables, or what the device "
            "file leaves out. Errors are enlarged by the size and the correlation of these "
            "residuals."
        )
