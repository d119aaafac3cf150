"""Figures of a survey: labelled axes with units, one colour a direction, what is drawn is there."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from phonosync.analysis.figures.run import COLOURS
from phonosync.analysis.figures.survey import CONTRAST_COLOURS, draw_survey
from phonosync.analysis.figures.survey_panels import scaled
from phonosync.analysis.figures.survey_summary import best_points, statistics
from phonosync.theory import load_device
from phonosync.theory.device.parts import Disorder
from phonosync.theory.survey import survey

TYPICAL = Disorder(frequency=0.001, linewidth=0.05, coupling=0.05)


@pytest.fixture(scope="module")
def ring_line():
    """A line along the power, the end of it beyond the threshold of light +1."""
    return survey(load_device("ring"), ["drive.power=0.01..3 mW:9 log"], measures=["E_N"])


@pytest.fixture(scope="module")
def ring_map():
    vary = ["modes.cavity.detuning=10..20 MHz:5", "drive.power=0.01..3 mW:4 log"]
    return survey(load_device("ring"), vary)


@pytest.fixture(scope="module")
def imperfect_hybrids():
    return survey(load_device("hybrid"), devices=200, disorder=TYPICAL, without_kerr=True)


def drawn(figure) -> list[Any]:
    figure.canvas.draw()
    return figure.axes


def test_a_line_is_drawn_for_each_direction_in_its_colour(ring_line):
    synchronization, negativity, contrast = drawn(draw_survey(ring_line))
    lines = {
        line.get_color(): line for line in synchronization.get_lines() if line.get_label()[0] == "l"
    }
    for light in (+1, -1):
        line = lines[COLOURS[light]]
        assert line.get_ydata() == pytest.approx(ring_line["S_c"].sel(light=light), nan_ok=True)
        assert line.get_xdata() == pytest.approx(np.geomspace(0.01, 3, 9))
    assert contrast.get_xlabel() == "drive.power (mW)"
    assert contrast.get_xscale() == "log"
    assert "complete synchronization" in synchronization.get_ylabel()
    assert "logarithmic negativity" in negativity.get_ylabel()
    assert contrast.get_lines()[0].get_ydata() == pytest.approx(
        ring_line["contrast_light"].values, nan_ok=True
    )


def test_where_nothing_is_steady_the_line_is_shaded_and_said_so(ring_line):
    figure = draw_survey(ring_line)
    panel = drawn(figure)[0]
    lost = int(ring_line["oscillating"].any("light").sum())
    assert 0 < lost < 9
    assert len(panel.patches) == lost
    [legend] = figure.legends
    assert "no stable steady state" in [text.get_text() for text in legend.get_texts()]


def test_a_map_shows_both_directions_beside_their_contrast(ring_map):
    plus, minus, contrast, *bars = drawn(draw_survey(ring_map))
    for panel, values in (
        (plus, ring_map["S_c"].sel(light=1)),
        (minus, ring_map["S_c"].sel(light=-1)),
        (contrast, ring_map["contrast_light"]),
    ):
        [mesh] = panel.collections
        # Columns along the first axis, rows along the second.
        expected = values.transpose("drive.power", "modes.cavity.detuning").values
        np.testing.assert_allclose(np.ma.filled(mesh.get_array(), np.nan), expected)
        assert panel.get_xlabel() == "modes.cavity.detuning (MHz)"
        assert panel.get_yscale() == "log"
    assert plus.get_ylabel() == "drive.power (mW)"
    assert plus.collections[0].get_clim() == minus.collections[0].get_clim()
    assert contrast.collections[0].get_clim() == (-1, 1)
    assert [bar.get_ylabel() for bar in bars] == ["complete synchronization $S_c$", "contrast χ"]


def test_the_colour_of_a_contrast_is_that_of_the_direction_that_wins():
    for side in (+1, -1):
        assert to_hex(CONTRAST_COLOURS((1 + side) / 2)) == COLOURS[side]
    assert np.allclose(CONTRAST_COLOURS(0.5)[:3], 1, atol=0.01)


def test_of_a_third_axis_three_values_are_drawn():
    vary = ["drive.power=0.1,0.2 mW", "modes.cavity.detuning=14,15 MHz", "sagnac.shift=-5..5 MHz:5"]
    axes = drawn(draw_survey(survey(load_device("ring"), vary)))
    titles = [panel.get_title().split("\n")[1] for panel in axes[:9:3]]
    assert titles == [f"sagnac.shift = {v} MHz" for v in ("-5", "0", "5")]


def test_histograms_count_every_device_with_a_steady_state(imperfect_hybrids):
    axes = drawn(draw_survey(imperfect_hybrids))
    assert len(axes) == 6  # with and without Kerr: S_c, contrast of light, contrast of the field
    for panel, kerr in ((axes[1], "as given"), (axes[4], "none")):
        some = imperfect_hybrids.sel(kerr=kerr, field=1)
        heights = [bar.get_height() for bar in panel.patches if hasattr(bar, "get_height")]
        assert sum(heights) == int(np.isfinite(some["contrast_light"]).sum())
        share = 100 * float(some["one_way_light"])
        texts = [text.get_text() for text in panel.get_legend().get_texts()]
        assert f"field +1: one way {share:.1f} %" in texts[0]
    lost = int(imperfect_hybrids["oscillating"].sel(kerr="as given").any(["light", "field"]).sum())
    assert f"200 devices, {lost} oscillate" in axes[0].get_title(loc="left")
    assert axes[3].get_xlabel().startswith("complete synchronization $S_c$")


def test_bands_hold_nine_tenths_of_the_devices():
    data = survey(load_device("ring"), ["temperature=1..50 mK:4 log"], devices=60, disorder=TYPICAL)
    top, bottom = drawn(draw_survey(data))
    low, middle, high = data["S_c"].sel(light=1).quantile([0.05, 0.5, 0.95], "device").values
    assert top.get_lines()[0].get_ydata() == pytest.approx(middle)
    edges = top.collections[0].get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == pytest.approx((low.min(), high.max()))
    assert bottom.get_lines()[0].get_ydata() == pytest.approx(data["one_way_light"].values)
    assert bottom.get_xlabel() == "temperature (mK)"


def test_a_map_of_imperfect_devices_shows_the_fraction():
    vary = ["temperature=1..50 mK:3 log", "drive.power=0.1,0.2 mW"]
    data = survey(load_device("ring"), vary, devices=20, disorder=TYPICAL)
    panel, bar = drawn(draw_survey(data))
    expected = data["one_way_light"].transpose("drive.power", "temperature").values
    np.testing.assert_allclose(panel.collections[0].get_array(), expected)
    assert bar.get_ylabel() == "fraction one way in light"


def test_where_only_the_field_matters_its_directions_are_compared():
    data = survey(load_device("yig_pair"), ["temperature=10,20 mK"], without_kerr=True)
    axes = drawn(draw_survey(data))
    assert [axis.get_ylabel() for axis in axes[2::2]] == ["contrast χ of field"]
    named = [r["for"] for r in best_points(data) if r["largest"] == "S_c"]
    assert named[:2] == ["Kerr terms as given, field +1", "Kerr terms as given, field −1"]


@pytest.mark.parametrize("devices", [0, 5])
def test_one_point_can_be_drawn_too(devices):
    vary = ["drive.power=0.1 mW", "temperature=10 mK"]
    data = survey(load_device("ring"), vary, devices=devices, disorder=TYPICAL)
    assert len(drawn(draw_survey(data))) == 2


def test_values_are_shown_in_a_unit_of_their_size(ring_map):
    values, label = scaled(ring_map, "modes.cavity.detuning")
    assert (values[0], values[-1], label) == (10, 20, "modes.cavity.detuning (MHz)")


def test_what_oscillates_everywhere_is_told_by_the_absence_of_a_number():
    data = survey(load_device("ring"), ["modes.cavity.detuning=5,6 MHz"])
    rows = {r["for"]: r for r in best_points(data) if r["largest"] == "S_c"}
    lost = [light for light in (1, -1) if bool(data["oscillating"].sel(light=light).all())]
    assert lost == [1]
    assert rows["light +1 (clockwise)"]["value"] is None
    assert rows["light −1 (counter-clockwise)"]["value"] > 0


def test_statistics_have_a_row_for_each_pair_of_directions(imperfect_hybrids):
    rows = statistics(imperfect_hybrids)
    assert [r["directions"] for r in rows[:2]] == ["light ±1, field +1", "light ±1, field −1"]
    assert len(rows) == 8
    for row in rows:
        low, middle, high = row["S_c +1"]
        assert low < middle < high
        low, share, high = row["one way"]
        assert low <= share <= high
