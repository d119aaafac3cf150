"""Figures of whole runs: axes with units, one colour a direction, limits as marks."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.figures.against_setting import draw_against_setting
from phonosync.analysis.figures.direction import Way
from phonosync.analysis.figures.reference import draw_reference
from phonosync.analysis.figures.run import COLOURS
from phonosync.analysis.figures.setting_axis import setting_axis, shown_value
from phonosync.analysis.figures.waterfall import draw_spectral_map, draw_waterfall
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

LIGHT = [Way.of(1, 1, ("light",)), Way.of(-1, 1, ("light",))]


@pytest.fixture
def power():
    """Lorentzians that grow with power; one spectrum is missing."""
    f, powers = np.linspace(9e6, 11e6, 101), np.array([1e-4, 2e-4, 4e-4])
    line = 1 / (1 + ((f - 10e6) / 5e4) ** 2)
    values = 1 + np.array([1.0, 10.0])[:, None, None, None] * (powers / 1e-4)[:, None] * line
    values[1, 0, 2] = np.nan
    return xr.DataArray(
        values,
        dims=("light", "field", "laser_power", "frequency"),
        coords={
            "light": [1, -1],
            "field": [1],
            "laser_power": ("laser_power", powers, {"units": "W"}),
            "frequency": f,
        },
    )


@pytest.mark.parametrize("draw", [draw_waterfall, draw_spectral_map])
def test_spectra_over_a_sweep_say_frequency_setting_and_decibels(power, draw):
    figure = draw(power, LIGHT)
    panels = figure.axes[:2]
    assert [axes.get_title() for axes in panels] == [way.name for way in LIGHT]
    assert [axes.title.get_color() for axes in panels] == [COLOURS[1], COLOURS[-1]]
    assert all("(MHz)" in axes.get_xlabel() for axes in panels)
    words = [axes.get_ylabel() for axes in figure.axes] + [
        text.get_text() for axes in panels for text in axes.texts
    ]
    assert any("dB" in word for word in words)
    assert any("µW" in word for word in words)


def test_a_waterfall_shows_every_curve_whole_and_leaves_out_what_is_missing(power):
    figure = draw_waterfall(power, LIGHT)
    plus, minus = figure.axes
    assert (len(plus.lines), len(minus.lines)) == (3, 2)
    low, high = plus.get_ylim()
    for axes in (plus, minus):
        for line in axes.lines:
            y = np.asarray(line.get_ydata(), float)
            assert low < y.min()
            assert y.max() < high
    # Each curve is one step above the one below: the flanks are at shot noise.
    flanks = sorted(np.asarray(line.get_ydata(), float)[0] for line in plus.lines)
    steps = np.diff(flanks)
    assert steps[0] == pytest.approx(steps[1], rel=0.05)


def test_four_directions_stand_two_by_two(power):
    both = power.isel(field=[0, 0]).assign_coords(field=[1, -1])
    ways = [Way.of(s, f, ("light", "field")) for s in (1, -1) for f in (1, -1)]
    for draw in (draw_waterfall, draw_spectral_map):
        panels: list[Any] = draw(both, ways).axes[:4]
        rows = [axes.get_subplotspec().rowspan.start for axes in panels]
        assert rows == [0, 0, 1, 1]
        assert [axes.get_title() for axes in panels] == [way.name for way in ways]


def test_a_direction_of_the_field_takes_the_colours_where_only_the_field_turns():
    assert Way.of(1, -1, ("field",)).colour == Way.of(-1, 1, ("light",)).colour
    both = [Way.of(1, s, ("light", "field")) for s in (1, -1)]
    assert both[0].colour == both[1].colour
    assert both[0].line != both[1].line
    assert Way.of(-1, 1, ("light",)).short == "light −1"


def test_limits_are_marks_and_the_unknown_is_left_out():
    intervals = [Interval(0.5, 0.4, 0.6), Interval(np.nan, 0.2, np.nan), UNKNOWN]
    figure = draw_against_setting(
        [1e-4, 2e-4, 4e-4],
        {LIGHT[0]: intervals},
        name="laser_power",
        unit="W",
        quantity="locking value",
    )
    (axes,) = figure.axes
    assert axes.get_xlabel() == "laser power (µW)"
    assert axes.get_xscale() == "log"
    limits = [line for line in axes.lines if line.get_marker() == "^"]
    assert [np.asarray(line.get_ydata(), float)[0] for line in limits] == [0.2]
    drawn = [line for line in axes.lines if line.get_marker() == "o"]
    assert np.asarray(drawn[0].get_ydata(), float).tolist() == [0.5]


def test_references_are_drawn_over_their_mean_against_time():
    level = xr.DataArray(
        [2.0e-15, 2.2e-15], dims="n", coords={"measured_at": ("n", [100.0, 400.0])}
    )
    (axes,) = draw_reference(level).axes
    assert axes.get_xlabel().endswith("(min)")
    (line,) = [line for line in axes.lines if line.get_label() == "shot-noise reference"]
    assert np.asarray(line.get_xdata()) == pytest.approx([0, 5])
    assert np.asarray(line.get_ydata()) == pytest.approx([-100 / 21, 100 / 21])


def test_settings_are_written_in_units_of_their_size():
    x, label = setting_axis([0.05, 0.3], "field_size", "T")
    assert label == "field size (mT)"
    assert x == pytest.approx([50, 300])
    assert shown_value(-4e5, "laser_detuning", "Hz") == "−400 kHz"
