"""The resolution of a spectrum: the window of its segments, or the filter of the analyzer."""

from __future__ import annotations

from typing import Any

import xarray as xr

from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GaussianFilter

Resolution = SegmentWindow | GaussianFilter


def attributes_of(resolution: Resolution | None) -> dict[str, Any]:
    """Attributes of a spectrum that say how it was resolved."""
    if isinstance(resolution, GaussianFilter):
        return {"window": "gaussian", "resolution_bandwidth_hz": resolution.bandwidth_hz}
    if isinstance(resolution, SegmentWindow):
        return {
            "window": str(resolution.window),
            "segment_duration_s": resolution.duration_s,
            "segment_overlap": resolution.overlap,
        }
    return {}


def resolution_of(spectrum: xr.DataArray) -> Resolution | None:
    """Window or filter that a spectrum was taken with, None where nobody said."""
    attributes = spectrum.attrs
    if "resolution_bandwidth_hz" in attributes and attributes.get("window") == "gaussian":
        return GaussianFilter(float(attributes["resolution_bandwidth_hz"]))
    if "segment_duration_s" in attributes:
        return SegmentWindow(
            str(attributes["window"]),
            float(attributes["segment_duration_s"]),
            float(attributes.get("segment_overlap", 0.0)),
        )
    return None
