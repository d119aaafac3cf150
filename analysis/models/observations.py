"""What is fitted: noise spectra and S-parameters with the conditions they were taken under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory.errors import InputError

Window = GaussianFilter | SegmentWindow


@dataclass(frozen=True, eq=False)
class NoiseSpectrum:
    """An averaged homodyne spectrum in units of the shot noise.

    Attributes:
        condition: under which it was taken.
        frequency_hz: from the drive, increasing, shape (F,).
        power: P, shot-noise units, shape (F,).
        averages: K of Gamma(K, S/K); a fraction is allowed.
        window: of the analyzer or of the segments, which smears lines and correlates points; None
            where lines are many points wide and points independent.
        port: detected, by name; by default that of the device's `detection`.
        angle: detected quadrature from the mean output field, rad; likewise.
        undriven_unit: whether the unit is what is detected while nothing is driven, 1 + 2ηn where
            n quanta enter the port, as of a microwave line above some tens of millikelvin;
            otherwise it is that of vacuum.

    Raises:
        InputError: a point that is not a positive number; shapes that do not fit.
    """

    condition: Condition
    frequency_hz: NDArray[np.floating]
    power: NDArray[np.floating]
    averages: float
    window: Window | None = None
    port: str | None = None
    angle: float | None = None
    undriven_unit: bool = False

    def __post_init__(self) -> None:
        """Check the numbers once, so that the fit need not."""
        f, P = np.asarray(self.frequency_hz, float), np.asarray(self.power, float)
        object.__setattr__(self, "frequency_hz", f)
        object.__setattr__(self, "power", P)
        _check_axis(f, P, self.condition)
        bad = ~(np.isfinite(P) & (P > 0))
        if np.any(bad):
            first = int(np.flatnonzero(bad)[0])
            raise InputError(
                f"the spectrum of {self.condition.name} has {int(bad.sum())} points that are not "
                f"positive numbers, the first at {f[first]:.6g} Hz; measure it again or cut the "
                "band."
            )
        if not (np.isfinite(self.averages) and self.averages > 0):
            raise InputError(
                f"averages = {self.averages:g}: say how many periodograms were averaged."
            )

    @cached_property
    def correlations(self) -> NDArray[np.floating]:
        """Correlation of the powers of points 1, 2, ... apart."""
        if self.window is None:
            return np.empty(0)
        return self.window.correlations(float(self.frequency_hz[1] - self.frequency_hz[0]))


@dataclass(frozen=True, eq=False)
class Response:
    """S-parameters between two ports as a network analyzer shows them: −signal times a gain.

    Attributes:
        condition: under which they were taken.
        frequency_hz: of the probe, from the drive, shape (F,).
        values: complex, shape (F,).
        error: standard deviation of the real part and of the imaginary part alike.
        source, receiver: names of the ports.
        calibrated: whether the gain is 1; otherwise one complex factor is fitted.
        name: as the analyzer shows it, "S21"; only for people to read.

    Raises:
        InputError: a point that is not a number; an error that is not positive.
    """

    condition: Condition
    frequency_hz: NDArray[np.floating]
    values: NDArray[np.complexfloating]
    error: float
    source: str
    receiver: str
    calibrated: bool = False
    name: str = ""

    def __post_init__(self) -> None:
        """Check the numbers once, so that the fit need not."""
        f, S = np.asarray(self.frequency_hz, float), np.asarray(self.values, complex)
        object.__setattr__(self, "frequency_hz", f)
        object.__setattr__(self, "values", S)
        _check_axis(f, S, self.condition)
        if not np.all(np.isfinite(S)):
            raise InputError(
                f"the S-parameters of {self.condition.name} hold {int((~np.isfinite(S)).sum())} "
                "points that are not numbers; measure them again or cut the band."
            )
        if not (np.isfinite(self.error) and self.error > 0):
            raise InputError(
                f"the S-parameters' error is {self.error:g}; give the standard deviation of their "
                "real part, for example from two traces."
            )


Observation = NoiseSpectrum | Response


@dataclass(frozen=True)
class Prior:
    """A calibration: an entry's value and standard error, in its SI unit."""

    value: float
    error: float

    def __post_init__(self) -> None:
        """Refuse an error of zero: what is exactly known is not free."""
        if not (np.isfinite(self.value) and np.isfinite(self.error) and self.error > 0):
            raise InputError(
                f"a calibration of {self.value:g} ± {self.error:g} is none; give a positive "
                "error, or take the entry out of those that are free."
            )


@dataclass(frozen=True, eq=False)
class Observations:
    """All that is fitted together.

    Attributes:
        traces: spectra and S-parameters.
        priors: entry of the device file -> calibration. One calibration is one number for all
            traces, so that its error is common to all that follows from the fit.
        reference_averages: averages times points of the shot-noise reference that gave the
            spectra their unit; 0: the unit is exact.
    """

    traces: tuple[Observation, ...]
    priors: Mapping[str, Prior] = field(default_factory=dict)
    reference_averages: float = 0.0

    def __post_init__(self) -> None:
        """Refuse an empty set."""
        if not self.traces:
            raise InputError("nothing is observed; give at least one spectrum or response.")

    @property
    def spectra(self) -> list[NoiseSpectrum]:
        """The noise spectra among the traces."""
        return [trace for trace in self.traces if isinstance(trace, NoiseSpectrum)]


def _check_axis(f: NDArray, y: NDArray, condition: Condition) -> None:
    if f.ndim != 1 or f.shape != y.shape or len(f) < 2:
        raise InputError(
            f"{condition.name}: {f.shape} frequencies for {y.shape} values; give one value for "
            "each of at least two frequencies."
        )
    if not np.all(np.isfinite(f)) or np.any(np.diff(f) <= 0):
        raise InputError(f"{condition.name}: the frequencies do not increase; sort them.")
