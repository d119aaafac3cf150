"""Frequency difference against detuning: Adler's law, rounded by noise, and the locking range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import SIGMAS_95, Interval
from phonosync.theory.errors import InputError
from phonosync.theory.stochastic.adler import adler_beat

_FEWEST = 5
HELD = Interval(1.0, 1.0, 1.0)
_STEEPEST = 20.0  # times the beats' mean slope


@dataclass(frozen=True, eq=False)
class Tongue:
    """One row of a tongue: beats at several detunings, and Adler's law through them.

    Attributes:
        detuning_hz, beat_hz, beat_error_hz: what was fitted, shape (M,).
        centre_hz: detuning at which the vibrations agree.
        half_range_hz: K/2π: without noise the pair locks within centre ± K/2π.
        diffusion_hz: D/2π, which rounds the edges; 0 is in its interval where they are sharp.
        tuning: by how much the free vibrations' difference moves per detuning; 1 where it was held.
        chi_square, degrees: of the fit; far above `degrees` the law or the errors are wrong.
    """

    detuning_hz: NDArray[np.floating]
    beat_hz: NDArray[np.floating]
    beat_error_hz: NDArray[np.floating]
    centre_hz: Interval
    half_range_hz: Interval
    diffusion_hz: Interval
    chi_square: float
    degrees: int
    tuning: Interval = HELD

    def law(self, detuning_hz: ArrayLike) -> NDArray[np.floating]:
        """Fitted beat at other detunings, Hz."""
        return _law(
            np.asarray(detuning_hz, float),
            self.centre_hz.value,
            self.half_range_hz.value,
            self.diffusion_hz.value,
            self.tuning.value,
        )


def fit_tongue(
    detuning_hz: ArrayLike, beats: list[Interval], *, free_tuning: bool = False
) -> Tongue:
    """Fit beats at several detunings by Adler's law with noise.

    beat(Δ) is `theory.stochastic.adler.adler_beat`: 0 inside and ±√((Δ − Δ₀)² − K²) outside for
    weak noise. The intervals are profiles of χ² (a rise by 1.96²), since the range's error is
    lopsided where no detuning lies near its edge, and D's ends at 0.

    Args:
        detuning_hz: of the free vibrations, in the beat's sense and scale, shape (M,), M ≥ 5; with
            a free tuning whatever moves their difference in proportion, such as a laser's detuning
            by the optical spring, M ≥ 6.
        beats: `PhaseRecord.locking.beat_hz` at each.
        free_tuning: fit that proportion, too: beat(x) is Adler's at Δ = tuning (x − centre), and
            the range stays in the scale of x.

    Raises:
        InputError: too few points, beats without errors, or none that moves with the detuning.

    Source: Adler, doi:10.1109/JRPROC.1946.229930; Stratonovich (1967), chapter 9.
    """
    import lmfit

    x = np.asarray(detuning_hz, float)
    y = np.array([beat.value for beat in beats])
    σ = np.array([(beat.high - beat.low) / 2 / SIGMAS_95 for beat in beats])
    fewest = _FEWEST + free_tuning
    if x.shape != y.shape or len(x) < fewest or not np.isfinite([*x, *y, *σ]).all():
        raise InputError(
            f"{len(y)} beats at {x.size} detunings do not make a tongue; give one each at "
            f"{fewest} detunings or more, and leave out what has no beat."
        )
    if not np.all(σ > 0):
        raise InputError("a beat has no error; give intervals wider than 0.")
    span = float(np.ptp(x))
    if not span > 0:
        raise InputError("all detunings are the same; give some that lie apart.")
    slope = _slope(x, y, σ) if free_tuning else 1.0
    model = lmfit.Model(_law, independent_vars=["detuning_hz"])
    best: Any = None
    for centre in np.quantile(x, [0.35, 0.65]):
        for part in (0.08, 0.3):
            parameters = model.make_params(
                centre_hz={"value": float(centre), "min": float(x.min()), "max": float(x.max())},
                half_range_hz={"value": part * span, "min": 0, "max": span},
                diffusion_hz={
                    "value": 0.02 * span * abs(slope),
                    "min": 0,
                    "max": span * abs(slope),
                },
                tuning={
                    "value": slope,
                    "min": min(0.0, _STEEPEST * slope),
                    "max": max(0.0, _STEEPEST * slope),
                    "vary": free_tuning,
                },
            )
            tried = model.fit(y, parameters, detuning_hz=x, weights=1 / σ, scale_covar=False)
            if best is None or tried.chisqr < best.chisqr:
                best = tried
    found = {name: _profile(model, best, name) for name in best.var_names}
    return Tongue(
        x, y, σ, **found, chi_square=float(best.chisqr), degrees=len(x) - len(best.var_names)
    )


def _law(
    detuning_hz: NDArray[np.floating],
    centre_hz: float,
    half_range_hz: float,
    diffusion_hz: float,
    tuning: float,
) -> NDArray[np.floating]:
    Δ, K = tuning * (detuning_hz - centre_hz), abs(tuning * half_range_hz)
    return adler_beat(Δ, K, abs(diffusion_hz))


def _slope(x: NDArray[np.floating], y: NDArray[np.floating], σ: NDArray[np.floating]) -> float:
    """Mean slope of the beats, where they are not all the same."""
    from scipy.stats import chi2

    mean = np.average(y, weights=σ**-2)
    if chi2.sf(np.sum(((y - mean) / σ) ** 2), len(y) - 1) > 0.05:
        raise InputError(
            f"the beat is the same at all detunings ({mean:.3g} Hz within errors), so they neither "
            "lock the pair nor free it; go over a wider range."
        )
    return float(np.polyfit(x, y, 1, w=1 / σ)[0])


def _profile(model: Any, best: Any, name: str) -> Interval:
    """Where χ², minimised over the other parameters, has risen by 1.96²; bounds end the search."""
    from scipy.optimize import brentq

    value, lower, upper = (
        float(getattr(best.params[name], part)) for part in ("value", "min", "max")
    )
    data, x, weights = best.data, best.userkws["detuning_hz"], best.weights

    def excess(at: float) -> float:
        held = best.params.copy()
        held[name].set(value=at, vary=False)
        found = model.fit(data, held, detuning_hz=x, weights=weights, scale_covar=False)
        return float(found.chisqr - best.chisqr) - SIGMAS_95**2

    ends = []
    for bound in (lower, upper):
        first = float(best.params[name].stderr or 1e-3 * (upper - lower))
        step = float(np.copysign(first, bound - value))
        inner, outer = value, value
        # Doubling steps, from a standard error on, until χ² has risen or the bound is met.
        while abs(outer - value) < abs(bound - value):
            outer = value + step if abs(step) < abs(bound - value) else bound
            if excess(outer) > 0:
                found: Any = brentq(excess, inner, outer, xtol=3e-3 * abs(outer - value))
                outer = float(found)
                break
            inner, step = outer, 2 * step
        ends.append(outer)
    return Interval(value, *ends)
