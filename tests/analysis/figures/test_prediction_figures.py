"""Figures of a prediction: what the lines, ellipses and maps say is what theory says."""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Ellipse

from phonosync.analysis.directions.operating_point import NothingToDraw, operating_points
from phonosync.analysis.figures.level_scheme import draw_levels, resonances
from phonosync.analysis.figures.noise import draw_noise, homodyne_noise
from phonosync.analysis.figures.orbit import draw_orbits
from phonosync.analysis.figures.phase_space import draw_phase_space, ellipse
from phonosync.analysis.figures.prediction import draw_prediction
from phonosync.analysis.figures.run import COLOURS
from phonosync.analysis.figures.transmission import draw_transmission, transmission
from phonosync.analysis.measured.frequency_axis import resolving
from phonosync.theory import load_device
from phonosync.theory.checked_file import check
from phonosync.theory.device import Device
from phonosync.theory.prediction import predict

NAMES = ("levels", "noise", "transmission", "phase_space", "orbits", "synchronization_map")


def device(name="bench", **parts):
    """A device from the terms of its file."""
    return check({"name": name, **parts}, Device, "here")


def photon(**terms):
    defaults = {"wavelength": "1550 nm", "linewidth": "2 MHz", "detuning": "3 MHz"}
    return {"kind": "photon", **defaults, **terms}


def drawn(panel, label) -> Any:
    """The line of a panel by its label."""
    [line] = [line for line in lines(panel) if line.get_label() == label]
    return line


def lines(panel) -> Any:
    return panel.get_lines()


def shapes(panel) -> Any:
    """Ellipses by the direction that their label begins with."""
    found = [patch for patch in panel.patches if isinstance(patch, Ellipse) and patch.get_label()]
    return {str(patch.get_label()).split(":")[0]: patch for patch in found}


def states(name) -> Any:
    return [p for p in predict(load_device(name)) if p.stable]


def panels(figure):
    """Axes with data, in the order in which they were made."""
    return [axes for axes in figure.axes if axes.get_xlabel() or axes.get_title()]


@pytest.fixture(scope="module")
def ring_figures():
    return dict(draw_prediction(load_device("ring")))


@pytest.mark.parametrize(
    ("name", "detected", "missing"),
    [
        ("ring", True, {"orbits"}),
        ("huang_resonator", True, {"phase_space", "orbits", "synchronization_map"}),
        ("gupta_kerr", True, {"orbits", "synchronization_map"}),
        ("gupta_kerr", False, {"noise", "orbits", "synchronization_map"}),
        ("li_magnomechanics", False, {"noise", "orbits", "synchronization_map"}),
    ],
)
def test_a_figure_without_content_is_one_sentence_instead(name, detected, missing):
    device = load_device(name)
    device = device if detected else device.model_copy(update={"detection": None})
    figures = list(draw_prediction(device))
    assert [which for which, _ in figures] == list(NAMES)
    for which, figure in figures:
        assert isinstance(figure, str) == (which in missing)
        if isinstance(figure, str):
            assert figure.startswith(f"No figure {which}: ")
            assert figure.endswith(".")


def test_a_device_that_only_oscillates_has_orbits_instead_of_spectra():
    cells = load_device("mari_cells")
    for draw in (draw_noise, draw_transmission, draw_phase_space):
        with pytest.raises(NothingToDraw, match="every direction oscillates"):
            draw(cells)
    [panel] = draw_orbits(cells).axes
    first, second = drawn(panel, "phonon_1"), drawn(panel, "phonon_2")
    # Identical cells in step: the marks, at one instant, are at one place.
    np.testing.assert_allclose(first.get_xydata(), second.get_xydata(), rtol=1e-6, atol=1e-3)
    # A mode of amplitude |b| has q^2 + p^2 = 2|b|^2.
    q, p = first.get_xydata()[:-1].T
    [prediction] = operating_points(cells)
    assert prediction.state is None
    assert np.mean(q**2 + p**2) == pytest.approx(2 * 343.28**2, rel=1e-4)


def test_every_axis_says_what_it_is_and_every_frequency_its_unit(ring_figures):
    for name, figure in ring_figures.items():
        if isinstance(figure, str):
            continue
        lowest = [axes for axes in panels(figure) if axes.get_xlabel()]
        assert lowest
        for axes in lowest:
            words = axes.get_xlabel()
            assert "vacuum variance ½" in words if name == "phase_space" else "MHz" in words
        assert any(axes.get_ylabel() for axes in figure.axes)


def test_a_direction_has_its_colour_in_every_figure(ring_figures):
    for name in ("noise", "transmission"):
        for light, label in ((1, "light +1"), (-1, "light −1")):
            for panel in ring_figures[name].axes:
                assert to_hex(drawn(panel, label).get_color()) == COLOURS[light]
    for panel, light in zip(ring_figures["levels"].axes, (1, -1), strict=True):
        assert to_hex(panel.title.get_color()) == COLOURS[light]
    seen = shapes(ring_figures["phase_space"].axes[0])
    assert to_hex(seen["light +1"].get_edgecolor()) == COLOURS[1]
    assert to_hex(seen["light −1"].get_edgecolor()) == COLOURS[-1]


def test_the_field_takes_the_colours_where_light_does_not_count_and_dashes_where_it_does():
    by_field = operating_points(load_device("gupta_kerr"))
    assert [(p.name, p.colour, p.line) for p in by_field] == [
        ("field +1", COLOURS[1], "-"),
        ("field −1", COLOURS[-1], "-"),
    ]
    both = operating_points(load_device("hybrid"))
    assert Counter(p.colour for p in both) == {COLOURS[1]: 2, COLOURS[-1]: 2}
    assert all(p.line == ("-" if p.field > 0 else "--") for p in both)


def test_a_bistable_device_is_drawn_on_its_lowest_branch_and_says_so():
    up, down = operating_points(load_device("gupta_kerr"))
    assert up.label == "field +1 (lowest of 2 branches)"
    assert down.label == "field −1"
    magnon = load_device("gupta_kerr").index("magnon")
    assert abs(up.settled.amplitudes[magnon]) ** 2 == pytest.approx(6.331e13, rel=1e-3)


class TestLevels:
    def test_an_unlit_mode_stands_at_its_detuning_moved_by_sagnac(self):
        figure = draw_levels(load_device("ring"), power=0.0)
        for panel, centre in zip(figure.axes, (10.0, 20.0), strict=True):
            [response] = [
                line for line in lines(panel) if to_hex(line.get_color()) in COLOURS.values()
            ]
            f, height = response.get_data()
            assert f[np.argmax(height)] == pytest.approx(centre)
            above = f[height > 0.5]
            assert np.ptp(above) == pytest.approx(2.0, rel=0.02)  # the linewidth

    def test_the_sagnac_shift_is_an_arrow_with_its_value_and_sign(self):
        plus, minus = draw_levels(load_device("ring"), power=0.0).axes
        for panel, words, end in ((plus, "Sagnac −5 MHz", 10.0), (minus, "Sagnac +5 MHz", 20.0)):
            assert any(words in text.get_text() for text in panel.texts)
            texts: Any = panel.texts
            arrows = [t for t in texts if t.get_text() == "" and t.xyann[0] == 15.0]
            assert [t.xy[0] for t in arrows] == [pytest.approx(end)]

    def test_sidebands_stand_at_plus_and_minus_the_phonons_frequencies(self):
        panel = draw_levels(load_device("ring")).axes[0]
        bars = sorted(line.get_xdata()[0] for line in lines(panel) if len(line.get_xdata()) == 2)
        assert bars == pytest.approx([-11, -10, 10, 11])

    def test_a_lone_kerr_mode_stands_where_its_fluctuations_turn(self):
        """The drift's eigenvalues are -kappa/2 +- i omega."""
        [kerr] = operating_points(
            device(
                modes={"a": photon(kerr="10 mHz")},
                ports={"in": {"mode": "a", "rate": "2 MHz"}},
                drives=[{"mode": "a", "port": "in", "power": "10 uW"}],
            )
        )
        turning = np.abs(np.linalg.eigvals(kerr.drift).imag).max() / (2 * np.pi)
        assert resonances(kerr)[0] == pytest.approx(turning, rel=1e-9)
        assert turning > 1.01 * 3e6


class TestNoise:
    def test_without_efficiency_there_is_only_shot_noise(self):
        ring: Any = load_device("ring")
        unseeing = ring.detection.model_copy(update={"efficiency": 0.0})
        blind = ring.model_copy(update={"detection": unseeing})
        panel = draw_noise(blind).axes[0]
        for label in ("light +1", "light −1"):
            np.testing.assert_allclose(drawn(panel, label).get_ydata(), 1, atol=1e-12)

    def test_a_null_control_is_one_curve(self):
        panel = draw_noise(load_device("reciprocal")).axes[0]
        forward, backward = drawn(panel, "light +1"), drawn(panel, "light −1")
        np.testing.assert_array_equal(forward.get_xydata(), backward.get_xydata())

    def test_every_line_is_resolved_wherever_it_stands(self, ring_figures):
        """Weakly cooled phonons keep nearly their own frequencies and are narrow."""
        f, S = drawn(ring_figures["noise"].axes[0], "light −1").get_data()
        for frequency in (10.0, 11.0):
            near = np.abs(f - frequency) < 0.3
            peak = S[near].max()
            assert abs(f[near][np.argmax(S[near])] - frequency) < 0.05
            assert np.sum(S[near] - 1 > (peak - 1) / 2) >= 10

    def test_the_area_of_a_weakly_watched_line_counts_the_quanta(self):
        """Resonant light imprints q on its phase, p_out = -(4g/sqrt kappa) q in a fast cavity.

        Shot noise is 1/2, so S - 1 = 2 (4g)^2/kappa S_qq, and S_qq holds <q^2> = n + 1/2 at both
        signs of the frequency together.
        """
        slow = device(
            modes={
                "a": photon(detuning="0 Hz", linewidth="100 MHz"),
                "b": {
                    "kind": "phonon",
                    "frequency": "1 MHz",
                    "linewidth": "10 kHz",
                    "occupation": 50,
                },
            },
            ports={"bus": {"mode": "a", "rate": "100 MHz"}},
            couplings=[{"kind": "radiation_pressure", "modes": ["a", "b"], "rate": "10 Hz"}],
            drives=[{"mode": "a", "port": "bus", "power": "1 nW"}],
            detection={"port": "bus", "quadrature": "phase", "efficiency": 1.0},
        )
        [point] = operating_points(slow)
        f = resolving(0.0, 4e6, [(1e6, 1e4)], points=4001)
        excess = homodyne_noise(slow, point, f) - 1
        area = np.sum(np.diff(f) * (excess[1:] + excess[:-1]) / 2)
        g, kappa = 2 * np.pi * 10 * abs(point.settled.amplitudes[0]), 2 * np.pi * 100e6
        expected = 2 * (4 * g) ** 2 / kappa * (50 + 0.5) / 2
        assert area == pytest.approx(expected, rel=0.02)

    def test_phonons_far_apart_have_a_panel_each(self):
        figure = draw_noise(load_device("yig_pair"))
        assert len(figure.axes) == 2
        for panel in figure.axes:
            assert panel.get_xlabel().endswith("MHz (kHz)")  # counted from the phonon


class TestTransmission:
    def test_an_unlit_cavity_with_one_port_reflects_everything(self):
        for panel in draw_transmission(load_device("ring"), power=0.0).axes:
            for label in ("light +1", "light −1"):
                np.testing.assert_allclose(drawn(panel, label).get_ydata(), 0, atol=1e-9)

    def test_a_critically_coupled_cavity_reflects_nothing_where_rotation_has_moved_it(self):
        spinning = device(
            modes={"a": photon()},
            ports={"bus": {"mode": "a", "rate": "1 MHz"}},
            sagnac={"mode": "a", "shift": "1 MHz"},
        )
        panel = draw_transmission(spinning).axes[0]
        for label, centre in (("light +1", 4.0), ("light −1", 2.0)):
            f, power_db = drawn(panel, label).get_data()
            assert f[np.argmin(power_db)] == pytest.approx(centre, abs=1e-3)
            assert power_db.min() < -50
            half = np.interp(centre + 1.0, f, power_db)  # half a linewidth away
            assert half == pytest.approx(10 * np.log10(0.5), abs=1e-3)

    def test_what_enters_a_lossless_cavity_leaves_it(self):
        add_drop = device(
            modes={"a": photon()},
            ports={"in": {"mode": "a", "rate": "1.5 MHz"}, "out": {"mode": "a", "rate": "0.5 MHz"}},
        )
        [point] = operating_points(add_drop)
        power_db = transmission(add_drop, point, np.linspace(-5e6, 9e6, 141)).power_db
        np.testing.assert_allclose(np.sum(10 ** (power_db / 10), axis=1), 1, rtol=1e-5)
        titles = [axes.get_title() for axes in draw_transmission(add_drop).axes]
        assert titles == [
            "$S_{11}$: in → in",
            "$S_{12}$: out → in",
            "$S_{21}$: in → out",
            "$S_{22}$: out → out",
        ]

    def test_driven_phonons_open_a_window_at_their_own_frequency(self, ring_figures):
        """Optomechanically induced transparency, doi:10.1126/science.1195596."""
        zoom = ring_figures["transmission"].axes[1]
        f, power_db = drawn(zoom, "light −1").get_data()
        dips = f[1:-1][(power_db[1:-1] < power_db[:-2]) & (power_db[1:-1] < power_db[2:])]
        deep = [x for x in dips if np.interp(x, f, power_db) < -3]
        assert deep == pytest.approx([10.0, 11.0], abs=0.05)


class TestPhaseSpace:
    @pytest.mark.parametrize("angle", [0.0, 0.4, 1.2])
    def test_half_axes_are_the_roots_of_the_eigenvalues(self, angle):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        half_axes, found = ellipse(turn @ np.diag([9.0, 0.25]) @ turn.T)
        assert half_axes == pytest.approx([3.0, 0.5])
        assert np.mod(found, np.pi) == pytest.approx(angle, abs=1e-12)

    def test_the_difference_ellipse_holds_the_synchronization(self, ring_figures):
        """The squares of the half axes add up to <q_-^2 + p_-^2> = 1/S_c."""
        panel = ring_figures["phase_space"].axes[2]
        for p in states("ring"):
            shape = shapes(panel)["light +1" if p.light == 1 else "light −1"]
            squares = (shape.width**2 + shape.height**2) / 4
            assert squares == pytest.approx(1 / p.S_c, rel=1e-9)

    def test_a_phonons_ellipse_holds_its_quanta_and_its_purity(self, ring_figures):
        """Half axes squared add up to 2n + 1; the area is pi sqrt(det V)."""
        [state] = [p for p in states("ring") if p.light == -1]
        for panel, i in zip(ring_figures["phase_space"].axes[:2], (1, 2), strict=True):
            shape = shapes(panel)["light −1"]
            squares = (shape.width**2 + shape.height**2) / 4
            assert squares == pytest.approx(2 * state.occupations[i] + 1, rel=1e-9)
            block = state.covariance[2 * i : 2 * i + 2, 2 * i : 2 * i + 2]
            area = np.pi * shape.width * shape.height / 4
            assert area == pytest.approx(np.pi * np.sqrt(np.linalg.det(block)), rel=1e-9)

    def test_the_dotted_circle_is_the_vacuum(self, ring_figures):
        for panel in ring_figures["phase_space"].axes[:3]:
            circle = shapes(panel)["vacuum"]
            assert circle.width == circle.height == pytest.approx(np.sqrt(2))

    def test_all_phonons_of_a_quartet_are_drawn_and_the_pair_asked_for(self):
        quanta = (0.0, 1.0, 2.0, 4.0)
        modes = {
            f"b_{k}": {
                "kind": "phonon",
                "frequency": f"{k + 1} MHz",
                "linewidth": "1 Hz",
                "occupation": n,
            }
            for k, n in enumerate(quanta)
        }
        figure = draw_phase_space(device(modes=modes), pair=("b_1", "b_3"))
        titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
        assert titles == ["b_0", "b_1", "b_2", "b_3", "(b_1 − b_3)/√2"]
        shape = shapes(figure.axes[4])["either direction"]
        assert shape.width**2 / 2 == pytest.approx(1.0 + 4.0 + 1.0)


def test_points_lie_dense_on_a_line_that_an_even_grid_would_miss():
    f = resolving(0.0, 1e9, [(3.3e8, 10.0)])
    on_it = f[np.abs(f - 3.3e8) <= 5.0]
    assert len(on_it) > 20
    assert f[0] == 0
    assert f[-1] == 1e9
    assert all(b > a for a, b in pairwise(f))
