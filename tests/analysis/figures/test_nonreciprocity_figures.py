"""Figures of nonreciprocity show what the numbers say."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import LineCollection
from matplotlib.text import Annotation

from phonosync.analysis.figures.nonreciprocity import (
    draw_contrast,
    draw_contrast_map,
    draw_isolation,
)
from phonosync.analysis.nonreciprocity.two_way import TwoWayIsolation
from phonosync.analysis.statistics.interval import UNKNOWN, Interval


def test_limits_are_arrows_and_what_is_unknown_is_left_out(tmp_path):
    contrast = [Interval(0.2, 0.1, 0.3), Interval(np.nan, 0.9, np.nan), UNKNOWN]
    band = ([1, 3], [0.2, 0.9], [0.1, 0.8], [0.3, 1.0])
    figure = draw_contrast([1.0, 2.0, 3.0], contrast, label="laser power (mW)", theory=band)
    figure.savefig(tmp_path / "contrast.png")
    [axes] = figure.axes
    [arrow] = [text for text in axes.texts if isinstance(text, Annotation)]
    assert arrow.get_position() == (2.0, 0.9)
    assert arrow.xy == (2.0, 1.0)
    assert axes.get_xlabel() == "laser power (mW)"


def test_the_line_encloses_the_significant_settings(tmp_path):
    power = ("laser_power", [1.0, 2.0, 3.0], {"units": "mW"})
    coords = {"laser_power": power, "detuning": [0.0, 10.0]}
    chi = xr.DataArray(np.full((3, 2), 0.5), coords, dims=("laser_power", "detuning"))
    q = chi.copy(data=[[0.5, 0.5], [0.01, 0.5], [0.01, 0.5]]).transpose()
    figure = draw_contrast_map(chi, q)
    figure.savefig(tmp_path / "map.png")
    axes = figure.axes[0]
    [line] = [c for c in axes.collections if isinstance(c, LineCollection)]
    segments = line.get_segments()
    assert len(segments) == 6  # round two cells
    corners = np.concatenate([np.asarray(s) for s in segments])
    assert corners.min(axis=0) == pytest.approx([-5.0, 1.5])
    assert corners.max(axis=0) == pytest.approx([5.0, 3.5])
    assert axes.get_ylabel() == "laser power (mW)"


def test_only_the_band_about_the_peak_is_shaded(tmp_path):
    f = 5e9 + np.arange(7.0) * 1e6
    value = np.array([15.0, 5.0, 12.0, 30.0, 12.0, 5.0, 15.0])
    found = TwoWayIsolation(
        f,
        value,
        value - 1,
        np.where(value > 20, np.inf, value + 1),
        (2, 1),
        f[3],
        Interval(np.nan, 29.0, np.nan),
        10.0,
        Interval(2.4e6, 2.0e6, 2.8e6),
        Interval(1.0, 0.9, 1.1),
    )
    figure = draw_isolation(found)
    figure.savefig(tmp_path / "isolation.png")
    [axes] = figure.axes
    [span] = axes.patches
    edges = span.get_extents().transformed(axes.transData.inverted())
    low, high = axes.get_xlim()
    assert (edges.x0 - low) / (high - low) == pytest.approx(2 / 6)
    assert (edges.x1 - low) / (high - low) == pytest.approx(4 / 6)
    assert "peak > 29 dB" in axes.get_title()
    assert "2.40 MHz" in axes.get_title()
