"""What a run's calibration tone says of the detection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray

_BANDWIDTHS = 4.0  # of the tone: so far its filter's shape reaches
_STEADY = 0.02  # change of the gain that a note tells of


def tone_gain(data: xarray.Dataset) -> tuple[xarray.DataArray | None, tuple[str, ...]]:
    """Power of the calibration tone over its mean: how the detection's gain moved.

    The spectrum's background, a median beside the tone, is taken off; its power is summed over the
    analyzer's filter.

    Args:
        data: the run.

    Returns:
        Over tone_repeat, with `measured_at` where it is known, and notes; None without a tone.
    """
    plan = json.loads(data.attrs.get("plan", "{}"))
    tone = (plan.get("calibrations") or {}).get("tone")
    if tone is None or "tone_psd" not in data:
        return None, ()
    f = data["frequency"].values
    reach = max(_BANDWIDTHS * float(data.attrs["resolution_bandwidth_hz"]), 2 * (f[1] - f[0]))
    near = np.abs(f - tone["frequency"]) <= reach
    beside = (np.abs(f - tone["frequency"]) <= 5 * reach) & ~near
    if not (near.any() and beside.any()):
        return None, ("the calibration tone lies at the edge of the spectrum; it is not used.",)
    psd = data["tone_psd"].transpose("tone_repeat", "frequency").values
    power = (psd[:, near] - np.median(psd[:, beside], axis=1)[:, None]).sum(axis=1)
    whole = np.isfinite(power) & (power > 0)
    gain = data["tone_psd"].isel(frequency=0, drop=True).copy(data=power)
    gain = gain[whole] / power[whole].mean()
    if "tone_measured_at" in data:
        gain = gain.assign_coords(measured_at=data["tone_measured_at"][whole])
    moved = float(np.ptp(gain.values)) if len(gain) > 1 else 0.0
    notes = ()
    if moved > _STEADY:
        notes = (
            f"the calibration tone's power moved by {moved:.1%}: the detection's gain, and with it "
            "the unit of the spectra, was not steady; interleave shot noise as often as the tone.",
        )
    return gain.assign_attrs(units="1").rename("tone_gain"), notes
