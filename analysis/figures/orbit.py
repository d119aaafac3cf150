"""Limit cycles of the phonons in phase space, for the directions in which a device oscillates."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phonosync.analysis.directions.operating_point import (
    GREY,
    NothingToDraw,
    name_panel,
    operating_points,
)
from phonosync.analysis.measured.frequency_axis import in_words
from phonosync.theory.device import Device
from phonosync.theory.dynamics.self_oscillation import Oscillation, oscillations

_LINES = ("-", "--", "-.", ":")
_MARKS = ("o", "s", "D", "^")


def draw_orbits(
    device: Device, *, power: float | None = None, pair: tuple[str, str] | None = None
) -> Figure:
    """Draw every phonon's motion about its mean, one panel for each direction that oscillates.

    Over a limit cycle the marks show where the phonons are at one instant: the angle between them
    is the phase at which they lock. Of a motion that does not close only the r.m.s. circles are
    drawn.

    Args:
        device: with at least one phonon.
        power: W, of the laser, instead of the file's.
        pair: names of the two phonons; the first two by default.

    Raises:
        NothingToDraw: no phonon, or every direction has a stable state.
    """
    if not device.phonons:
        raise NothingToDraw(f"{device.name} has no phonons.")
    moving = {(o.light, o.field): o for o in oscillations(device, power=power, pair=pair)}
    if not moving:
        raise NothingToDraw("every direction has a stable state, and no phonon oscillates.")
    points = [
        point
        for point in operating_points(device, power=power, pair=pair)
        if (point.light, point.field) in moving
    ]
    figure = Figure(figsize=(max(4.6, 3.9 * len(points)), 5.4), layout="constrained")
    panels = figure.subplots(1, len(points), sharex=True, sharey=True, squeeze=False)[0]
    reach = 1.25 * np.sqrt(2) * max(_largest(o, device) for o in moving.values())
    for axes, point in zip(panels, points, strict=True):
        motion = moving[point.light, point.field]
        _draw_motion(axes, device, motion, point.colour)
        name_panel(axes, point)
        axes.annotate(
            _in_words(motion),
            (0.5, 0.98),
            xycoords="axes fraction",
            ha="center",
            va="top",
            fontsize=9,
        )
        axes.set_aspect("equal")
        axes.set_xlim(-reach, reach)
        axes.set_ylim(-reach, 1.35 * reach)
        axes.ticklabel_format(scilimits=(-3, 4), useMathText=True)
        axes.locator_params(nbins=6)
        axes.set_xlabel("$q - \\langle q \\rangle$ (vacuum variance ½)")
        axes.legend(frameon=False, fontsize=9, loc="lower center", ncols=2)
    panels[0].set_ylabel("$p - \\langle p \\rangle$")
    return figure


def _draw_motion(axes: Axes, device: Device, motion: Oscillation, colour: str) -> None:
    names = list(device.modes)
    for k, i in enumerate(device.phonons):
        line = _LINES[k % len(_LINES)]
        if motion.orbit is None:
            turn = np.exp(1j * np.linspace(0, 2 * np.pi, 201))
            away: Any = motion.excursion[i] * turn
        else:
            away = motion.orbit[:, i] - motion.mean[i]
            away = np.append(away, away[0])
        q, p = np.sqrt(2) * away.real, np.sqrt(2) * away.imag
        mark = None if motion.orbit is None else _MARKS[k % len(_MARKS)]
        axes.plot(
            q, p, ls=line, color=colour, lw=1.5, marker=mark, markevery=[0], ms=8, label=names[i]
        )
        if motion.orbit is not None:
            axes.plot([0, q[0]], [0, p[0]], color=GREY, lw=0.8)


def _largest(motion: Oscillation, device: Device) -> float:
    if motion.orbit is None:
        return float(motion.excursion[device.phonons].max())
    return float(np.abs(motion.orbit - motion.mean)[:, device.phonons].max())


def _in_words(motion: Oscillation) -> str:
    if motion.frequency is None:
        return f"{motion.kind}: r.m.s. amplitudes"
    text = f"limit cycle of {in_words(motion.frequency / (2 * np.pi), 4)}"
    if motion.S_c is not None and motion.phase_difference is not None:
        text += f"\n$S_c$ = {motion.S_c:.3g}, phase difference {motion.phase_difference:+.2f} rad"
    return text.replace("-", "−")
