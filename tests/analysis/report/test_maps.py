"""Maps over two swept settings show what was found, and mark what was not."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import QuadMesh

from phonosync.analysis.figures.setting_map import Panel
from phonosync.analysis.report.methods import methods_of
from phonosync.analysis.report.pictures import pictures_of
from phonosync.analysis.run.analysis import RunAnalysis
from phonosync.analysis.run.setting import settings_of

POWERS, DETUNINGS = 2, 3


@pytest.fixture(scope="module")
def pictures(map_report):
    return {picture.name: picture for picture in pictures_of(map_report)}


def colours(axes):
    """Numbers behind the colours of a panel's last mesh, (down, across)."""
    mesh = [one for one in axes.collections if isinstance(one, QuadMesh)][-1]
    return np.ma.filled(np.ma.asarray(mesh.get_array()), np.nan).reshape(POWERS, DETUNINGS)


def marks(axes):
    """Marker -> its places in units of the axes."""
    lines = [line for line in axes.lines if len(line.get_xydata())]
    return {line.get_marker(): np.asarray(line.get_xydata(), float) for line in lines}


def panel_of(**numbers):
    shape = (1, 1)
    value, low, high = (np.full(shape, numbers.get(x, np.nan)) for x in ("value", "low", "high"))
    return Panel("", "black", value, low, high, np.ones(shape, bool), np.zeros(shape, bool))


def test_two_settings_have_maps_of_synchronization_and_contrast(pictures):
    assert {"synchronization_map", "contrast_map_light", "noise_contrast_light"} <= set(pictures)


def test_a_map_holds_the_fits_numbers_above_and_the_files_below(map_report, pictures):
    settings = map_report.network.settings.sel(field=1, branch="up")
    panels = pictures["synchronization_map"].figure.axes[:4]
    for row, name in enumerate(("S_c", "S_c_theory")):
        for column, light in enumerate((1, -1)):
            expected = settings[name].sel(light=light)
            np.testing.assert_array_equal(colours(panels[2 * row + column]), expected)


def test_the_contrasts_map_holds_the_fits_numbers_beside_the_files(map_report, pictures):
    compared = map_report.network.compared["light"].sel(field=1, branch="up")
    panels = pictures["contrast_map_light"].figure.axes[:2]
    for axes, name in zip(panels, ("contrast", "contrast_theory"), strict=True):
        np.testing.assert_array_equal(colours(axes), compared[name])


def test_the_fitted_devices_noise_stands_beside_the_measured(map_report, pictures):
    panels = pictures["noise_contrast_light"].figure.axes[:2]
    measured = map_report.spectra.compared["light"]["contrast"].sel(field=1, branch="up")
    expected = map_report.network.noise["light"]["contrast"].sel(field=1, branch="up")
    np.testing.assert_array_equal(colours(panels[0]), measured)
    np.testing.assert_array_equal(colours(panels[1]), expected)


def test_both_axes_of_every_map_have_units(pictures):
    for name in ("synchronization_map", "contrast_map_light", "noise_contrast_light"):
        labels = [(axes.get_xlabel(), axes.get_ylabel()) for axes in pictures[name].figure.axes]
        assert "laser detuning (kHz)" in [x for x, _ in labels]
        assert "laser power (µW)" in [y for _, y in labels]


def test_a_few_settings_are_their_axes_own_ticks(pictures):
    axes = pictures["contrast_map_light"].figure.axes[0]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["−100", "0", "100"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["100", "200"]


def test_bands_are_mentioned_of_curves_and_not_of_maps(map_report, sweep_report):
    assert "Bands of the fitted" not in methods_of(map_report)
    assert "Bands of the fitted" in methods_of(sweep_report)


def test_what_was_not_measured_is_dotted_and_in_no_colour(pictures):
    first = pictures["synchronization_map"].figure.axes[0]
    assert np.argwhere(np.isnan(colours(first))).tolist() == [[0, 0]]
    assert [patch.get_hatch() for patch in first.patches] == ["..."]
    [legend] = pictures["synchronization_map"].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["not measured"]


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ({"low": 0.2}, "lower"),
        ({"high": 0.2}, "upper"),
        ({"value": 0.2, "low": 0.1}, "open"),
        ({"value": 0.2}, "open"),
        ({}, "nothing"),
        ({"value": 0.2, "low": -0.1, "high": 0.4}, "zero"),
        ({"value": 0.2, "low": 0.1, "high": 0.4}, None),
    ],
)
def test_only_a_closed_interval_has_a_colour_and_every_other_has_a_mark(numbers, kind):
    panel = panel_of(**numbers)
    assert [name for name, where in panel.marked(True).items() if where.any()] == (
        [kind] if kind else []
    )
    assert panel.coloured.any() == (kind in ("zero", None))


def test_a_limit_in_the_fit_is_a_mark_on_the_map(map_report):
    settings = map_report.network.settings.copy(deep=True)
    at = {"light": 0, "field": 0, "laser_power": 1, "laser_detuning": 2, "branch": 0}
    for name in ("S_c", "S_c_high"):
        settings[name][at] = np.nan
    network = replace(map_report.network, settings=settings)
    found = {p.name: p for p in pictures_of(replace(map_report, network=network))}
    axes = found["synchronization_map"].figure.axes[0]
    assert np.isnan(colours(axes)[1, 2])
    np.testing.assert_allclose(marks(axes)["^"], [[100.0, 200.0]])  # kHz, µW


def test_where_the_device_oscillates_the_map_is_hatched(map_report):
    network = map_report.network
    lost = next(place for place in network.traces if place[0] == 1)
    traces = {place: k for place, k in network.traces.items() if place != lost}
    settings = network.settings.copy(deep=True)
    at = {"light": 1, "field": 1, **lost[2].at}
    for name in ("S_c", "S_c_low", "S_c_high", "S_c_theory"):
        settings[name].loc[at] = np.nan
    lasing = replace(map_report, network=replace(network, traces=traces, settings=settings))
    found = {p.name: p for p in pictures_of(lasing)}
    hatched = [
        [patch.get_hatch() for patch in axes.patches]
        for axes in found["synchronization_map"].figure.axes[:4]
    ]
    assert sorted(hatched[0]) == ["...", "////"]
    assert hatched[2] == ["////"]


def test_without_a_device_each_settings_own_fit_is_mapped(map_run, ring_analysis):
    every = settings_of(map_run)
    analysis = RunAnalysis(map_run, cavity={one: ring_analysis for one in every[:4]})
    found = {p.name: p for p in pictures_of(analysis) if "map" in p.name}
    assert list(found) == ["synchronization_map", "contrast_map_light"]
    S_c = [entry.S_c.value for entry in ring_analysis.directions]
    for axes, value in zip(found["synchronization_map"].figure.axes[:2], S_c, strict=True):
        assert np.nansum(colours(axes)) == pytest.approx(4 * value)
