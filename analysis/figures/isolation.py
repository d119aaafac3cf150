"""Isolation of a two-port in both directions: whether it turns round is seen at a glance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from phonosync.analysis.figures.direction import Way
from phonosync.analysis.measured.frequency_axis import label_frequency
from phonosync.analysis.nonreciprocity.two_way import TwoWayIsolation

_GREY = "#555555"


def draw_signed_isolation(found: Mapping[Way, TwoWayIsolation]) -> Figure:
    """Draw 20 log10|S21/S12| of every direction with its 95 % interval; above zero S21 passes.

    Args:
        found: per direction, at one setting.
    """
    figure = Figure(figsize=(6.2, 4.0), layout="constrained")
    axes = figure.subplots()
    f = next(iter(found.values())).frequency_hz
    shift, scale = label_frequency(axes, (float(f[0]), float(f[-1])), "probe frequency")
    reach = max(float(np.abs(one.isolation_db).max()) for one in found.values())
    for way, one in found.items():
        sign = 1.0 if one.passing == (2, 1) else -1.0
        x = (one.frequency_hz - shift) / scale
        low, high = (
            np.clip(sign * end, -2 * reach, 2 * reach) for end in (one.low_db, one.high_db)
        )
        axes.fill_between(x, low, high, color=way.colour, alpha=0.25, lw=0)
        axes.plot(x, sign * one.isolation_db, color=way.colour, ls=way.line, lw=1.3, label=way.name)
    axes.axhline(0, color=_GREY, lw=0.8, ls=":")
    axes.set_ylim(-1.15 * reach, 1.15 * reach)
    axes.set_ylabel(r"isolation $20\,\log_{10}|S_{21}/S_{12}|$ (dB)")
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9)
    return figure
