"""Level scheme of a device: where its modes stand as seen from the drive."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from phonosync.analysis.directions.operating_point import (
    GREY,
    OperatingPoint,
    name_panel,
    operating_points,
    place,
    side_by_side,
)
from phonosync.analysis.measured.frequency_axis import in_words, unit_of
from phonosync.theory.device import Device
from phonosync.theory.fluctuations import complex_jacobian

TWO_PI = 2 * np.pi
_MAGNON = "#7a5195"
_SIDES = {-1: ("red sidebands", "#8b1a1a"), 1: ("blue sidebands", "#1a1a8b")}
_STYLES = ("-", "--", "-.", (0, (5, 1, 1, 1)))  # modes of one colour
_LANE = 0.34  # above the responses every mode has a lane for its name and its shifts


def draw_levels(device: Device, *, power: float | None = None) -> Figure:
    """Draw the modes' responses about the drive, one panel a direction.

    Filled: each photon's and magnon's Lorentzian response at its resonance as seen from the drive
    in the stable state of least intensity; dotted: at the file's detuning. Above them the shifts as
    arrows: Sagnac's, then those of the mean fields (Kerr terms, pressure). Bars: the drive's
    sidebands at every phonon's frequency.

    Args:
        device: any device.
        power: W, of the laser, instead of the file's.
    """
    points = operating_points(device, power=power)
    low, high = _reach(device, points)
    scale, unit = unit_of(max(abs(low), abs(high)))
    lanes = sum(mode.kind != "phonon" for mode in device.modes.values())
    rows, columns = side_by_side(points)
    size = (5.0 * columns, (2.5 + 0.5 * lanes) * rows + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for index, point in enumerate(points):
        axes = panels[place(points, index)]
        _draw_sidebands(axes, device, scale)
        _draw_modes(axes, device, point, scale, (low, high))
        axes.annotate(
            "",
            (0, 1.1),
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 2, "shrinkA": 0, "shrinkB": 0},
        )
        axes.set_xlim(low / scale, high / scale)
        axes.set_ylim(0, 1.2 + _LANE * lanes)
        axes.set_yticks([0, 0.5, 1])
        name_panel(axes, point)
    for axes in panels[-1]:
        axes.set_xlabel(f"frequency from the drive ({unit})")
    for axes in panels[:, 0]:
        axes.set_ylabel("response (peak = 1)")
    handles = _legend(device)
    figure.legend(
        handles=handles, loc="outside lower center", ncols=2 * columns, frameon=False, fontsize=9
    )
    return figure


def at_rest(device: Device) -> NDArray[np.floating]:
    """Detunings of the file, a phonon's frequency, Hz, shape (N,)."""
    modes = device.modes.values()
    return np.array([m.frequency if m.kind == "phonon" else m.detuning for m in modes], float)


def resonances(point: OperatingPoint) -> NDArray[np.floating]:
    """Where each mode by itself responds in the stable state, Hz, shape (N,).

    With δċ_k = P δc_k + Q δc_k* (Q the squeezing of a Kerr term) that is √(Im²P − |Q|²) with the
    sign of −Im P, and 0 where the squeezing is the larger. Without a stable state: the detuning.
    """
    if point.state is None:
        return point.network.detuning / TWO_PI
    P, Q = (np.diagonal(part) for part in complex_jacobian(point.network, point.state.amplitudes))
    own = np.sqrt(np.maximum(P.imag**2 - np.abs(Q) ** 2, 0.0))
    return -np.sign(P.imag) * own / TWO_PI


def _reach(device: Device, points: list[OperatingPoint]) -> tuple[float, float]:
    """From where to where: every response, every sideband, the drive, and room for names."""
    shown = [0.0]
    for i, mode in enumerate(device.modes.values()):
        if mode.kind == "phonon":
            shown += [-(mode.frequency or 0.0), mode.frequency or 0.0]
            continue
        for place_hz in (at_rest(device)[i], *(resonances(p)[i] for p in points)):
            shown += [place_hz - 2 * mode.linewidth, place_hz + 2 * mode.linewidth]
    room = (0.26 if device.phonons else 0.08) * (max(shown) - min(shown))
    return min(shown) - room, max(shown) + room


def _draw_sidebands(axes: Axes, device: Device, scale: float) -> None:
    """Bars at ±ω_m; the farther out, the shorter, so that each name has room outwards."""
    phonons = sorted(
        (mode.frequency or 0.0, name)
        for name, mode in device.modes.items()
        if mode.kind == "phonon"
    )
    for sign, (_, colour) in _SIDES.items():
        for k, (frequency, name) in enumerate(phonons):
            height = 0.16 + 0.12 * (len(phonons) - k)
            x = sign * frequency / scale
            axes.plot([x, x], [0, height], color=colour, lw=1.4)
            axes.annotate(
                name,
                (x, height),
                (3 * sign, -7),
                textcoords="offset points",
                ha="left" if sign > 0 else "right",
                fontsize=9,
                color=colour,
            )


def _draw_modes(
    axes: Axes, device: Device, point: OperatingPoint, scale: float, reach: tuple[float, float]
) -> None:
    rest, cold, warm = at_rest(device), point.network.detuning / TWO_PI, resonances(point)
    span = reach[1] - reach[0]
    offsets = np.sinh(np.linspace(-9, 9, 1601)) / np.sinh(9) * span
    lane = 0
    for i, (name, mode) in enumerate(device.modes.items()):
        if mode.kind == "phonon":
            continue
        colour = _MAGNON if mode.kind == "magnon" else point.colour
        response = 1 / (1 + (2 * offsets / mode.linewidth) ** 2)
        steps = [
            (start, end, word)
            for start, end, word in (
                (rest[i], cold[i], "Sagnac"),
                (cold[i], warm[i], "mean fields"),
            )
            if abs(end - start) > 0.004 * span
        ]
        if steps:
            axes.plot((rest[i] + offsets) / scale, response, color=GREY, lw=0.9, ls=":")
        x = (warm[i] + offsets) / scale
        axes.plot(x, response, color=colour, lw=1.5, ls=_STYLES[lane % len(_STYLES)])
        axes.fill_between(x, response, color=colour, alpha=0.25, lw=0)
        height = 1.2 + _LANE * (lane + 0.5)
        for k, (start, end, _) in enumerate(steps):
            _draw_shift(axes, start / scale, end / scale, height + 0.08 - 0.16 * k, colour)
        words = f"{name} {_signed(warm[i])}"
        words += "".join(f"\n{word} {_signed(end - start)}" for start, end, word in steps[:1])
        words += "".join(f", {word} {_signed(end - start)}" for start, end, word in steps[1:])
        # The words stand on the side of the panel that the mode leaves free.
        left = min([warm[i], rest[i]]) - reach[0] > reach[1] - max([warm[i], rest[i]])
        axes.annotate(
            words,
            (0.02 if left else 0.98, height),
            xycoords=("axes fraction", "data"),
            ha="left" if left else "right",
            va="center",
            color=colour,
            fontsize=9,
        )
        lane += 1


def _draw_shift(axes: Axes, start: float, end: float, height: float, colour: str) -> None:
    axes.annotate(
        "",
        (end, height),
        (start, height),
        arrowprops={"arrowstyle": "->", "color": colour, "lw": 1.4, "shrinkA": 0, "shrinkB": 0},
    )


def _legend(device: Device) -> list[Line2D]:
    handles = [
        Line2D([], [], color="black", lw=2, label="drive"),
        Line2D([], [], color=GREY, lw=0.9, ls=":", label="at the file's detuning"),
    ]
    if device.phonons:
        handles += [Line2D([], [], color=c, lw=1.4, label=word) for word, c in _SIDES.values()]
    return handles


def _signed(frequency_hz: float) -> str:
    return ("+" if frequency_hz >= 0 else "") + in_words(frequency_hz)
