"""Directions side by side: values with intervals, limits, and theory's own spread behind them."""

import numpy as np
import pytest

from phonosync.analysis.figures.by_direction import draw_by_direction
from phonosync.analysis.figures.direction import Way
from phonosync.analysis.statistics.interval import UNKNOWN, Interval

WAYS = [Way.of(light, field, ("light", "field")) for light in (1, -1) for field in (1, -1)]


def test_every_direction_has_its_place_its_value_or_its_limit():
    found = [Interval(0.6, 0.5, 0.7), Interval(np.nan, 0.2, np.nan), UNKNOWN, Interval(0.1, 0, 0.2)]
    theory = dict.fromkeys(WAYS, Interval(0.4, 0.3, 0.5))
    figure = draw_by_direction(
        dict(zip(WAYS, found, strict=True)), quantity="$S_c$", theory=theory, level=(1.0, "limit")
    )
    [axes] = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "light +1\nfield +1",
        "light +1\nfield −1",
        "light −1\nfield +1",
        "light −1\nfield −1",
    ]
    drawn = {
        line.get_marker(): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()))
        for line in axes.lines
        if line.get_marker() in ("o", "^")
    }
    assert [float(x.item()) for x in drawn["^"]] == [1, 0.2]
    assert [float(x.item()) for x in drawn["o"]] == [3, 0.1]  # the last of two
    corners = [c.get_paths()[0].vertices for c in axes.collections if len(c.get_paths()) == 1]
    bars = [np.asarray(one, float)[:, 1] for one in corners]
    spans = [(y.min(), y.max()) for y in bars if np.ptp(y) == pytest.approx(0.2)]
    assert len(spans) >= 4
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["limit", "device file", "its 95 %"]
