"""Light and field crossed: which of the two makes the device one-way, or only both together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.nonreciprocity.permutation import main_pattern, permutation_p_value
from phonosync.analysis.statistics.interval import UNKNOWN, Interval, mean_interval
from phonosync.theory.errors import InputError


@dataclass(frozen=True)
class Effect:
    """One effect and its test.

    Attributes:
        difference: mean over the quads, with Student's interval; unknown for spectra, whose pattern
            is taken from the same data.
        p_value: by permutation, exact for the order that was measured.
        quads: how many signs were drawn for it; the least p is 2/2^quads.
    """

    difference: Interval
    p_value: float
    quads: int


@dataclass(frozen=True)
class CrossedEffects:
    """Main effects and interaction of a crossed design.

    Attributes:
        light: light + minus light −, mean of both fields.
        field: field + minus field −, mean of both lights.
        interaction: the light effect at field + minus that at field −.
    """

    light: Effect
    field: Effect
    interaction: Effect


def crossed_effects(values: ArrayLike) -> CrossedEffects:
    """Effects of light and field from light quads nested in field quads.

    A field quad visits the fields +−−+ or −++−, its sign drawn by chance; at each visit a light
    quad, its own sign drawn, measures both lights. What the signs exchange says what is exact:

    - no effect of light: each light quad's difference may change its sign (4 a field quad);
    - no effect of field: each field quad's difference may;
    - no interaction: the field does not change the light effect, so the difference of the light
      effects at both fields may change its sign with the field quad, whatever light itself does.

    Args:
        values: a number per visit and light (mean of its two measurements), shape (Q, 2, 2, 2):
            field quad, field (+, −), visit to that field, light (+, −). A further last dimension F
            takes spectra in shot-noise units: then differences of their logarithms, weighted by the
            share of the power that is not shot noise, are projected on their own main pattern.

    Raises:
        InputError: another shape, a value that is not finite, or a spectrum that is not positive.
    """
    y = np.asarray(values, float)
    if y.ndim not in (4, 5) or y.shape[1:4] != (2, 2, 2):
        raise InputError(
            f"values of shape {y.shape} are not (field quads, 2 fields, 2 visits, 2 lights), with "
            "a frequency axis behind them for spectra; arrange them so."
        )
    if not np.all(np.isfinite(y)) or (y.ndim == 5 and not np.all(y > 0)):
        raise InputError("values that are not finite, or spectra not positive; leave quads out.")
    if y.ndim == 5:
        y = np.maximum(1 - 1 / y.mean(axis=(0, 1, 2, 3)), 0) * np.log(y)
    light = y[:, :, :, 0] - y[:, :, :, 1]
    mean = y.mean(axis=(2, 3))
    at_field = light.mean(axis=2)
    return CrossedEffects(
        _effect(light.reshape(-1, *light.shape[3:])),
        _effect(mean[:, 0] - mean[:, 1]),
        _effect(at_field[:, 0] - at_field[:, 1]),
    )


def _effect(differences: NDArray[np.floating]) -> Effect:
    if differences.ndim > 1:
        return Effect(UNKNOWN, permutation_p_value(main_pattern(differences)), len(differences))
    return Effect(mean_interval(differences), permutation_p_value(differences), len(differences))
