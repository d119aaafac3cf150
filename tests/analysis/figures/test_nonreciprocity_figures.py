"""Figures of nonreciprocity show what the numbers say."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import LineCollection
from matplotlib.text import Annotation

from phonosync.analysis.figures.band import Band, Theory
from phonosync.analysis.figures.nonreciprocity import (
    draw_contrast,
    draw_contrast_map,
    draw_isolation,
)
from phonosync.analysis.nonreciprocity.two_way import TwoWayIsolation
from phonosync.analysis.statistics.interval import UNKNOWN, Interval


def test_limits_are_arrows_and_what_is_unknown_is_left_out(tmp_path):
    contrast = [Interval(0.2, 0.1, 0.3), Interval(np.nan, 0.9, np.nan), UNKNOWN]
    ends = {95: (np.array([0.1, 0.8]), np.array([0.3, 1.0]))}
    band = Band(np.array([1e-3, 3e-3]), np.array([0.2, 0.9]), ends)
    figure = draw_contrast(
        [1e-3, 2e-3, 3e-3],
        contrast,
        name="laser_power",
        unit="W",
        theory=[Theory("fitted device", {"light": band}, of="the fit")],
    )
    figure.savefig(tmp_path / "contrast.png")
    [axes] = figure.axes
    [fill] = axes.collections[:1]
    corners = np.concatenate([path.vertices for path in fill.get_paths()])
    assert corners.min(axis=0) == pytest.approx([1, 0.1])
    assert corners.max(axis=0) == pytest.approx([3, 1.0])
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["measured, 95 % interval", "fitted device", "95 % of the fit"]
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


@pytest.mark.parametrize(
    ("values", "range_"),
    [
        ([0.5, 0.8], (-0.05, 1.05)),
        ([-0.8, -0.1], (-1.05, 0.05)),
        ([-0.2, 0.3], (-1.05, 1.05)),
        ([0.5, 1.2], (-0.05, 1.3)),  # of noise power that noise made negative
    ],
)
def test_a_contrast_of_one_sign_fills_its_half_of_the_scale(values, range_):
    contrast = [Interval(x, x - 0.05, x + 0.05) for x in values]
    figure = draw_contrast([1e-3, 2e-3], contrast, name="laser_power", unit="W")
    assert figure.axes[0].get_ylim() == pytest.approx(range_)


def test_cells_of_a_map_over_powers_by_ratio_meet_half_way_by_ratio():
    power = ("laser_power", [1e-3, 1e-2, 1e-1], {"units": "W"})
    coords = {"laser_power": power, "temperature": ("temperature", [0.1, 0.2], {"units": "K"})}
    chi = xr.DataArray(np.full((3, 2), 0.5), coords, dims=("laser_power", "temperature"))
    axes = draw_contrast_map(chi, chi * 0).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("temperature (mK)", "laser power (mW)")
    assert axes.get_yscale() == "log"
    [line] = [c for c in axes.collections if isinstance(c, LineCollection)]
    corners = np.concatenate([np.asarray(s) for s in line.get_segments()])
    assert corners[:, 1].min() == pytest.approx(10**-0.5)
    assert corners[:, 1].max() == pytest.approx(100 * 10**0.5)
