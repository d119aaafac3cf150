"""From an interval of X = ⟨q_−² + p_−²⟩ to one of synchronization, S = 1/X."""

from __future__ import annotations

import numpy as np

from phonosync.analysis.statistics.interval import Interval


def inverted(X: Interval, *, bounded: bool = True) -> tuple[Interval, list[str]]:
    """S = 1/X: the interval turned over; a lower limit where X may be zero.

    Args:
        X: with its 95 % interval; an infinite or unknown upper end gives an upper limit of S only.
        bounded: whether Heisenberg keeps S at or below 1, as S_c and S_φ.

    Returns:
        S and what must be said of it.
    """
    low = 1 / X.high if np.isfinite(X.high) else np.nan
    if not X.low > 0:
        if np.isnan(low):
            return Interval(np.nan, np.nan, np.nan), ["the data do not determine S_c."]
        note = (
            f"X = {X.value:.3g} is within two sigma of zero, so S_c has only a lower limit; "
            "average longer or detect more of the light."
        )
        return Interval(np.nan, low, np.nan), [note]
    notes = []
    if bounded and X.high < 1:
        notes.append("S_c > 1 breaks Heisenberg's limit; check efficiency and shot-noise level.")
    if np.isnan(low):
        return Interval(np.nan, np.nan, 1 / X.low), ["the data give S_c only an upper limit."]
    return Interval(1 / X.value, low, 1 / X.low), notes
