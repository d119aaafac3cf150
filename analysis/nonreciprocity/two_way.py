"""Isolation of a two-port from S21 and S12: its peak, its bandwidth, the loss it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.statistics.interval import Interval
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

_DECIBEL = 20 / np.log(10)
_GAUSSIAN_FROM = 100.0  # |S|²/σ² beyond which the modulus' error is normal to 0.1 %
_OPEN_DB = 1e3  # stands for infinite isolation where a line has to be drawn


@dataclass(frozen=True, eq=False)
class TwoWayIsolation:
    """What a network analyzer's sweep says about isolation.

    Attributes:
        frequency_hz: shape (F,).
        isolation_db: 20 log10(|S_pass|/|S_block|), shape (F,).
        low_db, high_db: its 95 % interval point by point; infinite where a modulus may be zero.
        passing: (output port, input port) of the direction that passes.
        peak_hz: where the isolation is greatest.
        peak_db: greatest isolation; its interval holds for the greatest of all points.
        level_db: of the bandwidth.
        bandwidth_hz: of the band about the peak with more isolation than that; a lower limit where
            it reaches the edge of the sweep.
        insertion_loss_db: −20 log10|S_pass| at the peak.
    """

    frequency_hz: NDArray[np.floating]
    isolation_db: NDArray[np.floating]
    low_db: NDArray[np.floating]
    high_db: NDArray[np.floating]
    passing: tuple[int, int]
    peak_hz: float
    peak_db: Interval
    level_db: float
    bandwidth_hz: Interval
    insertion_loss_db: Interval


def trace_noise(sweeps: xarray.DataArray) -> xarray.DataArray:
    """Trace noise of the mean of repeated sweeps: √⟨|S − ⟨S⟩|²⟩, over the frequencies too.

    Args:
        sweeps: complex, with a dimension `repeat` of at least 2 and one `frequency`.

    Raises:
        InputError: fewer than 2 repeats.
    """
    repeats = sweeps.sizes.get("repeat", 0)
    if repeats < 2:
        raise InputError("one sweep shows no noise; measure at least two repeats.")
    apart = sweeps - sweeps.mean("repeat")
    power = (apart.real**2 + apart.imag**2).sum("repeat").mean("frequency")
    return (power / (repeats - 1) / repeats) ** 0.5


def modulus_interval(
    magnitude: ArrayLike, sigma: ArrayLike, *, level: float = 0.05
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Interval of |S| from |S + noise|, down to the noise (Rice's distribution).

        2 |S + n|²/σ² ~ χ'²(2, λ = 2 |S|²/σ²)

    is turned over for λ; far above the noise it is |S + n| ± z σ/√2.

    Args:
        magnitude: measured.
        sigma: σ, r.m.s. of the complex noise, ⟨|n|²⟩ = σ².
        level: error probability.
    """
    from scipy.special import chndtr, chndtrinc
    from scipy.stats import norm

    m, s = np.broadcast_arrays(np.asarray(magnitude, float), np.asarray(sigma, float))
    half = float(norm.isf(level / 2)) * s / np.sqrt(2)
    ends = [np.array(m - half), np.array(m + half)]
    near = m**2 < _GAUSSIAN_FROM * s**2
    if np.any(near):
        x = 2 * (m[near] / s[near]) ** 2
        for end, share in zip(ends, (1 - level / 2, level / 2), strict=True):
            zero = chndtr(x, 2, 0.0) < share  # even no signal at all gives less
            noncentrality = chndtrinc(np.maximum(x, 1e-12), 2, share)
            end[near] = s[near] * np.sqrt(np.where(zero, 0.0, noncentrality) / 2)
    return ends[0], ends[1]


def two_way_isolation(
    S: xarray.DataArray, *, trace_noise: float | xarray.DataArray, level_db: float
) -> TwoWayIsolation:
    """Isolation between ports 1 and 2, its peak and its bandwidth.

    Peak and bandwidth come from a band that holds the whole curve at once (Bonferroni over the
    points): the greatest of many noisy points is too high, and an interval of it alone would not
    say so. They hold with at least 95 %.

    Args:
        S: complex, dimensions (output_port, input_port, frequency), as a network analyzer's role
            gives them; port numbers 1 and 2 as coordinates, frequency in Hz, increasing.
        trace_noise: σ of every S-parameter (r.m.s. of the complex noise), or by output and input
            port.
        level_db: isolation that the bandwidth is asked for.

    Raises:
        InputError: dimensions, ports or values are not these, or no positive noise.
    """
    import xarray as xr

    _check(S)
    S = S.transpose("output_port", "input_port", "frequency")
    noise = xr.zeros_like(S.isel(frequency=0, drop=True), dtype=float) + trace_noise
    if not bool((noise > 0).all()):
        raise InputError("trace noise must be positive; trace_noise() of two sweeps tells it.")
    f = S["frequency"].values.astype(float)

    def modulus(output: int, input_: int) -> tuple[NDArray[np.floating], float]:
        at = {"output_port": output, "input_port": input_}
        return np.abs(S.sel(at).values), float(noise.sel(at))

    ways = [modulus(2, 1), modulus(1, 2)]
    passing = (2, 1)
    ratio = np.log(np.maximum(ways[0][0], 1e-300) / np.maximum(ways[1][0], 1e-300))
    if ratio.max() < -ratio.min():
        ways, passing, ratio = ways[::-1], (1, 2), -ratio
    isolation = _DECIBEL * ratio
    low, high = _isolation_ends(ways, 0.05)
    all_low, all_high = _isolation_ends(ways, 0.05 / len(f))
    top = int(np.argmax(isolation))
    peak = _limit(float(isolation[top]), float(all_low.max()), float(all_high.max()))
    curves = (isolation, all_low, all_high)
    widths = [_width(f, curve, level_db, at=top) for curve in curves]
    if np.isinf(widths[0]) or np.isinf(widths[2]):
        least = widths[1] if np.isfinite(widths[1]) else float(f[-1] - f[0])
        bandwidth = Interval(np.nan, least, np.nan)
    else:
        bandwidth = Interval(*widths)
    magnitude, sigma = ways[0][0][top], ways[0][1]
    loss_low, loss_high = modulus_interval(magnitude, sigma)
    loss = [-_DECIBEL * float(np.log(max(x, 1e-300))) for x in (magnitude, loss_high, loss_low)]
    return TwoWayIsolation(
        f, isolation, low, high, passing, float(f[top]), peak, level_db, bandwidth, Interval(*loss)
    )


def _isolation_ends(
    ways: list[tuple[NDArray[np.floating], float]], level: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Ends of ln|S_pass| − ln|S_block| in dB: distances to the single ends, squared and added."""
    with np.errstate(divide="ignore"):
        logs = [np.log([*modulus_interval(m, s, level=level), m]) for m, s in ways]
    (a_low, a_high, a), (b_low, b_high, b) = logs
    low = a - b - np.hypot(a - a_low, b_high - b)
    high = a - b + np.hypot(a_high - a, b - b_low)
    return _DECIBEL * low, _DECIBEL * high


def _limit(value: float, low: float, high: float) -> Interval:
    """What has no upper end is a lower limit."""
    return Interval(value, low, high) if np.isfinite(high) else Interval(np.nan, low, np.nan)


def _width(f: NDArray[np.floating], curve: NDArray[np.floating], level: float, *, at: int) -> float:
    """Width of the band about a point where the curve exceeds the level; ∞ at a sweep's edge."""
    y = np.clip(curve, -_OPEN_DB, _OPEN_DB)
    if y[at] <= level:
        return 0.0
    width = 0.0
    for step in (-1, 1):
        beyond = np.flatnonzero(y[at::step] <= level)
        if not len(beyond):
            return np.inf
        out = at + step * beyond[0]
        share = (y[out - step] - level) / (y[out - step] - y[out])
        width += abs(f[out - step] + share * (f[out] - f[out - step]) - f[at])
    return float(width)


def _check(S: xarray.DataArray) -> None:
    if set(S.dims) != {"output_port", "input_port", "frequency"}:
        raise InputError(
            f"S-parameters have the dimensions {', '.join(map(str, S.dims))}; give output_port, "
            "input_port and frequency, one setting at a time."
        )
    for name in ("output_port", "input_port"):
        if name not in S.coords or not {1, 2} <= set(S[name].values.tolist()):
            raise InputError(f"{name} does not name ports 1 and 2, so S21 cannot be told from S12.")
    f = S["frequency"].values
    if len(f) < 3 or not np.all(np.diff(f) > 0) or not bool(np.isfinite(S).all()):
        raise InputError(
            "S-parameters need at least 3 rising frequencies and finite values; measure again."
        )
