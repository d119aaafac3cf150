"""Maps of S_c: each point is what a single network of that detuning and power gives."""

import numpy as np
import pytest

from phonosync.analysis.directions.operating_point import NothingToDraw
from phonosync.analysis.figures.map import draw_synchronization_map
from phonosync.analysis.figures.synchronization_map import synchronization_map
from phonosync.theory import InputError, load_device
from phonosync.theory.prediction import predict

TWO_PI = 2 * np.pi


def image(panel):
    """Edges in detuning and power of a panel's cells, and their S_c, NaN where nothing is drawn."""
    mesh = panel.collections[0]
    corners = mesh.get_coordinates()
    return corners[0, :, 0], corners[:, 0, 1], np.ma.filled(mesh.get_array(), np.nan)


@pytest.fixture(scope="module")
def figures():
    return {
        name: draw_synchronization_map(load_device(name), points=9) for name in ("ring", "hybrid")
    }


@pytest.mark.parametrize("name", ["ring", "hybrid"])
def test_the_middle_of_the_map_is_the_prediction(figures, name):
    expected = {}
    for p in predict(load_device(name)):
        if p.stable:
            expected.setdefault((p.light, p.field), p.S_c)
    titles = {(1, 1): "light +1", (-1, 1): "light −1"}
    if name == "hybrid":
        titles = {(s, f): f"light {s:+d}, field {f:+d}".replace("-", "−") for s, f in expected}
    panels = {panel.get_title(): panel for panel in figures[name].axes}
    for direction, S_c in expected.items():
        _, _, values = image(panels[titles[direction]])
        assert values[4, 4] == pytest.approx(S_c, rel=1e-9)


def test_the_cross_stands_at_the_devices_detuning_and_power(figures):
    for panel in figures["ring"].axes[:2]:
        [cross] = [line for line in panel.get_lines() if line.get_marker() == "P"]
        assert cross.get_xydata() == pytest.approx(np.array([[15.0, 0.197284]]))  # MHz, mW
        x, y, _ = image(panel)
        assert x[4] < 15.0 < x[5]  # in the middle cell
        assert y[4] < 0.197284 < y[5]


def test_every_point_is_what_a_single_device_of_that_detuning_and_power_gives():
    ring = load_device("ring")
    shifts, factors = TWO_PI * np.array([-8e6, 0.0, 4e6]), np.array([0.2, 1.0, 5.0])
    found = synchronization_map(
        ring.network(light=1), (1, 2), tuned=[0], detuning=shifts, factor=factors
    )
    for i, factor in enumerate(factors):
        for j, shift in enumerate(shifts):
            cavity = ring.modes["cavity"]
            moved = cavity.model_copy(update={"detuning": cavity.detuning + shift / TWO_PI})
            alike = ring.model_copy(update={"modes": {**ring.modes, "cavity": moved}})
            power = factor * ring.drives[0].power
            states = predict(alike, power=power, directions=[(1, 1)])
            stable = [p.S_c for p in states if p.stable]
            assert found.branches[i, j] == len(stable)
            if stable:
                assert found.S_c[i, j] == pytest.approx(stable[0], rel=1e-6)
            else:
                assert np.isnan(found.S_c[i, j])
    assert np.any(found.branches == 0)  # a blue sideband is among them


def test_without_light_two_equal_baths_are_as_hot_everywhere():
    network = load_device("ring").network(power=0.0)
    found = synchronization_map(
        network, (1, 2), tuned=[0], detuning=TWO_PI * np.linspace(-3e7, 3e7, 5), factor=[0.1, 10.0]
    )
    np.testing.assert_allclose(found.S_c, 1 / 41, rtol=1e-9)
    assert np.all(found.branches == 1)


def test_the_null_control_has_one_map_for_both_directions():
    forward, backward = draw_synchronization_map(load_device("reciprocal"), points=7).axes[:2]
    np.testing.assert_array_equal(image(forward)[2], image(backward)[2])


def test_rotation_moves_the_map_by_twice_its_shift(figures):
    """A detuning of D - dF for one direction is that of D + dF for the other."""
    ring = load_device("ring")
    plus, minus = ring.network(light=1), ring.network(light=-1)
    axis, factor = TWO_PI * np.array([0.0, 2e6]), np.array([0.5, 2.0])
    there = synchronization_map(plus, (1, 2), tuned=[0], detuning=axis, factor=factor)
    here = synchronization_map(
        minus, (1, 2), tuned=[0], detuning=axis - TWO_PI * 10e6, factor=factor
    )
    np.testing.assert_allclose(there.S_c, here.S_c, rtol=1e-9)


def test_what_oscillates_is_hatched_and_the_legend_says_so(figures):
    figure = figures["ring"]
    assert any(patch.get_hatch() for panel in figure.axes[:2] for patch in panel.patches)
    [legend] = figure.legends
    words = [text.get_text() for text in legend.get_texts()]
    assert "oscillating: no stable state" in words
    assert np.isnan(image(figure.axes[0])[2]).any()


def test_axes_and_colours_are_named_with_their_units(figures):
    for figure in figures.values():
        labels = [axes.get_xlabel() for axes in figure.axes] + [a.get_ylabel() for a in figure.axes]
        assert {"detuning of cavity (MHz)", "drive power (mW)"} <= set(labels)
        assert "complete synchronization $S_c$" in labels


def test_several_drives_are_scaled_together():
    figure = draw_synchronization_map(load_device("mari_cells"), points=3)
    assert figure.axes[0].get_ylabel() == "drive power (device's = 1)"
    assert figure.axes[0].get_xlabel() == "detuning of cavity_1, cavity_2 alike (MHz)"


def test_a_map_must_have_a_middle():
    with pytest.raises(InputError, match="misses its middle"):
        draw_synchronization_map(load_device("ring"), points=10)


def test_a_device_that_nobody_drives_has_no_map():
    with pytest.raises(NothingToDraw, match="ring is not driven"):
        draw_synchronization_map(load_device("ring"), power=0.0)
