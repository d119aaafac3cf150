"""The contrast of noise power, quad by quad and without a model: cheap enough to watch live."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import UNKNOWN, Interval
from phonosync.analysis.statistics.ratio import ratio_interval
from phonosync.theory.errors import InputError


def excess_noise(psd: ArrayLike, shot_noise: ArrayLike) -> NDArray[np.floating]:
    """Noise power above shot noise in the measured band, in units of the shot noise's own.

        A = Σ (P − P_shot) / Σ P_shot

    Args:
        psd: P, shape (..., F); leading dimensions are kept, W/Hz or any unit.
        shot_noise: P_shot, the reference's trace, shape (F,), same unit.

    Raises:
        InputError: the shapes do not fit, or the reference's power is not positive.

    >>> float(excess_noise([3.0, 1.0, 2.0], [1.0, 1.0, 1.0]))
    1.0
    """
    P, shot = np.asarray(psd, float), np.asarray(shot_noise, float)
    if P.shape[-1:] != shot.shape:
        raise InputError(
            f"a spectrum of {P.shape[-1:]} points and a shot-noise reference of {shot.shape} do "
            "not fit; measure both on the same frequencies."
        )
    power = shot.sum()
    if not power > 0:
        raise InputError(
            f"the shot-noise reference sums up to {power:g}, not to a positive power; measure it "
            "again."
        )
    return P.sum(axis=-1) / power - 1


def quad_contrast(
    forward: ArrayLike,
    backward: ArrayLike,
    *,
    level: float = 0.05,
    reference_error: float = 0.0,
) -> Interval:
    """Contrast (A_+ − A_−)/(A_+ + A_−) of the quads' mean excess noise, with its interval.

    A quad gives d = A_+ − A_− and s = A_+ + A_−; χ = Σd/Σs, and Fieller's interval asks whether the
    quads' d − χ s scatter about zero (Student's t). A drift from quad to quad turns d and s alike
    and leaves d − χ s alone; one inside a quad is cancelled by its order. A_± may be negative
    (squeezing), so χ is not bounded.

    Args:
        forward, backward: A of each quad (mean of its two spectra of that direction), shape (n,).
        level: error probability of the interval; 0.05 gives 95 %.
        reference_error: relative standard error of the shot-noise reference's power, common to
            all quads: about 1/√(averages · independent points).

    Returns:
        Value and interval; all NaN from a single quad or while A_+ + A_− may be zero.

    Raises:
        InputError: lengths differ, or a value is not finite.

    >>> quad_contrast([3.1, 2.9, 3.0, 3.2], [1.0, 1.1, 0.9, 1.0]).text()
    ('0.506', '0.445 … 0.567')
    """
    from scipy.stats import t

    plus, minus = np.asarray(forward, float), np.asarray(backward, float)
    if plus.shape != minus.shape or plus.ndim != 1 or not np.all(np.isfinite(plus + minus)):
        raise InputError(
            f"{plus.size} forward and {minus.size} backward numbers are not one finite pair per "
            "quad; leave incomplete quads out."
        )
    n = len(plus)
    if n < 2:
        return UNKNOWN
    pairs = np.stack([plus - minus, plus + minus])
    d, s = pairs.mean(axis=1)
    # A shot-noise level wrong by ε changes A by −(1 + A) ε, in every quad alike.
    common = reference_error * np.array([d, s + 2])
    V = np.cov(pairs) / n + np.outer(common, common)
    low, high = ratio_interval(d, s, V, critical=t.ppf(1 - level / 2, n - 1))
    if not (np.isfinite(low) and low <= high):
        return UNKNOWN
    return Interval(float(d / s), float(low), float(high))
