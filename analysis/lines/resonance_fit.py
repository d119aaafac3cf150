"""What a resonance in an S-parameter tells: frequency, width and qualities, each with interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.statistics.interval import UNKNOWN, Interval, Method


@dataclass(frozen=True, eq=False)
class ResonanceFit:
    """One resonance of one S-parameter.

    Attributes:
        name: "S21".
        frequency_hz, linewidth_hz, quality: loaded (total) values.
        coupling_quality, internal_quality: of a notch (S_ij, i != j) or a reflection (S_ii);
            unknown for a transmission peak. The diameter correction counts the asymmetry phi:
            1/Q_c = Re of the complex one.
        asymmetry_rad: phi; 0 is a symmetric notch.
        residual_rms: of |data - model|.
        lag1: correlation of neighbouring residuals.
        runs_z: test of the runs of one sign; far below -3 the model misses something.
        points, effective_points: measured, and independent ones that they are worth.
        error_growth: factor on the frequency's error from that correlation.
        frequencies_hz, data, model: as fitted, shape (N,).
        middle_hz, unit_hz: of the fit's axis.
        result: lmfit's; its `covar` counts the correlation.
        independent_covariance: without it.
        interval: how the intervals were found.
    """

    name: str
    frequency_hz: Interval
    linewidth_hz: Interval
    quality: Interval
    coupling_quality: Interval
    internal_quality: Interval
    asymmetry_rad: Interval
    residual_rms: float
    lag1: float
    runs_z: float
    points: int
    effective_points: float
    error_growth: float
    frequencies_hz: NDArray
    data: NDArray[np.complexfloating]
    model: NDArray[np.complexfloating]
    middle_hz: float
    unit_hz: float
    result: Any
    independent_covariance: NDArray[np.floating]
    interval: Method = "curvature"

    def rows(self) -> list[tuple[str, str, str]]:
        """Quantity, value and 95 % interval in words."""
        named = (
            ("frequency (Hz)", self.frequency_hz),
            ("linewidth (Hz)", self.linewidth_hz),
            ("loaded Q", self.quality),
            ("coupling Q", self.coupling_quality),
            ("internal Q", self.internal_quality),
            ("asymmetry (rad)", self.asymmetry_rad),
        )
        return [(name, *interval.text()) for name, interval in named]

    def to_json(self) -> dict[str, Any]:
        """Numbers only, ready for `json.dumps`."""
        intervals = (
            "frequency_hz",
            "linewidth_hz",
            "quality",
            "coupling_quality",
            "internal_quality",
            "asymmetry_rad",
        )
        return {
            "parameter": self.name,
            "interval": self.interval,
            **{name: getattr(self, name).to_json() for name in intervals},
            "residual_rms": self.residual_rms,
            "lag1": self.lag1,
            "runs_z": self.runs_z,
            "points": self.points,
            "effective_points": self.effective_points,
            "error_growth": self.error_growth,
            "notes": list(self.notes),
        }

    @property
    def notes(self) -> list[str]:
        """What the residuals say beside the numbers."""
        if self.effective_points > self.points / 2:
            return []
        return [
            f"Neighbouring residuals are correlated by {self.lag1:.2f}: {self.points} points are "
            f"worth {self.effective_points:.0f}, and the frequency's error is "
            f"{self.error_growth:.1f} times that of independent ones. Look at the figure for what "
            "the model misses."
        ]


def with_intervals(fit: ResonanceFit, found: Sequence[Interval], method: Method) -> ResonanceFit:
    """The fit with these intervals of its `numbers`.

    Args:
        fit: whose optimum it is.
        found: of offset, width, and 1/Q loaded, coupling and internal, and phi.
        method: how they were found.
    """
    offset, linewidth, inverse, coupling, internal, phi = found
    size = {
        part: abs(complex(*(fit.result.params[f"{part}_{axis}"].value for axis in ("re", "im"))))
        for part in ("background", "line")
    }
    # A background that the data do not tell from zero makes a peak, with no coupling to read off.
    peak = size["background"] < 0.05 * size["line"]
    ends = (offset.value, offset.low, offset.high)
    return replace(
        fit,
        frequency_hz=Interval(*(fit.middle_hz + end for end in ends)),
        linewidth_hz=linewidth,
        quality=_inverted(inverse),
        coupling_quality=UNKNOWN if peak else _inverted(coupling),
        internal_quality=UNKNOWN if peak else _inverted(internal),
        asymmetry_rad=UNKNOWN if peak else phi,
        interval=method,
    )


def numbers(values: Mapping[str, float], name: str, middle: float, unit: float) -> NDArray:
    """Offset and width in Hz; 1/Q loaded, coupling, internal; phi.

    Args:
        values: parameters of `resonance` by name.
        name: of the S-parameter, "S21".
        middle, unit: of the axis, Hz.
    """
    offset, width = unit * values["centre"], unit * values["linewidth"]
    ratio = -complex(values["line_re"], values["line_im"]) / complex(
        values["background_re"], values["background_im"]
    )
    loaded = width / (middle + offset)
    share = ratio.real / (2 if name[1] == name[2] else 1)
    return np.array([offset, width, loaded, loaded * share, loaded * (1 - share), np.angle(ratio)])


def _inverted(inverse: Interval) -> Interval:
    """Q from 1/Q; the interval is put on 1/Q, which the data measure, and then inverted."""
    if inverse.high <= 0 or np.isnan(inverse.high):
        return UNKNOWN
    if inverse.low <= 0:
        return Interval(np.nan, 1 / inverse.high, np.nan)
    return Interval(1 / inverse.value, 1 / inverse.high, 1 / inverse.low)
