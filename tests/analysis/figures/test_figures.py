"""Figures: labelled axes with units, one colour a direction, intervals drawn."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from phonosync.analysis.directions.synchronization import Nonreciprocity
from phonosync.analysis.figures.run import COLOURS, draw_spectra, draw_synchronization
from phonosync.analysis.statistics.interval import UNKNOWN, Interval


def lines_of(panel) -> Any:
    """Measured points and fit."""
    return panel.get_lines()[:2]


def test_spectra_have_labelled_axes_with_units(ring_analysis):
    axes = draw_spectra(ring_analysis.fit).axes
    assert len(axes) == 4
    assert axes[0].get_ylabel() == "noise power (shot noise = 1)"
    assert axes[2].get_ylabel() == "residual (σ)"
    assert [a.get_xlabel() for a in axes[2:]] == ["frequency (MHz)"] * 2


def test_spectra_show_data_and_fit_of_each_direction_in_its_colour(ring_analysis):
    axes = draw_spectra(ring_analysis.fit).axes
    for panel, light in zip(axes[:2], (1, -1), strict=True):
        data, model = lines_of(panel)
        assert data.get_color() == COLOURS[light]
        assert data.get_ydata() == pytest.approx(ring_analysis.fit.spectra.power[light])
        assert model.get_ydata() == pytest.approx(ring_analysis.fit.model(light))
        assert data.get_xdata()[[0, -1]] == pytest.approx([9.4, 11.6])


def test_one_direction_alone_is_drawn_too(ring_analysis):
    fit = ring_analysis.fit
    spectra = replace(fit.spectra, power={-1: fit.spectra.power[-1]})
    assert len(draw_spectra(replace(fit, spectra=spectra)).axes) == 2


def test_synchronization_is_drawn_with_its_intervals(ring_analysis):
    figure = draw_synchronization(ring_analysis)
    axes: Any = figure.axes[0]
    assert axes.get_ylabel() == "complete synchronization $S_c$"
    assert len(axes.get_xticklabels()) == 2
    assert len(axes.containers) == 2
    for container, entry in zip(axes.containers, ring_analysis.directions, strict=True):
        [bars] = container.lines[2]
        [segment] = bars.get_segments()
        assert segment[:, 1] == pytest.approx([entry.S_c.low, entry.S_c.high])
        assert to_hex(bars.get_color()[0]) == COLOURS[entry.light]


def test_both_directions_have_different_colours():
    assert len(set(COLOURS.values())) == 2


@pytest.mark.parametrize("S_c", [Interval(np.nan, 0.02, np.nan), UNKNOWN])
def test_a_limit_or_nothing_at_all_can_be_drawn(ring_analysis, S_c):
    analysis = replace(
        ring_analysis,
        directions=[replace(entry, S_c=S_c) for entry in ring_analysis.directions],
        nonreciprocity=Nonreciprocity(UNKNOWN, UNKNOWN),
        p_value=None,
    )
    figure = draw_synchronization(analysis)
    figure.canvas.draw()
    assert figure.axes[0].containers == []
