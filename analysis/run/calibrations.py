"""What a run's calibration tone says of the detection: how its gain moved, and how surely.

The tone is known to be steady at its source, so that its power in the spectra follows the gain of
detector and analyzer between two shot-noise references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from phonosync.analysis.run.conditions import plan_of
from phonosync.analysis.statistics.windows import point_correlations

if TYPE_CHECKING:
    import xarray

CHANCE = 0.001
"""Scatter of calibrations that is this rare by chance is a change."""
_REACH = 1.5  # 3 dB bandwidths to either side that hold all but 0.02 % of a tone's power
_BESIDE = 8.0  # out to which its background is looked at
_TOLD = 0.05  # standard error of a gain that is worth following
_STEADY = 0.005  # a change of the gain that nothing else in a run is known to


@dataclass(frozen=True, eq=False)
class ToneGain:
    """The gain of the detection by its calibration tone.

    Attributes:
        gain: power of the tone over its mean, dimension tone_repeat, coordinate `measured_at` (s)
            where it is known.
        error: standard error of each, from the noise that the tone lies in.
        moved: it scatters by more than that.
    """

    gain: xarray.DataArray
    error: float
    moved: bool

    @property
    def timed(self) -> bool:
        """Whether it is known when each was measured."""
        return "measured_at" in self.gain.coords

    def at(self, times_s: ArrayLike) -> NDArray[np.floating]:
        """The gain at times, between its neighbours; beyond the first and last, theirs."""
        times = np.asarray(self.gain["measured_at"].values, float)
        order = np.argsort(times)
        return np.interp(np.asarray(times_s, float), times[order], self.gain.values[order])


def tone_gain(data: xarray.Dataset) -> tuple[ToneGain | None, tuple[str, ...]]:
    """Follow the power P of a run's calibration tone.

    With N the background beside the tone, T_k = S_k − N summed over the points that its filter
    reaches is P; amplitudes of signal and noise add, so that K averages leave

        Var P = Σ_kl (N² ρ_kl² + 2 N √(T_k T_l) ρ_kl)/K

    with ρ the correlation of amplitudes at two points, and what K averages leave of N.

    Args:
        data: the run.

    Returns:
        The gain, and notes; None without a tone, or with one that tells nothing.
    """
    from scipy.stats import chi2

    tone = (plan_of(data).get("calibrations") or {}).get("tone")
    if tone is None or "tone_psd" not in data:
        return None, ()
    f, B = data["frequency"].values, float(data.attrs["resolution_bandwidth_hz"])
    step = float(f[1] - f[0])
    reach = max(_REACH * B, step)
    off = np.abs(f - float(tone["frequency"]))
    near, beside = off <= reach, (off > 2 * reach) & (off <= _BESIDE * reach)
    if off.min() > reach or not beside.any():
        return None, ("the calibration tone lies at the edge of the spectrum; it is not used.",)
    psd = data["tone_psd"].transpose("tone_repeat", "frequency").values
    whole = np.isfinite(psd).all(axis=1)
    if not whole.any():
        return None, ()
    noise = psd[:, beside].mean(axis=1)
    power = (psd[:, near] - noise[:, None]).sum(axis=1)[whole]
    sigma = _error(
        psd[whole][:, near].mean(axis=0),
        float(noise[whole].mean()),
        K=float(tone["averages"]),
        beside=int(beside.sum()),
        correlations=point_correlations(str(data.attrs["window"]), B, step),
    )
    mean, n = float(power.mean()), len(power)
    error = sigma / mean if mean > sigma else np.inf
    if error > _TOLD:
        found = (
            f"tells the gain to ± {error:.1%} only, so weak it is beside the noise"
            if np.isfinite(error)
            else "does not stand out of the noise"
        )
        where = (
            f" Its frequency lies {off.min():.3g} Hz beside the next point, the filter is {B:.3g} "
            "Hz wide."
            if off.min() > B / 2
            else ""
        )
        return None, (
            f"the calibration tone {found}; it is not used.{where} Raise its power or averages, "
            "or look whether it reaches the detector.",
        )
    gain = data["tone_psd"].isel(frequency=0, drop=True)[whole].copy(data=power / mean)
    if "tone_measured_at" in data:
        gain = gain.assign_coords(measured_at=data["tone_measured_at"][whole])
    scatter = float(np.sum((gain.values - 1) ** 2)) / error**2
    changed = n > 1 and bool(chi2.sf(scatter, n - 1) < CHANCE)
    moved = changed and float(np.ptp(gain.values)) > _STEADY
    return ToneGain(gain.assign_attrs(units="1").rename("tone_gain"), error, moved), ()


def _error(
    seen: NDArray[np.floating],
    noise: float,
    *,
    K: float,
    beside: int,
    correlations: NDArray[np.floating],
) -> float:
    """Standard error of the tone's summed power, by the equation of `tone_gain`."""
    lag = np.abs(np.subtract.outer(np.arange(len(seen)), np.arange(len(seen))))
    squared = np.concatenate([[1.0], correlations, np.zeros(len(seen))])[lag]
    line = np.sqrt(np.clip(seen - noise, 0, None))
    own = noise**2 * squared + 2 * noise * np.outer(line, line) * np.sqrt(squared)
    background = (len(seen) * noise) ** 2 * (1 + 2 * correlations.sum()) / beside
    return float(np.sqrt((own.sum() + background) / K))
