"""Figures of records and tongues: what is drawn is what was measured, labelled with its unit."""

from typing import Any

import numpy as np
import pytest
import xarray as xr

from phonosync.analysis.figures.records import (
    draw_phase_difference,
    draw_phase_histogram,
    draw_portraits,
)
from phonosync.analysis.figures.run import COLOURS
from phonosync.analysis.figures.tongue import draw_tongue, draw_tongue_map
from phonosync.analysis.records.tongue import fit_tongue
from phonosync.analysis.statistics.interval import around
from phonosync.theory.stochastic.adler import adler_beat


@pytest.fixture
def records():
    """Locked for +1; for −1 the first vibration is 3 Hz faster."""
    t, random = np.arange(2000) / 1e3, np.random.default_rng(1)

    def record(beat_hz):
        z = 2e-6 * np.stack([np.exp(2j * np.pi * beat_hz * t), np.ones_like(t)])
        z = z + 1e-7 * (random.standard_normal((2, 2000)) + 1j * random.standard_normal((2, 2000)))
        return xr.DataArray(
            np.stack([z.real, z.imag], axis=1),
            dims=("channel", "quadrature", "time"),
            coords={"channel": [0, 1], "reference": ("channel", [1e6, 1e6])},
            attrs={"units": "V", "rate_hz": 1e3, "time_constant_s": 1e-4},
        )

    return {1: record(0.0), -1: record(3.0)}


@pytest.fixture(scope="module")
def tongues():
    x = np.linspace(-100, 100, 15)
    return {
        light: fit_tongue(x, [around(float(b), 1.0) for b in adler_beat(x, half, 2.0)])
        for light, half in ((1, 60), (-1, 20))
    }


def test_the_phase_difference_counts_the_turns_of_a_beat(records):
    [axes] = draw_phase_difference(records).axes
    curves = {line.get_color(): line.get_ydata() for line in axes.lines if line.get_color()}
    assert np.ptp(curves[COLOURS[-1]]) == pytest.approx(6, abs=0.15)
    assert np.ptp(curves[COLOURS[1]]) < 0.15
    assert axes.get_xlabel() == "time (s)"


def test_the_histogram_is_a_density_and_flat_for_a_beating_pair(records):
    [axes] = draw_phase_histogram(records, bins=24).axes
    stairs_drawn: Any = axes.patches
    locked, free = (patch.get_data() for patch in stairs_drawn)
    for stairs in (locked, free):
        assert np.sum(stairs.values * np.diff(stairs.edges)) == pytest.approx(1)
    assert np.ptp(free.values) < 0.3
    assert locked.values.max() > 4


def test_portraits_show_each_vibration_with_its_spread(records):
    figure = draw_portraits(records)
    assert len(figure.axes) == 6
    beating = figure.axes[3]
    ellipse: Any = next(p for p in beating.patches if p.get_label() == "1σ covariance")
    # A ring of radius 2 µV has a variance of 2 µV² along each axis.
    assert ellipse.width == pytest.approx(2 * np.sqrt(2), rel=0.02)
    assert beating.get_xlabel() == "X (µV)"


def test_the_tongue_shows_beats_with_bars_in_the_colours_of_the_directions(tongues):
    [axes] = draw_tongue(tongues).axes
    drawn: Any = axes.containers
    bars = [c for c in drawn if c.has_yerr]
    assert [bar.lines[0].get_color() for bar in bars] == [COLOURS[1], COLOURS[-1]]
    assert axes.get_xlabel() == "detuning (Hz)"


def test_the_map_of_tongues_draws_the_range_over_power(tongues):
    rows = {light: [(1e-3, one), (2e-3, one)] for light, one in tongues.items()}
    left, right = draw_tongue_map(rows).axes[:2]
    for axes, half in ((left, 60), (right, 20)):
        drawn: Any = axes.containers
        edges = [c.lines[0].get_xdata()[0] for c in drawn]
        np.testing.assert_allclose(edges, [-half, half], atol=3)
    assert left.get_ylabel() == "power (mW)"
